/* SPDX-License-Identifier: MIT */
/*
 * check.c - every rule that the values of one packet or component can break.
 *
 * It does not know bytes: the same rules hold for a packet that was just decoded
 * and for one that is about to be encoded. Rules that the property table gives
 * are in mqtt5_value.h.
 */
#include "mqtt5_text.h"
#include "mqtt5_value.h"

/* Keeps the first rule that is broken. */
typedef struct checker {
    mqtt5_status status;
    uint8_t field;
    uint8_t type;    /* of the packet; MQTT5_STRUCT_WILL within the Will ... */
    uint8_t section; /* ... when this is added to every field */
    size_t index;    /* of the item in a list, else 0 */
    const mqtt5_options *options;
} checker;

static const mqtt5_options no_options = {0, 0, MQTT5_SENDER_ANY, MQTT5_STAGE_ANY, false, false};

static INLINE checker checker_of(unsigned type, const mqtt5_options *options)
{
    checker c = {MQTT5_OK, 0, 0, 0, 0, NULL};

    c.type = (uint8_t)type;
    c.options = options != NULL ? options : &no_options;
    return c;
}

static NOINLINE void refuse(checker *c, mqtt5_status status, unsigned field)
{
    if (c->status == MQTT5_OK) {
        c->status = status;
        c->field = (uint8_t)(field | c->section);
    }
}

static INLINE void require(checker *c, bool holds, mqtt5_status otherwise, unsigned field)
{
    if (!holds) {
        refuse(c, otherwise, field);
    }
}

/* ------------------------------------------------------- kinds and text */

static void check_status(checker *c, mqtt5_status status, unsigned field)
{
    require(c, status == MQTT5_OK, status, field);
}

static void check_binary(checker *c, mqtt5_view view, unsigned field)
{
    require(c, view.size <= MQTT5_MAX_STRING_SIZE, MQTT5_ERR_TOO_LONG, field);
}

/* The option that forbids what 1.5.4 says a string SHOULD NOT contain. */
static FAST void check_controls(checker *c, const mqtt5_view *view, unsigned field)
{
    require(c, !c->options->forbid_control_characters || !mqtt5_has_control_character(*view),
            MQTT5_ERR_CONTROL_CHARACTER, field);
}

static void check_text(checker *c, const mqtt5_view *view, unsigned field)
{
    check_status(c, check_string(view), field);
    check_controls(c, view, field);
}

static FAST void check_topic(checker *c, const mqtt5_view *topic, unsigned field)
{
    check_status(c, mqtt5_check_topic_name(*topic), field);
    check_controls(c, topic, field);
}

static void check_filter(checker *c, const mqtt5_view *pattern, unsigned field)
{
    check_status(c, mqtt5_check_topic_filter(*pattern), field);
    check_controls(c, pattern, field);
}

static FAST void check_packet_id(checker *c, uint16_t packet_id)
{
    require(c, packet_id != 0, MQTT5_ERR_NO_PACKET_ID, MQTT5_FIELD_PACKET_ID);
}

/* -------------------------------------------------------- reason codes */

/* Which packets carry which code: the tables of each packet's section, DISCONNECT's where 2.4 differs. */
static const struct {
    uint8_t code;
    uint16_t packets;
} successes[] = {
    {MQTT5_RC_SUCCESS, IN_CONNACK | IN_PUBLISH_ACK | IN_SUBACK | IN_UNSUBACK | IN_DISCONNECT | IN_AUTH},
    {MQTT5_RC_GRANTED_QOS_1, IN_SUBACK},
    {MQTT5_RC_GRANTED_QOS_2, IN_SUBACK},
    {MQTT5_RC_DISCONNECT_WITH_WILL_MESSAGE, IN_DISCONNECT},
    {MQTT5_RC_NO_MATCHING_SUBSCRIBERS, IN_PUBACK | IN_PUBREC},
    {MQTT5_RC_NO_SUBSCRIPTION_EXISTED, IN_UNSUBACK},
    {MQTT5_RC_CONTINUE_AUTHENTICATION, IN_AUTH},
    {MQTT5_RC_RE_AUTHENTICATE, IN_AUTH},
};

