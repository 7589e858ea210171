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
 * looks at status once.
 */
typedef struct reader {
    const uint8_t *at;
    const uint8_t *end;
    const uint8_t *field_at; /* where the current field begins */
    uint8_t field;
    uint8_t section;     /* added to every field */
    uint8_t status;      /* mqtt5_status: the first error ... */
    uint8_t error_field; /* ... and its field */
    const uint8_t *error_at;
    size_t error_item;
    size_t item;          /* which item of a list the current field is, else 0 */
    uint8_t wanted;       /* a field to be found, 0 if none ... */
    size_t skip;          /* ... after so many others of the same name ... */
    const uint8_t *found; /* ... and where it was */
} reader;

static inline reader reader_of(const uint8_t *data, size_t size)
{
    reader r;

    memset(&r, 0, sizeof(r));
    r.at = data;
    r.end = data + size;
    return r;
}

/* Says what the current field is. */
static inline void name_field(reader *r, unsigned field)
{
    r->field = (uint8_t)(field | r->section);
    if (r->field == r->wanted && r->found == NULL && r->skip-- == 0) {
        r->found = r->field_at;
    }
}

/* Says which field comes next. */
static inline void begin_field(reader *r, unsigned field)
{
    r->field_at = r->at;
    r->item = 0;
    name_field(r, field);
}

static inline void fail(reader *r, mqtt5_status status)
{
    if (r->status == MQTT5_OK) {
        r->status = (uint8_t)status;
        r->error_field = r->field;
        r->error_at = r->field_at;
        r->error_item = r->item;
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
    uint32_t value = 0;
    unsigned shift;

    for (shift = 0; shift < 28; shift += 7) {
        const uint8_t *b = read_bytes(r, 1);

        if (b == NULL) {
            return 0;
        }
        value |= (uint32_t)(b[0] & 0x7F) << shift;
        if (b[0] < 0x80) {
            if (b[0] == 0 && shift > 0) {
                break;
            }
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
static inline mqtt5_view read_view(reader *r)
{
    mqtt5_view view;

    view.size = read_u16(r);
    view.data = read_bytes(r, view.size);
    if (view.data == NULL) {
        view.size = 0;
    }
    return view;
}

/* --------------------------------------------------------------- writing */

/* A writer counts every byte and stores those that have room: with size 0 it only measures. */
typedef struct writer {
    uint8_t *data;
    size_t size;
    size_t at;
    size_t lengths[2]; /* of the sets of properties, found by measuring, in their order ... */
    unsigned sets;     /* ... and how many have been passed */
} writer;

/* Nothing that is counted here gets far beyond what any packet has: so no size can make it wrap. */
static inline void pass_bytes(writer *w, size_t n)
{
    const size_t beyond = 0x40000000;

    w->at = n < beyond && w->at < beyond ? w->at + n : beyond;
}

static inline void write_bytes(writer *w, const uint8_t *bytes, size_t n)
{
    if (n > 0 && w->at <= w->size && n <= w->size - w->at) {
        memcpy(w->data + w->at, bytes, n);
    }
    pass_bytes(w, n);
}

static inline void write_byte(writer *w, unsigned value)
{
    if (w->at < w->size) {
        w->data[w->at] = (uint8_t)value;
    }
    w->at++;
}

static inline void write_u16(writer *w, unsigned value)
{
    write_byte(w, value >> 8);
    write_byte(w, value & 0xFF);
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
static inline void write_view(writer *w, mqtt5_view view)
{
    write_u16(w, (unsigned)view.size);
    write_bytes(w, view.data, view.size);
}

#endif
