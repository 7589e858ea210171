/* SPDX-License-Identifier: MIT */
/*
 * test_api.c - what a C program can do with the library that no vector shows: packets built by hand, lists, mistakes
 * that only a caller can make, status texts, reflection.
 *
 * Table 2-4 of the specification is typed out here once more, on purpose.
 */
#include "guard.h"
#include "mqtt5.h"
#include "same.h"

#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static unsigned long cases;
static arena guarded;
static uint8_t letters[65536];

static void begin(const char *what)
{
    CONTEXT("%s", what);
    cases++;
}

static mqtt5_packet packet_of(unsigned type)
{
    mqtt5_packet packet;

    memset(&packet, 0, sizeof(packet));
    packet.type = (uint8_t)type;
    return packet;
}

static mqtt5_list list_of(const void *items, size_t count)
{
    mqtt5_list list;

    memset(&list, 0, sizeof(list));
    list.items = items;
    list.count = count;
    return list;
}

static mqtt5_list wire_of(const void *bytes, size_t size, size_t count)
{
    mqtt5_list list;

    memset(&list, 0, sizeof(list));
    list.wire = mqtt5_view_of(bytes, size);
    list.count = count;
    return list;
}

#define LIST(array) list_of(array, COUNT(array))

/* The shortest packet of a type that is valid. */
static mqtt5_packet valid_packet(unsigned type)
{
    static const mqtt5_topic_filter filter = {{(const uint8_t *)"t", 1}, 0, false, false, 0};
    static const mqtt5_view pattern = {(const uint8_t *)"t", 1};
    static const uint8_t code = 0;
    mqtt5_packet packet = packet_of(type);

    switch (type) {
    case MQTT5_PUBLISH:
        packet.as.publish.topic = MQTT5_VIEW("t");
        break;
    case MQTT5_PUBACK:
    case MQTT5_PUBREC:
    case MQTT5_PUBREL:
    case MQTT5_PUBCOMP:
        packet.as.puback.packet_id = 1;
        break;
    case MQTT5_SUBSCRIBE:
        packet.as.subscribe.packet_id = 1;
        packet.as.subscribe.topic_filters = list_of(&filter, 1);
        break;
    case MQTT5_SUBACK:
    case MQTT5_UNSUBACK:
        packet.as.suback.packet_id = 1;
        packet.as.suback.reason_codes = list_of(&code, 1);
        break;
    case MQTT5_UNSUBSCRIBE:
        packet.as.unsubscribe.packet_id = 1;
        packet.as.unsubscribe.patterns = list_of(&pattern, 1);
        break;
    default:
        break;
    }
    return packet;
}

/* ------------------------------------------------------------- encoding */

/* The packet becomes these bytes, and they become the packet. */
static void encodes_to(const mqtt5_packet *packet, const void *bytes, size_t size)
{
    uint8_t *data = at_end(&guarded, size);
    size_t packet_size = 0;
    mqtt5_options limit = {.max_packet_size = size};
    mqtt5_packet copy;
    mqtt5_error error;

    CHECK(mqtt5_check(packet, NULL, &error) == MQTT5_OK);
    CHECK(mqtt5_encode(packet, NULL, NULL, 0, &packet_size, &error) == MQTT5_OK);
    CHECK(packet_size == size);
    memset(data, 0xA5, size);
    CHECK(mqtt5_encode(packet, &limit, data, size, &packet_size, NULL) == MQTT5_OK);
    CHECK(memcmp(data, bytes, size) == 0);
    CHECK(mqtt5_decode(data, size, &limit, &copy, &packet_size, NULL) == MQTT5_OK);
    CHECK(same_packet(packet, &copy));
}

#define ENCODES_TO(packet, literal) encodes_to(packet, literal, sizeof(literal) - 1)

static void test_encoding(void)
{
    static const mqtt5_string_pair pairs[] = {
        {{(const uint8_t *)"a", 1}, {(const uint8_t *)"1", 1}},
        {{NULL, 0}, {NULL, 0}},
        {{(const uint8_t *)"a", 1}, {(const uint8_t *)"22", 2}},
    };
    static const mqtt5_topic_filter filters[] = {
        {{(const uint8_t *)"a/+", 3}, 2, true, true, 2},
        {{(const uint8_t *)"$share/g/#", 10}, 1, false, false, 1},
        {{(const uint8_t *)"b", 1}, 0, false, false, 0},
    };
    static const mqtt5_view patterns[] = {{(const uint8_t *)"#", 1}, {(const uint8_t *)"a/b", 3}};
    static const uint8_t granted[] = {0, 1, 2, 0x80, 0xA2}, ended[] = {0, 0x11, 0x8F};
    static const uint32_t ids[] = {1, 127, 128, 268435455};
    mqtt5_packet p;

    begin("CONNECT, smallest");
    p = packet_of(MQTT5_CONNECT);
    ENCODES_TO(&p, "\x10\x0D\0\4MQTT\5\0\0\0\0\0\0");

    begin("CONNECT with everything");
    p.as.connect.client_id = MQTT5_VIEW("id");
    p.as.connect.keep_alive = 0x1234;
    p.as.connect.clean_start = true;
    p.as.connect.has_username = true;
    p.as.connect.username = MQTT5_VIEW("u");
    p.as.connect.has_password = true;
    p.as.connect.password = MQTT5_VIEW("\xFF\0");
    mqtt5_set(&p.as.connect.properties, MQTT5_PROP_RECEIVE_MAX);
    p.as.connect.properties.receive_max = 0xABCD;
    p.as.connect.has_will = true;
    p.as.connect.will.topic = MQTT5_VIEW("w");
    p.as.connect.will.payload = MQTT5_VIEW("\x80");
    p.as.connect.will.qos = 2;
    p.as.connect.will.retain = true;
    mqtt5_set(&p.as.connect.will.properties, MQTT5_PROP_WILL_DELAY_INTERVAL);
    p.as.connect.will.properties.will_delay_interval = 0x01020304;
    ENCODES_TO(&p, "\x10\x25\0\4MQTT\5\xF6\x12\x34\3\x21\xAB\xCD\0\2id\5\x18\1\2\3\4\0\1w\0\1\x80\0\1u\0\2\xFF\0");

    begin("CONNECT: what has no has_ flag is not written");
    p = packet_of(MQTT5_CONNECT);
    p.as.connect.username = MQTT5_VIEW("\xFF");
    p.as.connect.password = MQTT5_VIEW("p");
    p.as.connect.will.qos = 3;
    p.as.connect.properties.receive_max = 7;
    ENCODES_TO(&p, "\x10\x0D\0\4MQTT\5\0\0\0\0\0\0");

    begin("CONNACK");
    p = packet_of(MQTT5_CONNACK);
    p.as.connack.session_present = true;
    mqtt5_set(&p.as.connack.properties, MQTT5_PROP_MAX_QOS);
    mqtt5_set(&p.as.connack.properties, MQTT5_PROP_MAX_PACKET_SIZE);
    p.as.connack.properties.max_packet_size = 0xFFFFFFFF;
    CHECK(mqtt5_has(&p.as.connack.properties, MQTT5_PROP_MAX_QOS));
    CHECK(!mqtt5_has(&p.as.connack.properties, MQTT5_PROP_RETAIN_AVAILABLE));
    ENCODES_TO(&p, "\x20\x0A\1\0\7\x24\0\x27\xFF\xFF\xFF\xFF");

    begin("PUBLISH with both lists as arrays");
    p = packet_of(MQTT5_PUBLISH);
    p.as.publish.topic = MQTT5_VIEW("t");
    p.as.publish.payload = MQTT5_VIEW("hi");
    p.as.publish.qos = 1;
    p.as.publish.retain = true;
    p.as.publish.duplicate = true;
    p.as.publish.packet_id = 0x0102;
    mqtt5_set(&p.as.publish.properties, MQTT5_PROP_USER_PROPERTIES);
    mqtt5_set(&p.as.publish.properties, MQTT5_PROP_SUBSCRIPTION_ID);
    p.as.publish.properties.user_properties = LIST(pairs);
    p.as.publish.properties.subscription_ids = LIST(ids);
    ENCODES_TO(&p, "\x3B\x28\0\1t\1\2\x20\x0B\1\x0B\x7F\x0B\x80\1\x0B\xFF\xFF\xFF\x7F"
                   "\x26\0\1a\0\1"
                   "1\x26\0\0\0\0\x26\0\1a\0\2"
                   "22hi");
    CHECK(p.as.publish.properties.user_properties.count == 3);
    CHECK(p.as.publish.properties.user_properties.items == pairs);

    begin("PUBACK to PUBCOMP, three lengths");
    p = valid_packet(MQTT5_PUBACK);
    ENCODES_TO(&p, "\x40\2\0\1");
    p.as.puback.reason_code = 0x10;
    ENCODES_TO(&p, "\x40\3\0\1\x10");
    p.as.puback.reason_code = 0;
    mqtt5_set(&p.as.puback.properties, MQTT5_PROP_REASON_STR);
    ENCODES_TO(&p, "\x40\7\0\1\0\3\x1F\0\0");
    p.type = MQTT5_PUBREC;
    ENCODES_TO(&p, "\x50\7\0\1\0\3\x1F\0\0");
    p.type = MQTT5_PUBREL;
    ENCODES_TO(&p, "\x62\7\0\1\0\3\x1F\0\0");
    p.type = MQTT5_PUBCOMP;
    ENCODES_TO(&p, "\x70\7\0\1\0\3\x1F\0\0");

    begin("SUBSCRIBE");
    p = packet_of(MQTT5_SUBSCRIBE);
    p.as.subscribe.packet_id = 0xFFFF;
    p.as.subscribe.topic_filters = LIST(filters);
    mqtt5_set(&p.as.subscribe.properties, MQTT5_PROP_SUBSCRIPTION_ID);
    p.as.subscribe.properties.subscription_id = 128;
    ENCODES_TO(&p, "\x82\x1D\xFF\xFF\3\x0B\x80\1\0\3a/+\x2E\0\x0A$share/g/#\x11\0\1b\0");

    begin("SUBACK and UNSUBACK");
    p = packet_of(MQTT5_SUBACK);
    p.as.suback.packet_id = 1;
    p.as.suback.reason_codes = LIST(granted);
    ENCODES_TO(&p, "\x90\x08\0\1\0\0\1\2\x80\xA2");
    p.type = MQTT5_UNSUBACK;
    p.as.unsuback.reason_codes = LIST(ended);
    ENCODES_TO(&p, "\xB0\x06\0\1\0\0\x11\x8F");

    begin("UNSUBSCRIBE");
    p = packet_of(MQTT5_UNSUBSCRIBE);
    p.as.unsubscribe.packet_id = 1;
    p.as.unsubscribe.patterns = LIST(patterns);
    ENCODES_TO(&p, "\xA2\x0B\0\1\0\0\1#\0\3a/b");

    begin("PINGREQ and PINGRESP");
    p = packet_of(MQTT5_PINGREQ);
    ENCODES_TO(&p, "\xC0\0");
    p = packet_of(MQTT5_PINGRESP);
    ENCODES_TO(&p, "\xD0\0");

    begin("DISCONNECT");
    p = packet_of(MQTT5_DISCONNECT);
    ENCODES_TO(&p, "\xE0\0");
    p.as.disconnect.reason_code = 0x8E;
    ENCODES_TO(&p, "\xE0\1\x8E");

    begin("AUTH, in full even if it says nothing");
    p = packet_of(MQTT5_AUTH);
    ENCODES_TO(&p, "\xF0\2\0\0");
    p.as.auth.reason_code = 0x18;
    mqtt5_set(&p.as.auth.properties, MQTT5_PROP_AUTHENTICATION_METHOD);
    mqtt5_set(&p.as.auth.properties, MQTT5_PROP_AUTHENTICATION_DATA);
    p.as.auth.properties.authentication_method = MQTT5_VIEW("m");
    ENCODES_TO(&p, "\xF0\x09\x18\7\x15\0\1m\x16\0\0");
}

