/* SPDX-License-Identifier: MIT */
/*
 * value.c - reads and writes values, lists of them, and sets of properties (2.2.2), driven by the property table.
 *
 * It does not know packets, or what properties mean.
 */
#include "mqtt5_value.h"

/* ------------------------------------------------------------ one value */

enum { NO_LOCAL = 0x04, RETAIN_AS_PUBLISHED = 0x08, RETAIN_HANDLING_SHIFT = 4, RESERVED_OPTIONS = 0xC0 };

/* A Topic Filter and its Subscription Options (3.8.3.1). */
static FAST void read_topic_filter(reader *r, mqtt5_topic_filter *filter)
{
    unsigned options;

    read_view(r, &filter->pattern);
    options = read_byte(r);
    filter->max_qos = options & 3;
    filter->no_local = (options & NO_LOCAL) != 0;
    filter->retain_as_published = (options & RETAIN_AS_PUBLISHED) != 0;
    filter->retain_handling = (options >> RETAIN_HANDLING_SHIFT) & 3;
    if (options & RESERVED_OPTIONS) {
        fail(r, MQTT5_ERR_RESERVED_FLAGS);
    }
}

static FAST void write_topic_filter(writer *w, const mqtt5_topic_filter *filter)
{
    unsigned options = filter->max_qos | (unsigned)filter->retain_handling << RETAIN_HANDLING_SHIFT;

    if (filter->no_local) {
        options |= NO_LOCAL;
    }
    if (filter->retain_as_published) {
        options |= RETAIN_AS_PUBLISHED;
    }
    write_view(w, &filter->pattern);
    write_byte(w, options);
}

/* One value; of a list, one item. to is of the type that the kind has. */
static FAST void read_value(reader *r, unsigned kind, void *to)
{
    mqtt5_string_pair *pair;

    switch (kind) {
    case MQTT5_KIND_BYTE:
    case MQTT5_KIND_REASON_CODES:
        *(uint8_t *)to = read_byte(r);
        break;
    case MQTT5_KIND_U16:
        *(uint16_t *)to = read_u16(r);
        break;
    case MQTT5_KIND_U32:
        *(uint32_t *)to = read_u32(r);
        break;
    case MQTT5_KIND_VARINT:
    case MQTT5_KIND_VARINTS:
        *(uint32_t *)to = read_varint(r);
        break;
    case MQTT5_KIND_USER_PROPERTIES:
        pair = (mqtt5_string_pair *)to;
        read_view(r, &pair->name);
        read_view(r, &pair->value);
        break;
    case MQTT5_KIND_TOPIC_FILTERS:
        read_topic_filter(r, (mqtt5_topic_filter *)to);
        break;
    default:
        read_view(r, (mqtt5_view *)to);
        break;
    }
}

/* Stores the value of a property that is not a list. */
static FAST void store_value(const value *v, unsigned kind, void *member)
{
    switch (kind) {
    case MQTT5_KIND_BYTE:
        *(uint8_t *)member = v->byte;
        break;
    case MQTT5_KIND_U16:
        *(uint16_t *)member = v->u16;
        break;
    case MQTT5_KIND_U32:
    case MQTT5_KIND_VARINT:
        *(uint32_t *)member = v->u32;
        break;
    default:
        *(mqtt5_view *)member = v->view;
        break;
    }
}

static FAST void write_value(writer *w, unsigned kind, const void *from)
{
    switch (kind) {
    case MQTT5_KIND_BYTE:
        write_byte(w, *(const uint8_t *)from);
        break;
    case MQTT5_KIND_U16:
        write_u16(w, *(const uint16_t *)from);
        break;
    case MQTT5_KIND_U32:
        write_u32(w, *(const uint32_t *)from);
        break;
    case MQTT5_KIND_VARINT:
        write_varint(w, *(const uint32_t *)from);
        break;
    default:
        write_view(w, (const mqtt5_view *)from);
        break;
    }
}

