"""Findings in release.yaml, and advice on it."""

from nuanomaly.archive.validate.codes.code import errors, warnings

YAML = errors(
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

PARSING = errors(
    (
        "CHECK_STUMBLED",
        "A check could not cope with it",
        "Nobody thought of this input, so nothing else is known of the file.",
        "Write the entry as other releases have it; tell the maintainers: the check should say more.",
    ),
    (
        "CHECK_UNFINISHED",
        "A check did not end",
        "It took more time or memory than any release of the archive needs.",
        "Write less: look for repeated aliases, huge counts, powers of powers, or files that are no tables.",
    ),
)

SCHEMA = errors(
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

METADATA = errors(
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
        "Name a module of tools/importers, or leave `import` out.",
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
    (
        "NO_PUBLISHED_BENCHMARK",
        "A release without a number of its paper",
        "What stands in no paper shows that the archive agrees with itself.",
        "Add a published benchmark that the tables do not hold themselves; where none is to be had, say in "
        "amendments.yaml (no_published_benchmark) what was searched.",
    ),
    (
        "BENCHMARK_SAID_MISSING",
        "A published benchmark that is said to be missing",
        "What the archive says of itself would be wrong.",
        "Take no_published_benchmark out of amendments.yaml.",
    ),
)

ADVICE = warnings(
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
