/* SPDX-License-Identifier: MIT */
/*
 * _speedups_fill.c - from Python to C: writes the fields of an object to the struct of its packet.
 *
 * It knows how a value of each kind looks on either side. It does not know
 * what a value must be, or what becomes of the struct.
 */
#include "_speedups.h"

/* Takes the reference, also if it fails. */
static int keep(scratch *s, PyObject *object)
{
    int result = -1;

    if (object != NULL && (s->kept != NULL || (s->kept = PyList_New(0)) != NULL)) {
        result = PyList_Append(s->kept, object);
    }
    Py_XDECREF(object);
    return result;
}

static void *room_for(scratch *s, size_t size)
{
    struct block *block;
    void *room;

    size = (size + sizeof(void *) - 1) & ~(sizeof(void *) - 1);
    if (size <= sizeof(s->room) - s->used) {
        room = s->room.bytes + s->used;
        s->used += size;
        return room;
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

static Py_ALWAYS_INLINE inline outcome fill_number(const field *f, PyObject *value, uint32_t *number)
{
    long long n;

    if (!Py_IS_TYPE(value, f->type)) {
        return UNFIT;
    }
    n = number_of(value);
    if (f->members != NULL ? n < 0 || n >= CODES || f->members[n] != value : n < f->lowest || n > f->highest) {
        return UNFIT;
    }
    *number = (uint32_t)n;
    return n == f->number ? DEFAULT : FIT;
}

outcome engine_view_text(PyObject *value, mqtt5_view *view)
{
    Py_ssize_t size;

    if (!PyUnicode_CheckExact(value)) {
        return UNFIT;
    }
    if (PyUnicode_IS_COMPACT_ASCII(value)) {
        *view = mqtt5_view_of(PyUnicode_1BYTE_DATA(value), (size_t)PyUnicode_GET_LENGTH(value));
        return FIT;
    }
    view->data = (const uint8_t *)PyUnicode_AsUTF8AndSize(value, &size);
    if (view->data == NULL) { /* lone surrogates, or no memory */
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
            return FAILED;
        }
        PyErr_Clear();
        return UNFIT;
    }
    view->size = (size_t)size;
    return FIT;
}

static outcome fill_object(const binding *b, PyObject *object, char *to, scratch *s);

static outcome fill_part(const field *f, PyObject *part, void *to, scratch *s)
{
    if (!PyObject_TypeCheck(part, f->type)) {
        return UNFIT;
    }
    if (s->part_count < MAX_PARTS) {
        s->parts[s->part_count] = part;
    }
    s->part_count++;
    return fill_object(f->part, part, (char *)to, s);
}

static outcome fill_item(const field *f, PyObject *item, void *items, Py_ssize_t i, scratch *s)
{
    mqtt5_user_property *pair;
    uint32_t number = 0;
    outcome result;

    switch (f->kind) {
    case MQTT5_KIND_VARINTS:
        return fill_number(f, item, (uint32_t *)items + i);
    case MQTT5_KIND_REASON_CODES:
        result = fill_number(f, item, &number);
        ((uint8_t *)items)[i] = (uint8_t)number;
        return result;
    case MQTT5_KIND_PATTERNS:
        return engine_view_text(item, (mqtt5_view *)items + i);
    case MQTT5_KIND_USER_PROPERTIES:
        if (!PyTuple_CheckExact(item) || PyTuple_GET_SIZE(item) != 2) {
            return UNFIT;
        }
        pair = (mqtt5_user_property *)items + i;
        result = engine_view_text(PyTuple_GET_ITEM(item, 0), &pair->name);
        return result == FIT ? engine_view_text(PyTuple_GET_ITEM(item, 1), &pair->value) : result;
    default:
        return fill_part(f, item, (mqtt5_topic_filter *)items + i, s);
    }
}

static outcome fill_list(const field *f, PyObject *value, mqtt5_list *list, scratch *s)
{
    Py_ssize_t i, count;
    void *items;

    if (!PyTuple_CheckExact(value)) {
        return UNFIT;
    }
    count = PyTuple_GET_SIZE(value);
    *list = mqtt5_list_of(NULL, 0);
    if (count == 0) {
        return DEFAULT;
    }
    items = room_for(s, (size_t)count * sizeof(mqtt5_user_property)); /* no item is larger */
    if (items == NULL) {
        return FAILED;
    }
    for (i = 0; i < count; i++) {
        outcome result = fill_item(f, PyTuple_GET_ITEM(value, i), items, i, s);

        if (result >= UNFIT) {
            return result;
        }
    }
    *list = mqtt5_list_of(items, (size_t)count);
    return FIT;
}

static outcome fill_compound(const field *f, PyObject *value, char *member, scratch *s)
{
    if (is_list_field(f)) {
        return fill_list(f, value, (mqtt5_list *)member, s);
    }
    return fill_part(f, value, member, s);
}

static inline bool is_none(const field *f, PyObject *value)
{
    return value == Py_None && f->nullable;
}

/* Writes a value to a member of the struct. */
static Py_ALWAYS_INLINE inline outcome fill_member(const field *f, PyObject *value, char *member, scratch *s)
{
    uint32_t number = 0;
    outcome result = FIT;

    switch (f->kind) {
    case MQTT5_KIND_BOOL:
        *(bool *)member = value == Py_True;
        return PyBool_Check(value) ? FIT : UNFIT;
    case MQTT5_KIND_BYTE:
        result = fill_number(f, value, &number);
        *(uint8_t *)member = (uint8_t)number;
        return result;
    case MQTT5_KIND_U16:
        if (!is_none(f, value)) {
            result = fill_number(f, value, &number);
        }
        *(uint16_t *)member = (uint16_t)number;
        return result;
    case MQTT5_KIND_U32:
    case MQTT5_KIND_VARINT:
        return fill_number(f, value, (uint32_t *)member);
    case MQTT5_KIND_STRING:
        return engine_view_text(value, (mqtt5_view *)member);
    case MQTT5_KIND_BINARY:
    case MQTT5_KIND_PAYLOAD:
        if (PyBytes_CheckExact(value)) {
            *(mqtt5_view *)member = mqtt5_view_of(PyBytes_AS_STRING(value), (size_t)PyBytes_GET_SIZE(value));
            return FIT;
        }
        *(mqtt5_view *)member = mqtt5_view_of(NULL, 0);
        return is_none(f, value) ? FIT : UNFIT;
    default:
        return fill_compound(f, value, member, s);
    }
}

/* Writes the value of a field to the struct, and notes a property that differs from the default. */
static Py_ALWAYS_INLINE inline outcome put(const field *f, PyObject *value, char *to, uint64_t *present, scratch *s)
{
    outcome result = fill_member(f, value, to + f->offset, s);

    if (f->flag != 0) {
        *(bool *)(to + f->flag) = true;
    }
    *present |= (uint64_t)(result == FIT) << f->property; /* of no property: bit 0, which means nothing */
    return result;
}

/* A struct begins with all defaults, and ends with the properties that differ from them. */
static inline void begin_struct(const binding *b, char *to)
{
    memcpy(to + b->plain_at, b->plain, b->plain_size);
}

static inline void end_struct(const binding *b, char *to, uint64_t present)
{
    if (b->present >= 0) {
        *(uint64_t *)(to + b->present) = present & ~(uint64_t)1;
    }
}

/* All values, each converted to exactly its type, in the order of the slots. */
static int convert_values(const binding *b, PyObject *object, PyObject **values, scratch *s)
{
    bool exact = Py_IS_TYPE(object, b->cls);
    const field *f;

    for (f = b->fields; f < b->fields + b->count; f++) {
        /* a derived class may have changed what the attribute is; and it may have been deleted by force */
        PyObject *value =
            exact && *slot_of(object, f) != NULL ? Py_NewRef(*slot_of(object, f)) : PyObject_GetAttr(object, f->name);

        if (keep(s, value) < 0) {
            return -1;
        }
        if (value != f->def) {
            value = PyObject_CallFunctionObjArgs(f->convert, value, f->label, NULL);
            if (keep(s, value) < 0) {
                return -1;
            }
        }
        values[f->place] = value;
    }
    return 0;
}

/* Writes an object of the binding's class, or of one derived from it, to its struct. */
static outcome fill_object(const binding *b, PyObject *object, char *to, scratch *s)
{
    PyObject *converted[MAX_FIELDS], *const *values = slots_of(object);
    uint64_t present = 0;
    Py_ssize_t i;

    if (s->convert) {
        if (convert_values(b, object, converted, s) < 0) {
            return FAILED;
        }
        values = converted;
    } else if (!Py_IS_TYPE(object, b->cls)) {
        return UNFIT;
    }
    begin_struct(b, to);
    for (i = 0; i < b->count; i++) {
        outcome result;

        if (values[i] == b->defaults[i] && values[i] != NULL) {
            continue;
        }
        result = values[i] != NULL ? put(b->by_place[i], values[i], to, &present, s) : UNFIT; /* deleted by force */
        if (result >= UNFIT) {
            return result;
        }
    }
    end_struct(b, to, present);
    return FIT;
}

/*
 * Where in the packet the struct is that an object of the binding is written
 * to: the packet itself, or a part of the smallest packet that has one. NULL
 * if there is no memory. The scratch is to be ended also if that fails.
 */
static inline char *place_struct(const binding *b, scratch *s)
{
    mqtt5_packet *packet = &s->packet;
    const binding *in = b->holder;
    char *to = (char *)packet;
    mqtt5_list *list;

    packet->as.properties.present = 0;
    if (b->stands_in == NULL) {
        packet->type = b->type;
        return to;
    }
    packet->type = in->type;
    memcpy(to + in->plain_at, b->around, in->plain_size);
    to += b->stands_in->offset;
    if (is_list_field(b->stands_in)) {
        list = (mqtt5_list *)to;
        to = room_for(s, sizeof(mqtt5_topic_filter));
        *list = mqtt5_list_of(to, 1);
    } else {
        *((bool *)packet + b->stands_in->flag) = true;
    }
    return to;
}

outcome engine_fill(const binding *b, PyObject *object, scratch *s)
{
    char *to = place_struct(b, s);
    outcome result = to != NULL ? fill_object(b, object, to, s) : FAILED;

    if (result == UNFIT && s->convert) {
        PyErr_Format(PyExc_SystemError, "%s: a converter gives what does not fit", b->cls->tp_name);
        result = FAILED;
    }
    return result;
}

/*
 * What a slot holds for this argument: a tuple of a list, a member for its
 * number; else the argument. NULL if there is no memory. The collector may
 * run, and with it any code.
 */
static inline PyObject *adapt(const field *f, PyObject *value)
{
    if (is_list_field(f) && PyList_CheckExact(value)) {
        return PyList_AsTuple(value);
    }
    if (f->members != NULL && PyLong_CheckExact(value)) {
        long long number = number_of(value);

        if (number >= 0 && number < CODES && f->members[number] != NULL) {
            value = f->members[number];
        }
    }
    return Py_NewRef(value);
}

/* Parts are no properties: who has them says so itself. */
static Py_NO_INLINE outcome put_parts(const field *f, PyObject *value, char *to, scratch *s)
{
    uint64_t present = 0;
    outcome result = put(f, value, to, &present, s);

    return result == DEFAULT ? FIT : result;
}

outcome engine_take(const binding *b, PyObject *object, const field *const *passed, PyObject *const *args,
                    Py_ssize_t count, scratch *s)
{
    char *to = place_struct(b, s);
    const field *parts = NULL;
    uint64_t present = 0;
    outcome result;
    Py_ssize_t i;

    if (to == NULL) {
        return FAILED;
    }
    begin_struct(b, to);
    for (i = 0; i < count; i++) {
        const field *f = passed[i];
        PyObject *value;

        if (args[i] == f->def) {
            continue;
        }
        value = f->adapted ? adapt(f, args[i]) : Py_NewRef(args[i]);
        if (value == NULL) {
            return UNFIT;
        }
        Py_XSETREF(*slot_of(object, f), value);
        if (f->part != NULL) { /* last, since others can change a part as long as other code may run */
            parts = f;
            continue;
        }
        result = put(f, value, to, &present, s);
        if (result >= UNFIT) {
            return result;
        }
    }
    end_struct(b, to, present);
    return parts != NULL ? put_parts(parts, *slot_of(object, parts), to, s) : FIT;
}
