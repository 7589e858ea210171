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
    for (job = 0; job < JOBS; job++) {
        qsort(times[job], rounds, sizeof(times[job][0]), compare);
        printf("%-31s %6lu  %-6s %9.1f %9.1f %8.1f\n", c->name, (unsigned long)size, jobs[job], times[job][0],
               times[job][rounds / 2], times[job][0] / times[COPY][0]);
    }
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
    return 0;
}
