#!/bin/sh
# The command line on a small real file: postal codes of the United States (GeoNames, CC BY 4.0).
# Pictures go to the folder named as first argument, or to out/.
set -eu

examples=$(dirname "$0")
codes="$examples/data/zipcodes.csv.gz"
out=${1:-out}
drypoint=${DRYPOINT:-"$examples/../.venv/bin/drypoint"}
mkdir -p "$out"

# What is in the file, and what drawing it would need.
"$drypoint" info "$codes"

# The plan, then the picture, both within 64 MB for the whole process.
"$drypoint" draw "$codes" -x longitude -y latitude --x-range -125 -66 --y-range 24 50 \
    --memory 64MB --explain -o "$out/codes.png"

# By category, with a title; the points are one image in the file, axes and text are vectors.
for kind in svg pdf; do
    "$drypoint" draw "$codes" -x longitude -y latitude --x-range -125 -66 --y-range 24 50 \
        --by state --title "Postal codes by state" -o "$out/states.$kind"
done

# From standard input, as an image without axes; the result as JSON.
gunzip -c "$codes" | "$drypoint" draw - -x longitude -y latitude --x-range -125 -66 --y-range 24 50 \
    --bare --json -o "$out/bare.png"
