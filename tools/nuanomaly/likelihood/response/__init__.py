"""Kinds of response: one module each, with ``build(config, release) -> Response``; the kind is the module's name."""
