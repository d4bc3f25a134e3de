"""One module per source format: ``tables(originals, **arguments)`` gives the frames of a release's tables."""
