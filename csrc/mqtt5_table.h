/* SPDX-License-Identifier: MIT */
/*
 * mqtt5_table.h - sets of packet types, rules, and the property table.
 *
 * The table is the one place that says what a property is. It does not know
 * how values are read, written or checked.
 */
#ifndef MQTT5_TABLE_H
#define MQTT5_TABLE_H

#include "mqtt5.h"
#include "mqtt5_config.h"

/*
 * Sets of packet types; bit 0, a reserved type, stands for the CONNECT's Will. All are in one enumeration: C++20
 * deprecates arithmetic between two of them.
 */
enum {
    IN_WILL = 1 << 0,
    IN_CONNECT = 1 << MQTT5_CONNECT,
    IN_CONNACK = 1 << MQTT5_CONNACK,
    IN_PUBLISH = 1 << MQTT5_PUBLISH,
    IN_PUBACK = 1 << MQTT5_PUBACK,
    IN_PUBREC = 1 << MQTT5_PUBREC,
    IN_PUBREL = 1 << MQTT5_PUBREL,
    IN_PUBCOMP = 1 << MQTT5_PUBCOMP,
    IN_SUBSCRIBE = 1 << MQTT5_SUBSCRIBE,
    IN_SUBACK = 1 << MQTT5_SUBACK,
    IN_UNSUBSCRIBE = 1 << MQTT5_UNSUBSCRIBE,
    IN_UNSUBACK = 1 << MQTT5_UNSUBACK,
    IN_PINGREQ = 1 << MQTT5_PINGREQ,
    IN_PINGRESP = 1 << MQTT5_PINGRESP,
    IN_DISCONNECT = 1 << MQTT5_DISCONNECT,
    IN_AUTH = 1 << MQTT5_AUTH,
    ANYWHERE = 0xFFFF,
    IN_MESSAGE = IN_PUBLISH | IN_WILL,
    IN_PUBLISH_ACK = IN_PUBACK | IN_PUBREC | IN_PUBREL | IN_PUBCOMP,
    IN_RECEIVED = IN_PUBACK | IN_PUBREC,
    IN_SUBSCRIBE_ACK = IN_SUBACK | IN_UNSUBACK,
    IN_CLOSING = IN_CONNACK | IN_DISCONNECT,
    IN_REASONED = IN_CONNACK | IN_PUBLISH_ACK | IN_SUBACK | IN_UNSUBACK | IN_DISCONNECT | IN_AUTH,

    /*
     * The packets that are decoded and those that are encoded: all, or only those
     * that one side receives and sends (table 2-1). Code for other packets is not compiled.
     */
    FROM_BOTH = IN_PUBLISH | IN_PUBLISH_ACK | IN_DISCONNECT | IN_AUTH,
    FROM_CLIENT = FROM_BOTH | IN_CONNECT | IN_SUBSCRIBE | IN_UNSUBSCRIBE | IN_PINGREQ,
    FROM_BROKER = FROM_BOTH | IN_CONNACK | IN_SUBACK | IN_UNSUBACK | IN_PINGRESP,
#if defined(MQTT5_CLIENT_ONLY)
    DECODED = FROM_BROKER,
    ENCODED = FROM_CLIENT
#elif defined(MQTT5_BROKER_ONLY)
    DECODED = FROM_CLIENT,
    ENCODED = FROM_BROKER
#else
    DECODED = ANYWHERE,
    ENCODED = ANYWHERE
#endif
};

/* The packets of one side. */
static inline unsigned packets_of(unsigned sender)
{
    return sender == MQTT5_SENDER_CLIENT ? FROM_CLIENT : sender == MQTT5_SENDER_SERVER ? FROM_BROKER : ANYWHERE;
}

/* type is 1 to 15. With the full set the test folds away. */
static inline bool is_in(unsigned packets, unsigned type)
{
    return packets == ANYWHERE || (packets >> type & 1) != 0;
}

/* What is required of a property's value, besides its kind. */
typedef enum rule {
    RULE_NONE,
    RULE_BOOLEAN, /* 0 or 1 */
    RULE_NOT_ZERO,
    RULE_TOPIC_ALIAS, /* not 0, with its own reason code */
    RULE_TOPIC_NAME
} rule;

/*
 * Table 2-4: identifier, member, kind, rule, packets; in the order of the
 * identifiers. Property 11 has two adjacent rows: it is one number in SUBSCRIBE
 * and a list in PUBLISH.
 */
