/* SPDX-License-Identifier: MIT */
/*
 * test_vectors.c - every vector of tests/vectors, decoded whole, cut short and with a tail, and encoded again.
 *
 * Usage: test_vectors [DIRECTORY [LEAST-NUMBER]]. It knows what holds for every packet, and no packet in particular.
 */
#include "guard.h"
#include "mqtt5.h"
#include "same.h"
#include "tsv.h"

#define LEAST_VECTORS "1000"

enum { EDGE = 300, SAMPLES = 100, OFFSETS = 8, CANARIES = 64, CANARY = 0xA5 };

typedef struct vector {
    enum { VECTOR_OK, VECTOR_ALT, VECTOR_BAD } verdict;
    uint8_t code;
    uint8_t *bytes;
    size_t size;
    size_t room;
} vector;

static arena input, output, checked;

/* -------------------------------------------------------------- parsing */

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c != '\0' ? strchr(digits, c) : NULL;

    return found != NULL ? (int)(found - digits) : -1;
}

static void append(vector *v, const uint8_t *bytes, size_t size)
{
    if (v->room - v->size < size) {
        v->room = 2 * (v->size + size);
        v->bytes = (uint8_t *)realloc(v->bytes, v->room);
        if (v->bytes == NULL) {
            give_up("no memory for the vector");
        }
    }
    memcpy(v->bytes + v->size, bytes, size);
    v->size += size;
}

/* Tokens of hex, "*N" after one repeats it. */
static void parse_bytes(const tsv *t, vector *v)
{
    char *token = t->column[2];

    v->size = 0;
    while (*token != '\0') {
        uint8_t *const bytes = (uint8_t *)token; /* written over the digits that were read */
        size_t length = 0;
        unsigned long times = 1;
        char *c = token;

        while (hex_digit(c[0]) >= 0 && hex_digit(c[1]) >= 0) {
            bytes[length++] = (uint8_t)(hex_digit(c[0]) << 4 | hex_digit(c[1]));
            c += 2;
        }
        if (length > 0 && *c == '*') {
            times = strtoul(c + 1, &c, 10);
        }
        if (length == 0 || times == 0 || times > MQTT5_MAX_REMAINING_LENGTH || (*c != '\0' && *c != ' ') ||
            (*c == ' ' && c[1] == '\0')) {
            tsv_wrong(t, "malformed bytes");
        }
        while (times-- > 0) {
            append(v, bytes, length);
        }
        token = *c == ' ' ? c + 1 : c;
    }
    if (v->size == 0) {
        tsv_wrong(t, "no bytes");
    }
}

static void parse_vector(const tsv *t, vector *v)
{
    const char *code = t->column[1];

    if (strcmp(t->column[0], "ok") == 0) {
        v->verdict = VECTOR_OK;
    } else if (strcmp(t->column[0], "alt") == 0) {
        v->verdict = VECTOR_ALT;
    } else if (strcmp(t->column[0], "bad") == 0) {
        v->verdict = VECTOR_BAD;
    } else {
        tsv_wrong(t, "the verdict must be ok, alt or bad");
    }
    if (hex_digit(code[0]) < 0 || hex_digit(code[1]) < 0 || code[2] != '\0') {
        tsv_wrong(t, "the code must be two hex digits");
    }
    v->code = (uint8_t)(hex_digit(code[0]) << 4 | hex_digit(code[1]));
    if ((v->code != 0) != (v->verdict == VECTOR_BAD)) {
        tsv_wrong(t, "a code goes with bad, and with nothing else");
    }
    parse_bytes(t, v);
}

/* ------------------------------------------------------------- decoding */

/* Decodes, and checks what holds for every result. */
static mqtt5_status decode(const uint8_t *data, size_t size, size_t max_packet_size, mqtt5_packet *packet,
                           size_t *packet_size, mqtt5_error *error)
{
    const mqtt5_options limited = {.max_packet_size = max_packet_size};
    const mqtt5_options *options = max_packet_size > 0 ? &limited : NULL; /* NULL means the same as {0} */
    static mqtt5_packet other;
    mqtt5_error untouched, frame_error;
    size_t again = 0;
    mqtt5_status status;
    bool silent;

    memset(packet, 0x55, sizeof(*packet));
    memset(&untouched, 0x55, sizeof(untouched));
    *error = untouched;
    frame_error = untouched;
    status = mqtt5_decode(data, size, options, packet, packet_size, error);
    silent = memcmp(error, &untouched, sizeof(untouched)) == 0;
    if (status == MQTT5_OK || status == MQTT5_INCOMPLETE) {
        CHECK(silent);
        CHECK(status == mqtt5_frame(data, size, options, &again, &frame_error));
        CHECK(again == *packet_size);
        CHECK(status == MQTT5_OK ? *packet_size <= size : *packet_size > size);
    } else {
        CHECK(!silent && error->status == status);
        CHECK(mqtt5_field_name(error->field)[0] != '\0');
        CHECK(error->offset <= size); /* a field that is missing begins at the end */
        CHECK(mqtt5_reason_code(status) >= 0x80);
        if (mqtt5_frame(data, size, options, &again, &frame_error) == MQTT5_OK) {
            CHECK(again == *packet_size);
            CHECK(error->offset <= again);
        } else {
            CHECK(memcmp(&frame_error, error, sizeof(frame_error)) == 0);
        }
    }
    CHECK(mqtt5_decode(data, size, options, &other, &again, NULL) == status);
    return status;
}