enum { FIRST_FAILURE = MQTT5_RC_UNSPECIFIED_ERROR };

static const uint16_t failures[] = {
    IN_CLOSING | IN_RECEIVED | IN_SUBSCRIBE_ACK, /* 0x80 Unspecified error */
    IN_CLOSING,                                  /* 0x81 Malformed Packet */
    IN_CLOSING,                                  /* 0x82 Protocol Error */
    IN_CLOSING | IN_RECEIVED | IN_SUBSCRIBE_ACK, /* 0x83 Implementation specific error */
    IN_CONNACK,                                  /* 0x84 Unsupported Protocol Version */
    IN_CONNACK,                                  /* 0x85 Client Identifier not valid */
    IN_CONNACK,                                  /* 0x86 Bad User Name or Password */
    IN_CLOSING | IN_RECEIVED | IN_SUBSCRIBE_ACK, /* 0x87 Not authorized */
    IN_CONNACK,                                  /* 0x88 Server unavailable */
    IN_CLOSING,                                  /* 0x89 Server busy */
    IN_CONNACK,                                  /* 0x8A Banned */
    IN_DISCONNECT,                               /* 0x8B Server shutting down */
    IN_CONNACK,                                  /* 0x8C Bad authentication method */
    IN_DISCONNECT,                               /* 0x8D Keep Alive timeout */
    IN_DISCONNECT,                               /* 0x8E Session taken over */
    IN_SUBSCRIBE_ACK | IN_DISCONNECT,            /* 0x8F Topic Filter invalid */
    IN_CLOSING | IN_RECEIVED,                    /* 0x90 Topic Name invalid */
    IN_RECEIVED | IN_SUBSCRIBE_ACK,              /* 0x91 Packet Identifier in use */
    IN_PUBREL | IN_PUBCOMP,                      /* 0x92 Packet Identifier not found */
    IN_DISCONNECT,                               /* 0x93 Receive Maximum exceeded */
    IN_DISCONNECT,                               /* 0x94 Topic Alias invalid */
    IN_CLOSING,                                  /* 0x95 Packet too large */
    IN_DISCONNECT,                               /* 0x96 Message rate too high */
    IN_CLOSING | IN_RECEIVED | IN_SUBACK,        /* 0x97 Quota exceeded */
    IN_DISCONNECT,                               /* 0x98 Administrative action */
    IN_CLOSING | IN_RECEIVED,                    /* 0x99 Payload format invalid */
    IN_CLOSING,                                  /* 0x9A Retain not supported */
    IN_CLOSING,                                  /* 0x9B QoS not supported */
    IN_CLOSING,                                  /* 0x9C Use another server */
    IN_CLOSING,                                  /* 0x9D Server moved */
    IN_SUBACK | IN_DISCONNECT,                   /* 0x9E Shared Subscriptions not supported */
    IN_CLOSING,                                  /* 0x9F Connection rate exceeded */
    IN_DISCONNECT,                               /* 0xA0 Maximum connect time */
    IN_SUBACK | IN_DISCONNECT,                   /* 0xA1 Subscription Identifiers not supported */
    IN_SUBACK | IN_DISCONNECT,                   /* 0xA2 Wildcard Subscriptions not supported */
};

/* The packets that carry the code. */
static FAST unsigned packets_with(uint8_t code)
{
    unsigned packets = 0;
    size_t i;

    if (code >= FIRST_FAILURE) {
        i = code - FIRST_FAILURE;
        packets = i < sizeof(failures) / sizeof(failures[0]) ? failures[i] : 0;
    } else {
        for (i = 0; packets == 0 && i < sizeof(successes) / sizeof(successes[0]); i++) {
            if (successes[i].code == code) {
                packets = successes[i].packets;
            }
        }
    }
    return packets;
}

/*
 * Lenient reading tolerates each failure, and each other code that MQTT defines. Not in CONNACK and AUTH, where a code
 * below 0x80 would be a success that the sender did not mean.
 */
static FAST bool is_reason_code(unsigned type, uint8_t code, bool lenient)
{
    const unsigned packets = packets_with(code);

    if (lenient && (code >= FIRST_FAILURE || (packets != 0 && type != MQTT5_CONNACK && type != MQTT5_AUTH))) {
        return true;
    }
    return (packets >> type & 1) != 0;
}

