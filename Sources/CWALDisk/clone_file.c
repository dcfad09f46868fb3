#define _GNU_SOURCE
#include "CWALDisk.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/ioctl.h>
// FICLONE of <linux/fs.h>, whose other names collide with those of the C library.
#define WAL_FICLONE _IOW(0x94, 9, int)
#elif defined(__APPLE__)
#include <sys/attr.h>
#include <sys/clonefile.h>
#endif

int wal_clone_file(int descriptor, const char *path) {
#if defined(__linux__)
    int target = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (target < 0) return errno;
    int error = ioctl(target, WAL_FICLONE, descriptor) == 0 ? 0 : errno;
    close(target);
    if (error != 0) unlink(path);
    return error;
#elif defined(__APPLE__)
    return fclonefileat(descriptor, AT_FDCWD, path, 0) == 0 ? 0 : errno;
#else
    (void)descriptor;
    (void)path;
    return ENOTSUP;
#endif
}
