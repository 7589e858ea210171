/* SPDX-License-Identifier: MIT */
/*
 * value.c - one value of each kind, read and written, and the lists of them.
 *
 * It knows how a kind looks on the wire. It does not know which packet or
 * property a value belongs to.
 */
#include "codec.h"

enum { NO_LOCAL = 0x04, RETAIN_AS_PUBLISHED = 0x08, RETAIN_HANDLING_SHIFT = 4, RESERVED_OPTIONS = 0xC0 };

/* A Topic Filter and its Subscription Options (3.8.3.1). */
static void read_topic_filter(reader *r, mqtt5_topic_filter *filter)
{
    unsigned options;

    filter->pattern = read_view(r);
    options = read_byte(r);
    filter->max_qos = options & 3;
    filter->no_local = (options & NO_LOCAL) != 0;
    filter->retain_as_published = (options & RETAIN_AS_PUBLISHED) != 0;
    filter->retain_handling = (options >> RETAIN_HANDLING_SHIFT) & 3;
    if (options & RESERVED_OPTIONS) {
        fail(r, MQTT5_RESERVED_FLAGS);
    }
}

static void write_topic_filter(writer *w, const mqtt5_topic_filter *filter)
{
    unsigned options = filter->max_qos | (unsigned)filter->retain_handling << RETAIN_HANDLING_SHIFT;

    if (filter->no_local) {
        options |= NO_LOCAL;
    }
    if (filter->retain_as_published) {
        options |= RETAIN_AS_PUBLISHED;
    }
    write_view(w, filter->pattern);
    write_byte(w, options);
}

void mqtt5_read_value(reader *r, unsigned kind, void *to)
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
        pair->name = read_view(r);
        pair->value = read_view(r);
        break;
    case MQTT5_KIND_TOPIC_FILTERS:
        read_topic_filter(r, (mqtt5_topic_filter *)to);
        break;
    default:
        *(mqtt5_view *)to = read_view(r);
        break;
    }
}

void mqtt5_write_value(writer *w, unsigned kind, const void *from)
{
    const mqtt5_user_property *pair;

    switch (kind) {
    case MQTT5_KIND_BYTE:
    case MQTT5_KIND_REASON_CODES:
        write_byte(w, *(const uint8_t *)from);
        break;
    case MQTT5_KIND_U16:
        write_u16(w, *(const uint16_t *)from);
        break;
    case MQTT5_KIND_U32:
        write_u32(w, *(const uint32_t *)from);
        break;
    case MQTT5_KIND_VARINT:
    case MQTT5_KIND_VARINTS:
        write_varint(w, *(const uint32_t *)from);
        break;
    case MQTT5_KIND_USER_PROPERTIES:
        pair = (const mqtt5_user_property *)from;
        write_view(w, pair->name);
        write_view(w, pair->value);
        break;
    case MQTT5_KIND_TOPIC_FILTERS:
        write_topic_filter(w, (const mqtt5_topic_filter *)from);
        break;
    default:
        write_view(w, *(const mqtt5_view *)from);
        break;
    }
}

/* ---------------------------------------------------------------- lists */

static size_t item_size(unsigned kind)
{
    switch (kind) {
    case MQTT5_KIND_REASON_CODES:
        return sizeof(uint8_t);
    case MQTT5_KIND_VARINTS:
        return sizeof(uint32_t);
    case MQTT5_KIND_USER_PROPERTIES:
        return sizeof(mqtt5_user_property);
    case MQTT5_KIND_TOPIC_FILTERS:
        return sizeof(mqtt5_topic_filter);
    default:
        return sizeof(mqtt5_view);
    }
}

/* The items of a list of properties stand among other properties, each behind its identifier: pass over those. */
static void seek_property(reader *r, unsigned id)
{
    uint32_t found = read_varint(r);

    while (found != id) {
        const property *row = mqtt5_find_property(found, ANYWHERE);
        value passed;

        if (row == NULL) {
            fail(r, MQTT5_UNKNOWN_PROPERTY);
            return;
        }
        mqtt5_read_value(r, row->kind, &passed);
        found = read_varint(r);
    }
}

/* False at the end, and where the wire bytes are not those of a decoded packet: then count is not 0. */
bool mqtt5_next_item(mqtt5_list *list, unsigned kind, void *item)
{
    if (list->count == 0 || (list->items == NULL && list->wire.size == 0)) {
        return false;
    }
    if (list->items != NULL) {
        memcpy(item, list->items, item_size(kind));
        list->items = (const char *)list->items + item_size(kind);
    } else {
        reader r = reader_of(list->wire.data, list->wire.size);

        if (kind == MQTT5_KIND_USER_PROPERTIES) {
            seek_property(&r, MQTT5_USER_PROPERTIES);
        } else if (kind == MQTT5_KIND_VARINTS) {
            seek_property(&r, MQTT5_SUBSCRIPTION_ID);
        }
        mqtt5_read_value(&r, kind, item);
        if (r.status != MQTT5_OK) {
            return false;
        }
        list->wire = read_rest(&r);
    }
    list->count--;
    return true;
}

bool mqtt5_next_user_property(mqtt5_list *list, mqtt5_user_property *item)
{
    return mqtt5_next_item(list, MQTT5_KIND_USER_PROPERTIES, item);
}

bool mqtt5_next_subscription_id(mqtt5_list *list, uint32_t *item)
{
    return mqtt5_next_item(list, MQTT5_KIND_VARINTS, item);
}

bool mqtt5_next_topic_filter(mqtt5_list *list, mqtt5_topic_filter *item)
{
    return mqtt5_next_item(list, MQTT5_KIND_TOPIC_FILTERS, item);
}

bool mqtt5_next_reason_code(mqtt5_list *list, uint8_t *item)
{
    return mqtt5_next_item(list, MQTT5_KIND_REASON_CODES, item);
}

bool mqtt5_next_pattern(mqtt5_list *list, mqtt5_view *item)
{
    return mqtt5_next_item(list, MQTT5_KIND_PATTERNS, item);
}

/* A list that fills the rest of its packet. */
void mqtt5_read_list(reader *r, unsigned kind, unsigned field, mqtt5_list *list)
{
    list->items = NULL;
    list->wire.data = r->at;
    list->wire.size = bytes_left(r);
    list->count = 0;
    while (bytes_left(r) > 0) {
        value item;

        begin_field(r, field);
        mqtt5_read_value(r, kind, &item);
        list->count++;
    }
}

/* With the identifier of its property before each item, if that is not 0. */
void mqtt5_write_list(writer *w, unsigned kind, unsigned property, mqtt5_list list)
{
    value item;

    while (mqtt5_next_item(&list, kind, &item)) {
        if (property != 0) {
            write_byte(w, property);
        }
        mqtt5_write_value(w, kind, &item);
    }
}
