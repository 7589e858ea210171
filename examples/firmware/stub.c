/* SPDX-License-Identifier: MIT */
/*
 * stub.c - a board that is only QEMU, and a broker that is only a script: bytes to expect, and bytes to answer with,
 * which arrive in pieces, as they do from a radio or a modem. A second script is that of a broker that goes wrong.
 *
 * It does not know MQTT. Where this file has a script, yours has a UART or a TCP/IP stack.
 */
#include "sensor.h"
#include "start.h"

#include <string.h>

/* ------------------------------------------------------ the board: QEMU */

/* Semihosting: a debugger, or QEMU, does what the program asks for. */
static void semihost(unsigned long operation, const void *argument)
{
    register unsigned long r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;

    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}

void board_start(void)
{
    /* QEMU needs nothing */
}

void board_exit(int status)
{
    const uintptr_t exited = 0x20026, failed = 0x20023;

    for (;;) {
        semihost(0x18, (const void *)(status == 0 ? exited : failed));
    }
}

static void print_bytes(const void *text, size_t size)
{
    const char *c = (const char *)text;

    for (; size > 0; size--) {
        semihost(0x03, c++);
    }
}

void print(const char *words, const void *text, size_t size)
{
    print_bytes(words, strlen(words));
    if (size > 0) {
        print_bytes(" ", 1);
        print_bytes(text, size);
    }
    print_bytes("\n", 1);
}

static void print_number(const char *words, size_t number)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    print(words, digits + at, sizeof(digits) - at);
}

/* ------------------------------------------------------------ the broker */

#define BYTES(literal) literal, sizeof(literal) - 1

typedef struct step {
    const char *expected; /* NULL: the end */
    size_t expected_size;
    const char *answer;
    size_t answer_size;
    size_t more; /* number of bytes after the answer */
} step;

static const step script[] = {
    {/* CONNECT with Receive Maximum 1, CONNACK with Receive Maximum and Topic Alias Maximum */
     BYTES("\x10\x18\0\4MQTT\5\x02\0\0\3\x21\0\1\0\x08sensor-7"), BYTES("\x20\x09\0\0\6\x21\0\x14\x22\0\x0A"), 0},
    {/* SUBSCRIBE, SUBACK */
     BYTES("\x82\x15\0\1\0\0\x0Fplant/7/command\1"), BYTES("\x90\4\0\1\0\1"), 0},
    {/* PUBLISH, PUBACK */
     BYTES("\x32\x33\0\x13plant/7/temperature\0\2\x17\1\1\2\0\0\1\x2C\x26\0\4unit\0\7Celsius"
           "21.5"),
     BYTES("\x40\2\0\2"), 0},
    {/* PUBLISH, PUBACK; and at once, with the next bytes, a command */
     BYTES("\x32\x33\0\x13plant/7/temperature\0\3\x17\1\1\2\0\0\1\x2C\x26\0\4unit\0\7Celsius"
           "21.7"),
     BYTES("\x40\2\0\3"
           "\x32\x1E\0\x0Fplant/7/command\0\1\0interval 5"),
     0},
    {/* PUBACK, a command that is too large: 323 bytes */
     BYTES("\x40\2\0\1"), BYTES("\x32\xC0\x02\0\x0Fplant/7/command\0\2\0"), 300},
    {/* PUBACK with Quota exceeded, the command to stop */
     BYTES("\x40\3\0\2\x97"), BYTES("\x32\x18\0\x0Fplant/7/command\0\3\0stop"), 0},
    {/* PUBACK */
     BYTES("\x40\2\0\3"), BYTES(""), 0},
    {/* DISCONNECT */
     BYTES("\xE0\0"), BYTES(""), 0},
    {NULL, 0, NULL, 0, 0},
};

/* It answers twice. */
static const step bad_script[] = {
    {/* CONNECT, CONNACK */
     BYTES("\x10\x18\0\4MQTT\5\x02\0\0\3\x21\0\1\0\x08sensor-7"), BYTES("\x20\3\0\0\0"), 0},
    {/* SUBSCRIBE, SUBACK */
     BYTES("\x82\x15\0\1\0\0\x0Fplant/7/command\1"), BYTES("\x90\4\0\1\0\1"), 0},
    {/* PUBLISH, the same SUBACK again */
     BYTES("\x32\x33\0\x13plant/7/temperature\0\2\x17\1\1\2\0\0\1\x2C\x26\0\4unit\0\7Celsius"
           "21.5"),
     BYTES("\x90\4\0\1\0\1"), 0},
    {/* DISCONNECT with Protocol Error */
     BYTES("\xE0\1\x82"), BYTES(""), 0},
    {NULL, 0, NULL, 0, 0},
};

static const step *now; /* what the broker waits for */
static size_t received; /* bytes taken of the answer before */

bool transport_send(const uint8_t *data, size_t size)
{
    if (now->expected == NULL || size != now->expected_size || memcmp(data, now->expected, size) != 0) {
        print("not what the broker expects", NULL, 0);
        return false;
    }
    now++;
    received = 0;
    return true;
}

size_t transport_receive(uint8_t *data, size_t room)
{
    const step *last = now - 1;
    size_t size = 1 + received % 5, i; /* a piece: 1 to 5 bytes */

    for (i = 0; i < size && i < room && received < last->answer_size + last->more; i++, received++) {
        data[i] = received < last->answer_size ? (uint8_t)last->answer[received] : 'x';
    }
    return i;
}

/* Does the sensor end with this status, and not before the script does? */
static bool play(const step *steps, int status)
{
    static sensor s;

    now = steps;
    return sensor_run(&s) == status && now->expected == NULL;
}

int main(void)
{
    bool good = play(script, 0);

    print("-- a broker that answers twice", NULL, 0);
    good = play(bad_script, 1) && good;
    print_number("RAM: one mqtt5_packet", sizeof(mqtt5_packet));
    print_number("RAM: the sensor, with that packet and two buffers", sizeof(sensor));
    print_number("RAM: all of .data and .bss", static_memory());
    print_number("RAM: the stack, at its deepest", stack_used());
    return good ? 0 : 1;
}
