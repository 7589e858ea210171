/* SPDX-License-Identifier: MIT */
/*
 * status.c - the reason code that answers each status (4.13, and the sections of the packets).
 *
 * The texts are in strerror.c, so that firmware can go without them.
 */
#include "mqtt5.h"

uint8_t mqtt5_reason_code(mqtt5_status status)
{
    switch (status) {
    case MQTT5_OK:
    case MQTT5_INCOMPLETE:
    case MQTT5_NO_SPACE:
        return 0;
    case MQTT5_UNSUPPORTED_PROTOCOL:
        return 0x84;
    case MQTT5_ZERO_TOPIC_ALIAS:
        return 0x94;
    case MQTT5_PACKET_TOO_LARGE:
        return 0x95;
    default: /* the order of mqtt5_status: first what cannot be parsed, then what is not allowed */
        return status < MQTT5_UNSUPPORTED_PROTOCOL ? 0x81 : 0x82;
    }
}
