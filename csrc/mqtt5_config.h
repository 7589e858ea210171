/* SPDX-License-Identifier: MIT */
/*
 * mqtt5_config.h - build options, compiler macros and bit helpers, for all files of the codec.
 *
 * It does not know MQTT.
 */
#ifndef MQTT5_CONFIG_H
#define MQTT5_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(MQTT5_CLIENT_ONLY) && defined(MQTT5_BROKER_ONLY)
#error "MQTT5_CLIENT_ONLY and MQTT5_BROKER_ONLY exclude each other; without either, the codec serves both"
#endif

/* Sizes of packets need 28 bits, and a header. */
typedef char size_t_is_wide_enough[(size_t)-1 >= 0xFFFFFFFFu ? 1 : -1];

/*
 * INLINE: always inlined, for functions that are smaller that way.
 * NOINLINE: never inlined, so that a rare path takes no stack in its callers.
 * FAST: inlined where the compiler optimizes for speed, where IS_FAST is 1; each caller then gets a specialized copy.
 * RARE: a rare path of its caller. Never inlined where the compiler optimizes for speed, else inlined to save stack.
 * APART: like FAST, but never inlined where the compiler optimizes for size, to save stack.
 */
#if defined(__GNUC__)
#define INLINE inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))
#else
#define INLINE inline
#define NOINLINE
#endif
#if defined(__GNUC__) && defined(__OPTIMIZE__) && !defined(__OPTIMIZE_SIZE__)
#define IS_FAST 1
#define FAST INLINE
#define APART INLINE
#define RARE NOINLINE
#elif defined(__GNUC__)
#define IS_FAST 0
#define FAST inline
#define APART __attribute__((noinline, unused))
#define RARE INLINE
#else
#define IS_FAST 0
#define FAST inline
#define APART inline
#define RARE
#endif

/* Bit n. Shifting 64 bits is slow on a 32-bit machine, and not needed here. */
static inline uint64_t bit(unsigned n)
{
    if (sizeof(size_t) >= sizeof(uint64_t)) {
        return (uint64_t)1 << n;
    }
    return n < 32 ? (uint32_t)1 << n : (uint64_t)((uint32_t)1 << (n - 32)) << 32;
}

/* The number of the lowest bit that is set; bits is not 0. */
static inline unsigned lowest_bit(uint64_t bits)
{
#if defined(__GNUC__)
    if (sizeof(size_t) >= sizeof(uint64_t)) {
        return (unsigned)__builtin_ctzll(bits);
    }
    return (uint32_t)bits != 0 ? (unsigned)__builtin_ctz((uint32_t)bits)
                               : 32 + (unsigned)__builtin_ctz((uint32_t)(bits >> 32));
#else
    unsigned n = 0;

    for (; !(bits & 1); bits >>= 1) {
        n++;
    }
    return n;
#endif
}

#endif
