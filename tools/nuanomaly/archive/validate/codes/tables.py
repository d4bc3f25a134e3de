"""Findings in the files of a release: tables and covariances."""

from nuanomaly.archive.validate.codes.code import errors

FILES = errors(
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

TABLES = errors(
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

#: Errors for releases that the ledger does not know; notes for the others, which were released before.
REDUNDANCY = errors(
    (
        "VALUE_ISOLATED",
        "A number off an otherwise smooth curve",
        "A digit may be wrong; a spectrum, a map or a response does not jump at one point and back.",
        "Compare it with the original; if it stands there too, a known issue of the table names it.",
    ),
    (
        "SUM_DIFFERS",
        "A row with another sum than all others",
        "A digit may be wrong.",
        "Compare the row with the original.",
    ),
    (
        "RELATION_BROKEN",
        "A number that does not follow from the others of its row",
        "A column is the sum, product or ratio of others everywhere but here.",
        "Compare the row with the original.",
    ),
    (
        "COPY_DIFFERS",
        "Two tables say the same but for a few numbers",
        "One of the two may be copied wrongly.",
        "Compare both with the original; if both are right, a known issue of the table names the number.",
    ),
    (
        "REVISION_DIFFERS",
        "A table that a revision changes without a word",
        "Who reads `changes` takes it for the table of the revision before.",
        "Name the table under `changes`, with the reason, or restore it.",
    ),
    (
        "STEP_BROKEN",
        "A number out of step",
        "A row is numbered wrongly, or an energy does not lie where the others lead to.",
        "Compare the row with the original.",
    ),
    (
        "ROW_MISPLACED",
        "A row out of order, or there twice",
        "An element of a response may be in the place of another.",
        "Compare the row with the original.",
    ),
    (
        "CELL_ALONE",
        "A cell with edges that no other has",
        "Cells of bins in several quantities share their edges.",
        "Compare the edges with the original.",
    ),
    (
        "GROUP_DIFFERS",
        "One number of a group that is not that of the others",
        "Everywhere else, rows of one name have one number.",
        "Compare the row with the original.",
    ),
    (
        "CORRELATION_DIFFERS",
        "A correlation that is not that of the covariance beside it",
        "Elsewhere the two agree: a digit of one of them may be wrong, or a row misplaced.",
        "Compare both with the original; where printed digits are the reason, state the `precision`.",
    ),
)

#: Errors for releases that the ledger does not know; notes for the others, as above.
RETYPED = errors(
    (
        "TEXT_LOOKS_LIKE_NUMBER",
        "A text that readers take for a number",
        "A file of CSV says nothing of types: 2003.10630 becomes 2003.1063, the run 007 becomes 7, NA a gap.",
        "Put a prefix before it (arXiv:2003.10630, run-007), write a word in full, or declare what it is.",
    ),
)

COVARIANCES = errors(
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
