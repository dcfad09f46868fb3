#!/usr/bin/env bash
# Installs liblmdb's header and library if they are missing; does nothing if they are there.
#
# Only the LMDB backend needs them. Without it:
#   swift build --disable-default-traits
set -euo pipefail

has_lmdb() {
    local compiler prefix
    for compiler in cc clang; do
        if command -v "$compiler" >/dev/null &&
            printf '#include <lmdb.h>\n' | "$compiler" -E -x c - >/dev/null 2>&1; then
            return 0
        fi
    done
    # Homebrew's headers are outside the compiler's search path; SwiftPM finds them by lmdb.pc.
    for prefix in /opt/homebrew /usr/local /usr; do
        if [ -e "$prefix/include/lmdb.h" ]; then return 0; fi
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

if has_lmdb; then exit 0; fi

if command -v apt-get >/dev/null; then
    echo "lmdb.h is missing: installing liblmdb-dev" >&2
    export DEBIAN_FRONTEND=noninteractive
    as_root apt-get update -q >&2
    as_root apt-get install -q -y --no-install-recommends liblmdb-dev >&2
elif command -v brew >/dev/null; then
    echo "lmdb.h is missing: installing lmdb" >&2
    brew install lmdb >&2
else
    echo "error: lmdb.h is missing, and neither apt-get nor brew is here to install it" >&2
    echo "Install LMDB's development package, or build without that backend:" >&2
    echo "    swift build --disable-default-traits" >&2
    exit 1
fi

if ! has_lmdb; then
    echo "error: lmdb.h is still missing after installing it" >&2
    exit 1
fi
