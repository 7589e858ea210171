/* SPDX-License-Identifier: MIT */
/*
 * mqtt5_wire.h - the primitive types of section 1.5, read from and written to bounded memory.
 *
 * It knows bytes and bounds. It does not know packets, properties or text rules:
 * a field is a number that it passes on.
 */
#ifndef MQTT5_WIRE_H
#define MQTT5_WIRE_H

#include "mqtt5.h"
#include "mqtt5_config.h"

/* --------------------------------------------------------------- reading */

/*
 * Locates a field when a packet that was refused is read again: the one that
 * cannot be read, or the wanted one, whose value was refused.
 */
typedef struct finder {
    const uint8_t *at; /* where the last field begins, up to the located one */
    size_t item;       /* its index in a list, else 0 */
    uint8_t field;
    uint8_t wanted; /* 0 if none */
    bool found;
    size_t skip; /* number of fields with the wanted name before it */
} finder;

/*
 * A reader keeps its first error; after it there is nothing left to read and
 * every read yields zero. So packet code reads field after field and looks at
 * status once. To locate an error, a packet is read again with a finder.
 */
typedef struct reader {
    const uint8_t *at;
    const uint8_t *end;
    finder *find; /* NULL, unless an error is located */
    mqtt5_status status;
    bool refused; /* a value was read that mqtt5_check() does not allow; known in fast builds only */
    bool lenient; /* what lenient reading drops is skipped */
} reader;

static inline reader reader_of(const uint8_t *data, size_t size)
{
    reader r;

    r.at = data;
    r.end = size > 0 ? data + size : data; /* data may be NULL if size is 0 */
    r.find = NULL;
    r.refused = false;
    r.lenient = false;
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

/* A Variable Byte Integer (1.5.5): at most four bytes, in the shortest form. */
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

/* A string or Binary Data: a two-byte length, then that many bytes. */
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

/* --------------------------------------------------------------- finding */

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* A field begins: keeps the last one before the error, or the wanted one. */
void mqtt5_note_field(finder *f, unsigned field, const uint8_t *at, size_t item);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

/* Records which field, and which item of it, begins at a place. */
static inline void note_field(const reader *r, unsigned field, const uint8_t *at, size_t item)
{
    if (r->find != NULL && r->status == MQTT5_OK) {
        mqtt5_note_field(r->find, field, at, item);
    }
}

/* Records which field comes next. */
static inline void begin_field(const reader *r, unsigned field)
{
    note_field(r, field, r->at, 0);
}

/* --------------------------------------------------------------- writing */

/*
 * A writer counts every byte and writes those that fit: without a buffer, it
 * measures. After the first write that does not fit, nothing is written.
 */
typedef struct writer {
    uint8_t *data;
    size_t size; /* of data */
    size_t at;   /* number of bytes counted */
} writer;

/* Counts n bytes. True if they fit; they are then the last n before at. */
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

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/*
 * Writes a length at start, where given bytes were reserved: that of all data
 * after them, plus more. Moves the data if the length needs more bytes than were
 * reserved; it must not need fewer.
 */
void mqtt5_write_length(writer *w, size_t start, size_t given, size_t more);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

static INLINE void write_length_here(writer *w, size_t start, size_t given, size_t more)
{
    const size_t written = w->at - start - given, length = written + more, size = varint_size(length);

    if (count_bytes(w, size - given)) {
        uint8_t *to = w->data + start;

        if (size != given) {
            memmove(to + size, to + given, written);
        }
        put_varint(to, length, size);
    }
}

/* mqtt5_write_length(), inlined where speed matters more than size. */
static FAST void write_length(writer *w, size_t start, size_t given, size_t more)
{
    if (IS_FAST) {
        write_length_here(w, start, given, more);
    } else {
        mqtt5_write_length(w, start, given, more);
    }
}

#endif
