"""Scans, fits, contours, compatibility and benchmarks. Knows no experiment."""
