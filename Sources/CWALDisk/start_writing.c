// Declares `sync_file_range` in glibc and musl.
#define _GNU_SOURCE
#include "CWALDisk.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int wal_start_writing(int descriptor, int64_t offset, int64_t byte_count) {
#if defined(__linux__)
    int result = sync_file_range(descriptor, offset, byte_count, SYNC_FILE_RANGE_WRITE);
    // Some sandboxes do not know it.
    if (result != 0 && errno == ENOSYS) result = 0;
#elif defined(__APPLE__)
    (void)offset;
    (void)byte_count;
    int result = fsync(descriptor);
#else
    (void)descriptor;
    (void)offset;
    (void)byte_count;
    int result = 0;
#endif
    return result == 0 ? 0 : errno;
}
