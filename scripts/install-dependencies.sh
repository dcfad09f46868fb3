#!/usr/bin/env bash
# Installs the C libraries that are missing; does nothing if they are there.
#
#   scripts/install-dependencies.sh [--check] [lmdb] [sqlite3] [raft] [strace] [rocksdb] [hashicorp]
#
# lmdb is what the LMDB backend needs, sqlite3 the example of a backend, raft the engine of the trait
# CRaft, rocksdb the store that walbench is compared with by the trait RocksDB,
# hashicorp Go and the engine of Integration/hashicorp. Without the first:
#   swift build --disable-default-traits
# With --check nothing is installed; the exit code says whether all of it is there.
set -euo pipefail

# A table: header (or the files that have to be there), Debian's package, Homebrew's package.
lookup() {
    case $1 in
    lmdb) header=lmdb.h debian=liblmdb-dev brew=lmdb ;;
    sqlite3) header=sqlite3.h debian=libsqlite3-dev brew=sqlite ;;
    rocksdb) header=rocksdb/c.h debian=librocksdb-dev brew=rocksdb ;;
    # It includes uv.h, too. Homebrew does not have it.
    raft) header=raft/uv.h debian="libraft-dev libuv1-dev" brew= ;;
    strace) header=/usr/bin/strace debian=strace brew= ;;
    hashicorp)
        header="/usr/bin/go /usr/share/gocode/src/github.com/hashicorp/raft/raft.go
            /usr/share/gocode/src/github.com/hashicorp/raft-boltdb/bolt_store.go"
        debian="golang-go golang-github-hashicorp-raft-dev golang-github-hashicorp-raft-boltdb-dev"
        brew=
        ;;
    *) echo "error: nobody needs '$1'" >&2 && exit 2 ;;
    esac
}

has_header() {
    local compiler prefix file
    if [[ $header == /* ]]; then
        for file in $header; do
            if [ ! -e "$file" ]; then return 1; fi
        done
        return 0
    fi
    for compiler in cc clang; do
        if command -v "$compiler" >/dev/null &&
            printf '#include <%s>\n' "$header" | "$compiler" -E -x c - >/dev/null 2>&1; then
            return 0
        fi
    done
    # Homebrew's headers are outside the compiler's search path; SwiftPM finds them by pkg-config.
    for prefix in /opt/homebrew /usr/local /usr; do
        if [ -e "$prefix/include/$header" ]; then return 0; fi
    done
    return 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "error: '$*' has to be run as root, and there is no sudo" >&2
        return 1
    fi
}

checks_only=
if [ "${1:-}" = --check ]; then
    checks_only=yes
    shift
fi
for library in "${@:-lmdb}"; do
    lookup "$library"
    if has_header; then continue; fi
    if [ -n "$checks_only" ]; then exit 1; fi
    if command -v apt-get >/dev/null; then
        echo "$header is missing: installing $debian" >&2
        export DEBIAN_FRONTEND=noninteractive
        as_root apt-get update -q >&2
        as_root apt-get install -q -y --no-install-recommends $debian >&2
    elif command -v brew >/dev/null && [ -n "$brew" ]; then
        echo "$header is missing: installing $brew" >&2
        command brew install "$brew" >&2
    else
        echo "error: $header is missing, and neither apt-get nor brew can install it here" >&2
        if [ "$library" = lmdb ]; then
            echo "Install LMDB's development package, or build without that backend:" >&2
            echo "    swift build --disable-default-traits" >&2
        fi
        exit 1
    fi
    if ! has_header; then
        echo "error: $header is still missing after installing it" >&2
        exit 1
    fi
done
