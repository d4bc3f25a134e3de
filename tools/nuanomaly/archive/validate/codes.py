"""The catalogue of findings: what each code means and what to do about it."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Code:
    """One kind of finding.

    Attributes
    ----------
    code : str
        Stable name; it never changes its meaning.
    severity : {"error", "warning"}
        Errors must be mended before a release is merged.
    title, explanation, remedy : str
        What it is, why it matters, what to do.
    """

    code: str
    severity: Severity
    title: str
    explanation: str
    remedy: str


def _errors(*rows: tuple[str, str, str, str]) -> list[Code]:
    return [Code(code, "error", title, explanation, remedy) for code, title, explanation, remedy in rows]


def _warnings(*rows: tuple[str, str, str, str]) -> list[Code]:
    return [Code(code, "warning", title, explanation, remedy) for code, title, explanation, remedy in rows]


_YAML = _errors(
    (
        "YAML_UNREADABLE",
        "Not readable as YAML",
        "Nothing else in the file can be checked.",
        "Mend the syntax at the line: often an unclosed quote or bracket, or a colon in an unquoted text.",
    ),
    (
        "YAML_DUPLICATE_KEY",
        "A key stands twice",
        "YAML silently keeps one of the two values.",
        "Keep one of them.",
    ),
    (
        "YAML_NEEDS_QUOTES",
        "YAML reads a text as something else",
        "1.10 becomes the number 1.1, `no` becomes false, an empty value becomes null.",
        "Put the value into quotes.",
    ),
)

_SCHEMA = _errors(
    (
        "TODO_LEFT",
        "Something is to be filled in",
        "A scaffold marks what nobody can guess.",
        "Replace TODO; leave an optional entry out if no source states it.",
    ),
    ("UNKNOWN_KEY", "Unknown key", "A misspelled key would have no effect.", "Correct or remove the key."),
    ("MISSING_KEY", "A key is missing", "The archive cannot work without it.", "Add the key."),
    ("KEY_NOT_ALLOWED_HERE", "A key does not go with the others", "It would contradict them.", "Remove it."),
    ("WRONG_TYPE", "Wrong type of value", "It would be misread.", "Write the type that is asked for."),
    ("WRONG_VALUE", "Not one of the allowed values", "It would be misread.", "Use an allowed value."),
    (
        "WRONG_FORM",
        "Not of the required form",
        "It would not be recognised.",
        "Write it in the form described.",
    ),
    ("WRONG_NAME", "A name is not of the required form", "Names appear in commands and paths.", "Rename it."),
    ("OUT_OF_RANGE", "A value or length is out of range", "It cannot be meant.", "Correct the value."),
    ("REPEATED_ITEM", "An entry of a list stands twice", "One of them is a mistake.", "Remove one."),
    ("SCHEMA_VIOLATION", "Not what the schema asks for", "The entry would be misread.", "See the schema."),
    (
        "NO_PRIMARY_PUBLICATION",
        "No publication is primary",
        "Users must know which paper to cite for the measurement.",
        "Give one publication the role primary.",
    ),
    (
        "NOT_SEALED",
        "A table is not sealed",
        "Without sha256, size and rows a damaged copy cannot be told from the right one.",
        "Run `nuanomaly seal NAME@VERSION`.",
    ),
)

_METADATA = _errors(
    ("NO_SUCH_DATE", "Not a date", "The day does not exist.", "Correct it, or leave day and month out."),
    ("DATES_REVERSED", "The end lies before the beginning", "One of them is wrong.", "Correct the dates."),
    (
        "NAME_NOT_PATH",
        "The name is not that of the file or folder",
        "Releases and pages are found by their path.",
        "Make name and version the same as the path.",
    ),
    ("REPEATED_ID", "An id is used twice", "References to it are ambiguous.", "Give each entry its own id."),
    ("UNKNOWN_ORIGINAL", "No such original", "Provenance leads nowhere.", "Name an id under `originals`."),
    ("UNKNOWN_TABLE", "No such table", "The reference leads nowhere.", "Name a table of the release."),
    ("UNKNOWN_COLUMN", "No such column", "The reference leads nowhere.", "Name a column of the table."),
    ("UNKNOWN_MODE", "No such mode", "The reference leads nowhere.", "Name a mode of the likelihood."),
    (
        "UNKNOWN_IMPORTER",
        "No such importer",
        "The tables cannot be rebuilt from the originals.",
        "Name a module of tools/nuanomaly/archive/importers, or leave `import` out.",
    ),
    (
        "KIND_WITHOUT_SCHEMA",
        "A kind has no schema",
        "Its configuration cannot be checked.",
        "Correct the kind, or add schemas/kinds/PART/KIND.schema.json.",
    ),
    (
        "LIKELIHOOD_INCOMPLETE",
        "A mode is not a whole likelihood",
        "A mode needs a surface, or response, transform and statistic.",
        "Add what is missing, to the mode or beside `modes`.",
    ),
    (
        "UNKNOWN_NUISANCE_BLOCK",
        "No such block of nuisances",
        "The prior is undefined.",
        "Declare the block under nuisance_blocks.",
    ),
    (
        "NUISANCE_BOUNDS_REVERSED",
        "A nuisance has no allowed value",
        "Its lower bound is not below its upper one.",
        "Correct `low` and `high`.",
    ),
    (
        "TOLERANCE_ABOVE_ERROR",
        "A benchmark tolerates more than the quoted error",
        "It would pass when it should fail.",
        "Lower the tolerance.",
    ),
    (
        "TEXT_RUNS_IN_PAGE",
        "Text that a browser could run",
        "Texts are shown on pages.",
        "Write plain text, without HTML.",
    ),
    (
        "TEXT_CONTROL_CHARACTER",
        "A control character in a text",
        "It hides or reorders what people read.",
        "Remove the character.",
    ),
    ("UNIT_UNKNOWN", "Unknown unit", "Quantities could not be converted.", "Write the unit as pint does."),
    (
        "NAME_UNIT_DIFFERS",
        "A column's name says another unit than its declaration",
        "One of the two is wrong, and the numbers fit only one.",
        "Correct the unit or the name.",
    ),
    (
        "ERROR_OF_WHAT",
        "An error does not belong to a value",
        "It is declared as the error of itself, of another error, or of a text.",
        "Name the column of the value.",
    ),
    (
        "ERROR_UNIT_DIFFERS",
        "An error has another dimension than its value",
        "One of the units is wrong.",
        "Correct the unit, or what the error belongs to.",
    ),
)

_FILES = _errors(
    ("FILE_MISSING", "A table is missing", "The release is incomplete.", "Add the file, or import it again."),
    (
        "FILE_UNUSED",
        "A file belongs to no table",
        "It would be neither verified nor fetched.",
        "Declare it as a table, or remove it.",
    ),
    (
        "FILE_SHARED",
        "Two tables have one file",
        "Only one declaration can be right.",
        "Give each its own file.",
    ),
    (
        "FILE_SIZE_DIFFERS",
        "A file has another size than release.yaml says",
        "It is not the file that was sealed.",
        "Restore the file, or seal the draft again if the change is meant.",
    ),
    (
        "FILE_CONTENT_DIFFERS",
        "A file has another sha256 than release.yaml says",
        "It is not the file that was sealed.",
        "Restore the file, or seal the draft again if the change is meant.",
    ),
    (
        "ROWS_DIFFER",
        "A table has another number of rows than release.yaml says",
        "The declaration was not sealed with this file.",
        "Seal the draft again.",
    ),
    (
        "PATH_UNSAFE",
        "An unsafe path",
        "It could lead out of the folder, or not exist on another system.",
        "Use letters, digits, dots and dashes, below the folder of the release.",
    ),
    (
        "FILE_IS_LINK",
        "A link instead of a file",
        "It leads somewhere else on another machine, or nowhere.",
        "Put the file itself there.",
    ),
    (
        "FILE_TOO_LARGE",
        "A file too large for git",
        "Every clone would carry it for ever.",
        "Write the table as Parquet, leave out columns nobody needs, or name it as an original.",
    ),
    (
        "ARCHIVE_TOO_LARGE",
        "The archive is too large",
        "A plain clone is how people get it.",
        "Write large tables as Parquet, or leave them as originals.",
    ),
    (
        "STRAY_FILE",
        "A file outside the releases",
        "datasets/ holds NAME/VERSION/ and nothing else.",
        "Move it into a release, or remove it.",
    ),
    (
        "RELEASE_WITHOUT_METADATA",
        "A version without release.yaml",
        "Nothing says what the files are.",
        "Write release.yaml, or remove the folder.",
    ),
)

_TABLES = _errors(
    ("TABLE_UNREADABLE", "Not readable as a table", "Nothing in it can be checked.", "Write the file anew."),
    ("TABLE_EMPTY", "A table without rows", "It says nothing.", "Add the rows, or remove the table."),
    (
        "COLUMNS_DIFFER",
        "Other columns than declared",
        "Numbers would be taken for something they are not.",
        "Declare the columns of the file, all of them and in order.",
    ),
    ("COLUMN_REPEATED", "A column stands twice", "Its name is ambiguous.", "Rename one."),
    (
        "COLUMN_TYPE_DIFFERS",
        "A column has another type than declared",
        "Values would be converted silently.",
        "Declare the type of the file.",
    ),
    ("ROW_LENGTH", "A row has too many or too few values", "They would be misplaced.", "Mend the row."),
    ("CELL_NOT_OF_TYPE", "A value is not of its column's type", "It cannot be read.", "Correct the value."),
    (
        "VALUE_MISSING",
        "A number is missing",
        "NaN passes every comparison and spoils every sum.",
        "Fill it in, or name the column under `missing` with the reason.",
    ),
    ("VALUE_INFINITE", "An infinite number", "It spoils every sum.", "Write a number, or leave the row out."),
    ("ERROR_NEGATIVE", "A negative error", "Errors are given as magnitudes.", "Remove the sign."),
    (
        "COUNTS_IMPOSSIBLE",
        "Counts that cannot be counted",
        "Observed counts are whole and not negative.",
        "Correct the value; a prediction or a difference is no column of counts.",
    ),
    (
        "ERROR_NOT_POISSON",
        "An error is not the square root of its counts",
        "Rows may be shifted, or the error holds more than statistics.",
        "Correct the value, or leave out `poisson`.",
    ),
    (
        "VALUE_OUT_OF_RANGE",
        "A value out of the range of its column",
        "A digit, a sign or an exponent may be lost.",
        "Correct the value or the declared `range`.",
    ),
    (
        "UNIT_FACTOR_WRONG",
        "All values are off by the factor of a unit",
        "Everything computed from them would be off by it too.",
        "Correct the unit, or convert the values.",
    ),
    (
        "NOT_NORMALISED",
        "Not normalised as declared",
        "Rates computed with it would be off by the same factor.",
        "Correct the values, or what is declared under `normalised`.",
    ),
    (
        "BINS_WITHOUT_EDGES",
        "Bins without edges",
        "The bins cannot be drawn or compared.",
        "Name the columns of the edges under `edges`, or use another kind than bins.",
    ),
    ("BIN_REVERSED", "A bin ends before it begins", "The bin holds nothing.", "Correct the edges."),
    ("BINS_NOT_ORDERED", "Bins are not in order", "A row is misplaced.", "Sort them, or name the groups."),
    ("BINS_OVERLAP", "Bins overlap", "Events would count twice.", "Correct the edges."),
    (
        "BINS_GAP",
        "A gap between bins",
        "A row may be lost.",
        "Correct the edges, or give the reason as `gaps`.",
    ),
)

_COVARIANCES = _errors(
    (
        "COVARIANCE_NOT_NUMERIC",
        "A covariance with text in it",
        "It is no matrix.",
        "Make all columns float64.",
    ),
    ("COVARIANCE_NOT_SQUARE", "A covariance is not square", "A row or column is missing.", "Complete it."),
    (
        "COVARIANCE_NEGATIVE_VARIANCE",
        "A negative variance",
        "The diagonal holds squares.",
        "Correct the sign of the entry.",
    ),
    (
        "COVARIANCE_NOT_SYMMETRIC",
        "A covariance is not symmetric",
        "One of two entries is wrong.",
        "Correct the entry, or state the `precision` that the printed digits leave.",
    ),
    (
        "COVARIANCE_NOT_PSD",
        "A covariance is not positive semi-definite",
        "Some combination of data would have a negative variance, and χ² no minimum.",
        "Correct the entries, or state the `precision` that the printed digits leave.",
    ),
    (
        "CORRELATION_DIAGONAL",
        "A correlation's diagonal is not one",
        "Everything is fully correlated with itself.",
        "Correct the diagonal, or call the table a covariance.",
    ),
    (
        "COVARIANCE_UNIT_DIFFERS",
        "A covariance has another unit than its errors squared",
        "χ² would be off by the factor between them.",
        "Write that of the errors squared, its inverse for an inverse covariance, 1 for a correlation.",
    ),
    (
        "COVARIANCE_DIAGONAL_DIFFERS",
        "The diagonal does not agree with the quoted errors",
        "Covariance and errors do not belong to the same data, order or unit.",
        "Check order and units of both.",
    ),
)

_ARCHIVE = _errors(
    ("UNKNOWN_RELEASE", "No such release", "The link leads nowhere.", "Name a release of the archive."),
    ("UNKNOWN_REFERENCE", "No such reference", "The source is not listed.", "Name a key under `references`."),
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

_ADVICE = _warnings(
    (
        "ORIGINAL_UNUSED",
        "No table comes from an original",
        "It is fetched for nothing, or a table lacks its provenance.",
        "Name it in the table that was made from it, or remove it.",
    ),
    (
        "TABLE_WITHOUT_ORIGINAL",
        "An imported table names no original",
        "Its provenance ends with the source text.",
        "Name the originals it was made from.",
    ),
    (
        "RELEASED_CHANGED_FOR_A_WHILE",
        "A released folder was something else for a while",
        "Copies that were made in between differ.",
        "Nothing can be done in the archive; say so under `known_issues` of the next revision.",
    ),
    (
        "NO_BENCHMARK",
        "A likelihood without benchmarks",
        "Nothing shows that it is right.",
        "Add a published number that it must give.",
    ),
    (
        "NOTHING_MISSING",
        "A column is declared to have gaps and has none",
        "A later gap would go unnoticed.",
        "Remove it from `missing`.",
    ),
    (
        "TABLE_BETTER_AS_PARQUET",
        "A large table as CSV",
        "It takes several times the room and is slow to read.",
        "Write it as Parquet.",
    ),
    (
        "NUISANCE_MEANING_DIFFERS",
        "A nuisance has two descriptions",
        "The same id must be the same quantity.",
        "Use the same words, or another id.",
    ),
    (
        "ERROR_WITHOUT_VALUE",
        "An error that belongs to nothing",
        "Neither its unit nor its size can be checked, and it is lost in an export.",
        "Name the value's column with `of`.",
    ),
    (
        "OVERLAP_ONE_SIDED",
        "Only one of two drafts says that they overlap",
        "Whoever looks at the other one would count the data twice.",
        "Declare the overlap in the draft too.",
    ),
    (
        "CITATION_KEYS_DIFFER",
        "One paper, two citation keys",
        "A bibliography would list it twice.",
        "Use the same key in all releases.",
    ),
)

_RUNS = _errors(
    (
        "RUN_NOT_STORED",
        "A declared run of toys has no stored result",
        "Pages read stored runs and make no toys: a page that names it cannot be built.",
        "Run `nuanomaly toys COMPARISON/RUN` and commit what it writes.",
    ),
    (
        "RUN_OUT_OF_DATE",
        "A stored run is not that of its declaration and of the data",
        "A page would show a p-value of something else.",
        "Run `nuanomaly toys COMPARISON/RUN` and commit what it writes; remove a run nobody declares.",
    ),
    (
        "RUN_DAMAGED",
        "A table of a stored run is not the one that was written",
        "Its sha256 is not that in about.json.",
        "Restore the file, or run `nuanomaly toys --force COMPARISON/RUN`.",
    ),
)

#: Kinds of findings by what they are about.
GROUPS = {
    "YAML": _YAML,
    "What the schemas ask for": _SCHEMA,
    "Metadata, likelihood and benchmarks": _METADATA,
    "Files": _FILES,
    "Tables": _TABLES,
    "Covariances": _COVARIANCES,
    "The archive as a whole": _ARCHIVE,
    "Stored runs of toys": _RUNS,
    "Advice": _ADVICE,
}

#: Every kind of finding by its code.
CATALOGUE = {code.code: code for codes in GROUPS.values() for code in codes}