bool mqtt5_is_reason_code(unsigned type, uint8_t code, bool lenient)
{
    return is_reason_code(type, code, lenient);
}

static FAST void check_reason_code(checker *c, uint8_t code, unsigned field)
{
    require(c, is_reason_code(c->type, code, c->options->lenient), MQTT5_ERR_BAD_REASON_CODE, field);
}

/* ---------------------------------------------------------------- lists */

/* Rows for the lists that are not properties. */
static const property topic_filters = {MQTT5_FIELD_TOPIC_FILTERS, MQTT5_KIND_TOPIC_FILTERS, RULE_NONE, 0, 0};
static const property patterns = {MQTT5_FIELD_PATTERNS, MQTT5_KIND_PATTERNS, RULE_NONE, 0, 0};
static const property reason_codes = {MQTT5_FIELD_REASON_CODES, MQTT5_KIND_REASON_CODES, RULE_NONE, 0, 0};

/* The properties whose rule lenient reading waives; their kind still holds. */
static bool is_waived(unsigned id)
{
    return id == MQTT5_PROP_PAYLOAD_FORMAT_INDICATOR || id == MQTT5_PROP_RESPONSE_TOPIC;
}

/* The value of a property, or one item of its list. */
static FAST void check_property(checker *c, const property *row, const void *value)
{
    const unsigned rule = c->options->lenient && is_waived(row->id) ? (unsigned)RULE_NONE : row->rule;

    check_status(c, check_value(row->kind, rule, value), row->id);
    if (row->kind == MQTT5_KIND_STRING) {
        check_controls(c, (const mqtt5_view *)value, row->id);
    } else if (row->kind == MQTT5_KIND_USER_PROPERTIES) {
        check_controls(c, &((const mqtt5_string_pair *)value)->name, row->id);
        check_controls(c, &((const mqtt5_string_pair *)value)->value, row->id);
    }
}

static INLINE void check_item(checker *c, const property *row, const void *item)
{
    const unsigned field = row->id;
    const mqtt5_topic_filter *filter;

    switch (row->kind) {
    case MQTT5_KIND_TOPIC_FILTERS:
        filter = (const mqtt5_topic_filter *)item;
        check_filter(c, &filter->pattern, field);
        require(c, filter->max_qos <= 2, MQTT5_ERR_BAD_REQUESTED_QOS, field);
        require(c, filter->retain_handling <= 2, MQTT5_ERR_BAD_RETAIN_HANDLING, field);
        require(c, !filter->no_local || !mqtt5_is_shared(filter->pattern), MQTT5_ERR_SHARED_NO_LOCAL, field);
        break;
    case MQTT5_KIND_REASON_CODES:
        check_reason_code(c, *(const uint8_t *)item, field);
        break;
    case MQTT5_KIND_PATTERNS:
        check_filter(c, (const mqtt5_view *)item, field);
        break;
    default:
        check_property(c, row, item);
        break;
    }
}

static void check_count(checker *c, const mqtt5_list *list, unsigned field)
{
    const size_t most = c->options->max_list_items;

    if (most > 0 && list->count > most && c->status == MQTT5_OK) {
        refuse(c, MQTT5_ERR_TOO_MANY_ITEMS, field);
        c->index = most; /* the first item beyond */
    }
}

/* At least one item, not too many, and no item that is not allowed. */
static void check_list(checker *c, const property *row, const mqtt5_list *list)
{
    mqtt5_list left = *list;
    value room;

    check_count(c, list, row->id);
    if (c->status != MQTT5_OK) {
        return;
    }
    require(c, left.count > 0, MQTT5_ERR_EMPTY_LIST, row->id);
    for (; left.count > 0; c->index++) {
        const void *item = mqtt5_next_item(&left, row->kind, &room);

        if (item == NULL) {
            refuse(c, MQTT5_ERR_TRUNCATED, row->id); /* not a list that mqtt5_decode() made */
        } else {
            check_item(c, row, item);
        }
        if (c->status != MQTT5_OK) {
            return;
        }
    }
    c->index = 0;
}

