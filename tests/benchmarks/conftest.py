"""Prints what the timings mean: evaluations per second, the gain over a plain loop, where the time goes."""

from typing import Any

import pytest

RESULTS = pytest.StashKey[dict[str, dict[str, Any]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RESULTS] = {}


@pytest.fixture
def results(request: pytest.FixtureRequest) -> dict[str, dict[str, Any]]:
    """What is known of each data set: seconds per evaluation, and the profile of a scan."""
    return request.config.stash[RESULTS]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    found = {name: row for name, row in config.stash[RESULTS].items() if {"loop", "warm", "cold"} <= set(row)}
    if not found:
        return
    write = terminalreporter.write_line
    terminalreporter.section("scans of 100 x 100 points, evaluations per second")
    columns = " ".join(f"{c:>12}" for c in ("plain loop", "scan, cold", "scan, warm"))
    write(f"{'data set':<30} {columns} {'cold/loop':>10} {'warm/loop':>10}")
    for name, row in found.items():
        rates = [1.0 / row[how] for how in ("loop", "cold", "warm")]
        gains = f"{rates[1] / rates[0]:>10.0f} {rates[2] / rates[0]:>10.0f}"
        write(f"{name:<30} {rates[0]:>12,.0f} {rates[1]:>12,.0f} {rates[2]:>12,.0f} {gains}")
    for name, row in found.items():
        terminalreporter.section(f"where a cold scan of {name} spends its time", sep="-")
        for line in row.get("profile", ()):
            write(line)
