"""Kinds of benchmark: one module each, ``compute(config, release) -> float | bool``."""
