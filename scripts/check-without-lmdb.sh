#!/usr/bin/env bash
# usage: check-without-lmdb.sh SWIFT-BUILD-COMMAND...
#
# Runs a build that must not touch LMDB, on a machine that may well have it: an lmdb.h that
# cannot be compiled stands before the real one, and no program built may link liblmdb.
set -euo pipefail

decoy=$(mktemp -d)
trap 'rm -rf "$decoy"' EXIT
echo '#error "lmdb.h was included although the LMDB trait is off"' >"$decoy/lmdb.h"

"$@" -Xcc -I"$decoy"

binaries=$("$@" -Xcc -I"$decoy" --show-bin-path)
linked=0
for program in "$binaries"/walctl "$binaries"/*.xctest; do
    if [ ! -x "$program" ] || [ -d "$program" ]; then continue; fi
    if command -v readelf >/dev/null && readelf -d "$program" | grep -q 'NEEDED.*liblmdb'; then
        echo "error: $program links liblmdb although the LMDB trait is off" >&2
        linked=1
    fi
done
exit "$linked"