#define MQTT5_PROPERTY_TABLE(X)                                                                                        \
    X(MQTT5_PROP_PAYLOAD_FORMAT_INDICATOR, payload_format_indicator, BYTE, BOOLEAN, IN_MESSAGE)                        \
    X(MQTT5_PROP_MESSAGE_EXPIRY_INTERVAL, message_expiry_interval, U32, NONE, IN_MESSAGE)                              \
    X(MQTT5_PROP_CONTENT_TYPE, content_type, STRING, NONE, IN_MESSAGE)                                                 \
    X(MQTT5_PROP_RESPONSE_TOPIC, response_topic, STRING, TOPIC_NAME, IN_MESSAGE)                                       \
    X(MQTT5_PROP_CORRELATION_DATA, correlation_data, BINARY, NONE, IN_MESSAGE)                                         \
    X(MQTT5_PROP_SUBSCRIPTION_ID, subscription_ids, VARINTS, NOT_ZERO, IN_PUBLISH)                                     \
    X(MQTT5_PROP_SUBSCRIPTION_ID, subscription_id, VARINT, NOT_ZERO, IN_SUBSCRIBE)                                     \
    X(MQTT5_PROP_SESSION_EXPIRY_INTERVAL, session_expiry_interval, U32, NONE, IN_CONNECT | IN_CONNACK | IN_DISCONNECT) \
    X(MQTT5_PROP_ASSIGNED_CLIENT_ID, assigned_client_id, STRING, NONE, IN_CONNACK)                                     \
    X(MQTT5_PROP_SERVER_KEEP_ALIVE, server_keep_alive, U16, NONE, IN_CONNACK)                                          \
    X(MQTT5_PROP_AUTHENTICATION_METHOD, authentication_method, STRING, NONE, IN_CONNECT | IN_CONNACK | IN_AUTH)        \
    X(MQTT5_PROP_AUTHENTICATION_DATA, authentication_data, BINARY, NONE, IN_CONNECT | IN_CONNACK | IN_AUTH)            \
    X(MQTT5_PROP_REQUEST_PROBLEM_INFO, request_problem_info, BYTE, BOOLEAN, IN_CONNECT)                                \
    X(MQTT5_PROP_WILL_DELAY_INTERVAL, will_delay_interval, U32, NONE, IN_WILL)                                         \
    X(MQTT5_PROP_REQUEST_RESPONSE_INFO, request_response_info, BYTE, BOOLEAN, IN_CONNECT)                              \
    X(MQTT5_PROP_RESPONSE_INFO, response_info, STRING, NONE, IN_CONNACK)                                               \
    X(MQTT5_PROP_SERVER_REFERENCE, server_reference, STRING, NONE, IN_CONNACK | IN_DISCONNECT)                         \
    X(MQTT5_PROP_REASON_STR, reason_str, STRING, NONE, IN_REASONED)                                                    \
    X(MQTT5_PROP_RECEIVE_MAX, receive_max, U16, NOT_ZERO, IN_CONNECT | IN_CONNACK)                                     \
    X(MQTT5_PROP_TOPIC_ALIAS_MAX, topic_alias_max, U16, NONE, IN_CONNECT | IN_CONNACK)                                 \
    X(MQTT5_PROP_TOPIC_ALIAS, topic_alias, U16, TOPIC_ALIAS, IN_PUBLISH)                                               \
    X(MQTT5_PROP_MAX_QOS, max_qos, BYTE, BOOLEAN, IN_CONNACK)                                                          \
    X(MQTT5_PROP_RETAIN_AVAILABLE, retain_available, BYTE, BOOLEAN, IN_CONNACK)                                        \
    X(MQTT5_PROP_USER_PROPERTIES, user_properties, USER_PROPERTIES, NONE,                                              \
      IN_REASONED | IN_MESSAGE | IN_CONNECT | IN_SUBSCRIBE | IN_UNSUBSCRIBE)                                           \
    X(MQTT5_PROP_MAX_PACKET_SIZE, max_packet_size, U32, NOT_ZERO, IN_CONNECT | IN_CONNACK)                             \
    X(MQTT5_PROP_WILDCARD_SUBSCRIPTION_AVAILABLE, wildcard_subscription_available, BYTE, BOOLEAN, IN_CONNACK)          \
    X(MQTT5_PROP_SUBSCRIPTION_ID_AVAILABLE, subscription_id_available, BYTE, BOOLEAN, IN_CONNACK)                      \
    X(MQTT5_PROP_SHARED_SUBSCRIPTION_AVAILABLE, shared_subscription_available, BYTE, BOOLEAN, IN_CONNACK)

/* One row of the table. */
typedef struct property {
    uint8_t id;
    uint8_t kind; /* mqtt5_kind */
    uint8_t rule;
    uint16_t offset; /* in mqtt5_properties */
    uint16_t packets;
} property;

#define MQTT5_ONE_ROW(id, member, kind, rule, packets) +1
/* One more row at each end of the table. */
enum { HIGHEST_PROPERTY = MQTT5_PROP_SHARED_SUBSCRIPTION_AVAILABLE, ROWS = 1 MQTT5_PROPERTY_TABLE(MQTT5_ONE_ROW) + 1 };

static inline bool is_list(unsigned kind)
{
    return kind >= MQTT5_KIND_VARINTS;
}

/* Functions and data of the codec are hidden from programs that link a shared library. */
#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* status.c: fills in an error, unless it is NULL, without offset and packet identifier. Returns the status. */
mqtt5_status mqtt5_report(mqtt5_error *error, mqtt5_status status, unsigned field, size_t index);

extern const property mqtt5_rows[ROWS];
extern const uint8_t mqtt5_first_row[HIGHEST_PROPERTY + 1];
const property *mqtt5_find_property(uint32_t id, unsigned where);
mqtt5_status mqtt5_refuse_property(uint32_t id); /* the reason why find_property() found none */

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

/* The row of a property in a set of packet types; NULL if none of them has that property. */
static INLINE const property *find_property_here(uint32_t id, unsigned where)
{
    const property *row;

    if (id > HIGHEST_PROPERTY) {
        return NULL;
    }
    row = &mqtt5_rows[mqtt5_first_row[id]];
    do {
        if (row->packets & where) {
            return row;
        }
        row++;
    } while (row->id == id);
    return NULL;
}

/* mqtt5_find_property(), inlined where speed matters more than size. */
static FAST const property *find_property(uint32_t id, unsigned where)
{
    return IS_FAST ? find_property_here(id, where) : mqtt5_find_property(id, where);
}

#endif
