/* SPDX-License-Identifier: MIT */
/*
 * peers.c - a comparison with the C libraries in Debian, by functions of their public headers alone.
 *
 *     cmake --workflow --preset benchmarks && build/benchmarks/peers [ROUNDS]
 *
 * Neither library lets a program decode or encode a packet. libmosquitto checks and matches topics; of paho.mqtt.c, the
 * header and the static library have the functions that read and write a set of properties. The subjects take
 * turns; times are nanoseconds, the minimum of the rounds. Then follow the invalid inputs that each accepts: cases of
 * the specification, not of this project. It does not know how any library works.
 */
#define _POSIX_C_SOURCE 199309L

#include "cases.h"

#include <MQTTProperties.h>
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TURNS = 1000, ROOM = 1024 };

static volatile uint64_t sink; /* keeps every value that was read, so that no work is optimized away */

/* ------------------------------------------------------------ the work */

static const char *volatile text, *volatile other; /* volatile: the compiler cannot foresee what they are */
static int text_size, other_size;

static mqtt5_view view_of(const char *data, int size)
{
    return mqtt5_view_of(data, (size_t)size);
}

static bool our_name(void)
{
    return mqtt5_check_topic_name(view_of(text, text_size)) == MQTT5_OK;
}

static bool our_filter(void)
{
    return mqtt5_check_topic_filter(view_of(text, text_size)) == MQTT5_OK;
}

/* Its checks of topics leave UTF-8 to another function. Inline: so that it is called as directly as ours. */
static inline bool mosquitto_accepts(int (*check)(const char *topic, size_t size))
{
    const char *topic = text;

    return check(topic, (size_t)text_size) == MOSQ_ERR_SUCCESS &&
           mosquitto_validate_utf8(topic, text_size) == MOSQ_ERR_SUCCESS;
}

static bool mosquitto_name(void)
{
    return mosquitto_accepts(mosquitto_pub_topic_check2);
}

static bool mosquitto_filter(void)
{
    return mosquitto_accepts(mosquitto_sub_topic_check2);
}

static bool our_match(void)
{
    return mqtt5_topic_matches(view_of(text, text_size), view_of(other, other_size));
}

static bool mosquitto_match(void)
{
    bool match = false;

    return mosquitto_topic_matches_sub2(text, (size_t)text_size, other, (size_t)other_size, &match) ==
               MOSQ_ERR_SUCCESS &&
           match;
}

static uint8_t wire[ROOM], out[ROOM];
static size_t wire_size, properties_at; /* of the PUBLISH (b), and where its property length is */
static mqtt5_packet packet;
static store lists;

static bool our_reading(void)
{
    size_t done;
    bool good = mqtt5_decode(wire, wire_size, NULL, &packet, &done, NULL) == MQTT5_OK;

    sink += use_publish(&packet);
    return good;
}

static bool our_writing(void)
{
    size_t done;

    build_publish_with_properties(&packet, &lists);
    return mqtt5_encode(&packet, NULL, out, sizeof(out), &done, NULL) == MQTT5_OK;
}

/* Reads the values of one property set, and frees all that was allocated. */
static bool paho_read(uint8_t *data, size_t size)
{
    MQTTProperties properties = MQTTProperties_initializer;
    char *at = (char *)data;
    bool good = MQTTProperties_read(&properties, &at, at + size) == 1;
    int i;

    for (i = 0; good && i < properties.count; i++) {
        const MQTTProperty *p = &properties.array[i];

        sink += (uint64_t)p->identifier + p->value.byte;
    }
    MQTTProperties_free(&properties);
    return good;
}

static bool paho_reading(void)
{
    return paho_read(wire + properties_at, wire_size - properties_at);
}

static void add(MQTTProperties *to, enum MQTTPropertyCodes id, unsigned number, const char *first, const char *second)
{
    MQTTProperty p;

    memset(&p, 0, sizeof(p));
    p.identifier = id;
    if (first != NULL) {
        p.value.data.data = (char *)(uintptr_t)first; /* it is copied */
        p.value.data.len = (int)strlen(first);
        p.value.value.data = (char *)(uintptr_t)second;
        p.value.value.len = second != NULL ? (int)strlen(second) : 0;
    } else if (id == MQTTPROPERTY_CODE_TOPIC_ALIAS) {
        p.value.integer2 = (unsigned short)number;
    } else if (id == MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL) {
        p.value.integer4 = number;
    } else {
        p.value.byte = (unsigned char)number;
    }
    (void)MQTTProperties_add(to, &p);
}

/* The same eight as in cases.h. */
static bool paho_writing(void)
{
    MQTTProperties properties = MQTTProperties_initializer;
    char *at = (char *)out;
    bool good;

    add(&properties, MQTTPROPERTY_CODE_PAYLOAD_FORMAT_INDICATOR, 1, NULL, NULL);
    add(&properties, MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL, 3600, NULL, NULL);
    add(&properties, MQTTPROPERTY_CODE_CONTENT_TYPE, 0, "application/json", NULL);
    add(&properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC, 0, "replies/client-42", NULL);
    add(&properties, MQTTPROPERTY_CODE_CORRELATION_DATA, 0, "0123456789abcdef", NULL);
    add(&properties, MQTTPROPERTY_CODE_TOPIC_ALIAS, 7, NULL, NULL);
    add(&properties, MQTTPROPERTY_CODE_USER_PROPERTY, 0, "trace-id", "4bf92f3577b34da6");
    add(&properties, MQTTPROPERTY_CODE_USER_PROPERTY, 0, "origin", "gateway-7");
    good = MQTTProperties_write(&at, &properties) > 0 &&
           memcmp(out, wire + properties_at, (size_t)(at - (char *)out)) == 0;
    MQTTProperties_free(&properties);
    return good;
}

