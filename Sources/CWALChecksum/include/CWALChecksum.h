// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), the checksum of iSCSI (RFC 3720 B.4).
#ifndef CWALCHECKSUM_H
#define CWALCHECKSUM_H

#include <stddef.h>
#include <stdint.h>

// Continues a checksum over `length` bytes. The state is the raw register: no inversion at either
// end, so that `wal_crc32c_update(wal_crc32c_update(s, a), b)` is the register after `a` and `b`.
// The conventional checksum of a buffer is `~wal_crc32c_update(0xFFFFFFFF, buffer, length)`.
uint32_t wal_crc32c_update(uint32_t state, const void *bytes, size_t length);

// The conventional CRC-32C of a buffer: what other tools print.
uint32_t wal_crc32c(const void *bytes, size_t length);

#endif
