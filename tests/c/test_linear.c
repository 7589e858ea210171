/* SPDX-License-Identifier: MIT */
/*
 * test_linear.c - ten times the input is at most ten times the work: no packet takes quadratic time.
 *
 * No clock: work is the number of basic blocks of the library that ran (the compiler calls a function of this file in
 * each of them) and of bytes that memcpy() and its like went over. It does not know how the library does its work.
 */
#include "check.h"
#include "mqtt5.h"

#include <stdlib.h>
#include <string.h>

unsigned long long work;

void __sanitizer_cov_trace_pc(void);

void __sanitizer_cov_trace_pc(void)
{
    work++;
}

typedef struct buffer {
    uint8_t *data;
    size_t size;
    size_t room;
} buffer;

/* ------------------------------------------------- packets of any length */

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (memory == NULL) {
        fprintf(stderr, "no memory\n");
        exit(1);
    }
    return memory;
}

static void put(buffer *b, const char *bytes, size_t size)
{
    if (b->room - b->size < size) {
        b->room = 2 * (b->size + size);
        b->data = (uint8_t *)realloc(b->data, b->room);
        if (b->data == NULL) {
            fprintf(stderr, "no memory\n");
            exit(1);
        }
    }
    memcpy(b->data + b->size, bytes, size);
    b->size += size;
}

static void put_varint(buffer *b, size_t value)
{
    for (;; value >>= 7) {
        char byte = (char)(value > 0x7F ? (value & 0x7F) | 0x80 : value);

        put(b, &byte, 1);
        if (value <= 0x7F) {
            return;
        }
    }
}

static void put_times(buffer *b, const char *bytes, size_t size, size_t times)
{
    while (times-- > 0) {
        put(b, bytes, size);
    }
}

#define PUT(buffer, literal) put(buffer, literal, sizeof(literal) - 1)
#define PUT_TIMES(buffer, literal, times) put_times(buffer, literal, sizeof(literal) - 1, times)

/* The first byte, the bytes before the properties, the properties with their length, the bytes after them. */
static buffer assemble(const char *first, const char *before, size_t before_size, buffer properties, buffer after)
{
    buffer body = {NULL, 0, 0}, packet = {NULL, 0, 0};

    put(&body, before, before_size);
    put_varint(&body, properties.size);
    if (properties.size > 0) {
        put(&body, (const char *)properties.data, properties.size);
    }
    if (after.size > 0) {
        put(&body, (const char *)after.data, after.size);
    }
    put(&packet, first, 1);
    put_varint(&packet, body.size);
    put(&packet, (const char *)body.data, body.size);
    free(body.data);
    free(properties.data);
    free(after.data);
    return packet;
}

static const buffer nothing = {NULL, 0, 0};

static buffer user_properties(size_t n)
{
    buffer properties = nothing;

    PUT_TIMES(&properties, "\x26\0\3key\0\5value", n);
    return assemble("\x40", "\0\1\0", 3, properties, nothing);
}

static buffer last_property_is_bad(size_t n)
{
    buffer properties = nothing;

    PUT_TIMES(&properties, "\x26\0\3key\0\5value", n - 1);
    PUT(&properties, "\x26\0\3key\0\1\xFF");
    return assemble("\x40", "\0\1\0", 3, properties, nothing);
}

static buffer last_property_is_truncated(size_t n)
{
    buffer properties = nothing;

    PUT_TIMES(&properties, "\x26\0\3key\0\5value", n - 1);
    PUT(&properties, "\x26\0\3key\0\5");
    return assemble("\x40", "\0\1\0", 3, properties, nothing);
}

/* n of each, alternately: each of the two lists has the other's items between its own. */
static buffer interleaved(size_t n)
{
    buffer properties = nothing;

    PUT_TIMES(&properties, "\x0B\x7F\x26\0\3key\0\5value", n);
    return assemble("\x30", "\0\5topic", 7, properties, nothing);
}

/* All of one after all of the other, but for the first: looking for the second item of a list passes over many. */
static buffer far_apart(size_t n)
{
    buffer properties = nothing;

    PUT(&properties, "\x0B\1\x26\0\3key\0\5value");
    PUT_TIMES(&properties, "\x26\0\3key\0\5value", n);
    PUT_TIMES(&properties, "\x0B\x7F", n);
    return assemble("\x30", "\0\5topic", 7, properties, nothing);
}

static buffer topic_filters(size_t n)
{
    buffer filters = nothing;

    PUT_TIMES(&filters, "\0\7a/+/b/#\2", n);
    return assemble("\x82", "\0\1", 2, nothing, filters);
}

static buffer patterns(size_t n)
{
    buffer filters = nothing;

    PUT_TIMES(&filters, "\0\x10$share/name/+/b/", n);
    return assemble("\xA2", "\0\1", 2, nothing, filters);
}

static buffer reason_codes(size_t n)
{
    buffer codes = nothing;

    PUT_TIMES(&codes, "\x87", n);
    return assemble("\x90", "\0\1", 2, nothing, codes);
}

