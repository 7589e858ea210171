/* SPDX-License-Identifier: MIT */
/*
 * packet.c - the layout of each control packet (2.1, 3), and the entry points that decode and encode.
 *
 * It knows which field follows which. It does not know which values are
 * allowed (check.c), what a property is (table.c) or how a value looks on
 * the wire (value.c).
 */
#include "mqtt5_value.h"

enum {
    PROTOCOL_VERSION = 5,
    RESERVED_CONNECT_FLAG = 0x01,
    CLEAN_START = 0x02,
    WILL_FLAG = 0x04,
    WILL_QOS_SHIFT = 3,
    WILL_QOS = 0x18,
    WILL_RETAIN = 0x20,
    PASSWORD_FLAG = 0x40,
    USERNAME_FLAG = 0x80,
    SESSION_PRESENT = 0x01,
    RETAIN = 0x01,
    QOS_SHIFT = 1,
    DUP_SHIFT = 3
};

static const size_t largest_packet = MQTT5_MAX_REMAINING_LENGTH + 5;

static const uint8_t protocol_name[] = {'M', 'Q', 'T', 'T'};

/* The flags of the fixed header that are reserved and must have this value (2.1.3). */
static unsigned reserved_flags(unsigned type)
{
    return type == MQTT5_PUBREL || type == MQTT5_SUBSCRIBE || type == MQTT5_UNSUBSCRIBE ? 2 : 0;
}

/* -------------------------------------------------------------- reading */

/* Fast path: no properties. Not taken when an error is located. */
static FAST void read_properties(reader *r, unsigned where, mqtt5_properties *properties)
{
    if (IS_FAST && r->at < r->end && *r->at == 0 && r->find == NULL) {
        r->at++;
        properties->present = 0;
    } else {
        mqtt5_read_properties(r, where, properties);
    }
}

static void read_will(reader *r, mqtt5_will *will, unsigned flags)
{
    will->qos = (uint8_t)((flags & WILL_QOS) >> WILL_QOS_SHIFT);
    will->retain = (flags & WILL_RETAIN) != 0;
    read_properties(r, IN_WILL, &will->properties);
    begin_field(r, MQTT5_FIELD_TOPIC | MQTT5_FIELD_IN_WILL);
    read_view(r, &will->topic);
    begin_field(r, MQTT5_FIELD_PAYLOAD | MQTT5_FIELD_IN_WILL);
    read_view(r, &will->payload);
}

static void read_connect(reader *r, mqtt5_connect *p)
{
    mqtt5_view name;
    unsigned flags;

    begin_field(r, MQTT5_FIELD_PROTOCOL_NAME);
    read_view(r, &name);
    if (name.size != sizeof(protocol_name) || memcmp(name.data, protocol_name, sizeof(protocol_name)) != 0) {
        fail(r, MQTT5_ERR_UNSUPPORTED_PROTOCOL);
    }
    begin_field(r, MQTT5_FIELD_PROTOCOL_VERSION);
    if (read_byte(r) != PROTOCOL_VERSION) {
        fail(r, MQTT5_ERR_UNSUPPORTED_PROTOCOL);
    }
    begin_field(r, MQTT5_FIELD_CONNECT_FLAGS);
    flags = read_byte(r);
    p->clean_start = (flags & CLEAN_START) != 0;
    p->has_will = (flags & WILL_FLAG) != 0;
    p->has_username = (flags & USERNAME_FLAG) != 0;
    p->has_password = (flags & PASSWORD_FLAG) != 0;
    if (flags & RESERVED_CONNECT_FLAG) {
        fail(r, MQTT5_ERR_RESERVED_FLAGS);
    }
    if (!p->has_will && (flags & (WILL_QOS | WILL_RETAIN))) {
        fail(r, MQTT5_ERR_WILL_FLAGS);
    }
    if (p->has_will) { /* its QoS is in the flags */
        note_field(r, MQTT5_FIELD_QOS | MQTT5_FIELD_IN_WILL, r->at - 1, 0);
    }
    begin_field(r, MQTT5_FIELD_KEEP_ALIVE);
    p->keep_alive = read_u16(r);
    read_properties(r, IN_CONNECT, &p->properties);
    begin_field(r, MQTT5_FIELD_CLIENT_ID);
    read_view(r, &p->client_id);
    if (p->has_will) {
        read_will(r, &p->will, flags);
    }
    if (p->has_username) {
        begin_field(r, MQTT5_FIELD_USERNAME);
        read_view(r, &p->username);
    }
    if (p->has_password) {
        begin_field(r, MQTT5_FIELD_PASSWORD);
        read_view(r, &p->password);
    }
}

