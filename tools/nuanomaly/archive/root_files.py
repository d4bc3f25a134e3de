"""Tables of ROOT files: histograms, graphs, matrices, vectors and flat trees, by uproot."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nuanomaly.archive import guessing
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.guessing import Draft, dashed, header
from nuanomaly.archive.limits import MOST_NUMBERS
from nuanomaly.archive.printed_units import TODO


def drafts(path: Path) -> list[Draft]:
    """Return the tables of a ROOT file, one for each object, named after file and object.

    Raises
    ------
    NuanomalyError
        If uproot is not installed, the file cannot be read, or holds none of these; with what it holds.
    """
    try:
        import uproot
    except ModuleNotFoundError:
        raise NuanomalyError('is a ROOT file, which needs uproot: pip install "nuanomaly[root]"') from None
    try:
        with uproot.open(path) as file:
            classes = file.classnames(cycle=False)
            found = [draft for key, kind in classes.items() for draft in _object(path.stem, key, kind, file)]
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        NotImplementedError,
        uproot.DeserializationError,
    ) as error:
        raise NuanomalyError(f"cannot be read by uproot ({str(error).strip().splitlines()[0]})") from None
    if not found:
        held = ", ".join(sorted(set(classes.values()) - {"TDirectory"})) or "nothing"
        raise NuanomalyError(f"holds {held}: no histogram, graph, matrix, vector or flat tree")
    return found


def _object(stem: str, key: str, kind: str, file: Any) -> Iterator[Draft]:
    name = dashed(f"{stem} {key}")
    if kind.startswith("TH1"):
        yield _histogram(name, file[key])
    elif kind.startswith("TH2") and kind != "TH2Poly":
        yield _histogram_2d(name, file[key])
    elif kind in ("TGraph", "TGraphErrors", "TGraphAsymmErrors"):
        yield _graph(name, file[key])
    elif kind.startswith("TMatrixT"):
        yield guessing.of_matrix(name, _matrix(file[key]))
    elif kind.startswith("TVectorT"):
        import numpy as np

        yield guessing.of_matrix(name, np.asarray(file[key].member("fElements"), float)[:, None])
    elif kind in ("TTree", "ROOT::RNTuple"):
        yield from _tree(name, file[key])


def _axis(histogram: Any, number: int) -> tuple[str, str, Any]:
    """Return name, unit and edges of an axis; its title says them, as in "E [MeV]"."""
    member = f"f{'XY'[number]}axis"
    title = str(histogram.member(member).member("fTitle") or "")
    name, unit = header(title) if title.strip() else ("xy"[number], TODO)
    return name, unit, histogram.axis(number).edges()


def _histogram(name: str, histogram: Any) -> Draft:
    """Return a histogram as bins, with errors if it keeps sums of squares; what lies outside is a note."""
    import numpy as np
    import pandas as pd

    axis, unit, edges = _axis(histogram, 0)
    flow = histogram.values(flow=True)
    data = {f"{axis}_low": edges[:-1], f"{axis}_high": edges[1:], "value": flow[1:-1].astype(float)}
    columns: list[dict[str, Any]] = [
        {
            "name": f"{axis}_{side}",
            "unit": unit,
            "meaning": f"{side}er edge of {axis}".replace("higher", "upper"),
        }
        for side in ("low", "high")
    ]
    title = str(histogram.member("fTitle") or "")
    columns.append({"name": "value", "unit": TODO, "meaning": f"{TODO}: {title or 'content of the bin'}"})
    if len(histogram.member("fSumw2")):
        data["error"] = np.asarray(histogram.errors(), float)
        columns[-1]["role"] = "value"
        columns.append(
            {"name": "error", "unit": TODO, "meaning": "error of value", "role": "error", "of": "value"}
        )
    declared = {}
    if flow[0] or flow[-1]:
        declared["note"] = (
            f"The original holds {float(flow[0])!r} below the first bin and {float(flow[-1])!r} above "
            "the last."
        )
    return Draft(name, pd.DataFrame(data), columns, "bins", declared)


def _histogram_2d(name: str, histogram: Any) -> Draft:
    """Return a histogram in two dimensions: a covariance or correlation of bins as one, else a row a bin."""
    import numpy as np
    import pandas as pd

    values = np.asarray(histogram.values(), float)
    (x, x_unit, x_edges), (y, y_unit, y_edges) = _axis(histogram, 0), _axis(histogram, 1)
    if values.shape[0] > 1 and guessing.matrix_kind(values) != "matrix" and np.array_equal(x_edges, y_edges):
        return guessing.of_matrix(name, values)
    if x == y:
        x, y = f"{x}_1", f"{y}_2"
    shape = values.shape
    data, columns = {}, []
    for axis, unit, edges, along in ((x, x_unit, x_edges, 0), (y, y_unit, y_edges, 1)):
        for side, part in (("low", edges[:-1]), ("high", edges[1:])):
            grid = part[:, None] if along == 0 else part[None, :]
            data[f"{axis}_{side}"] = np.broadcast_to(grid, shape).ravel()
            columns.append({"name": f"{axis}_{side}", "unit": unit, "meaning": f"{side} edge of {axis}"})
    data["value"] = values.ravel()
    title = str(histogram.member("fTitle") or "")
    columns.append({"name": "value", "unit": TODO, "meaning": f"{TODO}: {title or 'content of the bin'}"})
    return Draft(name, pd.DataFrame(data), columns, "table")


def _graph(name: str, graph: Any) -> Draft:
    """Return the points of a graph, with their errors."""
    import numpy as np
    import pandas as pd

    members = {"x": "fX", "y": "fY"}
    for axis, letter in (("x", "X"), ("y", "Y")):
        for end, role in (
            ("E" + letter, "error"),
            (f"E{letter}high", "error_plus"),
            (f"E{letter}low", "error_minus"),
        ):
            if graph.has_member(f"f{end}"):
                members[f"{axis}_{role}"] = f"f{end}"
    data = {column: np.asarray(graph.member(member), float) for column, member in members.items()}
    columns: list[dict[str, Any]] = []
    for column in data:
        axis, _, role = column.partition("_")
        entry: dict[str, Any] = {"name": column, "unit": TODO, "meaning": f"{TODO}: {column}"}
        if role:
            entry |= {
                "meaning": f"{role.replace('_', ' ')} of {axis}",
                "role": role.replace("_", "-"),
                "of": axis,
            }
        columns.append(entry)
    return Draft(name, pd.DataFrame(data), columns, "table")


def _matrix(matrix: Any) -> Any:
    """Return a matrix; ROOT stores of a symmetric one the triangle alone."""
    import numpy as np

    rows, columns = matrix.member("fNrows"), matrix.member("fNcols")
    elements = np.asarray(matrix.member("fElements"), float)
    if len(elements) == rows * columns:
        return elements.reshape(rows, columns)
    whole = np.zeros((rows, columns))
    whole[np.triu_indices(rows)] = elements
    return whole + np.triu(whole, 1).T


def _tree(name: str, tree: Any) -> Iterator[Draft]:
    """Yield a tree whose branches hold one number an entry, if it has any entries; of either format."""
    import awkward as ak
    import pandas as pd

    from nuanomaly.archive.guessing import of_frame

    names = list(tree.keys())
    if not names or not 0 < tree.num_entries * len(names) <= MOST_NUMBERS:
        return
    read = {branch: tree[branch].array() for branch in names}
    flat = {branch: array for branch, array in read.items() if array.ndim == 1 and _is_plain(array)}
    if not flat:
        return
    draft = of_frame(name, pd.DataFrame({branch: ak.to_numpy(array) for branch, array in flat.items()}))
    if others := sorted(set(names) - set(flat)):
        draft.declared["note"] = f"Left out, as they do not hold one number an entry: {', '.join(others)}."
    yield draft


def _is_plain(array: Any) -> bool:
    import awkward as ak

    return str(ak.type(array).content) in (
        "float64",
        "float32",
        "int64",
        "int32",
        "int16",
        "int8",
        "bool",
        "uint32",
        "uint16",
        "uint8",
    )
