/* SPDX-License-Identifier: MIT */
/*
 * test_options.c - what vectors cannot say of mqtt5_options: encoding and checking with them, sizes, heads, refused
 * packets, and errors that are not written.
 *
 * The vectors (tests/vectors/options-*.tsv) hold the rules for reading.
 */
#include "check.h"
#include "mqtt5.h"

#include <stdlib.h>
#include <string.h>

static unsigned long cases;

static void begin(const char *what)
{
    cases++;
    CONTEXT("%s", what);
}

/* A packet of that type with a reason string of 10 bytes and two user properties of 13 bytes. */
static mqtt5_packet with_texts(unsigned type)
{
    static const mqtt5_string_pair pairs[] = {{MQTT5_VIEW_INIT("name1"), MQTT5_VIEW_INIT("val")},
                                              {MQTT5_VIEW_INIT("name2"), MQTT5_VIEW_INIT("val")}};
    static const uint8_t codes[] = {0};
    mqtt5_packet packet;

    memset(&packet, 0, sizeof(packet));
    packet.type = (uint8_t)type;
    packet.as.properties.user_properties = mqtt5_list_of(pairs, 2);
    mqtt5_set(&packet.as.properties, MQTT5_PROP_USER_PROPERTIES);
    packet.as.properties.reason_str = MQTT5_VIEW("because");
    mqtt5_set(&packet.as.properties, MQTT5_PROP_REASON_STR);
    if (type >= MQTT5_PUBACK && type <= MQTT5_PUBCOMP) {
        packet.as.puback.packet_id = 1;
    } else if (type == MQTT5_SUBACK || type == MQTT5_UNSUBACK) {
        packet.as.suback.packet_id = 1;
        packet.as.suback.reason_codes = mqtt5_list_of(codes, 1);
    }
    return packet;
}

static const mqtt5_error untouched = {MQTT5_STATUS_COUNT, 0x5A, 1, 2, 3};

/* An error is written only on an error. */
static bool is_untouched(const mqtt5_error *error)
{
    return error->status == untouched.status && error->field == untouched.field && error->offset == untouched.offset &&
           error->index == untouched.index && error->packet_id == untouched.packet_id;
}

static bool has(const mqtt5_packet *packet, mqtt5_property_id id)
{
    return mqtt5_has(&packet->as.properties, id);
}

/* Each packet with a reason string loses it first, then its user properties, and nothing if that is not enough. */
static void test_fit(void)
{
    static const uint8_t types[] = {MQTT5_CONNACK, MQTT5_PUBACK,   MQTT5_PUBREC,     MQTT5_PUBREL, MQTT5_PUBCOMP,
                                    MQTT5_SUBACK,  MQTT5_UNSUBACK, MQTT5_DISCONNECT, MQTT5_AUTH};
    size_t i;

    for (i = 0; i < sizeof(types); i++) {
        mqtt5_packet packet = with_texts(types[i]), bare = packet;
        size_t whole, without_reason, least, size;
        mqtt5_options limit = {0};
        mqtt5_error error;

        begin(mqtt5_type_name(types[i]));
        CHECK(mqtt5_encode(&packet, NULL, NULL, 0, &whole, NULL) == MQTT5_OK);
        without_reason = whole - 10;
        bare.as.properties.present = 0;
        CHECK(mqtt5_encode(&bare, NULL, NULL, 0, &least, NULL) == MQTT5_OK);
        CHECK(mqtt5_fit(&packet, NULL, &size, &error) == MQTT5_OK && size == whole);
        for (limit.max_packet_size = least - 1; limit.max_packet_size <= whole; limit.max_packet_size++) {
            const mqtt5_status expected = limit.max_packet_size < least ? MQTT5_ERR_PACKET_TOO_LARGE : MQTT5_OK;

            packet = with_texts(types[i]);
            error = untouched;
            CHECK(mqtt5_fit(&packet, &limit, &size, &error) == expected);
            CHECK(is_untouched(&error) == (expected == MQTT5_OK));
            if (expected != MQTT5_OK) {
                CHECK(has(&packet, MQTT5_PROP_REASON_STR) && has(&packet, MQTT5_PROP_USER_PROPERTIES));
                CHECK(size == whole && error.field == MQTT5_FIELD_REMAINING_LENGTH);
                continue;
            }
            CHECK(size <= limit.max_packet_size);
            CHECK(has(&packet, MQTT5_PROP_REASON_STR) == (limit.max_packet_size >= whole));
            CHECK(has(&packet, MQTT5_PROP_USER_PROPERTIES) == (limit.max_packet_size >= without_reason));
        }
    }
}

