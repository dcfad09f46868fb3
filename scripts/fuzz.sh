#!/usr/bin/env bash
# Feeds hostile store files to the recovery code, guided by coverage (libFuzzer).
#
#   scripts/fuzz.sh [SECONDS=60] [TARGET...]         (default: segment decoding lmdb)
#
# Any bytes have to give a store or a typed error, in bounded time and memory, under
# AddressSanitizer and with assertions on. Every target starts from Fuzzing/Corpus/TARGET. What it
# fails on is kept and named; to see it again:
#
#   WALFUZZ_TARGET=TARGET Fuzzing/.build/release/walfuzz FILE
#
# KEEP=1 adds what was found to be worth trying to the corpus, as small as it can be made.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:-60}
[ $# = 0 ] || shift
targets=${*:-segment decoding lmdb}

if [ "$(uname)" != Linux ]; then
    echo "skipped: Apple's toolchain has no libFuzzer"
    exit 0
fi

# Everything is instrumented, internals are visible, and assertions are not left out. SwiftPM would
# rename main, which is libFuzzer's: so it makes an archive, and the compiler links it.
${SWIFT:-swift} build -c release --package-path Fuzzing --product walfuzz \
    -Xswiftc -sanitize=fuzzer,address -Xcc -fsanitize=address -Xswiftc -enable-testing \
    -Xswiftc -assert-config -Xswiftc Debug >&2
built=Fuzzing/.build/release
fuzzer=$built/walfuzz
${SWIFT:-swift}c -sanitize=fuzzer,address -o "$fuzzer" -Xlinker --whole-archive "$built/libwalfuzz.a" \
    -Xlinker --no-whole-archive $(pkg-config --libs lmdb) 2>/dev/null

work=$(mktemp -d)
trap 'if [ "${keep:-no}" = no ]; then rm -rf "$work"; fi' EXIT

# A trap has to reach libFuzzer, which keeps the input; LMDB's map is let go on purpose at exit.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0

for target in $targets; do
    export WALFUZZ_TARGET=$target
    corpus=Fuzzing/Corpus/$target
    mkdir -p "$work/$target" "$work/crashes" "$corpus"
    # No file of an input is larger than 64 KiB: nothing may allocate much more at once.
    if ! "$fuzzer" "$work/$target" "$corpus" -max_total_time="$seconds" -timeout=10 \
        -rss_limit_mb=2048 -malloc_limit_mb=16 -max_len=1024 -len_control=0 \
        -artifact_prefix="$work/crashes/" >"$work/$target.log" 2>&1; then
        keep=yes
        grep -E "Fatal error|ERROR|SUMMARY|^ +#[0-9]+ .*/Sources/|Test unit|Base64" \
            "$work/$target.log" | head -n 30 >&2
        echo "fuzz $target: failed (kept in $work)" >&2
        exit 1
    fi
    if [ "${KEEP:-0}" = 1 ]; then
        mkdir "$work/merged"
        "$fuzzer" -set_cover_merge=1 "$work/merged" "$corpus" "$work/$target" >>"$work/$target.log" 2>&1
        rm -rf "$corpus"
        mv "$work/merged" "$corpus"
    fi
    echo "fuzz $target: $(grep -oE "Done [0-9]+ runs in [0-9]+ second" "$work/$target.log")s," \
        "$(grep -oE "cov: [0-9]+" "$work/$target.log" | tail -n 1 | cut -d' ' -f2) edges," \
        "nothing found"
done