/* ----------------------------------------------------------- properties */

static void check_properties(checker *c, const mqtt5_properties *properties)
{
    uint64_t bits;

    for (bits = properties->present; bits != 0 && c->status == MQTT5_OK; bits &= bits - 1) {
        unsigned id = lowest_bit(bits);
        const property *row = find_property(id, 1u << c->type);

        if (row == NULL) {
            mqtt5_status status = mqtt5_refuse_property(id);

            if (status == MQTT5_ERR_UNKNOWN_PROPERTY) { /* its number names no field */
                id = MQTT5_FIELD_PROPERTY_ID;
            }
            refuse(c, status, id);
        } else {
            const void *member = (const char *)properties + row->offset;

            if (is_list(row->kind)) {
                check_list(c, row, (const mqtt5_list *)member);
            } else {
                check_property(c, row, member);
            }
        }
    }
}

/* Until leave_will(), the fields are those of the Will. */
static void enter_will(checker *c)
{
    c->type = MQTT5_STRUCT_WILL;
    c->section = MQTT5_FIELD_IN_WILL;
}

static void leave_will(checker *c)
{
    c->type = MQTT5_CONNECT;
    c->section = 0;
}

/* ----------------------------------------------------- who sends, limits */

/* Properties that only one side may send, in packets that both send. */
static const struct {
    uint8_t type;
    uint8_t sender;
    uint8_t id;
} one_sided_properties[] = {
    {MQTT5_PUBLISH, MQTT5_SENDER_SERVER, MQTT5_PROP_SUBSCRIPTION_ID},            /* 3.3.4-6 */
    {MQTT5_DISCONNECT, MQTT5_SENDER_CLIENT, MQTT5_PROP_SESSION_EXPIRY_INTERVAL}, /* 3.14.2-2 */
    {MQTT5_DISCONNECT, MQTT5_SENDER_SERVER, MQTT5_PROP_SERVER_REFERENCE},        /* 3.14.2.2.5 */
};

/* Reason codes that only one side may send, likewise. */
static const struct {
    uint16_t packets;
    uint8_t first, last;
    uint8_t sender;
} one_sided_codes[] = {
    {IN_RECEIVED, MQTT5_RC_NO_MATCHING_SUBSCRIBERS, MQTT5_RC_NO_MATCHING_SUBSCRIBERS, MQTT5_SENDER_SERVER},
    {IN_DISCONNECT, MQTT5_RC_DISCONNECT_WITH_WILL_MESSAGE, MQTT5_RC_DISCONNECT_WITH_WILL_MESSAGE, MQTT5_SENDER_CLIENT},
    {IN_DISCONNECT, MQTT5_RC_NOT_AUTHORIZED, MQTT5_RC_TOPIC_FILTER_INVALID, MQTT5_SENDER_SERVER},
    {IN_DISCONNECT, MQTT5_RC_RETAIN_NOT_SUPPORTED, MQTT5_RC_WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED, MQTT5_SENDER_SERVER},
    {IN_AUTH, MQTT5_RC_SUCCESS, MQTT5_RC_SUCCESS, MQTT5_SENDER_SERVER},
    {IN_AUTH, MQTT5_RC_RE_AUTHENTICATE, MQTT5_RC_RE_AUTHENTICATE, MQTT5_SENDER_CLIENT},
};

static void check_code_of_sender(checker *c, uint8_t code)
{
    const bool known = is_reason_code(c->type, code, false); /* the others are for lenient reading to judge */
    size_t i;

    for (i = 0; known && i < sizeof(one_sided_codes) / sizeof(one_sided_codes[0]); i++) {
        const bool listed = (one_sided_codes[i].packets >> c->type & 1) && code >= one_sided_codes[i].first &&
                            code <= one_sided_codes[i].last;

        require(c, !listed || one_sided_codes[i].sender == c->options->sender, MQTT5_ERR_SENDER_REASON_CODE,
                MQTT5_FIELD_REASON_CODE);
    }
}