/* The size of the fixed header; 0 if its length is malformed. */
static size_t header_size(const vector *v)
{
    size_t i;

    for (i = 1; i < v->size && i <= 4; i++) {
        if (v->bytes[i] < 0x80) {
            return i + 1;
        }
    }
    return 0;
}

static bool as_stated(const vector *v, mqtt5_status status)
{
    return v->verdict == VECTOR_BAD ? mqtt5_reason_code(status) == v->code : status == MQTT5_OK;
}

static void try_prefix(const vector *v, size_t size)
{
    mqtt5_packet packet;
    mqtt5_error error;
    size_t packet_size;
    mqtt5_status status = decode(copy_to_end(&input, v->bytes, size), size, 0, &packet, &packet_size, &error);

    if (status == MQTT5_INCOMPLETE) {
        size_t header = header_size(v);

        if (v->verdict != VECTOR_BAD) {
            CHECK(packet_size <= v->size);
        }
        if (header > 0 && size >= header) {
            CHECK(packet_size == v->size);
        }
    } else {
        CHECK(v->verdict == VECTOR_BAD && as_stated(v, status));
    }
}

/* The sizes of prefixes to try: all of a short packet; for a long one, those at its ends and some between. */
static bool is_tried(const vector *v, size_t size)
{
    size_t edge = EDGE, step = v->size / SAMPLES + 1;

#ifdef MQTT5_TEST_BARE
    if (v->size > 1000000) { /* an emulator would copy megabytes for minutes */
        edge = EDGE / 30;
        step *= 30;
    }
#endif
    return size < edge || v->size - size <= edge || size % step == 0;
}

static void try_prefixes(const vector *v)
{
    size_t size;

    for (size = 0; size < v->size; size++) {
        if (is_tried(v, size)) {
            try_prefix(v, size);
        }
    }
}

/*
 * Checks that mqtt5_decode_head() of the first size bytes agrees with mqtt5_decode() of all: the same status, or
 * INCOMPLETE. Returns its status. The whole packet lives in output.
 */
static mqtt5_status try_head_of(const vector *v, size_t size, mqtt5_status expected, const mqtt5_error *expected_error,
                                const mqtt5_packet *whole)
{
    uint8_t *data = copy_to_end(&input, v->bytes, size);
    mqtt5_packet head;
    mqtt5_error error, untouched;
    size_t packet_size, framed;
    mqtt5_status status, frame_status;

    memset(&head, 0x55, sizeof(head));
    memset(&untouched, 0x55, sizeof(untouched));
    error = untouched;
    status = mqtt5_decode_head(data, size, NULL, &head, &packet_size, &error);
    frame_status = mqtt5_frame(data, size, NULL, &framed, NULL);
    CHECK(packet_size == framed);
    CHECK(size == 0 || head.type == v->bytes[0] >> 4);
    CHECK(mqtt5_decode_head(data, size, NULL, &head, &packet_size, NULL) == status);
    if (status == MQTT5_INCOMPLETE) {
        CHECK(frame_status == MQTT5_INCOMPLETE);
        CHECK(memcmp(&error, &untouched, sizeof(error)) == 0);
        return status;
    }
    CHECK(status == expected);
    if (status != MQTT5_OK) {
        CHECK(error.status == expected_error->status && error.field == expected_error->field);
        CHECK(error.offset == expected_error->offset && error.index == expected_error->index);
        return status;
    }
    CHECK(memcmp(&error, &untouched, sizeof(error)) == 0);
    CHECK(packet_size == v->size);
    if (head.type == MQTT5_PUBLISH) {
        mqtt5_view *payload = &head.as.publish.payload;

        CHECK(payload->size == whole->as.publish.payload.size);
        CHECK(payload->data == data + (v->size - payload->size));
        payload->data = whole->as.publish.payload.data; /* what is there of it need not be all */
    }
    CHECK(same_packet(&head, whole));
    return status;
}

