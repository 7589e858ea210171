/* SPDX-License-Identifier: MIT */
/** @file
 * mqtt5.h - the public interface of mqtt5, an MQTT 5.0 packet codec.
 *
 * It turns control packets into bytes and back: mqtt5_decode(), mqtt5_encode().
 * It knows no sockets, sessions or defaults, allocates nothing and keeps no
 * state: every function may be called from any thread. Section numbers are
 * those of the OASIS MQTT 5.0 specification.
 *
 * Two options, set when the C files are compiled, make the library smaller.
 * MQTT5_CLIENT_ONLY decodes only packets that a client receives and encodes only
 * packets that a client sends. MQTT5_BROKER_ONLY is the opposite. Packets that
 * both sides send work both ways. Any other packet is an
 * MQTT5_ERR_WRONG_DIRECTION: framing and decoding report it at its first byte,
 * encoding after its check. Checks, lists and topics are the same in all builds.
 */
#ifndef MQTT5_H
#define MQTT5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* -------------------------------------------------------------- version */

/** The version of the header and its library. docs/stability.md states what a new version may change. */
#define MQTT5_VERSION "0.1.0"
#define MQTT5_VERSION_MAJOR 0 /**< from 1.0 on, a new one may break compatibility */
#define MQTT5_VERSION_MINOR 1 /**< a new one adds; before 1.0 it may break compatibility */
#define MQTT5_VERSION_PATCH 0 /**< a new one needs no recompilation */

/** One number for comparisons: 1.2.3 is 10203. */
#define MQTT5_VERSION_NUMBER (MQTT5_VERSION_MAJOR * 10000 + MQTT5_VERSION_MINOR * 100 + MQTT5_VERSION_PATCH)

/*
 * Linkage of public functions; empty unless building (MQTT5_SHARED_BUILD) or
 * using (MQTT5_SHARED) a shared library. A program that includes mqtt5.c in its
 * only file may define it as static.
 */
#if !defined(MQTT5_API)
#if defined(_WIN32) && defined(MQTT5_SHARED_BUILD)
#define MQTT5_API __declspec(dllexport)
#elif defined(_WIN32) && defined(MQTT5_SHARED)
#define MQTT5_API __declspec(dllimport)
#elif defined(__GNUC__) && defined(MQTT5_SHARED_BUILD)
#define MQTT5_API __attribute__((visibility("default")))
#else
#define MQTT5_API
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The text between the two cdef markers is also parsed by CFFI. */
/* cdef begin */

/* --------------------------------------------------------------- limits */

#define MQTT5_MAX_REMAINING_LENGTH 268435455 /**< bytes after the fixed header (2.1.4) */
#define MQTT5_MAX_STRING_SIZE 65535          /**< of a string or Binary Data, in bytes (1.5.4, 1.5.6) */

/* ---------------------------------------------------------------- errors */

/**
 * mqtt5_strerror() has their texts, mqtt5_reason_code() the codes to answer with.
 * Their order gives the code: first malformed packets, then protocol errors.
 */
typedef enum mqtt5_status {
    MQTT5_OK,
    MQTT5_INCOMPLETE,   /**< not an error: more bytes are needed */
    MQTT5_ERR_NO_SPACE, /**< the output buffer is smaller than the packet */
    MQTT5_ERR_PACKET_TOO_LARGE,
    /* malformed packets */
    MQTT5_ERR_RESERVED_TYPE,
    MQTT5_ERR_RESERVED_FLAGS,
    MQTT5_ERR_BAD_VARINT,
    MQTT5_ERR_TRUNCATED,
    MQTT5_ERR_TRAILING_BYTES,
    MQTT5_ERR_UNKNOWN_PROPERTY,
    MQTT5_ERR_MISPLACED_PROPERTY,
    MQTT5_ERR_BAD_UTF8,
    MQTT5_ERR_CONTROL_CHARACTER, /**< only with mqtt5_options.forbid_control_characters */
    MQTT5_ERR_TOO_LONG,
    MQTT5_ERR_BAD_QOS_FLAGS,
    MQTT5_ERR_DUP_WITHOUT_QOS,
    MQTT5_ERR_WILL_FLAGS,
    MQTT5_ERR_BAD_TOPIC_NAME,
    MQTT5_ERR_BAD_TOPIC_FILTER,
    MQTT5_ERR_BAD_SHARE_NAME,
    /* protocol errors */
    MQTT5_ERR_UNSUPPORTED_PROTOCOL,
    MQTT5_ERR_REPEATED_PROPERTY,
    MQTT5_ERR_NOT_BOOLEAN,
    MQTT5_ERR_ZERO_VALUE,
    MQTT5_ERR_ZERO_TOPIC_ALIAS,
    MQTT5_ERR_OUT_OF_RANGE,
    MQTT5_ERR_NO_PACKET_ID,
    MQTT5_ERR_PACKET_ID_WITHOUT_QOS,
    MQTT5_ERR_BAD_REASON_CODE,
    MQTT5_ERR_NO_TOPIC,
    MQTT5_ERR_EMPTY_LIST,
    MQTT5_ERR_BAD_REQUESTED_QOS,
    MQTT5_ERR_BAD_RETAIN_HANDLING,
    MQTT5_ERR_SHARED_NO_LOCAL,
    MQTT5_ERR_NO_AUTHENTICATION_METHOD,
    MQTT5_ERR_WRONG_DIRECTION, /**< only with MQTT5_CLIENT_ONLY or MQTT5_BROKER_ONLY */
    /* only with mqtt5_options.sender */
    MQTT5_ERR_SENDER_TYPE,
    MQTT5_ERR_SENDER_PROPERTY,
    MQTT5_ERR_SENDER_REASON_CODE,
    MQTT5_ERR_NOT_CONNECTED,     /**< with MQTT5_STAGE_OPENING */
    MQTT5_ERR_ALREADY_CONNECTED, /**< with MQTT5_STAGE_OPEN */
    MQTT5_ERR_TOO_MANY_ITEMS,    /**< only with mqtt5_options.max_list_items */
    MQTT5_ERR_TOPIC_ALIAS_TOO_LARGE,
    MQTT5_ERR_UNKNOWN_TOPIC_ALIAS,
    MQTT5_STATUS_COUNT
} mqtt5_status;

