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

#endif
