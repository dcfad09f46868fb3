#!/usr/bin/env bash
# The rules of CONTRIBUTING.md that the formatter cannot check, each with what to do instead.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failures=0

# refuse PATTERN REMEDY PATH...: no line of the Swift files under PATH may match PATTERN.
refuse() {
    local pattern=$1 remedy=$2
    shift 2
    local found
    found=$(grep -rnE --include='*.swift' -- "$pattern" "$@" || true)
    if [ -n "$found" ]; then
        printf '%s\n' "$found" | sed "s|\$|  <- $remedy|" >&2
        failures=$((failures + 1))
    fi
}

libraries="Sources/WALProtocol Sources/SegmentBackend Sources/LMDBBackend Sources/Conformance
    Sources/BackendConformance Sources/AsyncWAL Sources/RaftWAL Sources/RaftWALService Sources/RaftEngine
    Sources/RaftWALC Benchmarks/Sources/RocksDBBackend"

refuse '^ *((public|package|internal|private|fileprivate) +)?import +Foundation' \
    'libraries do without Foundation: import Glibc or Darwin' $libraries
refuse '^ *((public|package|internal|private|fileprivate) +)?import +(Testing|XCTest)' \
    'libraries do not import a test framework: throw, and let the caller expect' $libraries
refuse '\b(CLOCK_REALTIME|gettimeofday|DispatchWallTime|wallDeadline|pthread_cond_timedwait)\b|\btime\(nil\)' \
    'P118: people and NTP set the wall clock; take ContinuousClock, or Monitor to wait' \
    $(find $libraries -name '*.swift' ! -name Monitor.swift)
refuse '^[^/"]*\b(fatalError)\(' \
    'throw a LogStoreError, or state an invariant with precondition' Sources
refuse '\bimport +(SegmentBackend|LMDBBackend|RaftWAL|Glibc|Darwin)\b' \
    'WALProtocol is the leaf: no backend, no system calls' \
    $(find Sources/WALProtocol -name '*.swift' ! -name 'SystemCallError+Meaning.swift')
refuse 'import +LMDBBackend\b' 'backends know nothing of each other' Sources/SegmentBackend
refuse 'import +SegmentBackend\b' 'backends know nothing of each other' Sources/LMDBBackend
refuse '\b(unsafeFlags|enableExperimentalFeature)\b' \
    'no unsafe flags and no experimental features: versioned users could not build' Package.swift

while IFS= read -r file; do
    echo "$file: has a space in its path  <- use a hyphen or a plus sign" >&2
    failures=$((failures + 1))
done < <(git ls-files | grep ' ' || true)

while read -r lines file; do
    echo "$file: $lines lines  <- one idea per file: split it as Type+Facet.swift (500 at most)" >&2
    failures=$((failures + 1))
done < <(find Sources -name '*.swift' -exec wc -l {} + | awk '$2 != "total" && $1 > 500')

# The recovery table of DESIGN.md and the one that decides have the same rows.
table=Sources/SegmentBackend/Recovery/RecoveryTable.swift
while read -r number label; do
    if ! grep -qE "^\\| $number \\|.*\`$label\` \\|\$" <(tr -d '()' <DESIGN.md); then
        echo "DESIGN.md: no row $number labelled $label  <- as in $table" >&2
        failures=$((failures + 1))
    fi
done < <(sed -n 's/.*Row(number: \([0-9]*\), label: "\([^"]*\)".*/\1 \2/p' "$table" | tr -d '()')

if [ "$failures" -gt 0 ]; then
    echo "error: $failures house rule(s) broken" >&2
    exit 1
fi