/** Property identifiers (2.2.2.2), which are also the bit numbers of mqtt5_properties.present. */
typedef enum mqtt5_property_id {
    MQTT5_PROP_PAYLOAD_FORMAT_INDICATOR = 0x01,
    MQTT5_PROP_MESSAGE_EXPIRY_INTERVAL = 0x02,
    MQTT5_PROP_CONTENT_TYPE = 0x03,
    MQTT5_PROP_RESPONSE_TOPIC = 0x08,
    MQTT5_PROP_CORRELATION_DATA = 0x09,
    MQTT5_PROP_SUBSCRIPTION_ID = 0x0B,
    MQTT5_PROP_SESSION_EXPIRY_INTERVAL = 0x11,
    MQTT5_PROP_ASSIGNED_CLIENT_ID = 0x12,
    MQTT5_PROP_SERVER_KEEP_ALIVE = 0x13,
    MQTT5_PROP_AUTHENTICATION_METHOD = 0x15,
    MQTT5_PROP_AUTHENTICATION_DATA = 0x16,
    MQTT5_PROP_REQUEST_PROBLEM_INFO = 0x17,
    MQTT5_PROP_WILL_DELAY_INTERVAL = 0x18,
    MQTT5_PROP_REQUEST_RESPONSE_INFO = 0x19,
    MQTT5_PROP_RESPONSE_INFO = 0x1A,
    MQTT5_PROP_SERVER_REFERENCE = 0x1C,
    MQTT5_PROP_REASON_STR = 0x1F,
    MQTT5_PROP_RECEIVE_MAX = 0x21,
    MQTT5_PROP_TOPIC_ALIAS_MAX = 0x22,
    MQTT5_PROP_TOPIC_ALIAS = 0x23,
    MQTT5_PROP_MAX_QOS = 0x24,
    MQTT5_PROP_RETAIN_AVAILABLE = 0x25,
    MQTT5_PROP_USER_PROPERTIES = 0x26,
    MQTT5_PROP_MAX_PACKET_SIZE = 0x27,
    MQTT5_PROP_WILDCARD_SUBSCRIPTION_AVAILABLE = 0x28,
    MQTT5_PROP_SUBSCRIPTION_ID_AVAILABLE = 0x29,
    MQTT5_PROP_SHARED_SUBSCRIPTION_AVAILABLE = 0x2A
} mqtt5_property_id;

