/* SPDX-License-Identifier: MIT */
/*
 * reflect.c - names, offsets and kinds of the members of the public structs, for bindings.
 *
 * It gives the content of mqtt5.h and the property table at run time. It holds no rules.
 */
#include "mqtt5_table.h"

typedef struct {
    uint16_t structs; /* set of packet types; bit 0: the Will */
    mqtt5_member member;
} row;

/* The highest number that a kind holds. */
enum {
    TOP_BOOL = 0,
    TOP_BYTE = 0xFF,
    TOP_U16 = 0xFFFF,
    TOP_VARINT = MQTT5_MAX_REMAINING_LENGTH,
    TOP_VARINTS = MQTT5_MAX_REMAINING_LENGTH,
    TOP_REASON_CODES = 0xFF,
    TOP_STRING = 0,
    TOP_BINARY = 0,
    TOP_PAYLOAD = 0,
    TOP_WILL = 0,
    TOP_USER_PROPERTIES = 0,
    TOP_TOPIC_FILTERS = 0,
    TOP_PATTERNS = 0
};
#define TOP_U32 0xFFFFFFFFu

/* clang-format off */
#define FLAGGED(type, name, flag, kind, structs) \
    {structs, {#name, offsetof(mqtt5_packet, as.type.name), offsetof(mqtt5_packet, as.type.flag), MQTT5_KIND_##kind, \
               0, 0, TOP_##kind}}
#define RANGED(type, name, kind, structs, lowest, highest) \
    {structs, {#name, offsetof(mqtt5_packet, as.type.name), 0, MQTT5_KIND_##kind, 0, lowest, highest}}
#define MEMBER(type, name, kind, structs) RANGED(type, name, kind, structs, 0, TOP_##kind)
#define PACKET_ID(type, structs) RANGED(type, packet_id, U16, structs, 1, TOP_U16)
#define OF_WILL(name, kind, highest) {IN_WILL, {#name, offsetof(mqtt5_will, name), 0, MQTT5_KIND_##kind, 0, 0, highest}}
/* Offsets in mqtt5_properties. */
#define PROPERTY(id, name, kind, rule, packets) \
    {packets, {#name, offsetof(mqtt5_properties, name), 0, MQTT5_KIND_##kind, id, \
               RULE_##rule == RULE_NOT_ZERO || RULE_##rule == RULE_TOPIC_ALIAS, \
               RULE_##rule == RULE_BOOLEAN ? 1 : TOP_##kind}},
#define OF_FILTER(name, kind, highest) \
    {#name, offsetof(mqtt5_topic_filter, name), 0, MQTT5_KIND_##kind, 0, 0, highest}
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

static const mqtt5_member filter_members[] = {
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

bool mqtt5_reflect(unsigned type, size_t index, mqtt5_member *member)
{
    const row *found;

    if (type == MQTT5_STRUCT_TOPIC_FILTER) {
        if (index < COUNT(filter_members)) {
            *member = filter_members[index];
        }
        return index < COUNT(filter_members);
    }
    if (type > MQTT5_AUTH) {
        return false;
    }
    found = find(fields, COUNT(fields), type, &index);
    if (found != NULL) {
        *member = found->member;
        return true;
    }
    found = find(properties, COUNT(properties), type, &index);
    if (found == NULL) {
        return false;
    }
    *member = found->member;
    if (type == MQTT5_STRUCT_WILL) {
        member->offset = (uint16_t)(member->offset + offsetof(mqtt5_will, properties));
    } else {
        member->offset = (uint16_t)(member->offset + offsetof(mqtt5_packet, as));
    }
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
        if (properties[i].member.property == field) {
            return properties[i].member.name;
        }
    }
    return "";
}
