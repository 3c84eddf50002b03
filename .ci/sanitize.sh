#!/usr/bin/env bash
# What only instruments see: every interleaving of the pool (shuttle), memory errors and races in the raw/ folders.
# The sanitizers are flags that a stable compiler keeps for itself, hence RUSTC_BOOTSTRAP. Each set of flags has a
# target directory of its own. The sanitizers answer a mapping too large with null, as the system would.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-$PWD/target}
host=$(rustc -vV | sed -n 's/^host: //p')

model() {
    CARGO_TARGET_DIR=$target/model RUSTFLAGS="--cfg shuttle" cargo test --quiet --release "$@"
}

# Idle blocks of the pool are poisoned under `--cfg asan`, so that use after free is seen inside it too.
address() {
    CARGO_TARGET_DIR=$target/asan RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address --cfg asan" \
        ASAN_OPTIONS=allocator_may_return_null=1 cargo test --quiet --target "$host" "$@"
}

# The standard library is not instrumented: what that makes of it is in tsan.supp. A child forked from a process with
# threads is no place for this sanitizer.
thread() {
    CARGO_TARGET_DIR=$target/tsan RUSTC_BOOTSTRAP=1 \
        RUSTFLAGS="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer" \
        TSAN_OPTIONS="allocator_may_return_null=1 suppressions=$PWD/crates/drypoint-memory/tests/tsan.supp" \
        cargo test --quiet --target "$host" "$@" -- --test-threads=1 --skip forked
}

set -x
model -p drypoint-memory --test model
address -p drypoint-memory --lib --test accounting --test pool --test allocator --test arrays
# A resident size means nothing with the sanitizer's own memory in it.
address -p drypoint-stream --lib --test array --test arrow --test npy -- --skip stays_small
address -p drypoint-canvas --lib --tests
thread -p drypoint-memory --lib --test pool --test allocator --test arrays
