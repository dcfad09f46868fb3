#!/usr/bin/env bash
# Kills a writer with SIGKILL again and again, and checks after each death that nothing that was
# acknowledged is missing or changed.
#
#   scripts/drill-kill.sh [ROUNDS=200] [BACKEND=segment]
#
# WALCTL names the binary; by default the newest of .build/release and .build/debug. DIR names a
# directory for the drill on the disk to test; by default a temporary one.
#
# In one round a writer appends without end (--sync each, batch or none in turn) and is killed
# after a random time; every ten rounds a new store is begun. Then every index acknowledged in any round has to be in the dump, the
# dump has to be one run of indexes, every line has to be as it was when it was first dumped,
# with the checksum that a store that was never killed has for it, and verify has to say ok.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rounds=${1:-200}
backend=${2:-segment}
walctl=${WALCTL:-$(ls -t .build/release/walctl .build/debug/walctl 2>/dev/null | head -n 1 || true)}
if [ ! -x "$walctl" ]; then
    echo "there is no walctl; run: swift build --product walctl" >&2
    exit 2
fi

work=$(mktemp -d "${DIR:-${TMPDIR:-/tmp}}/drill-kill.XXXXXX")
writer=
finish() {
    if [ -n "$writer" ]; then kill -KILL "$writer" 2>/dev/null || true; fi
    if [ "${keep:-no}" = no ]; then rm -rf "$work"; fi
}
trap finish EXIT

fail() {
    keep=yes
    echo "round $round: $* (kept in $work)" >&2
    exit 1
}

# Payloads are functions of index and size: a store that nobody killed has the same ones.
# Then a new store is begun, so that kills fall into its making, too.
compare_with_calm_writer() {
    local entries
    entries=$(wc -l <"$before")
    "$walctl" --backend "$backend" append "$work/calm" --count "$entries" --size "$size" --sync none
    "$walctl" dump "$work/calm" | cmp - "$before" || fail "entries differ from a calm writer's"
    rm -rf "$work/calm" "$store"
    survived=$((survived + entries))
    acked=0
    : >"$before"
}

store=$work/store
size=300
acked=0 total=0 survived=0
before=$work/before
: >"$before"
for ((round = 1; round <= rounds; round++)); do
    sync=$(printf 'each\nbatch\neach\nnone\n' | sed -n "$((round % 4 + 1))p")
    "$walctl" --backend "$backend" --segment-bytes 65536 append "$store" \
        --count 1000000000 --size "$size" --sync "$sync" --batch 7 >"$work/acks" &
    writer=$!
    sleep "0.$(printf %03d $((RANDOM % 150 + 5)))"
    kill -KILL "$writer"
    wait "$writer" 2>/dev/null && fail "the writer ended by itself"
    writer=

    # wc counts newlines: a line that the kill cut short does not count.
    last=$(wc -l <"$work/acks")
    total=$((total + last))
    if [ "$last" -gt 0 ]; then
        acked=$(sed -n "${last}s/^acked //p" "$work/acks")
    fi

    # Looked at as the kill left it, and again once a writer has recovered it.
    for look in killed recovered; do
        if [ "$look" = recovered ]; then
            "$walctl" --backend "$backend" apply "$store" </dev/null || fail "recovery: $?"
        elif [ ! -e "$store" ]; then
            continue
        fi
        status=0
        "$walctl" dump "$store" >"$work/dump" 2>"$work/messages" || status=$?
        # Killed before there was a store.
        if [ "$status" = 6 ] && [ "$look" = killed ] && [ "$acked" = 0 ]; then continue; fi
        [ "$status" = 0 ] || fail "dump of the $look store: exit code $status, $(cat "$work/messages")"
        verdict=$("$walctl" verify "$store") || fail "verify of the $look store: $verdict"
        case $verdict in ok\ *) ;; *) fail "verify of the $look store: $verdict" ;; esac
        [ "$(wc -l <"$work/dump")" -ge "$acked" ] || fail "index $acked was acknowledged and is gone"
        awk '$1 != NR { exit 1 }' "$work/dump" || fail "the $look store has a hole"
        # What was there stays as it was.
        cmp -s -n "$(stat -c %s "$before")" "$before" "$work/dump" ||
            fail "entries of an earlier round changed or vanished"
    done
    mv "$work/dump" "$before"
    if [ $((round % 10)) = 0 ] || [ "$round" = "$rounds" ]; then compare_with_calm_writer; fi
done
echo "$backend: $rounds rounds, $total entries acknowledged one by one or in batches," \
    "$survived there in the end, none lost"
