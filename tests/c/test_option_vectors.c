/* SPDX-License-Identifier: MIT */
/*
 * test_option_vectors.c - every vector of tests/vectors/options-*.tsv: decoded with its options whole, cut short and
 * with a tail, compared with decoding without options, and encoded again.
 *
 * Usage: test_option_vectors [DIRECTORY [LEAST-NUMBER]]. It knows what an option may change, and no packet in
 * particular.
 */
#include "guard.h"
#include "mqtt5.h"
#include "same.h"
#include "tsv.h"
#include "vector.h"

#define LEAST_VECTORS "4000"

static arena input, other_input, output;

static mqtt5_options options;
static size_t fit;               /* the option of that name; 0 if it is not given */
static const char *options_text; /* as the line has them */

/* ---------------------------------------------------------- the columns */

/* The next word of a column, which is cut off there; NULL at the end. */
static char *next_word(char **at)
{
    char *word = *at, *space = strchr(word, ' ');

    if (*word == '\0') {
        return NULL;
    }
    *at = space != NULL ? space + 1 : word + strlen(word);
    if (space != NULL) {
        *space = '\0';
    }
    return word;
}

/* Cuts a word at its equals sign; the value is empty if there is none. */
static const char *cut_value(char *word)
{
    char *sign = strchr(word, '=');

    if (sign == NULL) {
        return "";
    }
    *sign = '\0';
    return sign + 1;
}

static void parse_options(const tsv *t)
{
    static char text[256];
    char *at = t->column[3], *word;

    if (strlen(at) >= sizeof(text)) {
        tsv_wrong(t, "too many options");
    }
    strcpy(text, at);
    options_text = text;
    memset(&options, 0, sizeof(options));
    fit = 0;
    if (strcmp(at, "-") == 0) {
        return;
    }
    while ((word = next_word(&at)) != NULL) {
        const char *value = cut_value(word);
        unsigned long number = strtoul(value, NULL, 10);

        if (strcmp(word, "sender") == 0) {
            options.sender = strcmp(value, "client") == 0 ? MQTT5_SENDER_CLIENT : MQTT5_SENDER_SERVER;
        } else if (strcmp(word, "stage") == 0) {
            options.stage = strcmp(value, "opening") == 0 ? MQTT5_STAGE_OPENING : MQTT5_STAGE_OPEN;
        } else if (strcmp(word, "lenient") == 0) {
            options.lenient = true;
        } else if (strcmp(word, "forbid_control_characters") == 0) {
            options.forbid_control_characters = true;
        } else if (strcmp(word, "fit") == 0 && number > 0) {
            fit = number;
        } else if (strcmp(word, "max_packet_size") == 0 && number > 0) {
            options.max_packet_size = number;
        } else if (strcmp(word, "max_list_items") == 0 && number > 0) {
            options.max_list_items = number;
        } else {
            tsv_wrong(t, "an option that is not known");
        }
    }
}

/* ------------------------------------------------------------ the result */

/* The struct member of that name, in the packet or, with "will.", in its Will; NULL if there is none. */
static const void *find_member(const mqtt5_packet *packet, const char *name, mqtt5_member *member)
{
    const bool in_will = strncmp(name, "will.", 5) == 0;
    const void *base = packet;
    unsigned type = packet->type;
    size_t i;

    if (in_will) {
        if (type != MQTT5_CONNECT || !packet->as.connect.has_will) {
            return NULL;
        }
        base = &packet->as.connect.will;
        type = MQTT5_STRUCT_WILL;
        name += 5;
    }
    for (i = 0; mqtt5_reflect(type, i, member); i++) {
        if (strcmp(member->name, name) == 0) {
            return (const char *)base + member->offset;
        }
    }
    return NULL;
}

static bool shows_codes(mqtt5_list codes, const char *value)
{
    uint8_t code;

    while (mqtt5_next_reason_code(&codes, &code)) {
        char *end;

        if (strtoul(value, &end, 10) != code || end == value) {
            return false;
        }
        value = *end == ',' ? end + 1 : end;
    }
    return *value == '\0';
}

