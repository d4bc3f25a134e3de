"""Kinds of transform: one module each, with ``build(config, release, response) -> Transform``."""
