"""One module per kind of benchmark: ``compute(config, release)`` gives the recomputed number."""