/** The reason codes (2.4, table 2-6). mqtt5_reason_name() has their names. */
typedef enum mqtt5_reason {
    MQTT5_RC_SUCCESS = 0x00,
    MQTT5_RC_NORMAL_DISCONNECTION = 0x00, /**< DISCONNECT */
    MQTT5_RC_GRANTED_QOS_0 = 0x00,        /**< SUBACK */
    MQTT5_RC_GRANTED_QOS_1 = 0x01,
    MQTT5_RC_GRANTED_QOS_2 = 0x02,
    MQTT5_RC_DISCONNECT_WITH_WILL_MESSAGE = 0x04,
    MQTT5_RC_NO_MATCHING_SUBSCRIBERS = 0x10,
    MQTT5_RC_NO_SUBSCRIPTION_EXISTED = 0x11,
    MQTT5_RC_CONTINUE_AUTHENTICATION = 0x18,
    MQTT5_RC_RE_AUTHENTICATE = 0x19,
    MQTT5_RC_UNSPECIFIED_ERROR = 0x80,
    MQTT5_RC_MALFORMED_PACKET = 0x81,
    MQTT5_RC_PROTOCOL_ERROR = 0x82,
    MQTT5_RC_IMPLEMENTATION_SPECIFIC_ERROR = 0x83,
    MQTT5_RC_UNSUPPORTED_PROTOCOL_VERSION = 0x84,
    MQTT5_RC_CLIENT_ID_NOT_VALID = 0x85,
    MQTT5_RC_BAD_USER_NAME_OR_PASSWORD = 0x86,
    MQTT5_RC_NOT_AUTHORIZED = 0x87,
    MQTT5_RC_SERVER_UNAVAILABLE = 0x88,
    MQTT5_RC_SERVER_BUSY = 0x89,
    MQTT5_RC_BANNED = 0x8A,
    MQTT5_RC_SERVER_SHUTTING_DOWN = 0x8B,
    MQTT5_RC_BAD_AUTHENTICATION_METHOD = 0x8C,
    MQTT5_RC_KEEP_ALIVE_TIMEOUT = 0x8D,
    MQTT5_RC_SESSION_TAKEN_OVER = 0x8E,
    MQTT5_RC_TOPIC_FILTER_INVALID = 0x8F,
    MQTT5_RC_TOPIC_NAME_INVALID = 0x90,
    MQTT5_RC_PACKET_ID_IN_USE = 0x91,
    MQTT5_RC_PACKET_ID_NOT_FOUND = 0x92,
    MQTT5_RC_RECEIVE_MAX_EXCEEDED = 0x93,
    MQTT5_RC_TOPIC_ALIAS_INVALID = 0x94,
    MQTT5_RC_PACKET_TOO_LARGE = 0x95,
    MQTT5_RC_MESSAGE_RATE_TOO_HIGH = 0x96,
    MQTT5_RC_QUOTA_EXCEEDED = 0x97,
    MQTT5_RC_ADMINISTRATIVE_ACTION = 0x98,
    MQTT5_RC_PAYLOAD_FORMAT_INVALID = 0x99,
    MQTT5_RC_RETAIN_NOT_SUPPORTED = 0x9A,
    MQTT5_RC_QOS_NOT_SUPPORTED = 0x9B,
    MQTT5_RC_USE_ANOTHER_SERVER = 0x9C,
    MQTT5_RC_SERVER_MOVED = 0x9D,
    MQTT5_RC_SHARED_SUBSCRIPTIONS_NOT_SUPPORTED = 0x9E,
    MQTT5_RC_CONNECTION_RATE_EXCEEDED = 0x9F,
    MQTT5_RC_MAX_CONNECT_TIME = 0xA0,
    MQTT5_RC_SUBSCRIPTION_IDS_NOT_SUPPORTED = 0xA1,
    MQTT5_RC_WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED = 0xA2
} mqtt5_reason;

/** Fields other than properties. Below 64, a field in mqtt5_error is a property identifier. */
typedef enum mqtt5_field {
    MQTT5_FIELD_PACKET_TYPE = 64,
    MQTT5_FIELD_FLAGS,
    MQTT5_FIELD_REMAINING_LENGTH,
    MQTT5_FIELD_PROPERTY_LENGTH,
    MQTT5_FIELD_PROPERTY_ID,
    MQTT5_FIELD_PROTOCOL_NAME,
    MQTT5_FIELD_PROTOCOL_VERSION,
    MQTT5_FIELD_CONNECT_FLAGS,
    MQTT5_FIELD_KEEP_ALIVE,
    MQTT5_FIELD_CLIENT_ID,
    MQTT5_FIELD_USERNAME,
    MQTT5_FIELD_PASSWORD,
    MQTT5_FIELD_SESSION_PRESENT,
    MQTT5_FIELD_REASON_CODE,
    MQTT5_FIELD_REASON_CODES,
    MQTT5_FIELD_TOPIC,
    MQTT5_FIELD_PACKET_ID,
    MQTT5_FIELD_PAYLOAD,
    MQTT5_FIELD_QOS,
    MQTT5_FIELD_DUPLICATE,
    MQTT5_FIELD_TOPIC_FILTERS,
    MQTT5_FIELD_PATTERNS,
    MQTT5_FIELD_IN_WILL = 128 /**< added to the fields of a CONNECT's Will */
} mqtt5_field;

/** The error of a packet, and its place. */
typedef struct mqtt5_error {
    mqtt5_status status;
    uint8_t field;      /**< mqtt5_property_id or mqtt5_field, 0 if none */
    size_t offset;      /**< decode: where the field begins in the buffer, 0 if it is missing */
    size_t index;       /**< of the item, if the field is a list */
    uint16_t packet_id; /**< of the packet that was received and refused; 0 if it has none or it could not be read */
} mqtt5_error;

/* ------------------------------------------------------------ the values */

/**
 * A UTF-8 Encoded String or Binary Data (1.5.4, 1.5.6), borrowed: after
 * decoding it points into the packet's bytes and is valid as long as they are.
 * It is not zero-terminated. At most 65,535 bytes, except for payloads.
 */
typedef struct mqtt5_view {
    const uint8_t *data;
    size_t size;
} mqtt5_view;

/** A UTF-8 String Pair (1.5.7), borrowed: a user property. */
typedef struct mqtt5_string_pair {
    mqtt5_view name;
    mqtt5_view value;
} mqtt5_string_pair;

typedef struct mqtt5_topic_filter {
    mqtt5_view pattern;
    uint8_t max_qos; /**< 0 to 2 */
    bool no_local;   /**< not with a shared subscription */
    bool retain_as_published;
    uint8_t retain_handling; /**< 0 to 2 */
} mqtt5_topic_filter;

/**
 * A list of any length that needs no memory of its own. A decoded list is a
 * region of the packet (wire); to encode, pass such a list unchanged, or an array
 * (items). mqtt5_next_*() walk both.
 */
typedef struct mqtt5_list {
    const void *items; /**< an array of count elements, or NULL */
    mqtt5_view wire;
    size_t count;
} mqtt5_list;

