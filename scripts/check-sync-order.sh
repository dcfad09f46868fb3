#!/usr/bin/env bash
# usage: check-sync-order.sh RAFTSTRESS
#
# Traces the system calls of a node that is given one proposal: its bytes are written to the log, an
# fdatasync of that file ends, and only then the proposal is acknowledged.
set -euo pipefail
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! strace -o "$work/probe" true 2>/dev/null; then
    echo "skipped: the order of system calls, as this machine does not let strace trace"
    exit 0
fi

# Eight times the letter A, as a number.
proposal=4702111234474983745
mkfifo "$work/orders"
strace -f -s 65536 -e trace=pwrite64,fdatasync,write -o "$work/trace" \
    "$program" node --id 1 --member 1=127.0.0.1:9199 --dir "$work/node" --backend segment \
    <"$work/orders" >"$work/answers" &
node=$!
exec 3>"$work/orders"
end=$((SECONDS + 60))
until grep -q "^ok $proposal" "$work/answers"; do
    if [ $SECONDS -ge $end ]; then echo "error: no acknowledgement within a minute" >&2 && exit 1; fi
    # Nobody leads at first, and the node says so.
    echo "propose $proposal" >&3
    sleep 0.3
done
exec 3>&-
wait $node

awk -v proposal=$proposal '
    !written && /pwrite64\([0-9]+, .*AAAAAAAA/ {
        match($0, /pwrite64\([0-9]+/)
        file = substr($0, RSTART + 9, RLENGTH - 9)
        written = NR
        next
    }
    written && !synced && index($0, "fdatasync(" file ")") && /= 0$/ { synced = NR }
    written && !synced && index($0, "fdatasync(" file " <unfinished") { begun[$1] = 1 }
    written && !synced && begun[$1] && /fdatasync resumed.*= 0$/ { synced = NR }
    !replied && index($0, "write(1, \"ok " proposal) { replied = NR }
    END {
        if (!written || !synced || !replied || replied < synced) {
            printf "error: written in line %d, synced in %d, acknowledged in %d\n",
                written, synced, replied >"/dev/stderr"
            exit 1
        }
        print "order of system calls: pwrite64 of the log, fdatasync, acknowledgement"
    }' "$work/trace" || { grep -nE "AAAAAAAA|fdatasync|\"ok " "$work/trace" | cut -c1-120 >&2; exit 1; }
