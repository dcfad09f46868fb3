#!/usr/bin/env bash
# Flips every byte of a small closed store, one at a time, and looks at it with the tool.
#
#   scripts/drill-flips.sh [BACKEND=segment] [STEP=1]
#
# Each time `dump` has to end with exit code 0 and print the same as before, or with 3 or 7 and
# print nothing that was not there; a signal, another code or another answer ends the drill. STEP
# leaves bytes out. WALCTL names the binary; by default the newest one that was built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

backend=${1:-segment}
step=${2:-1}
walctl=${WALCTL:-$(ls -t .build/release/walctl .build/debug/walctl 2>/dev/null | head -n 1 || true)}
if [ ! -x "$walctl" ]; then
    echo "there is no walctl; run: swift build --product walctl" >&2
    exit 2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
store=$work/store
printf 'append 20 40 1\nappend 20 100 2\nvote 3 n2\ntruncate-after 37\ncompact-before 3\n' |
    "$walctl" --backend "$backend" --segment-bytes 8192 apply "$store" >/dev/null
"$walctl" dump "$store" >"$work/expected"

mapfile -t hex < <(printf '%02x\n' {0..255})

# put FILE OFFSET VALUE: sets one byte.
put() {
    printf "\\x${hex[$3]}" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

total=0
declare -A counts=([0]=0 [3]=0 [7]=0)
for file in "$store"/*; do
    case $file in */lock.mdb) continue ;; esac
    mapfile -t bytes < <(od -An -v -tu1 -w1 "$file")
    for ((offset = 0; offset < ${#bytes[@]}; offset += step)); do
        put "$file" "$offset" $((bytes[offset] ^ 255))
        status=0
        "$walctl" dump "$store" >"$work/dump" 2>"$work/messages" || status=$?
        same=no
        if cmp -s "$work/dump" "$work/expected"; then same=yes; fi
        case $status-$same in
        0-yes) ;;
        3-* | 7-*)
            cmp -s -n "$(stat -c %s "$work/dump")" "$work/dump" "$work/expected" || {
                echo "$file, offset $offset: exit code $status, but other entries" >&2
                exit 1
            }
            ;;
        *)
            echo "$file, offset $offset: exit code $status, the same dump: $same" >&2
            cat "$work/messages" >&2
            exit 1
            ;;
        esac
        counts[$status]=$((counts[$status] + 1))
        total=$((total + 1))
        put "$file" "$offset" $((bytes[offset]))
    done
done
cmp -s <("$walctl" dump "$store") "$work/expected"
echo "$backend: $total bytes flipped, ${counts[0]} harmless, ${counts[3]} corrupt," \
    "${counts[7]} unsupported, none unnoticed"
