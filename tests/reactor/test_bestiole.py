"""BESTIOLE: files become one table, and its yields are those that Daya Bay prints for it."""

from pathlib import Path

import pytest
from importers import bestiole

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.loading import load
from nuanomaly.inference.benchmark import predicted_yield


def test_spectra_of_isotopes_stand_side_by_side_at_the_same_energies(tmp_path: Path) -> None:
    for k, name in enumerate(("u235", "u238")):
        (tmp_path / f"bestiole_{name}.txt").write_text(f"#Data\n0.0125, {k}.5\n0.0375, {k}.25\n", "utf-8")
    found = bestiole._together(tmp_path, ("u235", "u238"))
    assert found.to_dict("list") == {"energy": [0.0125, 0.0375], "u235": [0.5, 0.25], "u238": [1.5, 1.25]}
    (tmp_path / "bestiole_u238.txt").write_text("0.02, 1.5\n0.0375, 1.25\n", "utf-8")
    with pytest.raises(NuanomalyError, match="the energies of u238 are not those of u235"):
        bestiole._together(tmp_path, ("u235", "u238"))


def test_the_ratio_of_uranium_to_plutonium_is_the_printed_one() -> None:
    """6.16 over 4.41 in arXiv:2501.00746: the end of the spectrum drops out to 0.1 %, digits are 0.2 %."""
    common = {"flux": "flux", "cross_section": "cross-section", "window": {"low": 1.8, "high": 8.0}}
    found = predicted_yield.compute(
        {**common, "isotope": "u235", "over": {"flux": "flux", "isotope": "pu239"}}, load("bestiole")
    )
    assert found == pytest.approx(6.16 / 4.41, rel=0.003)
