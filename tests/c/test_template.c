/* SPDX-License-Identifier: MIT */
/*
 * test_template.c - a template gives what mqtt5_encode() gives for the same packet: bytes, sizes and errors.
 *
 * Packets and deliveries are cross products of the values of each field. It does not know how a PUBLISH looks.
 */
#include "guard.h"
#include "mqtt5.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { LARGEST = 70000 };

static unsigned long cases;
static arena room, expected, found;
static uint8_t letters[LARGEST], ones[] = {0x0B, 1, 0x0B, 0x80, 1}, broken[] = {0x0B, 0x80};
static mqtt5_string_pair pairs[200];

/* ------------------------------------------------------- values of fields */

static const size_t topic_sizes[] = {0, 1, 17, 65535}, payload_sizes[] = {0, 1, 100, 127, 16300, 65536};
static const size_t user_counts[] = {0, 1, 3, 200};
static const uint32_t ids[] = {1, 127, 128, 16384, 2097152, 268435455}, zero[] = {5, 0}, huge[] = {5, 268435456};
static const uint16_t aliases[] = {0, 1, 65535};
static const uint32_t intervals[] = {0, 0x01020304, 0xFFFFFFFF};

static mqtt5_list list_of_wire(const void *bytes, size_t size, size_t count)
{
    mqtt5_list list = mqtt5_list_of(NULL, count);

    list.wire = mqtt5_view_of(bytes, size);
    return list;
}

/* Lists of subscription identifiers: none, three that are valid, four that are not. */
enum { LISTS = 8 };

static mqtt5_list ids_of(size_t index)
{
    const mqtt5_list lists[LISTS] = {
        mqtt5_list_of(NULL, 0),
        mqtt5_list_of(ids, 1),
        mqtt5_list_of(ids, COUNT(ids)),
        list_of_wire(ones, sizeof(ones), 2),
        mqtt5_list_of(zero, 2),
        mqtt5_list_of(huge, 2),
        list_of_wire(broken, sizeof(broken), 1),
        list_of_wire(ones, sizeof(ones), 3),
    };

    return lists[index];
}

static void set(mqtt5_properties *properties, mqtt5_property_id id, bool present)
{
    properties->present &= ~((uint64_t)1 << id);
    if (present) {
        mqtt5_set(properties, id);
    }
}

/* What the library's user writes without a template: the packet with that delivery. */
static mqtt5_packet delivered(const mqtt5_packet *packet, const mqtt5_delivery *d)
{
    mqtt5_packet p = *packet;
    mqtt5_properties *properties = &p.as.properties;

    p.as.publish.packet_id = d->packet_id;
    p.as.publish.qos = d->qos;
    p.as.publish.retain = d->retain;
    p.as.publish.duplicate = d->duplicate;
    properties->topic_alias = d->topic_alias;
    set(properties, MQTT5_PROP_TOPIC_ALIAS, d->topic_alias != 0);
    properties->message_expiry_interval = d->message_expiry_interval;
    set(properties, MQTT5_PROP_MESSAGE_EXPIRY_INTERVAL, d->has_message_expiry_interval);
    properties->subscription_ids = d->subscription_ids;
    set(properties, MQTT5_PROP_SUBSCRIPTION_ID, d->subscription_ids.count > 0);
    return p;
}

/* ------------------------------------------------------------- comparing */

static bool same_error(const mqtt5_error *a, const mqtt5_error *b)
{
    return a->status == b->status && a->field == b->field && a->offset == b->offset && a->index == b->index &&
           a->packet_id == b->packet_id;
}

typedef mqtt5_status encoder(const mqtt5_packet *packet, const mqtt5_options *options, uint8_t *data, size_t size,
                             size_t *written, mqtt5_error *error);
typedef mqtt5_status delivery_encoder(const mqtt5_template *t, const mqtt5_delivery *d, const mqtt5_options *options,
                                      uint8_t *data, size_t size, size_t *written, mqtt5_error *error);

static void compare(encoder *encode, delivery_encoder *deliver, const mqtt5_template *t, const mqtt5_packet *packet,
                    const mqtt5_delivery *d, const mqtt5_options *options)
{
    mqtt5_error errors[2];
    size_t sizes[2] = {1, 2};
    mqtt5_status status;
    uint8_t *bytes;

    cases++;
    memset(errors, 0, sizeof(errors));
    status = encode(packet, options, NULL, 0, &sizes[0], &errors[0]);
    CHECK(deliver(t, d, options, NULL, 0, &sizes[1], &errors[1]) == status);
    CHECK(sizes[0] == sizes[1]);
    CHECK(same_error(&errors[0], &errors[1]));
    if (status != MQTT5_OK) {
        CHECK(deliver(t, d, options, found.begin, LARGEST, &sizes[1], NULL) == status);
        return;
    }
    bytes = at_end(&found, sizes[1]);
    CHECK(encode(packet, options, expected.begin, sizes[0], &sizes[0], NULL) == MQTT5_OK);
    CHECK(deliver(t, d, options, bytes, sizes[1], &sizes[1], NULL) == MQTT5_OK);
    CHECK(sizes[0] == sizes[1] && memcmp(expected.begin, bytes, sizes[0]) == 0);
    CHECK(deliver(t, d, options, bytes, sizes[1] - 1, &sizes[1], &errors[1]) == MQTT5_ERR_NO_SPACE);
    CHECK(sizes[0] == sizes[1] && errors[1].status == MQTT5_ERR_NO_SPACE && errors[1].field == 0);
}

