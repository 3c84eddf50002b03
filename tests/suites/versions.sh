#!/usr/bin/env bash
# The tests of lifetimes on the oldest and the newest of what is supported, each in an environment of its own, with one
# wheel that all of them share. Environments are kept in .suites/versions and made anew when their line changes.
#
#     make versions                              all: some minutes each
#     make versions VERSIONS="oldest newest"     some
#     PYTEST="-k manage" make versions           some tests of each
#
# Expect no failure; tests of what a version does not have are skipped. The exit code is 1 if any failed.
set -euo pipefail
cd "$(dirname "$0")/../.."
python="${PYTHON:-.venv/bin/python}"
lines=(
    "numpy1  numpy==1.26.4 matplotlib==3.8.0 opencv-python-headless==4.10.0.84 pillow==10.0.0 h5py==3.11.0"
    "oldest  numpy==2.0.0 matplotlib==3.8.4 opencv-python-headless==4.10.0.84 pillow==10.3.0 h5py==3.12.1"
    "middle  numpy==2.2.0 matplotlib==3.10.0 opencv-python-headless==4.12.0.88 pillow==11.0.0 h5py==3.13.0"
    "newest  numpy matplotlib opencv-python-headless pillow h5py"
)
rm -rf .suites/wheel
"$python" -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir .suites/wheel .
failed=0
for line in "${lines[@]}"; do
    read -r name packages <<<"$line"
    if [[ $# -gt 0 && " $* " != *" $name "* ]]; then continue; fi
    folder=".suites/versions/$name"
    if [[ ! -f "$folder/line" || "$(cat "$folder/line")" != "$line" ]]; then
        "$python" -m venv --clear "$folder"
        # shellcheck disable=SC2086
        "$folder/bin/python" -m pip install --quiet --disable-pip-version-check $packages pytest 'tqdm>=4.66' 'shtab>=1.7'
        echo "$line" >"$folder/line"
    fi
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps .suites/wheel/*.whl
    echo "== $name: $("$folder/bin/python" -m pip list --format=freeze --disable-pip-version-check |
        grep -iE '^(numpy|matplotlib|opencv.*|pillow|h5py)==' | tr '\n' ' ')"
    # shellcheck disable=SC2086
    "$folder/bin/python" -m pytest -p no:cacheprovider tests/lifetime ${PYTEST:-} || failed=1
done
exit $failed
