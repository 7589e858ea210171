/* SPDX-License-Identifier: MIT */
/*
 * consumer.cpp - a program that uses the library as anyone would, in C++11. It writes a packet and reads it again.
 *
 * It knows mqtt5.h, and not how it was found: that is what building it tests.
 */
#include <mqtt5.h>

#include <iostream>
#include <string>
#include <vector>

int main()
{
    mqtt5_packet packet = {};
    packet.type = MQTT5_PUBLISH;
    packet.as.publish.topic = MQTT5_VIEW("a/b");
    packet.as.publish.payload = MQTT5_VIEW("hello");
    packet.as.publish.properties.topic_alias = 3;
    mqtt5_set(&packet.as.publish.properties, MQTT5_PROP_TOPIC_ALIAS);

    std::size_t size = 0;
    mqtt5_error error = {};
    mqtt5_encode(&packet, nullptr, nullptr, 0, &size, nullptr);
    std::vector<std::uint8_t> bytes(size);
    if (mqtt5_encode(&packet, nullptr, bytes.data(), bytes.size(), &size, &error) != MQTT5_OK) {
        std::cerr << "encode: " << mqtt5_strerror(error.status) << "\n";
        return 1;
    }
    mqtt5_packet found = {};
    if (mqtt5_decode(bytes.data(), bytes.size(), nullptr, &found, &size, &error) != MQTT5_OK || size != bytes.size()) {
        std::cerr << "decode: " << mqtt5_strerror(error.status) << "\n";
        return 1;
    }
    const mqtt5_view payload = found.as.publish.payload;
    if (found.type != MQTT5_PUBLISH || found.as.publish.properties.topic_alias != 3 ||
        std::string(reinterpret_cast<const char *>(payload.data), payload.size) != "hello") {
        std::cerr << "decode: not what was sent\n";
        return 1;
    }
    std::cout << "mqtt5 " << MQTT5_VERSION << " in C++\n";
    return 0;
}
