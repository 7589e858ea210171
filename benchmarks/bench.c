/* SPDX-License-Identifier: MIT */
/*
 * bench.c - how long the C codec takes to decode and encode a packet, beside memcpy() of the same bytes.
 *
 *     gcc -O2 -Icsrc benchmarks/bench.c csrc/[a-z]*.c -o bench && ./bench [ROUNDS]
 *
 * "alone" is mqtt5_decode() and nothing else. Decoding counts with every field read and every list walked, encoding
 * with the struct and its lists built first. The subjects take turns, round by round, so that a busy machine slows all
 * of them. Times are nanoseconds, the minimum and the median of the rounds. The last column is the ratio of the minima
 * to memcpy, which is similar on other machines.
 *
 * The last rows are one message for many receivers, of which each gets its own packet identifier and, in the second
 * case, topic alias, expiry and two subscription identifiers: mqtt5_encode() for each ("each"), a template, and the
 * template without the payload ("head").
 */
#define _POSIX_C_SOURCE 199309L

#include "cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TURNS = 1000, MOST_ROUNDS = 100000, ROOM = 4096 };

static volatile uint64_t sink; /* keeps every value that was read, so that no work is optimized away */

/* ------------------------------------------------------------- measuring */

enum { COPY, ALONE, DECODE, ENCODE, JOBS };

static const char *const jobs[JOBS] = {"memcpy", "alone", "decode", "encode"};
static double times[JOBS][MOST_ROUNDS];
static uint8_t wire[ROOM], out[ROOM];

/* Through these, the compiler can foresee neither the function nor its result. */
static void *(*volatile copy)(void *, const void *, size_t) = memcpy;
static const struct packet_case *volatile current;

