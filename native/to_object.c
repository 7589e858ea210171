/* SPDX-License-Identifier: MIT */
/*
 * to_object.c - from C to Python: makes the object for a decoded packet.
 *
 * It knows the form of each kind of value on either side. It does not know
 * where the struct comes from. Decoding has checked it: each number has its
 * member, unless the packet is lenient, and each string is well-formed.
 */
#include "native.h"

static uint64_t load(const uint8_t *at, size_t size)
{
    uint64_t word = 0;

    memcpy(&word, at, size);
    return word;
}

/* By words, of which the last two may overlap. */
static bool is_ascii(mqtt5_view view)
{
    const uint8_t *at = view.data, *const end = at + view.size;
    uint64_t bits = 0;

    if (view.size >= 8) {
        for (bits = load(end - 8, 8); end - at >= 8; at += 8) {
            bits |= load(at, 8);
        }
    } else if (view.size >= 4) {
        bits = load(at, 4) | load(end - 4, 4);
    } else {
        while (at < end) {
            bits |= *at++;
        }
    }
    return (bits & 0x8080808080808080u) == 0;
}

static PyObject *make_text(mqtt5_view view)
{
    PyObject *made;

    if (view.size <= 1 || !is_ascii(view)) { /* CPython has one object for each single letter */
        return PyUnicode_DecodeUTF8((const char *)view.data, (Py_ssize_t)view.size, NULL);
    }
    made = PyUnicode_New((Py_ssize_t)view.size, 127);
    if (made != NULL) {
        memcpy(PyUnicode_1BYTE_DATA(made), view.data, view.size);
    }
    return made;
}

static PyObject *make_bytes(mqtt5_view view)
{
    return PyBytes_FromStringAndSize((const char *)view.data, (Py_ssize_t)view.size);
}

static PyObject *make_number(const field *f, uint32_t number)
{
    if (f->members == NULL) {
        return PyLong_FromUnsignedLong(number);
    }
    if (number < CODES && f->members[number] != NULL) {
        return Py_NewRef(f->members[number]);
    }
    return PyObject_CallFunction(f->state->unlisted, "Ok", f->type, (unsigned long)number);
}

static PyObject *make_object(layout *l, const char *from, PyObject *payload);

static PyObject *make_pair(const mqtt5_string_pair *pair)
{
    PyObject *name = make_text(pair->name), *value = name != NULL ? make_text(pair->value) : NULL;
    PyObject *made = value != NULL ? PyTuple_New(2) : NULL;

    if (made == NULL) {
        Py_XDECREF(name);
        Py_XDECREF(value);
        return NULL;
    }
    PyTuple_SET_ITEM(made, 0, name);
    PyTuple_SET_ITEM(made, 1, value);
    PyObject_GC_UnTrack(made); /* neither strings nor the items of a list can be part of a cycle */
    return made;
}

/* The next item. It exists, since the list was decoded. */
static PyObject *make_item(const field *f, mqtt5_list *list)
{
    mqtt5_string_pair pair;
    mqtt5_topic_filter filter;
    mqtt5_view pattern;
    uint32_t number;
    uint8_t code;

    switch (f->kind) {
    case MQTT5_KIND_VARINTS:
        return mqtt5_next_subscription_id(list, &number) ? make_number(f, number) : NULL;
    case MQTT5_KIND_USER_PROPERTIES:
        return mqtt5_next_user_property(list, &pair) ? make_pair(&pair) : NULL;
    case MQTT5_KIND_TOPIC_FILTERS:
        return mqtt5_next_topic_filter(list, &filter) ? make_object(f->component, (const char *)&filter, NULL) : NULL;
    case MQTT5_KIND_REASON_CODES:
        return mqtt5_next_reason_code(list, &code) ? make_number(f, code) : NULL;
    default:
        return mqtt5_next_pattern(list, &pattern) ? make_text(pattern) : NULL;
    }
}

