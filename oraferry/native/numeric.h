/* Numbers to the base 10,000, as PostgreSQL keeps and hashes them. */

#ifndef ORAFERRY_NUMERIC_H
#define ORAFERRY_NUMERIC_H

#include "column.h"

#define MOST_GROUPS 128
#define MOST_DIGITS 400

typedef enum { FINITE, PLUS_INFINITY, MINUS_INFINITY, NOT_A_NUMBER } sort_of_number;

typedef struct {
    sort_of_number sort;
    bool is_negative;
    int32_t count;  /* of groups, without zeros at the ends; 0 for zero */
    int32_t weight; /* of the first group */
    int32_t scale;  /* digits that are shown after the point */
    int16_t groups[MOST_GROUPS];
} numeric;

void set_integer(int64_t value, numeric *out);

/* A decimal of 128 bits with *scale* digits after the point; false where there is no way. */
bool read_decimal(const uint8_t *data, int32_t scale, numeric *out);

/* A number's text: sign, digits, point, exponent, or Infinity, -Infinity, NaN; false if not. */
bool read_number(span text, numeric *out);

#endif
