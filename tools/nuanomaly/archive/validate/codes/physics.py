"""Findings of the physics of a release: what a physicist sees at a glance."""

from nuanomaly.archive.validate.codes.code import errors

PHYSICS = errors(
    (
        "MODE_NOT_EVALUATED",
        "A mode of the likelihood cannot be evaluated",
        "Nothing that is computed with it can be right.",
        "Mend what the message names; `nuanomaly chi2` shows it too.",
    ),
    (
        "LIKELIHOOD_NOT_PROVEN",
        "A likelihood without a benchmark of its own",
        "Sums of the release's own columns show nothing of the likelihood.",
        "Add a value, an interval or a surface that the paper prints.",
    ),
    (
        "TABLE_NOT_PROVEN",
        "A table of the likelihood that no benchmark reads",
        "A wrong number in it would change results, and nothing would show it.",
        "Add a benchmark of a mode that reads it, or a total that the paper prints.",
    ),
    (
        "TOLERANCE_WIDE",
        "A tolerance that lets almost anything pass",
        "The benchmark proves nothing.",
        "Take the tolerance from the printed digits, or give the quoted error as `uncertainty`.",
    ),
    (
        "EXPECTED_COMPUTED",
        "A published number that looks computed: too many digits, or all of ours",
        "It may be the archive's own result, which proves nothing.",
        "Write the number as the paper prints it, or call it a reference and say who computed it.",
    ),
    (
        "SURFACE_DISAGREES",
        "A surface in the release is not what the likelihood gives",
        "One of the two is wrong, or they are of different statistics.",
        "Compare them with a `surface-agreement` benchmark, whose tolerance has a source.",
    ),
    (
        "SURFACE_NOT_COMPARED",
        "A surface that the likelihood was not compared with",
        "It may contradict the likelihood, and nobody would know.",
        "Add a `surface-agreement` benchmark that says how the columns are meant, and in which mode.",
    ),
    (
        "FRACTION_OUT_OF_RANGE",
        "A fraction that is none",
        "An efficiency lies between nothing and everything.",
        "Correct the value or the unit (percent or 1).",
    ),
    (
        "PREDICTION_FAR",
        "Prediction and data are not of the same size",
        "A unit, a normalisation or a column is wrong; no oscillation changes a total by a factor of two.",
        "Compare the totals with those that the paper prints.",
    ),
    (
        "CHI2_IMPOSSIBLE",
        "χ² per bin is far from one",
        "Errors are in another unit (percent for fractions), or bins in another order than the covariance.",
        "Compare errors, their unit and the order of bins with the paper.",
    ),
    (
        "ERRORS_IMPOSSIBLE",
        "Errors that no experiment has",
        "Most bins have an error above 100 % or below 0.01 %.",
        "Check whether the covariance is absolute, fractional, in percent, or a correlation.",
    ),
    (
        "DATA_NOT_COUNTS",
        "Data of a counting statistic are no counts",
        "Two columns may be swapped.",
        "Name the column of observed events as the data.",
    ),
    (
        "CHANNEL_UNLIKELY",
        "A flavour that the source does not make",
        "Initial and final flavour may be exchanged.",
        "Write the channel as INITIAL->FINAL.",
    ),
    (
        "PLACE_UNLIKELY",
        "A distance or an energy that no such experiment has",
        "The unit is probably another one (cm, km; GeV).",
        "Correct the unit or the values.",
    ),
    (
        "OVERLAP_MISSING",
        "Data that the archive has already",
        "A fit of both would count them twice.",
        "Declare the other release under `overlaps`, with the reason.",
    ),
)