/* ---------------------------------------------------------------- lists */

static bool is_text(mqtt5_view view, const char *text)
{
    return view.size == strlen(text) && memcmp(view.data, text, view.size) == 0;
}

static void walks_pairs(mqtt5_list list)
{
    mqtt5_string_pair pair;

    CHECK(mqtt5_next_user_property(&list, &pair) && is_text(pair.name, "a") && is_text(pair.value, "1"));
    CHECK(list.count == 1);
    CHECK(mqtt5_next_user_property(&list, &pair) && is_text(pair.name, "b") && is_text(pair.value, "2"));
    CHECK(list.count == 0);
    CHECK(!mqtt5_next_user_property(&list, &pair) && list.count == 0);
}

static void walks_ids(mqtt5_list list)
{
    uint32_t id = 0;

    CHECK(mqtt5_next_subscription_id(&list, &id) && id == 5);
    CHECK(mqtt5_next_subscription_id(&list, &id) && id == 300);
    CHECK(!mqtt5_next_subscription_id(&list, &id));
}

static void test_lists(void)
{
    /* content type, a=1, id 5, payload format, b=2, id 300, message expiry */
    static const char publish[] = "\x30\x25\0\1t\x1E\3\0\1x\x26\0\1a\0\1"
                                  "1\x0B\5\1\1\x26\0\1b\0\1"
                                  "2\x0B\xAC\2\2\0\0\0\1pay";
    static const mqtt5_string_pair pairs[] = {
        {{(const uint8_t *)"a", 1}, {(const uint8_t *)"1", 1}},
        {{(const uint8_t *)"b", 1}, {(const uint8_t *)"2", 1}},
    };
    static const uint32_t ids[] = {5, 300};
    const size_t size = sizeof(publish) - 1;
    mqtt5_packet p, again;
    mqtt5_properties *properties = &p.as.properties;
    mqtt5_list empty = list_of(NULL, 0), before;
    mqtt5_string_pair pair;
    mqtt5_topic_filter filter;
    mqtt5_view view;
    mqtt5_error error;
    uint8_t out[64], code;
    uint32_t id;
    size_t packet_size;

    begin("an empty list has no items");
    CHECK(!mqtt5_next_user_property(&empty, &pair));
    CHECK(!mqtt5_next_subscription_id(&empty, &id));
    CHECK(!mqtt5_next_topic_filter(&empty, &filter));
    CHECK(!mqtt5_next_reason_code(&empty, &code));
    CHECK(!mqtt5_next_pattern(&empty, &view));

    begin("lists of a decoded packet, their items among other properties");
    CHECK(mqtt5_decode(copy_to_end(&guarded, publish, size), size, NULL, &p, &packet_size, &error) == MQTT5_OK);
    CHECK(properties->user_properties.items == NULL && properties->user_properties.count == 2);
    CHECK(properties->subscription_ids.items == NULL && properties->subscription_ids.count == 2);
    before = properties->user_properties;
    walks_pairs(properties->user_properties);
    walks_pairs(properties->user_properties);
    walks_ids(properties->subscription_ids);
    CHECK(memcmp(&before, &properties->user_properties, sizeof(before)) == 0);
    CHECK(is_text(p.as.publish.payload, "pay") && is_text(properties->content_type, "x"));

    begin("a wire list in another packet, with a region that holds more than the list");
    again = packet_of(MQTT5_PUBACK);
    again.as.puback.packet_id = 1;
    again.as.puback.properties.present = (uint64_t)1 << MQTT5_PROP_USER_PROPERTIES;
    again.as.puback.properties.user_properties = properties->user_properties;
    CHECK(mqtt5_encode(&again, NULL, out, sizeof(out), &packet_size, &error) == MQTT5_OK);
    CHECK(packet_size == 20);
    CHECK(memcmp(out, "\x40\x12\0\1\0\x0E\x26\0\1a\0\1\61\x26\0\1b\0\1\62", 20) == 0);

    begin("arrays");
    walks_pairs(LIST(pairs));
    walks_ids(LIST(ids));
    properties->user_properties = LIST(pairs);
    properties->subscription_ids = LIST(ids);
    CHECK(mqtt5_encode(&p, NULL, out, sizeof(out), &packet_size, &error) == MQTT5_OK);
    CHECK(packet_size == size);
    CHECK(mqtt5_decode(out, size, NULL, &again, &packet_size, &error) == MQTT5_OK);
    CHECK(same_packet(&p, &again));

    begin("a list rest can be encoded");
    CHECK(mqtt5_next_user_property(&properties->user_properties, &pair));
    CHECK(mqtt5_encode(&p, NULL, NULL, 0, &packet_size, &error) == MQTT5_OK);
    CHECK(packet_size == size - 7);
}

/* --------------------------------------------------------------- status */

static void test_statuses(void)
{
    static const struct {
        mqtt5_status first, last;
        uint8_t code;
    } codes[] = {
        {MQTT5_OK, MQTT5_ERR_NO_SPACE, 0x00},
        {MQTT5_ERR_PACKET_TOO_LARGE, MQTT5_ERR_PACKET_TOO_LARGE, 0x95},
        {MQTT5_ERR_RESERVED_TYPE, MQTT5_ERR_BAD_SHARE_NAME, 0x81},
        {MQTT5_ERR_UNSUPPORTED_PROTOCOL, MQTT5_ERR_UNSUPPORTED_PROTOCOL, 0x84},
        {MQTT5_ERR_REPEATED_PROPERTY, MQTT5_ERR_ZERO_VALUE, 0x82},
        {MQTT5_ERR_ZERO_TOPIC_ALIAS, MQTT5_ERR_ZERO_TOPIC_ALIAS, 0x94},
        {MQTT5_ERR_OUT_OF_RANGE, MQTT5_ERR_ALREADY_CONNECTED, 0x82},
        {MQTT5_ERR_TOO_MANY_ITEMS, MQTT5_ERR_TOO_MANY_ITEMS, 0x97},
        {MQTT5_ERR_TOPIC_ALIAS_TOO_LARGE, MQTT5_ERR_TOPIC_ALIAS_TOO_LARGE, 0x94},
        {MQTT5_ERR_UNKNOWN_TOPIC_ALIAS, MQTT5_ERR_UNKNOWN_TOPIC_ALIAS, 0x82},
    };
    static const int strange[] = {MQTT5_STATUS_COUNT, MQTT5_STATUS_COUNT + 1, 255, 0x7FFFFFFF, -1};
    int i, j, covered = 0;
    size_t k;

    begin("every status has a text of its own");
    for (i = 0; i < MQTT5_STATUS_COUNT; i++) {
        const char *text = mqtt5_strerror((mqtt5_status)i);

        CHECK(text != NULL && text[0] != '\0' && strchr(text, '\n') == NULL);
        CHECK(text == mqtt5_strerror((mqtt5_status)i));
        for (j = 0; j < i; j++) {
            CHECK(strcmp(text, mqtt5_strerror((mqtt5_status)j)) != 0);
        }
    }
    begin("the reason code of every status");
    for (k = 0; k < COUNT(codes); k++) {
        for (i = (int)codes[k].first; i <= (int)codes[k].last; i++, covered++) {
            CHECK(i == covered);
            CHECK(mqtt5_reason_code((mqtt5_status)i) == codes[k].code);
        }
    }
    CHECK(covered == MQTT5_STATUS_COUNT);
    begin("numbers that are not a status");
    for (k = 0; k < COUNT(strange); k++) {
        mqtt5_status status;

        memcpy(&status, &strange[k], sizeof(status) < sizeof(int) ? sizeof(status) : sizeof(int));
        CHECK(strcmp(mqtt5_strerror(status), "unknown status") == 0);
        CHECK(mqtt5_reason_code(status) >= 0x80);
    }
}

/* ------------------------------------------------------ what is refused */

static void refused(const mqtt5_packet *packet, mqtt5_status status, unsigned field, size_t index)
{
    uint8_t *data = at_end(&guarded, 16);
    size_t packet_size = 1;
    mqtt5_error error;

    memset(&error, 0x55, sizeof(error));
    CHECK(mqtt5_check(packet, NULL, &error) == status);
    CHECK(error.status == status && error.field == field && error.index == index);
    CHECK(error.offset == 0);
    CHECK(mqtt5_check(packet, NULL, NULL) == status);
    CHECK(mqtt5_encode(packet, NULL, NULL, 0, &packet_size, NULL) == status);
    memset(data, 0xA5, 16);
    CHECK(mqtt5_encode(packet, NULL, data, 16, &packet_size, &error) == status);
    CHECK(data[0] == 0xA5 && packet_size == 0);
}

