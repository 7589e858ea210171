/* SPDX-License-Identifier: MIT */
// Makes the packet that publishes a measurement, and reads it as the receiver would. Open the serial monitor.
#include <mqtt5.h>

static uint8_t bytes[64];

void setup()
{
    Serial.begin(115200);
    while (!Serial) {
    }
}

void loop()
{
    mqtt5_packet packet = {};
    mqtt5_error error;
    size_t size;

    packet.type = MQTT5_PUBLISH;
    packet.as.publish.topic = MQTT5_VIEW("sensors/temp");
    packet.as.publish.payload = MQTT5_VIEW("21.5");
    packet.as.publish.qos = 1;
    packet.as.publish.packet_id = 7;
    if (mqtt5_encode(&packet, NULL, bytes, sizeof(bytes), &size, &error) != MQTT5_OK) {
        Serial.println(mqtt5_strerror(error.status));
        return;
    }

    // Into a client's connection it would go with client.write(bytes, size). What arrives is read like this:
    if (mqtt5_decode(bytes, size, NULL, &packet, &size, &error) != MQTT5_OK) {
        Serial.println(mqtt5_strerror(error.status));
        return;
    }
    Serial.print(static_cast<unsigned long>(size));
    Serial.print(" bytes, ");
    Serial.write(packet.as.publish.topic.data, packet.as.publish.topic.size);
    Serial.print(" is ");
    Serial.write(packet.as.publish.payload.data, packet.as.publish.payload.size);
    Serial.println("");
    delay(1000);
}
