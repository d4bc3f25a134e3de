"""The public surface: which names there are, that each says what it is, that they keep their meaning."""

import importlib
import inspect
import subprocess
import sys

import pytest

import nuanomaly

#: The surface of version 0.2. A name that goes, comes or changes is a change of the version (CHANGELOG.md).
SURFACE = """
    Analysis Axis CLs Compatibility ExtraEvents FeldmanCousins Fit FunctionModel Level Levels LevelsModel
    Likelihood NotApplicableError Wave WaveModel vacuum with_three_flavour
    NuanomalyError OverlapError Parameter Picture Placement Posterior Raster Release Scan Sensitivity
    Significance
    Suspiciousness
    ToyTest UnfeltModelError UnknownNameError VacuumModel Verdict __version__ ablation anomalies benchmarks
    cite combine compare coverage feldman_cousins fetch find_datasets fit gaussian_cls groups interval level
    levels likelihood load model models overlaps p_value plot posterior
    private_surface profile published_contours raster region scan sensitivity sigma
    significance survey suspiciousness toy_cls toy_compatibility toy_goodness toy_hypothesis toy_significance
    validate variants
""".split()  # noqa: SIM905
#: What is asked of data under a model: everything after these two has a name.
QUESTIONS = """
    ablation compare coverage feldman_cousins fit gaussian_cls posterior profile raster scan sensitivity
    significance suspiciousness toy_cls toy_compatibility toy_goodness toy_hypothesis toy_significance
    variants
""".split()  # noqa: SIM905


def test_the_public_surface_is_the_frozen_one() -> None:
    assert sorted(nuanomaly.__all__) == sorted(SURFACE)
    assert dir(nuanomaly) == sorted(SURFACE)


@pytest.mark.parametrize("name", [n for n in SURFACE if n != "__version__"])
def test_every_public_name_exists_can_be_called_and_is_documented(name: str) -> None:
    found = getattr(nuanomaly, name)
    assert callable(found)
    assert len(inspect.getdoc(found) or "") > 30


@pytest.mark.parametrize("name", QUESTIONS)
def test_everything_after_data_and_model_has_a_name(name: str) -> None:
    parameters = list(inspect.signature(getattr(nuanomaly, name)).parameters.values())
    assert [p.name for p in parameters[:2]] == ["data", "model"]
    assert all(p.kind in (p.KEYWORD_ONLY, p.VAR_KEYWORD) for p in parameters[2:])


@pytest.mark.parametrize("name", ["likelihood", "model"])
def test_a_callable_package_is_the_same_object_at_every_access(name: str) -> None:
    code = f"""
import nuanomaly
first = nuanomaly.{name}
first("lsnd" if "{name}" == "likelihood" else "3+1")
import nuanomaly.{name}.{"build" if name == "likelihood" else "registry"}
assert nuanomaly.{name} is first
from nuanomaly import {name}
assert {name} is first
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_model_by_name_after_its_package_was_imported() -> None:
    importlib.import_module("nuanomaly.model.vacuum")
    assert nuanomaly.model("2nu-ee").name == "2nu-ee"


def test_likelihood_by_name_after_its_package_was_imported() -> None:
    importlib.import_module("nuanomaly.likelihood.build")
    assert nuanomaly.likelihood("lsnd").statistic == "delta"
