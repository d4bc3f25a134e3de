"""Oscillation probabilities. Knows no experiment."""
