"""Kinds of statistic: one module each, with ``build(config, release, transform, nuisances) -> Statistic``."""
