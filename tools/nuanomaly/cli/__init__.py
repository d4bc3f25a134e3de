"""The command line. Each group of commands is a module that is loaded when one of its commands is called."""

from nuanomaly import __version__
from nuanomaly.cli.lazy import LazyGroup

#: Command → (module and attribute, one line of help), by section of the help.
SECTIONS = {
    "Find and get data": {
        "list": ("browse:list_", "List the releases."),
        "show": ("browse:show", "Show what a release holds: tables, provenance, likelihood, benchmarks."),
        "anomalies": ("browse:anomalies", "Show the anomalies: the claims in numbers, and who tests them."),
        "log": ("versions:log", "List the versions of a dataset, and why each exists."),
        "diff": ("versions:diff", "Show what differs between two versions, and what it does to the physics."),
        "fetch": ("fetching:fetch", "Get releases, verified, into the cache or a folder."),
        "lock": ("fetching:lock", "Pin releases in nuanomaly.lock, for `fetch --locked`."),
        "cite": ("browse:cite", "Print the BibTeX entries behind releases."),
    },
    "Do physics": {
        "models": ("physics:models", "List the models and their parameters."),
        "chi2": ("physics:chi2", "Evaluate the statistic of a data set at a point of a model."),
        "survey": ("surveying:survey", "Say what every release makes of one point of a model."),
        "scan": ("physics:scan", "Evaluate it on a grid, and save the result."),
        "fit": ("physics:fit", "Find the best fit of one or several data sets."),
        "compare": ("physics:compare", "Test whether data sets are compatible under a model."),
        "plot": ("plotting:plot", "Draw regions, profiles or spectra, and write the numbers behind them."),
        "sensitivity": ("expecting:sensitivity", "Say which limits were to be expected without oscillation."),
        "significance": ("statistics:significance", "Test no oscillation by toys, beside Wilks' theorem."),
        "feldman-cousins": ("statistics:feldman_cousins", "Find critical values by toys, and their regions."),
        "coverage": ("statistics:coverage", "Say what regions of Wilks' theorem really cover."),
        "ablation": ("definitions:ablation", "Fit by each definition of χ² that makes sense for a data set."),
        "bayes": (
            "definitions:bayes",
            "Weigh oscillation by Bayes factors, and two data sets by suspiciousness.",
        ),
        "runs": ("statistics:runs_", "Do the long runs that comparisons declare, and store the results."),
        "cost": ("definitions:cost", "Measure what toys cost, and what a global Feldman-Cousins would."),
        "benchmarks": ("proofs:benchmarks", "Recompute the published numbers of releases."),
        "report": ("reports:report", "Build the comparison pages and the site."),
    },
    "Contribute": {
        "new": ("contributing:new", "Write a first release.yaml and tables from files."),
        "import-hepdata": ("contributing:import_hepdata", "Write a release from a HEPData submission."),
        "units": ("measuring:units", "List the units of this field, or say how a printed one is read."),
        "check-pr": ("contributing:check_pr", "Review what is to be contributed, as the forge will."),
        "export": ("contributing:export", "Write a release in a format of other archives."),
    },
    "Keep the archive": {
        "validate": ("keeping:validate", "Check releases; findings come with file, line and remedy."),
        "seal": ("keeping:seal", "Fill in size, sha256 and rows of a release's tables."),
        "catalog": ("keeping:catalog", "Write catalog.yaml, or check that it is up to date."),
        "import": ("keeping:import_", "Rebuild tables from the original files."),
        "mirror": ("keeping:mirror", "Write the static mirror that others fetch from."),
        "bundle": ("keeping:bundle", "Write the archive as one file, for machines without a network."),
        "ria": ("datalad:ria", "Write the static store that DataLad clones from."),
    },
}

main = LazyGroup(
    SECTIONS,
    name="nuanomaly",
    help="Open data of the short-baseline neutrino anomalies, and whether they agree.",
    epilog="Errors exit with 2 (wrong usage, unknown name) or 1 (a finding, a failed download).",
    version=__version__,
)
