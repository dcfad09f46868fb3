# Sourced by the scripts beside it: Go as Debian packages it, without modules and without a network.
#
# Sets $root, $library (made if it is not there) and what cgo needs to find it; gopath DIRECTORY makes a
# temporary GOPATH in which this adapter can be imported.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
packages=/usr/share/gocode
library=${RAFT_WAL_LIBRARY:-$root/.build-c/raft_wal}
if [ ! -e "$library/lib/libraft_wal.so" ]; then
    "$root/scripts/build-c-library.sh" ${RAFTWAL_BACKEND:+"--$RAFTWAL_BACKEND"}
fi
export GO111MODULE=off GOFLAGS=
export CGO_ENABLED=1 CGO_CFLAGS="-O2 -I$library/include" CGO_LDFLAGS="-L$library/lib -Wl,-rpath,$library/lib"
export SWIFT_BACKTRACE=enable=no

# The adapter is copied: Go does not follow links to packages.
gopath() {
    mkdir -p "$1/src/raftwal"
    cp "$root"/Integration/hashicorp/raftwal/*.go "$1/src/raftwal/"
    export GOPATH="$1:$packages" GOCACHE="${GOCACHE:-$root/.build-c/go}"
}
