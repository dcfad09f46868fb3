#!/usr/bin/env bash
# Runs the long form of everything that looks for lost or invented data, one after the other.
#
#   scripts/stress.sh [MINUTES=30]
#
# Builds what it needs (which is not counted), gives each part its share of the minutes, goes on
# after a failure, and ends with a summary and exit code 1 if any part failed. What this machine
# cannot do is skipped, and said to be. ONLY="PART..." runs some parts only; DIR names a directory
# on the disk to test, by default a temporary one. Nothing is left behind but what a failed part
# names.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

minutes=${1:-30}
if ! [[ $minutes =~ ^[0-9]+$ ]] || [ "$minutes" = 0 ]; then
    echo "usage: scripts/stress.sh [MINUTES]" >&2
    exit 64
fi
swift=${SWIFT:-swift}
work=$(mktemp -d "${DIR:-${TMPDIR:-/tmp}}/stress.XXXXXX")
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work DIR=$work

summary=()
failures=0

# share PERCENT: that part of the time, in seconds, at least one.
share() { echo $((minutes * 60 * $1 / 100 > 0 ? minutes * 60 * $1 / 100 : 1)); }

# part NAME COMMAND...: runs one part, unless others were asked for. Exit code 77, or a last line
# that begins with "skipped", says that this machine cannot do it.
part() {
    local name=$1 status=0 began=$SECONDS verdict
    shift
    if [ -n "${ONLY:-}" ] && [[ " $ONLY " != *" $name "* ]]; then return; fi
    echo "== $name: $*"
    "$@" >"$work/output" 2>&1 || status=$?
    # What failed first says most; the seeds are in it.
    grep -v "Cannot export local symbol" "$work/output" |
        if [ "$status" = 0 ]; then tail -n 40; else head -n 200; fi
    if [ "$status" = 77 ] || { [ "$status" = 0 ] && tail -n 1 "$work/output" | grep -q '^skipped'; }; then
        verdict="skipped ($(tail -n 1 "$work/output" | sed 's/^skipped: //'))"
    elif [ "$status" = 0 ]; then
        verdict=passed
    else
        verdict="FAILED, exit code $status"
        failures=$((failures + 1))
    fi
    summary+=("$(printf '%-22s %5d s  %s' "$name" $((SECONDS - began)) "$verdict")")
}

# repeatedly SECONDS COMMAND...: again and again until the time is over, at least once.
repeatedly() {
    local end=$((SECONDS + $1)) count=0
    shift
    while [ $count = 0 ] || [ $SECONDS -lt $end ]; do
        "$@" || return
        count=$((count + 1))
    done
    echo "$count times"
}

# simulated SUBCOMMAND [OPTION...]: a long form of walstress, with another seed every time.
simulated() {
    local seed=$RANDOM$RANDOM
    echo "seed $seed"
    .build/release/walstress "$@" --seed "$seed"
}

# step BACKEND SECONDS: how much of the damage to leave out; all takes ten minutes, LMDB's an hour.
step() { if [ "$1" = segment ]; then echo $((600 / $2 + 1)); else echo $((3600 / $2 + 1)); fi; }

# damaged BACKEND SECONDS: damages a store in every way.
damaged() { simulated damage --backend "$1" --step "$(step "$@")"; }

# killed BACKEND SECONDS: writers are killed until the time is over.
killed() { repeatedly "$2" scripts/drill-kill.sh 40 "$1"; }

# killed_tasks BACKEND SECONDS: the same with many tasks in each writer, which append through AsyncLog.
killed_tasks() { repeatedly "$2" .build/release/walstress kill --backend "$1" --directory "$work"; }

# flipped BACKEND SECONDS: flips bytes of a store on the disk.
flipped() { scripts/drill-flips.sh "$1" "$(step "$@")"; }

# sanitized SANITIZER [OPTION...]: the test suite, in a build directory of its own.
#
# Optimised, because simulations are slow enough. Leaks are what the process still has when it
# ends, which says nothing about a store.
sanitized() {
    local sanitizer=$1
    shift
    ASAN_OPTIONS=detect_leaks=0 \
        TSAN_OPTIONS="suppressions=$PWD/scripts/thread-sanitizer.txt" \
        "$swift" test -c release -Xswiftc -enable-testing --sanitize "$sanitizer" \
        --scratch-path ".build-$sanitizer" "$@" | grep -vE '^(◇|✔ Test [a-z])'
}

scripts/install-dependencies.sh || exit
echo "== building"
traits=LMDB
if scripts/install-dependencies.sh --check raft; then traits=LMDB,CRaft; fi
"$swift" build -c release --traits "$traits" >"$work/build" 2>&1 || {
    cat "$work/build" >&2
    exit 1
}

part crashes simulated explore --seconds "$(share 12)"
part histories simulated model --operations 1000000000 --seconds "$(share 8)"
for pace in at-once late at-close; do part "faults-$pace" simulated faults --background "$pace"; done
part damage-segment damaged segment "$(share 6)"
part damage-lmdb damaged lmdb "$(share 6)"
part kill-segment killed segment "$(share 8)"
part kill-lmdb killed lmdb "$(share 6)"
for backend in segment lmdb; do
    part "kill-tasks-$backend" killed_tasks $backend "$(share 2)"
done
if [ "$traits" = LMDB ]; then clusters=(echo "skipped: libraft is not installed")
else clusters=(.build/release/raftstress simulate --seeds 1000); fi
part clusters "${clusters[@]}"
part flips-segment flipped segment "$(share 8)"
part flips-lmdb flipped lmdb "$(share 8)"
part full-disk scripts/drill-full-disk.sh
part file-size-limit scripts/drill-file-size.sh
for target in segment decoding lmdb; do
    part "fuzz-$target" scripts/fuzz.sh "$(share 6)" $target
done
part address-sanitizer sanitized address
# It leaves little address space, which damaged maps need, and its own signals end the tool.
part thread-sanitizer sanitized thread --skip FlippedByteTests --skip WalctlTests --skip MutantTests

echo
printf '%s\n' "${summary[@]}"
if [ "$failures" -gt 0 ]; then
    echo "$failures part(s) failed"
    exit 1
fi
