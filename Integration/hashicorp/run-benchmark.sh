#!/usr/bin/env bash
# usage: run-benchmark.sh [ROUNDS]
#
# RaftWAL and BoltDB under hashicorp/raft's interfaces, in turn, and a cluster of three processes over each.
# Prints the medians of ROUNDS (5): microseconds, and how many times as long BoltDB takes as segments; and
# proposals a second of the clusters.
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/benchmark-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
gopath "$scratch"
cp -r "$root"/Integration/hashicorp/{benchmark,cluster} "$scratch/src/"
mkdir "$scratch/stores"
export TMPDIR=$scratch/stores
go test -c -o "$scratch/benchmark" benchmark
go build -o "$scratch/cluster" cluster
for _ in $(seq "${1:-5}"); do
    "$scratch/benchmark" -test.run '^$' -test.bench . -test.benchtime 200ms |
        awk '/^Benchmark/ { name = $1; sub(/^Benchmark/, "", name); sub(/-[0-9]+$/, "", name); print name, $3 / 1000 }'
done | sort -k1,1 -k2,2g | awk '
    function flush() { if (count) { median[name] = value[int((count + 1) / 2)]
        split(name, part, "/"); store = part[length(part)]
        key = substr(name, 1, length(name) - length(store) - 1)
        if (!(key in known)) { known[key] = 1; keys[++total] = key } }; count = 0 }
    $1 != name { flush(); name = $1 }
    { value[++count] = $2 }
    END { flush()
        printf "%-16s %12s %12s %12s %12s\n", "us a call", "segment", "lmdb", "boltdb", "boltdb/segment"
        for (i = 1; i <= total; i++) { k = keys[i]
            s = median[k "/segment"]; l = median[k "/lmdb"]; b = median[k "/boltdb"]
            printf "%-16s %12.2f %12.2f %12.2f %12.1f\n", k, s, l, b, b / s } }'
# A cluster of three processes varies by half from one run to the next: in turn, and the median.
for _ in $(seq "${1:-5}"); do
    for backend in segment lmdb bolt; do "$scratch/cluster" load -backend $backend; done
done | sort -k1,1 -k4,4g | awk '
    function flush() {
        if (count) printf "%s: median %d proposals/s, %d to %d\n", text,
            value[int((count + 1) / 2)], value[1], value[count]
        count = 0 }
    $1 != name { flush(); name = $1; text = $1 ", " $2 " " $3; sub(/:$/, "", text) }
    { value[++count] = $4 }
    END { flush() }'
