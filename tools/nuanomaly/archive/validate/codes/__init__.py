"""The catalogue of findings: what each code means and what to do about it."""

from nuanomaly.archive.validate.codes import archive, physics, release, tables
from nuanomaly.archive.validate.codes.code import Code, Severity

__all__ = ["CATALOGUE", "GROUPS", "Code", "Severity"]

#: Kinds of findings by what they are about.
GROUPS = {
    "YAML": [*release.YAML, *release.PARSING],
    "What the schemas ask for": release.SCHEMA,
    "Metadata, likelihood and benchmarks": release.METADATA,
    "Files": tables.FILES,
    "Tables": [*tables.TABLES, *tables.RETYPED],
    "What tables say twice": tables.REDUNDANCY,
    "Covariances": tables.COVARIANCES,
    "The archive as a whole": archive.ARCHIVE,
    "Physics": physics.PHYSICS,
    "Stored runs of toys": archive.RUNS,
    "Advice": release.ADVICE,
}

#: Every kind of finding by its code.
CATALOGUE = {code.code: code for codes in GROUPS.values() for code in codes}
