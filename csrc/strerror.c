/* SPDX-License-Identifier: MIT */
/*
 * strerror.c - texts for people: the rule of each status, and the names of packet types and reason codes.
 *
 * The text of a status states the rule and its section of the specification.
 * Naming the field and its value is the caller's responsibility.
 * docs/errors.md lists all of them.
 */
#include "mqtt5.h"

/* Returns one of the texts of an array. Without an array of pointers, nothing needs relocation. */
static const char *text_at(const char *texts, size_t index)
{
    for (; index > 0; index--) {
        while (*texts++ != '\0') {
        }
    }
    return texts;
}

/* clang-format off */

/* In the order of mqtt5_status. */
static const char status_texts[] =
    "no error\0" /* MQTT5_OK */
    "the packet is incomplete\0" /* MQTT5_INCOMPLETE */
    "the output buffer is too small for the packet\0" /* MQTT5_ERR_NO_SPACE */
    "the packet is larger than the maximum packet size [2.1.4]\0" /* MQTT5_ERR_PACKET_TOO_LARGE */
    "the packet type is reserved [2.1.2]\0" /* MQTT5_ERR_RESERVED_TYPE */
    "reserved bits must have their prescribed value [2.1.3]\0" /* MQTT5_ERR_RESERVED_FLAGS */
    "a variable byte integer must be minimal, at most 4 bytes [1.5.5]\0" /* MQTT5_ERR_BAD_VARINT */
    "the field runs past the end of its packet or property section [2.1.4, 2.2.2.1]\0" /* MQTT5_ERR_TRUNCATED */
    "trailing bytes after the last field [2.1.4]\0" /* MQTT5_ERR_TRAILING_BYTES */
    "unknown property identifier [2.2.2.2]\0" /* MQTT5_ERR_UNKNOWN_PROPERTY */
    "this property is not allowed in this packet [2.2.2.2]\0" /* MQTT5_ERR_MISPLACED_PROPERTY */
    "a string must be well-formed UTF-8 without U+0000 [1.5.4]\0" /* MQTT5_ERR_BAD_UTF8 */
    "a string must not contain control characters here [1.5.4]\0" /* MQTT5_ERR_CONTROL_CHARACTER */
    "a string or binary value must have at most 65,535 bytes [1.5.4, 1.5.6]\0" /* MQTT5_ERR_TOO_LONG */
    "the QoS must be 0, 1 or 2 [3.1.2.6, 3.3.1.2]\0" /* MQTT5_ERR_BAD_QOS_FLAGS */
    "DUP must not be set with QoS 0 [3.3.1.1]\0" /* MQTT5_ERR_DUP_WITHOUT_QOS */
    "Will QoS and Will Retain must be 0 without a Will [3.1.2.6, 3.1.2.7]\0" /* MQTT5_ERR_WILL_FLAGS */
    "a topic name must not be empty or contain the wildcards + and # [4.7]\0" /* MQTT5_ERR_BAD_TOPIC_NAME */
    "a topic filter must not be empty; + must be a whole level, # the whole last one [4.7]\0" /* MQTT5_ERR_BAD_TOPIC_FILTER */
    "a shared subscription must be $share/NAME/FILTER, NAME not empty and without wildcards [4.8.2]\0" /* MQTT5_ERR_BAD_SHARE_NAME */
    "the protocol must be MQTT, version 5 [3.1.2.1, 3.1.2.2]\0" /* MQTT5_ERR_UNSUPPORTED_PROTOCOL */
    "this property must not be repeated [2.2.2.2]\0" /* MQTT5_ERR_REPEATED_PROPERTY */
    "the value must be 0 or 1 [2.2.2.2]\0" /* MQTT5_ERR_NOT_BOOLEAN */
    "the value must not be 0 [2.2.2.2]\0" /* MQTT5_ERR_ZERO_VALUE */
    "a topic alias must not be 0 [3.3.2.3.4]\0" /* MQTT5_ERR_ZERO_TOPIC_ALIAS */
    "the value must be at most 268,435,455 [1.5.5]\0" /* MQTT5_ERR_OUT_OF_RANGE */
    "a packet identifier from 1 to 65,535 is required [2.2.1]\0" /* MQTT5_ERR_NO_PACKET_ID */
    "a packet with QoS 0 must not have a packet identifier [2.2.1]\0" /* MQTT5_ERR_PACKET_ID_WITHOUT_QOS */
    "this reason code is not allowed in this packet [2.4]\0" /* MQTT5_ERR_BAD_REASON_CODE */
    "the topic must not be empty without a topic alias [3.3.2.1]\0" /* MQTT5_ERR_NO_TOPIC */
    "the list must not be empty [3.8.3, 3.9.3, 3.10.3, 3.11.3]\0" /* MQTT5_ERR_EMPTY_LIST */
    "the maximum QoS must be 0, 1 or 2 [3.8.3.1]\0" /* MQTT5_ERR_BAD_REQUESTED_QOS */
    "the retain handling must be 0, 1 or 2 [3.8.3.1]\0" /* MQTT5_ERR_BAD_RETAIN_HANDLING */
    "No Local must not be set on a shared subscription [3.8.3.1]\0" /* MQTT5_ERR_SHARED_NO_LOCAL */
    "the authentication method is missing [3.1.2.11.10, 3.15.2.2.2]\0" /* MQTT5_ERR_NO_AUTHENTICATION_METHOD */
    "this build does not support this packet type in this direction [2.1.2]\0" /* MQTT5_ERR_WRONG_DIRECTION */
    "this side must not send this packet type [2.1.2]\0" /* MQTT5_ERR_SENDER_TYPE */
    "this side must not send this property [3.3.4, 3.14.2.2]\0" /* MQTT5_ERR_SENDER_PROPERTY */
    "this side must not send this reason code [3.4.2.1, 3.5.2.1, 3.14.2.1, 3.15.2.1]\0" /* MQTT5_ERR_SENDER_REASON_CODE */
    "a client's first packet must be CONNECT, a server's CONNACK or AUTH [3.1, 3.2]\0" /* MQTT5_ERR_NOT_CONNECTED */
    "CONNECT and CONNACK must not be repeated [3.1, 3.2]\0" /* MQTT5_ERR_ALREADY_CONNECTED */
    "the list has more items than max_list_items\0" /* MQTT5_ERR_TOO_MANY_ITEMS */
    "the topic alias is above the Topic Alias Maximum [3.3.2.3.4]\0" /* MQTT5_ERR_TOPIC_ALIAS_TOO_LARGE */
    "the topic must not be empty with a topic alias that has no topic yet [3.3.2.3.4]\0" /* MQTT5_ERR_UNKNOWN_TOPIC_ALIAS */
    "unknown status";

