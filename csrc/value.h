/* SPDX-License-Identifier: MIT */
/*
 * value.h - one value of each kind, read and written.
 *
 * It knows how a kind looks on the wire. It does not know which packet or
 * property a value belongs to.
 */
#ifndef MQTT5_VALUE_H
#define MQTT5_VALUE_H

#include "codec.h"

enum { NO_LOCAL = 0x04, RETAIN_AS_PUBLISHED = 0x08, RETAIN_HANDLING_SHIFT = 4, RESERVED_OPTIONS = 0xC0 };

/* A Topic Filter and its Subscription Options (3.8.3.1). */
static inline void read_topic_filter(reader *r, mqtt5_topic_filter *filter)
{
    unsigned options;

    read_view(r, &filter->pattern);
    options = read_byte(r);
    filter->max_qos = options & 3;
    filter->no_local = (options & NO_LOCAL) != 0;
    filter->retain_as_published = (options & RETAIN_AS_PUBLISHED) != 0;
    filter->retain_handling = (options >> RETAIN_HANDLING_SHIFT) & 3;
    if (options & RESERVED_OPTIONS) {
        fail(r, MQTT5_RESERVED_FLAGS);
    }
}

static inline void write_topic_filter(writer *w, const mqtt5_topic_filter *filter)
{
    unsigned options = filter->max_qos | (unsigned)filter->retain_handling << RETAIN_HANDLING_SHIFT;

    if (filter->no_local) {
        options |= NO_LOCAL;
    }
    if (filter->retain_as_published) {
        options |= RETAIN_AS_PUBLISHED;
    }
    write_view(w, &filter->pattern);
    write_byte(w, options);
}

static FAST void read_value(reader *r, unsigned kind, void *to)
{
    mqtt5_user_property *pair;

    switch (kind) {
    case MQTT5_KIND_BYTE:
    case MQTT5_KIND_REASON_CODES:
        *(uint8_t *)to = read_byte(r);
        break;
    case MQTT5_KIND_U16:
        *(uint16_t *)to = read_u16(r);
        break;
    case MQTT5_KIND_U32:
        *(uint32_t *)to = read_u32(r);
        break;
    case MQTT5_KIND_VARINT:
    case MQTT5_KIND_VARINTS:
        *(uint32_t *)to = read_varint(r);
        break;
    case MQTT5_KIND_USER_PROPERTIES:
        pair = (mqtt5_user_property *)to;
        read_view(r, &pair->name);
        read_view(r, &pair->value);
        break;
    case MQTT5_KIND_TOPIC_FILTERS:
        read_topic_filter(r, (mqtt5_topic_filter *)to);
        break;
    default:
        read_view(r, (mqtt5_view *)to);
        break;
    }
}

static inline void write_value(writer *w, unsigned kind, const void *from)
{
    switch (kind) {
    case MQTT5_KIND_BYTE:
        write_byte(w, *(const uint8_t *)from);
        break;
    case MQTT5_KIND_U16:
        write_u16(w, *(const uint16_t *)from);
        break;
    case MQTT5_KIND_U32:
        write_u32(w, *(const uint32_t *)from);
        break;
    case MQTT5_KIND_VARINT:
        write_varint(w, *(const uint32_t *)from);
        break;
    default:
        write_view(w, (const mqtt5_view *)from);
        break;
    }
}

/* One item of a list of that kind. */
static inline void write_item(writer *w, unsigned kind, const void *from)
{
    const mqtt5_user_property *pair;

    switch (kind) {
    case MQTT5_KIND_USER_PROPERTIES:
        pair = (const mqtt5_user_property *)from;
        write_view(w, &pair->name);
        write_view(w, &pair->value);
        break;
    case MQTT5_KIND_VARINTS:
        write_varint(w, *(const uint32_t *)from);
        break;
    case MQTT5_KIND_TOPIC_FILTERS:
        write_topic_filter(w, (const mqtt5_topic_filter *)from);
        break;
    case MQTT5_KIND_REASON_CODES:
        write_byte(w, *(const uint8_t *)from);
        break;
    default:
        write_view(w, (const mqtt5_view *)from);
        break;
    }
}

#endif
