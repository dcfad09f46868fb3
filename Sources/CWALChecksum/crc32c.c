#include "CWALChecksum.h"

uint32_t wal_crc32c_update(uint32_t state, const void *bytes, size_t length) {
    const unsigned char *p = bytes;
    while (length--) {
        state ^= *p++;
        for (int bit = 0; bit < 8; bit++) state = (state >> 1) ^ (0x82F63B78u & -(state & 1));
    }
    return state;
}

uint32_t wal_crc32c(const void *bytes, size_t length) {
    return ~wal_crc32c_update(0xFFFFFFFFu, bytes, length);
}
