/* SPDX-License-Identifier: MIT */
/*
 * template.c - one PUBLISH for many receivers: checked and encoded once, then copied and patched for each.
 *
 * It knows which parts of a PUBLISH differ between receivers. It does not know how the other properties look (value.c),
 * or which values are allowed in them (check.c).
 */
#include "mqtt5_value.h"

/* The sizes of fields in which deliveries differ. */

static INLINE size_t packet_id_size(const mqtt5_delivery *d)
{
    return d->qos > 0 ? 2 : 0;
}

static INLINE size_t expiry_size(const mqtt5_delivery *d)
{
    return d->has_message_expiry_interval ? 5 : 0;
}

static INLINE size_t alias_size(const mqtt5_delivery *d)
{
    return d->topic_alias != 0 ? 3 : 0;
}

/* ------------------------------------------------------------- preparing */

/* The size of a list of properties; 0 if it is not there. */
static size_t list_size(const mqtt5_properties *properties, mqtt5_property_id id, unsigned kind, const mqtt5_list *list)
{
    writer w = {NULL, 0, 0};

    if (mqtt5_has(properties, id)) {
        mqtt5_write_list(&w, kind, id, list);
    }
    return w.at;
}

/* Returns where the variable byte integer that begins at `at` ends. */
static size_t after_varint(const uint8_t *data, size_t at)
{
    while (data[at++] >= 0x80) {
    }
    return at;
}

mqtt5_status mqtt5_template_init(mqtt5_template *t, const mqtt5_packet *packet, const mqtt5_options *options,
                                 uint8_t *data, size_t size, size_t *used, mqtt5_error *error)
{
    mqtt5_options unlimited;
    mqtt5_packet copy;
    mqtt5_publish *const p = &copy.as.publish;
    const mqtt5_properties *const set = &p->properties;
    mqtt5_delivery *const d = &t->delivery;
    mqtt5_status status;
    size_t ids, users;

    *used = 0;
    if (packet->type != MQTT5_PUBLISH) {
        return mqtt5_report(error, MQTT5_ERR_RESERVED_TYPE, MQTT5_FIELD_PACKET_TYPE, 0);
    }
    memset(&unlimited, 0, sizeof(unlimited));
    if (options != NULL) {
        unlimited = *options;
        unlimited.max_packet_size = 0;
    }
    copy = *packet;
    p->duplicate = false;
    p->packet_id = p->qos > 0;
    status = mqtt5_encode_head(&copy, &unlimited, data, size, used, error);
    if (status != MQTT5_OK || data == NULL) {
        return status;
    }

    memset(t, 0, sizeof(*t));
    d->qos = p->qos;
    d->retain = p->retain;
    if (mqtt5_has(set, MQTT5_PROP_TOPIC_ALIAS)) {
        d->topic_alias = set->topic_alias;
    }
    if (mqtt5_has(set, MQTT5_PROP_MESSAGE_EXPIRY_INTERVAL)) {
        d->has_message_expiry_interval = true;
        d->message_expiry_interval = set->message_expiry_interval;
    }
    ids = list_size(set, MQTT5_PROP_SUBSCRIPTION_ID, MQTT5_KIND_VARINTS, &set->subscription_ids);
    users = list_size(set, MQTT5_PROP_USER_PROPERTIES, MQTT5_KIND_USER_PROPERTIES, &set->user_properties);

    t->payload = p->payload;
    t->head = mqtt5_view_of(data, *used);
    t->topic = after_varint(data, 1);
    t->topic_size = 2 + p->topic.size;
    t->length = t->topic + t->topic_size + packet_id_size(d);
    t->rest = *used - users;
    t->middle_end = t->rest - alias_size(d) - ids;
    t->properties = after_varint(data, t->length);
    t->middle = t->properties + (mqtt5_has(set, MQTT5_PROP_PAYLOAD_FORMAT_INDICATOR) ? 2u : 0u) + expiry_size(d);
    t->fixed_size = *used - t->properties - expiry_size(d) - ids - alias_size(d);
    t->user_property_count = users > 0 ? set->user_properties.count : 0;
    d->subscription_ids.wire = mqtt5_view_of(data + t->middle_end, ids);
    d->subscription_ids.count = ids > 0 ? set->subscription_ids.count : 0;
    return MQTT5_OK;
}

/* -------------------------------------------------------------- checking */

