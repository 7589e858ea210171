/* SPDX-License-Identifier: MIT */
/*
 * reflect.c - names, offsets and kinds of the members of the public structs, for bindings.
 *
 * It gives the content of mqtt5.h and the property table at run time. It holds no rules.
 */
#include "mqtt5_table.h"

/* A member of the public structs. */
typedef struct {
    const char *name;
    uint16_t structs; /* set of packet types; bit 0: the Will */
    uint16_t offset;
    uint16_t flag;
    uint8_t kind;
    uint8_t property;
    uint8_t lowest;
    uint8_t highest; /* 0: as high as the kind goes */
} row;

/* clang-format off */
#define FLAGGED(type, name, flag, kind, structs) \
    {#name, structs, offsetof(mqtt5_packet, as.type.name), offsetof(mqtt5_packet, as.type.flag), MQTT5_KIND_##kind, 0, 0, 0}
#define RANGED(type, name, kind, structs, lowest, highest) \
    {#name, structs, offsetof(mqtt5_packet, as.type.name), 0, MQTT5_KIND_##kind, 0, lowest, highest}
#define MEMBER(type, name, kind, structs) RANGED(type, name, kind, structs, 0, 0)
#define PACKET_ID(type, structs) RANGED(type, packet_id, U16, structs, 1, 0)
#define OF_WILL(name, kind, highest) {#name, IN_WILL, offsetof(mqtt5_will, name), 0, MQTT5_KIND_##kind, 0, 0, highest}
/* Offsets in mqtt5_properties. */
#define PROPERTY(id, name, kind, rule, packets) \
    {#name, packets, offsetof(mqtt5_properties, name), 0, MQTT5_KIND_##kind, id, \
     RULE_##rule == RULE_NOT_ZERO || RULE_##rule == RULE_TOPIC_ALIAS, RULE_##rule == RULE_BOOLEAN},
#define OF_FILTER(name, kind, highest) \
    {#name, 0, offsetof(mqtt5_topic_filter, name), 0, MQTT5_KIND_##kind, 0, 0, highest}
/* clang-format on */

static const row fields[] = {
    OF_WILL(topic, STRING, 0),
    OF_WILL(payload, BINARY, 0),
    OF_WILL(qos, BYTE, 2),
    OF_WILL(retain, BOOL, 0),
    MEMBER(connect, client_id, STRING, IN_CONNECT),
    FLAGGED(connect, username, has_username, STRING, IN_CONNECT),
    FLAGGED(connect, password, has_password, BINARY, IN_CONNECT),
    MEMBER(connect, clean_start, BOOL, IN_CONNECT),
    FLAGGED(connect, will, has_will, WILL, IN_CONNECT),
    MEMBER(connect, keep_alive, U16, IN_CONNECT),
    MEMBER(connack, session_present, BOOL, IN_CONNACK),
    MEMBER(connack, reason_code, BYTE, IN_CONNACK),
    MEMBER(publish, topic, STRING, IN_PUBLISH),
    MEMBER(publish, payload, PAYLOAD, IN_PUBLISH),
    RANGED(publish, qos, BYTE, IN_PUBLISH, 0, 2),
    MEMBER(publish, retain, BOOL, IN_PUBLISH),
    PACKET_ID(publish, IN_PUBLISH),
    MEMBER(publish, duplicate, BOOL, IN_PUBLISH),
    PACKET_ID(puback, IN_PUBLISH_ACK),
    MEMBER(puback, reason_code, BYTE, IN_PUBLISH_ACK),
    PACKET_ID(subscribe, IN_SUBSCRIBE),
    MEMBER(subscribe, topic_filters, TOPIC_FILTERS, IN_SUBSCRIBE),
    PACKET_ID(suback, IN_SUBACK | IN_UNSUBACK),
    MEMBER(suback, reason_codes, REASON_CODES, IN_SUBACK | IN_UNSUBACK),
    PACKET_ID(unsubscribe, IN_UNSUBSCRIBE),
    MEMBER(unsubscribe, patterns, PATTERNS, IN_UNSUBSCRIBE),
    MEMBER(disconnect, reason_code, BYTE, IN_DISCONNECT | IN_AUTH),
};

static const row properties[] = {MQTT5_PROPERTY_TABLE(PROPERTY)};

static const row filter_members[] = {
    OF_FILTER(pattern, STRING, 0),           OF_FILTER(max_qos, BYTE, 2),         OF_FILTER(no_local, BOOL, 0),
    OF_FILTER(retain_as_published, BOOL, 0), OF_FILTER(retain_handling, BYTE, 2),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The row of that index among those of the struct; otherwise *index is lowered by their number. */
static const row *find(const row *rows, size_t count, unsigned type, size_t *index)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if ((rows[i].structs >> type & 1) && (*index)-- == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

static uint32_t highest_of(const row *found)
{
    if (found->highest != 0) {
        return found->highest;
    }
    switch (found->kind) {
    case MQTT5_KIND_BYTE:
    case MQTT5_KIND_REASON_CODES:
        return 0xFF;
    case MQTT5_KIND_U16:
        return 0xFFFF;
    case MQTT5_KIND_U32:
        return 0xFFFFFFFFu;
    case MQTT5_KIND_VARINT:
    case MQTT5_KIND_VARINTS:
        return MQTT5_MAX_REMAINING_LENGTH;
    default:
        return 0;
    }
}

bool mqtt5_reflect(unsigned type, size_t index, mqtt5_member *member)
{
    const row *found = NULL;
    size_t base = 0; /* of the offset */

    if (type == MQTT5_STRUCT_TOPIC_FILTER) {
        found = index < COUNT(filter_members) ? &filter_members[index] : NULL;
    } else if (type <= MQTT5_AUTH) {
        found = find(fields, COUNT(fields), type, &index);
        if (found == NULL) {
            found = find(properties, COUNT(properties), type, &index);
            base = type == MQTT5_STRUCT_WILL ? offsetof(mqtt5_will, properties) : offsetof(mqtt5_packet, as);
        }
    }
    if (found == NULL) {
        return false;
    }
    member->name = found->name;
    member->offset = (uint16_t)(found->offset + base);
    member->flag = found->flag;
    member->kind = found->kind;
    member->property = found->property;
    member->lowest = found->lowest;
    member->highest = highest_of(found);
    return true;
}

const char *mqtt5_field_name(unsigned field)
{
    static const char *const names[] = {
        "packet_type",
        "flags",
        "remaining_length",
        "property_length",
        "property_id",
        "protocol_name",
        "protocol_version",
        "connect_flags",
        "keep_alive",
        "client_id",
        "username",
        "password",
        "session_present",
        "reason_code",
        "reason_codes",
        "topic",
        "packet_id",
        "payload",
        "qos",
        "duplicate",
        "topic_filters",
        "patterns",
    };
    size_t i;

    field &= ~(unsigned)MQTT5_FIELD_IN_WILL;
    if (field >= MQTT5_FIELD_PACKET_TYPE) {
        i = field - MQTT5_FIELD_PACKET_TYPE;
        return i < COUNT(names) ? names[i] : "";
    }
    for (i = 0; i < COUNT(properties); i++) {
        if (properties[i].property == field) {
            return properties[i].name;
        }
    }
    return "";
}
