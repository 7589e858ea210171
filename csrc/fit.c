/* SPDX-License-Identifier: MIT */
/*
 * fit.c - omits what a sender may omit from a packet, so that the receiver accepts its size.
 *
 * It does not know how a packet is written.
 */
#include "mqtt5_table.h"

/*
 * Only packets with a reason string may go without it and without their user properties: 3.2.2-19, 3.2.2-20,
 * 3.4.2-2, 3.4.2-3, and likewise to 3.15.2-3.
 */
mqtt5_status mqtt5_fit(mqtt5_packet *packet, const mqtt5_options *options, size_t *packet_size, mqtt5_error *error)
{
    static const uint8_t dropped[] = {MQTT5_PROP_REASON_STR, MQTT5_PROP_USER_PROPERTIES}; /* in this order */
    mqtt5_properties *properties = &packet->as.properties;
    const uint64_t present = properties->present;
    mqtt5_status status = mqtt5_encode_checked(packet, options, NULL, 0, packet_size, NULL);
    size_t i;

    for (i = 0; status == MQTT5_ERR_PACKET_TOO_LARGE && i < sizeof(dropped) && is_in(IN_REASONED, packet->type); i++) {
        properties->present &= ~bit(dropped[i]);
        status = mqtt5_encode_checked(packet, options, NULL, 0, packet_size, NULL);
    }
    if (status != MQTT5_OK) { /* once more as it was, for its size and the error */
        properties->present = present;
        status = mqtt5_encode_checked(packet, options, NULL, 0, packet_size, error);
    }
    return status;
}
