// System calls that Swift's C library modules do not declare.
#ifndef CWALDISK_H
#define CWALDISK_H

#include <stdint.h>

// Starts to write a range of a file to the device: `sync_file_range(2)`, which does not wait; on
// Darwin `fsync(2)`, which hands the file to the drive without flushing its cache; nothing where
// there is neither.
//
// Returns 0, or the errno of the system call: it may be the only one that hears of an error.
int wal_start_writing(int descriptor, int64_t offset, int64_t byte_count);

// Makes a file that shares its blocks with an open one until either is written: `FICLONE`
// (`ioctl_ficlone(2)`) on Linux, `fclonefileat(2)` on Darwin. The file must not exist yet.
//
// Returns 0, or the errno of the system call; then there is no file.
int wal_clone_file(int descriptor, const char *path);

#endif
