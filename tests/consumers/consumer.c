/* SPDX-License-Identifier: MIT */
/*
 * consumer.c - a program that uses the library as anyone would, in C. It reads a packet and writes it again.
 *
 * It knows mqtt5.h, and not how it was found: that is what building it tests.
 */
#include <mqtt5.h>

#include <stdio.h>
#include <string.h>

#if MQTT5_VERSION_NUMBER < 100
#error "what version is this?"
#endif

int main(void)
{
    static const uint8_t bytes[] = {0x32, 0x0D, 0x00, 0x03, 'a', '/', 'b', 0x00, 0x07, 0x02, 0x01, 0x01, 'h', 'i', '!'};
    static mqtt5_options limit;
    uint8_t again[sizeof(bytes)];
    mqtt5_packet packet;
    mqtt5_error error;
    size_t size = 0;

    limit.max_packet_size = 14;
    if (mqtt5_decode(bytes, sizeof(bytes), NULL, &packet, &size, &error) != MQTT5_OK || size != sizeof(bytes)) {
        fprintf(stderr, "decode: %s\n", mqtt5_strerror(error.status));
        return 1;
    }
    if (packet.type != MQTT5_PUBLISH || packet.as.publish.packet_id != 7 || packet.as.publish.payload.size != 3 ||
        !mqtt5_has(&packet.as.properties, MQTT5_PROP_PAYLOAD_FORMAT_INDICATOR)) {
        fprintf(stderr, "decode: not what was sent\n");
        return 1;
    }
    if (mqtt5_encode(&packet, NULL, again, sizeof(again), &size, &error) != MQTT5_OK || size != sizeof(bytes) ||
        memcmp(again, bytes, size) != 0) {
        fprintf(stderr, "encode: not what was decoded\n");
        return 1;
    }
    if (mqtt5_decode(bytes, sizeof(bytes), &limit, &packet, &size, &error) != MQTT5_ERR_PACKET_TOO_LARGE ||
        mqtt5_reason_code(error.status) != 0x95) {
        fprintf(stderr, "decode: the limit does not hold\n");
        return 1;
    }
    printf("mqtt5 %s in C\n", MQTT5_VERSION);
    return 0;
}
