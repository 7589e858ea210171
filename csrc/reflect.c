/* SPDX-License-Identifier: MIT */
/*
 * reflect.c - names, offsets and kinds of the members of the public structs, for bindings.
 *
 * It says what mqtt5.h and the property table say, at run time. It holds no rules.
 */
#include "mqtt5_table.h"

typedef struct {
    uint16_t structs; /* set of packet types; bit 0: the Will */
    mqtt5_member member;
} row;

/* clang-format off */
#define FLAGGED(type, name, flag, kind, structs) \
    {structs, {#name, offsetof(mqtt5_packet, as.type.name), offsetof(mqtt5_packet, as.type.flag), MQTT5_KIND_##kind, 0}}
#define MEMBER(type, name, kind, structs) \
    {structs, {#name, offsetof(mqtt5_packet, as.type.name), 0, MQTT5_KIND_##kind, 0}}
#define OF_WILL(name, kind) {IN_WILL, {#name, offsetof(mqtt5_will, name), 0, MQTT5_KIND_##kind, 0}}
/* Offsets in mqtt5_properties. */
#define PROPERTY(id, name, kind, rule, packets) \
    {packets, {#name, offsetof(mqtt5_properties, name), 0, MQTT5_KIND_##kind, id}},
#define OF_FILTER(name, kind) {#name, offsetof(mqtt5_topic_filter, name), 0, MQTT5_KIND_##kind, 0}
/* clang-format on */

static const row fields[] = {
    OF_WILL(topic, STRING),
    OF_WILL(payload, BINARY),
    OF_WILL(qos, BYTE),
    OF_WILL(retain, BOOL),
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
    MEMBER(publish, qos, BYTE, IN_PUBLISH),
    MEMBER(publish, retain, BOOL, IN_PUBLISH),
    MEMBER(publish, packet_id, U16, IN_PUBLISH),
    MEMBER(publish, duplicate, BOOL, IN_PUBLISH),
    MEMBER(puback, packet_id, U16, IN_PUBLISH_ACK),
    MEMBER(puback, reason_code, BYTE, IN_PUBLISH_ACK),
    MEMBER(subscribe, packet_id, U16, IN_SUBSCRIBE),
    MEMBER(subscribe, topic_filters, TOPIC_FILTERS, IN_SUBSCRIBE),
    MEMBER(suback, packet_id, U16, IN_SUBACK | IN_UNSUBACK),
    MEMBER(suback, reason_codes, REASON_CODES, IN_SUBACK | IN_UNSUBACK),
    MEMBER(unsubscribe, packet_id, U16, IN_UNSUBSCRIBE),
    MEMBER(unsubscribe, patterns, PATTERNS, IN_UNSUBSCRIBE),
    MEMBER(disconnect, reason_code, BYTE, IN_DISCONNECT | IN_AUTH),
};

static const row properties[] = {MQTT5_PROPERTY_TABLE(PROPERTY)};

static const mqtt5_member filter_members[] = {
    OF_FILTER(pattern, STRING),           OF_FILTER(max_qos, BYTE),         OF_FILTER(no_local, BOOL),
    OF_FILTER(retain_as_published, BOOL), OF_FILTER(retain_handling, BYTE),
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
