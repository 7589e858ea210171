/* SPDX-License-Identifier: MIT */
/*
 * mqtt5_text.h - the rules of text that mqtt5.h does not declare, and their fast path.
 *
 * It does not know packets, or where a text came from.
 */
#ifndef MQTT5_TEXT_H
#define MQTT5_TEXT_H

#include "mqtt5.h"
#include "mqtt5_config.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

mqtt5_status mqtt5_check_string(const uint8_t *data, size_t size);
bool mqtt5_has_control_character(mqtt5_view text); /* U+0000 to U+001F, U+007F to U+009F */
bool mqtt5_is_shared(mqtt5_view pattern);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

/*
 * The bytes that is_plain() avoids: wildcards or nothing. '#' is 0x23, '+' is 0x2B: clearing bit 3, which is
 * WILDCARD_BIT, lets one comparison find both. No byte is WILDCARD_BIT after that.
 */
enum { WILDCARDS = '#', WILDCARD_BIT = 0x08, NOTHING = WILDCARD_BIT };

static const size_t ones = (size_t)-1 / 0xFF, tops = (size_t)-1 / 0xFF << 7;

/* Sets a bit of tops if a byte of the word is not ASCII, is 0 or is to be avoided. */
static INLINE size_t suspect_bits(size_t word, size_t avoid)
{
    size_t bits = word | (word - ones); /* only a byte of 0 borrows; one to avoid becomes 0 */

    if (avoid != NOTHING) {
        bits |= ((word & ~(ones << 3)) ^ (avoid * ones)) - ones;
    }
    return bits;
}

/* Reads at any address. In a freestanding build memcpy() may be a call. */
static INLINE size_t load_word(const uint8_t *at)
{
#if defined(__GNUC__)
    struct word {
        size_t all;
    } __attribute__((packed, may_alias));

    return ((const struct word *)at)->all;
#else
    size_t word;

    memcpy(&word, at, sizeof(word));
    return word;
#endif
}

static INLINE uint32_t load_half(const uint8_t *at)
{
#if defined(__GNUC__)
    struct half {
        uint32_t all;
    } __attribute__((packed, may_alias));

    return ((const struct half *)at)->all;
#else
    uint32_t half;

    memcpy(&half, at, sizeof(half));
    return half;
#endif
}

/* Is all of it ASCII without 0 and without what is avoided? Most text is. Tests a word at a time; the last may overlap.
 */
static INLINE bool is_plain(const uint8_t *at, size_t left, size_t avoid)
{
    size_t word = ones, suspect = 0;

    if (left >= sizeof(word)) {
        const uint8_t *const last = at + (left - sizeof(word));

        for (; at < last; at += sizeof(word)) {
            suspect |= suspect_bits(load_word(at), avoid);
        }
        word = load_word(last);
    } else if (left >= sizeof(uint32_t)) {
        word = load_half(at) | (size_t)load_half(at + (left - sizeof(uint32_t))) << 16 << 16;
    } else if (left > 0) { /* one to three bytes, some of them twice, the rest of the word as it was */
        word = (ones & ~(size_t)0xFFFFFF) | at[0] | (size_t)at[left / 2] << 8 | (size_t)at[left - 1] << 16;
    }
    return ((suspect | suspect_bits(word, avoid)) & tops) == 0;
}

/* mqtt5_check_string(), with its fast path inlined where speed matters more than size. */
static FAST mqtt5_status check_string(const mqtt5_view *view)
{
    if (IS_FAST && view->size <= MQTT5_MAX_STRING_SIZE && is_plain(view->data, view->size, NOTHING)) {
        return MQTT5_OK;
    }
    return mqtt5_check_string(view->data, view->size);
}

#endif
