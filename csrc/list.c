/* SPDX-License-Identifier: MIT */
/*
 * list.c - lists of values: walked, read and written, from an array or from a packet's bytes.
 *
 * It knows that the items of a list of properties stand among other
 * properties. It does not know what the items mean, or which packet they are in.
 */
#include "codec.h"

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
            seek_property(&r, MQTT5_PROPERTY_USER_PROPERTIES);
        } else if (kind == MQTT5_KIND_VARINTS) {
            seek_property(&r, MQTT5_PROPERTY_SUBSCRIPTION_ID);
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
    for (;;) {
        value item;

        begin_field(r, field); /* also if there is none */
        r->item = list->count;
        if (bytes_left(r) == 0) {
            return;
        }
        mqtt5_read_value(r, kind, &item);
        list->count++;
    }
}

/* With the identifier of its property before each item, if that is not 0. */
void mqtt5_write_list(writer *w, unsigned kind, unsigned id, mqtt5_list list)
{
    value item;

    while (mqtt5_next_item(&list, kind, &item)) {
        if (id != 0) {
            write_byte(w, id);
        }
        mqtt5_write_value(w, kind, &item);
    }
}
