"""Which energy a column holds, and tables that are not joined where it is not the same."""

import json

import pandas as pd
import pytest

import nuanomaly
from nuanomaly.archive import energies, release
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.paths import checkout

UNITS = {"MeV", "GeV", "keV", "keVee", "keVnr", "photoelectron"}
#: Columns in a unit of energy that are no axis of a spectrum.
OTHERS = {
    "energy_shift",
    "resolution_constant",
    "mass",
    "mass_low",
    "mass_high",
    "threshold",
    "energy_error",
    "energy_plus",
    "energy_minus",
}


def releases() -> list[release.Release]:
    root = checkout()
    assert root is not None
    return [
        release.read(f) for versions in release.folders(root / "datasets").values() for f in versions.values()
    ]


def test_every_released_spectrum_says_which_energy_it_is_in() -> None:
    silent = [
        f"{one.id} {table}.{column['name']}"
        for one in releases()
        if one.state == "released"
        for table, entry in one.metadata["tables"].items()
        for column in entry["columns"]
        if column["unit"] in UNITS and column.get("type") != "string"
        if "energy" not in column and column["name"] not in OTHERS
    ]
    assert silent == []


def test_the_kinds_of_the_schema_are_those_that_are_explained() -> None:
    root = checkout()
    assert root is not None
    common = json.loads((root / "schemas" / "common.schema.json").read_text("utf-8"))
    assert common["$defs"]["energy"]["enum"] == list(energies.ENERGIES)


def test_edges_of_a_bin_are_in_one_energy() -> None:
    for one in releases():
        for entry in one.metadata["tables"].values():
            kinds = energies.declared(entry["columns"])
            for low in (name for name in kinds if name.endswith("low")):
                assert kinds[low] == kinds.get(low.removesuffix("low") + "high", kinds[low]), (one.id, low)


def test_true_and_reconstructed_prompt_energy_are_not_joined() -> None:
    supplement = nuanomaly.load("daya-bay@2022-r1").table("spectra")
    full = nuanomaly.load("daya-bay@2025-r1").table("spectra")
    with pytest.raises(
        NuanomalyError, match=r"prompt energy .* in daya-bay@2022-r1 and prompt-reconstructed"
    ):
        energies.join(supplement, full, on=["energy_low", "energy_high"])


def test_the_same_energy_and_unit_are_joined() -> None:
    fluxes = nuanomaly.load("reactor-fluxes@2021-r1")
    huber, mueller = fluxes.table("huber"), fluxes.table("mueller")
    joined = energies.join(huber, mueller, on="energy")
    assert 0 < len(joined) <= len(huber)


def test_another_unit_or_a_table_that_does_not_say_is_refused() -> None:
    known = nuanomaly.load("reactor-fluxes@2021-r1").table("huber")
    with pytest.raises(NuanomalyError, match="no unit that a table without a release says"):
        energies.join(known, pd.DataFrame({"energy": [2.0]}), on="energy")
    in_gev = known.copy()
    in_gev.attrs = {**known.attrs, "units": {**known.attrs["units"], "energy": "GeV"}}
    with pytest.raises(NuanomalyError, match="MeV in reactor-fluxes@2021-r1 and GeV"):
        energies.join(known, in_gev, on="energy")
