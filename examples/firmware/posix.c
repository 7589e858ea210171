/* SPDX-License-Identifier: MIT */
/*
 * posix.c - the same sensor on a computer, over TCP: posix HOST PORT.
 *
 * It does not know MQTT.
 */
#define _POSIX_C_SOURCE 200112L

#include "sensor.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int connection = -1;

bool transport_send(const uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(connection, data, size, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            return false;
        }
        data += sent;
        size -= (size_t)sent;
    }
    return true;
}

size_t transport_receive(uint8_t *data, size_t room)
{
    ssize_t got;

    do {
        got = recv(connection, data, room, 0);
    } while (got < 0 && errno == EINTR);
    return got > 0 ? (size_t)got : 0;
}

void print(const char *words, const void *text, size_t size)
{
    printf(size > 0 ? "%s %.*s\n" : "%s\n", words, (int)size, (const char *)text);
    fflush(stdout); /* also for a reader that waits for a line */
}

static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints = {0}, *addresses, *a;
    int handle = -1;

    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(host, port, &hints, &addresses) != 0) {
        return -1;
    }
    for (a = addresses; a != NULL && handle < 0; a = a->ai_next) {
        handle = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (handle >= 0 && connect(handle, a->ai_addr, a->ai_addrlen) != 0) {
            close(handle);
            handle = -1;
        }
    }
    freeaddrinfo(addresses);
    return handle;
}

int main(int argc, char **argv)
{
    static sensor s;
    int status;

    if (argc != 3) {
        fprintf(stderr, "usage: posix HOST PORT\n");
        return 2;
    }
    connection = connect_to(argv[1], argv[2]);
    if (connection < 0) {
        fprintf(stderr, "no connection to %s, port %s\n", argv[1], argv[2]);
        return 1;
    }
    status = sensor_run(&s);
    close(connection);
    return status;
}
