// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), the checksum of iSCSI (RFC 3720 B.4).
//
// The fastest implementation that the processor has is found at the first call. Every function may
// be called from any thread.
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

// The register after the 24 bytes of three little-endian words and then a payload: one record in
// one call, its header never in memory.
uint32_t wal_crc32c_record(uint32_t seed, uint64_t word0, uint64_t word1, uint64_t word2,
                           const void *payload, size_t length);

// For tests and diagnostics: the implementations, numbered from 0, the preferred ones last. The
// others are chosen by the processor; these functions reach each of them.

// How many implementations this build contains, supported here or not.
int wal_crc32c_implementation_count(void);

// The name of an implementation; null if there is none of that number.
const char *wal_crc32c_implementation_name(int implementation);

// Whether this processor can run an implementation: 1 or 0.
int wal_crc32c_implementation_supported(int implementation);

// As `wal_crc32c_update`, by an implementation that has to be supported.
uint32_t wal_crc32c_update_with(int implementation, uint32_t state, const void *bytes,
                                size_t length);

// As `wal_crc32c_record`, by an implementation that has to be supported.
uint32_t wal_crc32c_record_with(int implementation, uint32_t seed, uint64_t word0, uint64_t word1,
                                uint64_t word2, const void *payload, size_t length);

#endif
