/* SPDX-License-Identifier: MIT */
/*
 * count.c - how many instructions a decode and an encode of the two PUBLISH packets of benchmarks/cases.h take, beside
 * memcpy() of the same bytes, on a microcontroller in QEMU with -icount.
 *
 * Decoding counts with every field read and every list walked, encoding with the struct and its lists built first, as
 * in benchmarks/bench.c. The figures are the same in every run. It knows nothing of what is in a packet.
 */
#include "../../benchmarks/cases.h"
#include "counter.h"

#include <stdio.h>
#include <string.h>

enum { TURNS = 1000, ROOM = 512, CASES = 2 };

static uint8_t wire[ROOM], out[ROOM];
static volatile uint64_t sink; /* keeps every value that was read, so that no work is optimized away */

/* Through these, the compiler can foresee neither the function nor its result. */
static void *(*volatile copy)(void *, const void *, size_t) = memcpy;
static const struct packet_case *volatile current;

static mqtt5_packet packet;
static store lists;
static size_t wire_size;

static bool do_nothing(void)
{
    sink += current != NULL;
    return true;
}

static bool do_copy(void)
{
    copy(out, wire, wire_size);
    sink += out[0];
    return true;
}

static bool do_decode(void)
{
    size_t done;
    bool good = mqtt5_decode(wire, wire_size, NULL, &packet, &done, NULL) == MQTT5_OK;

    sink += current->use(&packet) + done;
    return good;
}

static bool do_encode(void)
{
    size_t done;
    bool good;

    current->build(&packet, &lists);
    good = mqtt5_encode(&packet, NULL, out, sizeof(out), &done, NULL) == MQTT5_OK;
    sink += out[0] + done;
    return good;
}

/* A turn, on average, in tenths of an instruction; 0 if one went wrong. */
static unsigned long tenths_of(bool (*volatile job)(void))
{
    uint64_t start, stop;
    bool good = true;
    int i;

    start = instructions();
    for (i = 0; i < TURNS; i++) {
        good = job() && good;
    }
    stop = instructions();
    return good ? (unsigned long)((stop - start) * 10 / TURNS) : 0;
}

int main(void)
{
    static const struct {
        const char *name;
        bool (*job)(void);
    } jobs[] = {{"memcpy", do_copy}, {"decode", do_decode}, {"encode", do_encode}};
    size_t i, j;

    if (!counter_works()) {
        printf("instructions cannot be counted here: is QEMU run with -icount shift=0?\n");
        return 1;
    }
    for (i = 0; i < CASES; i++) {
        unsigned long nothing;

        current = &cases[i];
        cases[i].build(&packet, &lists);
        if (mqtt5_encode(&packet, NULL, wire, sizeof(wire), &wire_size, NULL) != MQTT5_OK) {
            return 1;
        }
        nothing = tenths_of(do_nothing); /* the loop and the call */
        for (j = 0; j < sizeof(jobs) / sizeof(jobs[0]); j++) {
            unsigned long tenths = tenths_of(jobs[j].job);

            if (tenths <= nothing) {
                printf("%s failed\n", jobs[j].name);
                return 1;
            }
            tenths -= nothing;
            printf("%-28s %4lu bytes  %s %5lu instructions\n", cases[i].name, (unsigned long)wire_size, jobs[j].name,
                   (tenths + 5) / 10);
        }
    }
    return 0;
}