/* The rules of numbers and flags that a delivery can break. */
static FAST mqtt5_status check_flags(const mqtt5_template *t, const mqtt5_delivery *d, mqtt5_error *error)
{
    if (d->qos > 2) {
        return mqtt5_report(error, MQTT5_ERR_BAD_QOS_FLAGS, MQTT5_FIELD_QOS, 0);
    }
    if (d->qos == 0 && d->duplicate) {
        return mqtt5_report(error, MQTT5_ERR_DUP_WITHOUT_QOS, MQTT5_FIELD_DUPLICATE, 0);
    }
    if ((d->qos == 0) != (d->packet_id == 0)) {
        return mqtt5_report(error, d->qos == 0 ? MQTT5_ERR_PACKET_ID_WITHOUT_QOS : MQTT5_ERR_NO_PACKET_ID,
                            MQTT5_FIELD_PACKET_ID, 0);
    }
    if (d->topic_alias == 0 && t->topic_size == 2) {
        return mqtt5_report(error, MQTT5_ERR_NO_TOPIC, MQTT5_FIELD_TOPIC, 0);
    }
    return MQTT5_OK;
}

/* Returns item i of a list, after the items before it; NULL if the wire bytes are invalid. */
static INLINE const uint32_t *next_id(const uint32_t *items, size_t i, mqtt5_list *left, value *room)
{
    return items != NULL ? items + i : (const uint32_t *)mqtt5_next_item(left, MQTT5_KIND_VARINTS, room);
}

/* -------------------------------------------------------------- encoding */

/* The sizes of a head that is put together. */
typedef struct sizes {
    size_t head;
    size_t remaining; /* the Remaining Length */
    size_t properties;
} sizes;

static INLINE uint8_t *put(uint8_t *to, const uint8_t *from, size_t size)
{
    if (size > 0) {
        memcpy(to, from, size);
    }
    return to + size;
}

static INLINE uint8_t *put_u16(uint8_t *to, unsigned number)
{
    to[0] = (uint8_t)(number >> 8);
    to[1] = (uint8_t)number;
    return to + 2;
}

static INLINE uint8_t *put_u32(uint8_t *to, uint32_t number)
{
    return put_u16(put_u16(to, number >> 16), number & 0xFFFF);
}

static INLINE uint8_t *put_length(uint8_t *to, size_t length)
{
    const size_t size = varint_size(length);

    put_varint(to, length, size);
    return to + size;
}

/* True if both have the same fields, so that their heads differ only in numbers. */
static FAST bool is_alike(const mqtt5_delivery *d, const mqtt5_delivery *own)
{
    const mqtt5_list *ids = &d->subscription_ids;

    return (d->qos > 0) == (own->qos > 0) && (d->topic_alias != 0) == (own->topic_alias != 0) &&
           d->has_message_expiry_interval == own->has_message_expiry_interval &&
           ids->count == own->subscription_ids.count &&
           (ids->count == 0 || (ids->items == NULL && ids->wire.data == own->subscription_ids.wire.data));
}

/* Copies the head of the packet itself, and patches the numbers. */
static FAST void patch_head(uint8_t *data, const mqtt5_template *t, const mqtt5_delivery *d)
{
    memcpy(data, t->head.data, t->head.size);
    if (d->qos > 0) {
        (void)put_u16(data + t->length - 2, d->packet_id);
    }
    if (d->has_message_expiry_interval) {
        (void)put_u32(data + t->middle - 4, d->message_expiry_interval);
    }
    if (d->topic_alias != 0) {
        (void)put_u16(data + t->rest - 2, d->topic_alias);
    }
}

static bool limits_lists(const mqtt5_options *options)
{
    return options != NULL && (options->max_list_items > 0 || options->sender == MQTT5_SENDER_CLIENT);
}

/* Checks the lists, in the order of mqtt5_check(), and measures the head. */
static NOINLINE mqtt5_status check_lists(const mqtt5_template *t, const mqtt5_delivery *d, const mqtt5_options *options,
                                         sizes *s, mqtt5_error *error)
{
    const size_t beyond = 0x40000000; /* any packet: counting cannot wrap */
    const size_t most = options != NULL && options->max_list_items > 0 ? options->max_list_items : (size_t)-1;
    const size_t count = d->subscription_ids.count;
    const uint32_t *const items = (const uint32_t *)d->subscription_ids.items;
    mqtt5_list left = d->subscription_ids;
    size_t i, size = t->fixed_size;
    value room;

    if (count > most) {
        return mqtt5_report(error, MQTT5_ERR_TOO_MANY_ITEMS, MQTT5_PROP_SUBSCRIPTION_ID, most);
    }
    for (i = 0; i < count; i++) {
        const uint32_t *id = next_id(items, i, &left, &room);
        mqtt5_status status = id == NULL ? MQTT5_ERR_TRUNCATED : check_varint(RULE_NOT_ZERO, *id);

        if (status != MQTT5_OK) {
            return mqtt5_report(error, status, MQTT5_PROP_SUBSCRIPTION_ID, i);
        }
        if (size < beyond) {
            size += 1 + varint_size(*id);
        }
    }
    if (t->user_property_count > most) {
        return mqtt5_report(error, MQTT5_ERR_TOO_MANY_ITEMS, MQTT5_PROP_USER_PROPERTIES, most);
    }
    if (count > 0 && options != NULL && options->sender == MQTT5_SENDER_CLIENT) { /* 3.3.4-6 */
        return mqtt5_report(error, MQTT5_ERR_SENDER_PROPERTY, MQTT5_PROP_SUBSCRIPTION_ID, 0);
    }
    size += alias_size(d) + expiry_size(d);
    s->properties = size;
    size += t->topic_size + packet_id_size(d) + varint_size(size);
    s->remaining = size + t->payload.size;
    s->head = 1 + varint_size(s->remaining) + size;
    return MQTT5_OK;
}

