#!/usr/bin/env bash
# Lets a log run into the limit on the size of a file and checks that nothing is lost.
#
#   scripts/drill-file-size.sh [BACKEND...]        (default: segment lmdb)
#
# With `ulimit -f` and SIGXFSZ ignored, a write beyond the limit is EFBIG: a writer has to end with
# exit code 5, every acknowledged entry has to be in the dump, verify has to say ok, and without
# the limit the log goes on where it stopped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

walctl=${WALCTL:-$(ls -t .build/release/walctl .build/debug/walctl 2>/dev/null | head -n 1 || true)}
if [ ! -x "$walctl" ]; then
    echo "there is no walctl; run: swift build --product walctl" >&2
    exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "$backend: $* ($(cat "$work/messages"))" >&2
    exit 1
}

for backend in ${@:-segment lmdb}; do
    for kib in 24 300 2000 6000; do
        store=$work/store
        rm -rf "$store"
        status=0
        (
            trap '' XFSZ
            ulimit -f $kib
            exec "$walctl" --backend "$backend" --segment-bytes 8000000 append "$store" \
                --count 100000 --size 1000 --sync each
        ) >"$work/acks" 2>"$work/messages" || status=$?
        acked=$(wc -l <"$work/acks")
        [ "$status" = 5 ] || fail "exit code $status with files of at most $kib KiB"

        if [ ! -d "$store" ]; then continue; fi
        "$walctl" verify "$store" >"$work/verdict" 2>"$work/messages" || {
            [ "$acked" = 0 ] || fail "verify: $(cat "$work/verdict")"
        }
        "$walctl" --backend "$backend" append "$store" --count 10 --size 1000 --sync each \
            >"$work/more" 2>"$work/messages" || fail "it does not go on without the limit"
        "$walctl" dump "$store" >"$work/dump" 2>"$work/messages" || fail "it cannot be dumped"
        [ "$(wc -l <"$work/dump")" -ge $((acked + 10)) ] ||
            fail "$acked and 10 were acknowledged, $(wc -l <"$work/dump") are there"
        rm -rf "$work/calm"
        "$walctl" --backend "$backend" append "$work/calm" --count "$(wc -l <"$work/dump")" \
            --size 1000 --sync none >/dev/null
        "$walctl" dump "$work/calm" | cmp -s - "$work/dump" || fail "other entries than written"
        echo "$backend, files of at most $kib KiB: exit code $status after $acked entries, none lost"
    done
done
