/* SPDX-License-Identifier: MIT */
/*
 * test_alias.c - topic aliases: which topic gets which, what the peer receives, and what it refuses (3.3.2.3.4).
 *
 * Packets pass through mqtt5_encode() and mqtt5_decode() on their way. It does not know where aliases are kept.
 */
#include "guard.h"
#include "mqtt5.h"

enum { LONGEST = 12, MOST = 4 };

/* One direction of a connection. */
typedef struct direction {
    mqtt5_aliases sender, receiver;
    arena memory[2];
    uint8_t wire[128];
} direction;

static unsigned long cases;
static direction there, back;

static void begin(const char *what)
{
    CONTEXT("%s", what);
    cases++;
}

static uint16_t begin_aliases(mqtt5_aliases *aliases, arena *memory, uint16_t maximum, size_t slots)
{
    const size_t size = slots * (LONGEST + MQTT5_ALIAS_OVERHEAD);
    uint8_t *data = at_end(memory, size);

    if (size > 0) {
        memset(data, 0xA5, size); /* of the connection before */
    }
    return mqtt5_alias_init(aliases, maximum, LONGEST, data, size);
}

static void connect_direction(direction *d, uint16_t count)
{
    CHECK(begin_aliases(&d->sender, &d->memory[0], count, MOST) == count);
    CHECK(begin_aliases(&d->receiver, &d->memory[1], count, count) == count);
}

static mqtt5_packet publish_of(const char *topic)
{
    mqtt5_packet packet;

    memset(&packet, 0, sizeof(packet));
    packet.type = MQTT5_PUBLISH;
    packet.as.publish.topic = mqtt5_view_of(topic, strlen(topic));
    return packet;
}

/* Encodes what the sender gives and decodes it in the same struct. */
static void transmit(direction *d, mqtt5_packet *packet)
{
    size_t size;

    mqtt5_alias_apply(&d->sender, &packet->as.publish);
    CHECK(mqtt5_encode(packet, NULL, d->wire, sizeof(d->wire), &size, NULL) == MQTT5_OK);
    mqtt5_alias_commit(&d->sender, &packet->as.publish);
    CHECK(mqtt5_decode(d->wire, size, NULL, packet, &size, NULL) == MQTT5_OK);
}

/* The topic arrives; on the wire it has that alias (0: none), and is there or not. */
static void sends(direction *d, const char *topic, unsigned alias, bool with_topic)
{
    mqtt5_packet packet = publish_of(topic);
    mqtt5_publish *p = &packet.as.publish;

    transmit(d, &packet);
    CHECK((mqtt5_has(&p->properties, MQTT5_PROP_TOPIC_ALIAS) ? p->properties.topic_alias : 0u) == alias);
    CHECK(p->topic.size == (with_topic ? strlen(topic) : 0));
    CHECK(mqtt5_alias_resolve(&d->receiver, p, NULL) == MQTT5_OK);
    CHECK(p->topic.size == strlen(topic) && memcmp(p->topic.data, topic, p->topic.size) == 0);
    CHECK(!mqtt5_has(&p->properties, MQTT5_PROP_TOPIC_ALIAS));
}

static void refuses(direction *d, const char *topic, uint16_t alias, mqtt5_status status, unsigned code)
{
    mqtt5_packet packet = publish_of(topic), before;
    mqtt5_error error;

    packet.as.publish.qos = 1;
    packet.as.publish.packet_id = 9;
    packet.as.properties.topic_alias = alias;
    mqtt5_set(&packet.as.properties, MQTT5_PROP_TOPIC_ALIAS);
    before = packet;
    memset(&error, 0xA5, sizeof(error));
    CHECK(mqtt5_alias_resolve(&d->receiver, &packet.as.publish, &error) == status);
    CHECK(mqtt5_alias_resolve(&d->receiver, &packet.as.publish, NULL) == status);
    CHECK(memcmp(&packet, &before, sizeof(packet)) == 0);
    CHECK(error.status == status && error.field == MQTT5_PROP_TOPIC_ALIAS && error.offset == 0 && error.index == 0);
    CHECK(error.packet_id == 9 && mqtt5_reason_code(status) == code);
}

/* ------------------------------------------------------------------ tests */

static void test_alias_topic_sent_again_is_omitted(void)
{
    begin("a topic three times, in both directions at once");
    connect_direction(&there, 2);
    connect_direction(&back, 2);
    sends(&there, "there/1", 1, true);
    sends(&back, "back/1", 1, true);
    sends(&there, "there/1", 1, false);
    sends(&back, "back/1", 1, false);
    sends(&back, "there/1", 2, true);
    sends(&there, "there/1", 1, false);

    begin("a new connection"); /* 3.3.2-7 */
    connect_direction(&there, 2);
    sends(&there, "there/1", 1, true);
}

static void test_alias_none_left_replaces_least_recent(void)
{
    begin("three topics and two aliases");
    connect_direction(&there, 2);
    sends(&there, "topic/a", 1, true);
    sends(&there, "topic/b", 2, true);
    sends(&there, "topic/a", 1, false);
    sends(&there, "topic/c", 2, true);
    sends(&there, "topic/a", 1, false);
    sends(&there, "topic/b", 2, true);
    sends(&there, "topic/c", 1, true);
    sends(&there, "topic/b", 2, false);
}