static void read_connack(reader *r, mqtt5_connack *p)
{
    unsigned flags;

    begin_field(r, MQTT5_FIELD_SESSION_PRESENT);
    flags = read_byte(r);
    p->session_present = (flags & SESSION_PRESENT) != 0;
    if (flags & ~(unsigned)SESSION_PRESENT) {
        fail(r, MQTT5_ERR_RESERVED_FLAGS);
    }
    begin_field(r, MQTT5_FIELD_REASON_CODE);
    p->reason_code = read_byte(r);
    read_properties(r, IN_CONNACK, &p->properties);
}

static FAST void read_packet_id(reader *r, uint16_t *packet_id)
{
    begin_field(r, MQTT5_FIELD_PACKET_ID);
    *packet_id = read_u16(r);
}

static FAST void read_publish(reader *r, mqtt5_publish *p, unsigned flags)
{
    p->duplicate = (flags >> DUP_SHIFT & 1) != 0;
    p->qos = (flags >> QOS_SHIFT) & 3;
    p->retain = (flags & RETAIN) != 0;
    p->packet_id = 0;
    begin_field(r, MQTT5_FIELD_TOPIC);
    read_view(r, &p->topic);
    if (p->qos > 0) {
        read_packet_id(r, &p->packet_id);
    }
    read_properties(r, IN_PUBLISH, &p->properties);
    begin_field(r, MQTT5_FIELD_PAYLOAD);
    p->payload = read_rest(r);
}

/*
 * An acknowledgement, DISCONNECT or AUTH, whose end may be omitted: all
 * of it, or only the properties (3.4.2.1, 3.4.2.2.1, 3.14.2.2.1); AUTH all or nothing (3.15.2.1).
 */
static void read_outcome(reader *r, mqtt5_packet *packet)
{
    const unsigned type = packet->type;
    mqtt5_properties *properties = &packet->as.properties;
    uint8_t *reason_code = &packet->as.disconnect.reason_code;

    if (type <= MQTT5_PUBCOMP) {
        read_packet_id(r, &packet->as.puback.packet_id);
        reason_code = &packet->as.puback.reason_code;
    }
    *reason_code = 0;
    properties->present = 0;
    if (bytes_left(r) > 0) {
        begin_field(r, MQTT5_FIELD_REASON_CODE);
        *reason_code = read_byte(r);
        if (bytes_left(r) > 0 || type == MQTT5_AUTH) {
            read_properties(r, 1u << type, properties);
        }
    }
}

static FAST void read_body(reader *r, unsigned flags, mqtt5_packet *packet)
{
    unsigned type = packet->type;

    switch (type) {
    case MQTT5_CONNECT:
        if (DECODED & IN_CONNECT) {
            read_connect(r, &packet->as.connect);
        }
        break;
    case MQTT5_CONNACK:
        if (DECODED & IN_CONNACK) {
            read_connack(r, &packet->as.connack);
        }
        break;
    case MQTT5_PUBLISH:
        read_publish(r, &packet->as.publish, flags);
        break;
    case MQTT5_PUBACK:
    case MQTT5_PUBREC:
    case MQTT5_PUBREL:
    case MQTT5_PUBCOMP:
    case MQTT5_DISCONNECT:
    case MQTT5_AUTH:
        read_outcome(r, packet);
        break;
    case MQTT5_SUBSCRIBE:
        if (DECODED & IN_SUBSCRIBE) {
            read_packet_id(r, &packet->as.subscribe.packet_id);
            read_properties(r, IN_SUBSCRIBE, &packet->as.subscribe.properties);
            mqtt5_read_list(r, MQTT5_KIND_TOPIC_FILTERS, MQTT5_FIELD_TOPIC_FILTERS,
                            &packet->as.subscribe.topic_filters);
        }
        break;
    case MQTT5_UNSUBSCRIBE:
        if (DECODED & IN_UNSUBSCRIBE) {
            read_packet_id(r, &packet->as.unsubscribe.packet_id);
            read_properties(r, IN_UNSUBSCRIBE, &packet->as.unsubscribe.properties);
            mqtt5_read_list(r, MQTT5_KIND_PATTERNS, MQTT5_FIELD_PATTERNS, &packet->as.unsubscribe.patterns);
        }
        break;
    case MQTT5_SUBACK:
    case MQTT5_UNSUBACK:
        if (DECODED & IN_SUBACK) {
            read_packet_id(r, &packet->as.suback.packet_id);
            read_properties(r, 1u << type, &packet->as.suback.properties);
            mqtt5_read_list(r, MQTT5_KIND_REASON_CODES, MQTT5_FIELD_REASON_CODES, &packet->as.suback.reason_codes);
        }
        break;
    default: /* PINGREQ and PINGRESP have no body */
        packet->as.properties.present = 0;
        break;
    }
    if (bytes_left(r) > 0) {
        begin_field(r, MQTT5_FIELD_REMAINING_LENGTH);
        fail(r, MQTT5_ERR_TRAILING_BYTES);
    }
}

