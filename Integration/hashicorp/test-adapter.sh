#!/usr/bin/env bash
# usage: test-adapter.sh [GO-TEST-OPTIONS]: the adapter's own tests
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
gopath "$scratch"
go vet raftwal
go test "$@" raftwal
