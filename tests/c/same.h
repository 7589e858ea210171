/* SPDX-License-Identifier: MIT */
/*
 * same.h - are two packets equal, member by member and item by item?
 *
 * It gets the members from mqtt5_reflect() and does not know any packet. Bytes count, not where they stand.
 */
#ifndef SAME_H
#define SAME_H

#include "mqtt5.h"

#include <string.h>

static inline bool same_view(mqtt5_view a, mqtt5_view b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool same_filter(const mqtt5_topic_filter *a, const mqtt5_topic_filter *b)
{
    return same_view(a->pattern, b->pattern) && a->max_qos == b->max_qos && a->no_local == b->no_local &&
           a->retain_as_published == b->retain_as_published && a->retain_handling == b->retain_handling;
}

static inline bool same_list(unsigned kind, mqtt5_list a, mqtt5_list b)
{
    bool same = a.count == b.count;
    size_t left = a.count;

    for (; same && left > 0; left--) {
        mqtt5_string_pair pair[2];
        mqtt5_topic_filter filter[2];
        mqtt5_view view[2];
        uint32_t id[2];
        uint8_t code[2];

        switch (kind) {
        case MQTT5_KIND_USER_PROPERTIES:
            same = mqtt5_next_user_property(&a, &pair[0]) && mqtt5_next_user_property(&b, &pair[1]) &&
                   same_view(pair[0].name, pair[1].name) && same_view(pair[0].value, pair[1].value);
            break;
        case MQTT5_KIND_VARINTS:
            same = mqtt5_next_subscription_id(&a, &id[0]) && mqtt5_next_subscription_id(&b, &id[1]) && id[0] == id[1];
            break;
        case MQTT5_KIND_TOPIC_FILTERS:
            same = mqtt5_next_topic_filter(&a, &filter[0]) && mqtt5_next_topic_filter(&b, &filter[1]) &&
                   same_filter(&filter[0], &filter[1]);
            break;
        case MQTT5_KIND_REASON_CODES:
            same = mqtt5_next_reason_code(&a, &code[0]) && mqtt5_next_reason_code(&b, &code[1]) && code[0] == code[1];
            break;
        default:
            same = mqtt5_next_pattern(&a, &view[0]) && mqtt5_next_pattern(&b, &view[1]) && same_view(view[0], view[1]);
            break;
        }
    }
    return same && a.count == 0 && b.count == 0;
}

/* The structs of that type (see mqtt5_reflect) at a and b, with these properties present. */
static inline bool same_struct(unsigned type, const void *a, const void *b, uint64_t present)
{
    mqtt5_member member;
    size_t i;

    for (i = 0; mqtt5_reflect(type, i, &member); i++) {
        const char *x = (const char *)a + member.offset;
        const char *y = (const char *)b + member.offset;
        bool same = true;

        if (member.property != 0 && (present >> member.property & 1) == 0) {
            continue;
        }
        if (member.flag != 0) {
            bool there = *(const bool *)((const char *)a + member.flag);

            if (there != *(const bool *)((const char *)b + member.flag)) {
                return false;
            }
            if (!there) {
                continue;
            }
        }
        switch (member.kind) {
        case MQTT5_KIND_BOOL:
            same = *(const bool *)x == *(const bool *)y;
            break;
        case MQTT5_KIND_BYTE:
            same = *(const uint8_t *)x == *(const uint8_t *)y;
            break;
        case MQTT5_KIND_U16:
            same = *(const uint16_t *)x == *(const uint16_t *)y;
            break;
        case MQTT5_KIND_U32:
        case MQTT5_KIND_VARINT:
            same = *(const uint32_t *)x == *(const uint32_t *)y;
            break;
        case MQTT5_KIND_STRING:
        case MQTT5_KIND_BINARY:
        case MQTT5_KIND_PAYLOAD:
            same = same_view(*(const mqtt5_view *)x, *(const mqtt5_view *)y);
            break;
        case MQTT5_KIND_WILL: {
            uint64_t will_present = ((const mqtt5_will *)x)->properties.present;

            same = will_present == ((const mqtt5_will *)y)->properties.present &&
                   same_struct(MQTT5_STRUCT_WILL, x, y, will_present);
            break;
        }
        default:
            same = same_list(member.kind, *(const mqtt5_list *)x, *(const mqtt5_list *)y);
            break;
        }
        if (!same) {
            return false;
        }
    }
    return true;
}

static inline bool same_packet(const mqtt5_packet *a, const mqtt5_packet *b)
{
    return a->type == b->type && a->as.properties.present == b->as.properties.present &&
           same_struct(a->type, a, b, a->as.properties.present);
}

#endif