/* In the order of mqtt5_type. */
static const char type_names[] =
    "\0CONNECT\0CONNACK\0PUBLISH\0PUBACK\0PUBREC\0PUBREL\0PUBCOMP\0SUBSCRIBE\0SUBACK\0UNSUBSCRIBE\0UNSUBACK\0"
    "PINGREQ\0PINGRESP\0DISCONNECT\0AUTH";

/* From 0x80 on in the order of the codes, then those of success. */
static const char reason_names[] =
    "Unspecified error\0"
    "Malformed Packet\0"
    "Protocol Error\0"
    "Implementation specific error\0"
    "Unsupported Protocol Version\0"
    "Client Identifier not valid\0"
    "Bad User Name or Password\0"
    "Not authorized\0"
    "Server unavailable\0"
    "Server busy\0"
    "Banned\0"
    "Server shutting down\0"
    "Bad authentication method\0"
    "Keep Alive timeout\0"
    "Session taken over\0"
    "Topic Filter invalid\0"
    "Topic Name invalid\0"
    "Packet Identifier in use\0"
    "Packet Identifier not found\0"
    "Receive Maximum exceeded\0"
    "Topic Alias invalid\0"
    "Packet too large\0"
    "Message rate too high\0"
    "Quota exceeded\0"
    "Administrative action\0"
    "Payload format invalid\0"
    "Retain not supported\0"
    "QoS not supported\0"
    "Use another server\0"
    "Server moved\0"
    "Shared Subscriptions not supported\0"
    "Connection rate exceeded\0"
    "Maximum connect time\0"
    "Subscription Identifiers not supported\0"
    "Wildcard Subscriptions not supported\0"
    "Success\0"
    "Normal disconnection\0"
    "Granted QoS 0\0"
    "Granted QoS 1\0"
    "Granted QoS 2\0"
    "Disconnect with Will Message\0"
    "No matching subscribers\0"
    "No subscription existed\0"
    "Continue authentication\0"
    "Re-authenticate";

/* clang-format on */

/* The code of each name of success. */
static const uint8_t success_codes[] = {
    MQTT5_RC_SUCCESS,
    MQTT5_RC_NORMAL_DISCONNECTION,
    MQTT5_RC_GRANTED_QOS_0,
    MQTT5_RC_GRANTED_QOS_1,
    MQTT5_RC_GRANTED_QOS_2,
    MQTT5_RC_DISCONNECT_WITH_WILL_MESSAGE,
    MQTT5_RC_NO_MATCHING_SUBSCRIBERS,
    MQTT5_RC_NO_SUBSCRIPTION_EXISTED,
    MQTT5_RC_CONTINUE_AUTHENTICATION,
    MQTT5_RC_RE_AUTHENTICATE,
};

enum { FIRST_NAMED = MQTT5_RC_UNSPECIFIED_ERROR, LAST_NAMED = MQTT5_RC_WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED };

const char *mqtt5_strerror(mqtt5_status status)
{
    return text_at(status_texts,
                   (unsigned)status < MQTT5_STATUS_COUNT ? (unsigned)status : (unsigned)MQTT5_STATUS_COUNT);
}

const char *mqtt5_type_name(unsigned type)
{
    return text_at(type_names, type <= MQTT5_AUTH ? type : 0);
}

const char *mqtt5_reason_name(unsigned type, uint8_t code)
{
    size_t i = type == MQTT5_DISCONNECT ? 1 : type == MQTT5_SUBACK ? 2 : 0; /* 0x00 has three names */

    if (code >= FIRST_NAMED) {
        return code <= LAST_NAMED ? text_at(reason_names, code - (unsigned)FIRST_NAMED) : "";
    }
    for (; i < sizeof(success_codes); i++) {
        if (success_codes[i] == code) {
            return text_at(reason_names, LAST_NAMED - FIRST_NAMED + 1u + i);
        }
    }
    return "";
}
