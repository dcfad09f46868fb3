#!/usr/bin/env bash
# Usage: check-allocations.sh [SWIFT]
#
# Counts the heap allocations of each operation of the segment store, in a release build, and holds
# them against Benchmarks/ALLOCATIONS.txt: more is an error, far fewer is a reason to lower it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

swift=${1:-swift}
table=Benchmarks/ALLOCATIONS.txt
options=(-c release --package-path Benchmarks)

$swift build "${options[@]}" --product allocation-counts
counts=$("$($swift build "${options[@]}" --show-bin-path)/allocation-counts")
if [ "$counts" = unsupported ]; then
    echo "allocations: not counted, this system's malloc cannot be replaced"
    exit 0
fi

awk '
    /^#/ || NF == 0 { next }
    NR == FNR { allowed[$1] = $2; next }
    !($1 in allowed) { print "error: " $1 " " $2 " has no line in the table"; wrong = 1; next }
    $2 + 0 > allowed[$1] + 0 {
        print "error: " $1 ": " $2 " allocations for 1,000 calls, at most " allowed[$1]; wrong = 1
    }
    $2 < 0.75 * allowed[$1] { print "note: " $1 ": " $2 " now, at most " allowed[$1] ": lower it" }
    { delete allowed[$1]; checked++ }
    END {
        for (name in allowed) { print "error: " name " was not counted"; wrong = 1 }
        if (wrong) { print "error: see Benchmarks/ALLOCATIONS.txt"; exit 1 }
        print "allocations: " checked " operations, none more than allowed"
    }
' "$table" <(printf '%s\n' "$counts")