static void test_refused_scalars(void)
{
    static const unsigned bad_types[] = {0, 16, 17, 255};
    mqtt5_packet p;
    size_t i;

    begin("no packet type");
    for (i = 0; i < COUNT(bad_types); i++) {
        p = packet_of(bad_types[i]);
        refused(&p, MQTT5_ERR_RESERVED_TYPE, MQTT5_FIELD_PACKET_TYPE, 0);
    }
    begin("QoS 3 and more");
    for (i = 3; i < 256; i++) {
        p = valid_packet(MQTT5_PUBLISH);
        p.as.publish.packet_id = 1;
        p.as.publish.qos = (uint8_t)i;
        refused(&p, MQTT5_ERR_BAD_QOS_FLAGS, MQTT5_FIELD_QOS, 0);
        p = valid_packet(MQTT5_CONNECT);
        p.as.connect.has_will = true;
        p.as.connect.will.topic = MQTT5_VIEW("t");
        p.as.connect.will.qos = (uint8_t)i;
        refused(&p, MQTT5_ERR_BAD_QOS_FLAGS, MQTT5_FIELD_QOS | MQTT5_FIELD_IN_WILL, 0);
    }
    begin("packet identifier and DUP with QoS 0, no identifier with QoS 1");
    p = valid_packet(MQTT5_PUBLISH);
    p.as.publish.packet_id = 1;
    refused(&p, MQTT5_ERR_PACKET_ID_WITHOUT_QOS, MQTT5_FIELD_PACKET_ID, 0);
    p.as.publish.packet_id = 0;
    p.as.publish.duplicate = true;
    refused(&p, MQTT5_ERR_DUP_WITHOUT_QOS, MQTT5_FIELD_DUPLICATE, 0);
    p.as.publish.qos = 1;
    refused(&p, MQTT5_ERR_NO_PACKET_ID, MQTT5_FIELD_PACKET_ID, 0);
    for (i = MQTT5_PUBACK; i <= MQTT5_UNSUBACK; i++) {
        p = valid_packet((unsigned)i);
        if (i <= MQTT5_PUBCOMP) {
            p.as.puback.packet_id = 0;
        } else if (i == MQTT5_SUBSCRIBE) {
            p.as.subscribe.packet_id = 0;
        } else if (i == MQTT5_UNSUBSCRIBE) {
            p.as.unsubscribe.packet_id = 0;
        } else {
            p.as.suback.packet_id = 0;
        }
        refused(&p, MQTT5_ERR_NO_PACKET_ID, MQTT5_FIELD_PACKET_ID, 0);
    }
    begin("strings and binary values of 65,535 and 65,536 bytes");
    p = valid_packet(MQTT5_CONNECT);
    p.as.connect.client_id = mqtt5_view_of(letters, 65535);
    p.as.connect.has_username = p.as.connect.has_password = p.as.connect.has_will = true;
    p.as.connect.username = p.as.connect.password = p.as.connect.client_id;
    p.as.connect.will.topic = p.as.connect.will.payload = p.as.connect.client_id;
    CHECK(mqtt5_check(&p, NULL, NULL) == MQTT5_OK);
    p.as.connect.password.size++;
    refused(&p, MQTT5_ERR_TOO_LONG, MQTT5_FIELD_PASSWORD, 0);
    p.as.connect.username.size++;
    refused(&p, MQTT5_ERR_TOO_LONG, MQTT5_FIELD_USERNAME, 0);
    p.as.connect.will.payload.size++;
    refused(&p, MQTT5_ERR_TOO_LONG, MQTT5_FIELD_PAYLOAD | MQTT5_FIELD_IN_WILL, 0);
    p.as.connect.will.topic.size++;
    refused(&p, MQTT5_ERR_TOO_LONG, MQTT5_FIELD_TOPIC | MQTT5_FIELD_IN_WILL, 0);
    p.as.connect.client_id.size++;
    refused(&p, MQTT5_ERR_TOO_LONG, MQTT5_FIELD_CLIENT_ID, 0);
    p = valid_packet(MQTT5_PUBLISH);
    p.as.publish.topic = mqtt5_view_of(letters, 65536);
    refused(&p, MQTT5_ERR_TOO_LONG, MQTT5_FIELD_TOPIC, 0);
    CHECK(mqtt5_check_topic_name(p.as.publish.topic) == MQTT5_ERR_TOO_LONG);
    CHECK(mqtt5_check_topic_filter(p.as.publish.topic) == MQTT5_ERR_TOO_LONG);
    p = valid_packet(MQTT5_PUBLISH);
    mqtt5_set(&p.as.properties, MQTT5_PROP_CORRELATION_DATA);
    p.as.properties.correlation_data = mqtt5_view_of(letters, 65536);
    refused(&p, MQTT5_ERR_TOO_LONG, MQTT5_PROP_CORRELATION_DATA, 0);
    p = valid_packet(MQTT5_CONNACK);
    mqtt5_set(&p.as.properties, MQTT5_PROP_REASON_STR);
    p.as.properties.reason_str = mqtt5_view_of(letters, 65536);
    refused(&p, MQTT5_ERR_TOO_LONG, MQTT5_PROP_REASON_STR, 0);

    begin("subscription identifiers");
    p = valid_packet(MQTT5_SUBSCRIBE);
    mqtt5_set(&p.as.properties, MQTT5_PROP_SUBSCRIPTION_ID);
    p.as.properties.subscription_id = 268435455;
    CHECK(mqtt5_check(&p, NULL, NULL) == MQTT5_OK);
    p.as.properties.subscription_id = 268435456;
    refused(&p, MQTT5_ERR_OUT_OF_RANGE, MQTT5_PROP_SUBSCRIPTION_ID, 0);
    p.as.properties.subscription_id = 0xFFFFFFFF;
    refused(&p, MQTT5_ERR_OUT_OF_RANGE, MQTT5_PROP_SUBSCRIPTION_ID, 0);
    p.as.properties.subscription_id = 0;
    refused(&p, MQTT5_ERR_ZERO_VALUE, MQTT5_PROP_SUBSCRIPTION_ID, 0);

    begin("properties of the Will");
    p = valid_packet(MQTT5_CONNECT);
    p.as.connect.has_will = true;
    p.as.connect.will.topic = MQTT5_VIEW("t");
    mqtt5_set(&p.as.connect.will.properties, MQTT5_PROP_PAYLOAD_FORMAT_INDICATOR);
    p.as.connect.will.properties.payload_format_indicator = 2;
    refused(&p, MQTT5_ERR_NOT_BOOLEAN, MQTT5_PROP_PAYLOAD_FORMAT_INDICATOR | MQTT5_FIELD_IN_WILL, 0);
    p.as.connect.has_will = false;
    CHECK(mqtt5_check(&p, NULL, NULL) == MQTT5_OK);

    begin("reason codes that no packet has");
    p = valid_packet(MQTT5_CONNACK);
    p.as.connack.reason_code = 0xFF;
    refused(&p, MQTT5_ERR_BAD_REASON_CODE, MQTT5_FIELD_REASON_CODE, 0);
    p = valid_packet(MQTT5_AUTH);
    p.as.auth.reason_code = 0x18;
    refused(&p, MQTT5_ERR_NO_AUTHENTICATION_METHOD, MQTT5_PROP_AUTHENTICATION_METHOD, 0);
}

static void test_refused_lists(void)
{
    const mqtt5_view a = MQTT5_VIEW("a"), bad = MQTT5_VIEW("\xFF");
    mqtt5_string_pair pairs[3];
    mqtt5_topic_filter filters[3];
    mqtt5_view patterns[3];
    uint32_t ids[3] = {1, 2, 3};
    uint8_t codes[3] = {0, 0, 0};
    mqtt5_packet p;
    size_t i;

    memset(pairs, 0, sizeof(pairs));
    memset(filters, 0, sizeof(filters));
    for (i = 0; i < 3; i++) {
        filters[i].pattern = patterns[i] = a;
    }
    begin("lists without items");
    p = valid_packet(MQTT5_PUBLISH);
    mqtt5_set(&p.as.properties, MQTT5_PROP_USER_PROPERTIES);
    refused(&p, MQTT5_ERR_EMPTY_LIST, MQTT5_PROP_USER_PROPERTIES, 0);
    p = valid_packet(MQTT5_PUBLISH);
    mqtt5_set(&p.as.properties, MQTT5_PROP_SUBSCRIPTION_ID);
    refused(&p, MQTT5_ERR_EMPTY_LIST, MQTT5_PROP_SUBSCRIPTION_ID, 0);
    p = valid_packet(MQTT5_SUBSCRIBE);
    p.as.subscribe.topic_filters.count = 0;
    refused(&p, MQTT5_ERR_EMPTY_LIST, MQTT5_FIELD_TOPIC_FILTERS, 0);
    p = valid_packet(MQTT5_UNSUBSCRIBE);
    p.as.unsubscribe.patterns.count = 0;
    refused(&p, MQTT5_ERR_EMPTY_LIST, MQTT5_FIELD_PATTERNS, 0);
    p = valid_packet(MQTT5_UNSUBACK);
    p.as.unsuback.reason_codes.count = 0;
    refused(&p, MQTT5_ERR_EMPTY_LIST, MQTT5_FIELD_REASON_CODES, 0);

    begin("the item that is wrong");
    for (i = 0; i < 3; i++) {
        p = valid_packet(MQTT5_PUBLISH);
        mqtt5_set(&p.as.properties, MQTT5_PROP_USER_PROPERTIES);
        p.as.properties.user_properties = LIST(pairs);
        pairs[i].value = bad;
        refused(&p, MQTT5_ERR_BAD_UTF8, MQTT5_PROP_USER_PROPERTIES, i);
        pairs[i].value = a;
        CHECK(mqtt5_check(&p, NULL, NULL) == MQTT5_OK);

        p = valid_packet(MQTT5_CONNECT);
        p.as.connect.has_will = true;
        p.as.connect.will.topic = a;
        mqtt5_set(&p.as.connect.will.properties, MQTT5_PROP_USER_PROPERTIES);
        p.as.connect.will.properties.user_properties = LIST(pairs);
        pairs[i].name = bad;
        refused(&p, MQTT5_ERR_BAD_UTF8, MQTT5_PROP_USER_PROPERTIES | MQTT5_FIELD_IN_WILL, i);
        pairs[i].name = mqtt5_view_of(letters, 65536);
        refused(&p, MQTT5_ERR_TOO_LONG, MQTT5_PROP_USER_PROPERTIES | MQTT5_FIELD_IN_WILL, i);
        pairs[i].name = a;

        p = valid_packet(MQTT5_PUBLISH);
        mqtt5_set(&p.as.properties, MQTT5_PROP_SUBSCRIPTION_ID);
        p.as.properties.subscription_ids = LIST(ids);
        ids[i] = 268435456;
        refused(&p, MQTT5_ERR_OUT_OF_RANGE, MQTT5_PROP_SUBSCRIPTION_ID, i);
        ids[i] = 0;
        refused(&p, MQTT5_ERR_ZERO_VALUE, MQTT5_PROP_SUBSCRIPTION_ID, i);
        ids[i] = 268435455;
        CHECK(mqtt5_check(&p, NULL, NULL) == MQTT5_OK);

        p = valid_packet(MQTT5_SUBSCRIBE);
        p.as.subscribe.topic_filters = LIST(filters);
        filters[i].max_qos = 3;
        refused(&p, MQTT5_ERR_BAD_REQUESTED_QOS, MQTT5_FIELD_TOPIC_FILTERS, i);
        filters[i].max_qos = 2;
        filters[i].retain_handling = 3;
        refused(&p, MQTT5_ERR_BAD_RETAIN_HANDLING, MQTT5_FIELD_TOPIC_FILTERS, i);
        filters[i].retain_handling = 2;
        filters[i].no_local = true;
        filters[i].pattern = MQTT5_VIEW("$share/g/a");
        refused(&p, MQTT5_ERR_SHARED_NO_LOCAL, MQTT5_FIELD_TOPIC_FILTERS, i);
        filters[i].pattern = MQTT5_VIEW("$share//a");
        refused(&p, MQTT5_ERR_BAD_SHARE_NAME, MQTT5_FIELD_TOPIC_FILTERS, i);
        filters[i].pattern = MQTT5_VIEW("a#");
        refused(&p, MQTT5_ERR_BAD_TOPIC_FILTER, MQTT5_FIELD_TOPIC_FILTERS, i);
        filters[i].pattern = a;
        CHECK(mqtt5_check(&p, NULL, NULL) == MQTT5_OK);

        p = valid_packet(MQTT5_UNSUBSCRIBE);
        p.as.unsubscribe.patterns = LIST(patterns);
        patterns[i].size = 0;
        refused(&p, MQTT5_ERR_BAD_TOPIC_FILTER, MQTT5_FIELD_PATTERNS, i);
        patterns[i] = a;
        CHECK(mqtt5_check(&p, NULL, NULL) == MQTT5_OK);

        p = valid_packet(MQTT5_SUBACK);
        p.as.suback.reason_codes = LIST(codes);
        codes[i] = 0x11;
        refused(&p, MQTT5_ERR_BAD_REASON_CODE, MQTT5_FIELD_REASON_CODES, i);
        p.type = MQTT5_UNSUBACK;
        CHECK(mqtt5_check(&p, NULL, NULL) == MQTT5_OK);
        codes[i] = 1;
        refused(&p, MQTT5_ERR_BAD_REASON_CODE, MQTT5_FIELD_REASON_CODES, i);
        codes[i] = 0;
    }

    begin("an error after a good list has no index");
    p = valid_packet(MQTT5_SUBSCRIBE);
    p.as.subscribe.topic_filters = LIST(filters);
    mqtt5_set(&p.as.properties, MQTT5_PROP_SUBSCRIPTION_ID);
    refused(&p, MQTT5_ERR_ZERO_VALUE, MQTT5_PROP_SUBSCRIPTION_ID, 0);

    begin("wire regions that end too early");
    p = valid_packet(MQTT5_SUBACK);
    p.as.suback.reason_codes = wire_of("\0\1", 2, 3);
    refused(&p, MQTT5_ERR_TRUNCATED, MQTT5_FIELD_REASON_CODES, 2);
    p = valid_packet(MQTT5_UNSUBSCRIBE);
    p.as.unsubscribe.patterns = wire_of("\0\1a\0\2b", 6, 2);
    refused(&p, MQTT5_ERR_TRUNCATED, MQTT5_FIELD_PATTERNS, 1);
    p.as.unsubscribe.patterns = wire_of("", 0, (size_t)-1);
    refused(&p, MQTT5_ERR_TRUNCATED, MQTT5_FIELD_PATTERNS, 0);
    p.as.unsubscribe.patterns = wire_of(NULL, 0, 1);
    refused(&p, MQTT5_ERR_TRUNCATED, MQTT5_FIELD_PATTERNS, 0);
    p = valid_packet(MQTT5_PUBLISH);
    mqtt5_set(&p.as.properties, MQTT5_PROP_USER_PROPERTIES);
    p.as.properties.user_properties = wire_of("\x04\x26\0\0\0\0", 6, 1); /* no property 4 */
    refused(&p, MQTT5_ERR_TRUNCATED, MQTT5_PROP_USER_PROPERTIES, 0);
}