static NOINLINE void check_sender(checker *c, const mqtt5_packet *packet)
{
    const uint32_t present = (uint32_t)packet->as.properties.present; /* all identifiers below are less than 32 */
    const unsigned sender = c->options->sender;
    size_t i;

    require(c, is_in(packets_of(sender), c->type), MQTT5_ERR_SENDER_TYPE, MQTT5_FIELD_PACKET_TYPE);
    for (i = 0; present != 0 && i < sizeof(one_sided_properties) / sizeof(one_sided_properties[0]); i++) {
        require(c,
                one_sided_properties[i].type != c->type || one_sided_properties[i].sender == sender ||
                    !(present >> one_sided_properties[i].id & 1),
                MQTT5_ERR_SENDER_PROPERTY, one_sided_properties[i].id);
    }
    if ((IN_RECEIVED >> c->type & 1) != 0) {
        check_code_of_sender(c, packet->as.puback.reason_code);
    } else if (((IN_DISCONNECT | IN_AUTH) >> c->type & 1) != 0) {
        check_code_of_sender(c, packet->as.disconnect.reason_code);
    }
    require(c, /* 4.12.0-2 */
            c->type != MQTT5_AUTH || sender != MQTT5_SENDER_SERVER || c->options->stage != MQTT5_STAGE_OPENING ||
                packet->as.auth.reason_code == MQTT5_RC_CONTINUE_AUTHENTICATION,
            MQTT5_ERR_SENDER_REASON_CODE, MQTT5_FIELD_REASON_CODE);
}

/* -------------------------------------------------------------- packets */

static INLINE void check_will(checker *c, const mqtt5_will *will, bool known)
{
    require(c, will->qos <= 2, MQTT5_ERR_BAD_QOS_FLAGS, MQTT5_FIELD_QOS);
    if (!known) {
        check_properties(c, &will->properties);
    }
    check_topic(c, &will->topic, MQTT5_FIELD_TOPIC);
    check_binary(c, will->payload, MQTT5_FIELD_PAYLOAD);
}

static INLINE void check_connect(checker *c, const mqtt5_connect *p, bool known)
{
    bool method = mqtt5_has(&p->properties, MQTT5_PROP_AUTHENTICATION_METHOD);

    require(c, method || !mqtt5_has(&p->properties, MQTT5_PROP_AUTHENTICATION_DATA), MQTT5_ERR_NO_AUTHENTICATION_METHOD,
            MQTT5_PROP_AUTHENTICATION_DATA);
    check_text(c, &p->client_id, MQTT5_FIELD_CLIENT_ID);
    if (p->has_will) {
        enter_will(c);
        check_will(c, &p->will, known);
        leave_will(c);
    }
    if (p->has_username) {
        check_text(c, &p->username, MQTT5_FIELD_USERNAME);
    }
    if (p->has_password) {
        check_binary(c, p->password, MQTT5_FIELD_PASSWORD);
    }
}

static FAST void check_publish(checker *c, const mqtt5_publish *p)
{
    require(c, p->qos <= 2, MQTT5_ERR_BAD_QOS_FLAGS, MQTT5_FIELD_QOS);
    if (p->qos == 0) {
        require(c, !p->duplicate, MQTT5_ERR_DUP_WITHOUT_QOS, MQTT5_FIELD_DUPLICATE);
        require(c, p->packet_id == 0, MQTT5_ERR_PACKET_ID_WITHOUT_QOS, MQTT5_FIELD_PACKET_ID);
    } else {
        check_packet_id(c, p->packet_id);
    }
    if (p->topic.size == 0) {
        require(c, mqtt5_has(&p->properties, MQTT5_PROP_TOPIC_ALIAS), MQTT5_ERR_NO_TOPIC, MQTT5_FIELD_TOPIC);
    } else {
        check_topic(c, &p->topic, MQTT5_FIELD_TOPIC);
    }
    require(c, p->payload.size <= MQTT5_MAX_REMAINING_LENGTH, MQTT5_ERR_PACKET_TOO_LARGE, MQTT5_FIELD_PAYLOAD);
}

