/* SPDX-License-Identifier: MIT */
/*
 * list.c - lists of values: walked, read and written, from an array or from a packet's bytes.
 *
 * It knows that the items of a list of properties stand among other
 * properties. It does not know what the items mean, or which packet they are in.
 */
#include "value.h"

static FAST size_t item_size(unsigned kind)
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

/* The property that a list of this kind belongs to, 0 if it is none. */
static FAST unsigned property_of(unsigned kind)
{
    return kind == MQTT5_KIND_USER_PROPERTIES ? MQTT5_PROPERTY_USER_PROPERTIES
           : kind == MQTT5_KIND_VARINTS       ? MQTT5_PROPERTY_SUBSCRIPTION_ID
                                              : 0;
}

/*
 * Takes an item off the bytes. Those of a list of properties stand among other
 * properties, each behind its identifier: passes over those.
 */
static FAST mqtt5_status read_item(mqtt5_view *wire, unsigned kind, void *item, value *passed)
{
    const unsigned id = property_of(kind);
    reader r = reader_of(wire->data, wire->size);
    unsigned found;

    do {
        found = kind;
        if (id != 0) {
            unsigned found_id = r.at < r.end ? *r.at++ : 0; /* all that exist take one byte */

            if (found_id != id) {
                const property *row = find_property(found_id, ANYWHERE);

                if (row == NULL) {
                    return MQTT5_UNKNOWN_PROPERTY;
                }
                found = row->kind;
            }
        }
        read_value(&r, found, found == kind ? item : passed);
    } while (found != kind);
    wire->data = r.at;
    wire->size = bytes_left(&r);
    return r.status;
}

/*
 * Takes off the first item: where it is, in the array or in room. NULL at the end,
 * and where the wire bytes are not those of a decoded packet: then count is not 0.
 */
const void *mqtt5_next_item(mqtt5_list *list, unsigned kind, void *room, value *passed)
{
    const void *item = list->items;

    if (list->count == 0) {
        return NULL;
    }
    if (item != NULL) {
        list->items = (const char *)item + item_size(kind);
    } else {
        item = room;
        if (list->wire.size == 0 || read_item(&list->wire, kind, room, passed) != MQTT5_OK) {
            return NULL;
        }
    }
    list->count--;
    return item;
}

static bool take(mqtt5_list *list, unsigned kind, void *item)
{
    value passed;
    const void *at = mqtt5_next_item(list, kind, item, &passed);

    if (at != NULL && at != item) {
        memcpy(item, at, item_size(kind));
    }
    return at != NULL;
}

bool mqtt5_next_user_property(mqtt5_list *list, mqtt5_user_property *item)
{
    return take(list, MQTT5_KIND_USER_PROPERTIES, item);
}

bool mqtt5_next_subscription_id(mqtt5_list *list, uint32_t *item)
{
    return take(list, MQTT5_KIND_VARINTS, item);
}

bool mqtt5_next_topic_filter(mqtt5_list *list, mqtt5_topic_filter *item)
{
    return take(list, MQTT5_KIND_TOPIC_FILTERS, item);
}

bool mqtt5_next_reason_code(mqtt5_list *list, uint8_t *item)
{
    return take(list, MQTT5_KIND_REASON_CODES, item);
}

bool mqtt5_next_pattern(mqtt5_list *list, mqtt5_view *item)
{
    return take(list, MQTT5_KIND_PATTERNS, item);
}

/* A list that fills the rest of its packet. */
void mqtt5_read_list(reader *r, unsigned kind, unsigned field, mqtt5_list *list)
{
    list->items = NULL;
    list->wire.data = r->at;
    list->wire.size = bytes_left(r);
    list->count = 0;
    if (list->wire.size == 0) {
        begin_field(r, field); /* the one that is missing */
    }
    while (list->wire.size > 0) {
        mqtt5_status status;
        value item;

        note_field(r, field, list->wire.data, list->count);
        status = read_item(&list->wire, kind, &item, &item);
        if (status != MQTT5_OK) {
            fail(r, status);
            return;
        }
        list->count++;
    }
    list->wire = read_rest(r);
}

/* With the identifier of its property before each item, if that is not 0. */
void mqtt5_write_list(writer *w, unsigned kind, unsigned id, const mqtt5_list *list)
{
    const size_t beyond = 0x40000000; /* any packet: with what else a packet may hold, counting cannot wrap */
    mqtt5_list left = *list;
    const void *item;
    value room;

    while ((item = mqtt5_next_item(&left, kind, &room, &room)) != NULL) {
        if (id != 0) {
            write_byte(w, id);
        }
        write_item(w, kind, item);
        if (w->at > beyond) {
            w->at = beyond;
        }
    }
}