static buffer payload(size_t n)
{
    buffer bytes = nothing;

    PUT_TIMES(&bytes, "0123456789", n);
    return assemble("\x30", "\0\5topic", 7, nothing, bytes);
}

/* ------------------------------------------------------- what is counted */

static unsigned long cases;

/* Work must not be free either, else nothing was counted. */
static void compare(const char *what, const char *step, size_t n, const unsigned long long *counted, size_t steps,
                    size_t least)
{
    size_t i;

    printf("%-28s %-14s", what, step);
    for (i = 0; i < steps; i++, n *= 10) {
        CONTEXT("%s, %s, %lu times", what, step, (unsigned long)n);
        printf(" %10llu", counted[i]);
        CHECK(counted[i] >= n * least);
        if (i > 0) {
            CHECK((double)counted[i] <= 10.5 * (double)counted[i - 1]);
        }
    }
    printf("\n");
    cases++;
}

static void walk(const mqtt5_packet *packet)
{
    mqtt5_list list;
    mqtt5_string_pair pair;
    mqtt5_topic_filter filter;
    mqtt5_view view;
    uint32_t id;
    uint8_t code;

    if (mqtt5_has(&packet->as.properties, MQTT5_PROP_USER_PROPERTIES)) {
        list = packet->as.properties.user_properties;
        while (mqtt5_next_user_property(&list, &pair)) {
        }
    }
    if (packet->type == MQTT5_PUBLISH && mqtt5_has(&packet->as.properties, MQTT5_PROP_SUBSCRIPTION_ID)) {
        list = packet->as.properties.subscription_ids;
        while (mqtt5_next_subscription_id(&list, &id)) {
        }
    }
    if (packet->type == MQTT5_SUBSCRIBE) {
        list = packet->as.subscribe.topic_filters;
        while (mqtt5_next_topic_filter(&list, &filter)) {
        }
    }
    if (packet->type == MQTT5_UNSUBSCRIBE) {
        list = packet->as.unsubscribe.patterns;
        while (mqtt5_next_pattern(&list, &view)) {
        }
    }
    if (packet->type == MQTT5_SUBACK) {
        list = packet->as.suback.reason_codes;
        while (mqtt5_next_reason_code(&list, &code)) {
        }
    }
}

static unsigned long long since(unsigned long long *before)
{
    unsigned long long spent = work - *before;

    *before = work;
    return spent;
}

/* Packets of n, 10n and 100n items: decode, check, walk, measure, encode. */
static void count_packets(const char *what, buffer (*make)(size_t), size_t n, bool valid, size_t least)
{
    unsigned long long counted[5][3];
    size_t i, count;

    for (i = 0, count = n; i < 3; i++, count *= 10) {
        buffer in = make(count);
        uint8_t *out = (uint8_t *)allocate(in.size, 1);
        unsigned long long before = work;
        size_t size = 0;
        mqtt5_packet packet;
        mqtt5_error error;

        CONTEXT("%s, %lu times", what, (unsigned long)count);
        CHECK((mqtt5_decode(in.data, in.size, NULL, &packet, &size, &error) == MQTT5_OK) == valid);
        counted[0][i] = since(&before);
        if (valid) {
            CHECK(mqtt5_check(&packet, NULL, &error) == MQTT5_OK);
            counted[1][i] = since(&before);
            walk(&packet);
            counted[2][i] = since(&before);
            CHECK(mqtt5_encode(&packet, NULL, NULL, 0, &size, &error) == MQTT5_OK);
            CHECK(size == in.size);
            counted[3][i] = since(&before);
            CHECK(mqtt5_encode(&packet, NULL, out, in.size, &size, &error) == MQTT5_OK);
            counted[4][i] = since(&before);
        }
        free(in.data);
        free(out);
        if (i == 1) {
            bool too_slow = counted[0][1] > 20 * counted[0][0] || (valid && counted[4][1] > 20 * counted[4][0]);

            CHECK(!too_slow);
            if (too_slow) {
                return; /* ten times as many might take hours */
            }
        }
    }
    compare(what, "decode", n, counted[0], 3, least);
    if (valid) {
        compare(what, "check", n, counted[1], 3, least);
        compare(what, "walk", n, counted[2], 3, least);
        compare(what, "measure", n, counted[3], 3, least);
        compare(what, "encode", n, counted[4], 3, least);
    }
}

static mqtt5_view repeated(const char *text, size_t size)
{
    uint8_t *data = (uint8_t *)allocate(size, 1);
    size_t i, length = strlen(text);

    for (i = 0; i < size; i++) {
        data[i] = (uint8_t)text[i % length];
    }
    return mqtt5_view_of(data, size);
}

