/* SPDX-License-Identifier: MIT */
/*
 * test_refused.c - what decoding with options reports where vectors cannot tell: which of two errors, and what is not
 * looked at.
 *
 * The vectors (tests/vectors/options-*.tsv) have one error each.
 */
#include "check.h"
#include "mqtt5.h"

#include <string.h>

static unsigned long cases;

static void begin(const char *what)
{
    cases++;
    CONTEXT("%s", what);
}

/* Decoding reports the error that mqtt5_check() does, in each build: limits before senders. */
static void test_two_errors(void)
{
    static const uint8_t auth[] = {0xF0, 0x10, 0, 0x0E, 0x26, 0, 1, 'k', 0, 1, 'v', 0x26, 0, 1, 'k', 0, 1, 'v'};
    const mqtt5_options options = {.max_list_items = 1, .sender = MQTT5_SENDER_CLIENT};
    mqtt5_packet packet;
    mqtt5_error error;
    size_t size;

    begin("a client's AUTH with Success and a user property too many");
    CHECK(mqtt5_decode(auth, sizeof(auth), NULL, &packet, &size, NULL) == MQTT5_OK);
    CHECK(mqtt5_check(&packet, &options, NULL) == MQTT5_ERR_TOO_MANY_ITEMS);
    CHECK(mqtt5_decode(auth, sizeof(auth), &options, &packet, &size, &error) == MQTT5_ERR_TOO_MANY_ITEMS);
    CHECK(error.field == MQTT5_PROP_USER_PROPERTIES && error.index == 1 && error.offset == 11);
}

/* Byte 4 is the reason code of short packets only: here, it is the second of the packet identifier. */
static void test_long_pubrec(void)
{
    static uint8_t bytes[3 + 0x90] = {0x50, 0x90, 1, 0x12, 0x34, 0, 0x8B, 1, 0x1F, 0, 0x88}; /* a reason string */
    const mqtt5_options options = {.sender = MQTT5_SENDER_CLIENT};
    mqtt5_packet packet;
    size_t size;

    begin("a PUBREC of more than 127 bytes");
    memset(bytes + 11, 'x', 0x88);
    CHECK(mqtt5_decode(bytes, 6, &options, &packet, &size, NULL) == MQTT5_INCOMPLETE && size == sizeof(bytes));
    CHECK(mqtt5_decode(bytes, size, &options, &packet, &size, NULL) == MQTT5_OK);
    CHECK(packet.as.pubrec.packet_id == 0x1234);
}

/* The packet identifier of a refused packet is not looked for after its end. */
static void test_no_packet_id(void)
{
    static const uint8_t bytes[] = {0x40, 1, 0x12, 0x34};
    const mqtt5_options options = {.max_packet_size = 2};
    mqtt5_packet packet;
    mqtt5_error error;
    size_t size;

    begin("a PUBACK that is too short, and too large");
    CHECK(mqtt5_decode(bytes, sizeof(bytes), NULL, &packet, &size, &error) == MQTT5_ERR_TRUNCATED);
    CHECK(error.packet_id == 0 && size == 3);
    CHECK(mqtt5_decode(bytes, sizeof(bytes), &options, &packet, &size, &error) == MQTT5_ERR_PACKET_TOO_LARGE);
    CHECK(error.packet_id == 0 && size == 3);
}

int main(void)
{
    test_two_errors();
    test_long_pubrec();
    test_no_packet_id();
    return finish(cases, "cases");
}
