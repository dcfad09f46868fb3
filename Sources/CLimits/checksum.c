#include "checksum.h"
#include "CLimits.h"

uint32_t limit_tables[8][256];

void limit_fill_tables(void) {
    if (limit_tables[0][1] != 0) return;
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t state = i;
        for (int bit = 0; bit < 8; bit++) {
            state = state >> 1 ^ ((state & 1) ? 0x82F63B78u : 0);
        }
        limit_tables[0][i] = state;
    }
    for (uint32_t i = 0; i < 256; i++) {
        for (int table = 1; table < 8; table++) {
            uint32_t before = limit_tables[table - 1][i];
            limit_tables[table][i] = before >> 8 ^ limit_tables[0][before & 255];
        }
    }
}

#if LIMIT_HARDWARE
LIMIT_TARGET static uint32_t update_hardware(uint32_t state, const uint8_t *bytes, size_t length) {
    return limit_update_hardware(state, bytes, length);
}
#endif

uint32_t limit_crc32c(const void *bytes, size_t length) {
#if LIMIT_HARDWARE
    if (limit_has_hardware()) return ~update_hardware(0xFFFFFFFFu, bytes, length);
#endif
    limit_fill_tables();
    return ~limit_update_portable(0xFFFFFFFFu, bytes, length);
}
