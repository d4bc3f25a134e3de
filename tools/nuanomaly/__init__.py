"""Open data of the short-baseline neutrino anomalies, and whether they agree.

The public names are loaded when first used: ``import nuanomaly`` and ``nuanomaly --help`` stay quick::

    import nuanomaly

    best = nuanomaly.load("best")
    best.table("ratios")                                   # a DataFrame whose columns know their units
    nuanomaly.likelihood("best").chi2("2nu-ee", dm2_41=1.25, sin2_2theta_ee=0.34)
    analysis = nuanomaly.Analysis(["gallium", "nue-carbon"], "2nu-ee")
    analysis.fit(), analysis.compare()                     # each result says how it was obtained

What is listed in ``__all__`` is the public surface: it changes with the version, and CHANGELOG.md says how.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

_HOMES = {
    "archive.errors": ("NuanomalyError", "UnknownNameError"),
    "archive.loading": ("load",),
    "archive.release": ("Release",),
    "archive.anomalies": ("anomalies", "groups"),
    "archive.catalog": ("find_datasets",),
    "archive.fetch": ("fetch",),
    "archive.cite": ("cite",),
    "archive.validate": ("validate",),
    "model.registry": ("models",),
    "model.probabilities": ("LevelsModel", "NotApplicableError", "Parameter", "VacuumModel"),
    "model.levels": ("Levels", "vacuum"),
    "model.function": ("FunctionModel",),
    "model.wave_model": ("Wave", "WaveModel"),
    "model.three_flavour": ("with_three_flavour",),
    "model.extra_events": ("ExtraEvents",),
    "likelihood.interface": ("Likelihood",),
    "likelihood.surface": ("private_surface",),
    "likelihood.wrappers.joint": ("combine",),
    "inference.ablation": ("ablation", "variants"),
    "inference.analysis": ("Analysis",),
    "inference.bayes": ("Posterior", "Suspiciousness", "posterior", "suspiciousness"),
    "inference.benchmarks": ("benchmarks",),
    "inference.cls": ("CLs", "gaussian_cls", "toy_cls"),
    "inference.compatibility": ("compare",),
    "inference.compatibility_result": ("Compatibility",),
    "inference.contours": ("Level", "interval", "level", "levels", "region"),
    "inference.coverage": ("coverage",),
    "inference.datasets": ("OverlapError", "overlaps"),
    "inference.feldman_cousins": ("FeldmanCousins", "feldman_cousins"),
    "inference.fit": ("Fit", "fit", "profile", "significance"),
    "inference.grid": ("Axis",),
    "inference.montecarlo": ("toy_goodness", "toy_hypothesis", "toy_significance"),
    "inference.question": ("UnfeltModelError",),
    "inference.raster": ("Raster", "raster"),
    "inference.scan": ("Scan", "scan"),
    "inference.sensitivity": ("Sensitivity", "sensitivity"),
    "inference.significance": ("Significance", "p_value", "sigma"),
    "inference.survey": ("Verdict", "survey"),
    "inference.toy_tensions": ("toy_compatibility",),
    "inference.toys": ("ToyTest",),
    "inference.workers": ("Placement",),
    "report.plotting": ("Picture", "plot", "published_contours"),
}
#: Packages that are called like the function of their name; they stay what they are at every access.
_CALLABLE = ("likelihood", "model")
_WHERE = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted([*_WHERE, *_CALLABLE, "__version__"])  # noqa: PLE0605

if TYPE_CHECKING:
    from nuanomaly.archive.anomalies import anomalies as anomalies
    from nuanomaly.archive.anomalies import groups as groups
    from nuanomaly.archive.catalog import find_datasets as find_datasets
    from nuanomaly.archive.cite import cite as cite
    from nuanomaly.archive.errors import NuanomalyError as NuanomalyError
    from nuanomaly.archive.errors import UnknownNameError as UnknownNameError
    from nuanomaly.archive.fetch import fetch as fetch
    from nuanomaly.archive.loading import load as load
    from nuanomaly.archive.release import Release as Release
    from nuanomaly.archive.validate import validate as validate
    from nuanomaly.inference.ablation import ablation as ablation
    from nuanomaly.inference.ablation import variants as variants
    from nuanomaly.inference.analysis import Analysis as Analysis
    from nuanomaly.inference.bayes import Posterior as Posterior
    from nuanomaly.inference.bayes import Suspiciousness as Suspiciousness
    from nuanomaly.inference.bayes import posterior as posterior
    from nuanomaly.inference.bayes import suspiciousness as suspiciousness
    from nuanomaly.inference.benchmarks import benchmarks as benchmarks
    from nuanomaly.inference.cls import CLs as CLs
    from nuanomaly.inference.cls import gaussian_cls as gaussian_cls
    from nuanomaly.inference.cls import toy_cls as toy_cls
    from nuanomaly.inference.compatibility import compare as compare
    from nuanomaly.inference.compatibility_result import Compatibility as Compatibility
    from nuanomaly.inference.contours import Level as Level
    from nuanomaly.inference.contours import interval as interval
    from nuanomaly.inference.contours import level as level
    from nuanomaly.inference.contours import levels as levels
    from nuanomaly.inference.contours import region as region
    from nuanomaly.inference.coverage import coverage as coverage
    from nuanomaly.inference.datasets import OverlapError as OverlapError
    from nuanomaly.inference.datasets import overlaps as overlaps
    from nuanomaly.inference.feldman_cousins import FeldmanCousins as FeldmanCousins
    from nuanomaly.inference.feldman_cousins import feldman_cousins as feldman_cousins
    from nuanomaly.inference.fit import Fit as Fit
    from nuanomaly.inference.fit import fit as fit
    from nuanomaly.inference.fit import profile as profile
    from nuanomaly.inference.fit import significance as significance
    from nuanomaly.inference.grid import Axis as Axis
    from nuanomaly.inference.montecarlo import toy_goodness as toy_goodness
    from nuanomaly.inference.montecarlo import toy_hypothesis as toy_hypothesis
    from nuanomaly.inference.montecarlo import toy_significance as toy_significance
    from nuanomaly.inference.question import UnfeltModelError as UnfeltModelError
    from nuanomaly.inference.raster import Raster as Raster
    from nuanomaly.inference.raster import raster as raster
    from nuanomaly.inference.scan import Scan as Scan
    from nuanomaly.inference.scan import scan as scan
    from nuanomaly.inference.sensitivity import Sensitivity as Sensitivity
    from nuanomaly.inference.sensitivity import sensitivity as sensitivity
    from nuanomaly.inference.significance import Significance as Significance
    from nuanomaly.inference.significance import p_value as p_value
    from nuanomaly.inference.significance import sigma as sigma
    from nuanomaly.inference.survey import Verdict as Verdict
    from nuanomaly.inference.survey import survey as survey
    from nuanomaly.inference.toy_tensions import toy_compatibility as toy_compatibility
    from nuanomaly.inference.toys import ToyTest as ToyTest
    from nuanomaly.inference.workers import Placement as Placement
    from nuanomaly.likelihood.build import likelihood as likelihood
    from nuanomaly.likelihood.interface import Likelihood as Likelihood
    from nuanomaly.likelihood.surface import private_surface as private_surface
    from nuanomaly.likelihood.wrappers.joint import combine as combine
    from nuanomaly.model.extra_events import ExtraEvents as ExtraEvents
    from nuanomaly.model.function import FunctionModel as FunctionModel
    from nuanomaly.model.levels import Levels as Levels
    from nuanomaly.model.levels import vacuum as vacuum
    from nuanomaly.model.probabilities import LevelsModel as LevelsModel
    from nuanomaly.model.probabilities import NotApplicableError as NotApplicableError
    from nuanomaly.model.probabilities import Parameter as Parameter
    from nuanomaly.model.probabilities import VacuumModel as VacuumModel
    from nuanomaly.model.registry import model as model
    from nuanomaly.model.registry import models as models
    from nuanomaly.model.three_flavour import with_three_flavour as with_three_flavour
    from nuanomaly.model.wave_model import Wave as Wave
    from nuanomaly.model.wave_model import WaveModel as WaveModel
    from nuanomaly.report.plotting import Picture as Picture
    from nuanomaly.report.plotting import plot as plot
    from nuanomaly.report.plotting import published_contours as published_contours


def __getattr__(name: str) -> Any:
    if name in _CALLABLE:
        return import_module(f"{__name__}.{name}")
    if name in _WHERE:
        return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
