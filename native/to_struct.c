/* SPDX-License-Identifier: MIT */
/*
 * to_struct.c - from Python to C: takes arguments, and fills the struct of a packet from the values of its object.
 *
 * It knows the form of each kind of value on either side. It does not know
 * which values are allowed: the C library checks the struct.
 */
#include "native.h"

/* ------------------------------------------------------------- arguments */

static bool is_number(const field *f, PyObject *value)
{
    return PyLong_CheckExact(value) && number_of(value) >= f->lowest && number_of(value) <= f->highest;
}

/* The member for a number; NULL if there is none. */
static PyObject *member_of(const field *f, PyObject *number)
{
    long long n = number_of(number);

    return n >= 0 && n < CODES ? f->members[n] : NULL;
}

static bool is_member(const field *f, PyObject *value)
{
    return Py_IS_TYPE(value, f->type) && member_of(f, value) == value;
}

/* A str without lone surrogates. Its UTF-8 is kept with it. */
static bool is_text(PyObject *value)
{
    if (!PyUnicode_CheckExact(value)) {
        return false;
    }
    if (PyUnicode_IS_COMPACT_ASCII(value) || PyUnicode_AsUTF8AndSize(value, NULL) != NULL) {
        return true;
    }
    PyErr_Clear();
    return false;
}

static bool is_component(const field *f, PyObject *value)
{
    return Py_IS_TYPE(value, f->type) || PyType_IsSubtype(Py_TYPE(value), f->type);
}

/* True if the value has exactly the type of a field, or of an item of a list. */
static HOT bool is_exact(const field *f, PyObject *value)
{
    switch (f->kind) {
    case MQTT5_KIND_BOOL:
        return PyBool_Check(value);
    case MQTT5_KIND_BYTE:
    case MQTT5_KIND_REASON_CODES:
        return f->members != NULL ? is_member(f, value) : is_number(f, value);
    case MQTT5_KIND_U16:
    case MQTT5_KIND_U32:
    case MQTT5_KIND_VARINT:
    case MQTT5_KIND_VARINTS:
        return is_number(f, value);
    case MQTT5_KIND_STRING:
    case MQTT5_KIND_PATTERNS:
        return is_text(value);
    case MQTT5_KIND_BINARY:
    case MQTT5_KIND_PAYLOAD:
        return PyBytes_CheckExact(value);
    case MQTT5_KIND_USER_PROPERTIES:
        return PyTuple_CheckExact(value) && PyTuple_GET_SIZE(value) == 2 && is_text(PyTuple_GET_ITEM(value, 0)) &&
               is_text(PyTuple_GET_ITEM(value, 1));
    default:
        return is_component(f, value);
    }
}

/* The member for an exact int if the field is an enum; otherwise the value itself. Borrowed. */
static PyObject *coded(const field *f, PyObject *value)
{
    if (f->members != NULL && PyLong_CheckExact(value) && !PyType_IsSubtype(f->type, &PyBool_Type)) {
        PyObject *member = member_of(f, value);

        return member != NULL ? member : value;
    }
    return value;
}

/* Returns a tuple of exact items; NULL with an exception, or without one if a converter is needed. */
static PyObject *adapt_list(const field *f, PyObject *value)
{
    PyObject *items;
    Py_ssize_t i;

    if (PyTuple_CheckExact(value)) {
        items = Py_NewRef(value);
    } else if (PyList_CheckExact(value)) {
        items = PyList_AsTuple(value);
        for (i = 0; items != NULL && f->members != NULL && i < PyTuple_GET_SIZE(items); i++) {
            PyObject *item = PyTuple_GET_ITEM(items, i);

            PyTuple_SET_ITEM(items, i, Py_NewRef(coded(f, item)));
            Py_DECREF(item);
        }
    } else {
        return NULL;
    }
    for (i = 0; items != NULL && i < PyTuple_GET_SIZE(items); i++) {
        if (!is_exact(f, PyTuple_GET_ITEM(items, i))) {
            Py_CLEAR(items);
        }
    }
    return items;
}

inline PyObject *native_adapt(const field *f, PyObject *value, bool lenient)
{
    if (is_list_kind(f->kind)) {
        PyObject *items = adapt_list(f, value);

        if (items != NULL || PyErr_Occurred()) {
            return items;
        }
    } else if ((value == Py_None && f->def == Py_None) || is_exact(f, value = coded(f, value))) {
        return Py_NewRef(value);
    }
    return PyObject_CallFunctionObjArgs(lenient ? f->convert_lenient : f->convert, value, f->label, NULL);
}

/* --------------------------------------------------------------- scratch */

struct block {
    struct block *next;
};

void native_begin(scratch *s)
{
    s->blocks = NULL;
    s->used = 0;
}

