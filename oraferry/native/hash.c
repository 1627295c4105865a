/*
 * PostgreSQL's hash_record_extended (seed 0), column by column, of values as they were fetched.
 * What a kernel does not know for certain it refuses: the caller then hashes that column by the
 * slow way.
 */

#include "numeric.h"

#define START (UINT32_C(0x9E3779B9) + 3923095)
#define NO_VALUE UINT64_C(0x9D39247E33776D41) /* as in canonical/rowhash.py */
#define IS_BLANK_PADDED 2                     /* flags of a text: its blanks at the end mean nothing */

static inline uint32_t rotated(uint32_t v, int by) { return v << by | v >> (32 - by); }

/* Bob Jenkins' lookup3. */
#define MIX(a, b, c)                                                                               \
    a -= c; a ^= rotated(c, 4);  c += b;                                                           \
    b -= a; b ^= rotated(a, 6);  a += c;                                                           \
    c -= b; c ^= rotated(b, 8);  b += a;                                                           \
    a -= c; a ^= rotated(c, 16); c += b;                                                           \
    b -= a; b ^= rotated(a, 19); a += c;                                                           \
    c -= b; c ^= rotated(b, 4);  b += a;

#define FINAL(a, b, c)                                                                             \
    c ^= b; c -= rotated(b, 14);                                                                   \
    a ^= c; a -= rotated(c, 11);                                                                   \
    b ^= a; b -= rotated(a, 25);                                                                   \
    c ^= b; c -= rotated(b, 16);                                                                   \
    a ^= c; a -= rotated(c, 4);                                                                    \
    b ^= a; b -= rotated(a, 14);                                                                   \
    c ^= b; c -= rotated(b, 24);

static inline uint64_t joined(uint32_t high, uint32_t low) { return (uint64_t)high << 32 | low; }

static inline uint64_t hash_word(uint32_t value) {
    uint32_t a = START + 4 + value, b = START + 4, c = START + 4;
    FINAL(a, b, c)
    return joined(b, c);
}

static inline uint64_t hash_integer(int64_t value) {
    uint32_t low = (uint32_t)value, high = (uint32_t)((uint64_t)value >> 32);
    return hash_word(low ^ (value >= 0 ? high : ~high));
}

static uint64_t hash_bytes(const uint8_t *data, int64_t size) {
    uint32_t a = START + (uint32_t)size, b = a, c = a;
    for (; size >= 12; data += 12, size -= 12) {
        a += load_32(data);
        b += load_32(data + 4);
        c += load_32(data + 8);
        MIX(a, b, c)
    }
    uint8_t rest[12] = {0};
    memcpy(rest, data, (size_t)size);
    a += load_32(rest);
    b += load_32(rest + 4);
    c += load_32(rest + 8) << 8; /* its lowest byte is the length's */
    FINAL(a, b, c)
    return joined(b, c);
}

static uint64_t hash_numeric(const numeric *number) {
    if (number->count == 0)
        return UINT64_MAX; /* the seed, less one */
    uint64_t found = hash_bytes((const uint8_t *)number->groups, 2 * (int64_t)number->count);
    return found ^ (uint64_t)(int64_t)number->weight;
}

/* Of the eight bytes that the server would send. */
static inline uint64_t hash_sent(uint64_t bits) {
    uint64_t turned = __builtin_bswap64(bits);
    return hash_bytes((const uint8_t *)&turned, 8);
}

static int64_t read_integer(const column *c, int64_t row) {
    const uint8_t *data = at(c, row, c->detail);
    switch (c->detail) {
    case 1: return (int8_t)*data;
    case 2: return (int16_t)load_16(data);
    case 4: return (int32_t)load_32(data);
    default: return (int64_t)load_64(data);
    }
}

/* Microseconds since 2000; wraps around as the slow way does. */
static inline int64_t read_moment(const column *c, int64_t row) {
    uint64_t ticks = load_64(at(c, row, 8)) * (uint64_t)c->factor;
    return (int64_t)(ticks - (uint64_t)MICROSECONDS_TO_2000);
}

static uint64_t hash_day(int64_t moment) {
    if (moment % MICROSECONDS_OF_DAY != 0)
        return NO_VALUE;
    return hash_integer(moment / MICROSECONDS_OF_DAY);
}

/* Within the limit of a short integer (factor), or of 64 bits (0). */
static inline uint64_t hash_whole(const column *c, int64_t row) {
    int64_t value = read_integer(c, row);
    if (c->factor == 0)
        return hash_sent((uint64_t)value);
    return value < -c->factor || value >= c->factor ? NO_VALUE : hash_integer(value);
}

