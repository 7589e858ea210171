/* SPDX-License-Identifier: MIT */
/*
 * text.c - the rules of UTF-8 Encoded Strings, Topic Names and Topic Filters (1.5.4, 4.7, 4.8.2).
 *
 * It knows the rules of text. It does not know packets, or where a text came from.
 */
#include "mqtt5_text.h"

/* '#' or '+' */
static inline bool is_wildcard(uint8_t character)
{
    return (character & ~(unsigned)WILDCARD_BIT) == WILDCARDS;
}

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* The length of the well-formed sequence of two to four bytes at s (Unicode table 3-7), or 0. */
static size_t multibyte_length(const uint8_t *s, size_t left)
{
    uint8_t lead = s[0];
    uint8_t low = 0x80, high = 0xBF; /* the range of the second byte */
    size_t length;

    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
        if (lead == 0xE0) {
            low = 0xA0; /* else overlong */
        } else if (lead == 0xED) {
            high = 0x9F; /* else a surrogate */
        }
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
        if (lead == 0xF0) {
            low = 0x90; /* else overlong */
        } else if (lead == 0xF4) {
            high = 0x8F; /* else above U+10FFFF */
        }
    } else {
        return 0;
    }
    if (left < length || s[1] < low || s[1] > high) {
        return 0;
    }
    if ((length > 2 && !is_continuation(s[2])) || (length > 3 && !is_continuation(s[3]))) {
        return 0;
    }
    return length;
}

/* Is it well-formed? One character at a time. */
static NOINLINE bool is_multibyte(const uint8_t *at, size_t left)
{
    while (left > 0) {
        size_t length = 1;

        if (*at - 1u >= 0x7F) {
            length = multibyte_length(at, left);
            if (length == 0) {
                return false;
            }
        }
        at += length;
        left -= length;
    }
    return true;
}

/* Well-formed and without U+0000 [MQTT-1.5.4-1, 1.5.4-2]. Everything else is allowed. */
mqtt5_status mqtt5_check_string(const uint8_t *data, size_t size)
{
    if (size > MQTT5_MAX_STRING_SIZE) {
        return MQTT5_ERR_TOO_LONG;
    }
    return is_plain(data, size, NOTHING) || is_multibyte(data, size) ? MQTT5_OK : MQTT5_ERR_BAD_UTF8;
}

bool mqtt5_has_control_character(mqtt5_view text)
{
    size_t i;

    for (i = 0; i < text.size; i++) {
        const uint8_t byte = text.data[i];

        if (byte < 0x20 || byte == 0x7F || (byte == 0xC2 && i + 1 < text.size && text.data[i + 1] < 0xA0)) {
            return true;
        }
    }
    return false;
}

mqtt5_status mqtt5_check_topic_name(mqtt5_view topic)
{
    size_t i;

    if (topic.size > MQTT5_MAX_STRING_SIZE) {
        return MQTT5_ERR_TOO_LONG;
    }
    if (!is_plain(topic.data, topic.size, WILDCARDS)) {
        if (mqtt5_check_string(topic.data, topic.size) != MQTT5_OK) {
            return MQTT5_ERR_BAD_UTF8;
        }
        for (i = 0; i < topic.size; i++) {
            if (is_wildcard(topic.data[i])) {
                return MQTT5_ERR_BAD_TOPIC_NAME;
            }
        }
    }
    return topic.size > 0 ? MQTT5_OK : MQTT5_ERR_BAD_TOPIC_NAME;
}

bool mqtt5_is_shared(mqtt5_view pattern)
{
    return pattern.size >= 7 && memcmp(pattern.data, "$share/", 7) == 0;
}

/* The filter after "$share/NAME/"; data is NULL if there is none. */
static mqtt5_view unshared(mqtt5_view pattern)
{
    mqtt5_view none = {NULL, 0};
    size_t i;

    for (i = 7; i < pattern.size; i++) {
        if (pattern.data[i] == '/' && i > 7) {
            return mqtt5_view_of(pattern.data + i + 1, pattern.size - i - 1);
        }
        if (pattern.data[i] == '/' || is_wildcard(pattern.data[i])) {
            return none;
        }
    }
    return none;
}

/* The index of the first wildcard from i on, or the size. */
static FAST size_t find_wildcard(mqtt5_view view, size_t i)
{
    while (IS_FAST && view.size - i >= sizeof(size_t) && is_plain(view.data + i, sizeof(size_t), WILDCARDS)) {
        i += sizeof(size_t);
    }
    while (i < view.size && !is_wildcard(view.data[i])) {
        i++;
    }
    return i;
}

mqtt5_status mqtt5_check_topic_filter(mqtt5_view pattern)
{
    mqtt5_status status = mqtt5_check_string(pattern.data, pattern.size);
    size_t i;

    if (status != MQTT5_OK) {
        return status;
    }
    if (mqtt5_is_shared(pattern)) {
        pattern = unshared(pattern);
        if (pattern.data == NULL) {
            return MQTT5_ERR_BAD_SHARE_NAME;
        }
    }
    for (i = find_wildcard(pattern, 0); i < pattern.size; i = find_wildcard(pattern, i + 1)) {
        bool first = i == 0 || pattern.data[i - 1] == '/';
        bool last = i + 1 == pattern.size;

        if (!first || (!last && (pattern.data[i] == '#' || pattern.data[i + 1] != '/'))) {
            return MQTT5_ERR_BAD_TOPIC_FILTER;
        }
    }
    return pattern.size > 0 ? MQTT5_OK : MQTT5_ERR_BAD_TOPIC_FILTER;
}

bool mqtt5_topic_matches(mqtt5_view pattern, mqtt5_view topic)
{
    size_t p = 0, t = 0;

    if (mqtt5_is_shared(pattern)) {
        pattern = unshared(pattern);
    }
    if (pattern.size == 0 || topic.size == 0) {
        return false;
    }
    if (topic.data[0] == '$' && is_wildcard(pattern.data[0])) {
        return false;
    }
    /* each turn compares one level, which begins at p and t */
    for (;;) {
        if (p < pattern.size && pattern.data[p] == '#') {
            return true;
        }
        if (p < pattern.size && pattern.data[p] == '+') {
            p++;
            while (t < topic.size && topic.data[t] != '/') {
                t++;
            }
        } else {
            while (p < pattern.size && pattern.data[p] != '/') {
                if (t == topic.size || topic.data[t] != pattern.data[p]) {
                    return false;
                }
                p++;
                t++;
            }
        }
        if (t < topic.size && topic.data[t] != '/') {
            return false;
        }
        if (p == pattern.size) {
            return t == topic.size;
        }
        p++;
        if (t == topic.size) { /* "a/#" matches its parent "a" too */
            return p < pattern.size && pattern.data[p] == '#';
        }
        t++;
    }
}

bool mqtt5_split_shared(mqtt5_view pattern, mqtt5_view *name, mqtt5_view *filter)
{
    mqtt5_view rest = {NULL, 0};

    if (mqtt5_is_shared(pattern)) {
        rest = unshared(pattern);
    }
    if (rest.data == NULL) {
        *name = mqtt5_view_of(NULL, 0);
        *filter = pattern;
        return false;
    }
    *name = mqtt5_view_of(pattern.data + 7, pattern.size - rest.size - 8);
    *filter = rest;
    return true;
}
