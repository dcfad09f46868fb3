#!/usr/bin/env bash
# usage: run.sh PROGRAM: shows the example at work, and checks what it says
set -euo pipefail
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
{
    "$1" "$directory/log" append "first" "second line" "third"
    "$1" "$directory/log" term 7
    "$1" "$directory/log" drop 1
    "$1" "$directory/log" append "fourth"
    "$1" "$directory/log" list
    "$1" "$directory/log" term
    "$1" "$directory/log" drop 9 2>&1 || true
} | tee "$directory/output"
diff "$directory/output" - <<'EXPECTED'
3 lines are durable, the last of them 3
1 lines are durable, the last of them 4
2	second line
3	third
4	fourth
7
journal: unavailable: the entry is not in the log (index: 9, expected: 5)
EXPECTED