/* One item of a list of that kind. */
static FAST void write_item(writer *w, unsigned kind, const void *from)
{
    const mqtt5_string_pair *pair;

    switch (kind) {
    case MQTT5_KIND_USER_PROPERTIES:
        pair = (const mqtt5_string_pair *)from;
        write_view(w, &pair->name);
        write_view(w, &pair->value);
        break;
    case MQTT5_KIND_VARINTS:
        write_varint(w, *(const uint32_t *)from);
        break;
    case MQTT5_KIND_TOPIC_FILTERS:
        write_topic_filter(w, (const mqtt5_topic_filter *)from);
        break;
    case MQTT5_KIND_REASON_CODES:
        write_byte(w, *(const uint8_t *)from);
        break;
    default:
        write_view(w, (const mqtt5_view *)from);
        break;
    }
}

/* --------------------------------------------------------------- lists */

/* The size of an item in an array, from MQTT5_KIND_VARINTS on. */
static const uint8_t item_sizes[] = {
    sizeof(uint32_t), sizeof(mqtt5_string_pair), sizeof(mqtt5_topic_filter), sizeof(uint8_t), sizeof(mqtt5_view),
};

static inline size_t item_size(unsigned kind)
{
    return item_sizes[kind - MQTT5_KIND_VARINTS];
}

/* The property that a list of this kind belongs to, 0 if it is none. */
static FAST unsigned property_of(unsigned kind)
{
    return kind == MQTT5_KIND_USER_PROPERTIES ? MQTT5_PROP_USER_PROPERTIES
           : kind == MQTT5_KIND_VARINTS       ? MQTT5_PROP_SUBSCRIPTION_ID
                                              : 0;
}

/* Skips properties up to the value of one with that identifier; NULL if there is none. */
static const uint8_t *pass_over(const uint8_t *at, const uint8_t *end, unsigned id, void *room)
{
    reader r = reader_of(at, (size_t)(end - at));
    unsigned found;

    while ((found = read_byte(&r)) != id) { /* all that exist take one byte */
        const property *row = find_property(found, ANYWHERE);

        if (row == NULL) {
            return NULL;
        }
        read_value(&r, row->kind, room);
    }
    return r.at;
}

/* Pops an item of wire, which is not empty. Items of a property list may have other properties between them. */
static FAST mqtt5_status read_item(mqtt5_view *wire, unsigned kind, void *item)
{
    const uint8_t *at = wire->data, *const end = at + wire->size;
    const unsigned id = property_of(kind);
    reader r;

    if (id != 0) {
        at = *at == id ? at + 1 : pass_over(at, end, id, item);
        if (at == NULL) {
            return MQTT5_ERR_UNKNOWN_PROPERTY;
        }
    }
    r = reader_of(at, (size_t)(end - at));
    read_value(&r, kind, item);
    wire->data = r.at;
    wire->size = bytes_left(&r);
    return r.status;
}

static FAST const void *next_item(mqtt5_list *list, unsigned kind, void *room)
{
    const void *item = list->items;

    if (list->count == 0) {
        return NULL;
    }
    if (item != NULL) {
        list->items = (const char *)item + item_size(kind);
    } else {
        item = room;
        if (list->wire.size == 0 || read_item(&list->wire, kind, room) != MQTT5_OK) {
            return NULL;
        }
    }
    list->count--;
    return item;
}

const void *mqtt5_next_item(mqtt5_list *list, unsigned kind, value *room)
{
    return next_item(list, kind, room);
}

typedef char no_value_is_larger[sizeof(mqtt5_string_pair) == sizeof(value) ? 1 : -1];

static FAST bool take(mqtt5_list *list, unsigned kind, void *item)
{
    value large;
    void *room = kind == MQTT5_KIND_VARINTS ? &large : item; /* also for values that are passed over */
    const void *at = next_item(list, kind, room);

    if (at != NULL && at != item) {
        memcpy(item, at, item_size(kind));
    }
    return at != NULL;
}

bool mqtt5_next_user_property(mqtt5_list *list, mqtt5_string_pair *item)
{
    return take(list, MQTT5_KIND_USER_PROPERTIES, item);
}

bool mqtt5_next_subscription_id(mqtt5_list *list, uint32_t *item)
{
    return take(list, MQTT5_KIND_VARINTS, item);
}

bool mqtt5_next_topic_filter(mqtt5_list *list, mqtt5_topic_filter *item)
{
    return take(list, MQTT5_KIND_TOPIC_FILTERS, item);
}