/**
 * The properties of any packet (2.2.2.2). Bit N of present says that the
 * property with identifier N is there; without its bit, a member is ignored, and
 * decoding does not write it. See mqtt5_has() and mqtt5_set(). A list with its
 * bit must not be empty.
 */
typedef struct mqtt5_properties {
    uint64_t present;
    uint8_t payload_format_indicator; /**< 0: bytes, 1: UTF-8 */
    uint8_t request_problem_info;
    uint8_t request_response_info;
    uint8_t max_qos; /**< 0 or 1 */
    uint8_t retain_available;
    uint8_t wildcard_subscription_available;
    uint8_t subscription_id_available;
    uint8_t shared_subscription_available;
    uint16_t server_keep_alive; /**< seconds */
    uint16_t receive_max;       /**< 1 to 65,535 */
    uint16_t topic_alias_max;
    uint16_t topic_alias;             /**< 1 to 65,535 */
    uint32_t message_expiry_interval; /**< seconds */
    uint32_t session_expiry_interval; /**< seconds, 0xFFFFFFFF: never */
    uint32_t will_delay_interval;     /**< seconds */
    uint32_t max_packet_size;         /**< bytes, not 0 */
    uint32_t subscription_id;         /**< SUBSCRIBE: 1 to 268,435,455 */
    mqtt5_list subscription_ids;      /**< PUBLISH: of uint32_t; the same property */
    mqtt5_list user_properties;       /**< of mqtt5_string_pair */
    mqtt5_view content_type;
    mqtt5_view response_topic;
    mqtt5_view correlation_data;
    mqtt5_view assigned_client_id;
    mqtt5_view authentication_method;
    mqtt5_view authentication_data;
    mqtt5_view response_info;
    mqtt5_view server_reference;
    mqtt5_view reason_str;
} mqtt5_properties;

/* ----------------------------------------------------------- the packets */

/** The types of control packets (2.1.2). */
typedef enum mqtt5_type {
    MQTT5_CONNECT = 1,
    MQTT5_CONNACK,
    MQTT5_PUBLISH,
    MQTT5_PUBACK,
    MQTT5_PUBREC,
    MQTT5_PUBREL,
    MQTT5_PUBCOMP,
    MQTT5_SUBSCRIBE,
    MQTT5_SUBACK,
    MQTT5_UNSUBSCRIBE,
    MQTT5_UNSUBACK,
    MQTT5_PINGREQ,
    MQTT5_PINGRESP,
    MQTT5_DISCONNECT,
    MQTT5_AUTH
} mqtt5_type;

typedef struct mqtt5_will {
    mqtt5_properties properties;
    mqtt5_view topic;
    mqtt5_view payload; /**< at most 65,535 bytes */
    uint8_t qos;
    bool retain;
} mqtt5_will;

typedef struct mqtt5_connect {
    mqtt5_properties properties;
    mqtt5_view client_id;
    mqtt5_view username; /**< if has_username */
    mqtt5_view password; /**< if has_password */
    uint16_t keep_alive; /**< seconds, 0: off */
    bool clean_start;
    bool has_username;
    bool has_password;
    bool has_will;
    mqtt5_will will; /**< if has_will */
} mqtt5_connect;

typedef struct mqtt5_connack {
    mqtt5_properties properties;
    bool session_present;
    uint8_t reason_code;
} mqtt5_connack;

typedef struct mqtt5_publish {
    mqtt5_properties properties;
    mqtt5_view topic;
    mqtt5_view payload;
    uint16_t packet_id; /**< 0 with QoS 0, else 1 to 65,535 */
    uint8_t qos;
    bool retain;
    bool duplicate;
} mqtt5_publish;

typedef struct mqtt5_puback {
    mqtt5_properties properties;
    uint16_t packet_id;
    uint8_t reason_code;
} mqtt5_puback;

typedef mqtt5_puback mqtt5_pubrec;
typedef mqtt5_puback mqtt5_pubrel;
typedef mqtt5_puback mqtt5_pubcomp;

typedef struct mqtt5_subscribe {
    mqtt5_properties properties;
    mqtt5_list topic_filters; /**< of mqtt5_topic_filter */
    uint16_t packet_id;
} mqtt5_subscribe;

typedef struct mqtt5_suback {
    mqtt5_properties properties;
    mqtt5_list reason_codes; /**< of uint8_t */
    uint16_t packet_id;
} mqtt5_suback;

typedef mqtt5_suback mqtt5_unsuback;

typedef struct mqtt5_unsubscribe {
    mqtt5_properties properties;
    mqtt5_list patterns; /**< topic filters: of mqtt5_view */
    uint16_t packet_id;
} mqtt5_unsubscribe;

typedef struct mqtt5_disconnect {
    mqtt5_properties properties;
    uint8_t reason_code;
} mqtt5_disconnect;

typedef mqtt5_disconnect mqtt5_auth;

/**
 * Every struct begins with its properties, so as.properties is valid for all
 * types. To build a packet, begin with zeros.
 */
