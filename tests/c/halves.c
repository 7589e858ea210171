/* SPDX-License-Identifier: MIT */
/*
 * halves.c - the library put together from its two halves, one built with MQTT5_CLIENT_ONLY and one with
 * MQTT5_BROKER_ONLY, for tests that do not know them: one half reads the bytes that the other writes.
 *
 * Each packet is passed to its half, and the other half must refuse it as mqtt5.h documents. For packets of both sides,
 * both must give the same result. It knows only which side sends each packet.
 */
#include "mqtt5.h"

#include <stdio.h>
#include <stdlib.h>

#define DECLARE(half)                                                                                                \
    mqtt5_status half##_frame(const uint8_t *data, size_t size, const mqtt5_options *options, size_t *packet_size,   \
                              mqtt5_error *error);                                                                   \
    mqtt5_status half##_decode(const uint8_t *data, size_t size, const mqtt5_options *options, mqtt5_packet *packet, \
                               size_t *packet_size, mqtt5_error *error);                                             \
    mqtt5_status half##_decode_head(const uint8_t *data, size_t size, const mqtt5_options *options,                  \
                                    mqtt5_packet *packet, size_t *packet_size, mqtt5_error *error);                  \
    mqtt5_status half##_encode(const mqtt5_packet *packet, const mqtt5_options *options, uint8_t *data, size_t size, \
                               size_t *packet_size, mqtt5_error *error);                                             \
    mqtt5_status half##_encode_head(const mqtt5_packet *packet, const mqtt5_options *options, uint8_t *data,         \
                                    size_t size, size_t *head_size, mqtt5_error *error);                             \
    mqtt5_status half##_fit(mqtt5_packet *packet, const mqtt5_options *options, size_t *packet_size,                 \
                            mqtt5_error *error);                                                                     \
    mqtt5_status half##_encode_checked(const mqtt5_packet *packet, const mqtt5_options *options, uint8_t *data,      \
                                       size_t size, size_t *packet_size, mqtt5_error *error);
DECLARE(client)
DECLARE(broker)

enum { CLIENT = 1, BROKER = 2, BOTH = CLIENT | BROKER };

/* Who sends packets of this type (table 2-1). Neither may read or write a type that does not exist. */
static int senders(unsigned type)
{
    static const int table[] = {
        BOTH,   CLIENT, BROKER, BOTH,   BOTH,   BOTH,   BOTH, BOTH, /* reserved, CONNECT, CONNACK, PUBLISH to PUBCOMP */
        CLIENT, BROKER, CLIENT, BROKER, CLIENT, BROKER, BOTH, BOTH, /* SUBSCRIBE to PINGRESP, DISCONNECT, AUTH */
    };

    return type < sizeof(table) / sizeof(table[0]) ? table[type] : BOTH;
}

static int receivers_of(const uint8_t *data, size_t size)
{
    int from = size > 0 ? senders(data[0] >> 4u) : BOTH;

    return from == BOTH ? BOTH : BOTH - from;
}

static void must(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "halves.c: %s\n", what);
        abort();
    }
}

/* The half that is omitted says so to every caller. */
static void must_refuse(mqtt5_status status, const mqtt5_error *error)
{
    must(status == MQTT5_ERR_WRONG_DIRECTION && mqtt5_reason_code(status) == 0x82, "a half takes what is not for it");
    must(error->status == status && error->field == MQTT5_FIELD_PACKET_TYPE && error->offset == 0 && error->index == 0,
         "a half does not say what it refuses");
}

static void must_agree(bool agree)
{
    must(agree, "the halves say different things of a packet that goes both ways");
}

mqtt5_status mqtt5_frame(const uint8_t *data, size_t size, const mqtt5_options *options, size_t *packet_size,
                         mqtt5_error *error)
{
    const int to = receivers_of(data, size);
    mqtt5_error e;
    size_t n;
    mqtt5_status status;

    if (to == CLIENT) {
        must_refuse(broker_frame(data, size, options, &n, &e), &e);
    } else if (to == BROKER) {
        must_refuse(client_frame(data, size, options, &n, &e), &e);
        return broker_frame(data, size, options, packet_size, error);
    }
    status = client_frame(data, size, options, packet_size, error);
    if (to == BOTH) {
        must_agree(broker_frame(data, size, options, &n, NULL) == status && n == *packet_size);
    }
    return status;
}

