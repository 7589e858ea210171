/* SPDX-License-Identifier: MIT */
/*
 * mqtt5_codec.h - what the files of the codec share, and the property table.
 *
 * The table is the one place that says what a property is. The functions
 * declared here are not part of the public interface.
 */
#ifndef MQTT5_CODEC_H
#define MQTT5_CODEC_H

#include "mqtt5_wire.h"

/* Sizes of packets need 28 bits, and a header. */
typedef char size_t_is_wide_enough[(size_t)-1 >= 0xFFFFFFFFu ? 1 : -1];

/*
 * Sets of packet types; bit 0, a reserved type, stands for the CONNECT's Will. They are one enumeration, since C++20
 * does not want numbers of two in one expression.
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
     * Which packets are decoded and which encoded: all, or only those that one side
     * receives and sends (table 2-1). The code for the others is left out.
     */
    FROM_BOTH = IN_PUBLISH | IN_PUBLISH_ACK | IN_DISCONNECT | IN_AUTH,
    FROM_CLIENT = FROM_BOTH | IN_CONNECT | IN_SUBSCRIBE | IN_UNSUBSCRIBE | IN_PINGREQ,
    FROM_BROKER = FROM_BOTH | IN_CONNACK | IN_SUBACK | IN_UNSUBACK | IN_PINGRESP,
#if defined(MQTT5_CLIENT_ONLY) && defined(MQTT5_BROKER_ONLY)
#error "MQTT5_CLIENT_ONLY and MQTT5_BROKER_ONLY exclude each other; without either, the codec serves both"
#elif defined(MQTT5_CLIENT_ONLY)
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

/* For a type that exists; where all are in the set, the compiler asks nothing. */
static inline bool is_in(unsigned packets, unsigned type)
{
    return packets == ANYWHERE || (packets >> type & 1) != 0;
}

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
/* One row more at each end of the table. */
enum { HIGHEST_PROPERTY = MQTT5_PROP_SHARED_SUBSCRIPTION_AVAILABLE, ROWS = 1 MQTT5_PROPERTY_TABLE(MQTT5_ONE_ROW) + 1 };

static inline bool is_list(unsigned kind)
{
    return kind >= MQTT5_KIND_VARINTS;
}

/*
 * NOINLINE keeps a function that is rarely needed from taking stack in those that
 * call it. INLINE is for one that is smaller where it is called. FAST is for one
 * that is worth a copy in each of its callers, where the compiler knows more of
 * its arguments; a program that is to be small goes without (then IS_FAST is 0),
 * and keeps what is APART from taking stack, too.
 */
#if defined(__GNUC__)
#define INLINE inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))
#else
#define INLINE inline
#define NOINLINE
#endif
#if defined(__GNUC__) && defined(__OPTIMIZE__) && !defined(__OPTIMIZE_SIZE__)
#define IS_FAST 1
#define FAST INLINE
#define APART INLINE
#elif defined(__GNUC__)
#define IS_FAST 0
#define FAST inline
#define APART __attribute__((noinline, unused))
#else
#define IS_FAST 0
#define FAST inline
#define APART inline
#endif

/* One value of any kind; of a list, one item. */
typedef union value {
    uint8_t byte;
    uint16_t u16;
    uint32_t u32;
    mqtt5_view view;
    mqtt5_string_pair user;
    mqtt5_topic_filter filter;
} value;

/* Another file of the codec may call these, a program that links it may not. */
#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* table.c */
extern const property mqtt5_rows[ROWS];
extern const uint8_t mqtt5_first_row[HIGHEST_PROPERTY + 1];
mqtt5_status mqtt5_refuse_property(uint32_t id); /* why find_property() found none */

/* value.c */
const void *mqtt5_next_item(mqtt5_list *list, unsigned kind, value *room);
void mqtt5_read_list(reader *r, unsigned kind, unsigned field, mqtt5_list *list);
void mqtt5_write_list(writer *w, unsigned kind, unsigned id, const mqtt5_list *list);
void mqtt5_read_properties(reader *r, unsigned where, mqtt5_properties *properties);
void mqtt5_write_properties(writer *w, unsigned where, const mqtt5_properties *properties);

/* text.c */
mqtt5_status mqtt5_check_string(const uint8_t *data, size_t size);
bool mqtt5_is_shared(mqtt5_view pattern);

/* packet.c */
void mqtt5_note_field(struct finder *f, unsigned field, const uint8_t *at, size_t item);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

/* The row of a property in a set of packet types; NULL if there is no such property in any of them. */
static INLINE const property *find_property(uint32_t id, unsigned where)
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

/*
 * Finds the field that is wrong, when a packet is read for the second time: the
 * one that cannot be read, or a given one whose value was refused.
 */
typedef struct finder {
    const uint8_t *at; /* where the last field begins, up to the one that is found */
    size_t item;       /* which item of a list it is, else 0 */
    uint8_t field;
    uint8_t wanted; /* the field that was refused, 0 if none ... */
    bool found;
    size_t skip; /* ... after so many others of the same name */
} finder;

/* Says which field, and which item of it, begins at a place. */
static inline void note_field(const reader *r, unsigned field, const uint8_t *at, size_t item)
{
    if (r->finder != NULL && r->status == MQTT5_OK) {
        mqtt5_note_field(r->finder, field, at, item);
    }
}

/* Says which field comes next. */
static inline void begin_field(const reader *r, unsigned field)
{
    note_field(r, field, r->at, 0);
}

/*
 * The length of what was written behind start, plus more: at start, where it was
 * given so many bytes in advance. They must not be more than it takes; if they
 * are fewer, what is behind them moves.
 */
static APART void write_length(writer *w, size_t start, size_t given, size_t more)
{
    const size_t written = w->at - start - given, length = written + more, size = varint_size(length);

    if (count_bytes(w, size - given)) {
        uint8_t *to = w->data + start;

        if (size != given) {
            memmove(to + size, to + given, written);
        }
        put_varint(to, length, size);
    }
}

/* Bit n. Where a register has 32 bits, shifting 64 of them is slow, and here needless. */
static inline uint64_t bit(unsigned n)
{
    if (sizeof(size_t) >= sizeof(uint64_t)) {
        return (uint64_t)1 << n;
    }
    return n < 32 ? (uint32_t)1 << n : (uint64_t)((uint32_t)1 << (n - 32)) << 32;
}

/* The lowest bit that is set, of a number that is not 0. */
static inline unsigned lowest_bit(uint64_t bits)
{
#if defined(__GNUC__)
    if (sizeof(size_t) >= sizeof(uint64_t)) {
        return (unsigned)__builtin_ctzll(bits);
    }
    return (uint32_t)bits != 0 ? (unsigned)__builtin_ctz((uint32_t)bits)
                               : 32 + (unsigned)__builtin_ctz((uint32_t)(bits >> 32));
#else
    unsigned n = 0;

    for (; !(bits & 1); bits >>= 1) {
        n++;
    }
    return n;
#endif
}

#endif
