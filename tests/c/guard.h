/* SPDX-License-Identifier: MIT */
/*
 * guard.h - memory between two pages that may not be touched, so that reading or writing one byte too far crashes.
 *
 * The crash names the vector that is being tried. It knows nothing of MQTT. Include it before anything else. With
 * MQTT5_TEST_BARE, for a target without an operating system, the memory is the same without such pages.
 */
#ifndef GUARD_H
#define GUARD_H

#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE

#include "check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifndef MQTT5_TEST_BARE
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
/* An argument of the program, or its replacement. */
#define ARGUMENT(number, otherwise) (argc > (number) ? argv[number] : (otherwise))
#else
#define ARGUMENT(number, otherwise) ((void)argc, (void)argv, (otherwise)) /* a board has none */
#endif

typedef struct arena {
    uint8_t *map; /* the first of the two guard pages */
    uint8_t *begin;
    uint8_t *end;
} arena;

static inline void give_up(const char *why)
{
    fprintf(stderr, "%s\n", why);
    exit(1);
}

#ifndef MQTT5_TEST_BARE

static inline void release(arena *a)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    munmap(a->map, (size_t)(a->end - a->map) + page);
}

/* Gives the arena at least size bytes. */
static inline void take(arena *a, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (size / page + 1) * page;
    void *map = mmap(NULL, room + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (map == MAP_FAILED || mprotect((char *)map + page, room, PROT_READ | PROT_WRITE) != 0) {
        give_up("no memory for the guard pages");
    }
    a->map = (uint8_t *)map;
    a->begin = a->map + page;
    a->end = a->begin + room;
}

#else

static inline void release(arena *a)
{
    free(a->map);
}

static inline void take(arena *a, size_t size)
{
    size_t room = (size / 4096 + 1) * 4096;

    a->map = (uint8_t *)malloc(room);
    if (a->map == NULL) {
        give_up("no memory for the arena");
    }
    a->begin = a->map;
    a->end = a->begin + room;
}

#endif

/* Makes the arena hold at least size bytes. */
static inline void reserve(arena *a, size_t size)
{
    if (a->map != NULL) {
        if ((size_t)(a->end - a->begin) >= size) {
            return;
        }
        release(a);
    }
    take(a, size);
}

/* The last size bytes before the guard page. */
static inline uint8_t *at_end(arena *a, size_t size)
{
    reserve(a, size);
    return a->end - size;
}

static inline uint8_t *copy_to_end(arena *a, const void *data, size_t size)
{
    uint8_t *to = at_end(a, size);

    if (size > 0) {
        memcpy(to, data, size);
    }
    return to;
}

/* The first byte after the guard page, or the one that many bytes further. */
static inline uint8_t *copy_to_begin(arena *a, size_t offset, const void *data, size_t size)
{
    reserve(a, offset + size);
    if (size > 0) {
        memcpy(a->begin + offset, data, size);
    }
    return a->begin + offset;
}

#ifndef MQTT5_TEST_BARE

static struct sigaction guard_former[2];

static inline void guard_hit(int number)
{
    static const char says[] = "a guard page was touched in ";
    ssize_t ignored = write(2, says, sizeof(says) - 1);

    ignored += write(2, check_context, strlen(check_context));
    ignored += write(2, "\n", 1);
    (void)ignored;
    /* returning tries the same access again, now with the former handler */
    sigaction(number, &guard_former[number == SIGBUS], NULL);
}

static inline void watch_guards(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = guard_hit;
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, &guard_former[0]);
    sigaction(SIGBUS, &action, &guard_former[1]);
}

#else

static inline void watch_guards(void)
{
}

#endif

#endif
