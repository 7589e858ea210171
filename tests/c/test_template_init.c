/* SPDX-License-Identifier: MIT */
/*
 * test_template_init.c - what mqtt5_template_init() refuses, what it copies, and the largest packets.
 *
 * test_template.c compares the bytes.
 */
#include "guard.h"
#include "mqtt5.h"

static unsigned long cases;
static arena room, out;

static void begin(const char *what)
{
    CONTEXT("%s", what);
    cases++;
}

static mqtt5_packet publish_of(uint8_t qos)
{
    mqtt5_packet packet;

    memset(&packet, 0, sizeof(packet));
    packet.type = MQTT5_PUBLISH;
    packet.as.publish.topic = MQTT5_VIEW("a/topic");
    packet.as.publish.payload = MQTT5_VIEW("payload");
    packet.as.publish.qos = qos;
    return packet;
}

static mqtt5_status init(mqtt5_template *t, const mqtt5_packet *packet, const mqtt5_options *options, size_t *used,
                         mqtt5_error *error)
{
    mqtt5_template measured;
    mqtt5_status status;

    memset(error, 0, sizeof(*error));
    status = mqtt5_template_init(&measured, packet, options, NULL, 0, used, error);
    CHECK(error->status == status);
    CHECK(status == MQTT5_OK || status == MQTT5_ERR_PACKET_TOO_LARGE || *used == 0);
    return status != MQTT5_OK ? status
                              : mqtt5_template_init(t, packet, options, at_end(&room, *used), *used, used, error);
}

static void refuses(const mqtt5_packet *packet, const mqtt5_options *options, mqtt5_status status, unsigned field)
{
    mqtt5_template t;
    mqtt5_error error;
    size_t used = 1;

    CHECK(init(&t, packet, options, &used, &error) == status);
    CHECK(error.field == field && error.offset == 0);
}

static void test_template_init_invalid_packet_refused(void)
{
    static const uint32_t ids[] = {1, 2, 3};
    mqtt5_options options;
    mqtt5_packet p = publish_of(0);
    mqtt5_template t;
    size_t used;

    memset(&options, 0, sizeof(options));
    begin("a packet of another type");
    p.type = MQTT5_PUBACK;
    p.as.puback.packet_id = 1;
    refuses(&p, NULL, MQTT5_ERR_RESERVED_TYPE, MQTT5_FIELD_PACKET_TYPE);

    begin("QoS 3");
    p = publish_of(3);
    refuses(&p, NULL, MQTT5_ERR_BAD_QOS_FLAGS, MQTT5_FIELD_QOS);

    begin("a topic with wildcards");
    p = publish_of(1);
    p.as.publish.topic = MQTT5_VIEW("a/#");
    refuses(&p, NULL, MQTT5_ERR_BAD_TOPIC_NAME, MQTT5_FIELD_TOPIC);

    begin("no topic and no alias");
    p.as.publish.topic.size = 0;
    refuses(&p, NULL, MQTT5_ERR_NO_TOPIC, MQTT5_FIELD_TOPIC);

    begin("control characters");
    p.as.publish.topic = MQTT5_VIEW("a\tb");
    options.forbid_control_characters = true;
    refuses(&p, &options, MQTT5_ERR_CONTROL_CHARACTER, MQTT5_FIELD_TOPIC);
    CHECK(mqtt5_template_init(&t, &p, NULL, NULL, 0, &used, NULL) == MQTT5_OK);
    options.forbid_control_characters = false;

    begin("too many subscription identifiers, or from a client");
    p = publish_of(0);
    p.as.properties.subscription_ids = mqtt5_list_of(ids, 3);
    mqtt5_set(&p.as.properties, MQTT5_PROP_SUBSCRIPTION_ID);
    options.max_list_items = 2;
    refuses(&p, &options, MQTT5_ERR_TOO_MANY_ITEMS, MQTT5_PROP_SUBSCRIPTION_ID);
    options.max_list_items = 3;
    options.sender = MQTT5_SENDER_CLIENT;
    refuses(&p, &options, MQTT5_ERR_SENDER_PROPERTY, MQTT5_PROP_SUBSCRIPTION_ID);
}

/* The packet identifier, DUP and the receiver's limit belong to a delivery. */
static void test_template_init_delivery_fields_ignored(void)
{
    mqtt5_options options;
    mqtt5_packet p = publish_of(0);
    mqtt5_template t;
    mqtt5_error error;
    size_t used;

    begin("DUP and a packet identifier with QoS 0, and a limit");
    memset(&options, 0, sizeof(options));
    options.max_packet_size = 2;
    p.as.publish.duplicate = true;
    p.as.publish.packet_id = 5;
    CHECK(init(&t, &p, &options, &used, &error) == MQTT5_OK);
    CHECK(!t.delivery.duplicate && t.delivery.packet_id == 0);
    CHECK(mqtt5_template_encode(&t, &t.delivery, &options, NULL, 0, &used, &error) == MQTT5_ERR_PACKET_TOO_LARGE);
    CHECK(used == 19 && error.field == MQTT5_FIELD_REMAINING_LENGTH);
    CHECK(mqtt5_template_encode_head(&t, &t.delivery, &options, NULL, 0, &used, NULL) == MQTT5_ERR_PACKET_TOO_LARGE);
    CHECK(used == 12);

    begin("one byte less than the template takes");
    CHECK(mqtt5_template_init(&t, &p, NULL, at_end(&room, 11), 11, &used, &error) == MQTT5_ERR_NO_SPACE);
    CHECK(used == 12 && error.status == MQTT5_ERR_NO_SPACE && error.field == 0);
}