/* -------------------------------------------------------------- writing */

static void write_connect(writer *w, const mqtt5_connect *p)
{
    unsigned flags = p->clean_start ? CLEAN_START : 0;

    if (p->has_will) {
        flags |= WILL_FLAG | (unsigned)p->will.qos << WILL_QOS_SHIFT | (p->will.retain ? WILL_RETAIN : 0);
    }
    if (p->has_username) {
        flags |= USERNAME_FLAG;
    }
    if (p->has_password) {
        flags |= PASSWORD_FLAG;
    }
    write_u16(w, sizeof(protocol_name));
    write_bytes(w, protocol_name, sizeof(protocol_name));
    write_byte(w, PROTOCOL_VERSION);
    write_byte(w, flags);
    write_u16(w, p->keep_alive);
    mqtt5_write_properties(w, IN_CONNECT, &p->properties);
    write_view(w, &p->client_id);
    if (p->has_will) {
        mqtt5_write_properties(w, IN_WILL, &p->will.properties);
        write_view(w, &p->will.topic);
        write_view(w, &p->will.payload);
    }
    if (p->has_username) {
        write_view(w, &p->username);
    }
    if (p->has_password) {
        write_view(w, &p->password);
    }
}

/* All but the payload, which encode_packet() writes. */
static FAST void write_publish(writer *w, const mqtt5_publish *p)
{
    write_view(w, &p->topic);
    if (p->qos > 0) {
        write_u16(w, p->packet_id);
    }
    mqtt5_write_properties(w, IN_PUBLISH, &p->properties);
}

/* The shortest form; an AUTH in full, since deployed codecs refuse its short one. */
static FAST void write_outcome(writer *w, const mqtt5_packet *packet)
{
    const unsigned type = packet->type;
    const bool full = packet->as.properties.present != 0 || type == MQTT5_AUTH;
    uint8_t reason_code = packet->as.disconnect.reason_code;

    if (type <= MQTT5_PUBCOMP) {
        write_u16(w, packet->as.puback.packet_id);
        reason_code = packet->as.puback.reason_code;
    }
    if (full || reason_code != 0) {
        write_byte(w, reason_code);
    }
    if (full) {
        mqtt5_write_properties(w, 1u << type, &packet->as.properties);
    }
}

static APART void write_body(writer *w, const mqtt5_packet *packet)
{
    unsigned type = packet->type;

    switch (type) {
    case MQTT5_CONNECT:
        if (ENCODED & IN_CONNECT) {
            write_connect(w, &packet->as.connect);
        }
        break;
    case MQTT5_CONNACK:
        if (ENCODED & IN_CONNACK) {
            write_byte(w, packet->as.connack.session_present ? SESSION_PRESENT : 0);
            write_byte(w, packet->as.connack.reason_code);
            mqtt5_write_properties(w, IN_CONNACK, &packet->as.connack.properties);
        }
        break;
    case MQTT5_PUBLISH:
        write_publish(w, &packet->as.publish);
        break;
    case MQTT5_PUBACK:
    case MQTT5_PUBREC:
    case MQTT5_PUBREL:
    case MQTT5_PUBCOMP:
    case MQTT5_DISCONNECT:
    case MQTT5_AUTH:
        write_outcome(w, packet);
        break;
    case MQTT5_SUBSCRIBE:
        if (ENCODED & IN_SUBSCRIBE) {
            write_u16(w, packet->as.subscribe.packet_id);
            mqtt5_write_properties(w, IN_SUBSCRIBE, &packet->as.subscribe.properties);
            mqtt5_write_list(w, MQTT5_KIND_TOPIC_FILTERS, 0, &packet->as.subscribe.topic_filters);
        }
        break;
    case MQTT5_UNSUBSCRIBE:
        if (ENCODED & IN_UNSUBSCRIBE) {
            write_u16(w, packet->as.unsubscribe.packet_id);
            mqtt5_write_properties(w, IN_UNSUBSCRIBE, &packet->as.unsubscribe.properties);
            mqtt5_write_list(w, MQTT5_KIND_PATTERNS, 0, &packet->as.unsubscribe.patterns);
        }
        break;
    case MQTT5_SUBACK:
    case MQTT5_UNSUBACK:
        if (ENCODED & IN_SUBACK) {
            write_u16(w, packet->as.suback.packet_id);
            mqtt5_write_properties(w, 1u << type, &packet->as.suback.properties);
            mqtt5_write_list(w, MQTT5_KIND_REASON_CODES, 0, &packet->as.suback.reason_codes);
        }
        break;
    default: /* PINGREQ and PINGRESP have no body */
        break;
    }
}

