#!/usr/bin/env bash
# usage: check-guide.sh SWIFT [SCRATCH-PATH]
#
# Does what the guide "Writing a backend" says, to the letter, in an empty directory outside the
# repository: writes its files, types its commands, and looks for what they are said to print. Only the
# path of this checkout, ../swift-raft-wal in the guide, is replaced by the real one.
#
# In the guide a line `<!-- file: PATH -->` stands before what the file holds, `<!-- run -->` before
# commands, and `<!-- prints -->` before lines that the last of them printed, in this order, others
# between them. Times, seeds and lines of the kit may differ. WRITE_GUIDE=1 shows instead what they printed.
set -euo pipefail
swift=$1
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# The same as the example's: what both need is built once.
scratch=${2:-$checkout/Examples/BrokenBackend/.build}
guide=$checkout/Sources/Conformance/Conformance.docc/WritingABackend.md

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/blocks" "$place/bin" "$place/work"

# Every block in a file of its own: NUMBER.KIND, whose first line is the argument. Files come first:
# those that the guide explains later belong to the package from the start.
awk -v directory="$place/blocks" '
    /^<!-- (file: .*|run|prints) -->$/ {
        kind = $2; sub(":", "", kind); argument = kind == "file" ? $3 : "-"
        armed = 1; next
    }
    armed && /^```/ {
        armed = 0; inside = 1
        name = sprintf("%s/%d%03d.%s", directory, kind != "file", ++count, kind)
        print argument > name; next
    }
    inside && /^```$/ { inside = 0; close(name); next }
    inside { print > name }
    { armed = 0 }' "$guide"

# `swift` as the guide types it, building where the example was built.
real=$(command -v "$swift")
cat >"$place/bin/swift" <<SCRIPT
#!/usr/bin/env bash
exec "$real" "\$1" --scratch-path "$scratch" "\${@:2}"
SCRIPT
chmod +x "$place/bin/swift"
export PATH="$place/bin:$PATH"

# Without what differs from run to run.
settled() { sed -E 's/[0-9]+\.[0-9]+ seconds/N seconds/; s/seed [0-9]+/seed N/; s/(\.swift):[0-9]+/\1:N/' "$1"; }
failures=0
for block in $(ls "$place/blocks" | sort); do
    body=$place/body
    tail -n +2 "$place/blocks/$block" | sed "s|\.\./swift-raft-wal|$checkout|g" >"$body"
    case $block in
    *.file)
        path=$place/work/my-backend/$(head -n 1 "$place/blocks/$block")
        mkdir -p "$(dirname "$path")"
        cp "$body" "$path"
        ;;
    *.run)
        cd "$place/work"
        if [ -e "$place/directory" ]; then cd "$(cat "$place/directory")"; fi
        echo "guide: $(tail -n 1 "$body")"
        # A command that finds violations fails: what it prints says so.
        bash -c "trap 'pwd >$place/directory' EXIT; . $body" >"$place/output" 2>"$place/errors" || true
        if grep -hE "^error: |: error: " "$place/errors" "$place/output" | grep -v fatalError >&2; then
            failures=$((failures + 1))
        fi
        ;;
    *.prints)
        if [ -n "${WRITE_GUIDE:-}" ]; then
            cat "$place/output"
            continue
        fi
        # Line by line, in this order, whatever else is printed.
        if ! awk 'NR == FNR { wanted[++count] = $0; next }
                  next_line < count && $0 == wanted[next_line + 1] { next_line++ }
                  END { if (next_line < count) {
                      print "not printed, or not there: " wanted[next_line + 1]; exit 1 } }' \
            <(settled "$body") <(settled "$place/output"); then
            echo "error: the guide says something else than this:" >&2
            cat "$place/output" "$place/errors" >&2
            failures=$((failures + 1))
        fi
        ;;
    esac
done
if [ "$failures" -eq 0 ]; then echo "the guide does what it says"; fi
exit "$((failures > 0))"