static PyObject *make_list(const field *f, mqtt5_list list)
{
    const Py_ssize_t count = (Py_ssize_t)list.count;
    PyObject *made = PyTuple_New(count);
    Py_ssize_t i;

    for (i = 0; made != NULL && i < count; i++) {
        PyObject *item = make_item(f, &list);

        if (item == NULL) {
            Py_DECREF(made);
            return NULL;
        }
        PyTuple_SET_ITEM(made, i, item);
    }
    if (made != NULL && count > 0) {
        PyObject_GC_UnTrack(made);
    }
    return made;
}

static PyObject *make_value(const field *f, const char *member, PyObject *payload)
{
    switch (f->kind) {
    case MQTT5_KIND_BOOL:
        return Py_NewRef(*(const bool *)member ? Py_True : Py_False);
    case MQTT5_KIND_BYTE:
        return make_number(f, *(const uint8_t *)member);
    case MQTT5_KIND_U16:
        return make_number(f, *(const uint16_t *)member);
    case MQTT5_KIND_U32:
    case MQTT5_KIND_VARINT:
        return make_number(f, *(const uint32_t *)member);
    case MQTT5_KIND_STRING:
        return make_text(*(const mqtt5_view *)member);
    case MQTT5_KIND_BINARY:
        return make_bytes(*(const mqtt5_view *)member);
    case MQTT5_KIND_PAYLOAD:
        return payload != NULL ? Py_NewRef(payload) : make_bytes(*(const mqtt5_view *)member);
    case MQTT5_KIND_WILL:
        return make_object(f->component, member, NULL);
    default:
        return make_list(f, *(const mqtt5_list *)member);
    }
}

/* True if a member of the struct differs from the default. */
static bool is_default(const field *f, const char *from)
{
    const char *member = from + f->offset;

    if (f->flag != 0) {
        return !*(const bool *)(from + f->flag);
    }
    switch (f->kind) {
    case MQTT5_KIND_BOOL:
    case MQTT5_KIND_BYTE:
        return *(const uint8_t *)member == f->number;
    case MQTT5_KIND_U16:
        return *(const uint16_t *)member == (f->def == Py_None && f->property == 0 ? 0 : f->number);
    case MQTT5_KIND_U32:
    case MQTT5_KIND_VARINT:
        return *(const uint32_t *)member == f->number;
    default:
        return false;
    }
}

static int load_field(PyObject *self, const field *f, const char *from, PyObject *payload)
{
    PyObject *value;

    if (is_default(f, from)) {
        return 0;
    }
    value = make_value(f, from + f->offset, payload);
    if (value == NULL) {
        return -1;
    }
    set_value(self, f, value);
    return 0;
}

/* Returns the object for a struct. If payload is not NULL, it is used as is. */
static PyObject *make_object(layout *l, const char *from, PyObject *payload)
{
    PyObject *made = native_new(l);
    const field *const *fixed;
    uint64_t present = 0;
    int result = made != NULL ? 0 : -1;

    for (fixed = l->fixed; *fixed != NULL && result == 0; fixed++) {
        result = load_field(made, *fixed, from, payload);
    }
    if (l->present >= 0) {
        present = *(const uint64_t *)(from + l->present);
    }
    for (; present != 0 && result == 0; present &= present - 1) {
        result = load_field(made, l->by_property[lowest_bit(present)], from, payload);
    }
    if (result < 0) {
        Py_CLEAR(made);
    }
    return made;
}

PyObject *native_read_packet(const state *s, const mqtt5_packet *packet, PyObject *payload)
{
    return make_object(s->packets[packet->type], (const char *)packet, payload);
}

/* Its Will is lenient too if it needs that. */
PyObject *native_mark_lenient(const state *s, const mqtt5_packet *packet, PyObject *made)
{
    const field *const *fixed = s->packets[packet->type]->fixed;

    for (; made != NULL && *fixed != NULL; fixed++) {
        PyObject *value = values_of(made)[(*fixed)->index];
        const mqtt5_will *will = (const mqtt5_will *)(const void *)((const char *)packet + (*fixed)->offset);

        if ((*fixed)->kind == MQTT5_KIND_WILL && value != Py_None && mqtt5_check_will(will, NULL, NULL) != MQTT5_OK) {
            ((object *)value)->given |= LENIENT;
        }
    }
    if (made != NULL) {
        ((object *)made)->given |= LENIENT;
    }
    return made;
}
