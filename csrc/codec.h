/* SPDX-License-Identifier: MIT */
/*
 * codec.h - what the files of the codec share, and the property table.
 *
 * The table is the one place that says what a property is. The functions
 * declared here are not part of the public interface.
 */
#ifndef MQTT5_CODEC_H
#define MQTT5_CODEC_H

#include "wire.h"

/* Sizes of packets need 28 bits, and a header. */
typedef char size_t_is_wide_enough[(size_t)-1 >= 0xFFFFFFFFu ? 1 : -1];

/* Sets of packet types; bit 0, a reserved type, stands for the CONNECT's Will. */
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
    IN_DISCONNECT = 1 << MQTT5_DISCONNECT,
    IN_AUTH = 1 << MQTT5_AUTH,
    ANYWHERE = 0xFFFF,
    IN_MESSAGE = IN_PUBLISH | IN_WILL,
    IN_PUBLISH_ACK = IN_PUBACK | IN_PUBREC | IN_PUBREL | IN_PUBCOMP,
    IN_REASONED = IN_CONNACK | IN_PUBLISH_ACK | IN_SUBACK | IN_UNSUBACK | IN_DISCONNECT | IN_AUTH
};

/* What a property's value must be, beyond what its kind says. */
typedef enum rule {
    RULE_NONE,
    RULE_BOOLEAN, /* 0 or 1 */
    RULE_NOT_ZERO,
    RULE_TOPIC_ALIAS, /* not zero, with a reason code of its own */
    RULE_TOPIC_NAME
} rule;

/*
 * Table 2-4: identifier, member, kind, rule, packets; in the order of the
 * identifiers. Property 11 has two rows, since it is one number in SUBSCRIBE
 * and a list in PUBLISH; rows of one identifier stand together.
 */
#define MQTT5_PROPERTY_TABLE(X)                                                                                     \
    X(MQTT5_PROPERTY_PAYLOAD_FORMAT_INDICATOR, payload_format_indicator, BYTE, BOOLEAN, IN_MESSAGE)                 \
    X(MQTT5_PROPERTY_MESSAGE_EXPIRY_INTERVAL, message_expiry_interval, U32, NONE, IN_MESSAGE)                       \
    X(MQTT5_PROPERTY_CONTENT_TYPE, content_type, STRING, NONE, IN_MESSAGE)                                          \
    X(MQTT5_PROPERTY_RESPONSE_TOPIC, response_topic, STRING, TOPIC_NAME, IN_MESSAGE)                                \
    X(MQTT5_PROPERTY_CORRELATION_DATA, correlation_data, BINARY, NONE, IN_MESSAGE)                                  \
    X(MQTT5_PROPERTY_SUBSCRIPTION_ID, subscription_ids, VARINTS, NOT_ZERO, IN_PUBLISH)                              \
    X(MQTT5_PROPERTY_SUBSCRIPTION_ID, subscription_id, VARINT, NOT_ZERO, IN_SUBSCRIBE)                              \
    X(MQTT5_PROPERTY_SESSION_EXPIRY_INTERVAL, session_expiry_interval, U32, NONE,                                   \
      IN_CONNECT | IN_CONNACK | IN_DISCONNECT)                                                                      \
    X(MQTT5_PROPERTY_ASSIGNED_CLIENT_ID, assigned_client_id, STRING, NONE, IN_CONNACK)                              \
    X(MQTT5_PROPERTY_SERVER_KEEP_ALIVE, server_keep_alive, U16, NONE, IN_CONNACK)                                   \
    X(MQTT5_PROPERTY_AUTHENTICATION_METHOD, authentication_method, STRING, NONE, IN_CONNECT | IN_CONNACK | IN_AUTH) \
    X(MQTT5_PROPERTY_AUTHENTICATION_DATA, authentication_data, BINARY, NONE, IN_CONNECT | IN_CONNACK | IN_AUTH)     \
    X(MQTT5_PROPERTY_REQUEST_PROBLEM_INFO, request_problem_info, BYTE, BOOLEAN, IN_CONNECT)                         \
    X(MQTT5_PROPERTY_WILL_DELAY_INTERVAL, will_delay_interval, U32, NONE, IN_WILL)                                  \
    X(MQTT5_PROPERTY_REQUEST_RESPONSE_INFO, request_response_info, BYTE, BOOLEAN, IN_CONNECT)                       \
    X(MQTT5_PROPERTY_RESPONSE_INFO, response_info, STRING, NONE, IN_CONNACK)                                        \
    X(MQTT5_PROPERTY_SERVER_REFERENCE, server_reference, STRING, NONE, IN_CONNACK | IN_DISCONNECT)                  \
    X(MQTT5_PROPERTY_REASON_STR, reason_str, STRING, NONE, IN_REASONED)                                             \
    X(MQTT5_PROPERTY_RECEIVE_MAX, receive_max, U16, NOT_ZERO, IN_CONNECT | IN_CONNACK)                              \
    X(MQTT5_PROPERTY_TOPIC_ALIAS_MAX, topic_alias_max, U16, NONE, IN_CONNECT | IN_CONNACK)                          \
    X(MQTT5_PROPERTY_TOPIC_ALIAS, topic_alias, U16, TOPIC_ALIAS, IN_PUBLISH)                                        \
    X(MQTT5_PROPERTY_MAX_QOS, max_qos, BYTE, BOOLEAN, IN_CONNACK)                                                   \
    X(MQTT5_PROPERTY_RETAIN_AVAILABLE, retain_available, BYTE, BOOLEAN, IN_CONNACK)                                 \
    X(MQTT5_PROPERTY_USER_PROPERTIES, user_properties, USER_PROPERTIES, NONE,                                       \
      IN_REASONED | IN_MESSAGE | IN_CONNECT | IN_SUBSCRIBE | IN_UNSUBSCRIBE)                                        \
    X(MQTT5_PROPERTY_MAX_PACKET_SIZE, max_packet_size, U32, NOT_ZERO, IN_CONNECT | IN_CONNACK)                      \
    X(MQTT5_PROPERTY_WILDCARD_SUBSCRIPTION_AVAILABLE, wildcard_subscription_available, BYTE, BOOLEAN, IN_CONNACK)   \
    X(MQTT5_PROPERTY_SUBSCRIPTION_ID_AVAILABLE, subscription_id_available, BYTE, BOOLEAN, IN_CONNACK)               \
    X(MQTT5_PROPERTY_SHARED_SUBSCRIPTION_AVAILABLE, shared_subscription_available, BYTE, BOOLEAN, IN_CONNACK)

