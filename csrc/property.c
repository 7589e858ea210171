/* SPDX-License-Identifier: MIT */
/*
 * property.c - reads and writes a set of properties (2.2.2), driven by the property table.
 *
 * It knows how properties follow each other. It does not know any of them,
 * or what their values must be: see table.c and check.c.
 */
#include "value.h"

/* -------------------------------------------------------------- reading */

static unsigned section_of(unsigned where)
{
    return where == IN_WILL ? MQTT5_FIELD_IN_WILL : 0;
}

/* Says which property begins here, as far as it can be told. */
static NOINLINE void note_property(const reader *r, unsigned where, const mqtt5_properties *properties)
{
    const unsigned id = *r->at;
    const property *row = find_property(id, where);
    size_t item = 0;

    mqtt5_note_field(r->finder, MQTT5_FIELD_PROPERTY_ID | section_of(where), r->at, 0);
    if (row != NULL && is_list(row->kind) && (properties->present >> id & 1)) {
        item = ((const mqtt5_list *)((const char *)properties + row->offset))->count;
    }
    if (row != NULL || mqtt5_refuse_property(id) == MQTT5_MISPLACED_PROPERTY) { /* else its number is no field */
        mqtt5_note_field(r->finder, id | section_of(where), r->at, item);
    }
}

/* The reader is a copy, which is not pointed to: so the compiler may keep it in registers. */
void mqtt5_read_properties(reader *from, unsigned where, mqtt5_properties *properties)
{
    reader r;
    size_t size;

    properties->present = 0;
    begin_field(from, MQTT5_FIELD_PROPERTY_LENGTH | section_of(where));
    size = read_varint(from);
    if (size > bytes_left(from)) {
        fail(from, MQTT5_TRUNCATED);
        return;
    }
    r = *from;
    r.end = r.at + size;
    while (r.at < r.end) {
        const uint8_t *start = r.at;
        const property *row;
        void *member, *to;
        value item;
        bool repeated;
        uint32_t id;

        if (r.finder != NULL) {
            from->at = start;
            note_property(from, where, properties);
        }
        id = *r.at < 0x80 ? *r.at++ : read_varint(&r); /* all that exist take one byte */
        row = find_property(id, where);
        if (row == NULL) {
            fail(&r, mqtt5_refuse_property(id));
            break;
        }
        repeated = (properties->present >> id & 1) != 0;
        properties->present |= (uint64_t)1 << id;
        to = member = (char *)properties + row->offset;
        if (is_list(row->kind)) {
            mqtt5_list *list = (mqtt5_list *)member;

            if (!repeated) {
                list->items = NULL;
                list->wire.data = start;
                list->count = 0;
            }
            list->count++;
            to = &item;
        } else if (repeated) {
            fail(&r, MQTT5_REPEATED_PROPERTY);
            break;
        }
        read_value(&r, row->kind, to);
        if (to != member) {
            mqtt5_list *list = (mqtt5_list *)member;

            list->wire.size = (size_t)(r.at - list->wire.data);
        }
    }
    from->at = r.end;
    if (r.status != MQTT5_OK) {
        fail(from, r.status);
    }
}

/* -------------------------------------------------------------- writing */

/*
 * Measures each set on the first pass, and remembers its length for the second.
 * mqtt5_check() has seen that all properties are allowed.
 */
void mqtt5_write_properties(writer *w, unsigned where, const mqtt5_properties *properties)
{
    size_t *const length = &w->lengths[where == IN_WILL];
    const size_t start = w->at;
    uint64_t bits;

    if (w->data != NULL) {
        write_varint(w, *length);
    }
    for (bits = properties->present; bits != 0; bits &= bits - 1) {
        const property *row = find_property(lowest_bit(bits), where);
        const void *member = (const char *)properties + row->offset;

        if (is_list(row->kind)) {
            mqtt5_write_list(w, row->kind, row->id, (const mqtt5_list *)member);
        } else {
            write_byte(w, row->id);
            write_value(w, row->kind, member);
        }
    }
    if (w->data == NULL) {
        *length = w->at - start;
        write_varint(w, *length);
    }
}
