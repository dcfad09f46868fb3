#!/usr/bin/env bash
# usage: build-c-library.sh [--lmdb] [DIRECTORY]
#
# Makes libraries of RaftWALC that a machine without Swift can use: everything of Swift is inside, what is
# left is glibc. Nothing but the functions of raft_wal.h can be seen from outside. DIRECTORY, by default
# .build-c/raft_wal, gets
#
#   include/raft_wal.h
#   lib/libraft_wal.so      and libraft_wal.so.1, its name at run time
#   lib/libraft_wal.a       for: cc program.c libraft_wal.a -lm -pthread
#   lib/pkgconfig/raft_wal.pc
#
# With --lmdb that backend is built in, too, and liblmdb is needed beside glibc (-llmdb after the static
# library): Debian's archive of it cannot go into another library. Linux only. A program that holds Swift code of its own takes
# the package, or the dynamic library: the static one brings a Swift runtime that there can be only once.
set -euo pipefail

swift=${SWIFT:-swift}
traits=(--disable-default-traits)
private="-lm -pthread"
if [ "${1:-}" = --lmdb ]; then
    shift
    traits=(--traits LMDB)
    private="-llmdb $private"
fi
if [ "$(uname)" != Linux ]; then
    echo "error: this links as Linux does; on other systems build the product RaftWALC" >&2
    exit 1
fi
mkdir -p "${1:-.build-c/raft_wal}"
target=$(cd "${1:-.build-c/raft_wal}" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/.."
header=Sources/CRaftWAL/include/raft_wal.h
version=$(sed -n 's/^#define RAFT_WAL_ABI_VERSION \([0-9]*\)$/\1/p' "$header")

build=("$swift" build -c release --product RaftWALCStatic --scratch-path .build-c "${traits[@]}")
"${build[@]}"
archive=$("${build[@]}" --show-bin-path)/libRaftWALCStatic.a

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$target/include" "$target/lib/pkgconfig" "$scratch/static"

# One object, because names of members repeat.
ld -r --whole-archive "$archive" -o "$scratch/all.o"
nm -g --defined-only "$scratch/all.o" | awk '$3 ~ /^raft_wal_/ { print $3 }' >"$scratch/names"
{
    echo '{ global:'
    sed 's/$/;/' "$scratch/names"
    echo 'local: *; };'
} >"$scratch/exports"

# Where only the archive is found, the archive is linked.
ln -s "$(cc -print-file-name=libstdc++.a)" "$scratch/static/"
swiftc=$(dirname "$(command -v "$swift")")/swiftc
"$swiftc" -emit-library -static-stdlib -use-ld=lld -L "$scratch/static" "$scratch/all.o" \
    -o "$target/lib/libraft_wal.so.$version" \
    -Xclang-linker -static-libgcc -Xlinker -soname="libraft_wal.so.$version" \
    -Xlinker --version-script="$scratch/exports" -Xlinker --exclude-libs=ALL \
    -Xlinker --gc-sections -Xlinker -O2 -Xlinker -s
ln -sf "libraft_wal.so.$version" "$target/lib/libraft_wal.so"

# The same for the static one, as far as that goes: one object with what it needs of the runtime, in which
# nothing but the functions has a name that another object could meet.
runtime=$(dirname "$(find "$("$swiftc" -print-target-info |
    sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')_static" -name libswiftCore.a)")
start=$(find "$runtime" -name swiftrt.o)
libraries=$(find "$runtime" -name '*.a' ! -name '*Foundation*' ! -name '*XMLInterface*' \
    ! -name '*URLSession*')
# shellcheck disable=SC2046,SC2086 # lists of words, without spaces in them
ld -r --force-group-allocation --gc-sections $(sed 's/^/-u /' "$scratch/names") \
    "$scratch/all.o" "$start" --start-group $libraries "$scratch"/static/*.a --end-group \
    -o "$scratch/raft_wal.o"
"$(dirname "$swiftc")/llvm-objcopy" --keep-global-symbols="$scratch/names" --strip-debug "$scratch/raft_wal.o"
rm -f "$target/lib/libraft_wal.a"
ar rcs "$target/lib/libraft_wal.a" "$scratch/raft_wal.o"

cp "$header" "$target/include/"
cat >"$target/lib/pkgconfig/raft_wal.pc" <<PC
prefix=\${pcfiledir}/../..
Name: raft_wal
Description: Durable log storage for Raft
Version: $version
Cflags: -I\${prefix}/include
Libs: -L\${prefix}/lib -lraft_wal
Libs.private: $private
PC

for library in "$target/lib/libraft_wal.so" "$target/lib/libraft_wal.a"; do
    echo "$library: $(stat -L -c %s "$library") bytes"
done