bool mqtt5_next_reason_code(mqtt5_list *list, uint8_t *item)
{
    return take(list, MQTT5_KIND_REASON_CODES, item);
}

bool mqtt5_next_pattern(mqtt5_list *list, mqtt5_view *item)
{
    return take(list, MQTT5_KIND_PATTERNS, item);
}

/* The reader is a copy, as in mqtt5_read_properties(). */
void mqtt5_read_list(reader *from, unsigned kind, unsigned field, mqtt5_list *list)
{
    reader r = *from;
    value item;

    list->items = NULL;
    list->wire.data = r.at;
    list->wire.size = bytes_left(&r);
    list->count = 0;
    do {
        note_field(&r, field, r.at, list->count); /* of an empty list, the item that is missing */
        if (r.at < r.end) {
            read_value(&r, kind, &item);
            list->count++;
        }
    } while (r.at < r.end);
    *from = r;
}

void mqtt5_write_list(writer *w, unsigned kind, unsigned id, const mqtt5_list *list)
{
    const size_t beyond = 0x40000000; /* any packet: with the rest of a packet, counting cannot wrap */
    mqtt5_list left = *list;
    const void *item;
    value room;

    while ((item = next_item(&left, kind, &room)) != NULL) {
        if (id != 0) {
            write_byte(w, id);
        }
        write_item(w, kind, item);
        if (w->at > beyond) {
            w->at = beyond;
        }
    }
}

/* ------------------------------------------- sets of properties: reading */

static unsigned section_of(unsigned where)
{
    return where == IN_WILL ? MQTT5_FIELD_IN_WILL : 0;
}

/* Notes which property begins here, if that is known. */
static NOINLINE void note_property(const reader *r, unsigned where, const mqtt5_properties *properties)
{
    const unsigned id = *r->at;
    const property *row = find_property(id, where);
    size_t item = 0;

    mqtt5_note_field(r->find, MQTT5_FIELD_PROPERTY_ID | section_of(where), r->at, 0);
    if (row != NULL && is_list(row->kind) && (properties->present & bit(id)) != 0) {
        item = ((const mqtt5_list *)((const char *)properties + row->offset))->count;
    }
    if (row != NULL || find_property(id, ANYWHERE) != NULL) { /* otherwise its number is not a field */
        mqtt5_note_field(r->find, id | section_of(where), r->at, item);
    }
}

/*
 * Reads the value of a property that begins at start, or one item of its list. False if the value is not allowed, in
 * fast builds only. The value is local and stored by its type, never written through a computed address.
 */
static FAST bool read_property_as(unsigned kind, reader *r, const property *row, const uint8_t *start, bool repeated,
                                  void *member)
{
    value v;

    read_value(r, kind, &v);
    if (is_list(kind)) {
        mqtt5_list *list = (mqtt5_list *)member;

        if (!repeated) {
            list->items = NULL;
            list->wire.data = start;
            list->count = 0;
        }
        list->count++;
        list->wire.size = (size_t)(r->at - list->wire.data);
    } else {
        store_value(&v, kind, member);
    }
    return !IS_FAST || check_value(kind, row->rule, &v) == MQTT5_OK;
}

/* In fast builds one switch for reading, storing and checking. */
static FAST bool read_property(reader *r, const property *row, const uint8_t *start, bool repeated, void *member)
{
    if (!IS_FAST) {
        return read_property_as(row->kind, r, row, start, repeated, member);
    }
    switch (row->kind) {
    case MQTT5_KIND_BYTE:
        return read_property_as(MQTT5_KIND_BYTE, r, row, start, repeated, member);
    case MQTT5_KIND_U16:
        return read_property_as(MQTT5_KIND_U16, r, row, start, repeated, member);
    case MQTT5_KIND_U32:
        return read_property_as(MQTT5_KIND_U32, r, row, start, repeated, member);
    case MQTT5_KIND_VARINT:
        return read_property_as(MQTT5_KIND_VARINT, r, row, start, repeated, member);
    case MQTT5_KIND_VARINTS:
        return read_property_as(MQTT5_KIND_VARINTS, r, row, start, repeated, member);
    case MQTT5_KIND_USER_PROPERTIES:
        return read_property_as(MQTT5_KIND_USER_PROPERTIES, r, row, start, repeated, member);
    case MQTT5_KIND_BINARY:
        return read_property_as(MQTT5_KIND_BINARY, r, row, start, repeated, member);
    default:
        return read_property_as(MQTT5_KIND_STRING, r, row, start, repeated, member);
    }
}