static void test_alias_packet_not_written_assigns_nothing(void)
{
    mqtt5_packet packet = publish_of("topic/a");

    begin("applied and not committed");
    connect_direction(&there, 1);
    mqtt5_alias_apply(&there.sender, &packet.as.publish);
    CHECK(packet.as.properties.topic_alias == 1 && packet.as.publish.topic.size == 7);
    sends(&there, "topic/b", 1, true);

    begin("a replacement that was not written");
    packet = publish_of("topic/a");
    mqtt5_alias_apply(&there.sender, &packet.as.publish);
    CHECK(packet.as.publish.topic.size == 7);
    sends(&there, "topic/b", 1, false);
}

static void test_alias_useless_topics_have_none(void)
{
    mqtt5_packet packet = publish_of("topic/a");

    begin("topics that are too short or too long");
    connect_direction(&there, 2);
    sends(&there, "a/b", 0, true);
    sends(&there, "thirteen/char", 0, true);
    sends(&there, "four", 1, true);
    sends(&there, "twelve/chars", 2, true);
    sends(&there, "twelve/chars", 2, false);
    sends(&there, "a/b", 0, true);

    begin("no alias allowed"); /* 3.2.2-18, 3.1.2-27 */
    connect_direction(&there, 0);
    packet.as.properties.topic_alias = 3; /* of another connection */
    mqtt5_set(&packet.as.properties, MQTT5_PROP_TOPIC_ALIAS);
    transmit(&there, &packet);
    CHECK(!mqtt5_has(&packet.as.properties, MQTT5_PROP_TOPIC_ALIAS) && packet.as.publish.topic.size == 7);

    begin("a packet that got no alias here, committed all the same");
    packet = publish_of("topic/a");
    packet.as.properties.topic_alias = MOST + 1; /* its slot would be after the memory */
    mqtt5_set(&packet.as.properties, MQTT5_PROP_TOPIC_ALIAS);
    mqtt5_alias_commit(&there.sender, &packet.as.publish);
    CHECK(there.sender.uses == 0);

    begin("less memory than the peer allows, and the opposite");
    CHECK(begin_aliases(&there.sender, &there.memory[0], 65535, MOST) == MOST);
    CHECK(begin_aliases(&there.sender, &there.memory[0], 1, MOST) == 1);
    CHECK(mqtt5_alias_init(&there.sender, 9, 65535, NULL, 0) == 0);
}

static void test_alias_bad_alias_refused(void)
{
    mqtt5_packet packet = publish_of("topic/a");

    begin("aliases above the maximum, of 0, and never assigned");
    connect_direction(&there, 2);
    refuses(&there, "topic/a", 3, MQTT5_ERR_TOPIC_ALIAS_TOO_LARGE, 0x94);
    refuses(&there, "", 65535, MQTT5_ERR_TOPIC_ALIAS_TOO_LARGE, 0x94);
    refuses(&there, "topic/a", 0, MQTT5_ERR_ZERO_TOPIC_ALIAS, 0x94);
    refuses(&there, "", 2, MQTT5_ERR_UNKNOWN_TOPIC_ALIAS, 0x82);
    sends(&there, "topic/a", 1, true);
    refuses(&there, "", 2, MQTT5_ERR_UNKNOWN_TOPIC_ALIAS, 0x82);

    begin("no alias was announced");
    connect_direction(&there, 0);
    refuses(&there, "topic/a", 1, MQTT5_ERR_TOPIC_ALIAS_TOO_LARGE, 0x94);

    begin("a topic that is too long to keep: delivered, then refused");
    connect_direction(&there, 2);
    packet = publish_of("thirteen/char");
    packet.as.properties.topic_alias = 2;
    mqtt5_set(&packet.as.properties, MQTT5_PROP_TOPIC_ALIAS);
    CHECK(mqtt5_alias_resolve(&there.receiver, &packet.as.publish, NULL) == MQTT5_OK);
    CHECK(packet.as.publish.topic.size == 13);
    refuses(&there, "", 2, MQTT5_ERR_NO_SPACE, 0);
}

static void test_split_shared_gives_name_and_filter(void)
{
    static const struct {
        const char *pattern, *name, *filter;
    } filters[] = {
        {"$share/group/a/+", "group", "a/+"},
        {"$share/consumer1//finance", "consumer1", "/finance"},
        {"$share/g/$share/h/#", "g", "$share/h/#"},
        {"$shared/g/a", "", "$shared/g/a"},
        {"a/$share/b", "", "a/$share/b"},
        {"$SYS/#", "", "$SYS/#"},
        {"$share", "", "$share"},
    };
    size_t i;

    for (i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        const char *name = filters[i].name, *filter = filters[i].filter;
        mqtt5_view parts[2];
        mqtt5_view pattern = mqtt5_view_of(filters[i].pattern, strlen(filters[i].pattern));

        begin(filters[i].pattern);
        CHECK(mqtt5_check_topic_filter(pattern) == MQTT5_OK);
        CHECK(mqtt5_split_shared(pattern, &parts[0], &parts[1]) == (name[0] != '\0'));
        CHECK(parts[0].size == strlen(name) && (name[0] == 0 || memcmp(parts[0].data, name, strlen(name)) == 0));
        CHECK(parts[1].size == strlen(filter) && memcmp(parts[1].data, filter, strlen(filter)) == 0);
    }
}

int main(void)
{
    watch_guards();
    test_alias_topic_sent_again_is_omitted();
    test_alias_none_left_replaces_least_recent();
    test_alias_packet_not_written_assigns_nothing();
    test_alias_useless_topics_have_none();
    test_alias_bad_alias_refused();
    test_split_shared_gives_name_and_filter();
    return finish(cases, "cases");
}
