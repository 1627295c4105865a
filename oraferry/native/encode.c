/*
 * Rows in PostgreSQL's binary COPY form. What a kernel does not know for certain it refuses:
 * the caller then encodes that column by the slow way, which also knows what to say.
 */

#include "numeric.h"

enum status { DONE = 0, FULL = 1, REFUSED = 2, LARGE = 3 };

typedef struct {
    int64_t row;    /* where to go on */
    int32_t column; /* -1: the row is not begun */
    int32_t status;
} place;

#define LARGE_BYTES (64 * 1024) /* a larger value is sent from where it is */
#define LIMIT_BYTES (INT64_C(1) << 30)
#define MIN_MICROSECONDS INT64_C(-211813488000000000)
#define MIN_DAYS (-2451545)
#define MAX_DAYS 2145031948
#define HAS_HEAD 1 /* flags of a text; its head stands in detail */

static inline uint8_t *put_16(uint8_t *p, uint16_t v) {
    v = __builtin_bswap16(v);
    memcpy(p, &v, 2);
    return p + 2;
}

static inline uint8_t *put_32(uint8_t *p, uint32_t v) {
    v = __builtin_bswap32(v);
    memcpy(p, &v, 4);
    return p + 4;
}

static inline uint8_t *put_64(uint8_t *p, uint64_t v) {
    v = __builtin_bswap64(v);
    memcpy(p, &v, 8);
    return p + 8;
}

typedef struct {
    uint8_t *p, *end;
} output;

static inline bool has_room(const output *out, int64_t size) { return out->end - out->p >= size; }

static enum status put_fixed(const column *c, int64_t row, output *out) {
    if (!has_room(out, 4 + c->detail))
        return FULL;
    const uint8_t *data = at(c, row, c->detail);
    out->p = put_32(out->p, (uint32_t)c->detail);
    switch (c->detail) {
    case 2: out->p = put_16(out->p, load_16(data)); return DONE;
    case 4: out->p = put_32(out->p, load_32(data)); return DONE;
    default: out->p = put_64(out->p, load_64(data)); return DONE;
    }
}

static enum status put_boolean(const column *c, int64_t row, output *out) {
    if (!has_room(out, 5))
        return FULL;
    out->p = put_32(out->p, 1);
    *out->p++ = bit(c->data, c->offset + row);
    return DONE;
}

static enum status put_block(const column *c, int64_t row, output *out) {
    if (!has_room(out, 4 + c->detail))
        return FULL;
    out->p = put_32(out->p, (uint32_t)c->detail);
    memcpy(out->p, at(c, row, c->detail), (size_t)c->detail);
    out->p += c->detail;
    return DONE;
}

static inline enum status put_bytes(const column *c, int64_t row, bool is_wide, output *out) {
    span value;
    int64_t head = c->factor & HAS_HEAD;
    if (!find_span(c, row, is_wide, &value) || value.size + head >= LIMIT_BYTES)
        return REFUSED;
    bool is_large = value.size > LARGE_BYTES;
    if (!has_room(out, 4 + head + (is_large ? 0 : value.size)))
        return FULL;
    out->p = put_32(out->p, (uint32_t)(value.size + head));
    if (head)
        *out->p++ = (uint8_t)c->detail;
    if (is_large)
        return LARGE;
    memcpy(out->p, value.data, (size_t)value.size);
    out->p += value.size;
    return DONE;
}

static enum status put_moment(const column *c, int64_t row, output *out) {
    int64_t value = (int64_t)load_64(at(c, row, 8));
    if (value != INT64_MAX) { /* the largest number is infinity */
        if (value < MIN_MICROSECONDS + MICROSECONDS_TO_2000)
            return REFUSED;
        value -= MICROSECONDS_TO_2000;
        if (c->factor > 1 && (c->factor == 1000000 ? value % 1000000 : value % c->factor) != 0)
            return REFUSED;
    }
    if (!has_room(out, 12))
        return FULL;
    out->p = put_64(put_32(out->p, 8), (uint64_t)value);
    return DONE;
}

