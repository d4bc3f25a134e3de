"""Findings in what releases, anomalies, comparisons and stored runs say of one another."""

from nuanomaly.archive.validate.codes.code import errors

ARCHIVE = errors(
    ("UNKNOWN_RELEASE", "No such release", "The link leads nowhere.", "Name a release of the archive."),
    ("UNKNOWN_REFERENCE", "No such reference", "The source is not listed.", "Name a key under `references`."),
    ("UNKNOWN_SIDE", "No such side", "The test would leave data out.", "Name a key under `datasets`."),
    (
        "NO_COUNTERPART",
        "A comparison that meets no published number",
        "Nothing shows that its numbers are those of others, nor whether one was looked for.",
        "Cite a published number with what recomputes it, or say in `counterpart` what was searched.",
    ),
    (
        "COUNTERPART_SAID_MISSING",
        "A published number that is said to be missing",
        "What the page says of itself would be wrong.",
        "Take `counterpart` out.",
    ),
    ("UNKNOWN_ANOMALY", "No such anomaly", "The link leads nowhere.", "Name a file of anomalies/."),
    ("OVERLAP_CONTRADICTS", "Two overlaps contradict", "One of them is wrong.", "Make the relations agree."),
    (
        "NUISANCE_PRIOR_DIFFERS",
        "A nuisance has two priors",
        "The same id is the same quantity, and enters a combination once.",
        "Make the priors agree, or give the quantity its own id.",
    ),
    (
        "GROUP_NAME_TAKEN",
        "A group has the name of a release or of another group",
        "The name is ambiguous.",
        "Rename the group.",
    ),
    (
        "CITATION_DIFFERS",
        "One citation key, two papers",
        "A bibliography would lose one of them.",
        "Give each paper its own key, and the same paper the same DOI and arXiv number.",
    ),
    (
        "RELEASED_CHANGED",
        "A released release has changed",
        "Analyses that named it would silently get other numbers.",
        "Restore it, and put the correction into a new revision.",
    ),
    (
        "RELEASED_MISSING",
        "A released release is gone",
        "Analyses that name it can no longer be repeated.",
        "Restore the folder; a wrong release is retracted, not removed.",
    ),
    (
        "RELEASED_REOPENED",
        "A released release is a draft again",
        "A released release never changes.",
        "Set `state: released`, and put changes into a new revision.",
    ),
    (
        "RELEASED_NOT_IN_LEDGER",
        "A released release is not in the ledger",
        "Later changes would go unnoticed.",
        "Run `make catalog` and commit catalog.yaml.",
    ),
    (
        "LEDGER_EDITED",
        "An entry of the ledger is not what it was",
        "The ledger proves what was released; git's history shows what it said first.",
        "Restore the line of the ledger.",
    ),
    (
        "RELEASED_HISTORY_CHANGED",
        "A released folder is not what history released",
        "Analyses that named it would silently get other numbers, whatever the ledger says now.",
        "Restore the files from the commit named, and put the correction into a new revision.",
    ),
    (
        "CATALOG_OUT_OF_DATE",
        "catalog.yaml is out of date",
        "Lists and mirrors would miss the change.",
        "Run `make catalog` and commit catalog.yaml.",
    ),
)

RUNS = errors(
    (
        "RUN_NOT_STORED",
        "A declared run has no stored result",
        "Pages read stored runs and do none themselves: a page that names it cannot be built.",
        "Run `nuanomaly runs COMPARISON/RUN` and commit what it writes.",
    ),
    (
        "RUN_OUT_OF_DATE",
        "A stored run is not that of its declaration and of the data",
        "A page would show a p-value of something else.",
        "Run `nuanomaly runs COMPARISON/RUN` and commit what it writes; remove a run nobody declares.",
    ),
    (
        "RUN_DAMAGED",
        "A table of a stored run is not the one that was written",
        "Its sha256 is not that in about.json.",
        "Restore the file, or run `nuanomaly runs --force COMPARISON/RUN`.",
    ),
    (
        "RUN_CONTRADICTS",
        "A stored run contradicts its own toys",
        "Its p-value is not that of its distribution, or the toys made anew from its seed are others.",
        "Run `nuanomaly runs --force COMPARISON/RUN`; a stored result is never edited.",
    ),
)