static void try_heads(const vector *v, mqtt5_status expected, const mqtt5_error *expected_error)
{
    size_t size, needed = v->size;
    mqtt5_packet whole;
    mqtt5_error error;
    size_t packet_size;

    CHECK(decode(copy_to_end(&output, v->bytes, v->size), v->size, 0, &whole, &packet_size, &error) == expected);
    if (expected == MQTT5_OK && whole.type == MQTT5_PUBLISH) {
        needed -= whole.as.publish.payload.size;
    }
    for (size = 0; size <= v->size; size++) {
        if (is_tried(v, size) || (size < needed + 2 && needed < size + 2)) {
            mqtt5_status status = try_head_of(v, size, expected, expected_error, &whole);

            if (expected == MQTT5_OK) {
                CHECK((status == MQTT5_OK) == (size >= needed));
            } else if (size == v->size) {
                CHECK(status == expected);
            }
        }
    }
}

static void try_tails(const vector *v, mqtt5_status expected, const mqtt5_error *expected_error)
{
    static const struct {
        size_t size;
        uint8_t bytes[4];
    } tails[] = {{1, {0x00}}, {1, {0xFF}}, {2, {0xC0, 0x00}}, {4, {0x80, 0x80, 0x80, 0x80}}, {3, {0x26, 0x00, 0x01}}};
    size_t i;

    for (i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        size_t whole = v->size + tails[i].size;
        uint8_t *data = at_end(&input, whole);
        mqtt5_packet packet;
        mqtt5_error error;
        size_t packet_size;

        memcpy(data, v->bytes, v->size);
        memcpy(data + v->size, tails[i].bytes, tails[i].size);
        CHECK(decode(data, whole, 0, &packet, &packet_size, &error) == expected);
        if (expected == MQTT5_OK) {
            CHECK(packet_size == v->size);
        } else {
            CHECK(error.field == expected_error->field && error.offset == expected_error->offset);
            CHECK(error.index == expected_error->index);
        }
    }
}

static void try_limits(const vector *v)
{
    const size_t sizes[] = {header_size(v), v->size / 2, v->size - 1, v->size};
    mqtt5_packet packet;
    mqtt5_error error;
    size_t packet_size, i;

    CHECK(decode(copy_to_end(&input, v->bytes, v->size), v->size, v->size, &packet, &packet_size, &error) == MQTT5_OK);
    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint8_t *data = copy_to_end(&input, v->bytes, sizes[i]);

        if (sizes[i] >= sizes[0]) { /* as soon as the fixed header is there */
            CHECK(decode(data, sizes[i], v->size - 1, &packet, &packet_size, &error) == MQTT5_ERR_PACKET_TOO_LARGE);
            CHECK(mqtt5_reason_code(error.status) == 0x95);
        }
    }
}

static void try_places(const vector *v, mqtt5_status expected)
{
    size_t offset;

    for (offset = 0; offset < OFFSETS; offset++) {
        uint8_t *data = copy_to_begin(&input, offset, v->bytes, v->size);
        mqtt5_packet packet;
        mqtt5_error error;
        size_t packet_size;

        CHECK(decode(data, v->size, 0, &packet, &packet_size, &error) == expected);
    }
}

/* ------------------------------------------------------------- encoding */

