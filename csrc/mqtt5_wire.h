/* SPDX-License-Identifier: MIT */
/*
 * mqtt5_wire.h - the primitive types of section 1.5, read from and written to bounded memory.
 *
 * It knows bytes and bounds. It does not know packets, properties or text:
 * a field is a number that it hands on.
 */
#ifndef MQTT5_WIRE_H
#define MQTT5_WIRE_H

#include "mqtt5.h"

#include <string.h>

/* --------------------------------------------------------------- reading */

/*
 * A reader keeps its first error; from then on there is nothing left to read
 * and every read yields zero. So packet code reads field after field and
 * looks at status once. Which field is wrong is not its business: for that, a
 * packet is read a second time, with a finder (mqtt5_codec.h).
 */
typedef struct reader {
    const uint8_t *at;
    const uint8_t *end;
    struct finder *finder; /* NULL when reading for the first time */
    mqtt5_status status;
} reader;

static inline reader reader_of(const uint8_t *data, size_t size)
{
    reader r;

    r.at = data;
    r.end = size > 0 ? data + size : data; /* nothing at all may stand at NULL */
    r.finder = NULL;
    r.status = MQTT5_OK;
    return r;
}

static inline void fail(reader *r, mqtt5_status status)
{
    if (r->status == MQTT5_OK) {
        r->status = status;
    }
    r->at = r->end;
}

static inline size_t bytes_left(const reader *r)
{
    return (size_t)(r->end - r->at);
}

/* n bytes, or NULL if there are fewer. */
static inline const uint8_t *read_bytes(reader *r, size_t n)
{
    const uint8_t *bytes = r->at;

    if (bytes_left(r) < n) {
        fail(r, MQTT5_ERR_TRUNCATED);
        return NULL;
    }
    r->at += n;
    return bytes;
}

static inline uint8_t read_byte(reader *r)
{
    if (r->at == r->end) {
        fail(r, MQTT5_ERR_TRUNCATED);
        return 0;
    }
    return *r->at++;
}

static inline uint16_t read_u16(reader *r)
{
    const uint8_t *b = read_bytes(r, 2);

    return (uint16_t)(b ? b[0] << 8 | b[1] : 0);
}

static inline uint32_t read_u32(reader *r)
{
    const uint8_t *b = read_bytes(r, 4);

    return b ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3] : 0;
}

/* A Variable Byte Integer (1.5.5): at most four bytes, and no more of them than needed. */
static inline uint32_t read_varint(reader *r)
{
    uint32_t value = 0;
    unsigned shift;

    for (shift = 0; shift < 28; shift += 7) {
        uint8_t byte;

        if (r->at == r->end) {
            fail(r, MQTT5_ERR_TRUNCATED);
            return 0;
        }
        byte = *r->at++;
        value |= (uint32_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            if (byte == 0 && shift > 0) {
                break;
            }
            return value;
        }
    }
    fail(r, MQTT5_ERR_BAD_VARINT);
    return 0;
}

/* Everything up to the end. */
static inline mqtt5_view read_rest(reader *r)
{
    mqtt5_view view;

    view.data = r->at;
    view.size = bytes_left(r);
    r->at = r->end;
    return view;
}

/* A string or Binary Data: a two-byte length, and so many bytes. */
static inline void read_view(reader *r, mqtt5_view *view)
{
    const uint8_t *at = r->at;
    size_t left = bytes_left(r);

    if (left >= 2) {
        size_t size = (size_t)at[0] << 8 | at[1];

        if (size <= left - 2) {
            view->data = at + 2;
            view->size = size;
            r->at = at + 2 + size;
            return;
        }
    }
    fail(r, MQTT5_ERR_TRUNCATED);
    view->data = at;
    view->size = 0;
}

/* --------------------------------------------------------------- writing */

/*
 * A writer counts every byte, and writes those for which there is room: with no
 * room at all, it measures. What does not fit is left out with all that follows.
 */
typedef struct writer {
    uint8_t *data;
    size_t size; /* how much room there is */
    size_t at;   /* how much was counted */
} writer;

/* Counts n bytes; is there room for them? They are then the last ones before at. */
static inline bool count_bytes(writer *w, size_t n)
{
    w->at += n;
    return w->at <= w->size;
}

static inline void write_bytes(writer *w, const uint8_t *bytes, size_t n)
{
    if (count_bytes(w, n) && n > 0) {
        memcpy(w->data + w->at - n, bytes, n);
    }
}

static inline void write_byte(writer *w, unsigned value)
{
    if (count_bytes(w, 1)) {
        w->data[w->at - 1] = (uint8_t)value;
    }
}

static inline void write_u16(writer *w, unsigned value)
{
    if (count_bytes(w, 2)) {
        uint8_t *to = w->data + w->at - 2;

        to[0] = (uint8_t)(value >> 8);
        to[1] = (uint8_t)value;
    }
}

static inline void write_u32(writer *w, uint32_t value)
{
    if (count_bytes(w, 4)) {
        uint8_t *to = w->data + w->at - 4;

        to[0] = (uint8_t)(value >> 24);
        to[1] = (uint8_t)(value >> 16);
        to[2] = (uint8_t)(value >> 8);
        to[3] = (uint8_t)value;
    }
}

static inline size_t varint_size(size_t value)
{
    return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : 4;
}

static inline void put_varint(uint8_t *to, size_t value, size_t size)
{
    for (; size > 1; size--) {
        *to++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *to = (uint8_t)(value & 0x7F);
}

static inline void write_varint(writer *w, size_t value)
{
    const size_t size = varint_size(value);

    if (count_bytes(w, size)) {
        put_varint(w->data + w->at - size, value, size);
    }
}

/* The caller has checked that the size fits. */
static inline void write_view(writer *w, const mqtt5_view *view)
{
    const size_t size = view->size;

    write_u16(w, (unsigned)size);
    write_bytes(w, view->data, size);
}

#endif