typedef mqtt5_status decode_function(const uint8_t *data, size_t size, const mqtt5_options *options,
                                     mqtt5_packet *packet, size_t *packet_size, mqtt5_error *error);

static mqtt5_status decode_by(decode_function *client, decode_function *broker, const uint8_t *data, size_t size,
                              const mqtt5_options *options, mqtt5_packet *packet, size_t *packet_size,
                              mqtt5_error *error)
{
    const int to = receivers_of(data, size);
    mqtt5_packet scratch;
    mqtt5_error e;
    size_t n;
    mqtt5_status status;

    if (to == CLIENT) {
        must_refuse(broker(data, size, options, &scratch, &n, &e), &e);
    } else if (to == BROKER) {
        must_refuse(client(data, size, options, &scratch, &n, &e), &e);
        return broker(data, size, options, packet, packet_size, error);
    }
    status = client(data, size, options, packet, packet_size, error);
    if (to == BOTH) {
        must_agree(broker(data, size, options, &scratch, &n, NULL) == status && n == *packet_size);
    }
    return status;
}

mqtt5_status mqtt5_decode(const uint8_t *data, size_t size, const mqtt5_options *options, mqtt5_packet *packet,
                          size_t *packet_size, mqtt5_error *error)
{
    return decode_by(client_decode, broker_decode, data, size, options, packet, packet_size, error);
}

mqtt5_status mqtt5_decode_head(const uint8_t *data, size_t size, const mqtt5_options *options, mqtt5_packet *packet,
                               size_t *packet_size, mqtt5_error *error)
{
    return decode_by(client_decode_head, broker_decode_head, data, size, options, packet, packet_size, error);
}

typedef mqtt5_status encode_function(const mqtt5_packet *packet, const mqtt5_options *options, uint8_t *data,
                                     size_t size, size_t *packet_size, mqtt5_error *error);

static mqtt5_status encode_by(encode_function *client, encode_function *broker, int from, const mqtt5_packet *packet,
                              const mqtt5_options *options, uint8_t *data, size_t size, size_t *packet_size,
                              mqtt5_error *error)
{
    mqtt5_error e;
    size_t n = 1;
    mqtt5_status status;

    if (from == CLIENT) {
        must_refuse(broker(packet, options, data, size, &n, &e), &e);
        must(n == 0, "a refused packet has a size");
    } else if (from == BROKER) {
        must_refuse(client(packet, options, data, size, &n, &e), &e);
        must(n == 0, "a refused packet has a size");
        return broker(packet, options, data, size, packet_size, error);
    }
    status = client(packet, options, data, size, packet_size, error);
    if (from == BOTH) {
        must_agree(broker(packet, options, data, size, &n, NULL) == status && n == *packet_size);
    }
    return status;
}

mqtt5_status mqtt5_encode(const mqtt5_packet *packet, const mqtt5_options *options, uint8_t *data, size_t size,
                          size_t *packet_size, mqtt5_error *error)
{
    const int from = mqtt5_check(packet, NULL, NULL) == MQTT5_OK ? senders(packet->type) : BOTH;

    return encode_by(client_encode, broker_encode, from, packet, options, data, size, packet_size, error);
}

mqtt5_status mqtt5_encode_checked(const mqtt5_packet *packet, const mqtt5_options *options, uint8_t *data, size_t size,
                                  size_t *packet_size, mqtt5_error *error)
{
    return encode_by(client_encode_checked, broker_encode_checked, senders(packet->type), packet, options, data, size,
                     packet_size, error);
}

mqtt5_status mqtt5_encode_head(const mqtt5_packet *packet, const mqtt5_options *options, uint8_t *data, size_t size,
                               size_t *head_size, mqtt5_error *error)
{
    const int from = mqtt5_check(packet, NULL, NULL) == MQTT5_OK ? senders(packet->type) : BOTH;

    return encode_by(client_encode_head, broker_encode_head, from, packet, options, data, size, head_size, error);
}

mqtt5_status mqtt5_fit(mqtt5_packet *packet, const mqtt5_options *options, size_t *packet_size, mqtt5_error *error)
{
    return senders(packet->type) == BROKER ? broker_fit(packet, options, packet_size, error)
                                           : client_fit(packet, options, packet_size, error);
}