static void compare_both(const mqtt5_template *t, const mqtt5_packet *packet, const mqtt5_delivery *d,
                         const mqtt5_options *options)
{
    const mqtt5_packet p = delivered(packet, d);

    compare(mqtt5_encode, mqtt5_template_encode, t, &p, d, options);
    compare(mqtt5_encode_head, mqtt5_template_encode_head, t, &p, d, options);
}

/* ------------------------------------------------------ the cross products */

/* Every delivery, of valid and invalid values. */
static void try_deliveries(const mqtt5_template *t, const mqtt5_packet *packet)
{
    static const mqtt5_options limits[] = {
        {0, 0, MQTT5_SENDER_ANY, MQTT5_STAGE_ANY, false, false},
        {40, 2, MQTT5_SENDER_ANY, MQTT5_STAGE_ANY, false, false},
        {0, 2, MQTT5_SENDER_CLIENT, MQTT5_STAGE_OPEN, false, false},
        {0, 0, MQTT5_SENDER_CLIENT, MQTT5_STAGE_ANY, false, false},
        {0, 0, MQTT5_SENDER_SERVER, MQTT5_STAGE_OPEN, false, false},
    };
    mqtt5_delivery d = t->delivery;
    unsigned flags;
    size_t list, alias, interval;

    compare_both(t, packet, &d, NULL); /* QoS 1 and 2 without a packet identifier are refused */
    for (list = 0; list < LISTS + 2; list++) {
        d.subscription_ids = list < LISTS ? ids_of(list) : t->delivery.subscription_ids;
        if (list > LISTS) {
            d.subscription_ids.items = ids; /* an array counts, whatever else is in the list */
        }
        for (alias = 0; alias < COUNT(aliases); alias++) {
            d.topic_alias = aliases[alias];
            for (interval = 0; interval < COUNT(intervals) + 1; interval++) {
                d.has_message_expiry_interval = interval > 0;
                d.message_expiry_interval = interval > 0 ? intervals[interval - 1] : 0;
                for (flags = 0; flags < 32; flags++) {
                    d.qos = (uint8_t)(flags & 3);
                    d.duplicate = (flags & 4) != 0;
                    d.retain = (flags & 8) != 0;
                    d.packet_id = (flags & 16) != 0 ? 0x1234 : 0;
                    compare_both(t, packet, &d, flags % 3 == 0 ? &limits[(flags + list) % COUNT(limits)] : NULL);
                }
            }
        }
    }
}

/* A packet whose fields are the digits of a number; its delivery is the template's own. */
static mqtt5_packet packet_of(size_t number)
{
    mqtt5_packet p;
    mqtt5_properties *properties = &p.as.properties;
    const size_t topic = number % 4, payload = number / 4 % 6, users = number / 24 % 4, has = number / 96;

    memset(&p, 0, sizeof(p));
    p.type = MQTT5_PUBLISH;
    p.as.publish.qos = (uint8_t)(has % 3);
    p.as.publish.retain = has % 2 == 1;
    p.as.publish.topic = mqtt5_view_of(letters, topic_sizes[topic]);
    p.as.publish.payload = mqtt5_view_of(letters, payload_sizes[payload]);
    properties->user_properties = mqtt5_list_of(pairs, user_counts[users]);
    set(properties, MQTT5_PROP_USER_PROPERTIES, user_counts[users] > 0);
    properties->payload_format_indicator = 1;
    set(properties, MQTT5_PROP_PAYLOAD_FORMAT_INDICATOR, (has & 1) != 0);
    properties->content_type = MQTT5_VIEW("text/plain");
    set(properties, MQTT5_PROP_CONTENT_TYPE, (has & 2) != 0);
    properties->correlation_data = mqtt5_view_of(letters, 100);
    set(properties, MQTT5_PROP_CORRELATION_DATA, (has & 4) != 0);
    properties->message_expiry_interval = 60;
    set(properties, MQTT5_PROP_MESSAGE_EXPIRY_INTERVAL, (has & 8) != 0);
    properties->subscription_ids = ids_of(1 + has % 3);
    set(properties, MQTT5_PROP_SUBSCRIPTION_ID, (has & 4) != 0);
    properties->topic_alias = 7;
    set(properties, MQTT5_PROP_TOPIC_ALIAS, (has & 2) != 0 || topic == 0);
    return p;
}

static void test_template_delivery_equals_encode(void)
{
    size_t number, used, measured;

    for (number = 0; number < (size_t)4 * 6 * 4 * 16; number += 31) { /* no factor of the digits: all of them appear */
        mqtt5_packet packet = packet_of(number);
        mqtt5_template t;
        uint8_t *data;

        CONTEXT("packet %lu", (unsigned long)number);
        CHECK(mqtt5_template_init(&t, &packet, NULL, NULL, 0, &measured, NULL) == MQTT5_OK);
        data = at_end(&room, measured);
        CHECK(mqtt5_template_init(&t, &packet, NULL, data, measured, &used, NULL) == MQTT5_OK);
        CHECK(used == measured);
        try_deliveries(&t, &packet);
    }
}

int main(void)
{
    size_t i;

    watch_guards();
    memset(letters, 'a', sizeof(letters));
    for (i = 0; i < COUNT(pairs); i++) {
        pairs[i].name = mqtt5_view_of(letters, i % 5);
        pairs[i].value = mqtt5_view_of(letters, i);
    }
    reserve(&expected, 160000);
    reserve(&found, 160000);
    test_template_delivery_equals_encode();
    return finish(cases, "deliveries");
}
