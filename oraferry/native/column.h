/* One Arrow column as it is handed over: addresses of its buffers, and what is to be done with it. */

#ifndef ORAFERRY_COLUMN_H
#define ORAFERRY_COLUMN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* As in kinds.py. */
enum kind {
    FIXED = 1,     /* 2, 4 or 8 bytes (detail), turned round */
    BOOLEAN = 2,   /* bits */
    BYTES_32 = 3,  /* texts and bytes with offsets of 32 bits */
    BYTES_64 = 4,  /* the same with 64 */
    BLOCK = 5,     /* so many bytes as detail says, as they are */
    MOMENT = 6,    /* microseconds since 1970 */
    DAY = 7,       /* days since 1970 */
    INTERVAL = 8,  /* months, days, nanoseconds */
    DECIMAL = 9,   /* 128 bits, detail digits after the point */
    NUMBER_32 = 10, /* numbers as text */
    NUMBER_64 = 11,
    INTEGER = 12,  /* of detail bytes */
    MOMENT_DAY = 13, /* a moment that is to be a day */
    FLOAT = 14,    /* detail: its bytes, times 16, and those of the column it goes to */
};

typedef struct {
    int32_t kind;
    int32_t detail;
    int64_t factor;          /* microseconds of a unit, finest step, flags, a limit: by the kind */
    int64_t offset;          /* of the first row within the buffers */
    const uint8_t *validity; /* NULL: no value is missing */
    const void *offsets;
    const uint8_t *data;
    int64_t data_bytes;
} column;

typedef struct {
    const uint8_t *data;
    int64_t size;
} span;

#define EXPORTED __attribute__((visibility("default")))

#define MICROSECONDS_TO_2000 INT64_C(946684800000000)
#define DAYS_TO_2000 10957
#define MICROSECONDS_OF_DAY INT64_C(86400000000)

static inline bool bit(const uint8_t *bits, int64_t place) {
    return bits[place >> 3] >> (place & 7) & 1;
}

static inline bool is_null(const column *c, int64_t row) {
    return c->validity != NULL && !bit(c->validity, c->offset + row);
}

static inline uint16_t load_16(const uint8_t *p) { uint16_t v; memcpy(&v, p, 2); return v; }
static inline uint32_t load_32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return v; }
static inline uint64_t load_64(const uint8_t *p) { uint64_t v; memcpy(&v, p, 8); return v; }

static inline const uint8_t *at(const column *c, int64_t row, int64_t width) {
    return c->data + (c->offset + row) * width;
}

/* The value of a text or bytes; false where its offsets leave the buffer. */
static inline bool find_span(const column *c, int64_t row, bool is_wide, span *found) {
    int64_t start, end, place = c->offset + row;
    if (is_wide) {
        start = ((const int64_t *)c->offsets)[place];
        end = ((const int64_t *)c->offsets)[place + 1];
    } else {
        start = ((const int32_t *)c->offsets)[place];
        end = ((const int32_t *)c->offsets)[place + 1];
    }
    if (start < 0 || start > end || end > c->data_bytes)
        return false;
    found->data = c->data + start;
    found->size = end - start;
    return true;
}

/* True when all rows of the column lie within its buffer. */
static inline bool is_within(const column *c, int64_t rows) {
    int64_t last = c->offset + rows, width;
    switch (c->kind) {
    case BOOLEAN: return last <= c->data_bytes * 8;
    case BYTES_32: case BYTES_64: case NUMBER_32: case NUMBER_64: return true; /* by each value */
    case FIXED: case BLOCK: case INTEGER: width = c->detail; break;
    case FLOAT: width = c->detail >> 4; break;
    case DAY: width = 4; break;
    case INTERVAL: case DECIMAL: width = 16; break;
    default: width = 8;
    }
    return last <= c->data_bytes / width;
}

#endif
