#!/usr/bin/env bash
# The tests of lifetimes on the oldest and the newest of what is supported, each in an environment of its own, with the
# one wheel that all of them share. Environments are kept in .suites/versions and made anew when their line changes.
#
#     bash tests/suites/versions.sh                 all
#     bash tests/suites/versions.sh oldest          one
set -euo pipefail
cd "$(dirname "$0")/../.."
python="${PYTHON:-.venv/bin/python}"
lines=(
    "oldest   numpy==1.26.4 matplotlib==3.8.0 opencv-python-headless==4.9.0.80 pillow==10.0.0 h5py==3.10.0"
    "numpy20  numpy==2.0.2 matplotlib==3.9.4 opencv-python-headless<5 pillow==11.3.0 h5py"
    "newest   numpy matplotlib opencv-python-headless pillow h5py"
)
rm -rf .suites/wheel
"$python" -m maturin build --release --quiet --out .suites/wheel
failed=0
for line in "${lines[@]}"; do
    read -r name packages <<<"$line"
    if [[ $# -gt 0 && " $* " != *" $name "* ]]; then continue; fi
    folder=".suites/versions/$name"
    if [[ ! -f "$folder/line" || "$(cat "$folder/line")" != "$line" ]]; then
        "$python" -m venv --clear "$folder"
        # shellcheck disable=SC2086
        "$folder/bin/python" -m pip install --quiet $packages pytest
        echo "$line" >"$folder/line"
    fi
    "$folder/bin/python" -m pip install --quiet --force-reinstall --no-deps .suites/wheel/*.whl
    "$folder/bin/python" -m pip install --quiet 'tqdm>=4.66' 'shtab>=1.7'
    echo "== $name: $packages"
    "$folder/bin/python" -m pytest -q -p no:cacheprovider tests/lifetime || failed=1
done
exit $failed
