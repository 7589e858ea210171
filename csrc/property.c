/* SPDX-License-Identifier: MIT */
/*
 * property.c - reads and writes a set of properties (2.2.2), driven by the property table.
 *
 * It knows how properties follow each other. It does not know any of them,
 * or what their values must be: see table.c and check.c.
 */
#include "codec.h"

/* -------------------------------------------------------------- reading */

static void read_property(reader *r, unsigned where, mqtt5_properties *properties)
{
    const uint8_t *start = r->at;
    const property *row;
    uint64_t bit;
    uint32_t id;
    void *member;

    begin_field(r, MQTT5_FIELD_PROPERTY_ID);
    id = read_varint(r);
    if (r->status != MQTT5_OK) {
        return;
    }
    row = mqtt5_find_property(id, where);
    if (row == NULL) {
        mqtt5_status status = mqtt5_refuse_property(id);

        if (status == MQTT5_MISPLACED_PROPERTY) { /* else its number is no field */
            name_field(r, id);
        }
        fail(r, status);
        return;
    }
    name_field(r, id);
    bit = (uint64_t)1 << id;
    member = (char *)properties + row->offset;
    if (is_list(row->kind)) {
        mqtt5_list *list = (mqtt5_list *)member;
        value item;

        if (!(properties->present & bit)) {
            list->items = NULL;
            list->wire.data = start;
            list->count = 0;
        }
        r->item = list->count;
        mqtt5_read_value(r, row->kind, &item);
        list->wire.size = (size_t)(r->at - list->wire.data);
        list->count++;
    } else if (properties->present & bit) {
        fail(r, MQTT5_REPEATED_PROPERTY);
    } else {
        mqtt5_read_value(r, row->kind, member);
    }
    properties->present |= bit;
}

void mqtt5_read_properties(reader *r, unsigned where, mqtt5_properties *properties)
{
    const uint8_t *end = r->end;
    size_t size;

    properties->present = 0;
    begin_field(r, MQTT5_FIELD_PROPERTY_LENGTH);
    size = read_varint(r);
    if (size > bytes_left(r)) {
        fail(r, MQTT5_TRUNCATED);
        return;
    }
    r->end = r->at + size;
    while (r->at < r->end) {
        read_property(r, where, properties);
    }
    r->end = end;
    if (r->status != MQTT5_OK) {
        r->at = end;
    }
}

/* -------------------------------------------------------------- writing */

static void write_each(writer *w, unsigned where, const mqtt5_properties *properties)
{
    uint64_t bits;

    for (bits = properties->present; bits != 0; bits &= bits - 1) {
        const property *row = mqtt5_find_property(lowest_bit(bits), where);
        const void *member;

        if (row == NULL) {
            continue;
        }
        member = (const char *)properties + row->offset;
        if (is_list(row->kind)) {
            mqtt5_write_list(w, row->kind, row->id, *(const mqtt5_list *)member);
        } else {
            write_byte(w, row->id);
            mqtt5_write_value(w, row->kind, member);
        }
    }
}

/* Measures each set on the first pass, and remembers its length for the second. */
void mqtt5_write_properties(writer *w, unsigned where, const mqtt5_properties *properties)
{
    size_t *length = &w->lengths[w->sets++];

    if (w->size == 0) { /* only measuring */
        size_t start = w->at;

        write_each(w, where, properties);
        *length = w->at - start;
        write_varint(w, *length);
    } else {
        write_varint(w, *length);
        write_each(w, where, properties);
    }
}
