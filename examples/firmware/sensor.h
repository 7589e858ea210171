/* SPDX-License-Identifier: MIT */
/*
 * sensor.h - a sensor that speaks MQTT 5.0, and what it needs from the board or host it runs on.
 */
#ifndef SENSOR_H
#define SENSOR_H

#include "mqtt5.h"

/*
 * All the memory there is for MQTT, and it could hardly be less: one packet, which serves for those that are sent and
 * those that arrive, one after the other, and the bytes of one in each direction. Views of a received packet point into
 * in, so in must not be read into again as long as they are used.
 */
typedef struct sensor {
    uint8_t in[64]; /* a larger PUBLISH is refused, but its head (topic, properties) must fit */
    uint8_t out[96];
    mqtt5_packet packet;
    uint16_t last_id; /* of the packet that was sent last */
    uint8_t awaited;  /* the type of packet that answers it; PUBLISH: nothing but commands */
    uint8_t sent;     /* how many temperatures arrived */
    bool stopped;     /* as it was told to */
} sensor;

/* Connects, subscribes, publishes, and obeys commands. Returns 0 after the command to stop, 1 after any other end. */
int sensor_run(sensor *s);

/* ------------------------------------------- what a board or host provides */

/* Sends all of it; false if the connection is lost. */
bool transport_send(const uint8_t *data, size_t size);

/* Waits for bytes and takes what there is, at most room; 0 if the connection is lost. */
size_t transport_receive(uint8_t *data, size_t room);

/* A line for the log: some words, and a piece of text that ends with size, not with a zero. */
void print(const char *words, const void *text, size_t size);

#endif