/* Only the payload is borrowed: the bytes that the packet was decoded from may be gone. */
static void test_template_packet_gone_still_encodes(void)
{
    static const uint8_t wire[] = "\x3B\x1E\0\1t\0\7\x15\x01\1\x02\0\0\0\x3C\x0B\1\x23\0\2\x26\0\1a\0\1b\x0B\x05xyz";
    uint8_t bytes[sizeof(wire) - 1], copy[sizeof(bytes)];
    mqtt5_packet packet;
    mqtt5_template t;
    mqtt5_delivery d;
    mqtt5_error error;
    size_t used, size;

    begin("a decoded packet");
    memcpy(bytes, wire, sizeof(bytes));
    CHECK(mqtt5_decode(bytes, sizeof(bytes), NULL, &packet, &size, NULL) == MQTT5_OK && size == sizeof(bytes));
    packet.as.publish.payload = MQTT5_VIEW("xyz");
    CHECK(mqtt5_encode(&packet, NULL, copy, sizeof(copy), &size, NULL) == MQTT5_OK);
    CHECK(init(&t, &packet, NULL, &used, &error) == MQTT5_OK);
    memset(bytes, 0xA5, sizeof(bytes));
    memset(&packet, 0xA5, sizeof(packet));
    d = t.delivery;
    CHECK(d.qos == 1 && d.retain && d.topic_alias == 2 && d.message_expiry_interval == 60);
    CHECK(d.has_message_expiry_interval && d.subscription_ids.count == 2);
    d.packet_id = 7;
    d.duplicate = true;
    CHECK(mqtt5_template_encode(&t, &d, NULL, at_end(&out, size), size, &used, NULL) == MQTT5_OK);
    CHECK(used == size && memcmp(out.end - size, copy, size) == 0);
}

/* A lenient packet stays one: the options of an encode do not matter. */
static void test_template_lenient_packet_keeps_values(void)
{
    mqtt5_options lenient;
    mqtt5_packet p = publish_of(0);
    mqtt5_template t;
    mqtt5_error error;
    uint8_t bytes[64];
    size_t used, size;

    begin("a Response Topic with wildcards, and a Payload Format Indicator of 2");
    memset(&lenient, 0, sizeof(lenient));
    lenient.lenient = true;
    p.as.properties.response_topic = MQTT5_VIEW("a/#");
    mqtt5_set(&p.as.properties, MQTT5_PROP_RESPONSE_TOPIC);
    refuses(&p, NULL, MQTT5_ERR_BAD_TOPIC_NAME, MQTT5_PROP_RESPONSE_TOPIC);
    p.as.properties.payload_format_indicator = 2;
    mqtt5_set(&p.as.properties, MQTT5_PROP_PAYLOAD_FORMAT_INDICATOR);
    refuses(&p, NULL, MQTT5_ERR_NOT_BOOLEAN, MQTT5_PROP_PAYLOAD_FORMAT_INDICATOR);
    CHECK(init(&t, &p, &lenient, &used, &error) == MQTT5_OK);
    CHECK(mqtt5_encode(&p, &lenient, bytes, sizeof(bytes), &size, NULL) == MQTT5_OK);
    CHECK(mqtt5_template_encode(&t, &t.delivery, NULL, at_end(&out, size), size, &used, NULL) == MQTT5_OK);
    CHECK(used == size && memcmp(out.end - size, bytes, size) == 0);
}

/* The largest packet fits, and one byte more does not. The payload has no memory: only heads are written. */
static void test_template_largest_packet_measured(void)
{
    const size_t around = 2 + 7 + 1; /* topic, length of properties */
    mqtt5_packet p = publish_of(0);
    mqtt5_template t;
    mqtt5_delivery d;
    mqtt5_error error;
    size_t used, size;

    begin("a packet of 256 MB");
    p.as.publish.payload.size = MQTT5_MAX_REMAINING_LENGTH - around;
    CHECK(init(&t, &p, NULL, &used, &error) == MQTT5_OK && used == 5 + around);
    d = t.delivery;
    CHECK(mqtt5_template_encode(&t, &d, NULL, NULL, 0, &size, NULL) == MQTT5_OK);
    CHECK(size == MQTT5_MAX_REMAINING_LENGTH + 5);
    CHECK(mqtt5_template_encode_head(&t, &d, NULL, at_end(&out, used), used, &size, NULL) == MQTT5_OK);
    CHECK(size == used && memcmp(out.end - used, t.head.data, used) == 0);
    d.topic_alias = 1;
    CHECK(mqtt5_template_encode(&t, &d, NULL, NULL, 0, &size, &error) == MQTT5_ERR_PACKET_TOO_LARGE);
    CHECK(size == MQTT5_MAX_REMAINING_LENGTH + 5 + 3 && error.field == MQTT5_FIELD_REMAINING_LENGTH);

    p.as.publish.payload.size++;
    refuses(&p, NULL, MQTT5_ERR_PACKET_TOO_LARGE, MQTT5_FIELD_REMAINING_LENGTH);
}

int main(void)
{
    watch_guards();
    test_template_init_invalid_packet_refused();
    test_template_init_delivery_fields_ignored();
    test_template_packet_gone_still_encodes();
    test_template_lenient_packet_keeps_values();
    test_template_largest_packet_measured();
    return finish(cases, "cases");
}
