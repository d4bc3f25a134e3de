"""Validation: what is wrong in the archive, where, and what to do about it."""

from nuanomaly.archive.validate.checker import validate
from nuanomaly.archive.validate.codes import CATALOGUE, Code
from nuanomaly.archive.validate.findings import Finding, Report
from nuanomaly.archive.validate.own import validate_folder

__all__ = ["CATALOGUE", "Code", "Finding", "Report", "validate", "validate_folder"]