typedef struct mqtt5_packet {
    uint8_t type; /**< mqtt5_type; PINGREQ and PINGRESP have nothing else */
    bool lenient; /**< decoding needed mqtt5_options.lenient; encoding ignores it */
    union {
        mqtt5_properties properties;
        mqtt5_connect connect;
        mqtt5_connack connack;
        mqtt5_publish publish;
        mqtt5_puback puback;
        mqtt5_pubrec pubrec;
        mqtt5_pubrel pubrel;
        mqtt5_pubcomp pubcomp;
        mqtt5_subscribe subscribe;
        mqtt5_suback suback;
        mqtt5_unsubscribe unsubscribe;
        mqtt5_unsuback unsuback;
        mqtt5_disconnect disconnect;
        mqtt5_auth auth;
    } as;
} mqtt5_packet;

/* --------------------------------------------------------- the functions */

/** The side of a connection that sends the packet (table 2-1). */
typedef enum mqtt5_sender { MQTT5_SENDER_ANY, MQTT5_SENDER_CLIENT, MQTT5_SENDER_SERVER } mqtt5_sender;

/**
 * How far the connection is, to decode what a sender sends. OPENING allows only packets that may precede the end of the
 * handshake: CONNECT from a client (3.1.0-1), CONNACK and AUTH with code 0x18 from a server (3.2.0-1, 4.12.0-2). OPEN
 * refuses a second CONNECT or CONNACK (3.1.0-2, 3.2.0-2). After the first CONNECT or CONNACK, the caller changes
 * OPENING to OPEN. mqtt5_check() and encoding know of these rules only that for the code of an AUTH.
 */
typedef enum mqtt5_stage { MQTT5_STAGE_ANY, MQTT5_STAGE_OPENING, MQTT5_STAGE_OPEN } mqtt5_stage;

/**
 * Options of one call. NULL and a struct of zeros mean the defaults: strict, from any sender, no limits but MQTT's.
 * Begin with zeros: later versions add members.
 */
typedef struct mqtt5_options {
    size_t max_packet_size;         /**< largest packet to read or write in bytes, fixed header included; 0: no limit */
    size_t max_list_items;          /**< largest number of items of each list in a packet; 0: no limit */
    uint8_t sender;                 /**< mqtt5_sender: what that side must not send is refused */
    uint8_t stage;                  /**< mqtt5_stage; ignored without a sender */
    bool lenient;                   /**< tolerates what docs/leniencies.md lists, and nothing else */
    bool forbid_control_characters; /**< refuses U+0001 to U+001F and U+007F to U+009F in strings (1.5.4) */
} mqtt5_options;

/**
 * Finds the length of the packet that starts at data. MQTT5_OK: the packet is
 * complete. MQTT5_INCOMPLETE: call again with at least *packet_size bytes; once
 * the fixed header is complete, that is the size of the whole packet. After an
 * error, *packet_size is the size of the refused packet, or 0 if it is not known:
 * the next packet cannot be found then. In all functions error may be NULL, and
 * is written only on an error.
 */
MQTT5_API mqtt5_status mqtt5_frame(const uint8_t *data, size_t size, const mqtt5_options *options, size_t *packet_size,
                                   mqtt5_error *error);

/**
 * Decodes and checks (mqtt5_check) the packet that starts at data, and sets
 * *packet_size to its length. Bytes after it are ignored. Otherwise like
 * mqtt5_frame(). After an error, *packet is unspecified except for its type.
 * With options->lenient, packet->lenient tells whether a leniency was needed.
 */
MQTT5_API mqtt5_status mqtt5_decode(const uint8_t *data, size_t size, const mqtt5_options *options,
                                    mqtt5_packet *packet, size_t *packet_size, mqtt5_error *error);

/**
 * Like mqtt5_decode(), but does not wait for the payload of a PUBLISH (3.3.3):
 * for messages larger than the caller's buffer. MQTT5_OK once everything before
 * the payload is there: payload.data is where it begins, payload.size is that of
 * the whole payload, which may end after size. MQTT5_INCOMPLETE: call again with
 * more bytes. Each call reads again from the start, so wait until the bytes have
 * doubled or the packet is complete. *packet_size is as mqtt5_frame() sets it.
 * Packets of other types must be complete. An error of mqtt5_decode() is reported
 * here too, at the latest when the packet is complete.
 */
MQTT5_API mqtt5_status mqtt5_decode_head(const uint8_t *data, size_t size, const mqtt5_options *options,
                                         mqtt5_packet *packet, size_t *packet_size, mqtt5_error *error);

/**
 * Checks the packet (mqtt5_check) and writes its shortest encoding to data,
 * which has size bytes. With data NULL it only measures. *packet_size is the
 * length of the packet, also with MQTT5_ERR_NO_SPACE and
 * MQTT5_ERR_PACKET_TOO_LARGE; it is 0 if the check fails. data must not overlap
 * with what the packet's views and lists point to. Bytes after the packet's
 * length are not written; those before it are unspecified after an error.
 * User properties are written last, other properties by their identifiers.
 */
MQTT5_API mqtt5_status mqtt5_encode(const mqtt5_packet *packet, const mqtt5_options *options, uint8_t *data,
                                    size_t size, size_t *packet_size, mqtt5_error *error);

/**
 * Like mqtt5_encode(), without the check. The packet must have passed
 * mqtt5_check(), mqtt5_decode() or mqtt5_encode(), where the only errors may be
 * MQTT5_ERR_NO_SPACE and MQTT5_ERR_PACKET_TOO_LARGE, and must not have changed
 * since, nor anything it points to. Otherwise the behaviour is undefined.
 */
