#!/usr/bin/env bash
# Opens a report in headless Chromium, if there is one: no message on the console, nothing wider
# than the window at 360 and 1440 pixels, by day and by night.
#
#   scripts/check-report.sh REPORT.html [DIRECTORY FOR SCREENSHOTS]
#
# No target of the Makefile needs this: the tests check the page without a browser.
set -euo pipefail

report=$(realpath "${1:?usage: check-report.sh REPORT.html [DIRECTORY]}")
shots=${2:-}
browser=
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then browser=$name && break; fi
done
if [ -z "$browser" ]; then
    echo "skipped: there is no Chromium to open $report in"
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# The page in a frame of some width, measured by the page around it.
frame() { # WIDTH HEIGHT WHETHER THE TABLES ARE OPEN
    cat <<EOF
<!DOCTYPE html><html><head><meta charset="utf-8"/><style>body,iframe{margin:0;border:0;display:block}
</style></head><body><iframe id="f" width="$1" height="$2" src="file://$report"></iframe><script>
document.getElementById('f').onload = function () {
  var d = this.contentDocument, height = d.documentElement.scrollHeight, wide = [];
  d.querySelectorAll('details').forEach(function (e) { e.open = $3; });
  var w = d.documentElement.scrollWidth;
  d.querySelectorAll('body *').forEach(function (e) {
    var box = e.getBoundingClientRect();
    if (box.right > $1 + 0.5 && box.width > 0 && !e.closest('.scroll, pre, .skip'))
      wide.push(e.tagName + '.' + (e.getAttribute('class') || '') + ' ' + Math.round(box.right));
  });
  document.body.setAttribute('data-result',
    'width ' + w + ' of $1, height ' + height
    + ', beyond the edge: ' + (wide.slice(0, 5).join('; ') || 'nothing'));
};
</script></body></html>
EOF
}

run() { # BROWSER'S OPTIONS...
    timeout 60 "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars \
        --allow-file-access-from-files --user-data-dir="$work/profile" \
        --enable-logging=stderr --v=0 "$@" 2>"$work/log"
}

for width in 360 1440; do
    frame "$width" 1000 true >"$work/frame.html"
    dom=$(run --virtual-time-budget=4000 --window-size="$width,1000" --dump-dom \
        "file://$work/frame.html")
    result=$(grep -o 'data-result="[^"]*"' <<<"$dom" | cut -d'"' -f2) || result="not measured"
    echo "$width px: $result"
    if [[ $result != "width $width of $width,"*"beyond the edge: nothing" ]]; then
        failures=$((failures + 1))
    fi
    if grep -E 'CONSOLE' "$work/log"; then failures=$((failures + 1)); fi
    height=$(sed -n 's/.*height \([0-9]*\),.*/\1/p' <<<"$result")
    if [ -n "$shots" ]; then
        mkdir -p "$shots"
        frame "$width" "${height:-4000}" "${OPEN:-false}" >"$work/frame.html"
        for theme in light:1 dark:0; do
            run --blink-settings=preferredColorScheme="${theme#*:}" \
                --window-size="$width,${height:-4000}" \
                --screenshot="$shots/$width-${theme%:*}.png" "file://$work/frame.html" >/dev/null
        done
    fi
done
if [ -n "$shots" ]; then
    run --no-pdf-header-footer --print-to-pdf="$shots/print.pdf" "file://$report" >/dev/null
fi

if [ "$failures" -gt 0 ]; then
    echo "error: $failures check(s) failed in $browser" >&2
    exit 1
fi