/* Whatever region a caller makes up: what check lets pass is encoded, and decoded to the same. */
static void try_region(mqtt5_packet *p, mqtt5_list *list, const uint8_t *bytes, size_t size)
{
    for (list->count = 1; list->count <= 3; list->count++) {
        uint8_t out[256];
        size_t packet_size;
        mqtt5_packet copy;
        mqtt5_error error;

        list->items = NULL;
        list->wire = mqtt5_view_of(copy_to_end(&guarded, bytes, size), size);
        if (mqtt5_check(p, NULL, &error) == MQTT5_OK) {
            CHECK(mqtt5_encode(p, NULL, out, sizeof(out), &packet_size, &error) == MQTT5_OK);
            CHECK(mqtt5_decode(out, packet_size, NULL, &copy, &packet_size, &error) == MQTT5_OK);
            CHECK(same_packet(p, &copy));
        }
    }
}

static void test_regions(void)
{
    static const uint8_t likely[] = {0, 0, 0, 0, 0, 1, 2, 3, 0x0B, 0x0B, 0x26, 0x26, 'a', '/', '#', '$', 0x80, 0xFF};
    mqtt5_packet packets[5];
    mqtt5_list *lists[5];
    uint32_t random = 1;
    unsigned kind, i;

    begin("made-up wire regions");
    packets[0] = packets[1] = valid_packet(MQTT5_PUBLISH);
    packets[0].as.properties.present = (uint64_t)1 << MQTT5_PROP_USER_PROPERTIES;
    lists[0] = &packets[0].as.properties.user_properties;
    packets[1].as.properties.present = (uint64_t)1 << MQTT5_PROP_SUBSCRIPTION_ID;
    lists[1] = &packets[1].as.properties.subscription_ids;
    packets[2] = valid_packet(MQTT5_SUBSCRIBE);
    lists[2] = &packets[2].as.subscribe.topic_filters;
    packets[3] = valid_packet(MQTT5_UNSUBSCRIBE);
    lists[3] = &packets[3].as.unsubscribe.patterns;
    packets[4] = valid_packet(MQTT5_SUBACK);
    lists[4] = &packets[4].as.suback.reason_codes;
    for (kind = 0; kind < 5; kind++) {
        uint8_t bytes[24];

        for (i = 0; i < 0x10000; i++) {
            bytes[0] = (uint8_t)(i >> 8);
            bytes[1] = (uint8_t)i;
            try_region(&packets[kind], lists[kind], bytes, i < 0x100 ? 1 : 2);
        }
        for (i = 0; i < 50000; i++) {
            size_t size = i % sizeof(bytes), at;

            for (at = 0; at < size; at++) {
                random = random * 1664525 + 1013904223;
                bytes[at] = likely[(random >> 16) % sizeof(likely)];
            }
            try_region(&packets[kind], lists[kind], bytes, size);
        }
    }
}

/* -------------------------------------------------- sizes of lengths */

enum { MOST_PAIRS = 4, CORRELATION = 3, EDGE = 40 };

/*
 * Makes the set take that size: Correlation Data, then as many user properties
 * as are needed. All of them take their bytes from letters.
 */
static void fill(mqtt5_properties *properties, size_t size, mqtt5_string_pair *pairs)
{
    size_t count = 0;

    properties->present = 0;
    while (size > CORRELATION + 65535) {
        size_t value = size - CORRELATION - 5 < 65535 ? size - CORRELATION - 5 : 65535;

        pairs[count].name = mqtt5_view_of(letters, 0);
        pairs[count++].value = mqtt5_view_of(letters, value);
        size -= 5 + value;
    }
    if (size > 0) {
        mqtt5_set(properties, MQTT5_PROP_CORRELATION_DATA);
        properties->correlation_data = mqtt5_view_of(letters, size - CORRELATION);
    }
    if (count > 0) {
        mqtt5_set(properties, MQTT5_PROP_USER_PROPERTIES);
        properties->user_properties = list_of(pairs, count);
    }
}

static size_t length_size(size_t length)
{
    return length < 128 ? 1 : length < 16384 ? 2 : length < 2097152 ? 3 : 4;
}

/* Into a buffer of that size before a guard page, all of it marked: the bytes after the packet stay as they were. */
static void encodes_into(const mqtt5_packet *packet, size_t size, size_t expected)
{
    uint8_t *data = at_end(&guarded, size);
    size_t packet_size = 0, i;
    mqtt5_packet copy;

    memset(data, 0xA5, size);
    CHECK(mqtt5_encode(packet, NULL, data, size, &packet_size, NULL) ==
          (size < expected ? MQTT5_ERR_NO_SPACE : MQTT5_OK));
    CHECK(packet_size == expected);
    if (size >= expected) {
        for (i = expected; i < size && data[i] == 0xA5; i++) {
        }
        CHECK(i == size);
        CHECK(mqtt5_decode(data, size, NULL, &copy, &packet_size, NULL) == MQTT5_OK);
        CHECK(packet_size == expected && same_packet(packet, &copy));
    }
}

/* Every size of buffer up to the packet's and two more; of a large packet, those near its ends. */
static void encodes_into_all(const mqtt5_packet *packet, size_t expected)
{
    size_t measured = 0, size;

    CHECK(mqtt5_encode(packet, NULL, NULL, 0, &measured, NULL) == MQTT5_OK);
    CHECK(measured == expected);
    for (size = 0; size <= expected + 2; size++) {
        if (size == EDGE && expected > 1000) {
            size = expected - (expected < 100000 ? EDGE : 10);
        }
        encodes_into(packet, size, expected);
    }
}

/* A length that needs one more byte, so that the bytes after it move. */
static void test_lengths(void)
{
    static const size_t edges[] = {128, 16384, 2097152};
    static uint8_t large[2097152 + 16];
    mqtt5_string_pair pairs[MOST_PAIRS], will_pairs[MOST_PAIRS];
    size_t i, size, body;
    unsigned type;

    memset(large, 'p', sizeof(large));
    begin("buffers of every size, for the shortest packets");
    for (type = MQTT5_CONNECT; type <= MQTT5_AUTH; type++) {
        mqtt5_packet p = valid_packet(type);
        size_t packet_size;

        CONTEXT("type %u", type);
        CHECK(mqtt5_encode(&p, NULL, NULL, 0, &packet_size, NULL) == MQTT5_OK);
        encodes_into_all(&p, packet_size);
    }
    begin("bodies on both sides of each edge, by their payload and by their topic");
    for (i = 0; i < COUNT(edges); i++) {
        for (body = edges[i] - 3; body <= edges[i] + 3; body++) {
            mqtt5_packet p = valid_packet(MQTT5_PUBLISH);

            CONTEXT("PUBLISH with a body of %lu bytes", (unsigned long)body);
            p.as.publish.payload = mqtt5_view_of(large, body - 4);
            encodes_into_all(&p, 1 + length_size(body) + body);
            if (body < 65535) {
                p.as.publish.topic = mqtt5_view_of(letters, body - 3);
                p.as.publish.payload.size = 0;
                encodes_into_all(&p, 1 + length_size(body) + body);
            }
        }
    }
    begin("bodies on both sides of an edge, by a list");
    for (body = 16384 - 3; body <= 16384 + 3; body++) {
        mqtt5_packet p = valid_packet(MQTT5_SUBACK);

        memset(large, 0, body);
        p.as.suback.reason_codes = list_of(large, body - 3);
        encodes_into_all(&p, 1 + length_size(body) + body);
    }
    begin("sets of properties on both sides of an edge, in the packet, in its Will and in both");
    for (i = 0; i < 2; i++) {
        for (size = edges[i] - 3; size <= edges[i] + 3; size++) {
            mqtt5_packet p = valid_packet(MQTT5_PUBLISH);
            size_t set = length_size(size) + size;

            CONTEXT("properties of %lu bytes", (unsigned long)size);
            fill(&p.as.properties, size, pairs);
            p.as.publish.payload = MQTT5_VIEW("payload");
            body = 3 + set + 7;
            encodes_into_all(&p, 1 + length_size(body) + body);

            p = valid_packet(MQTT5_CONNECT);
            p.as.connect.has_will = true;
            p.as.connect.will.topic = MQTT5_VIEW("t");
            fill(&p.as.connect.will.properties, size, will_pairs);
            body = 10 + 1 + 2 + set + 3 + 2;
            encodes_into_all(&p, 1 + length_size(body) + body);

            mqtt5_set(&p.as.properties, MQTT5_PROP_USER_PROPERTIES);
            pairs[0].name = mqtt5_view_of(letters, 0);
            pairs[0].value = mqtt5_view_of(letters, size - 5);
            p.as.properties.user_properties = list_of(pairs, 1);
            body += set - 1;
            encodes_into_all(&p, 1 + length_size(body) + body);
        }
    }
}

