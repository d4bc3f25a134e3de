"""Catalogue, releases, fetching, validation, import and export. Knows no physics."""
