#!/usr/bin/env bash
# usage: check-snippets.sh DIRECTORY-OF-BINARIES
#
# Runs every snippet that the build made of Snippets/, and compares the code in README.md with
# the snippet it names: what the documentation shows compiles, runs, and is what it shows.
set -euo pipefail
binaries=$(cd "$1" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0

for source in Snippets/*.swift; do
    if [ ! -e "$source" ]; then continue; fi
    name=$(basename "$source" .swift)
    mkdir "$scratch/$name"
    if (cd "$scratch/$name" && "$binaries/$name" >output 2>&1); then
        echo "snippet $name ran"
    else
        echo "error: snippet $name failed:" >&2
        cat "$scratch/$name/output" >&2
        failures=$((failures + 1))
    fi
done

# In README.md a line `<!-- Snippets/NAME.swift -->` stands right before the code it is about.
# `// snippet.hide` … `// snippet.show` brackets what the reader does not need.
shown() {
    awk '/^\/\/ snippet\.hide/ { hidden = 1; next }
         /^\/\/ snippet\.show/ { hidden = 0; next }
         !hidden' "$1"
}
printed() {
    awk -v marker="<!-- $1 -->" '
        $0 == marker { armed = 1; next }
        armed && /^```swift$/ { inside = 1; next }
        inside && /^```$/ { exit }
        inside' README.md
}

if [ -e README.md ]; then
    for source in $(sed -n 's/^<!-- \(Snippets\/[A-Za-z]*\.swift\) -->$/\1/p' README.md); do
        if diff -u --label "README.md" --label "$source" <(printed "$source") <(shown "$source"); then
            echo "README.md shows $source"
        else
            echo "error: README.md and $source differ" >&2
            failures=$((failures + 1))
        fi
    done
fi

exit "$((failures > 0))"
