#!/usr/bin/env bash
# Each reader of bytes from outside, FUZZ_SECONDS long (60), or only the targets named as arguments.
# A crash, a hang of 10 s, 512 MB resident: each ends the run and leaves its input under fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")"

cargo +nightly --version >/dev/null 2>&1 || { echo "make fuzz needs a nightly Rust: rustup toolchain install nightly" >&2; exit 2; }
cargo +nightly fuzz --version >/dev/null 2>&1 || { echo "make fuzz needs cargo-fuzz: cargo install cargo-fuzz" >&2; exit 2; }

# The freed memory that the sanitizer keeps back would count as resident.
export ASAN_OPTIONS=quarantine_size_mb=16
targets=("$@")
[ $# -gt 0 ] || mapfile -t targets < <(cargo +nightly fuzz list)
for target in "${targets[@]}"; do
    mkdir -p "corpus/$target"
    cargo +nightly fuzz run "$target" -- -max_total_time="${FUZZ_SECONDS:-60}" -rss_limit_mb=512 -timeout=10 \
        -print_final_stats=1
done