/* Counting stops at some size beyond any packet, also at the start of the Will's set: nothing may be written there. */
static void test_endless_list(void)
{
    static mqtt5_string_pair pairs[8200];
    mqtt5_packet p = valid_packet(MQTT5_CONNECT);
    uint8_t byte = 0xA5;
    size_t packet_size, i;

    begin("a list of more bytes than any packet may have");
    for (i = 0; i < COUNT(pairs); i++) {
        pairs[i].name = pairs[i].value = mqtt5_view_of(letters, 65535);
    }
    p.as.properties.present = (uint64_t)1 << MQTT5_PROP_USER_PROPERTIES;
    p.as.properties.user_properties = LIST(pairs);
    p.as.connect.has_will = true;
    p.as.connect.will.topic = MQTT5_VIEW("t");
    p.as.connect.will.properties.present = p.as.properties.present;
    p.as.connect.will.properties.user_properties = list_of(pairs, 1);
    CHECK(mqtt5_encode(&p, NULL, &byte, 1, &packet_size, NULL) == MQTT5_ERR_PACKET_TOO_LARGE);
    CHECK(packet_size > 268435460);
}

/* Nothing may be read from a payload that is only measured: there is none. */
static void test_sizes(void)
{
    const size_t most = 268435455 - 4; /* topic and property length take 4 */
    mqtt5_packet p = valid_packet(MQTT5_PUBLISH);
    size_t packet_size = 0, i;
    const size_t too_many[] = {most + 1, most + 2, (size_t)0xFFFFFFFF, (size_t)-1, (size_t)-4, (size_t)-5, (size_t)-9};
    const mqtt5_options enough = {.max_packet_size = 268435460}, one_less = {.max_packet_size = 268435459};
    mqtt5_error error;
    uint8_t byte = 0xA5;

    begin("the largest packet");
    p.as.publish.payload = mqtt5_view_of(NULL, most);
    CHECK(mqtt5_encode(&p, NULL, NULL, 0, &packet_size, &error) == MQTT5_OK);
    CHECK(packet_size == 268435460);
    CHECK(mqtt5_encode(&p, &enough, NULL, 0, &packet_size, &error) == MQTT5_OK);
    CHECK(mqtt5_encode(&p, &one_less, NULL, 0, &packet_size, &error) == MQTT5_ERR_PACKET_TOO_LARGE);
    CHECK(mqtt5_encode(&p, NULL, &byte, 1, &packet_size, &error) == MQTT5_ERR_NO_SPACE);
    CHECK(byte == 0xA5 && packet_size == 268435460);
    for (i = 0; i < COUNT(too_many); i++) {
        CONTEXT("a payload of %lu bytes", (unsigned long)too_many[i]);
        p.as.publish.payload.size = too_many[i];
        memset(&error, 0, sizeof(error));
        CHECK(mqtt5_encode(&p, NULL, NULL, 0, &packet_size, NULL) == MQTT5_ERR_PACKET_TOO_LARGE);
        CHECK(mqtt5_encode(&p, NULL, &byte, 1, &packet_size, &error) == MQTT5_ERR_PACKET_TOO_LARGE);
        CHECK(error.status == MQTT5_ERR_PACKET_TOO_LARGE);
    }

    begin("frame sizes");
    CHECK(mqtt5_frame(NULL, 0, NULL, &packet_size, NULL) == MQTT5_INCOMPLETE && packet_size == 2);
    CHECK(mqtt5_frame((const uint8_t *)"\x30", 1, NULL, &packet_size, NULL) == MQTT5_INCOMPLETE && packet_size == 2);
    CHECK(mqtt5_frame((const uint8_t *)"\x30\x80", 2, NULL, &packet_size, NULL) == MQTT5_INCOMPLETE &&
          packet_size == 3);
    CHECK(mqtt5_frame((const uint8_t *)"\x30\xFF\xFF\xFF\x7F", 5, NULL, &packet_size, NULL) == MQTT5_INCOMPLETE);
    CHECK(packet_size == 268435460);
    CHECK(mqtt5_frame((const uint8_t *)"\x30\xFF\xFF\xFF\xFF", 5, NULL, &packet_size, &error) == MQTT5_ERR_BAD_VARINT);
    CHECK(error.field == MQTT5_FIELD_REMAINING_LENGTH && error.offset == 1);
}

/* ------------------------------------------- the properties, Table 2-4 */

enum { WILL = 0 };

#define IN(type) (1u << (type))

/* Identifier, name, kind, where it may be: typed from the specification, not from the library. */
static const struct {
    unsigned id;
    const char *name;
    unsigned kind;
    size_t offset;
    unsigned packets;
    const char *sample; /* a valid value on the wire */
    size_t sample_size;
} rows[] = {
#define ROW(id, name, kind, sample, packets) \
    {id, #name, MQTT5_KIND_##kind, offsetof(mqtt5_properties, name), packets, sample, sizeof(sample) - 1},
    /* clang-format off */
    ROW(1, payload_format_indicator, BYTE, "\1", IN(3) | IN(WILL))
    ROW(2, message_expiry_interval, U32, "\0\0\0\1", IN(3) | IN(WILL))
    ROW(3, content_type, STRING, "\0\1s", IN(3) | IN(WILL))
    ROW(8, response_topic, STRING, "\0\1s", IN(3) | IN(WILL))
    ROW(9, correlation_data, BINARY, "\0\1\xFF", IN(3) | IN(WILL))
    ROW(11, subscription_ids, VARINTS, "\x7F", IN(3))
    ROW(11, subscription_id, VARINT, "\x7F", IN(8))
    ROW(17, session_expiry_interval, U32, "\0\0\0\1", IN(1) | IN(2) | IN(14))
    ROW(18, assigned_client_id, STRING, "\0\1s", IN(2))
    ROW(19, server_keep_alive, U16, "\0\1", IN(2))
    ROW(21, authentication_method, STRING, "\0\1s", IN(1) | IN(2) | IN(15))
    ROW(22, authentication_data, BINARY, "\0\1\xFF", IN(1) | IN(2) | IN(15))
    ROW(23, request_problem_info, BYTE, "\1", IN(1))
    ROW(24, will_delay_interval, U32, "\0\0\0\1", IN(WILL))
    ROW(25, request_response_info, BYTE, "\1", IN(1))
    ROW(26, response_info, STRING, "\0\1s", IN(2))
    ROW(28, server_reference, STRING, "\0\1s", IN(2) | IN(14))
    ROW(31, reason_str, STRING, "\0\1s", IN(2) | IN(4) | IN(5) | IN(6) | IN(7) | IN(9) | IN(11) | IN(14) | IN(15))
    ROW(33, receive_max, U16, "\0\1", IN(1) | IN(2))
    ROW(34, topic_alias_max, U16, "\0\1", IN(1) | IN(2))
    ROW(35, topic_alias, U16, "\0\1", IN(3))
    ROW(36, max_qos, BYTE, "\1", IN(2))
    ROW(37, retain_available, BYTE, "\1", IN(2))
    ROW(38, user_properties, USER_PROPERTIES, "\0\1n\0\1v",
        IN(1) | IN(2) | IN(3) | IN(WILL) | IN(4) | IN(5) | IN(6) | IN(7) | IN(8) | IN(9) | IN(10) | IN(11) | IN(14) |
            IN(15))
    ROW(39, max_packet_size, U32, "\0\0\0\1", IN(1) | IN(2))
    ROW(40, wildcard_subscription_available, BYTE, "\1", IN(2))
    ROW(41, subscription_id_available, BYTE, "\1", IN(2))
    ROW(42, shared_subscription_available, BYTE, "\1", IN(2))
/* clang-format on */
#undef ROW
};

/* The row of an identifier in a packet, or -1; with -2 if there is none in any packet. */
static int find_row(unsigned id, unsigned type)
{
    int found = -2;
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        if (rows[i].id == id) {
            if (rows[i].packets >> type & 1) {
                return (int)i;
            }
            found = -1;
        }
    }
    return found;
}

/* Member of the row gets its sample. */
static void set_sample(mqtt5_properties *properties, int row)
{
    void *member = (char *)properties + rows[row].offset;
    static const uint32_t ids[] = {127};
    static const mqtt5_string_pair pairs[] = {{{(const uint8_t *)"n", 1}, {(const uint8_t *)"v", 1}}};

    switch (rows[row].kind) {
    case MQTT5_KIND_BYTE:
        *(uint8_t *)member = 1;
        break;
    case MQTT5_KIND_U16:
        *(uint16_t *)member = 1;
        break;
    case MQTT5_KIND_U32:
        *(uint32_t *)member = 1;
        break;
    case MQTT5_KIND_VARINT:
        *(uint32_t *)member = 127;
        break;
    case MQTT5_KIND_VARINTS:
        *(mqtt5_list *)member = LIST(ids);
        break;
    case MQTT5_KIND_USER_PROPERTIES:
        *(mqtt5_list *)member = LIST(pairs);
        break;
    default:
        *(mqtt5_view *)member = mqtt5_view_of(rows[row].sample + 2, 1);
        break;
    }
}