static void try_encoding(const vector *v, const mqtt5_packet *packet)
{
    size_t size = 0, again = 0, i;
    mqtt5_options limit, less;
    mqtt5_packet copy;
    mqtt5_error error;
    uint8_t *data, *second;
    bool short_auth = v->size == 2 && v->bytes[0] == 0xF0; /* the one short form that is not written */

    CHECK(mqtt5_check(packet, NULL, &error) == MQTT5_OK);
    CHECK(mqtt5_encode(packet, NULL, NULL, 0, &size, &error) == MQTT5_OK);
    CHECK(v->verdict == VECTOR_OK ? size == v->size : size <= v->size + (short_auth ? 2 : 0));

    data = at_end(&output, size + CANARIES);
    memset(data, CANARY, size + CANARIES);
    CHECK(mqtt5_encode(packet, NULL, data + CANARIES, size, &again, &error) == MQTT5_OK);
    CHECK(again == size);
    for (i = 0; i < CANARIES && data[i] == CANARY; i++) {
    }
    CHECK(i == CANARIES);
    data += CANARIES;
    if (v->verdict == VECTOR_OK) { /* of alt, some come out as they were: the codec keeps a default that was sent */
        CHECK(size == v->size && memcmp(data, v->bytes, size) == 0);
    }

    CHECK(decode(data, size, 0, &copy, &again, &error) == MQTT5_OK);
    CHECK(again == size);
    CHECK(same_packet(packet, &copy));
    if (v->verdict == VECTOR_ALT) {
        second = copy_to_begin(&input, 0, data, size); /* packet still lives in input, and is done with */

        CHECK(decode(second, size, 0, &copy, &again, &error) == MQTT5_OK);
        memset(data, CANARY, size);
        CHECK(mqtt5_encode(&copy, NULL, data, size, &again, NULL) == MQTT5_OK);
        CHECK(again == size && memcmp(data, second, size) == 0);
        packet = &copy;
    }

    memset(&limit, 0, sizeof(limit));
    less = limit;
    CHECK(mqtt5_encode(packet, &limit, data, size, &again, &error) == MQTT5_OK); /* zeros: no limit */
    limit.max_packet_size = size;
    less.max_packet_size = size - 1;
    CHECK(mqtt5_encode(packet, &limit, NULL, 0, &again, &error) == MQTT5_OK);
    CHECK(mqtt5_encode(packet, &limit, data, size, &again, &error) == MQTT5_OK);
    second = at_end(&checked, size);
    memset(second, CANARY, size);
    CHECK(mqtt5_encode_checked(packet, &limit, second, size, &again, &error) == MQTT5_OK);
    CHECK(again == size && memcmp(second, data, size) == 0);
    CHECK(mqtt5_encode_checked(packet, &less, NULL, 0, &again, &error) == MQTT5_ERR_PACKET_TOO_LARGE);
    CHECK(again == size);
    CHECK(mqtt5_encode(packet, &less, NULL, 0, &again, &error) == MQTT5_ERR_PACKET_TOO_LARGE);
    CHECK(mqtt5_encode(packet, &less, data, size, &again, NULL) == MQTT5_ERR_PACKET_TOO_LARGE);
    for (i = 0; i < 4; i++) {
        size_t room = i == 0 ? size - 1 : i == 1 ? size / 2 : i - 2;

        again = 0;
        CHECK(mqtt5_encode(packet, NULL, at_end(&output, room), room, &again, &error) == MQTT5_ERR_NO_SPACE);
        CHECK(again == size);
        CHECK(error.status == MQTT5_ERR_NO_SPACE);
    }
}

/* -------------------------------------------------------------- vectors */

static void try_vector(const vector *v)
{
    mqtt5_packet packet;
    mqtt5_error error;
    size_t packet_size = 0;
    mqtt5_status status;

    try_prefixes(v);
    status = decode(copy_to_end(&input, v->bytes, v->size), v->size, 0, &packet, &packet_size, &error);
    CHECK(as_stated(v, status));
    if (!as_stated(v, status)) {
        if (checks_failed <= 20) {
            fprintf(stderr, "    stated %02x, got \"%s\" (%02x) in %s\n", v->code, mqtt5_strerror(status),
                    mqtt5_reason_code(status), status > MQTT5_ERR_NO_SPACE ? mqtt5_field_name(error.field) : "-");
        }
        return;
    }
    if (status == MQTT5_OK) {
        CHECK(packet_size == v->size);
    }
    try_heads(v, status, &error);
    try_tails(v, status, &error);
    try_places(v, status);
    if (status == MQTT5_OK) {
        try_limits(v);
        status = decode(copy_to_end(&input, v->bytes, v->size), v->size, 0, &packet, &packet_size, &error);
        CHECK(status == MQTT5_OK);
        try_encoding(v, &packet);
        CHECK(memcmp(v->bytes, input.end - v->size, v->verdict == VECTOR_OK ? v->size : 0) == 0);
    }
}

int main(int argc, char **argv)
{
    unsigned long count = 0, least = strtoul(ARGUMENT(2, LEAST_VECTORS), NULL, 10);
    vector v = {VECTOR_OK, 0, NULL, 0, 0};
    char **path;

    watch_guards();
    for (path = vector_files(ARGUMENT(1, ".")); *path != NULL; path++) {
        tsv t = open_tsv(*path);

        if (strcmp(t.name, "topics.tsv") == 0) { /* see test_topics.c */
            close_tsv(&t);
            continue;
        }
        while (next_line(&t)) {
            parse_vector(&t, &v);
            try_vector(&v);
            count++;
        }
    }
    free(v.bytes);
    if (count < least) {
        fprintf(stderr, "%lu vectors, there should be at least %lu\n", count, least);
        return 1;
    }
    return finish(count, "vectors");
}
