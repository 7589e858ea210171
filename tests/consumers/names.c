/* SPDX-License-Identifier: MIT */
/*
 * names.c - a program beside ESP-IDF's MQTT client: it uses the macros and inline functions of mqtt5.h where all names
 * of that client are taken. That it compiles is the test.
 */
#include "esp_mqtt_names.h"

#include <mqtt5.h>

#ifdef TRY_COLLISION /* must not compile, or the header above tests nothing */
int mqtt5_user_property;
#endif

static const mqtt5_view topic = MQTT5_VIEW_INIT("a/b");
static const mqtt5_string_pair pair = {MQTT5_VIEW_INIT("name"), MQTT5_VIEW_INIT("value")};

int main(void)
{
    static mqtt5_options options;
    mqtt5_packet packet;
    mqtt5_error error;
    uint8_t bytes[100];
    size_t size;

    options.max_packet_size = 100;
    packet.type = MQTT5_PUBLISH;
    packet.as.publish.topic = topic;
    packet.as.publish.payload = MQTT5_VIEW("hello");
    packet.as.publish.packet_id = 0;
    packet.as.publish.qos = 0;
    packet.as.publish.retain = packet.as.publish.duplicate = false;
    packet.as.publish.properties.present = 0;
    packet.as.publish.properties.user_properties = mqtt5_list_of(&pair, 1);
    mqtt5_set(&packet.as.publish.properties, MQTT5_PROP_USER_PROPERTIES);
    return mqtt5_encode(&packet, &options, bytes, sizeof(bytes), &size, &error) == MQTT5_OK &&
                   mqtt5_has(&packet.as.properties, MQTT5_PROP_USER_PROPERTIES) &&
                   mqtt5_reason_code(MQTT5_ERR_PACKET_TOO_LARGE) == MQTT5_RC_PACKET_TOO_LARGE
               ? 0
               : 1;
}
