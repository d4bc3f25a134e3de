"""Probabilities that are none: refused with the point, the channel and the likely slip."""

from collections.abc import Callable, Mapping

import numpy as np

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.model.probabilities import Array, Nodes

#: What rounding and approximate formulas may exceed.
TOLERANCE = 1e-6
_GREEK = {"e": "e", "mu": "μ", "tau": "τ", "sterile": "s", "active": "active"}
#: Factors of L and E that slips of units make, and what they are.
_SLIPS = (
    ((1.0, 1e-3), "E is given in MeV, not in GeV"),
    ((1e-3, 1.0), "L is given in m, not in km"),
    ((1e-3, 1e-3), "L is given in m and E in MeV, not in km and GeV"),
)


def channel_label(initial: str, final: str, antineutrino: bool) -> str:
    """Return a transition as it is written: νμ→νe.

    Examples
    --------
    >>> channel_label("mu", "e", True)
    'ν̄μ→ν̄e'
    """
    bar = "\u0304" if antineutrino else ""
    return f"ν{bar}{_GREEK.get(initial, initial)}→ν{bar}{_GREEK.get(final, final)}"


def in_range(P: Array) -> bool:
    """Say whether all values are between 0 and 1."""
    return not P.size or bool(P.min() >= -TOLERANCE and P.max() <= 1.0 + TOLERANCE)


def _point(nodes: Nodes, flat: Mapping[str, Array], k: int, node: int) -> str:
    values = [f"{name} = {float(v[k]):g}" for name, v in flat.items()]
    return ", ".join([f"L = {float(nodes.L[node]):g} m", f"E = {float(nodes.E[node]):g} MeV", *values])


def refuse_improbable(
    name: str,
    asked: tuple[str, str, bool],
    P: Array,
    nodes: Nodes,
    flat: Mapping[str, Array],
    again: Callable[[Array, Array, int], Array],
) -> None:
    """Refuse values outside of 0 to 1.

    Parameters
    ----------
    name : str
        Of the model.
    asked : (initial, final, antineutrino)
    P : array, shape (P, N)
    nodes : Nodes
    flat : mapping of arrays, shape (P,)
    again : callable
        (L, E, number of the point) → P there, shape (N,).

    Raises
    ------
    NuanomalyError
    """
    if in_range(P):
        return
    k, node = np.unravel_index(int(np.argmax(np.abs(P - 0.5))), P.shape)
    slip = ""
    for (length, energy), sentence in _SLIPS:
        try:
            other = again(nodes.L * length, nodes.E * energy, int(k))
        except NuanomalyError:
            continue
        if in_range(other):
            slip = f"; {sentence}?"
            break
    raise NuanomalyError(
        f"model {name!r}: P({channel_label(*asked)}) = {float(P[k, node]):g} at "
        f"{_point(nodes, flat, int(k), int(node))}: a probability lies between 0 and 1{slip} "
        "(a factor of rates that may exceed 1 is declared: factor=True)"
    )


def refuse_sum(
    name: str,
    initial: tuple[str, bool],
    parts: Mapping[str, Array],
    nodes: Nodes,
    flat: Mapping[str, Array],
    unitary: bool,
) -> None:
    """Refuse probabilities of one initial state that add up to more than one, or, if unitary, not to one.

    Parameters
    ----------
    parts : mapping of arrays, shape (P, N)
        By final state.

    Raises
    ------
    NuanomalyError
    """
    total = np.sum(list(parts.values()), axis=0)
    wrong = np.abs(total - 1.0) > TOLERANCE if unitary else total > 1.0 + TOLERANCE
    if not wrong.any():
        return
    k, node = np.unravel_index(int(np.argmax(np.where(wrong, np.abs(total - 1.0), -1.0))), total.shape)
    terms = " + ".join(f"P({channel_label(initial[0], final, initial[1])})" for final in parts)
    rule = "the model declares itself unitary" if unitary else "they may add up to 1 at most"
    raise NuanomalyError(
        f"model {name!r}: {terms} = {float(total[k, node]):g} at "
        f"{_point(nodes, flat, int(k), int(node))}: {rule}"
    )
