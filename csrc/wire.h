/* SPDX-License-Identifier: MIT */
/*
 * wire.h - the primitive types of section 1.5, read from and written to bounded memory.
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
 * packet is read a second time, with a finder (codec.h).
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
        fail(r, MQTT5_TRUNCATED);
        return NULL;
    }
    r->at += n;
    return bytes;
}

static inline uint8_t read_byte(reader *r)
{
    const uint8_t *b = read_bytes(r, 1);

    return b ? b[0] : 0;
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
    const uint8_t *at = r->at;
    uint32_t value = 0;
    unsigned shift;

    for (shift = 0; shift < 28; shift += 7) {
        uint8_t byte;

        if (at == r->end) {
            fail(r, MQTT5_TRUNCATED);
            return 0;
        }
        byte = *at++;
        value |= (uint32_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            if (byte == 0 && shift > 0) {
                break;
            }
            r->at = at;
            return value;
        }
    }
    fail(r, MQTT5_BAD_VARINT);
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
    size_t left = bytes_left(r), size = left < 2 ? left : 2 + ((size_t)at[0] << 8 | at[1]);

    if (left < 2 || left < size) {
        fail(r, MQTT5_TRUNCATED);
        view->data = at;
        view->size = 0;
        return;
    }
    view->data = at + 2;
    view->size = size - 2;
    r->at = at + size;
}

/* --------------------------------------------------------------- writing */

/*
 * A writer without data only counts. With it, there must be room for all that
 * was counted: a packet is written twice, first to measure it.
 */
typedef struct writer {
    uint8_t *data;
    size_t at;
    size_t lengths[2]; /* of the sets of properties, found by measuring: the packet's and the Will's */
} writer;

/* n bytes to be filled in, or NULL if they only count. */
static inline uint8_t *write_room(writer *w, size_t n)
{
    size_t at = w->at;

    w->at = at + n;
    return w->data != NULL ? w->data + at : NULL;
}

static inline void write_bytes(writer *w, const uint8_t *bytes, size_t n)
{
    uint8_t *to = write_room(w, n);

    if (to != NULL && n > 0) {
        memcpy(to, bytes, n);
    }
}

static inline void write_byte(writer *w, unsigned value)
{
    uint8_t *to = write_room(w, 1);

    if (to != NULL) {
        to[0] = (uint8_t)value;
    }
}

static inline void write_u16(writer *w, unsigned value)
{
    uint8_t *to = write_room(w, 2);

    if (to != NULL) {
        to[0] = (uint8_t)(value >> 8);
        to[1] = (uint8_t)value;
    }
}

static inline void write_u32(writer *w, uint32_t value)
{
    write_u16(w, value >> 16);
    write_u16(w, value & 0xFFFF);
}

static inline void write_varint(writer *w, size_t value)
{
    for (; value > 0x7F; value >>= 7) {
        write_byte(w, (unsigned)(value & 0x7F) | 0x80);
    }
    write_byte(w, (unsigned)value);
}

/* The caller has checked that the size fits. */
static inline void write_view(writer *w, const mqtt5_view *view)
{
    uint8_t *to = write_room(w, 2 + view->size);

    if (to != NULL) {
        to[0] = (uint8_t)(view->size >> 8);
        to[1] = (uint8_t)view->size;
        if (view->size > 0) {
            memcpy(to + 2, view->data, view->size);
        }
    }
}

#endif
