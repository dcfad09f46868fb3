#!/usr/bin/env bash
# usage: test.sh PROGRAM
#
# Starts a cluster of both backends, writes, kills the leader, writes again, and reads from all.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
work=$(mktemp -d)
./cluster.sh "$1" "$work/data" segment lmdb segment >"$work/log" 2>&1 &
cluster=$!
trap 'kill $cluster 2>/dev/null || true; wait $cluster 2>/dev/null || true; rm -rf "$work"' EXIT
mkdir -p "$work/data"
ports="10101 10102 10103"

fail() {
    echo "error: $1" >&2
    cat "$work/log" >&2
    exit 1
}
# until WHAT COMMAND...: for a minute at most.
until_ok() {
    local what=$1 end=$((SECONDS + 60))
    shift
    until "$@"; do
        if [ $SECONDS -ge $end ]; then fail "no $what within a minute"; fi
        sleep 0.1
    done
}
get() { curl -sf -m 2 "http://127.0.0.1:$1$2"; }
leader() {
    local port
    for port in $ports; do
        if get "$port" /status | grep -q '"state":"leader"'; then echo "$port" && return; fi
    done
    return 1
}
put() { curl -sf -m 2 -o "$work/answer" -X PUT -d "$2" "http://127.0.0.1:$(leader)/kv/$1"; }
everybody_has() {
    local port
    for port in $ports; do
        if [ "$(get "$port" "/kv/$1")" != "$2" ]; then return 1; fi
    done
}

until_ok "first write" put a one
until_ok "agreement" everybody_has a one
id=$(($(leader) - 10100))
process=$(sed -n "s/^member $id is process \([0-9]*\):.*/\1/p" "$work/log" | tail -n 1)
kill -9 "$process"
until_ok "write after the leader's death" put b two
until_ok "return of the member" everybody_has b two
everybody_has a one || fail "the first write is gone"
get "$(leader)" "/kv/b?fresh" | grep -q two || fail "the leader does not know what it wrote"
get 10101 / | grep -q "<table>" || fail "there is no page"
echo "replicated-kv: the leader was killed, and nothing was lost"