static unsigned packet_flags(const mqtt5_packet *packet)
{
    const mqtt5_publish *p = &packet->as.publish;

    if (packet->type != MQTT5_PUBLISH) {
        return reserved_flags(packet->type);
    }
    return (unsigned)p->duplicate << DUP_SHIFT | (unsigned)p->qos << QOS_SHIFT | (unsigned)p->retain;
}

/* --------------------------------------------------------- entry points */

/* Reports an error of the first bytes of a packet. */
static mqtt5_status report_at(mqtt5_error *error, mqtt5_status status, unsigned field, size_t offset)
{
    (void)mqtt5_report(error, status, field, 0);
    if (error != NULL) {
        error->offset = offset;
    }
    return status;
}

static bool exceeds_limit(size_t packet_size, const mqtt5_options *options)
{
    return options != NULL && options->max_packet_size > 0 && packet_size > options->max_packet_size;
}

/* The packet identifier of a packet that was refused; 0 if it has none, or if that has not arrived. */
static NOINLINE uint16_t find_packet_id(const uint8_t *data, size_t size)
{
    const unsigned type = data[0] >> 4;
    reader r = reader_of(data + 1, size - 1);
    mqtt5_view topic;

    (void)read_varint(&r);
    if (type == MQTT5_PUBLISH && (data[0] >> QOS_SHIFT & 3) != 0) {
        read_view(&r, &topic);
    } else if (type < MQTT5_PUBACK || type > MQTT5_UNSUBACK) {
        return 0;
    }
    return read_u16(&r);
}

/* What the sender, or the stage of the connection, does not allow according to the first bytes of a packet. */
static NOINLINE mqtt5_status check_first_bytes(const uint8_t *data, size_t size, const mqtt5_options *options,
                                               mqtt5_error *error)
{
    const unsigned type = data[0] >> 4, flags = data[0] & 0x0Fu;
    const unsigned opening = options->sender == MQTT5_SENDER_CLIENT ? MQTT5_CONNECT : MQTT5_CONNACK;
    unsigned field = MQTT5_FIELD_PACKET_TYPE;
    mqtt5_status status = MQTT5_OK;
    size_t offset = 0;

    if (!is_in(packets_of(options->sender), type)) {
        status = MQTT5_ERR_SENDER_TYPE;
    } else if (options->stage == MQTT5_STAGE_OPENING && type != opening &&
               (opening == MQTT5_CONNECT || type != MQTT5_AUTH)) {
        status = MQTT5_ERR_NOT_CONNECTED;
    } else if (options->stage == MQTT5_STAGE_OPEN && type == opening) {
        status = MQTT5_ERR_ALREADY_CONNECTED;
    } else if (type == MQTT5_PUBLISH) {
        if ((flags >> QOS_SHIFT & 3) == 3) {
            status = MQTT5_ERR_BAD_QOS_FLAGS;
            field = MQTT5_FIELD_QOS;
        } else if ((flags & ~(unsigned)RETAIN) == 1u << DUP_SHIFT) {
            status = MQTT5_ERR_DUP_WITHOUT_QOS;
            field = MQTT5_FIELD_DUPLICATE;
        }
    } else if (type == MQTT5_PUBREC && size >= 5 && data[1] >= 3 && data[1] < 0x80 &&
               !mqtt5_is_reason_code(type, data[4], options->lenient)) {
        /* "POST ", "PRI *" and "PROXY" begin like a PUBREC of 80 bytes: it is not awaited. */
        status = MQTT5_ERR_BAD_REASON_CODE;
        field = MQTT5_FIELD_REASON_CODE;
        offset = 4;
    }
    return status == MQTT5_OK ? status : report_at(error, status, field, offset);
}

