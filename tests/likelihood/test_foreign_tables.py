"""Tables of other packages: the right convention against the wrong one."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.likelihood import foreign_tables
from nuanomaly.likelihood.foreign_tables import daemonflux_flux, snowglobes_cross_section
from nuanomaly.likelihood.stopped_pions.muon_decay import inverse_beta_decay

#: Rows of snowglobes-data 1.3.2 around 10, 30 and 50 MeV: log10(E/GeV) and ν̄_e in 10⁻³⁸ cm²/GeV.
IBD = ((-2.000948, 0.06746192), (-1.998647, 0.06790154))
COHERENT = "-2.0 0.2 0.2 0.2 0.2 0.2 0.2\n-1.0 0.3 0.3 0.3 0.3 0.3 0.3\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = "".join(f"{log}  0.0 0.0 0.0 {value} 0.0 0.0\n" for log, value in IBD)
    (tmp_path / "xs_ibd.dat").write_text(f"# IBD cross section (10^-38 cm^2/GeV)\n{rows}")
    (tmp_path / "xs_coh_helm_nue_Xe.dat").write_text(COHERENT)
    return tmp_path


def test_a_cross_section_of_snowglobes_is_that_of_the_archive(folder: Path) -> None:
    section = snowglobes_cross_section("ibd", "e", True, folder=folder)
    energy = np.array([9.98, 10.0])
    assert section.unit == "cm**2"
    assert section(energy) == pytest.approx(inverse_beta_decay(energy), rel=5e-3)


def test_the_number_in_the_file_is_not_the_cross_section(folder: Path) -> None:
    """Taken for σ in 10⁻³⁸ cm² it is a hundred times too large at 10 MeV, and too flat by a power of E."""
    section = snowglobes_cross_section("ibd", "e", True, folder=folder)
    taken_for_section = 1e-38 * IBD[0][1]
    assert taken_for_section / float(section(1e3 * 10 ** IBD[0][0])) == pytest.approx(100.2, rel=1e-3)


def test_a_natural_logarithm_would_be_another_energy(folder: Path) -> None:
    section = snowglobes_cross_section("ibd", "e", True, folder=folder)
    assert section.energy[0] == pytest.approx(9.978, rel=1e-3)
    assert 1e3 * np.exp(IBD[0][0]) == pytest.approx(135.2, rel=1e-3)


def test_what_a_table_does_not_hold_is_refused(folder: Path) -> None:
    with pytest.raises(NuanomalyError, match="nothing at 300 MeV"):
        snowglobes_cross_section("ibd", "e", True, folder=folder)(300.0)
    with pytest.raises(NuanomalyError, match="holds nothing for ν e"):
        snowglobes_cross_section("ibd", "e", False, folder=folder)
    with pytest.raises(UnknownNameError, match="coh_helm_nue_Xe"):
        snowglobes_cross_section("coh_helm_nue_Xee", "e", False, folder=folder)
    with pytest.raises(UnknownNameError, match="flavour"):
        snowglobes_cross_section("ibd", "s", True, folder=folder)


def test_a_truncated_table_is_taken_as_such_or_not_at_all(folder: Path) -> None:
    with pytest.raises(NuanomalyError, match="recoils of 10 keV only"):
        snowglobes_cross_section("coh_helm_nue_Xe", "e", False, folder=folder)
    taken = snowglobes_cross_section("coh_helm_nue_Xe", "e", False, folder=folder, truncated=True)
    assert taken([10.0, 100.0]) == pytest.approx([2e-41, 3e-40])


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_tables, "find_spec", lambda name: None)
    with pytest.raises(NuanomalyError, match="pip install snowglobes-data"):
        snowglobes_cross_section("ibd", "e", True)


class Splines:
    """What daemonflux.Flux answers: E³Φ in GeV²/(cm² s sr), here of a flux of 0.02 E^−3 in GeV and cm."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, str]] = []

    def flux(self, energy: Any, zenith_deg: Any, quantity: str) -> Any:
        self.asked.append((zenith_deg, quantity))
        return 0.02 * np.ones_like(energy)


def test_a_flux_of_daemonflux_is_divided_by_the_cube_of_the_energy() -> None:
    splines = Splines()
    flux = daemonflux_flux(splines, "mu", True, 30.0, energies=[1e3, 1e4, 1e5])
    assert flux([1e3, 2e3, 1e4]) == pytest.approx([2e-5, 2.5e-6, 2e-8]), "exact between the points, too"
    assert flux.unit == "1/MeV/cm**2/s/sr"
    assert splines.asked == [(30.0, "total_antinumu")]
    taken_for_flux = 0.02 * 1e-3
    assert taken_for_flux / float(flux(1e5)) == pytest.approx(1e6), "at 100 GeV"
    daemonflux_flux(splines, "e", False, total=False)
    assert splines.asked[-1] == ("average", "nue")
    with pytest.raises(UnknownNameError):
        daemonflux_flux(splines, "tau", False)


def test_a_flux_is_named_by_flavour_and_never_by_the_sum_of_both() -> None:
    splines = Splines()
    for flavour in ("e", "mu"):
        for bar in (False, True):
            daemonflux_flux(splines, flavour, bar)
    assert not any(quantity.endswith("flux") for _, quantity in splines.asked)
    assert "snowglobes_data" not in sys.modules