/* Text of n, 10n ... bytes, the last of 65,535. */
static void count_texts(const char *filter_text, const char *topic_text)
{
    enum { SIZES = 3, SMALLEST = 655 };
    unsigned long long counted[3][SIZES];
    size_t i, size;
    char what[64];

    for (i = 0, size = SMALLEST; i < SIZES; i++, size *= 10) {
        size_t exact = i == SIZES - 1 ? MQTT5_MAX_STRING_SIZE : size;
        mqtt5_view filter = repeated(filter_text, exact), topic = repeated(topic_text, exact);
        unsigned long long before = work;

        CONTEXT("filter of %s, topic of %s", filter_text, topic_text);
        CHECK(mqtt5_check_topic_name(topic) == MQTT5_OK);
        counted[0][i] = since(&before);
        CHECK(mqtt5_check_topic_filter(filter) == MQTT5_OK);
        counted[1][i] = since(&before);
        CHECK(mqtt5_topic_matches(filter, topic));
        counted[2][i] = since(&before);
        free((void *)(uintptr_t)filter.data);
        free((void *)(uintptr_t)topic.data);
    }
    snprintf(what, sizeof(what), "filter %s, topic %s", filter_text, topic_text);
    compare(what, "check topic", SMALLEST / sizeof(size_t), counted[0], SIZES, 1); /* it takes a word at a time */
    compare(what, "check filter", SMALLEST, counted[1], SIZES, 1);
    compare(what, "match", SMALLEST, counted[2], SIZES, 1);
}

/* A packet that arrives byte by byte: every call costs the same. */
static void count_stream(void)
{
    enum { SMALLEST = 2000 }; /* from here on, the remaining length takes three bytes */
    unsigned long long counted[2];
    size_t i, n;

    for (i = 0, n = SMALLEST; i < 2; i++, n *= 10) {
        buffer in = user_properties(n);
        unsigned long long before = work;
        size_t size, whole;
        mqtt5_packet packet;

        for (size = 0; size < in.size; size++) {
            CHECK(mqtt5_decode(in.data, size, NULL, &packet, &whole, NULL) == MQTT5_INCOMPLETE);
        }
        CHECK(mqtt5_decode(in.data, size, NULL, &packet, &whole, NULL) == MQTT5_OK);
        counted[i] = since(&before);
        free(in.data);
    }
    compare("byte by byte", "decode", SMALLEST, counted, 2, 10);
}

/* The head of a PUBLISH, decoded again whenever the number of bytes has doubled, as the header recommends. */
static void count_heads(void)
{
    enum { SMALLEST = 1000 };
    unsigned long long counted[3];
    size_t i, n;

    for (i = 0, n = SMALLEST; i < 3; i++, n *= 10) {
        buffer in = interleaved(n);
        unsigned long long before = work;
        size_t size, whole;
        mqtt5_packet packet;

        for (size = 16; size < in.size; size *= 2) {
            CHECK(mqtt5_decode_head(in.data, size, NULL, &packet, &whole, NULL) == MQTT5_INCOMPLETE);
        }
        CHECK(mqtt5_decode_head(in.data, in.size, NULL, &packet, &whole, NULL) == MQTT5_OK);
        counted[i] = since(&before);
        free(in.data);
    }
    compare("twice as much each time", "decode_head", SMALLEST, counted, 3, 10);
}

/* Is a square seen at all? Each item looked up from the front is one. */
static void count_a_square(void)
{
    unsigned long long counted[2];
    size_t i, n;

    for (i = 0, n = 100; i < 2; i++, n *= 10) {
        buffer in = user_properties(n);
        unsigned long long before = work;
        size_t size, item, k;
        mqtt5_packet packet;

        CHECK(mqtt5_decode(in.data, in.size, NULL, &packet, &size, NULL) == MQTT5_OK);
        for (item = 0; item < n; item++) {
            mqtt5_list list = packet.as.properties.user_properties;
            mqtt5_string_pair pair;

            for (k = 0; k <= item; k++) {
                CHECK(mqtt5_next_user_property(&list, &pair));
            }
        }
        counted[i] = since(&before);
        free(in.data);
    }
    CONTEXT("looking up each item from the front");
    CHECK(counted[1] > 50 * counted[0]);
}

int main(void)
{
    count_packets("user properties", user_properties, 1000, true, 10);
    count_packets("last property bad", last_property_is_bad, 1000, false, 10);
    count_packets("last property truncated", last_property_is_truncated, 1000, false, 10);
    count_packets("two lists alternately", interleaved, 1000, true, 10);
    count_packets("two lists, far apart", far_apart, 1000, true, 10);
    count_packets("topic filters", topic_filters, 100, true, 10);
    count_packets("patterns", patterns, 100, true, 10);
    count_packets("reason codes", reason_codes, 1000, true, 2);
    count_packets("payload", payload, 1000, true, 0);
    count_texts("/", "/");
    count_texts("+/", "a/");
    count_texts("ab", "ab");
    count_texts("a\xC3\xA4", "a\xC3\xA4");
    count_stream();
    count_heads();
    count_a_square();
    return finish(cases, "rows of counts");
}
