"""Response, transform and statistic, declared as data in ``release.yaml``. Knows no model."""