/* User properties of a message belong to it (3.3.2-17). */
static void test_fit_keeps_messages(void)
{
    mqtt5_options limit = {.max_packet_size = 20};
    mqtt5_packet packet = with_texts(MQTT5_PUBLISH);
    size_t size;

    begin("a PUBLISH loses nothing");
    packet.as.properties.present &= ~(UINT64_C(1) << MQTT5_PROP_REASON_STR);
    packet.as.publish.topic = MQTT5_VIEW("t");
    CHECK(mqtt5_fit(&packet, &limit, &size, NULL) == MQTT5_ERR_PACKET_TOO_LARGE);
    CHECK(has(&packet, MQTT5_PROP_USER_PROPERTIES) && size > 20);
}

static void test_head(void)
{
    static uint8_t whole[300], head[300];
    uint8_t payload[200];
    mqtt5_options limit = {0};
    mqtt5_packet packet = with_texts(MQTT5_PUBACK);
    size_t whole_size, head_size;

    begin("the head of another packet is all of it");
    CHECK(mqtt5_encode(&packet, NULL, whole, sizeof(whole), &whole_size, NULL) == MQTT5_OK);
    CHECK(mqtt5_encode_head(&packet, NULL, head, whole_size, &head_size, NULL) == MQTT5_OK);
    CHECK(head_size == whole_size && memcmp(head, whole, head_size) == 0);

    begin("the head of a PUBLISH");
    memset(&packet, 0, sizeof(packet));
    memset(payload, 'x', sizeof(payload));
    packet.type = MQTT5_PUBLISH;
    packet.as.publish.topic = MQTT5_VIEW("t");
    packet.as.publish.payload = mqtt5_view_of(payload, sizeof(payload));
    CHECK(mqtt5_encode(&packet, NULL, whole, sizeof(whole), &whole_size, NULL) == MQTT5_OK);
    packet.as.publish.payload.data = NULL; /* not used */
    CHECK(mqtt5_encode_head(&packet, NULL, head, whole_size - 200, &head_size, NULL) == MQTT5_OK);
    CHECK(head_size == whole_size - 200 && memcmp(head, whole, head_size) == 0);
    CHECK(mqtt5_encode_head(&packet, NULL, head, head_size - 1, &head_size, NULL) == MQTT5_ERR_NO_SPACE);
    CHECK(mqtt5_encode_head(&packet, NULL, NULL, 0, &head_size, NULL) == MQTT5_OK && head_size == whole_size - 200);
    limit.max_packet_size = whole_size - 1;
    CHECK(mqtt5_encode_head(&packet, &limit, head, 300, &head_size, NULL) == MQTT5_ERR_PACKET_TOO_LARGE);
    packet.as.publish.topic.size = 0;
    CHECK(mqtt5_encode_head(&packet, NULL, head, 300, &head_size, NULL) == MQTT5_ERR_NO_TOPIC && head_size == 0);
}