/* True if check_first_bytes() allows all packets that begin with this byte. */
static FAST bool is_usual(unsigned first, const mqtt5_options *options)
{
    const unsigned type = first >> 4;
    const unsigned usual = FROM_BOTH & ~(unsigned)IN_PUBREC;

    return IS_FAST && options->stage != MQTT5_STAGE_OPENING && (usual >> type & 1) != 0 &&
           (type != MQTT5_PUBLISH || (first >> QOS_SHIFT & 3) == 1 || (first & 0x0Eu) == 0);
}

mqtt5_status mqtt5_frame(const uint8_t *data, size_t size, const mqtt5_options *options, size_t *packet_size,
                         mqtt5_error *error)
{
    mqtt5_status status = MQTT5_OK;
    size_t remaining, whole;
    unsigned type;
    reader r;

    *packet_size = 2; /* the shortest packet there is */
    if (size == 0) {
        return MQTT5_INCOMPLETE;
    }
    *packet_size = 0;
    type = data[0] >> 4;
    if (type == 0) {
        return mqtt5_report(error, MQTT5_ERR_RESERVED_TYPE, MQTT5_FIELD_PACKET_TYPE, 0);
    }
    if (!is_in(DECODED, type)) {
        return mqtt5_report(error, MQTT5_ERR_WRONG_DIRECTION, MQTT5_FIELD_PACKET_TYPE, 0);
    }
    if (type != MQTT5_PUBLISH && (data[0] & 0x0Fu) != reserved_flags(type)) {
        return mqtt5_report(error, MQTT5_ERR_RESERVED_FLAGS, MQTT5_FIELD_FLAGS, 0);
    }
    r = reader_of(data + 1, size - 1);
    remaining = read_varint(&r);
    if (r.status == MQTT5_ERR_TRUNCATED) {
        *packet_size = size + 1;
        return MQTT5_INCOMPLETE;
    }
    if (r.status != MQTT5_OK) {
        return report_at(error, r.status, MQTT5_FIELD_REMAINING_LENGTH, 1);
    }
    whole = (size_t)(r.at - data) + remaining;
    *packet_size = whole;
    if (options != NULL && options->sender != MQTT5_SENDER_ANY && !is_usual(data[0], options)) {
        status = check_first_bytes(data, size, options, error);
    }
    if (status == MQTT5_OK && exceeds_limit(whole, options)) {
        status = report_at(error, MQTT5_ERR_PACKET_TOO_LARGE, MQTT5_FIELD_REMAINING_LENGTH, 1);
    }
    if (status != MQTT5_OK) {
        if (error != NULL) {
            error->packet_id = find_packet_id(data, size < whole ? size : whole);
        }
        return status;
    }
    return whole > size ? MQTT5_INCOMPLETE : MQTT5_OK;
}

/* The result of a parse that succeeded, though mqtt5_check() does not allow a value. In fast builds only. */
enum { VALUE_REFUSED = MQTT5_STATUS_COUNT };

static bool is_parsed(mqtt5_status status)
{
    return status == MQTT5_OK || (IS_FAST && status == (mqtt5_status)VALUE_REFUSED);
}

/* Parses the body. With a finder, records where each field begins. */
static FAST mqtt5_status parse(const uint8_t *data, size_t size, bool lenient, mqtt5_packet *packet, finder *f)
{
    reader r = reader_of(data + 1, size - 1);

    (void)read_varint(&r);
    r.find = f;
    r.lenient = lenient;
    read_body(&r, data[0] & 0x0Fu, packet);
    return IS_FAST && r.refused && r.status == MQTT5_OK ? (mqtt5_status)VALUE_REFUSED : r.status;
}

