#!/usr/bin/env bash
# usage: run.sh: builds the example over the C library, shows it at work and checks what it says
source "$(dirname "${BASH_SOURCE[0]}")/../../Integration/hashicorp/environment.sh"
export GO111MODULE=on GOPROXY=off GOCACHE="${GOCACHE:-$root/.build-c/go}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$root/Examples/go"
go vet .
go build -o "$scratch/journal" .
{
    "$scratch/journal" "$scratch/log" "first" "second line"
    "$scratch/journal" "$scratch/log" "third" >/dev/null
    "$scratch/journal" "$scratch/log"
    ("$scratch/journal" /dev/null 2>&1 || true) | sed 's/^[0-9/]* [0-9:]* //' | cut -d: -f1
} | tee "$scratch/output"
diff "$scratch/output" - <<EXPECTED
1 (term 1)	first
2 (term 1)	second line
1 (term 1)	first
2 (term 1)	second line
3 (term 1)	third
io
EXPECTED
