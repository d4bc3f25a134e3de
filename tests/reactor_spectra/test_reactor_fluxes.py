"""The library of reactor fluxes: what its tables agree with, and how its importer reads them."""

from pathlib import Path

import numpy as np
import pytest
from importers import reactor_fluxes

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.archive.loading import load
from nuanomaly.inference.benchmark import predicted_yield
from nuanomaly.inference.benchmark.predicted_yield import exponential
from nuanomaly.inference.benchmarks import of_release

FLUXES = "reactor-fluxes@2021-r1"
WINDOW = {"low": 1.8, "high": 10.0}


def yield_of(flux: str, isotope: str) -> float:
    config = {"flux": flux, "isotope": isotope, "cross_section": "cross-section", "window": WINDOW}
    return predicted_yield.compute(config, load(FLUXES))


def test_every_benchmark_of_the_fluxes_holds() -> None:
    found = of_release(load(FLUXES))
    assert len(found) == 6
    assert [b["id"] for b in found if not b["ok"]] == []


def test_releases_carry_the_fluxes_and_the_cross_section_of_the_library() -> None:
    library, rates = load(FLUXES), load("reactor-rates@2020-r1")
    for flux in ("huber-mueller", "hkss"):
        assert library.table(flux).equals(rates.table(f"flux-{flux}"))
    summation = library.table("summation")
    times = ["energy", "u235_12h", "u238_450d", "pu239_36h", "pu241_36h"]
    for name in ("danss", "neos", "bugey-3", "double-chooz"):
        release = load(name)
        assert release.table("cross-section").equals(library.table("cross-section"))
        own = release.table("flux").to_numpy()
        np.testing.assert_array_equal(own[:100], summation[times].to_numpy()[:100])


def test_the_fine_table_of_huber_and_mueller_is_that_of_the_coarse_ones() -> None:
    library = load(FLUXES)
    fine, huber, mueller = (library.table(name) for name in ("huber-mueller", "huber", "mueller"))
    for isotope in ("u235", "pu239", "pu241"):
        coarse = huber[huber["isotope"] == isotope]
        found = exponential(
            coarse["energy"].to_numpy(float), fine["energy"].to_numpy(float), fine[isotope].to_numpy(float)
        )
        np.testing.assert_allclose(found, coarse["flux"], rtol=5e-3)  # the fine one has three digits there
    found = np.interp(mueller["energy"], fine["energy"], fine["u238"])
    np.testing.assert_allclose(found, mueller["u238"], rtol=1e-2)


def test_kurchatov_lowers_uranium_by_the_excess_of_the_beta_spectrum_of_ill() -> None:
    # the factor of 1.054 ± 0.002 in the abstract of arXiv:2103.01684
    assert yield_of("huber-mueller", "u235") / yield_of("kurchatov", "u235") == pytest.approx(
        1.054, abs=0.005
    )


def test_daya_bay_s_spectrum_lies_between_those_of_its_isotopes() -> None:
    table = load(FLUXES).table("daya-bay")
    width = table["high"] - table["low"]
    yields = {
        str(name): float((rows["weighted"] * width[rows.index]).sum()) / 1e-43
        for name, rows in table.groupby("spectrum")
    }
    assert yields["pu"] < yields["total"] < yields["u235"]
    assert yields["u235"] < yield_of("huber-mueller", "u235")


def test_an_unknown_isotope_is_named() -> None:
    with pytest.raises(UnknownNameError, match="u236"):
        yield_of("huber-mueller", "u236")


def test_lines_of_numbers_are_read_and_headers_are_not(tmp_path: Path) -> None:
    path = tmp_path / "flux.txt"
    path.write_text("# flux\nEnergy U5\n(MeV) 12h\n0.05\t0.2\n0.15, 0.5\n", encoding="utf-8")
    assert reactor_fluxes.rows(path).tolist() == [[0.05, 0.2], [0.15, 0.5]]


def test_broken_lines_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "flux.txt"
    path.write_text("0.05 0.2\n0.15\n", encoding="utf-8")
    with pytest.raises(NuanomalyError, match="different lengths"):
        reactor_fluxes.rows(path)
    path.write_text("0.05 0.2\n0.15 O.5\n", encoding="utf-8")
    with pytest.raises(NuanomalyError, match="line 2: is not all numbers"):
        reactor_fluxes.rows(path)