MQTT5_API mqtt5_status mqtt5_encode_checked(const mqtt5_packet *packet, const mqtt5_options *options, uint8_t *data,
                                            size_t size, size_t *packet_size, mqtt5_error *error);

/**
 * Like mqtt5_encode(), without the payload of a PUBLISH: the caller sends payload.size bytes after the head, from
 * wherever they are. payload.data is not used. Sets *head_size; the packet has *head_size + payload.size bytes, to
 * which options->max_packet_size applies. Of other packets, the head is the whole packet.
 */
MQTT5_API mqtt5_status mqtt5_encode_head(const mqtt5_packet *packet, const mqtt5_options *options, uint8_t *data,
                                         size_t size, size_t *head_size, mqtt5_error *error);

/**
 * Makes a packet fit into options->max_packet_size, as a sender must: removes the reason string, or if that is not
 * enough the user properties too, from a packet whose section says so (CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP,
 * SUBACK, UNSUBACK, DISCONNECT, AUTH). *packet_size is as mqtt5_encode() sets it. MQTT5_ERR_PACKET_TOO_LARGE: nothing
 * was removed, and it must not be sent. The packet must have passed mqtt5_check().
 */
MQTT5_API mqtt5_status mqtt5_fit(mqtt5_packet *packet, const mqtt5_options *options, size_t *packet_size,
                                 mqtt5_error *error);

/**
 * Checks every rule that the values of one packet can break, as decoding and encoding do. An undefined bit of
 * properties.present is reported with the field MQTT5_FIELD_PROPERTY_ID.
 */
MQTT5_API mqtt5_status mqtt5_check(const mqtt5_packet *packet, const mqtt5_options *options, mqtt5_error *error);

/**
 * Checks a Will by itself, with the rules that mqtt5_check() applies to the Will of a CONNECT. error->field is the
 * field of the Will without MQTT5_FIELD_IN_WILL.
 */
MQTT5_API mqtt5_status mqtt5_check_will(const mqtt5_will *will, const mqtt5_options *options, mqtt5_error *error);

/**
 * Checks one topic filter of a SUBSCRIBE and its options, with the rules that mqtt5_check() applies to it.
 * error->field is MQTT5_FIELD_TOPIC_FILTERS, error->index is 0.
 */
MQTT5_API mqtt5_status mqtt5_check_subscription(const mqtt5_topic_filter *filter, mqtt5_error *error);

/**
 * Pops the first item of a list; false if the list is empty. To keep a list,
 * walk a copy of the struct, which borrows the same bytes.
 */
MQTT5_API bool mqtt5_next_user_property(mqtt5_list *list, mqtt5_string_pair *item);
/** The same for the subscription identifiers of a PUBLISH. */
MQTT5_API bool mqtt5_next_subscription_id(mqtt5_list *list, uint32_t *item);
/** The same for the topic filters of a SUBSCRIBE. */
MQTT5_API bool mqtt5_next_topic_filter(mqtt5_list *list, mqtt5_topic_filter *item);
/** The same for the reason codes of a SUBACK or UNSUBACK. */
MQTT5_API bool mqtt5_next_reason_code(mqtt5_list *list, uint8_t *item);
/** The same for the topic filters of an UNSUBSCRIBE. */
MQTT5_API bool mqtt5_next_pattern(mqtt5_list *list, mqtt5_view *item);

/* ------------------------------------------------- one PUBLISH, many receivers */

/** What differs between the receivers of one PUBLISH. Begin with the delivery member of a template. */
typedef struct mqtt5_delivery {
    uint16_t packet_id;   /**< 0 with QoS 0, else 1 to 65,535 */
    uint16_t topic_alias; /**< 0: none */
    uint8_t qos;
    bool retain;
    bool duplicate;
    bool has_message_expiry_interval;
    uint32_t message_expiry_interval; /**< seconds, if has_message_expiry_interval */
    mqtt5_list subscription_ids;      /**< of uint32_t; count 0: none */
} mqtt5_delivery;

/** A PUBLISH that was checked and encoded once. Members after delivery are private. */
typedef struct mqtt5_template {
    mqtt5_delivery delivery; /**< that of the packet itself, without its packet identifier and DUP */
    mqtt5_view payload;
    mqtt5_view head;            /**< everything before the payload, as the packet itself has it */
    size_t topic;               /**< where in the head the topic begins, with its length */
    size_t topic_size;          /**< of both */
    size_t length;              /**< where the length of the properties begins */
    size_t properties;          /**< where the properties begin */
    size_t middle;              /**< where those after the Message Expiry Interval begin */
    size_t middle_end;          /**< where the subscription identifiers and the topic alias begin */
    size_t rest;                /**< where the user properties begin */
    size_t fixed_size;          /**< of the properties that all receivers get */
    size_t user_property_count; /**< number of user properties */
} mqtt5_template;

/**
 * Prepares a template from a PUBLISH (MQTT5_ERR_RESERVED_TYPE for another type). data is memory of size bytes for
 * everything but the payload. It must stay as long as the template, and so must the bytes of the payload; the rest of
 * the packet is copied. *used is the number of bytes that it takes. With data NULL this only measures, and the template
 * must not be encoded. Checks the packet (mqtt5_check), except for its packet identifier and DUP, which are ignored;
 * *used is 0 if that fails. Ignores options->max_packet_size, which is the receiver's.
 */
