// Slice-by-8: eight table look-ups per word, on any processor.
#include "crc32c_implementations.h"

// The tables are linear: an entry is the sum (exclusive or) of the entries of its number's bits. So
// eight numbers define a table: what a byte with one bit is worth, `slice` bytes further on.
#define BIT(n, b, value) ((n) >> (b) & 1 ? (value) : 0u)
#define ENTRY(n, b0, b1, b2, b3, b4, b5, b6, b7)                                                 \
    (BIT(n, 0, b0) ^ BIT(n, 1, b1) ^ BIT(n, 2, b2) ^ BIT(n, 3, b3) ^ BIT(n, 4, b4) ^             \
     BIT(n, 5, b5) ^ BIT(n, 6, b6) ^ BIT(n, 7, b7))
#define ROW4(n, ...)                                                                             \
    ENTRY(n, __VA_ARGS__), ENTRY(n + 1, __VA_ARGS__), ENTRY(n + 2, __VA_ARGS__),                 \
        ENTRY(n + 3, __VA_ARGS__)
#define ROW16(n, ...)                                                                            \
    ROW4(n, __VA_ARGS__), ROW4(n + 4, __VA_ARGS__), ROW4(n + 8, __VA_ARGS__),                    \
        ROW4(n + 12, __VA_ARGS__)
#define ROW64(n, ...)                                                                            \
    ROW16(n, __VA_ARGS__), ROW16(n + 16, __VA_ARGS__), ROW16(n + 32, __VA_ARGS__),               \
        ROW16(n + 48, __VA_ARGS__)
#define TABLE(...)                                                                               \
    {ROW64(0, __VA_ARGS__), ROW64(64, __VA_ARGS__), ROW64(128, __VA_ARGS__),                     \
     ROW64(192, __VA_ARGS__)}

static const uint32_t slices[8][256] = {
    TABLE(0xF26B8303, 0xE13B70F7, 0xC79A971F, 0x8AD958CF, 0x105EC76F,
          0x20BD8EDE, 0x417B1DBC, 0x82F63B78),
    TABLE(0x13A29877, 0x274530EE, 0x4E8A61DC, 0x9D14C3B8, 0x3FC5F181,
          0x7F8BE302, 0xFF17C604, 0xFBC3FAF9),
    TABLE(0xA541927E, 0x4F6F520D, 0x9EDEA41A, 0x38513EC5, 0x70A27D8A,
          0xE144FB14, 0xC76580D9, 0x8B277743),
    TABLE(0xDD45AAB8, 0xBF672381, 0x7B2231F3, 0xF64463E6, 0xE964B13D,
          0xD725148B, 0xABA65FE7, 0x52A0C93F),
    TABLE(0x38116FAC, 0x7022DF58, 0xE045BEB0, 0xC5670B91, 0x8F2261D3,
          0x1BA8B557, 0x37516AAE, 0x6EA2D55C),
    TABLE(0xEF306B19, 0xDB8CA0C3, 0xB2F53777, 0x6006181F, 0xC00C303E,
          0x85F4168D, 0x0E045BEB, 0x1C08B7D6),
    TABLE(0x68032CC8, 0xD0065990, 0xA5E0C5D1, 0x4E2DFD53, 0x9C5BFAA6,
          0x3D5B83BD, 0x7AB7077A, 0xF56E0EF4),
    TABLE(0x493C7D27, 0x9278FA4E, 0x211D826D, 0x423B04DA, 0x847609B4,
          0x0D006599, 0x1A00CB32, 0x34019664),
};

static inline uint32_t step_byte(uint32_t state, unsigned char byte) {
    return state >> 8 ^ slices[0][(state ^ byte) & 0xFF];
}

static inline uint32_t step_word(uint32_t state, uint64_t word) {
    word ^= state;
    uint32_t next = 0;
    for (int byte = 0; byte < 8; byte++) next ^= slices[7 - byte][word >> 8 * byte & 0xFF];
    return next;
}

uint32_t wal_crc32c_slices_update(uint32_t state, const void *bytes, size_t length) {
    const unsigned char *next = bytes;
    for (; length >= 8; length -= 8, next += 8) state = step_word(state, wal_load_word(next));
    for (; length > 0; length--) state = step_byte(state, *next++);
    return state;
}

uint32_t wal_crc32c_slices_record(uint32_t seed, uint64_t word0, uint64_t word1, uint64_t word2,
                                  const void *payload, size_t length) {
    uint32_t state = step_word(step_word(step_word(seed, word0), word1), word2);
    return wal_crc32c_slices_update(state, payload, length);
}