/* Has the field that value, as the format writes it? */
static bool shows(const mqtt5_packet *packet, const char *name, const char *value)
{
    mqtt5_member member;
    const void *at = find_member(packet, name, &member);
    size_t length = strlen(value);
    mqtt5_list list;
    mqtt5_view text;

    if (at == NULL) {
        return false;
    }
    switch (member.kind) {
    case MQTT5_KIND_BYTE:
        return *(const uint8_t *)at == strtoul(value, NULL, 10);
    case MQTT5_KIND_STRING:
        memcpy(&text, at, sizeof(text));
        return length >= 2 && text.size == length - 2 && memcmp(text.data, value + 1, text.size) == 0;
    case MQTT5_KIND_REASON_CODES:
        memcpy(&list, at, sizeof(list));
        return shows_codes(list, value);
    default:
        return false;
    }
}

/* Is it the name of the field? A subscription identifier of a PUBLISH is one of a list. */
static bool is_named(unsigned field, const char *name)
{
    const bool in_will = (field & MQTT5_FIELD_IN_WILL) != 0;

    if (in_will != (strncmp(name, "will.", 5) == 0)) {
        return false;
    }
    if (field == MQTT5_PROP_SUBSCRIPTION_ID && strcmp(name, "subscription_ids") == 0) {
        return true;
    }
    return strcmp(mqtt5_field_name(field), name + (in_will ? 5 : 0)) == 0;
}

static bool is_written(const uint8_t *data, size_t size, const char *digits)
{
    size_t i;

    for (i = 0; i < size && hex_digit(digits[2 * i]) >= 0; i++) {
        if (data[i] != (hex_digit(digits[2 * i]) << 4 | hex_digit(digits[2 * i + 1]))) {
            return false;
        }
    }
    return i == size && digits[2 * i] == '\0';
}

/* What the line says of a refused packet. */
static void check_error(const tsv *t, const vector *v, const mqtt5_error *error, size_t packet_size)
{
    uint8_t level = 0;
    const char *protocol = mqtt5_foreign_protocol(v->bytes, v->size, &level);
    char *at = t->column[4], *word;
    bool foreign = false;

    while ((word = next_word(&at)) != NULL) {
        const char *value = cut_value(word);
        unsigned long number = strtoul(value, NULL, 10);

        if (strcmp(word, "field") == 0) {
            CHECK(is_named(error->field, value));
        } else if (strcmp(word, "offset") == 0) {
            CHECK(error->offset == number);
        } else if (strcmp(word, "index") == 0) {
            CHECK(error->index == number);
        } else if (strcmp(word, "size") == 0) {
            CHECK(packet_size == number);
        } else if (strcmp(word, "id") == 0) {
            CHECK(error->packet_id == number);
        } else if (strcmp(word, "protocol") == 0) {
            CHECK(protocol != NULL && strcmp(protocol, value) == 0);
            foreign = true;
        } else if (strcmp(word, "level") == 0) {
            CHECK(level == number);
            CHECK(foreign || protocol == NULL); /* the name stands before the level */
        } else {
            tsv_wrong(t, "a result of a refused packet that is not known");
        }
    }
}

/* What the line says of an accepted packet, and of the bytes that encoding it gave. */
static void check_packet(const tsv *t, const mqtt5_packet *packet, const uint8_t *written, size_t size)
{
    char *at = t->column[4], *word;

    if (strcmp(at, "-") == 0) {
        return;
    }
    while ((word = next_word(&at)) != NULL) {
        const char *value = cut_value(word);

        if (strcmp(word, "lenient") == 0) {
            CHECK(packet->lenient == (*value == '1'));
        } else if (strcmp(word, "written") == 0) {
            CHECK(is_written(written, size, value));
        } else if (strcmp(word, "entries") != 0) { /* of docs/leniencies.md */
            CHECK(shows(packet, word, value));
        }
    }
}

