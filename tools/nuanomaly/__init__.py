"""Open data of the short-baseline neutrino anomalies, and whether they agree.

The public names are loaded when first used: ``import nuanomaly`` and ``nuanomaly --help`` stay quick::

    import nuanomaly

    best = nuanomaly.load("best")
    best.table("ratios")                                   # a DataFrame whose columns know their units
    nuanomaly.likelihood("best").chi2("2nu-ee", dm2_41=1.25, sin2_2theta_ee=0.34)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "archive.errors": ("NuanomalyError",),
    "archive.release": ("Release", "load"),
    "archive.catalog": ("find_datasets",),
    "archive.fetch": ("fetch",),
    "archive.cite": ("cite",),
    "archive.validate": ("validate",),
    "model.registry": ("model", "models"),
    "likelihood.build": ("likelihood",),
    "inference.scan": ("scan",),
    "inference.survey": ("survey",),
    "inference.fit": ("fit",),
    "inference.compatibility": ("compare",),
    "inference.benchmarks": ("benchmarks",),
    "inference.analysis": ("Analysis",),
}
_WHERE = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted([*_WHERE, "__version__"])  # noqa: PLE0605

if TYPE_CHECKING:
    from nuanomaly.archive.catalog import find_datasets as find_datasets
    from nuanomaly.archive.cite import cite as cite
    from nuanomaly.archive.errors import NuanomalyError as NuanomalyError
    from nuanomaly.archive.fetch import fetch as fetch
    from nuanomaly.archive.release import Release as Release
    from nuanomaly.archive.release import load as load
    from nuanomaly.archive.validate import validate as validate
    from nuanomaly.inference.analysis import Analysis as Analysis
    from nuanomaly.inference.benchmarks import benchmarks as benchmarks
    from nuanomaly.inference.compatibility import compare as compare
    from nuanomaly.inference.fit import fit as fit
    from nuanomaly.inference.scan import scan as scan
    from nuanomaly.inference.survey import survey as survey
    from nuanomaly.likelihood.build import likelihood as likelihood
    from nuanomaly.model.registry import model as model
    from nuanomaly.model.registry import models as models


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
