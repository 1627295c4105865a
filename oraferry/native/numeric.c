/* Numbers to the base 10,000, as PostgreSQL keeps and hashes them. */

#include "numeric.h"

static const uint64_t POWERS[] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, UINT64_C(10000000000),
    UINT64_C(100000000000), UINT64_C(1000000000000), UINT64_C(10000000000000),
    UINT64_C(100000000000000), UINT64_C(1000000000000000), UINT64_C(10000000000000000),
};

static void set_zero(numeric *out, int32_t scale) {
    out->sort = FINITE;
    out->is_negative = false;
    out->count = out->weight = 0;
    out->scale = scale;
}

/* *whole* before the point, *fraction* after it in *places* groups. */
static void set_parts(uint64_t whole, uint64_t fraction, int32_t places, numeric *out) {
    int16_t groups[12]; /* five before the point, four after it */
    int32_t point = 5, last = point + places;
    for (int32_t i = last - 1; i >= point; i--) {
        groups[i] = (int16_t)(fraction % 10000);
        fraction /= 10000;
    }
    int32_t first = point;
    for (; whole != 0; whole /= 10000)
        groups[--first] = (int16_t)(whole % 10000);
    while (first < last && groups[first] == 0)
        first++;
    while (last > first && groups[last - 1] == 0)
        last--;
    out->count = last - first;
    out->weight = out->count ? point - 1 - first : 0;
    if (out->count == 0)
        out->is_negative = false;
    memcpy(out->groups, groups + first, (size_t)out->count * 2);
}

void set_integer(int64_t value, numeric *out) {
    out->sort = FINITE;
    out->is_negative = value < 0;
    out->scale = 0;
    set_parts(value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 0, 0, out);
}

/* *count* digits (0 to 9), *point* of them before the point, which may lie outside. */
static bool set_digits(const uint8_t *digits, int32_t count, int64_t point, numeric *out) {
    while (count > 0 && digits[0] == 0) {
        digits++;
        count--;
        point--;
    }
    while (count > 0 && digits[count - 1] == 0)
        count--;
    out->count = out->weight = 0;
    if (count == 0) {
        out->is_negative = false;
        return true;
    }
    static const int16_t place_values[] = {1, 10, 100, 1000};
    int64_t weight = (point - 1) >> 2, least = (point - count) >> 2;
    if (weight - least >= MOST_GROUPS || weight > INT16_MAX || weight < INT16_MIN)
        return false;
    out->weight = (int32_t)weight;
    out->count = (int32_t)(weight - least + 1);
    memset(out->groups, 0, (size_t)out->count * 2);
    for (int32_t i = 0; i < count; i++) {
        int64_t power = point - 1 - i;
        out->groups[weight - (power >> 2)] += (int16_t)(digits[i] * place_values[power & 3]);
    }
    return true;
}

bool read_decimal(const uint8_t *data, int32_t scale, numeric *out) {
    uint64_t low = load_64(data), high = load_64(data + 8);
    out->sort = FINITE;
    out->scale = scale;
    out->is_negative = (int64_t)high < 0;
    if (out->is_negative) {
        high = ~high + (low == 0);
        low = 0 - low;
    }
    if (scale < 0)
        return false;
    if (high == 0 && scale <= 16) {
        int32_t places = (scale + 3) / 4;
        uint64_t whole = low / POWERS[scale];
        uint64_t fraction = (low - whole * POWERS[scale]) * POWERS[places * 4 - scale];
        set_parts(whole, fraction, places, out);
        return true;
    }
    uint8_t digits[40]; /* of 2 to the power of 127 there are 39 */
    unsigned __int128 rest = (unsigned __int128)high << 64 | low;
    for (int32_t i = 39; i >= 0; i--) {
        digits[i] = (uint8_t)(rest % 10);
        rest /= 10;
    }
    return set_digits(digits, 40, 40 - scale, out);
}

static bool is_word(span text, const char *word) {
    size_t size = strlen(word);
    return (size_t)text.size == size && memcmp(text.data, word, size) == 0;
}

static bool read_special(span text, numeric *out) {
    set_zero(out, 0);
    out->sort = is_word(text, "Infinity")    ? PLUS_INFINITY
                : is_word(text, "-Infinity") ? MINUS_INFINITY
                : is_word(text, "NaN")       ? NOT_A_NUMBER
                                             : FINITE;
    return out->sort != FINITE;
}

static bool read_exponent(const uint8_t *p, const uint8_t *end, int64_t *exponent) {
    bool is_negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end || end - p > 4)
        return false;
    for (*exponent = 0; p < end; p++) {
        if (*p < '0' || *p > '9')
            return false;
        *exponent = *exponent * 10 + (*p - '0');
    }
    if (is_negative)
        *exponent = -*exponent;
    return true;
}

bool read_number(span text, numeric *out) {
    const uint8_t *p = text.data, *end = p + text.size;
    uint8_t digits[MOST_DIGITS];
    int32_t count = 0, whole = -1; /* digits before the point, once it was met */
    int64_t exponent = 0;
    out->sort = FINITE;
    out->is_negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    for (; p < end; p++) {
        uint8_t digit = (uint8_t)(*p - '0');
        if (digit <= 9) {
            if (count == MOST_DIGITS)
                return false;
            digits[count++] = digit;
        } else if (*p == '.' && whole < 0) {
            whole = count;
        } else {
            break;
        }
    }
    if (count == 0)
        return read_special(text, out);
    if (p < end && ((*p != 'E' && *p != 'e') || !read_exponent(p + 1, end, &exponent)))
        return false;
    int64_t point = (whole < 0 ? count : whole) + exponent;
    out->scale = point < count ? (int32_t)(count - point) : 0;
    return out->scale <= 0x3FFF && set_digits(digits, count, point, out);
}
