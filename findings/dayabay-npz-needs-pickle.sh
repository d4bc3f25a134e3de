#!/usr/bin/env bash
# dayabay-data-official 1.0.1 (full data release, as a package) with numpy 1.26.4 and 2.3.5 (run on 2026-11-30)
#
# Guess: the release has the same numbers in four formats (tsv, hdf5, root, npz), and npz is what any numpy reads, safely:
#   arrays of numbers need no pickle.
# Behaviour: one of the npz files, the rates of backgrounds, holds pickled objects. numpy refuses it by default
#   ("Object arrays cannot be loaded when allow_pickle=False"); with allow_pickle=True numpy 1.26 cannot read it either
#   (No module named 'numpy.rec': it was written by numpy 2), and numpy 2 can. All other npz files are plain numbers.
# Where it leads: a reader that goes through the npz files reads spectra, live times and responses and stops at the rates;
#   who skips what cannot be read has spectra of backgrounds that are normalised to one, without the rates that multiply
#   them: one event in all where the near detectors have some ten a day.
# Right: the tsv file of the same table, which is text.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
pip() { "$folder/venv/bin/pip" --quiet --disable-pip-version-check install "$@"; }
cat > "$folder/read.py" <<'PY'
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np

data = Path(next(iter(find_spec("dayabay_data_official").submodule_search_locations))) / "data" / "npz"
refused = {}
for file in sorted(data.rglob("*.npz")):
    with np.load(file) as content:
        for name in content.files:
            try:
                content[name]
            except ValueError as error:
                refused.setdefault(file.name, str(error))
print("numpy", np.__version__, "refused by default:", refused)
assert list(refused) == ["dayabay_background_rates.npz"] and "allow_pickle=False" in refused.popitem()[1]
with np.load(data / "dayabay_dataset" / "dayabay_background_rates.npz", allow_pickle=True) as content:
    try:
        print("with pickle:", content["8AD"].dtype, content["8AD"].shape)
        readable = True
    except ModuleNotFoundError as error:
        print("with pickle:", type(error).__name__, error)
        readable = False
assert readable is (sys.argv[1] == "readable"), readable
PY
pip "dayabay-data-official==1.0.1" "numpy==1.26.4"
"$folder/venv/bin/python" "$folder/read.py" unreadable
pip "numpy==2.3.5"
"$folder/venv/bin/python" "$folder/read.py" readable
