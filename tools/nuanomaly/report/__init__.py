"""Figures, executed comparisons and the static site."""