/* One row of the table. */
typedef struct property {
    uint8_t id;
    uint8_t kind; /* mqtt5_kind */
    uint8_t rule;
    uint16_t offset; /* in mqtt5_properties */
    uint16_t packets;
} property;

static inline bool is_list(unsigned kind)
{
    return kind >= MQTT5_KIND_VARINTS;
}

/* One value of any kind; of a list, one item. */
typedef union value {
    uint8_t byte;
    uint16_t u16;
    uint32_t u32;
    mqtt5_view view;
    mqtt5_user_property user;
    mqtt5_topic_filter filter;
} value;

/* table.c: where is a set of packet types. */
const property *mqtt5_find_property(uint32_t id, unsigned where);
mqtt5_status mqtt5_refuse_property(uint32_t id); /* why none was found */

/* value.c: to and from point to a member of that kind, or to a value. */
void mqtt5_read_value(reader *r, unsigned kind, void *to);
void mqtt5_write_value(writer *w, unsigned kind, const void *from);

/* list.c */
bool mqtt5_next_item(mqtt5_list *list, unsigned kind, void *item);
void mqtt5_read_list(reader *r, unsigned kind, unsigned field, mqtt5_list *list);
void mqtt5_write_list(writer *w, unsigned kind, unsigned id, mqtt5_list list);

/* property.c */
void mqtt5_read_properties(reader *r, unsigned where, mqtt5_properties *properties);
void mqtt5_write_properties(writer *w, unsigned where, const mqtt5_properties *properties);

/* text.c */
bool mqtt5_is_utf8(mqtt5_view text);
bool mqtt5_is_shared(mqtt5_view pattern);

/* The lowest bit that is set, of a number that is not 0. */
static inline unsigned lowest_bit(uint64_t bits)
{
#if defined(__GNUC__)
    return (unsigned)__builtin_ctzll(bits);
#else
    unsigned n = 0;

    while (!(bits & 1)) {
        bits >>= 1;
        n++;
    }
    return n;
#endif
}

#endif
