#!/usr/bin/env bash
# Usage: bench-against.sh WALBENCH REVISION|BINARY [OPTION...]
#
# Runs the walbench of another revision, or a saved one, and this one alternately
# (`walbench against --help`). A revision is built in a temporary worktree, which is removed.
set -euo pipefail

swift=${SWIFT:-swift}
walbench=$1
old=$2
shift 2

if [ ! -f "$old" ]; then
    revision=$(git rev-parse --verify --quiet "$old^{commit}") || {
        echo "error: $old is neither a program nor a revision" >&2
        exit 2
    }
    directory=$(mktemp -d)
    remove() {
        git worktree remove --force "$directory/tree" 2>/dev/null || true
        rm -rf "$directory"
        git worktree prune
    }
    trap remove EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    git worktree add --quiet --detach "$directory/tree" "$revision"
    options=(-c release --package-path "$directory/tree/Benchmarks")
    echo "building walbench of $(git log -1 --format='%h (%s)' "$revision")" >&2
    $swift build "${options[@]}" --product walbench >"$directory/log" 2>&1 || {
        cat "$directory/log" >&2
        exit 1
    }
    cp "$($swift build "${options[@]}" --show-bin-path)/walbench" "$directory/walbench"
    rm -rf "$directory/tree/Benchmarks/.build"
    old=$directory/walbench
fi

"$walbench" against "$old" "$@"