/* mqtt5_check() and mqtt5_encode() apply the options that decoding does. */
static void test_check(void)
{
    mqtt5_packet packet = with_texts(MQTT5_DISCONNECT);
    mqtt5_options options = {0};
    mqtt5_error error;
    uint8_t *text;
    size_t size;

    begin("limits and senders");
    options.max_list_items = 2;
    CHECK(mqtt5_check(&packet, &options, NULL) == MQTT5_OK);
    options.max_list_items = 1;
    CHECK(mqtt5_check(&packet, &options, &error) == MQTT5_ERR_TOO_MANY_ITEMS);
    CHECK(error.field == MQTT5_PROP_USER_PROPERTIES && error.index == 1 && error.offset == 0 && error.packet_id == 0);
    CHECK(mqtt5_encode(&packet, &options, NULL, 0, &size, NULL) == MQTT5_ERR_TOO_MANY_ITEMS && size == 0);
    memset(&options, 0, sizeof(options));
    packet.as.disconnect.reason_code = MQTT5_RC_DISCONNECT_WITH_WILL_MESSAGE;
    options.sender = MQTT5_SENDER_CLIENT;
    CHECK(mqtt5_check(&packet, &options, NULL) == MQTT5_OK);
    options.sender = MQTT5_SENDER_SERVER;
    CHECK(mqtt5_check(&packet, &options, &error) == MQTT5_ERR_SENDER_REASON_CODE);
    CHECK(error.field == MQTT5_FIELD_REASON_CODE);
    CHECK(mqtt5_encode(&packet, &options, NULL, 0, &size, NULL) == MQTT5_ERR_SENDER_REASON_CODE);

    begin("lenient");
    memset(&options, 0, sizeof(options));
    packet = with_texts(MQTT5_PUBACK);
    packet.as.puback.reason_code = MQTT5_RC_PACKET_TOO_LARGE;
    CHECK(mqtt5_check(&packet, &options, NULL) == MQTT5_ERR_BAD_REASON_CODE);
    options.lenient = true;
    CHECK(mqtt5_check(&packet, &options, NULL) == MQTT5_OK);
    CHECK(mqtt5_encode(&packet, &options, NULL, 0, &size, NULL) == MQTT5_OK);
    packet.as.puback.packet_id = 0;
    CHECK(mqtt5_check(&packet, &options, NULL) == MQTT5_ERR_NO_PACKET_ID);

    begin("a code that only CONNACK has is not the server's");
    packet = with_texts(MQTT5_DISCONNECT);
    packet.as.disconnect.reason_code = MQTT5_RC_BANNED;
    options.sender = MQTT5_SENDER_CLIENT;
    CHECK(mqtt5_check(&packet, &options, NULL) == MQTT5_OK);

    begin("control characters");
    packet = with_texts(MQTT5_PUBACK);
    packet.as.properties.reason_str = MQTT5_VIEW("a\tb");
    memset(&options, 0, sizeof(options));
    CHECK(mqtt5_check(&packet, &options, NULL) == MQTT5_OK);
    options.forbid_control_characters = true;
    CHECK(mqtt5_check(&packet, &options, &error) == MQTT5_ERR_CONTROL_CHARACTER);
    CHECK(error.field == MQTT5_PROP_REASON_STR);
    text = (uint8_t *)malloc(1); /* a sanitizer sees what is read after the end */
    *text = 0xC2;                /* begins U+0080 to U+00BF */
    packet.as.properties.reason_str = mqtt5_view_of(text, 1);
    CHECK(mqtt5_check(&packet, &options, NULL) == MQTT5_ERR_BAD_UTF8);
    free(text);
}

/* Lenient reading of a head, whose strict reading ends with an error before the end of the data. */
static void test_lenient_head(void)
{
    static const uint8_t bytes[] = {0x30, 0x10, 0, 1, 't', 5, 0x18, 0, 0, 0, 10, 'p', 'a', 'y', 'l', 'o', 'a', 'd'};
    const mqtt5_options options = {.lenient = true};
    mqtt5_packet packet;
    mqtt5_error error = untouched;
    size_t size, i;

    begin("a head with a Will Delay Interval");
    for (i = 1; i < sizeof(bytes); i++) {
        uint8_t *data = (uint8_t *)malloc(i); /* a sanitizer sees what is read after the end */
        const mqtt5_status expected = i < 11 ? MQTT5_INCOMPLETE : MQTT5_OK;

        memcpy(data, bytes, i);
        CHECK(mqtt5_decode_head(data, i, &options, &packet, &size, &error) == expected && is_untouched(&error));
        CHECK(expected != MQTT5_OK || (packet.lenient && size == 18 && packet.as.publish.payload.size == 7));
        CHECK(expected != MQTT5_OK || !has(&packet, MQTT5_PROP_WILL_DELAY_INTERVAL));
        free(data);
    }
}

int main(void)
{
    test_fit();
    test_fit_keeps_messages();
    test_head();
    test_check();
    test_lenient_head();
    return finish(cases, "cases");
}
