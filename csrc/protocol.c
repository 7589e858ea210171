/* SPDX-License-Identifier: MIT */
/*
 * protocol.c - names the protocol of a connection that is not MQTT 5.0, by its first bytes.
 *
 * For texts and decisions after decoding has failed. It does not know what
 * MQTT 5.0 allows, and it is not linked unless called.
 */
#include "mqtt5.h"
#include "mqtt5_config.h"

/* The name of a protocol, and bytes that its connections begin with. */
typedef struct {
    const char *name;
    const char *bytes;
    uint8_t size;
} beginning;

#define BEGINS(name, bytes)            \
    {                                  \
        name, bytes, sizeof(bytes) - 1 \
    }

static const beginning beginnings[] = {
    BEGINS("tls", "\x14\x03"), /* the types of TLS records */
    BEGINS("tls", "\x15\x03"),   BEGINS("tls", "\x16\x03"),
    BEGINS("http", "HTTP/"),     BEGINS("http", "GET "),
    BEGINS("http", "HEAD "),     BEGINS("http", "POST "),
    BEGINS("http", "PUT "),      BEGINS("http", "DELETE "),
    BEGINS("http", "CONNECT "),  BEGINS("http", "OPTIONS "),
    BEGINS("http", "TRACE "),    BEGINS("http", "PATCH"),
    BEGINS("http", "PRI *"), /* the preface of HTTP/2 */
    BEGINS("proxy-v1", "PROXY"), BEGINS("proxy-v2", "\r\n\r\n\0\r\nQUIT\n"),
};

static bool begins_with(const uint8_t *data, size_t size, const char *bytes, size_t count)
{
    return size >= count && memcmp(data, bytes, count) == 0;
}

/* A CONNACK of MQTT 3.1 or 3.1.1, which has flags and a return code up to 5, and no properties. */
static bool is_old_connack(const uint8_t *data, size_t size)
{
    return size >= 4 && data[0] == 0x20 && data[1] == 2 && data[2] <= 1 && data[3] <= (data[2] == 0 ? 5 : 0);
}

/* The protocol of a CONNECT, by its protocol name and level. Bridges set the highest bit of the level. */
static const char *protocol_of_connect(const uint8_t *data, size_t size, uint8_t *level)
{
    size_t at = 1;

    while (at < size && at < 4 && data[at] >= 0x80) {
        at++;
    }
    at++;
    if (at > size) {
        return NULL;
    }
    data += at;
    size -= at;
    if (size > 8 && begins_with(data, size, "\0\6MQIsdp", 8)) {
        *level = data[8];
        return (*level & 0x7F) == 3 ? "mqtt-3.1" : NULL;
    }
    if (size > 6 && begins_with(data, size, "\0\4MQTT", 6)) {
        *level = data[6];
        return (*level & 0x7F) == 4 ? "mqtt-3.1.1" : NULL;
    }
    return NULL;
}

/* A frame with binary or text data (RFC 6455, 5.2): whole or the first of several, with a CONNECT or CONNACK in it. */
static bool is_websocket_frame(const uint8_t *data, size_t size)
{
    unsigned key = 0;
    size_t at = 2;

    if (size < 2 || (data[0] & 0x7F) < 1 || (data[0] & 0x7F) > 2) {
        return false;
    }
    if ((data[1] & 0x7F) >= 126) {
        at += (data[1] & 0x7F) == 126 ? 2 : 8;
    }
    if (data[1] & 0x80) { /* masked, by a client */
        key = size > at ? data[at] : 0;
        at += 4;
    }
    if (size <= at) {
        return false;
    }
    return (data[at] ^ key) == 0x10 || (data[at] ^ key) == 0x20;
}

const char *mqtt5_foreign_protocol(const uint8_t *data, size_t size, uint8_t *level)
{
    uint8_t unused;
    size_t i;

    if (level == NULL) {
        level = &unused;
    }
    *level = 0;
    for (i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
        if (begins_with(data, size, beginnings[i].bytes, beginnings[i].size)) {
            return beginnings[i].name;
        }
    }
    if (is_old_connack(data, size)) {
        return "mqtt-3.1.1";
    }
    if (is_websocket_frame(data, size)) {
        return "websocket";
    }
    return size > 0 && data[0] == 0x10 ? protocol_of_connect(data, size, level) : NULL;
}