/* AUTH must name a method [3.15.2.2.2], except with Success: deployed peers omit it. */
static void check_auth(checker *c, const mqtt5_auth *p)
{
    bool method = mqtt5_has(&p->properties, MQTT5_PROP_AUTHENTICATION_METHOD);

    require(c, method || p->reason_code == 0, MQTT5_ERR_NO_AUTHENTICATION_METHOD, MQTT5_PROP_AUTHENTICATION_METHOD);
    require(c, method || !mqtt5_has(&p->properties, MQTT5_PROP_AUTHENTICATION_DATA), MQTT5_ERR_NO_AUTHENTICATION_METHOD,
            MQTT5_PROP_AUTHENTICATION_DATA);
}

static mqtt5_status result_of(const checker *c, mqtt5_error *error)
{
    return c->status == MQTT5_OK ? MQTT5_OK : mqtt5_report(error, c->status, c->field, c->index);
}

mqtt5_status mqtt5_check_will(const mqtt5_will *will, const mqtt5_options *options, mqtt5_error *error)
{
    checker c = checker_of(MQTT5_STRUCT_WILL, options);

    check_will(&c, will, false);
    return result_of(&c, error);
}

mqtt5_status mqtt5_check_subscription(const mqtt5_topic_filter *filter, mqtt5_error *error)
{
    checker c = checker_of(MQTT5_SUBSCRIBE, NULL);

    check_item(&c, &topic_filters, filter);
    return result_of(&c, error);
}

/* If known, the properties were checked when they were read. */
static INLINE mqtt5_status check_packet(const mqtt5_packet *packet, const mqtt5_options *options, bool known,
                                        mqtt5_error *error)
{
    checker c = checker_of(packet->type, options);

    switch (packet->type) {
    case MQTT5_CONNECT:
        check_connect(&c, &packet->as.connect, known);
        break;
    case MQTT5_CONNACK:
        check_reason_code(&c, packet->as.connack.reason_code, MQTT5_FIELD_REASON_CODE);
        break;
    case MQTT5_PUBLISH:
        check_publish(&c, &packet->as.publish);
        break;
    case MQTT5_PUBACK:
    case MQTT5_PUBREC:
    case MQTT5_PUBREL:
    case MQTT5_PUBCOMP:
        check_packet_id(&c, packet->as.puback.packet_id);
        check_reason_code(&c, packet->as.puback.reason_code, MQTT5_FIELD_REASON_CODE);
        break;
    case MQTT5_SUBSCRIBE:
        check_packet_id(&c, packet->as.subscribe.packet_id);
        check_list(&c, &topic_filters, &packet->as.subscribe.topic_filters);
        break;
    case MQTT5_UNSUBSCRIBE:
        check_packet_id(&c, packet->as.unsubscribe.packet_id);
        check_list(&c, &patterns, &packet->as.unsubscribe.patterns);
        break;
    case MQTT5_SUBACK:
    case MQTT5_UNSUBACK:
        check_packet_id(&c, packet->as.suback.packet_id);
        check_list(&c, &reason_codes, &packet->as.suback.reason_codes);
        break;
    case MQTT5_PINGREQ:
    case MQTT5_PINGRESP:
        break;
    case MQTT5_DISCONNECT:
        check_reason_code(&c, packet->as.disconnect.reason_code, MQTT5_FIELD_REASON_CODE);
        break;
    case MQTT5_AUTH:
        check_reason_code(&c, packet->as.auth.reason_code, MQTT5_FIELD_REASON_CODE);
        check_auth(&c, &packet->as.auth);
        break;
    default:
        require(&c, false, MQTT5_ERR_RESERVED_TYPE, MQTT5_FIELD_PACKET_TYPE);
        break;
    }
    if (!known && c.status == MQTT5_OK && packet->as.properties.present != 0) {
        check_properties(&c, &packet->as.properties);
    }
    if (c.status == MQTT5_OK && c.options->sender != MQTT5_SENDER_ANY) {
        check_sender(&c, packet);
    }
    return result_of(&c, error);
}

mqtt5_status mqtt5_check(const mqtt5_packet *packet, const mqtt5_options *options, mqtt5_error *error)
{
    return check_packet(packet, options, false, error);
}

#if IS_FAST
mqtt5_status mqtt5_check_decoded(const mqtt5_packet *packet, mqtt5_error *error)
{
    return check_packet(packet, NULL, true, error);
}
#endif