/* Puts a head together, all but its first byte. */
static NOINLINE void write_head(uint8_t *at, const mqtt5_template *t, const mqtt5_delivery *d, const sizes *s)
{
    const uint8_t *const head = t->head.data;
    const mqtt5_delivery *const own = &t->delivery;
    const size_t count = d->subscription_ids.count;
    const uint32_t *const items = (const uint32_t *)d->subscription_ids.items;
    mqtt5_list left = d->subscription_ids;
    size_t i;
    value room;

    at = put_length(at + 1, s->remaining);
    at = put(at, head + t->topic, t->topic_size);
    if (d->qos > 0) {
        at = put_u16(at, d->packet_id);
    }
    at = put_length(at, s->properties);
    at = put(at, head + t->properties, t->middle - expiry_size(own) - t->properties);
    if (d->has_message_expiry_interval) {
        *at++ = MQTT5_PROP_MESSAGE_EXPIRY_INTERVAL;
        at = put_u32(at, d->message_expiry_interval);
    }
    at = put(at, head + t->middle, t->middle_end - t->middle);
    for (i = 0; i < count; i++) {
        *at++ = MQTT5_PROP_SUBSCRIPTION_ID;
        at = put_length(at, *next_id(items, i, &left, &room));
    }
    if (d->topic_alias != 0) {
        *at++ = MQTT5_PROP_TOPIC_ALIAS;
        at = put_u16(at, d->topic_alias);
    }
    (void)put(at, head + t->rest, t->head.size - t->rest);
}

/* Encodes the head, and `copied` bytes of the payload: all or none. */
static APART mqtt5_status encode_delivery(const mqtt5_template *t, const mqtt5_delivery *d,
                                          const mqtt5_options *options, size_t copied, uint8_t *data, size_t size,
                                          size_t *written, mqtt5_error *error)
{
    const bool alike = is_alike(d, &t->delivery);
    mqtt5_status status;
    size_t whole;
    sizes s = {0, 0, 0};

    s.head = t->head.size;
    *written = 0;
    status = check_flags(t, d, error);
    if (status == MQTT5_OK && (!alike || limits_lists(options))) {
        status = check_lists(t, d, options, &s, error);
    }
    if (status != MQTT5_OK) {
        return status;
    }
    *written = s.head + copied;
    whole = s.head + t->payload.size;
    if (whole > MQTT5_MAX_REMAINING_LENGTH + 5 ||
        (options != NULL && options->max_packet_size > 0 && whole > options->max_packet_size)) {
        return mqtt5_report(error, MQTT5_ERR_PACKET_TOO_LARGE, MQTT5_FIELD_REMAINING_LENGTH, 0);
    }
    if (data == NULL) {
        return MQTT5_OK;
    }
    if (size < *written) {
        return mqtt5_report(error, MQTT5_ERR_NO_SPACE, 0, 0);
    }
    if (alike) {
        patch_head(data, t, d);
    } else {
        write_head(data, t, d, &s);
    }
    data[0] = (uint8_t)((unsigned)MQTT5_PUBLISH << 4 | (unsigned)d->duplicate << 3 | (unsigned)d->qos << 1 |
                        (unsigned)d->retain); /* 3.3.1 */
    if (copied > 0) {
        memcpy(data + s.head, t->payload.data, copied);
    }
    return MQTT5_OK;
}

mqtt5_status mqtt5_template_encode(const mqtt5_template *t, const mqtt5_delivery *delivery,
                                   const mqtt5_options *options, uint8_t *data, size_t size, size_t *packet_size,
                                   mqtt5_error *error)
{
    return encode_delivery(t, delivery, options, t->payload.size, data, size, packet_size, error);
}

mqtt5_status mqtt5_template_encode_head(const mqtt5_template *t, const mqtt5_delivery *delivery,
                                        const mqtt5_options *options, uint8_t *data, size_t size, size_t *head_size,
                                        mqtt5_error *error)
{
    return encode_delivery(t, delivery, options, 0, data, size, head_size, error);
}