/* Locates the error. error->field is that of the refused value, 0 if parsing failed. */
static NOINLINE void locate(const uint8_t *data, size_t size, bool lenient, mqtt5_packet *packet, mqtt5_error *error)
{
    finder f;

    memset(&f, 0, sizeof(f));
    f.wanted = error->field;
    f.skip = error->index;
    if (!is_parsed(parse(data, size, lenient, packet, &f))) {
        error->field = f.field;
        error->index = f.item;
        f.found = true;
    }
    error->offset = f.found ? (size_t)(f.at - data) : 0;
    error->packet_id = find_packet_id(data, size);
}

/* Reads a packet and checks its values. In fast builds, most values were checked while they were read. */
static FAST mqtt5_status parse_and_check(const uint8_t *data, size_t size, bool lenient, mqtt5_packet *packet,
                                         mqtt5_error *error)
{
    static const mqtt5_options leniently = {0, 0, MQTT5_SENDER_ANY, MQTT5_STAGE_ANY, true, false};
    const mqtt5_status status = parse(data, size, lenient, packet, NULL);

    if (!is_parsed(status)) {
        return mqtt5_report(error, status, 0, 0);
    }
#if IS_FAST
    if (status == MQTT5_OK && !lenient) {
        return mqtt5_check_decoded(packet, error);
    }
#endif
    return mqtt5_check(packet, lenient ? &leniently : NULL, error);
}

/* After a packet was read strictly: reads it leniently if that failed, applies the other options, locates an error. */
static RARE mqtt5_status apply_options(mqtt5_status status, const uint8_t *data, size_t size,
                                       const mqtt5_options *options, mqtt5_packet *packet, mqtt5_error *error)
{
    const bool lenient = options != NULL && options->lenient;

    if (status != MQTT5_OK && lenient) {
        status = parse_and_check(data, size, true, packet, error);
        packet->lenient = true;
    }
    if (status == MQTT5_OK && options != NULL) {
        status = mqtt5_check(packet, options, error); /* once more, now with the options */
    }
    if (status != MQTT5_OK && error != NULL) {
        locate(data, size, lenient, packet, error);
    }
    return status;
}

static FAST bool exceeds_items(const mqtt5_properties *properties, mqtt5_property_id id, const mqtt5_list *list,
                               const mqtt5_options *options)
{
    return mqtt5_has(properties, id) && options->max_list_items > 0 && list->count > options->max_list_items;
}

/*
 * True if the options may refuse a packet that was read strictly; exact for what streams are made of. check.c
 * has the rules.
 */
static FAST bool may_refuse(const mqtt5_packet *packet, const mqtt5_options *options)
{
    const unsigned looked_at = IN_CONNECT | IN_SUBSCRIBE | IN_UNSUBSCRIBE | IN_SUBSCRIBE_ACK | IN_DISCONNECT | IN_AUTH;
    const mqtt5_properties *properties = &packet->as.properties;

    if (!IS_FAST || options->forbid_control_characters) {
        return true;
    }
    if (properties->present != 0) {
        if (exceeds_items(properties, MQTT5_PROP_USER_PROPERTIES, &properties->user_properties, options)) {
            return true;
        }
        if (packet->type == MQTT5_PUBLISH && mqtt5_has(properties, MQTT5_PROP_SUBSCRIPTION_ID)) {
            return options->sender == MQTT5_SENDER_CLIENT ||
                   exceeds_items(properties, MQTT5_PROP_SUBSCRIPTION_ID, &properties->subscription_ids, options);
        }
    }
    if (packet->type == MQTT5_PUBLISH) {
        return false;
    }
    return is_in(looked_at, packet->type) ||
           (is_in(IN_RECEIVED, packet->type) && packet->as.puback.reason_code != MQTT5_RC_SUCCESS);
}

static APART mqtt5_status decode_body(const uint8_t *data, size_t size, const mqtt5_options *options,
                                      mqtt5_packet *packet, mqtt5_error *error)
{
    const bool lenient = options != NULL && options->lenient; /* then an error is not the last word */
    const mqtt5_status status = parse_and_check(data, size, false, packet, lenient ? NULL : error);

    packet->lenient = false;
    if (status == MQTT5_OK && (options == NULL || !may_refuse(packet, options))) {
        return MQTT5_OK;
    }
    return apply_options(status, data, size, options, packet, error);
}

mqtt5_status mqtt5_decode(const uint8_t *data, size_t size, const mqtt5_options *options, mqtt5_packet *packet,
                          size_t *packet_size, mqtt5_error *error)
{
    mqtt5_status status = mqtt5_frame(data, size, options, packet_size, error);

    packet->type = size > 0 ? data[0] >> 4 : 0;
    return status != MQTT5_OK ? status : decode_body(data, *packet_size, options, packet, error);
}

