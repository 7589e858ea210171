/* SPDX-License-Identifier: MIT */
/*
 * vector.h - the first three columns of a line about one packet: verdict, code, bytes.
 *
 * It knows their format and no packet. Include it after tsv.h and mqtt5.h.
 */
#ifndef VECTOR_H
#define VECTOR_H

typedef struct vector {
    enum { VECTOR_OK, VECTOR_ALT, VECTOR_BAD } verdict;
    uint8_t code;
    uint8_t *bytes;
    size_t size;
    size_t room;
} vector;

static inline int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c != '\0' ? strchr(digits, c) : NULL;

    return found != NULL ? (int)(found - digits) : -1;
}

static inline void append(vector *v, const uint8_t *bytes, size_t size)
{
    if (v->room - v->size < size) {
        v->room = 2 * (v->size + size);
        v->bytes = (uint8_t *)realloc(v->bytes, v->room);
        if (v->bytes == NULL) {
            give_up("no memory for the vector");
        }
    }
    memcpy(v->bytes + v->size, bytes, size);
    v->size += size;
}

/* Tokens of hex, "*N" after one repeats it. */
static inline void parse_bytes(const tsv *t, vector *v)
{
    char *token = t->column[2];

    v->size = 0;
    while (*token != '\0') {
        uint8_t *const bytes = (uint8_t *)token; /* written over the digits that were read */
        size_t length = 0;
        unsigned long times = 1;
        char *c = token;

        while (hex_digit(c[0]) >= 0 && hex_digit(c[1]) >= 0) {
            bytes[length++] = (uint8_t)(hex_digit(c[0]) << 4 | hex_digit(c[1]));
            c += 2;
        }
        if (length > 0 && *c == '*') {
            times = strtoul(c + 1, &c, 10);
        }
        if (length == 0 || times == 0 || times > MQTT5_MAX_REMAINING_LENGTH || (*c != '\0' && *c != ' ') ||
            (*c == ' ' && c[1] == '\0')) {
            tsv_wrong(t, "malformed bytes");
        }
        while (times-- > 0) {
            append(v, bytes, length);
        }
        token = *c == ' ' ? c + 1 : c;
    }
    if (v->size == 0) {
        tsv_wrong(t, "no bytes");
    }
}

static inline void parse_vector(const tsv *t, vector *v)
{
    const char *code = t->column[1];

    if (strcmp(t->column[0], "ok") == 0) {
        v->verdict = VECTOR_OK;
    } else if (strcmp(t->column[0], "alt") == 0) {
        v->verdict = VECTOR_ALT;
    } else if (strcmp(t->column[0], "bad") == 0) {
        v->verdict = VECTOR_BAD;
    } else {
        tsv_wrong(t, "the verdict must be ok, alt or bad");
    }
    if (hex_digit(code[0]) < 0 || hex_digit(code[1]) < 0 || code[2] != '\0') {
        tsv_wrong(t, "the code must be two hex digits");
    }
    v->code = (uint8_t)(hex_digit(code[0]) << 4 | hex_digit(code[1]));
    if ((v->code != 0) != (v->verdict == VECTOR_BAD)) {
        tsv_wrong(t, "a code goes with bad, and with nothing else");
    }
    parse_bytes(t, v);
}

#endif