/* A valid packet of the type with these property bytes (those of its Will, for type 0); gives its size. */
static size_t with_properties(unsigned type, const uint8_t *properties, size_t size, uint8_t *out)
{
    static const struct {
        const char *before, *after;
        uint8_t before_size, after_size, flags;
    } frames[16] = {
        {"\0\4MQTT\5\4\0\0\0\0\0", "\0\1t\0\0", 13, 5, 0}, /* the Will, in a CONNECT */
        {"\0\4MQTT\5\0\0\0", "\0\0", 10, 2, 0},
        {"\0\0", "", 2, 0, 0},
        {"\0\1t", "", 3, 0, 0},
        {"\0\1\0", "", 3, 0, 0},
        {"\0\1\0", "", 3, 0, 0},
        {"\0\1\0", "", 3, 0, 2},
        {"\0\1\0", "", 3, 0, 0},
        {"\0\1", "\0\1t\0", 2, 4, 2},
        {"\0\1", "\0", 2, 1, 0},
        {"\0\1", "\0\1t", 2, 3, 2},
        {"\0\1", "\0", 2, 1, 0},
        {"", "", 0, 0, 0},
        {"", "", 0, 0, 0},
        {"\0", "", 1, 0, 0},
        {"\0", "", 1, 0, 0},
    };
    size_t at = 2;

    memcpy(out + at, frames[type].before, frames[type].before_size);
    at += frames[type].before_size;
    out[at++] = (uint8_t)size;
    memcpy(out + at, properties, size);
    at += size;
    memcpy(out + at, frames[type].after, frames[type].after_size);
    at += frames[type].after_size;
    out[0] = (uint8_t)((type == WILL ? MQTT5_CONNECT : type) << 4 | frames[type].flags);
    out[1] = (uint8_t)(at - 2);
    return at;
}

/* Authentication Data needs a method, except in CONNACK, where the specification does not require it. */
static bool needs_method(unsigned id)
{
    return id == 22;
}

static void test_presence(unsigned type, unsigned id)
{
    int row = find_row(id, type);
    unsigned section = type == WILL ? MQTT5_FIELD_IN_WILL : 0;
    mqtt5_status expected = row >= 0 ? MQTT5_OK : row == -1 ? MQTT5_ERR_MISPLACED_PROPERTY : MQTT5_ERR_UNKNOWN_PROPERTY;
    mqtt5_packet p = valid_packet(type == WILL ? MQTT5_CONNECT : type);
    mqtt5_properties *properties = &p.as.properties;

    if (type == WILL) {
        p.as.connect.has_will = true;
        p.as.connect.will.topic = MQTT5_VIEW("t");
        properties = &p.as.connect.will.properties;
    }
    properties->present = (uint64_t)1 << id;
    if (row >= 0) {
        set_sample(properties, row);
        if (needs_method(id)) {
            CHECK(type == MQTT5_CONNACK || mqtt5_check(&p, NULL, NULL) == MQTT5_ERR_NO_AUTHENTICATION_METHOD);
            mqtt5_set(properties, MQTT5_PROP_AUTHENTICATION_METHOD);
            properties->authentication_method = MQTT5_VIEW("s");
        }
    }
    if (expected == MQTT5_OK) {
        CHECK(mqtt5_check(&p, NULL, NULL) == MQTT5_OK);
    } else if (needs_method(id) && type != WILL) {
        CHECK(mqtt5_check(&p, NULL, NULL) != MQTT5_OK);
    } else {
        refused(&p, expected, (row == -1 ? id : MQTT5_FIELD_PROPERTY_ID) | section, 0);
    }
}

static void test_wire_presence(unsigned type, unsigned id)
{
    int row = find_row(id, type);
    uint8_t property[32], bytes[96];
    size_t size = 0, packet_size;
    mqtt5_packet p;
    mqtt5_error error;
    mqtt5_status status;

    if (needs_method(id)) {
        memcpy(property, "\x15\0\1s", 4);
        size = find_row(MQTT5_PROP_AUTHENTICATION_METHOD, type) >= 0 ? 4 : 0;
    }
    if (id < 0x80) {
        property[size++] = (uint8_t)id;
    } else {
        property[size++] = (uint8_t)(id & 0x7F) | 0x80;
        property[size++] = (uint8_t)(id >> 7);
    }
    if (row >= 0) {
        memcpy(property + size, rows[row].sample, rows[row].sample_size);
        size += rows[row].sample_size;
    } else {
        memset(property + size, 0, 4);
        size += 4;
    }
    size = with_properties(type, property, size, bytes);
    status = mqtt5_decode(copy_to_end(&guarded, bytes, size), size, NULL, &p, &packet_size, &error);
    if (row >= 0) {
        CHECK(status == MQTT5_OK);
        CHECK(mqtt5_has(type == WILL ? &p.as.connect.will.properties : &p.as.properties, (mqtt5_property_id)id));
    } else {
        CHECK(status == (row == -1 ? MQTT5_ERR_MISPLACED_PROPERTY : MQTT5_ERR_UNKNOWN_PROPERTY));
        CHECK(mqtt5_reason_code(status) == 0x81);
        CHECK(error.field == ((row == -1 ? id : MQTT5_FIELD_PROPERTY_ID) | (type == WILL ? MQTT5_FIELD_IN_WILL : 0u)));
    }
}

static void test_properties(void)
{
    unsigned type, id;

    for (type = WILL; type <= MQTT5_AUTH; type++) {
        cases++;
        for (id = 0; id < 64; id++) {
            CONTEXT("property %u in a packet of type %u", id, type);
            test_presence(type, id);
        }
        if (type == MQTT5_PINGREQ || type == MQTT5_PINGRESP) {
            continue;
        }
        for (id = 0; id < 256; id++) {
            CONTEXT("property %u on the wire in a packet of type %u", id, type);
            test_wire_presence(type, id);
        }
    }
}

/* ----------------------------------------------------------- reflection */