MQTT5_API mqtt5_status mqtt5_template_init(mqtt5_template *t, const mqtt5_packet *packet, const mqtt5_options *options,
                                           uint8_t *data, size_t size, size_t *used, mqtt5_error *error);

/**
 * Like mqtt5_encode() of the template's packet with that delivery: the same bytes, the same errors. Only the delivery
 * is checked: of the options, lenient and forbid_control_characters were those of mqtt5_template_init().
 */
MQTT5_API mqtt5_status mqtt5_template_encode(const mqtt5_template *t, const mqtt5_delivery *delivery,
                                             const mqtt5_options *options, uint8_t *data, size_t size,
                                             size_t *packet_size, mqtt5_error *error);

/** Like mqtt5_encode_head() of the template's packet with that delivery. */
MQTT5_API mqtt5_status mqtt5_template_encode_head(const mqtt5_template *t, const mqtt5_delivery *delivery,
                                                  const mqtt5_options *options, uint8_t *data, size_t size,
                                                  size_t *head_size, mqtt5_error *error);

/* ------------------------------------------------------------ topic aliases */

/**
 * The topic aliases of one direction of one connection (3.3.2.3.4), which must be initialized again for each
 * connection. Its members are private, except for count. Each alias takes longest + MQTT5_ALIAS_OVERHEAD bytes.
 */
typedef struct mqtt5_aliases {
    uint8_t *data;
    uint32_t uses;
    uint16_t longest;
    uint16_t count; /**< number of aliases: the highest that is assigned or accepted */
} mqtt5_aliases;

#define MQTT5_ALIAS_OVERHEAD 6 /**< bytes for each alias, besides its topic */

/**
 * Begins without any alias. data is memory for the topics, of size bytes, which must stay as long as the aliases;
 * longest is the size of the longest topic that gets an alias. Returns the number of aliases that there is room for, at
 * most maximum. To send, maximum is the peer's Topic Alias Maximum (3.1.2.11.5, 3.2.2.3.8; 0 if absent). To receive,
 * announce the result as topic_alias_max.
 */
MQTT5_API uint16_t mqtt5_alias_init(mqtt5_aliases *aliases, uint16_t maximum, uint16_t longest, uint8_t *data,
                                    size_t size);

/**
 * Gives a PUBLISH that is about to be sent an alias: with its topic, if the peer does not know the alias yet, otherwise
 * without. Replaces the packet's own topic alias, which another connection may have used. A new topic gets the next
 * free alias, then that which was unused for longest. Topics of 1 to 3 bytes, which are not longer than an alias, and
 * those longer than the longest get none. Nothing is assigned: write the packet and call mqtt5_alias_commit() before
 * the next call, or drop the packet. Takes time linear in the number of aliases.
 */
MQTT5_API void mqtt5_alias_apply(const mqtt5_aliases *aliases, mqtt5_publish *publish);

/** Assigns the alias of a PUBLISH, as mqtt5_alias_apply() left it, which was written to the connection. */
MQTT5_API void mqtt5_alias_commit(mqtt5_aliases *aliases, const mqtt5_publish *publish);

/**
 * Gives a received PUBLISH its topic, or keeps the topic of its alias; removes the alias, so that the packet can be
 * forwarded. A topic that the packet did not have points to the aliases' memory, and changes when the peer assigns the
 * alias again. MQTT5_ERR_TOPIC_ALIAS_TOO_LARGE: the alias is above count. MQTT5_ERR_UNKNOWN_TOPIC_ALIAS: it was never
 * assigned. MQTT5_ERR_NO_SPACE: its topic was longer than the longest, which is not the peer's fault; answer 0x83.
 * After an error the packet is unchanged.
 */
MQTT5_API mqtt5_status mqtt5_alias_resolve(mqtt5_aliases *aliases, mqtt5_publish *publish, mqtt5_error *error);

/* ------------------------------------------------------------------ topics */

/** Checks a Topic Name (4.7). */
MQTT5_API mqtt5_status mqtt5_check_topic_name(mqtt5_view topic);

/** Checks a Topic Filter (4.7), which may be that of a shared subscription (4.8.2). */
MQTT5_API mqtt5_status mqtt5_check_topic_filter(mqtt5_view pattern);

/**
 * True if the filter matches the topic. Both must be valid. The "$share/NAME/" of
 * a shared subscription is ignored.
 */
MQTT5_API bool mqtt5_topic_matches(mqtt5_view pattern, mqtt5_view topic);

/**
 * Splits the filter of a shared subscription, "$share/NAME/FILTER" (4.8.2). True: *name and *filter are its parts,
 * which borrow its bytes. False for any other filter: *name is empty and *filter is the whole. It must be valid.
 */
MQTT5_API bool mqtt5_split_shared(mqtt5_view pattern, mqtt5_view *name, mqtt5_view *filter);

