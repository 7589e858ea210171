/* SPDX-License-Identifier: MIT */
/*
 * mqtt5_value.h - values, lists of them and sets of properties, as packets contain them.
 *
 * It does not know packets, or which values are allowed.
 */
#ifndef MQTT5_VALUE_H
#define MQTT5_VALUE_H

#include "mqtt5_table.h"
#include "mqtt5_wire.h"

/* One value of any kind; for a list, one item. */
typedef union value {
    uint8_t byte;
    uint16_t u16;
    uint32_t u32;
    mqtt5_view view;
    mqtt5_string_pair pair;
    mqtt5_topic_filter filter;
} value;

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/*
 * Pops the first item of a list. Returns a pointer into the array or to room;
 * NULL at the end, or with count > 0 if the wire bytes are invalid.
 */
const void *mqtt5_next_item(mqtt5_list *list, unsigned kind, value *room);
/* Reads a list that fills the rest of its packet. */
void mqtt5_read_list(reader *r, unsigned kind, unsigned field, mqtt5_list *list);
/* Writes a list; if id is not 0, with that property identifier before each item. */
void mqtt5_write_list(writer *w, unsigned kind, unsigned id, const mqtt5_list *list);
void mqtt5_read_properties(reader *r, unsigned where, mqtt5_properties *properties);
void mqtt5_write_properties(writer *w, unsigned where, const mqtt5_properties *properties);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#endif
