"""Kinds of response: one module each, with ``build(config, release) -> Response``.

The kind is the module's name.
"""
