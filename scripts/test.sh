#!/usr/bin/env bash
# Runs the tests with the given command, and repeats at the end which of them failed: among thousands
# of lines nobody finds them, and what keeps only the last lines of a log does not have them.
set -uo pipefail

log=$(mktemp)
trap 'rm -f "$log"' EXIT
"$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
if [ "$status" -ne 0 ]; then
    echo
    echo "what failed:"
    grep -aE "✘|error:" "$log" | sort -u
fi
exit "$status"