static const struct {
    unsigned types;
    const char *name;
    unsigned kind;
    size_t offset, flag;
} members[] = {
#define ROW(types, type, name, kind) {types, #name, MQTT5_KIND_##kind, offsetof(mqtt5_packet, as.type.name), 0},
#define FLAGGED(types, type, name, kind) \
    {types, #name, MQTT5_KIND_##kind, offsetof(mqtt5_packet, as.type.name), offsetof(mqtt5_packet, as.type.has_##name)},
#define OTHER(type, in, name, kind) {IN(type), #name, MQTT5_KIND_##kind, offsetof(in, name), 0},
    /* clang-format off */
    ROW(IN(1), connect, client_id, STRING)
    FLAGGED(IN(1), connect, username, STRING)
    FLAGGED(IN(1), connect, password, BINARY)
    ROW(IN(1), connect, keep_alive, U16)
    ROW(IN(1), connect, clean_start, BOOL)
    FLAGGED(IN(1), connect, will, WILL)
    ROW(IN(2), connack, session_present, BOOL)
    ROW(IN(2), connack, reason_code, BYTE)
    ROW(IN(3), publish, topic, STRING)
    ROW(IN(3), publish, payload, PAYLOAD)
    ROW(IN(3), publish, packet_id, U16)
    ROW(IN(3), publish, qos, BYTE)
    ROW(IN(3), publish, retain, BOOL)
    ROW(IN(3), publish, duplicate, BOOL)
    ROW(IN(4) | IN(5) | IN(6) | IN(7), puback, packet_id, U16)
    ROW(IN(4) | IN(5) | IN(6) | IN(7), puback, reason_code, BYTE)
    ROW(IN(8), subscribe, topic_filters, TOPIC_FILTERS)
    ROW(IN(8), subscribe, packet_id, U16)
    ROW(IN(9), suback, reason_codes, REASON_CODES)
    ROW(IN(9), suback, packet_id, U16)
    ROW(IN(10), unsubscribe, patterns, PATTERNS)
    ROW(IN(10), unsubscribe, packet_id, U16)
    ROW(IN(11), unsuback, reason_codes, REASON_CODES)
    ROW(IN(11), unsuback, packet_id, U16)
    ROW(IN(14), disconnect, reason_code, BYTE)
    ROW(IN(15), auth, reason_code, BYTE)
    OTHER(WILL, mqtt5_will, topic, STRING)
    OTHER(WILL, mqtt5_will, payload, BINARY)
    OTHER(WILL, mqtt5_will, qos, BYTE)
    OTHER(WILL, mqtt5_will, retain, BOOL)
    OTHER(16, mqtt5_topic_filter, pattern, STRING)
    OTHER(16, mqtt5_topic_filter, max_qos, BYTE)
    OTHER(16, mqtt5_topic_filter, no_local, BOOL)
    OTHER(16, mqtt5_topic_filter, retain_as_published, BOOL)
    OTHER(16, mqtt5_topic_filter, retain_handling, BYTE)
/* clang-format on */
#undef ROW
#undef FLAGGED
#undef OTHER
};

static unsigned count_member(unsigned type, const char *name, unsigned kind, size_t offset, size_t flag, unsigned id)
{
    unsigned times = 0;
    mqtt5_member member;
    size_t i;

    for (i = 0; mqtt5_reflect(type, i, &member); i++) {
        if (strcmp(member.name, name) == 0) {
            CHECK(member.kind == kind);
            CHECK(member.offset == offset);
            CHECK(member.flag == flag);
            CHECK(member.property == id);
            times++;
        }
    }
    return times;
}

static void check_range(unsigned type, const char *name, unsigned lowest, uint32_t highest)
{
    mqtt5_member member;
    size_t i;

    CONTEXT("range of %s in struct %u", name, type);
    for (i = 0; mqtt5_reflect(type, i, &member) && strcmp(member.name, name) != 0; i++) {
    }
    CHECK(mqtt5_reflect(type, i, &member));
    CHECK(member.lowest == lowest);
    CHECK(member.highest == highest);
}

/* The allowed numbers are in the sections of the packets. */
static void test_ranges_of_members(void)
{
    cases++;
    check_range(MQTT5_CONNECT, "keep_alive", 0, 0xFFFF);
    check_range(MQTT5_CONNECT, "receive_max", 1, 0xFFFF);
    check_range(MQTT5_CONNECT, "max_packet_size", 1, 0xFFFFFFFFu);
    check_range(MQTT5_CONNECT, "request_problem_info", 0, 1);
    check_range(MQTT5_CONNECT, "client_id", 0, 0);
    check_range(MQTT5_CONNACK, "max_qos", 0, 1);
    check_range(MQTT5_PUBLISH, "packet_id", 1, 0xFFFF);
    check_range(MQTT5_PUBLISH, "qos", 0, 2);
    check_range(MQTT5_PUBLISH, "topic_alias", 1, 0xFFFF);
    check_range(MQTT5_PUBLISH, "subscription_ids", 1, 268435455);
    check_range(MQTT5_UNSUBACK, "packet_id", 1, 0xFFFF);
    check_range(MQTT5_SUBSCRIBE, "subscription_id", 1, 268435455);
    check_range(MQTT5_STRUCT_WILL, "will_delay_interval", 0, 0xFFFFFFFFu);
    check_range(MQTT5_STRUCT_TOPIC_FILTER, "retain_handling", 0, 2);
}

static void test_reflection(void)
{
    static const unsigned none[] = {17, 18, 255, 0xFFFFFFFF};
    mqtt5_member member;
    unsigned type;
    size_t i, n, base;

    for (type = WILL; type <= MQTT5_STRUCT_TOPIC_FILTER; type++) {
        size_t expected = 0;

        cases++;
        CONTEXT("members of struct %u", type);
        base = type == WILL ? offsetof(mqtt5_will, properties) : offsetof(mqtt5_packet, as.properties);
        for (i = 0; i < COUNT(members); i++) {
            if (members[i].types >> type & 1) {
                CONTEXT("member %s of struct %u", members[i].name, type);
                CHECK(count_member(type, members[i].name, members[i].kind, members[i].offset, members[i].flag, 0) == 1);
                expected++;
            }
        }
        for (i = 0; type < MQTT5_STRUCT_TOPIC_FILTER && i < COUNT(rows); i++) {
            if (rows[i].packets >> type & 1) {
                CONTEXT("member %s of struct %u", rows[i].name, type);
                CHECK(count_member(type, rows[i].name, rows[i].kind, rows[i].offset + base, 0, rows[i].id) == 1);
                expected++;
            }
        }
        CONTEXT("number of members of struct %u", type);
        for (n = 0; mqtt5_reflect(type, n, &member); n++) {
        }
        CHECK(n == expected);
        CHECK(!mqtt5_reflect(type, n + 1, &member) && !mqtt5_reflect(type, (size_t)-1, &member));
    }
    begin("structs that are none");
    for (i = 0; i < COUNT(none); i++) {
        CHECK(!mqtt5_reflect(none[i], 0, &member));
    }
}

static void test_field_names(void)
{
    static const char *const others[] = {
        "packet_type",
        "flags",
        "remaining_length",
        "property_length",
        "property_id",
        "protocol_name",
        "protocol_version",
        "connect_flags",
        "keep_alive",
        "client_id",
        "username",
        "password",
        "session_present",
        "reason_code",
        "reason_codes",
        "topic",
        "packet_id",
        "payload",
        "qos",
        "duplicate",
        "topic_filters",
        "patterns",
    };
    unsigned field;

    begin("names of fields");
    for (field = 0; field < 128; field++) {
        const char *name = mqtt5_field_name(field), *expected = "";
        size_t i;

        for (i = COUNT(rows); i-- > 0;) {
            if (rows[i].id == field) {
                expected = rows[i].name;
            }
        }
        if (field >= MQTT5_FIELD_PACKET_TYPE && field - MQTT5_FIELD_PACKET_TYPE < COUNT(others)) {
            expected = others[field - MQTT5_FIELD_PACKET_TYPE];
        }
        CHECK(strcmp(name, expected) == 0);
        CHECK(mqtt5_field_name(field | MQTT5_FIELD_IN_WILL) == name || strcmp(name, "") == 0);
    }
    CHECK(MQTT5_FIELD_PACKET_TYPE + COUNT(others) - 1 == MQTT5_FIELD_PATTERNS);
    CHECK(strcmp(mqtt5_field_name(0xFFFFFFFF), "") == 0);
    CHECK(strcmp(mqtt5_field_name(256 + MQTT5_FIELD_PACKET_TYPE), "") == 0);
}

/* -------------------------------------------------------- where it fails */

static void located(const char *bytes, size_t size, mqtt5_status status, unsigned field, size_t offset, size_t index)
{
    mqtt5_packet p;
    mqtt5_error error;
    size_t packet_size;

    CHECK(mqtt5_decode(copy_to_end(&guarded, bytes, size), size, NULL, &p, &packet_size, &error) == status);
    CHECK(error.status == status && error.field == field);
    CHECK(error.offset == offset);
    CHECK(error.index == index);
}

#define LOCATED(literal, ...) located(literal, sizeof(literal) - 1, __VA_ARGS__)

static void test_locations(void)
{
    begin("an item of a list");
    LOCATED("\x82\x0D\0\1\0\0\1a\2\0\2#b\2\0\0", MQTT5_ERR_TRUNCATED, MQTT5_FIELD_TOPIC_FILTERS, 14, 2);
    LOCATED("\x82\x0C\0\1\0\0\1a\2\0\2#b\2", MQTT5_ERR_BAD_TOPIC_FILTER, MQTT5_FIELD_TOPIC_FILTERS, 9, 1);
    LOCATED("\x90\x06\0\1\0\0\1\x11", MQTT5_ERR_BAD_REASON_CODE, MQTT5_FIELD_REASON_CODES, 7, 2);
    begin("an item of a list of properties, among others");
    LOCATED("\x30\x0C\0\1t\x08\x0B\1\1\0\x0B\0\x0B\1", MQTT5_ERR_ZERO_VALUE, MQTT5_PROP_SUBSCRIPTION_ID, 10, 1);
    LOCATED("\x30\x13\0\1t\x0F\x26\0\0\0\0\2\0\0\0\0\x26\0\0\0\1", MQTT5_ERR_TRUNCATED, MQTT5_PROP_USER_PROPERTIES, 16,
            1);
    begin("a property of the Will, not the one of the same name outside");
    LOCATED("\x10\x24\0\4MQTT\5\4\0\0\5\x26\0\0\0\0\0\0\x0B\x26\0\0\0\0\x26\0\0\0\1\x80\0\1t\0\1p", MQTT5_ERR_BAD_UTF8,
            MQTT5_PROP_USER_PROPERTIES | MQTT5_FIELD_IN_WILL, 26, 1);
    begin("a property that is repeated");
    LOCATED("\x20\x07\0\0\4\x24\0\x24\0", MQTT5_ERR_REPEATED_PROPERTY, MQTT5_PROP_MAX_QOS, 7, 0);
    begin("a list that is empty");
    LOCATED("\x82\x03\0\1\0", MQTT5_ERR_EMPTY_LIST, MQTT5_FIELD_TOPIC_FILTERS, 5, 0);
    begin("a Will QoS, which is in the flags");
    LOCATED("\x10\x15\0\4MQTT\5\x1C\0\0\0\0\1c\0\0\1t\0\1p", MQTT5_ERR_BAD_QOS_FLAGS,
            MQTT5_FIELD_QOS | MQTT5_FIELD_IN_WILL, 9, 0);
    begin("a field that is missing");
    LOCATED("\x20\x01\0", MQTT5_ERR_TRUNCATED, MQTT5_FIELD_REASON_CODE, 3, 0);
}

/* ---------------------------------------------------------- components */

static void will_refused(const mqtt5_will *will, mqtt5_status status, unsigned field, size_t index)
{
    mqtt5_packet p = packet_of(MQTT5_CONNECT);
    mqtt5_error error;

    memset(&error, 0x55, sizeof(error));
    CHECK(mqtt5_check_will(will, NULL, &error) == status);
    CHECK(error.status == status && error.field == field && error.index == index && error.offset == 0);
    CHECK(mqtt5_check_will(will, NULL, NULL) == status);
    p.as.connect.has_will = true;
    p.as.connect.will = *will;
    refused(&p, status, field | MQTT5_FIELD_IN_WILL, index);
}

static void test_will_by_itself(void)
{
    static const mqtt5_string_pair pairs[] = {
        {{(const uint8_t *)"a", 1}, {(const uint8_t *)"1", 1}},
        {{(const uint8_t *)"b", 1}, {(const uint8_t *)"\xC0\x80", 2}},
    };
    mqtt5_error error, untouched;
    mqtt5_will will;

    begin("a Will by itself");
    memset(&will, 0, sizeof(will));
    memset(&error, 0x55, sizeof(error));
    untouched = error;
    will.topic = MQTT5_VIEW("t");
    will.payload = mqtt5_view_of(letters, 65535);
    will.qos = 2;
    mqtt5_set(&will.properties, MQTT5_PROP_WILL_DELAY_INTERVAL);
    mqtt5_set(&will.properties, MQTT5_PROP_USER_PROPERTIES);
    will.properties.user_properties = list_of(pairs, 1);
    CHECK(mqtt5_check_will(&will, NULL, &error) == MQTT5_OK);
    CHECK(memcmp(&error, &untouched, sizeof(error)) == 0);
    will.properties.user_properties = LIST(pairs);
    will_refused(&will, MQTT5_ERR_BAD_UTF8, MQTT5_PROP_USER_PROPERTIES, 1);
    will.properties.user_properties.count = 1;
    mqtt5_set(&will.properties, MQTT5_PROP_TOPIC_ALIAS); /* of a PUBLISH */
    will_refused(&will, MQTT5_ERR_MISPLACED_PROPERTY, MQTT5_PROP_TOPIC_ALIAS, 0);
    will.properties.present = (uint64_t)1 << 63;
    will_refused(&will, MQTT5_ERR_UNKNOWN_PROPERTY, MQTT5_FIELD_PROPERTY_ID, 0);
    will.properties.present = 0;
    will.payload.size = 65536;
    will_refused(&will, MQTT5_ERR_TOO_LONG, MQTT5_FIELD_PAYLOAD, 0);
    will.topic = MQTT5_VIEW("a/#");
    will_refused(&will, MQTT5_ERR_BAD_TOPIC_NAME, MQTT5_FIELD_TOPIC, 0);
    will.topic.size = 0; /* only a PUBLISH may have an empty topic */
    will_refused(&will, MQTT5_ERR_BAD_TOPIC_NAME, MQTT5_FIELD_TOPIC, 0);
    will.qos = 3;
    will_refused(&will, MQTT5_ERR_BAD_QOS_FLAGS, MQTT5_FIELD_QOS, 0);
}

static void test_subscription_by_itself(void)
{
    static const struct {
        mqtt5_topic_filter filter;
        mqtt5_status status;
    } rows[] = {
        {{{(const uint8_t *)"a/+/#", 5}, 2, true, true, 2}, MQTT5_OK},
        {{{(const uint8_t *)"$share/g/a", 10}, 1, false, true, 0}, MQTT5_OK},
        {{{(const uint8_t *)"", 0}, 0, false, false, 0}, MQTT5_ERR_BAD_TOPIC_FILTER},
        {{{(const uint8_t *)"a#", 2}, 0, false, false, 0}, MQTT5_ERR_BAD_TOPIC_FILTER},
        {{{(const uint8_t *)"\xFF", 1}, 0, false, false, 0}, MQTT5_ERR_BAD_UTF8},
        {{{(const uint8_t *)"$share//a", 9}, 0, false, false, 0}, MQTT5_ERR_BAD_SHARE_NAME},
        {{{(const uint8_t *)"$share/g/a", 10}, 1, true, false, 0}, MQTT5_ERR_SHARED_NO_LOCAL},
        {{{(const uint8_t *)"a", 1}, 3, false, false, 0}, MQTT5_ERR_BAD_REQUESTED_QOS},
        {{{(const uint8_t *)"a", 1}, 0, false, false, 3}, MQTT5_ERR_BAD_RETAIN_HANDLING},
    };
    size_t i;

    begin("a topic filter of a SUBSCRIBE by itself");
    for (i = 0; i < COUNT(rows); i++) {
        mqtt5_packet p = valid_packet(MQTT5_SUBSCRIBE);
        mqtt5_error error;

        CONTEXT("subscription %lu", (unsigned long)i);
        memset(&error, 0x55, sizeof(error));
        CHECK(mqtt5_check_subscription(&rows[i].filter, NULL) == rows[i].status);
        CHECK(mqtt5_check_subscription(&rows[i].filter, &error) == rows[i].status);
        p.as.subscribe.topic_filters = list_of(&rows[i].filter, 1);
        CHECK(mqtt5_check(&p, NULL, NULL) == rows[i].status);
        if (rows[i].status != MQTT5_OK) {
            CHECK(error.status == rows[i].status && error.field == MQTT5_FIELD_TOPIC_FILTERS);
            CHECK(error.index == 0 && error.offset == 0);
        }
    }
}

/* ---------------------------------------------------------------- names */

/* Tables 2-1 and 2-6 of the specification. */
static void test_names(void)
{
    static const char *const types[] = {
        "",          "CONNECT", "CONNACK",     "PUBLISH",  "PUBACK",  "PUBREC",   "PUBREL",     "PUBCOMP",
        "SUBSCRIBE", "SUBACK",  "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH",
    };
    static const struct {
        unsigned code, constant;
        const char *name;
    } reasons[] = {
        {0x01, MQTT5_RC_GRANTED_QOS_1, "Granted QoS 1"},
        {0x02, MQTT5_RC_GRANTED_QOS_2, "Granted QoS 2"},
        {0x04, MQTT5_RC_DISCONNECT_WITH_WILL_MESSAGE, "Disconnect with Will Message"},
        {0x10, MQTT5_RC_NO_MATCHING_SUBSCRIBERS, "No matching subscribers"},
        {0x11, MQTT5_RC_NO_SUBSCRIPTION_EXISTED, "No subscription existed"},
        {0x18, MQTT5_RC_CONTINUE_AUTHENTICATION, "Continue authentication"},
        {0x19, MQTT5_RC_RE_AUTHENTICATE, "Re-authenticate"},
        {0x80, MQTT5_RC_UNSPECIFIED_ERROR, "Unspecified error"},
        {0x81, MQTT5_RC_MALFORMED_PACKET, "Malformed Packet"},
        {0x82, MQTT5_RC_PROTOCOL_ERROR, "Protocol Error"},
        {0x83, MQTT5_RC_IMPLEMENTATION_SPECIFIC_ERROR, "Implementation specific error"},
        {0x84, MQTT5_RC_UNSUPPORTED_PROTOCOL_VERSION, "Unsupported Protocol Version"},
        {0x85, MQTT5_RC_CLIENT_ID_NOT_VALID, "Client Identifier not valid"},
        {0x86, MQTT5_RC_BAD_USER_NAME_OR_PASSWORD, "Bad User Name or Password"},
        {0x87, MQTT5_RC_NOT_AUTHORIZED, "Not authorized"},
        {0x88, MQTT5_RC_SERVER_UNAVAILABLE, "Server unavailable"},
        {0x89, MQTT5_RC_SERVER_BUSY, "Server busy"},
        {0x8A, MQTT5_RC_BANNED, "Banned"},
        {0x8B, MQTT5_RC_SERVER_SHUTTING_DOWN, "Server shutting down"},
        {0x8C, MQTT5_RC_BAD_AUTHENTICATION_METHOD, "Bad authentication method"},
        {0x8D, MQTT5_RC_KEEP_ALIVE_TIMEOUT, "Keep Alive timeout"},
        {0x8E, MQTT5_RC_SESSION_TAKEN_OVER, "Session taken over"},
        {0x8F, MQTT5_RC_TOPIC_FILTER_INVALID, "Topic Filter invalid"},
        {0x90, MQTT5_RC_TOPIC_NAME_INVALID, "Topic Name invalid"},
        {0x91, MQTT5_RC_PACKET_ID_IN_USE, "Packet Identifier in use"},
        {0x92, MQTT5_RC_PACKET_ID_NOT_FOUND, "Packet Identifier not found"},
        {0x93, MQTT5_RC_RECEIVE_MAX_EXCEEDED, "Receive Maximum exceeded"},
        {0x94, MQTT5_RC_TOPIC_ALIAS_INVALID, "Topic Alias invalid"},
        {0x95, MQTT5_RC_PACKET_TOO_LARGE, "Packet too large"},
        {0x96, MQTT5_RC_MESSAGE_RATE_TOO_HIGH, "Message rate too high"},
        {0x97, MQTT5_RC_QUOTA_EXCEEDED, "Quota exceeded"},
        {0x98, MQTT5_RC_ADMINISTRATIVE_ACTION, "Administrative action"},
        {0x99, MQTT5_RC_PAYLOAD_FORMAT_INVALID, "Payload format invalid"},
        {0x9A, MQTT5_RC_RETAIN_NOT_SUPPORTED, "Retain not supported"},
        {0x9B, MQTT5_RC_QOS_NOT_SUPPORTED, "QoS not supported"},
        {0x9C, MQTT5_RC_USE_ANOTHER_SERVER, "Use another server"},
        {0x9D, MQTT5_RC_SERVER_MOVED, "Server moved"},
        {0x9E, MQTT5_RC_SHARED_SUBSCRIPTIONS_NOT_SUPPORTED, "Shared Subscriptions not supported"},
        {0x9F, MQTT5_RC_CONNECTION_RATE_EXCEEDED, "Connection rate exceeded"},
        {0xA0, MQTT5_RC_MAX_CONNECT_TIME, "Maximum connect time"},
        {0xA1, MQTT5_RC_SUBSCRIPTION_IDS_NOT_SUPPORTED, "Subscription Identifiers not supported"},
        {0xA2, MQTT5_RC_WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED, "Wildcard Subscriptions not supported"},
    };
    unsigned type, code;

    begin("names of packet types");
    for (type = 0; type < 300; type++) {
        CHECK(strcmp(mqtt5_type_name(type), type < COUNT(types) ? types[type] : "") == 0);
    }
    CHECK(strcmp(mqtt5_type_name(0xFFFFFFFF), "") == 0);
    begin("names of reason codes");
    CHECK(MQTT5_RC_SUCCESS == 0 && MQTT5_RC_NORMAL_DISCONNECTION == 0 && MQTT5_RC_GRANTED_QOS_0 == 0);
    for (type = 0; type <= 16; type++) {
        const char *zero = type == 14 ? "Normal disconnection" : type == 9 ? "Granted QoS 0" : "Success";

        CONTEXT("names of reason codes in a packet of type %u", type);
        CHECK(strcmp(mqtt5_reason_name(type, 0), zero) == 0);
        for (code = 1; code < 256; code++) {
            const char *expected = "";
            size_t i;

            for (i = 0; i < COUNT(reasons); i++) {
                CHECK(reasons[i].code == reasons[i].constant);
                if (reasons[i].code == code) {
                    expected = reasons[i].name;
                }
            }
            CHECK(strcmp(mqtt5_reason_name(type, (uint8_t)code), expected) == 0);
        }
    }
}

/* ---------------------------------------------------------------- order */

static void test_order(void)
{
    static const mqtt5_string_pair pairs[] = {
        {{(const uint8_t *)"b", 1}, {(const uint8_t *)"1", 1}},
        {{(const uint8_t *)"a", 1}, {(const uint8_t *)"2", 1}},
    };
    mqtt5_packet p = packet_of(MQTT5_CONNACK);

    begin("user properties are written last, though three identifiers are greater");
    mqtt5_set(&p.as.properties, MQTT5_PROP_SHARED_SUBSCRIPTION_AVAILABLE);
    mqtt5_set(&p.as.properties, MQTT5_PROP_USER_PROPERTIES);
    mqtt5_set(&p.as.properties, MQTT5_PROP_MAX_PACKET_SIZE);
    mqtt5_set(&p.as.properties, MQTT5_PROP_MAX_QOS);
    p.as.properties.max_packet_size = 256;
    p.as.properties.user_properties = LIST(pairs);
    ENCODES_TO(&p, "\x20\x1A\0\0\x17\x24\0\x27\0\0\1\0\x2A\0\x26\0\1b\0\1"
                   "1\x26\0\1a\0\1"
                   "2");
}

/* ------------------------------------------------- which error comes first */

/* A decode checks values while it reads them; of two errors it must report the one that mqtt5_check() does. */
static void test_first_error(void)
{
    begin("two values that are not allowed, one of them a property");
    LOCATED("\x30\x0A\0\1#\5\x08\0\2+x\0", MQTT5_ERR_BAD_TOPIC_NAME, MQTT5_FIELD_TOPIC, 2, 0);
    LOCATED("\x20\x08\0\1\5\x24\2\x21\0\0", MQTT5_ERR_BAD_REASON_CODE, MQTT5_FIELD_REASON_CODE, 3, 0);
    begin("two properties that are not allowed: the identifiers decide, not the order on the wire");
    LOCATED("\x20\x08\0\0\5\x24\2\x21\0\0", MQTT5_ERR_ZERO_VALUE, MQTT5_PROP_RECEIVE_MAX, 7, 0);
    begin("a value that is not allowed, then a field that cannot be read");
    LOCATED("\x20\x07\0\0\4\x24\2\x24\0", MQTT5_ERR_REPEATED_PROPERTY, MQTT5_PROP_MAX_QOS, 7, 0);
    begin("a Will property that is not allowed");
    LOCATED("\x10\x17\0\4MQTT\5\4\0\0\0\0\1c\2\1\2\0\1t\0\1p", MQTT5_ERR_NOT_BOOLEAN,
            MQTT5_PROP_PAYLOAD_FORMAT_INDICATOR | MQTT5_FIELD_IN_WILL, 17, 0);
    begin("the second of two user properties");
    LOCATED("\x40\x11\0\1\0\x0D\x26\0\1a\0\1"
            "1\x26\0\0\0\1\0",
            MQTT5_ERR_BAD_UTF8, MQTT5_PROP_USER_PROPERTIES, 13, 1);
}

int main(void)
{
    watch_guards();
    memset(letters, 'x', sizeof(letters));
    test_encoding();
    test_lists();
    test_statuses();
    test_refused_scalars();
    test_refused_lists();
    test_regions();
    test_lengths();
    test_endless_list();
    test_sizes();
    test_properties();
    test_reflection();
    test_ranges_of_members();
    test_field_names();
    test_locations();
    test_will_by_itself();
    test_subscription_by_itself();
    test_names();
    test_order();
    test_first_error();
    return finish(cases, "cases");
}