/* The row of a property that lenient reading accepts where it is not allowed, and then drops. */
static NOINLINE const property *find_misplaced(uint32_t id, unsigned where)
{
    return id == MQTT5_PROP_WILL_DELAY_INTERVAL && where == IN_PUBLISH ? find_property(id, IN_WILL) : NULL;
}

/* Lenient reading drops a Will Delay Interval outside a Will, and a Maximum QoS of 2: its absence says so (3.2.2.3.4).
 */
static NOINLINE void drop_properties(unsigned where, mqtt5_properties *properties)
{
    if (where == IN_PUBLISH) {
        properties->present &= ~bit(MQTT5_PROP_WILL_DELAY_INTERVAL);
    }
    if (where == IN_CONNACK && mqtt5_has(properties, MQTT5_PROP_MAX_QOS) && properties->max_qos == 2) {
        properties->present &= ~bit(MQTT5_PROP_MAX_QOS);
    }
}

/* The reader is a copy whose address is not taken, so that the compiler may keep it in registers. */
void mqtt5_read_properties(reader *from, unsigned where, mqtt5_properties *properties)
{
    uint64_t present = 0;
    bool refused = false;
    reader r;
    size_t size;

    properties->present = 0;
    begin_field(from, MQTT5_FIELD_PROPERTY_LENGTH | section_of(where));
    size = read_varint(from);
    if (size > bytes_left(from)) {
        fail(from, MQTT5_ERR_TRUNCATED);
        return;
    }
    r = *from;
    r.end = r.at + size;
    while (r.at < r.end) {
        const uint8_t *start = r.at;
        const property *row;
        bool repeated;
        uint32_t id;

        if (r.find != NULL) {
            properties->present = present;
            from->at = start;
            note_property(from, where, properties);
        }
        id = *r.at < 0x80 ? *r.at++ : read_varint(&r); /* all that exist take one byte */
        row = find_property(id, where);
        if (row == NULL && r.lenient) {
            row = find_misplaced(id, where);
        }
        if (row == NULL) {
            fail(&r, mqtt5_refuse_property(id));
            break;
        }
        repeated = (present & bit(id)) != 0;
        if (repeated && !is_list(row->kind)) {
            fail(&r, MQTT5_ERR_REPEATED_PROPERTY);
            break;
        }
        present |= bit(id);
        if (!read_property(&r, row, start, repeated, (char *)properties + row->offset)) {
            refused = true;
        }
    }
    from->refused = from->refused || refused;
    properties->present = present;
    if (r.lenient) {
        drop_properties(where, properties);
    }
    from->at = r.end;
    if (r.status != MQTT5_OK) {
        fail(from, r.status);
    }
}

/* ------------------------------------------- sets of properties: writing */

/*
 * mqtt5_check() has seen that all are allowed. They are written in the order of their identifiers, user properties
 * last. Most sets take less than 128 bytes, and so their length one.
 */
void mqtt5_write_properties(writer *w, unsigned where, const mqtt5_properties *properties)
{
    const size_t start = w->at, given = 1;
    uint64_t bits;

    if (properties->present == 0) {
        write_byte(w, 0);
        return;
    }
    w->at += given;
    for (bits = properties->present & ~bit(MQTT5_PROP_USER_PROPERTIES); bits != 0; bits &= bits - 1) {
        const property *row = find_property(lowest_bit(bits), where);
        const void *member = (const char *)properties + row->offset;

        if (is_list(row->kind)) {
            mqtt5_write_list(w, row->kind, row->id, (const mqtt5_list *)member);
        } else {
            write_byte(w, row->id);
            write_value(w, row->kind, member);
        }
    }
    if (properties->present & bit(MQTT5_PROP_USER_PROPERTIES)) {
        mqtt5_write_list(w, MQTT5_KIND_USER_PROPERTIES, MQTT5_PROP_USER_PROPERTIES, &properties->user_properties);
    }
    write_length(w, start, given, 0);
}
