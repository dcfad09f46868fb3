#!/usr/bin/env bash
# usage: run-suite.sh: the test suite of hashicorp/raft over RaftWAL
#
# Copies the package as Debian ships it, twice. In one copy the store in memory, on which its tests run,
# is replaced by this adapter's; the other one is left as it is. Fails if a test fails over the store that
# does not fail without it. Tests that wait for elections fail now and then on a busy machine, with and
# without it, and one that is not over in time ends the run: what did not pass is repeated alone, up to five
# times. Their deadlines are made for a store in memory, so that the stores are on a tmpfs if there is room;
# what a disk does to them is run-cluster.sh's.
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
scratch=$(mktemp -d)
memory=$scratch
if [ -w /dev/shm ] && [ "$(df -k --output=avail /dev/shm | tail -n 1)" -gt 2000000 ]; then
    memory=$(mktemp -d /dev/shm/raft-suite-XXXXXX)
fi
trap 'rm -rf "$scratch" "$memory"' EXIT
adapter=$root/Integration/hashicorp
package=github.com/hashicorp/raft
export INTEG_TESTS=1 RAFTWAL_DIRECTORY="$memory/stores"
mkdir -p "$RAFTWAL_DIRECTORY"

for copy in stock ours; do
    mkdir -p "$scratch/$copy/src/$(dirname $package)"
    cp -rL "$packages/src/$package" "$scratch/$copy/src/$package"
done
# The adapter as a part of the package, because the package cannot import what imports it.
sed -e 's/^package raftwal$/package raft/' -e "/^\t\"github.com\/hashicorp\/raft\"$/d" \
    -e 's/\braft\.\([A-Z]\)/\1/g' "$adapter/raftwal/store.go" >"$scratch/ours/src/$package/raftwal.go"
cp "$adapter/inmem_store.go.in" "$scratch/ours/src/$package/inmem_store.go"

# run COPY NAME-OF-LOG OPTIONS...: one line for each test: "pass TestName"
run() {
    local copy=$1 log=$scratch/$2.tests
    (
        cd "$scratch/$copy/src/$package"
        export GOPATH="$scratch/$copy:$packages" GOCACHE="${GOCACHE:-$root/.build-c/go}"
        go test -json -timeout 10m "${@:3}" . >"$log.json" 2>"$log.errors" || true
    )
    sed -n 's/.*"Action":"\(pass\|fail\|skip\)".*"Test":"\([^"]*\)".*/\1 \2/p' "$log.json" |
        sort -u >"$log"
}

# passes COPY TEST: whether it does so alone, within five times
passes() {
    for _ in 1 2 3 4 5; do
        run "$1" again -run "^$2\$"
        if grep -qx "pass $2" "$scratch/again.tests"; then return 0; fi
    done
    return 1
}

for copy in stock ours; do
    run $copy $copy
    if ! grep -q . "$scratch/$copy.tests"; then
        echo "error: no test of $copy ran" >&2
        tail -n 20 "$scratch/$copy.tests.errors" "$scratch/$copy.tests.json" >&2
        exit 1
    fi
done
# What a panic kept from being run did not pass.
cat "$scratch"/{stock,ours}/src/$package/*_test.go |
    sed -n 's/^func \(Test[A-Za-z0-9_]*\)(t .*/\1/p' | sort -u >"$scratch/names"
for copy in stock ours; do
    cut -d' ' -f2 "$scratch/$copy.tests" | sort >"$scratch/ran"
    comm -23 "$scratch/names" "$scratch/ran" | sed 's/^/fail /' >>"$scratch/$copy.tests"
done

declare -A tally=([stock]= [ours]=)
failed=0
for copy in stock ours; do
    for test in $(sed -n 's/^fail //p' "$scratch/$copy.tests" | grep -v /); do
        if passes $copy "$test"; then
            sed -i "s|^fail $test\$|pass $test|" "$scratch/$copy.tests"
            echo "$copy: $test failed at first, and passed alone"
        fi
    done
    tally[$copy]=$(cut -d' ' -f1 "$scratch/$copy.tests" | sort | uniq -c | tr -s ' \n' ' ')
done
for test in $(sed -n 's/^fail //p' "$scratch/ours.tests" | grep -v /); do
    if grep -qx "fail $test" "$scratch/stock.tests"; then
        echo "$test fails on the unmodified package, too"
    else
        echo "error: $test fails over the store only" >&2
        failed=$((failed + 1))
    fi
done
# That the store is there, and not what it replaces.
stores=$(find "$RAFTWAL_DIRECTORY" -name STORE -o -name data.mdb | wc -l)
if [ "$stores" -lt 100 ]; then
    echo "error: only $stores stores were made" >&2
    exit 1
fi
echo "hashicorp/raft's own tests: in memory${tally[stock]}; over ${RAFTWAL_BACKEND:-segment}${tally[ours]}($stores stores)"
echo "$(grep -c '^pass' "$scratch/ours.tests") passed, $failed failed"
exit $((failed > 0))