/* A NaN is a NaN, whatever its bits. */
static uint64_t hash_float(const column *c, int64_t row) {
    int32_t from = c->detail >> 4, to = c->detail & 15;
    const uint8_t *data = at(c, row, from);
    float narrow = 0;
    double wide;
    uint32_t bits;
    memcpy(from == 4 ? (void *)&narrow : (void *)&wide, data, (size_t)from);
    if (from == 4)
        wide = (double)narrow;
    if (to == 8) {
        uint64_t wide_bits;
        memcpy(&wide_bits, &wide, 8);
        return hash_sent(wide != wide ? UINT64_C(0x7FF8000000000000) : wide_bits);
    }
    memcpy(&bits, &narrow, 4);
    bits = __builtin_bswap32(narrow != narrow ? UINT32_C(0x7FC00000) : bits);
    return hash_bytes((const uint8_t *)&bits, 4);
}

static inline bool hash_text(const column *c, int64_t row, bool is_wide, uint64_t *hash) {
    span value;
    if (!find_span(c, row, is_wide, &value))
        return false;
    if (c->factor & IS_BLANK_PADDED)
        while (value.size > 0 && value.data[value.size - 1] == ' ')
            value.size--;
    *hash = hash_bytes(value.data, value.size);
    return true;
}

static inline bool hash_value(const column *c, int64_t row, uint64_t *hash) {
    switch (c->kind) {
    case INTEGER: *hash = hash_whole(c, row); return true;
    case MOMENT: *hash = hash_sent((uint64_t)read_moment(c, row)); return true;
    case MOMENT_DAY: *hash = hash_day(read_moment(c, row)); return true;
    case BOOLEAN: *hash = hash_word(bit(c->data, c->offset + row)); return true;
    case FLOAT: *hash = hash_float(c, row); return true;
    case BLOCK: *hash = hash_bytes(at(c, row, c->detail), c->detail); return true;
    case BYTES_32: return hash_text(c, row, false, hash);
    case BYTES_64: return hash_text(c, row, true, hash);
    default: return false;
    }
}

/* *number* of the column's value: of a decimal, a number's text, or an integer. */
static inline bool read_numeric(const column *c, int64_t row, numeric *number) {
    span text;
    switch (c->kind) {
    case DECIMAL: return read_decimal(at(c, row, 16), c->detail, number);
    case NUMBER_32: return find_span(c, row, false, &text) && read_number(text, number);
    case NUMBER_64: return find_span(c, row, true, &text) && read_number(text, number);
    default: set_integer(read_integer(c, row), number); return true;
    }
}

static inline void add(uint64_t *total, uint64_t part) { *total = (*total << 5) - *total + part; }

/*
 * Go on with the rows' hashes by one column; NULL's hash is 0. *spare* has room for as many.
 * False where a value is refused: then the hashes are as they were.
 */
EXPORTED bool oraferry_hash(const column *c, int64_t rows, uint64_t *hashes, uint64_t *spare) {
    if (!is_within(c, rows))
        return false;
    for (int64_t row = 0; row < rows; row++) {
        spare[row] = 0;
        if (!is_null(c, row) && !hash_value(c, row, &spare[row]))
            return false;
    }
    for (int64_t row = 0; row < rows; row++)
        add(&hashes[row], spare[row]);
    return true;
}

/*
 * The same of numbers that are numerics in PostgreSQL: the value, whether it is below zero, and,
 * where the column could hold it (factor), whether it is NaN, which no number of Oracle's is.
 */
EXPORTED bool oraferry_hash_numeric(const column *c, int64_t rows, uint64_t *hashes,
                                    uint64_t *spare) {
    numeric number;
    uint64_t words[] = {hash_word(0), hash_word(1)};
    if (!is_within(c, rows))
        return false;
    for (int64_t row = 0; row < rows; row++) {
        uint64_t total = hashes[row];
        bool is_there = !is_null(c, row);
        if (is_there && (!read_numeric(c, row, &number) || number.sort != FINITE))
            return false;
        add(&total, is_there ? hash_numeric(&number) : 0);
        add(&total, is_there ? words[number.is_negative] : 0);
        if (c->factor)
            add(&total, is_there ? words[0] : 0);
        spare[row] = total;
    }
    memcpy(hashes, spare, (size_t)rows * 8);
    return true;
}
