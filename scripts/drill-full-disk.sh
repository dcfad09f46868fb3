#!/usr/bin/env bash
# Fills a small disk with a log and checks what the tool says and what is left.
#
#   sudo scripts/drill-full-disk.sh [BACKEND...]        (default: segment lmdb)
#
# On a tmpfs of 8 MB, for each backend: a writer that meets the full disk ends with exit code 5 and
# names the system call; every entry that was acknowledged is in the dump, with its checksum;
# verify says ok; writing goes on being refused with 5 while the disk is full; and once space is
# freed the log goes on where it stopped. The same with import, which writes in large batches.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

walctl=${WALCTL:-$(ls -t .build/release/walctl .build/debug/walctl 2>/dev/null | head -n 1 || true)}
if [ ! -x "$walctl" ]; then
    echo "there is no walctl; run: swift build --product walctl" >&2
    exit 2
fi
if [ "$(uname)" != Linux ] || [ "$(id -u)" != 0 ]; then
    echo "skipped: mounting a small disk needs root on Linux"
    exit 0
fi

work=$(mktemp -d)
disk=$work/disk
mkdir "$disk"
if ! mount -t tmpfs -o size=8m tmpfs "$disk" 2>"$work/mount"; then
    echo "skipped: $(cat "$work/mount")"
    rmdir "$disk"
    rm -r "$work"
    exit 0
fi
trap 'umount "$disk"; rm -rf "$work"' EXIT

fail() {
    echo "$backend: $*" >&2
    exit 1
}

# expect CODE COMMAND...: the command has to end with this exit code.
expect() {
    local code=$1 status=0
    shift
    "$@" 2>"$work/messages" || status=$?
    [ "$status" = "$code" ] || fail "exit code $status, not $code: $* ($(cat "$work/messages"))"
}

# check ACKED: the entries 1 to ACKED are there, as a writer on a large disk has them.
check() {
    local acked=$1
    expect 0 "$walctl" verify "$disk/store" >"$work/verdict"
    grep -q '^ok ' "$work/verdict" || fail "verify: $(cat "$work/verdict")"
    expect 0 "$walctl" dump "$disk/store" >"$work/dump"
    [ "$(wc -l <"$work/dump")" -ge "$acked" ] || fail "index $acked was acknowledged and is gone"
    rm -rf "$work/calm"
    "$walctl" --backend "$backend" append "$work/calm" --count "$(wc -l <"$work/dump")" \
        --size 1000 --sync none
    "$walctl" dump "$work/calm" | cmp -s - "$work/dump" || fail "entries are not what was written"
}

for backend in ${@:-segment lmdb}; do
    for sync in each batch none; do
        rm -rf "$disk"/*
        head -c 1000000 /dev/zero >"$disk/ballast"

        expect 5 "$walctl" --backend "$backend" --segment-bytes 1000000 append "$disk/store" \
            --count 100000 --size 1000 --sync $sync --batch 10 >"$work/acks"
        cp "$work/messages" "$work/first"
        acked=$(wc -l <"$work/acks")
        [ "$sync" = none ] || [ "$acked" -gt 1000 ] || fail "only $acked entries before it was full"
        check "$acked"

        # Still full: refused again, or what little fits is written; nothing gets lost.
        status=0
        "$walctl" append "$disk/store" --count 100000 --size 1000 --sync each \
            >"$work/acks" 2>"$work/messages" || status=$?
        [ "$status" = 5 ] || fail "exit code $status on a disk that is still full"
        [ ! -s "$work/acks" ] || acked=$(tail -n 1 "$work/acks" | sed 's/acked //')
        check "$acked"

        rm "$disk/ballast"
        expect 0 "$walctl" --segment-bytes 100000 append "$disk/store" --count 200 --size 1000 \
            --sync each >"$work/acks"
        [ "$(wc -l <"$work/acks")" = 200 ] || fail "not everything was acknowledged"
        check "$(tail -n 1 "$work/acks" | sed 's/acked //')"
        echo "$backend --sync $sync: full at $acked acknowledged, none lost, goes on." \
            "$(sed 's/ (file.*\[/ [/' "$work/first")"
    done

    # A file that does not fit.
    rm -rf "$disk"/*
    head -c 20000000 /dev/urandom | base64 -w 500 >"$work/file"
    expect 5 "$walctl" --backend "$backend" import "$disk/store" --from "$work/file"
    expect 0 "$walctl" verify "$disk/store" >"$work/verdict"
    expect 0 "$walctl" export "$disk/store" --to "$work/exported"
    cmp -s -n "$(stat -c %s "$work/exported")" "$work/exported" "$work/file" ||
        fail "what was imported is not the beginning of the file"

    # And a file that cannot be exported, because that disk is full.
    head -c 3000000 "$work/file" >"$work/small"
    expect 0 "$walctl" --backend "$backend" import "$work/small-store" --from "$work/small"
    rm -rf "$disk"/*
    head -c 6000000 /dev/zero >"$disk/ballast"
    echo old >"$disk/exported"
    expect 5 "$walctl" export "$work/small-store" --to "$disk/exported"
    [ "$(cat "$disk/exported")" = old ] || fail "a failed export touched the old file"
    [ "$(ls "$disk")" = "$(printf 'ballast\nexported')" ] || fail "left behind: $(ls "$disk")"
    rm -rf "$work/small-store"
    echo "$backend: a file that does not fit is refused, and nothing half is left"
done