/* -------------------------------------------------------------- decoding */

/* The first size bytes of the vector, before a guard page. */
static mqtt5_status decode(const vector *v, size_t size, mqtt5_packet *packet, size_t *packet_size, mqtt5_error *error)
{
    const uint8_t *data = copy_to_end(&input, v->bytes, size);
    static mqtt5_packet other;
    size_t again = 0;
    mqtt5_status status;

    memset(packet, 0x55, sizeof(*packet));
    memset(error, 0x55, sizeof(*error));
    status = mqtt5_decode(data, size, &options, packet, packet_size, error);
    CHECK(mqtt5_decode(data, size, &options, &other, &again, NULL) == status && again == *packet_size);
    if (status != MQTT5_OK && status != MQTT5_INCOMPLETE) {
        CHECK(error->status == status && error->offset <= size && mqtt5_reason_code(status) >= 0x80);
        CHECK(mqtt5_field_name(error->field)[0] != '\0');
    }
    return status;
}

/* The first bytes are incomplete, or refused as the whole is; never accepted. */
static void try_prefixes(const vector *v)
{
    mqtt5_packet packet;
    mqtt5_error error;
    size_t size, packet_size;

    for (size = 0; size < v->size; size += size < 300 ? 1 : 1 + v->size / 50) {
        mqtt5_status status = decode(v, size, &packet, &packet_size, &error);

        if (status == MQTT5_INCOMPLETE) {
            CHECK(packet_size > size);
        } else {
            CHECK(v->verdict == VECTOR_BAD && mqtt5_reason_code(status) == v->code);
        }
    }
}

static void try_heads(const vector *v, mqtt5_status expected)
{
    mqtt5_packet head;
    mqtt5_error error;
    size_t size, packet_size;

    for (size = 0; size <= v->size; size += size < 300 ? 1 : 1 + v->size / 50) {
        const uint8_t *data = copy_to_end(&other_input, v->bytes, size);
        mqtt5_status status = mqtt5_decode_head(data, size, &options, &head, &packet_size, &error);

        CHECK(status == MQTT5_INCOMPLETE || status == expected);
        if (size == v->size) {
            CHECK(status == expected);
        }
    }
}

static void try_tail(const vector *v, mqtt5_status expected, const mqtt5_error *expected_error, size_t expected_size)
{
    uint8_t *data = at_end(&other_input, v->size + 3);
    mqtt5_packet packet;
    mqtt5_error error;
    size_t packet_size;

    memcpy(data, v->bytes, v->size);
    memcpy(data + v->size, "\xC0\x00\xFF", 3);
    CHECK(mqtt5_decode(data, v->size + 3, &options, &packet, &packet_size, &error) == expected);
    CHECK(packet_size == expected_size);
    if (expected != MQTT5_OK) {
        CHECK(error.field == expected_error->field && error.offset == expected_error->offset);
        CHECK(error.index == expected_error->index && error.packet_id == expected_error->packet_id);
    }
}

/* Without options, a packet that was accepted strictly is the same; one that was refused may be right, and then... */
static void try_without(const vector *v, mqtt5_status with, const mqtt5_packet *packet)
{
    const uint8_t *data = copy_to_end(&other_input, v->bytes, v->size);
    mqtt5_packet plain;
    mqtt5_error error;
    size_t packet_size;
    mqtt5_status status = mqtt5_decode(data, v->size, NULL, &plain, &packet_size, NULL);

    if (with == MQTT5_OK) {
        CHECK((status == MQTT5_OK) != packet->lenient);
        CHECK(status != MQTT5_OK || same_packet(packet, &plain));
        return;
    }
    if (status != MQTT5_OK || options.stage != MQTT5_STAGE_ANY) {
        return;
    }
    /* ... writing it with these options is refused alike. */
    status = mqtt5_encode(&plain, &options, NULL, 0, &packet_size, &error);
    CHECK(mqtt5_reason_code(status) == v->code && status == with);
}