/* ------------------------------------------------------------ measuring */

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double time_of(bool (*volatile job)(void), const char *what)
{
    const double start = now();
    bool good = true;
    int i;

    for (i = 0; i < TURNS; i++) {
        good = job() && good;
    }
    if (!good) {
        fprintf(stderr, "%s: not what is expected\n", what);
        exit(1);
    }
    return (now() - start) / TURNS;
}

static void compare(const char *what, const char *peer, bool (*ours)(void), bool (*theirs)(void), long rounds)
{
    double best[2] = {1e300, 1e300};
    long round;

    for (round = 0; round < rounds; round++) {
        double a = time_of(ours, what), b = time_of(theirs, what);

        best[0] = a < best[0] ? a : best[0];
        best[1] = b < best[1] ? b : best[1];
    }
    printf("%-44s %8.1f  %-12s %8.1f %7.2f\n", what, best[0], peer, best[1], best[1] / best[0]);
}

static void set_text(const char *a, const char *b)
{
    text = a;
    text_size = (int)strlen(a);
    other = b;
    other_size = (int)strlen(b);
}

/* -------------------------------------------------------------- verdicts */

static const struct {
    const char *what, *bytes;
    int size;
} names[] = {
    {"an overlong character (3.9 of Unicode)", "a\xC0\xAF", 3},
    {"a surrogate (1.5.4)", "a\xED\xA0\x80", 4},
    {"U+0000 (1.5.4)", "a\0b", 3},
    {"above U+10FFFF (3.9 of Unicode)", "\xF4\x90\x80\x80", 4},
    {"a wildcard (4.7.1)", "a/+", 3},
    {"an empty topic name (4.7.3)", "", 0},
};

/* Sets of properties with their length, for a PUBLISH with the topic "t". */
static const struct {
    const char *what, *bytes;
    int size;
} sets[] = {
    {"a property twice (3.3.2.3.2)", "\4\1\1\1\1", 5},
    {"Payload Format Indicator 2 (3.3.2.3.2)", "\2\1\2", 3},
    {"Topic Alias 0 (3.3.2.3.4)", "\3\x23\0\0", 4},
    {"Subscription Identifier 0 (3.3.2.3.8)", "\2\x0B\0", 3},
    {"text that is not UTF-8 (1.5.4)", "\5\3\0\2\xC0\xAF", 6},
    {"a wildcard in Response Topic (3.3.2.3.5)", "\4\x08\0\1#", 5},
    {"a property of CONNECT (2.2.2.2)", "\3\x21\0\1", 4},
    {"an identifier that does not exist (2.2.2.2)", "\2\4\0", 3},
    {"a number that is not minimal (1.5.5)", "\3\x0B\x81\0", 4},
    {"a string beyond the property length (2.2.2.1)", "\3\3\0\2", 4},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* How many we accept: none. */
static int verdicts(void)
{
    int ours = 0;
    size_t i;

    printf("\nWhat is accepted and must not be. mosquitto_pub_topic_check2() with mosquitto_validate_utf8():\n");
    for (i = 0; i < COUNT(names); i++) {
        text = names[i].bytes;
        text_size = names[i].size;
        if (our_name()) {
            printf("  (ours) %s\n", names[i].what);
            ours++;
        }
        if (mosquitto_name()) {
            printf("  accepts %s\n", names[i].what);
        }
    }
    printf("MQTTProperties_read() of paho.mqtt.c, which is not told the packet:\n");
    for (i = 0; i < COUNT(sets); i++) {
        uint8_t bytes[ROOM] = {0x30, 0, 0, 1, 't'};
        size_t done;

        memcpy(bytes + 5, sets[i].bytes, (size_t)sets[i].size);
        bytes[1] = (uint8_t)(3 + sets[i].size);
        if (mqtt5_decode(bytes, bytes[1] + 2u, NULL, &packet, &done, NULL) == MQTT5_OK) {
            printf("  (ours) %s\n", sets[i].what);
            ours++;
        }
        if (paho_read(bytes + 5, (size_t)sets[i].size)) {
            printf("  accepts %s\n", sets[i].what);
        }
    }
    return ours;
}

int main(int argc, char **argv)
{
    const long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 1000;
    static const char deep[] = "plant/7/line/12/cell/3/robot/5/axis/2/temperature";

    if (rounds < 1) {
        fprintf(stderr, "usage: peers [ROUNDS]\n");
        return 2;
    }
    build_publish_with_properties(&packet, &lists);
    if (mqtt5_encode(&packet, NULL, wire, sizeof(wire), &wire_size, NULL) != MQTT5_OK) {
        return 1;
    }
    properties_at = 1 + 2 + 2 + packet.as.publish.topic.size + 2;
    printf("%-44s %8s  %-12s %8s %7s\n", "", "ours ns", "", "peer ns", "ratio");
    set_text("plant/7/temp", "");
    compare("check a topic name of 12 bytes", "mosquitto", our_name, mosquitto_name, rounds);
    set_text(deep, "");
    compare("check a topic name of 49 bytes", "mosquitto", our_name, mosquitto_name, rounds);
    set_text("plant/+/line/#", "");
    compare("check a topic filter of 14 bytes", "mosquitto", our_filter, mosquitto_filter, rounds);
    set_text("plant/+/line/12/+/3/robot/#", deep);
    compare("match a topic with a filter", "mosquitto", our_match, mosquitto_match, rounds);
    compare("read: PUBLISH (b), its property set alone", "paho.mqtt.c", our_reading, paho_reading, rounds);
    compare("write: PUBLISH (b), its property set alone", "paho.mqtt.c", our_writing, paho_writing, rounds);
    return verdicts() == 0 ? 0 : 1;
}
