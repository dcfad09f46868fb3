#!/usr/bin/env bash
# usage: [RAFTWAL_BACKEND=segment|lmdb|mixed] run-cluster.sh [ROUNDS]
#
# Three processes of hashicorp/raft over RaftWAL on this machine: killed in turn (SIGKILL, leader and
# follower) under load; a snapshot install and a conflict are forced; in the end all are killed and started
# again. Fails if an acknowledged value is lost or applied twice, or if the nodes differ.
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
gopath "$scratch"
cp -r "$root/Integration/hashicorp/cluster" "$scratch/src/"
go vet cluster
go build -o "$scratch/cluster" cluster
TMPDIR=$scratch timeout -k 5 600 "$scratch/cluster" drive -rounds "${1:-20}" -backend "${RAFTWAL_BACKEND:-segment}"