/* -------------------------------------------------------------- encoding */

static void try_encoding(const tsv *t, const vector *v, const mqtt5_packet *packet)
{
    size_t size = 0, again = 0;
    mqtt5_packet copy;
    mqtt5_error error;
    uint8_t *data;
    mqtt5_status status;

    CHECK(mqtt5_check(packet, &options, &error) == MQTT5_OK);
    CHECK(mqtt5_encode(packet, &options, NULL, 0, &size, &error) == MQTT5_OK);
    data = at_end(&output, size);
    CHECK(mqtt5_encode(packet, &options, data, size, &again, &error) == MQTT5_OK && again == size);
    if (v->verdict == VECTOR_OK) {
        CHECK(size == v->size && memcmp(data, v->bytes, size) == 0);
    }
    status = mqtt5_decode(data, size, &options, &copy, &again, &error);
    CHECK(status == MQTT5_OK && again == size && same_packet(packet, &copy));
    if (packet->lenient != copy.lenient) { /* what made it lenient was dropped */
        CHECK(packet->lenient && v->verdict == VECTOR_ALT);
    }
    status = mqtt5_encode(packet, NULL, NULL, 0, &again, &error);
    CHECK((status == MQTT5_OK) == !copy.lenient); /* strict writing refuses what only lenient reading accepts */
    check_packet(t, packet, data, size);
}

/* The packet is valid; the options are about writing it. */
static void try_fit(const tsv *t, const vector *v)
{
    const mqtt5_options limit = {.max_packet_size = fit};
    mqtt5_packet packet, whole;
    mqtt5_error error;
    size_t size, again;
    mqtt5_status status;
    uint8_t *data;

    CHECK(decode(v, v->size, &packet, &size, &error) == MQTT5_OK);
    whole = packet;
    status = mqtt5_fit(&packet, &limit, &size, &error);
    if (v->verdict == VECTOR_BAD) {
        CHECK(status == MQTT5_ERR_PACKET_TOO_LARGE && mqtt5_reason_code(status) == v->code);
        CHECK(same_packet(&packet, &whole));
        check_error(t, v, &error, size);
        return;
    }
    CHECK(status == MQTT5_OK && size <= fit && (size == v->size) == (v->verdict == VECTOR_OK));
    data = at_end(&output, size);
    CHECK(mqtt5_encode(&packet, &limit, data, size, &again, NULL) == MQTT5_OK && again == size);
    CHECK(v->verdict == VECTOR_ALT || memcmp(data, v->bytes, size) == 0);
    check_packet(t, &packet, data, size);
}

static void try_vector(const tsv *t, const vector *v)
{
    mqtt5_packet packet;
    mqtt5_error error;
    size_t packet_size = 0;
    mqtt5_status status;

    try_prefixes(v);
    status = decode(v, v->size, &packet, &packet_size, &error);
    CHECK(v->verdict == VECTOR_BAD ? mqtt5_reason_code(status) == v->code : status == MQTT5_OK);
    try_heads(v, status);
    try_tail(v, status, &error, packet_size);
    try_without(v, status, &packet);
    if (v->verdict == VECTOR_BAD) {
        check_error(t, v, &error, packet_size);
    } else if (status == MQTT5_OK) {
        CHECK(packet_size == v->size);
        try_encoding(t, v, &packet);
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

        if (!has_options(&t)) { /* see test_vectors.c and test_topics.c */
            close_tsv(&t);
            continue;
        }
        while (next_line(&t)) {
            parse_vector(&t, &v);
            parse_options(&t);
            CONTEXT("%s:%lu: %s: %s", t.name, t.number, options_text, t.column[5]);
            if (fit > 0) {
                try_fit(&t, &v);
            } else {
                try_vector(&t, &v);
            }
            count++;
        }
    }
    free(v.bytes);
    if (count < least) {
        fprintf(stderr, "%lu vectors, there should be at least %lu\n", count, least);
        return 1;
    }
    return finish(count, "vectors with options");
}