/**
 * Names the protocol of the first bytes of a connection that is not MQTT 5.0: "mqtt-3.1", "mqtt-3.1.1", "tls", "http",
 * "websocket", "proxy-v1", "proxy-v2"; NULL if it is none of these. To explain an error of decoding to people. If the
 * data is a CONNECT, *level is its protocol level (3.1.2.2), else 0; level may be NULL.
 */
MQTT5_API const char *mqtt5_foreign_protocol(const uint8_t *data, size_t size, uint8_t *level);

/** The reason code (2.4) of the CONNACK or DISCONNECT that answers an error; 0 if status is not an error of the packet.
 */
MQTT5_API uint8_t mqtt5_reason_code(mqtt5_status status);

/** A one-line description of the status in English; constant, never NULL. */
MQTT5_API const char *mqtt5_strerror(mqtt5_status status);

/** The name of a packet type as the specification spells it, "PUBLISH"; "" if there is no such type. */
MQTT5_API const char *mqtt5_type_name(unsigned type);

/**
 * The name of a reason code as the specification spells it (table 2-6), "Packet too large"; "" if no packet has that
 * code. type is that of the packet and selects the name of 0x00: "Normal disconnection" in a DISCONNECT, "Granted
 * QoS 0" in a SUBACK, otherwise "Success". It does not matter otherwise.
 */
MQTT5_API const char *mqtt5_reason_name(unsigned type, uint8_t code);

/* ------------------------------------------------------------ reflection */

/** The type of a member and, for lists, of its items. */
typedef enum mqtt5_kind {
    MQTT5_KIND_BOOL,    /**< bool */
    MQTT5_KIND_BYTE,    /**< uint8_t */
    MQTT5_KIND_U16,     /**< uint16_t */
    MQTT5_KIND_U32,     /**< uint32_t */
    MQTT5_KIND_VARINT,  /**< uint32_t, at most 268,435,455 */
    MQTT5_KIND_STRING,  /**< mqtt5_view */
    MQTT5_KIND_BINARY,  /**< mqtt5_view, at most 65,535 bytes */
    MQTT5_KIND_PAYLOAD, /**< mqtt5_view */
    MQTT5_KIND_WILL,    /**< mqtt5_will */
    MQTT5_KIND_VARINTS, /**< mqtt5_list, like all below */
    MQTT5_KIND_USER_PROPERTIES,
    MQTT5_KIND_TOPIC_FILTERS,
    MQTT5_KIND_REASON_CODES,
    MQTT5_KIND_PATTERNS
} mqtt5_kind;

typedef struct mqtt5_member {
    const char *name; /**< of the struct member */
    uint16_t offset;  /**< in mqtt5_packet, mqtt5_will or mqtt5_topic_filter */
    uint16_t flag;    /**< offset of its has_ member, or 0 */
    uint8_t kind;     /**< mqtt5_kind */
    uint8_t property; /**< property identifier, or 0 */
    uint8_t lowest;   /**< of a number, or of the items of a list of numbers: 0 or 1 */
    uint32_t highest; /**< of these, as far as one packet's rules say; else 0 */
} mqtt5_member;

/* Structs other than packets. */
#define MQTT5_STRUCT_WILL 0          /**< for mqtt5_reflect(): mqtt5_will */
#define MQTT5_STRUCT_TOPIC_FILTER 16 /**< for mqtt5_reflect(): mqtt5_topic_filter */

/**
 * Gets the member with an index of a struct: type is a mqtt5_type or one of the
 * two above. False after the last member. For bindings; not linked unless called.
 */
MQTT5_API bool mqtt5_reflect(unsigned type, size_t index, mqtt5_member *member);

/** The name of a field, "" if there is none. MQTT5_FIELD_IN_WILL is ignored. */
MQTT5_API const char *mqtt5_field_name(unsigned field);

/* cdef end */

/* ------------------------------------------------------------ shorthands */

/** The view of a string literal. */
#define MQTT5_VIEW(literal) mqtt5_view_of("" literal "", sizeof("" literal "") - 1)

/** The same as a constant initializer. */
#define MQTT5_VIEW_INIT(literal)                              \
    {                                                         \
        MQTT5_BYTES("" literal ""), sizeof("" literal "") - 1 \
    }

#ifdef __cplusplus
#define MQTT5_BYTES(pointer) reinterpret_cast<const uint8_t *>(pointer)
#else
/** The bytes of any object, with the cast of each language. */
#define MQTT5_BYTES(pointer) ((const uint8_t *)(pointer))
#endif

/** The view of any bytes. */
static inline mqtt5_view mqtt5_view_of(const void *data, size_t size)
{
    mqtt5_view view;
    view.data = MQTT5_BYTES(data);
    view.size = size;
    return view;
}

/** A list of the items of an array. */
static inline mqtt5_list mqtt5_list_of(const void *items, size_t count)
{
    mqtt5_list list;
    list.items = items;
    list.wire.data = NULL;
    list.wire.size = 0;
    list.count = count;
    return list;
}

/** True if the property is present. */
static inline bool mqtt5_has(const mqtt5_properties *properties, mqtt5_property_id id)
{
    return (properties->present >> id & 1) != 0;
}

/** Marks a property as present, before or after its member is written. */
static inline void mqtt5_set(mqtt5_properties *properties, mqtt5_property_id id)
{
    properties->present |= UINT64_C(1) << id;
}

#ifdef __cplusplus
}
#endif

#endif
