/* SPDX-License-Identifier: MIT */
/*
 * mqtt5_value.h - values, lists of them and sets of properties, as packets contain them; what the table requires of
 * one value.
 *
 * It does not know packets.
 */
#ifndef MQTT5_VALUE_H
#define MQTT5_VALUE_H

#include "mqtt5_table.h"
#include "mqtt5_text.h"
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

static INLINE mqtt5_status check_number(unsigned rule, uint32_t number)
{
    if (rule == RULE_BOOLEAN) {
        return number <= 1 ? MQTT5_OK : MQTT5_ERR_NOT_BOOLEAN;
    }
    if (number == 0 && rule != RULE_NONE) {
        return rule == RULE_NOT_ZERO ? MQTT5_ERR_ZERO_VALUE : MQTT5_ERR_ZERO_TOPIC_ALIAS;
    }
    return MQTT5_OK;
}

static INLINE mqtt5_status check_varint(unsigned rule, uint32_t number)
{
    return number <= MQTT5_MAX_REMAINING_LENGTH ? check_number(rule, number) : MQTT5_ERR_OUT_OF_RANGE;
}

/* What the table requires of a property's value, or of one item of its list. */
static FAST mqtt5_status check_value(unsigned kind, unsigned rule, const void *value)
{
    const mqtt5_string_pair *pair;
    const mqtt5_view *view;
    mqtt5_status status;

    switch (kind) {
    case MQTT5_KIND_BYTE:
        return check_number(rule, *(const uint8_t *)value);
    case MQTT5_KIND_U16:
        return check_number(rule, *(const uint16_t *)value);
    case MQTT5_KIND_U32:
        return check_number(rule, *(const uint32_t *)value);
    case MQTT5_KIND_VARINT:
    case MQTT5_KIND_VARINTS:
        return check_varint(rule, *(const uint32_t *)value);
    case MQTT5_KIND_USER_PROPERTIES:
        pair = (const mqtt5_string_pair *)value;
        status = check_string(&pair->name);
        return status != MQTT5_OK ? status : check_string(&pair->value);
    case MQTT5_KIND_BINARY:
        view = (const mqtt5_view *)value;
        return view->size <= MQTT5_MAX_STRING_SIZE ? MQTT5_OK : MQTT5_ERR_TOO_LONG;
    default:
        view = (const mqtt5_view *)value;
        return rule == RULE_TOPIC_NAME ? mqtt5_check_topic_name(*view) : check_string(view);
    }
}

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

/* check.c: whether a packet of this type may carry the code; lenient: whether lenient reading tolerates it. */
bool mqtt5_is_reason_code(unsigned type, uint8_t code, bool lenient);
#if IS_FAST
/* check.c: mqtt5_check() without options, of a packet whose properties were checked when they were read. */
mqtt5_status mqtt5_check_decoded(const mqtt5_packet *packet, mqtt5_error *error);
#endif

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#endif
