/* SPDX-License-Identifier: MIT */
/*
 * test_protocol.c - which protocol the first bytes of a connection are named as.
 *
 * The vectors (tests/vectors/options-protocols.tsv) have more; these are for what data may end after. Nothing after the
 * data is read: it is as large as its memory.
 */
#include "check.h"
#include "mqtt5.h"

#include <stdlib.h>
#include <string.h>

static unsigned long cases;

static void test_foreign_protocols(void)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *name; /* "" for none */
        uint8_t level;
    } rows[] = {
#define ROW(bytes, name, level) {bytes, sizeof(bytes) - 1, name, level}
        ROW("", "", 0),
        ROW("\x20\2\0\1", "mqtt-3.1.1", 0),
        ROW("\x20\2\0\0", "mqtt-3.1.1", 0),
        ROW("\x20\2\0\5", "mqtt-3.1.1", 0),
        ROW("\x20\2\1\0", "mqtt-3.1.1", 0),
        ROW("\x20\2\0\6", "", 0),
        ROW("\x20\2\1\1", "", 0),
        ROW("\x20\2\2\0", "", 0),
        ROW("\x20\2\0", "", 0),
        ROW("\x20\3\0\0\0", "", 0),
        ROW("\x10\x0c\0\4MQTT\4\2\0\0\0\0", "mqtt-3.1.1", 4),
        ROW("\x10\x80\1\0\4MQTT\4", "mqtt-3.1.1", 4),
        ROW("\x10\x0c\0\4MQTT\x84", "mqtt-3.1.1", 0x84),
        ROW("\x10\x0c\0\4MQTT\6", "", 6),
        ROW("\x10\x0c\0\4MQTT\5", "", 5),
        ROW("\x10\x0c\0\4MQTT", "", 0),
        ROW("\x10\x0e\0\6MQIsdp\3", "mqtt-3.1", 3),
        ROW("\x10\xff\xff\xff\xff", "", 0),
        ROW("\x10\xff\xff\xff\xff\1\0\4MQTT\4", "", 0),
        ROW("\x16\3\1\2\0", "tls", 0),
        ROW("\x15\3\3\0\2", "tls", 0),
        ROW("GET / HTTP/1.1", "http", 0),
        ROW("POST /", "http", 0),
        ROW("PRI *", "http", 0),
        ROW("HTTP/1.1 400", "http", 0),
        ROW("PROXY TCP4", "proxy-v1", 0),
        ROW("\r\n\r\n\0\r\nQUIT\n\x21", "proxy-v2", 0),
        ROW("\x82\x8e\1\2\3\4\x11", "websocket", 0), /* masked: 0x11 ^ 1 is that of a CONNECT */
        ROW("\x82\x81\1\2\3\4\x11", "websocket", 0), /* its first byte alone */
        ROW("\x82\x04\x20\x03\0\0", "websocket", 0),
        ROW("\x82\x7e\1\0\x20\x03", "websocket", 0),
        ROW("\x82\x8e\1\2\3\4", "", 0),
        ROW("\x82\x8e", "", 0),
        ROW("\x82\xfe\0\x10", "", 0),
        ROW("\x30\5\0\1t\0x", "", 0),
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t *data = (uint8_t *)malloc(rows[i].size > 0 ? rows[i].size : 1), level = 0xA5;
        const char *name;

        CONTEXT("first bytes %u", (unsigned)i);
        cases++;
        memcpy(data, rows[i].bytes, rows[i].size);
        name = mqtt5_foreign_protocol(data, rows[i].size, &level);
        CHECK(strcmp(name != NULL ? name : "", rows[i].name) == 0 && level == rows[i].level);
        CHECK(mqtt5_foreign_protocol(data, rows[i].size, NULL) == name);
        free(data);
    }
}

int main(void)
{
    test_foreign_protocols();
    return finish(cases, "cases");
}
