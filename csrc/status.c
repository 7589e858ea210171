/* SPDX-License-Identifier: MIT */
/*
 * status.c - errors: how one is reported, and the reason code that answers it (4.13, and the sections of the packets).
 *
 * The texts are in strerror.c, so that firmware can go without them.
 */
#include "mqtt5_table.h"

mqtt5_status mqtt5_report(mqtt5_error *error, mqtt5_status status, unsigned field, size_t index)
{
    if (error != NULL) {
        error->status = status;
        error->field = (uint8_t)field;
        error->offset = 0;
        error->index = index;
        error->packet_id = 0;
    }
    return status;
}

uint8_t mqtt5_reason_code(mqtt5_status status)
{
    switch (status) {
    case MQTT5_OK:
    case MQTT5_INCOMPLETE:
    case MQTT5_ERR_NO_SPACE:
        return MQTT5_RC_SUCCESS;
    case MQTT5_ERR_UNSUPPORTED_PROTOCOL:
        return MQTT5_RC_UNSUPPORTED_PROTOCOL_VERSION;
    case MQTT5_ERR_ZERO_TOPIC_ALIAS:
    case MQTT5_ERR_TOPIC_ALIAS_TOO_LARGE:
        return MQTT5_RC_TOPIC_ALIAS_INVALID;
    case MQTT5_ERR_PACKET_TOO_LARGE:
        return MQTT5_RC_PACKET_TOO_LARGE;
    case MQTT5_ERR_TOO_MANY_ITEMS:
        return MQTT5_RC_QUOTA_EXCEEDED;
    default: /* the order of mqtt5_status: first what cannot be parsed, then what is not allowed */
        return status < MQTT5_ERR_UNSUPPORTED_PROTOCOL ? MQTT5_RC_MALFORMED_PACKET : MQTT5_RC_PROTOCOL_ERROR;
    }
}