static void fail(const char *why)
{
    fprintf(stderr, "%s\n", why);
    exit(1);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double time_job(int job, size_t size)
{
    const struct packet_case *c = current;
    static mqtt5_packet packet;
    static store lists;
    uint64_t sum = 0;
    double start;
    size_t done;
    int i;

    start = now();
    switch (job) {
    case COPY:
        for (i = 0; i < TURNS; i++) {
            copy(out, wire, size);
            sum += out[0];
        }
        break;
    case ALONE:
        for (i = 0; i < TURNS; i++) {
            if (mqtt5_decode(wire, size, NULL, &packet, &done, NULL) != MQTT5_OK) {
                fail("the packet was not decoded");
            }
            sum += packet.type + done;
        }
        break;
    case DECODE:
        for (i = 0; i < TURNS; i++) {
            if (mqtt5_decode(wire, size, NULL, &packet, &done, NULL) != MQTT5_OK) {
                fail("the packet was not decoded");
            }
            sum += c->use(&packet) + done;
        }
        break;
    default:
        for (i = 0; i < TURNS; i++) {
            c->build(&packet, &lists);
            if (mqtt5_encode(&packet, NULL, out, sizeof(out), &done, NULL) != MQTT5_OK) {
                fail("the packet was not encoded");
            }
            sum += out[0] + done;
        }
        break;
    }
    sink = sum;
    return (now() - start) / TURNS;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void print_times(const char *name, size_t size, const char *const *names, size_t rounds)
{
    int job;

    for (job = 0; job < JOBS; job++) {
        qsort(times[job], rounds, sizeof(times[job][0]), compare);
        printf("%-31s %6lu  %-6s %9.1f %9.1f %8.1f\n", name, (unsigned long)size, names[job], times[job][0],
               times[job][rounds / 2], times[job][0] / times[COPY][0]);
    }
}

static void measure(const struct packet_case *c, size_t rounds)
{
    mqtt5_packet packet;
    store lists;
    size_t size, round;
    int job;

    c->build(&packet, &lists);
    if (mqtt5_encode(&packet, NULL, wire, sizeof(wire), &size, NULL) != MQTT5_OK) {
        fail("the packet was not encoded");
    }
    current = c;
    for (round = 0; round < rounds; round++) {
        for (job = 0; job < JOBS; job++) {
            times[job][round] = time_job(job, size);
        }
    }
    print_times(c->name, size, jobs, rounds);
}

/* ------------------------------------------------ one message, many receivers */

enum { EACH = 1, TEMPLATE, HEAD };

static const char *const fan_out_jobs[JOBS] = {"memcpy", "each", "templ.", "head"};
static const uint32_t subscription_ids[2] = {7, 300};
static uint8_t memory[ROOM];

static void build_message(mqtt5_packet *packet, store *s)
{
    memset(packet, 0, sizeof(*packet));
    build_publish_with_users(packet, s);
    packet->as.publish.payload = mqtt5_view_of(payload, sizeof(payload));
}

/* A receiver, whose packet identifier is the number of its turn. Each job has a loop of its own, as in time_job(). */

static size_t encode_to(mqtt5_packet *packet, bool many, uint16_t id)
{
    mqtt5_properties *p = &packet->as.properties;
    size_t done;

    packet->as.publish.packet_id = id;
    if (many) {
        SET(TOPIC_ALIAS, topic_alias, id);
        SET(MESSAGE_EXPIRY_INTERVAL, message_expiry_interval, id);
        SET(SUBSCRIPTION_ID, subscription_ids, mqtt5_list_of(subscription_ids, 2));
    }
    if (mqtt5_encode(packet, NULL, out, sizeof(out), &done, NULL) != MQTT5_OK) {
        fail("the packet was not encoded");
    }
    return done;
}

static void set_delivery(mqtt5_delivery *d, bool many, uint16_t id)
{
    d->packet_id = id;
    if (many) {
        d->topic_alias = id;
        d->has_message_expiry_interval = true;
        d->message_expiry_interval = id;
        d->subscription_ids = mqtt5_list_of(subscription_ids, 2);
    }
}

static size_t deliver_to(const mqtt5_template *t, mqtt5_delivery *d, bool many, uint16_t id)
{
    size_t done;

    set_delivery(d, many, id);
    if (mqtt5_template_encode(t, d, NULL, out, sizeof(out), &done, NULL) != MQTT5_OK) {
        fail("the packet was not encoded");
    }
    return done;
}

static mqtt5_template template_of(const mqtt5_packet *packet)
{
    mqtt5_template t;
    size_t used;

    if (mqtt5_template_init(&t, packet, NULL, memory, sizeof(memory), &used, NULL) != MQTT5_OK) {
        fail("no template was made");
    }
    return t;
}

static double time_fan_out(int job, bool many, size_t size)
{
    static mqtt5_packet packet;
    static store lists;
    mqtt5_template t;
    mqtt5_delivery d;
    uint64_t sum = 0;
    double start;
    size_t done;
    int i;

    build_message(&packet, &lists);
    t = template_of(&packet);
    d = t.delivery;
    start = now();
    switch (job) {
    case COPY:
        for (i = 1; i <= TURNS; i++) {
            copy(out, wire, size);
            sum += out[0];
        }
        break;
    case EACH:
        for (i = 1; i <= TURNS; i++) {
            sum += out[0] + encode_to(&packet, many, (uint16_t)i);
        }
        break;
    case TEMPLATE:
        for (i = 1; i <= TURNS; i++) {
            sum += out[0] + deliver_to(&t, &d, many, (uint16_t)i);
        }
        break;
    default:
        for (i = 1; i <= TURNS; i++) {
            set_delivery(&d, many, (uint16_t)i);
            if (mqtt5_template_encode_head(&t, &d, NULL, out, sizeof(out), &done, NULL) != MQTT5_OK) {
                fail("the head was not encoded");
            }
            sum += out[0] + done;
        }
        break;
    }
    sink = sum;
    return (now() - start) / TURNS;
}

static void measure_fan_out(const char *name, bool many, size_t rounds)
{
    mqtt5_packet packet;
    mqtt5_template t;
    mqtt5_delivery d;
    store lists;
    size_t size, round;
    int job;

    build_message(&packet, &lists);
    t = template_of(&packet);
    d = t.delivery;
    size = encode_to(&packet, many, TURNS);
    memcpy(wire, out, size);
    if (deliver_to(&t, &d, many, TURNS) != size || memcmp(out, wire, size) != 0) {
        fail("the template gives other bytes");
    }
    for (round = 0; round < rounds; round++) {
        for (job = 0; job < JOBS; job++) {
            times[job][round] = time_fan_out(job, many, size);
        }
    }
    print_times(name, size, fan_out_jobs, rounds);
}

int main(int argc, char **argv)
{
    unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    size_t i;

    if (rounds < 1 || rounds > MOST_ROUNDS) {
        fail("usage: bench [ROUNDS], from 1 to 100000");
    }
    for (i = 0; i < sizeof(payload); i++) {
        payload[i] = (uint8_t)i;
    }
    printf("%-31s %6s  %-6s %9s %9s %8s\n", "", "bytes", "", "min ns", "median", "x memcpy");
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        measure(&cases[i], rounds);
    }
    measure_fan_out("to many: packet identifier", false, rounds);
    measure_fan_out("to many: alias, expiry, 2 ids", true, rounds);
    return 0;
}
