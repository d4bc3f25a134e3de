"""The names a user types keep their meaning, whatever was imported before."""

import importlib

import pytest

import nuanomaly


@pytest.mark.parametrize("name", [n for n in nuanomaly.__all__ if n != "__version__"])
def test_every_public_name_exists_and_can_be_called(name: str) -> None:
    assert callable(getattr(nuanomaly, name))


@pytest.mark.parametrize(
    ("name", "module"), [("likelihood", "likelihood.build"), ("model", "model.registry")]
)
def test_a_package_of_the_same_name_does_not_hide_the_function(name: str, module: str) -> None:
    importlib.import_module(f"nuanomaly.{module}")
    assert callable(getattr(nuanomaly, name))


def test_model_by_name_after_its_package_was_imported() -> None:
    importlib.import_module("nuanomaly.model.vacuum")
    assert nuanomaly.model("2nu-ee").name == "2nu-ee"


def test_likelihood_by_name_after_its_package_was_imported() -> None:
    importlib.import_module("nuanomaly.likelihood.pipeline")
    assert nuanomaly.likelihood("lsnd").statistic == "delta"
