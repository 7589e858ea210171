/* SPDX-License-Identifier: MIT */
/*
 * strerror.c - texts for people: what each status means, and the names of packet types and reason codes.
 *
 * The text of a status says which rule is broken and where the specification
 * has it. Adding the name of the field and its value is the caller's
 * responsibility.
 */
#include "mqtt5.h"

const char *mqtt5_type_name(unsigned type)
{
    static const char *const names[] = {
        "",          "CONNECT", "CONNACK",     "PUBLISH",  "PUBACK",  "PUBREC",   "PUBREL",     "PUBCOMP",
        "SUBSCRIBE", "SUBACK",  "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH",
    };

    return type < sizeof(names) / sizeof(names[0]) ? names[type] : "";
}

const char *mqtt5_reason_name(unsigned type, uint8_t code)
{
    static const char *const failures[] = {
        "Unspecified error",
        "Malformed Packet",
        "Protocol Error",
        "Implementation specific error",
        "Unsupported Protocol Version",
        "Client Identifier not valid",
        "Bad User Name or Password",
        "Not authorized",
        "Server unavailable",
        "Server busy",
        "Banned",
        "Server shutting down",
        "Bad authentication method",
        "Keep Alive timeout",
        "Session taken over",
        "Topic Filter invalid",
        "Topic Name invalid",
        "Packet Identifier in use",
        "Packet Identifier not found",
        "Receive Maximum exceeded",
        "Topic Alias invalid",
        "Packet too large",
        "Message rate too high",
        "Quota exceeded",
        "Administrative action",
        "Payload format invalid",
        "Retain not supported",
        "QoS not supported",
        "Use another server",
        "Server moved",
        "Shared Subscriptions not supported",
        "Connection rate exceeded",
        "Maximum connect time",
        "Subscription Identifiers not supported",
        "Wildcard Subscriptions not supported",
    };
    const unsigned failure = code - MQTT5_RC_UNSPECIFIED_ERROR;

    switch (code) {
    case MQTT5_RC_SUCCESS:
        return type == MQTT5_DISCONNECT ? "Normal disconnection" : type == MQTT5_SUBACK ? "Granted QoS 0" : "Success";
    case MQTT5_RC_GRANTED_QOS_1:
        return "Granted QoS 1";
    case MQTT5_RC_GRANTED_QOS_2:
        return "Granted QoS 2";
    case MQTT5_RC_DISCONNECT_WITH_WILL_MESSAGE:
        return "Disconnect with Will Message";
    case MQTT5_RC_NO_MATCHING_SUBSCRIBERS:
        return "No matching subscribers";
    case MQTT5_RC_NO_SUBSCRIPTION_EXISTED:
        return "No subscription existed";
    case MQTT5_RC_CONTINUE_AUTHENTICATION:
        return "Continue authentication";
    case MQTT5_RC_RE_AUTHENTICATE:
        return "Re-authenticate";
    default:
        return failure < sizeof(failures) / sizeof(failures[0]) ? failures[failure] : "";
    }
}

const char *mqtt5_strerror(mqtt5_status status)
{
    /* clang-format off */
    static const char *const texts[MQTT5_STATUS_COUNT] = {
        /* OK */
        "no error",
        /* INCOMPLETE */
        "the packet is not complete",
        /* NO_SPACE */
        "the output buffer is too small for the packet",
        /* PACKET_TOO_LARGE */
        "the packet is larger than the maximum packet size [2.1.4]",
        /* RESERVED_TYPE */
        "the packet type is reserved [2.1.2]",
        /* RESERVED_FLAGS */
        "reserved bits do not have their prescribed value [2.1.3]",
        /* BAD_VARINT */
        "a variable byte integer must take at most four bytes, and no more than needed [1.5.5]",
        /* TRUNCATED */
        "the field runs past the end of what contains it [2.1.4, 2.2.2.1]",
        /* TRAILING_BYTES */
        "bytes are left over behind the last field of the packet [2.1.4]",
        /* UNKNOWN_PROPERTY */
        "there is no property with this identifier [2.2.2.2]",
        /* MISPLACED_PROPERTY */
        "this property is not allowed in this packet [2.2.2.2]",
        /* BAD_UTF8 */
        "a string must be well-formed UTF-8 without U+0000 [1.5.4]",
        /* TOO_LONG */
        "a string or binary value takes at most 65,535 bytes [1.5.4, 1.5.6]",
        /* BAD_QOS_FLAGS */
        "the QoS must be 0, 1 or 2 [3.1.2.6, 3.3.1.2]",
        /* DUP_WITHOUT_QOS */
        "DUP must not be set with QoS 0 [3.3.1.1]",
        /* WILL_FLAGS */
        "Will QoS and Will Retain must be 0 without a Will [3.1.2.6, 3.1.2.7]",
        /* BAD_TOPIC_NAME */
        "a topic name must not be empty or contain the wildcards + and # [4.7]",
        /* BAD_TOPIC_FILTER */
        "a topic filter must not be empty; + fills a whole level, # the whole last level [4.7]",
        /* BAD_SHARE_NAME */
        "a shared subscription is $share/NAME/FILTER, NAME not empty and without wildcards [4.8.2]",
        /* UNSUPPORTED_PROTOCOL */
        "the protocol must be MQTT, version 5 [3.1.2.1, 3.1.2.2]",
        /* REPEATED_PROPERTY */
        "this property must not be repeated [2.2.2.2]",
        /* NOT_BOOLEAN */
        "the value must be 0 or 1 [2.2.2.2]",
        /* ZERO_VALUE */
        "the value must not be 0 [2.2.2.2]",
        /* ZERO_TOPIC_ALIAS */
        "a topic alias must not be 0 [3.3.2.3.4]",
        /* OUT_OF_RANGE */
        "the value is out of range [1.5.5]",
        /* NO_PACKET_ID */
        "a packet identifier from 1 to 65,535 is required [2.2.1]",
        /* PACKET_ID_WITHOUT_QOS */
        "a packet with QoS 0 has no packet identifier [2.2.1]",
        /* BAD_REASON_CODE */
        "this packet has no such reason code [2.4]",
        /* NO_TOPIC */
        "the topic must not be empty without a topic alias [3.3.2.1]",
        /* EMPTY_LIST */
        "the list must not be empty [3.8.3, 3.9.3, 3.10.3, 3.11.3]",
        /* BAD_REQUESTED_QOS */
        "the maximum QoS must be 0, 1 or 2 [3.8.3.1]",
        /* BAD_RETAIN_HANDLING */
        "the retain handling must be 0, 1 or 2 [3.8.3.1]",
        /* SHARED_NO_LOCAL */
        "no local must not be set on a shared subscription [3.8.3.1]",
        /* NO_AUTHENTICATION_METHOD */
        "the authentication method is missing [3.1.2.11.10, 3.15.2.2.2]",
        /* WRONG_DIRECTION */
        "a packet of this type goes in the other direction, which is left out of this build [2.1.2]",
    };
    /* clang-format on */

    return (unsigned)status < MQTT5_STATUS_COUNT ? texts[status] : "unknown status";
}
