"""Settings of all tests."""

from hypothesis import settings

# A deadline per example measures the machine, not the code: two test processes share two cores.
settings.register_profile("archive", deadline=None, print_blob=True)
settings.load_profile("archive")

#: What tests read, and scripts that made it, with packages that the archive does not need.
collect_ignore = ["data"]
