#!/usr/bin/env bash
# usage: cluster.sh PROGRAM [DIRECTORY] [BACKEND...]
#
# Runs three members until Ctrl-C, and starts each again that is killed, three seconds later. Member n
# has the n-th backend, or the last one.
set -euo pipefail
program=$1
directory=${2:-$(mktemp -d)}
shift "$(($# > 1 ? 2 : 1))"
backends=("${@:-segment}")
peers=1=127.0.0.1:9101,2=127.0.0.1:9102,3=127.0.0.1:9103

children=()
trap 'trap - INT TERM EXIT; kill "${children[@]}" 2>/dev/null || true; wait' INT TERM EXIT
member() {
    local id=$1 backend=$2 process
    trap 'kill "$process" 2>/dev/null || true; exit' TERM INT
    while true; do
        "$program" --id "$id" --peers "$peers" --dir "$directory/$id" --backend "$backend" &
        process=$!
        echo "member $id is process $process: kill -9 $process"
        wait "$process" || true
        echo "member $id died; it is started again in three seconds"
        sleep 3 &
        wait $!
    done
}
for id in 1 2 3; do
    last=$((${#backends[@]} - 1))
    member "$id" "${backends[$((id - 1 < last ? id - 1 : last))]}" &
    children+=($!)
done
echo "members keep what they know in $directory; the page: http://127.0.0.1:10101/"
wait
