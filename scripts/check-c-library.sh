#!/usr/bin/env bash
# usage: check-c-library.sh LIBRARY [lmdb]
#
# Checks a build of the C library against raft_wal.h: the header is plain C and C++, the functions it
# declares are those that the library exports, and Tests/RaftWALCTests/abi_test.c passes. The library is
# SwiftPM's own, or one that scripts/build-c-library.sh made, which exports nothing else. `lmdb` says that
# this backend is built in.
set -euo pipefail
library=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
header=Sources/CRaftWAL/include/raft_wal.h
include="-I$(dirname "$header")"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cc -std=c99 -pedantic -Wall -Wextra -Werror -fsyntax-only -x c "$header"
if command -v c++ >/dev/null; then
    c++ -std=c++11 -pedantic -Wall -Wextra -Werror -fsyntax-only -x c++ "$header"
fi

# What stands before a parenthesis, outside comments; and what the dynamic linker finds.
cc -E -P "$include" "$header" | grep -oE '\braft_wal_[a-z_]+\(' | tr -d '(' | sort -u >"$scratch/declared"
case $library in
*.a) nm -g --defined-only "$library" 2>/dev/null ;;
*) nm -D --defined-only "$library" ;;
esac | awk 'NF == 3 { print $3 }' | sed 's/@.*//' | sort -u >"$scratch/all"
if grep -q '^\$s' "$scratch/all"; then
    # SwiftPM's exports what is Swift's, too.
    grep '^raft_wal_' "$scratch/all" >"$scratch/exported"
else
    cp "$scratch/all" "$scratch/exported"
fi
diff -u --label "declared in $header" --label "exported by $library" \
    "$scratch/declared" "$scratch/exported"
echo "$(basename "$library") exports the $(wc -l <"$scratch/declared") functions of raft_wal.h"

case $library in
*.a) libraries=("$library" ${2:+-llmdb} -lm) ;;
*) libraries=("$library" "-Wl,-rpath,$(dirname "$library")") ;;
esac
cc -std=gnu11 -O1 -g -Wall -Wextra -Werror "$include" Tests/RaftWALCTests/abi_test.c \
    -o "$scratch/abi_test" "${libraries[@]}" -pthread
SWIFT_BACKTRACE=enable=no timeout 120 "$scratch/abi_test" "${@:2}"