static enum status put_day(const column *c, int64_t row, output *out) {
    int64_t value = (int32_t)load_32(at(c, row, 4));
    if (value != INT32_MAX) {
        value -= DAYS_TO_2000;
        if (value < MIN_DAYS || value >= MAX_DAYS)
            return REFUSED;
    }
    if (!has_room(out, 8))
        return FULL;
    out->p = put_32(put_32(out->p, 4), (uint32_t)(int32_t)value);
    return DONE;
}

static enum status put_interval(const column *c, int64_t row, output *out) {
    const uint8_t *data = at(c, row, 16);
    int64_t nanoseconds = (int64_t)load_64(data + 8);
    if (nanoseconds % 1000 != 0)
        return REFUSED;
    if (!has_room(out, 20))
        return FULL;
    out->p = put_64(put_32(out->p, 16), (uint64_t)(nanoseconds / 1000));
    out->p = put_32(put_32(out->p, load_32(data + 4)), load_32(data));
    return DONE;
}

static enum status put_numeric(const numeric *number, output *out) {
    static const uint16_t signs[] = {0, 0xD000, 0xF000, 0xC000};
    int64_t size = 8 + 2 * (int64_t)number->count;
    if (!has_room(out, 4 + size))
        return FULL;
    uint16_t sign = number->is_negative ? 0x4000 : signs[number->sort];
    out->p = put_32(out->p, (uint32_t)size);
    out->p = put_16(put_16(out->p, (uint16_t)number->count), (uint16_t)number->weight);
    out->p = put_16(put_16(out->p, sign), (uint16_t)number->scale);
    for (int32_t i = 0; i < number->count; i++)
        out->p = put_16(out->p, (uint16_t)number->groups[i]);
    return DONE;
}

static enum status put_decimal(const column *c, int64_t row, output *out) {
    numeric number;
    if (!read_decimal(at(c, row, 16), c->detail, &number))
        return REFUSED;
    return put_numeric(&number, out);
}

static enum status put_number(const column *c, int64_t row, bool is_wide, output *out) {
    numeric number;
    span text;
    if (!find_span(c, row, is_wide, &text) || !read_number(text, &number))
        return REFUSED;
    return put_numeric(&number, out);
}

static inline enum status put_value(const column *c, int64_t row, output *out) {
    if (is_null(c, row)) {
        if (!has_room(out, 4))
            return FULL;
        out->p = put_32(out->p, UINT32_MAX);
        return DONE;
    }
    switch (c->kind) {
    case FIXED: return put_fixed(c, row, out);
    case BOOLEAN: return put_boolean(c, row, out);
    case BYTES_32: return put_bytes(c, row, false, out);
    case BYTES_64: return put_bytes(c, row, true, out);
    case BLOCK: return put_block(c, row, out);
    case MOMENT: return put_moment(c, row, out);
    case DAY: return put_day(c, row, out);
    case INTERVAL: return put_interval(c, row, out);
    case DECIMAL: return put_decimal(c, row, out);
    case NUMBER_32: return put_number(c, row, false, out);
    case NUMBER_64: return put_number(c, row, true, out);
    default: return REFUSED;
    }
}

/*
 * Write rows from *at_ on, until all are written, *capacity* bytes are full, a value is refused,
 * or one is large: its length is written then, and the caller sends the value itself and goes
 * on with the column after it. Returns how many bytes were written; *at_ says why and where it
 * stopped.
 */
EXPORTED int64_t oraferry_encode(const column *columns, int32_t count, int64_t rows, uint8_t *buffer,
                        int64_t capacity, place *at_) {
    output out = {buffer, buffer + capacity};
    int64_t row = at_->row;
    int32_t number = at_->column;
    enum status status = DONE;
    for (int32_t i = 0; i < count; i++) {
        if (!is_within(&columns[i], rows)) {
            *at_ = (place){row, i, REFUSED};
            return 0;
        }
    }
    for (; row < rows; row++, number = -1) {
        if (number < 0) {
            if (!has_room(&out, 2)) {
                status = FULL;
                break;
            }
            out.p = put_16(out.p, (uint16_t)count);
            number = 0;
        }
        for (; number < count; number++)
            if ((status = put_value(&columns[number], row, &out)) != DONE)
                goto stopped;
    }
stopped:
    *at_ = (place){row, number, status};
    return out.p - buffer;
}