/*
 * True if everything before the payload of a PUBLISH is there. A field that continues after size is not truncated. No
 * property is read before all have arrived, so strict reading is enough.
 */
static NOINLINE bool has_head(const uint8_t *data, size_t size, mqtt5_packet *packet)
{
    size_t header = 1;

    while (header < size && data[header] >= 0x80) {
        header++;
    }
    return header < size && parse(data, size, false, packet, NULL) != MQTT5_ERR_TRUNCATED;
}

mqtt5_status mqtt5_decode_head(const uint8_t *data, size_t size, const mqtt5_options *options, mqtt5_packet *packet,
                               size_t *packet_size, mqtt5_error *error)
{
    mqtt5_status status = mqtt5_frame(data, size, options, packet_size, error);

    packet->type = size > 0 ? data[0] >> 4 : 0;
    if (status == MQTT5_OK) {
        size = *packet_size;
    } else if (status != MQTT5_INCOMPLETE || packet->type != MQTT5_PUBLISH || !has_head(data, size, packet)) {
        return status;
    }
    status = decode_body(data, size, options, packet, error);
    if (status == MQTT5_OK && packet->type == MQTT5_PUBLISH) {
        packet->as.publish.payload.size += *packet_size - size;
    }
    return status;
}

/*
 * Writes a packet, or only its head: all but the payload. Inlined into the callers to save stack; firmware rarely
 * links more than one.
 */
static INLINE mqtt5_status encode_packet(const mqtt5_packet *packet, const mqtt5_options *options, bool only_head,
                                         uint8_t *data, size_t size, size_t *written, mqtt5_error *error)
{
    size_t payload, given, whole;
    writer w;

    w.data = data;
    w.size = data == NULL ? 0 : size < largest_packet ? size : largest_packet;
    *written = 0;
    if (!is_in(ENCODED, packet->type)) {
        return mqtt5_report(error, MQTT5_ERR_WRONG_DIRECTION, MQTT5_FIELD_PACKET_TYPE, 0);
    }
    payload = packet->type == MQTT5_PUBLISH ? packet->as.publish.payload.size : 0;
    given = varint_size(payload); /* never too many */
    w.at = 1 + given;
    write_body(&w, packet);
    write_length(&w, 1, given, payload);
    whole = w.at + payload;
    *written = only_head ? w.at : whole;
    if (whole > largest_packet || exceeds_limit(whole, options)) {
        return mqtt5_report(error, MQTT5_ERR_PACKET_TOO_LARGE, MQTT5_FIELD_REMAINING_LENGTH, 0);
    }
    if (w.data == NULL) {
        return MQTT5_OK;
    }
    if (w.size < *written) {
        return mqtt5_report(error, MQTT5_ERR_NO_SPACE, 0, 0);
    }
    w.data[0] = (uint8_t)((unsigned)packet->type << 4 | packet_flags(packet));
    if (payload > 0 && !only_head) { /* last, so that it is never moved */
        memcpy(w.data + w.at, packet->as.publish.payload.data, payload);
    }
    return MQTT5_OK;
}

mqtt5_status mqtt5_encode(const mqtt5_packet *packet, const mqtt5_options *options, uint8_t *data, size_t size,
                          size_t *packet_size, mqtt5_error *error)
{
    mqtt5_status status;

    *packet_size = 0;
    status = mqtt5_check(packet, options, error);
    return status != MQTT5_OK ? status : encode_packet(packet, options, false, data, size, packet_size, error);
}

mqtt5_status mqtt5_encode_checked(const mqtt5_packet *packet, const mqtt5_options *options, uint8_t *data, size_t size,
                                  size_t *packet_size, mqtt5_error *error)
{
    return encode_packet(packet, options, false, data, size, packet_size, error);
}

mqtt5_status mqtt5_encode_head(const mqtt5_packet *packet, const mqtt5_options *options, uint8_t *data, size_t size,
                               size_t *head_size, mqtt5_error *error)
{
    mqtt5_status status;

    *head_size = 0;
    status = mqtt5_check(packet, options, error);
    return status != MQTT5_OK ? status : encode_packet(packet, options, true, data, size, head_size, error);
}