void native_end(scratch *s)
{
    while (s->blocks != NULL) {
        struct block *block = s->blocks;

        s->blocks = block->next;
        PyMem_Free(block);
    }
}

static void *room_for(scratch *s, size_t size)
{
    struct block *block;

    size = (size + sizeof(void *) - 1) & ~(sizeof(void *) - 1);
    if (size <= sizeof(s->room) - s->used) {
        s->used += size;
        return s->room.bytes + s->used - size;
    }
    block = (struct block *)PyMem_Malloc(sizeof(*block) + size);
    if (block == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    block->next = s->blocks;
    s->blocks = block;
    return block + 1;
}

/* --------------------------------------------------------------- filling */

int native_view(PyObject *text, mqtt5_view *view)
{
    Py_ssize_t size;

    if (PyUnicode_IS_COMPACT_ASCII(text)) {
        *view = mqtt5_view_of(PyUnicode_1BYTE_DATA(text), (size_t)PyUnicode_GET_LENGTH(text));
        return 0;
    }
    view->data = (const uint8_t *)PyUnicode_AsUTF8AndSize(text, &size);
    view->size = view->data != NULL ? (size_t)size : 0;
    return view->data != NULL ? 0 : -1;
}

static int fill_struct(const layout *l, PyObject *self, char *to, scratch *s);

static int fill_item(const field *f, PyObject *item, void *items, Py_ssize_t i, scratch *s)
{
    mqtt5_string_pair *pair;

    switch (f->kind) {
    case MQTT5_KIND_VARINTS:
        ((uint32_t *)items)[i] = (uint32_t)number_of(item);
        return 0;
    case MQTT5_KIND_REASON_CODES:
        ((uint8_t *)items)[i] = (uint8_t)number_of(item);
        return 0;
    case MQTT5_KIND_PATTERNS:
        return native_view(item, (mqtt5_view *)items + i);
    case MQTT5_KIND_USER_PROPERTIES:
        pair = (mqtt5_string_pair *)items + i;
        return native_view(PyTuple_GET_ITEM(item, 0), &pair->name) < 0
                   ? -1
                   : native_view(PyTuple_GET_ITEM(item, 1), &pair->value);
    default:
        return fill_struct(f->component, item, (char *)((mqtt5_topic_filter *)items + i), s);
    }
}

static int fill_list(const field *f, PyObject *value, mqtt5_list *list, scratch *s)
{
    const Py_ssize_t count = PyTuple_GET_SIZE(value);
    Py_ssize_t i;
    void *items;

    *list = mqtt5_list_of(NULL, 0);
    if (count == 0) {
        return 0;
    }
    if (count > (Py_ssize_t)(PTRDIFF_MAX / 2 / sizeof(mqtt5_string_pair))) { /* of 32 bits */
        PyErr_NoMemory();
        return -1;
    }
    items = room_for(s, (size_t)count * sizeof(mqtt5_string_pair)); /* no item is larger */
    if (items == NULL) {
        return -1;
    }
    for (i = 0; i < count; i++) {
        if (fill_item(f, PyTuple_GET_ITEM(value, i), items, i, s) < 0) {
            return -1;
        }
    }
    *list = mqtt5_list_of(items, (size_t)count);
    return 0;
}

/* Writes a value to its member of the struct. None becomes zero or empty. */
static HOT int fill_member(const field *f, PyObject *value, char *member, scratch *s)
{
    const bool is_none = value == Py_None;

    switch (f->kind) {
    case MQTT5_KIND_BOOL:
        *(bool *)member = value == Py_True;
        return 0;
    case MQTT5_KIND_BYTE:
        *(uint8_t *)member = (uint8_t)number_of(value);
        return 0;
    case MQTT5_KIND_U16:
        *(uint16_t *)member = (uint16_t)(is_none ? 0 : number_of(value));
        return 0;
    case MQTT5_KIND_U32:
    case MQTT5_KIND_VARINT:
        *(uint32_t *)member = (uint32_t)number_of(value);
        return 0;
    case MQTT5_KIND_STRING:
        return is_none ? 0 : native_view(value, (mqtt5_view *)member);
    case MQTT5_KIND_BINARY:
    case MQTT5_KIND_PAYLOAD:
        *(mqtt5_view *)member =
            is_none ? mqtt5_view_of(NULL, 0) : mqtt5_view_of(PyBytes_AS_STRING(value), (size_t)PyBytes_GET_SIZE(value));
        return 0;
    case MQTT5_KIND_WILL:
        return is_none ? 0 : fill_struct(f->component, value, member, s);
    default:
        return fill_list(f, value, (mqtt5_list *)member, s);
    }
}

int native_fill_member(const field *f, PyObject *value, char *member, scratch *s)
{
    return fill_member(f, value, member, s);
}

static int fill_struct(const layout *l, PyObject *self, char *to, scratch *s)
{
    uint32_t given = given_of(self);
    uint64_t present = 0;

    memcpy(to + l->plain_at, l->plain, l->plain_size);
    for (; given != 0; given &= given - 1) {
        const field *f = &l->fields[lowest_bit(given)];

        if (fill_member(f, values_of(self)[f->index], to + f->offset, s) < 0) {
            return -1;
        }
        if (f->flag != 0) {
            *(bool *)(to + f->flag) = true;
        }
        present |= (uint64_t)1 << f->property; /* 0 is not a property */
    }
    if (l->present >= 0) {
        *(uint64_t *)(to + l->present) = present & ~(uint64_t)1;
    }
    return 0;
}

int native_fill(const layout *l, PyObject *self, scratch *s)
{
    native_begin(s);
    if (is_packet(l)) {
        s->as.packet.type = (uint8_t)l->structure;
    }
    return fill_struct(l, self, (char *)&s->as, s);
}

/* What a member takes in its struct, apart from one that has a flag: without that, it means nothing. */
static size_t member_size(const field *f)
{
    switch (f->flag != 0 ? MQTT5_KIND_BOOL : f->kind) {
    case MQTT5_KIND_BOOL:
    case MQTT5_KIND_BYTE:
        return 1;
    case MQTT5_KIND_U16:
        return sizeof(uint16_t);
    case MQTT5_KIND_U32:
    case MQTT5_KIND_VARINT:
        return sizeof(uint32_t);
    default:
        return is_list_kind(f->kind) ? sizeof(mqtt5_list) : sizeof(mqtt5_view);
    }
}

int native_fill_fixed(layout *l)
{
    size_t end = 0;
    const field *f;
    scratch s;
    int i;

    memset(&s, 0, sizeof(s));
    l->plain_at = sizeof(s.as);
    for (i = 0; (f = l->fixed[i]) != NULL; i++) {
        const size_t at = f->flag != 0 ? f->flag : f->offset;

        if (f->def != NULL && fill_member(f, f->def, (char *)&s.as + f->offset, &s) < 0) {
            return -1;
        }
        l->plain_at = Py_MIN(l->plain_at, at);
        end = Py_MAX(end, at + member_size(f));
    }
    l->plain_size = end > l->plain_at ? end - l->plain_at : 0;
    if (l->plain_size > PLAIN_SIZE) {
        PyErr_SetString(PyExc_ImportError, "a struct is too large for the native engine");
        return -1;
    }
    memcpy(l->plain, (char *)&s.as + l->plain_at, l->plain_size);
    return 0;
}

/* -------------------------------------------------------------- checking */

int native_measure(const layout *l, PyObject *packet, size_t *size)
{
    scratch s;
    int result = native_fill(l, packet, &s);

    if (result == 0) {
        (void)mqtt5_encode_checked(&s.as.packet, NULL, NULL, 0, size, NULL);
    }
    native_end(&s);
    return result;
}

void native_refuse_value(const layout *l, PyObject *self, const mqtt5_error *error, size_t limit)
{
    PyObject *name;
    size_t size;

    if (error->status != MQTT5_ERR_PACKET_TOO_LARGE || error->field != MQTT5_FIELD_REMAINING_LENGTH) {
        native_raise(PyObject_CallFunction(l->state->refuse_value, "OOsisn", l->declared, self,
                                           mqtt5_strerror(error->status), (int)error->field,
                                           mqtt5_field_name(error->field), (Py_ssize_t)error->index));
        return;
    }
    name = PyType_GetName(l->type);
    if (name != NULL && native_measure(l, self, &size) == 0) {
        native_raise(PyObject_CallFunction(l->state->too_large, "Onn", name, (Py_ssize_t)size, (Py_ssize_t)limit));
    }
    Py_XDECREF(name);
}

int native_check(const layout *l, PyObject *self)
{
    static const mqtt5_options lenient = {0, 0, MQTT5_SENDER_ANY, MQTT5_STAGE_ANY, true, false};
    const mqtt5_options *options = is_lenient(self) ? &lenient : NULL;
    mqtt5_error error;
    mqtt5_status status;
    scratch s;

    if (native_fill(l, self, &s) < 0) {
        native_end(&s);
        return -1;
    }
    switch (l->structure) {
    case MQTT5_STRUCT_WILL:
        status = mqtt5_check_will(&s.as.will, options, &error);
        break;
    case MQTT5_STRUCT_TOPIC_FILTER:
        status = mqtt5_check_subscription(&s.as.filter, &error);
        break;
    default:
        status = mqtt5_check(&s.as.packet, options, &error);
        break;
    }
    native_end(&s);
    if (status != MQTT5_OK) {
        native_refuse_value(l, self, &error, 0);
    }
    return status == MQTT5_OK ? 0 : -1;
}
