/* SPDX-License-Identifier: MIT */
/*
 * _speedups.c - engine 2: makes, reads and writes the objects of the packet classes from C, on CPython.
 *
 * Fields in structs become slots of objects, and the other way round; see
 * _speedups.h for what drives it and what it does not know. The stream of
 * packets is _speedups_decoder.c, the tables are made by _speedups_bind.c.
 */
#include "_speedups.h"

#include <string.h>

void engine_raise(PyObject *exception)
{
    if (exception != NULL) {
        PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
        Py_DECREF(exception);
    }
}

/* The binding of the object's class, or of the one that it is derived from; NULL with TypeError if there is none. */
static const binding *binding_of(PyObject *object)
{
    const PyTypeObject *cls;

    for (cls = Py_TYPE(object); cls != NULL; cls = cls->tp_base) {
        const binding *b = *bucket_of(cls);

        if (b != NULL) {
            return b;
        }
    }
    PyErr_Format(PyExc_TypeError, "%R is no packet", object);
    return NULL;
}

/* ------------------------------------------------------- from Python to C */

/*
 * What the structs point to. First everything is tried without running any
 * Python code, so that references can be borrowed. Where that finds something
 * UNFIT, it is done again with convert: then every value is converted, and
 * what is looked at is kept.
 */
typedef struct scratch {
    bool convert;
    PyObject *kept; /* a list */
    size_t used;
    union {
        char bytes[2048];
        void *aligned;
    } room;
} scratch;

static void begin_scratch(scratch *s, bool convert)
{
    s->convert = convert;
    s->kept = NULL;
    s->used = 0;
}

static void end_scratch(scratch *s)
{
    Py_CLEAR(s->kept);
}

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
    PyObject *block;
    void *room;

    size = (size + sizeof(void *) - 1) & ~(sizeof(void *) - 1);
    if (size <= sizeof(s->room) - s->used) {
        room = s->room.bytes + s->used;
        s->used += size;
        return room;
    }
    block = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    room = block != NULL ? PyBytes_AS_STRING(block) : NULL;
    return keep(s, block) == 0 ? room : NULL;
}

/* The value of an int, or of an object of a class derived from it; -1 if it is negative or too large. */
static long long number_of(PyObject *value)
{
    int overflow;

#if PY_VERSION_HEX >= 0x030C0000
    if (PyUnstable_Long_IsCompact((PyLongObject *)value)) {
        return PyUnstable_Long_CompactValue((PyLongObject *)value);
    }
#else
    if (Py_SIZE(value) == 1) {
        return ((PyLongObject *)value)->ob_digit[0];
    }
#endif
    return PyLong_AsLongLongAndOverflow(value, &overflow); /* -1 if it overflows */
}

static outcome fill_number(const field *f, PyObject *value, uint32_t *number)
{
    long long n;

    if (!Py_IS_TYPE(value, f->type)) {
        return UNFIT;
    }
    n = number_of(value);
    if (n < f->lowest || n > f->highest || (f->members != NULL && f->members[n] != value)) {
        return UNFIT;
    }
    *number = (uint32_t)n;
    return n == f->number ? DEFAULT : FIT;
}

static outcome fill_text(PyObject *value, mqtt5_view *view)
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

static unsigned lowest_bit(uint32_t bits)
{
#if defined(__GNUC__)
    return (unsigned)__builtin_ctz(bits);
#else
    unsigned n = 0;

    for (; !(bits & 1); bits >>= 1) {
        n++;
    }
    return n;
#endif
}

static outcome fill_object(const binding *b, PyObject *object, char *to, scratch *s);

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
        return fill_text(item, (mqtt5_view *)items + i);
    case MQTT5_KIND_USER_PROPERTIES:
        if (!PyTuple_CheckExact(item) || PyTuple_GET_SIZE(item) != 2) {
            return UNFIT;
        }
        pair = (mqtt5_user_property *)items + i;
        result = fill_text(PyTuple_GET_ITEM(item, 0), &pair->name);
        return result == FIT ? fill_text(PyTuple_GET_ITEM(item, 1), &pair->value) : result;
    default:
        if (!PyObject_TypeCheck(item, f->type)) {
            return UNFIT;
        }
        return fill_object(f->part, item, (char *)((mqtt5_topic_filter *)items + i), s);
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
    /* a pair, or a topic filter, is the largest of the items */
    items = room_for(s, (size_t)count * (is_list(f) && f->kind == MQTT5_KIND_PATTERNS ? sizeof(mqtt5_view)
                                                                                      : sizeof(mqtt5_user_property)));
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
    if (is_list(f)) {
        return fill_list(f, value, (mqtt5_list *)member, s);
    }
    return PyObject_TypeCheck(value, f->type) ? fill_object(f->part, value, member, s) : UNFIT;
}

/* Writes a value to a member of the struct. */
static Py_ALWAYS_INLINE outcome fill_member(const field *f, PyObject *value, char *member, scratch *s)
{
    bool none = f->nullable && value == Py_None;
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
        if (!none) {
            result = fill_number(f, value, &number);
        }
        *(uint16_t *)member = (uint16_t)number;
        return result;
    case MQTT5_KIND_U32:
    case MQTT5_KIND_VARINT:
        return fill_number(f, value, (uint32_t *)member);
    case MQTT5_KIND_STRING:
        return fill_text(value, (mqtt5_view *)member);
    case MQTT5_KIND_BINARY:
    case MQTT5_KIND_PAYLOAD:
        if (none) {
            *(mqtt5_view *)member = mqtt5_view_of(NULL, 0);
            return FIT;
        }
        if (!PyBytes_CheckExact(value)) {
            return UNFIT;
        }
        *(mqtt5_view *)member = mqtt5_view_of(PyBytes_AS_STRING(value), (size_t)PyBytes_GET_SIZE(value));
        return FIT;
    default:
        return fill_compound(f, value, member, s);
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
    uint32_t differ = 0;
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
    for (i = 0; i < b->count; i++) {
        differ |= (uint32_t)(values[i] != b->absent[i]) << i;
    }
    differ |= b->fixed_places; /* also if they were deleted by force */
    for (; differ != 0; differ &= differ - 1) {
        const field *f = b->by_place[lowest_bit(differ)];
        PyObject *value = values[f->place];
        outcome result = DEFAULT;

        if (value == NULL) { /* deleted by force */
            return UNFIT;
        }
        if (f->flag == 0 || value != f->def) {
            result = fill_member(f, value, to + f->offset, s);
            if (result >= UNFIT) {
                return result;
            }
        }
        if (f->flag != 0) {
            *(bool *)(to + f->flag) = result == FIT;
        } else {
            present |= (uint64_t)(result == FIT) << f->property; /* of no property: bit 0, which means nothing */
        }
    }
    if (b->present >= 0) {
        *(uint64_t *)(to + b->present) = present & ~(uint64_t)1;
    }
    return FIT;
}

/*
 * Writes an object to the packet, or a part to the smallest packet that has
 * one. The scratch is to be ended also if that fails.
 */
static outcome fill_packet(const binding *b, PyObject *object, mqtt5_packet *packet, scratch *s)
{
    char *to = (char *)packet;

    if (b->stands_in == NULL) {
        packet->type = b->type;
        packet->as.properties.present = 0;
    } else {
        *packet = b->holder;
        to += b->stands_in->offset;
        if (is_list(b->stands_in)) {
            mqtt5_list *list = (mqtt5_list *)to;

            to = room_for(s, sizeof(mqtt5_topic_filter));
            *list = mqtt5_list_of(to, 1);
        } else {
            *((bool *)packet + b->stands_in->flag) = true;
        }
    }
    return fill_object(b, object, to, s);
}

/* Only if nothing has to be converted, and no list needs memory. */
int engine_fill_exactly(const binding *b, PyObject *object, mqtt5_packet *packet)
{
    outcome result;
    scratch s;

    begin_scratch(&s, false);
    result = fill_packet(b, object, packet, &s);
    end_scratch(&s);
    return result == FIT ? 0 : -1;
}

/* ------------------------------------------------------- from C to Python */

/*
 * Objects that were freed last, for those that are made next. What is there
 * already are their properties, which are absent, with their defaults.
 */
enum { FREE_OBJECTS = 16 };
static struct {
    PyObject *objects[FREE_OBJECTS];
    int count;
} free_lists[CLASSES];

/*
 * A new object whose properties are absent; its other slots are yet to be
 * filled. The collector does not track it: its fields are immutable, so no
 * cycle can lead through it.
 */
static PyObject *new_object(const binding *b)
{
    PyObject *made;
    Py_ssize_t i;

    if (free_lists[b->number].count > 0) {
        made = free_lists[b->number].objects[--free_lists[b->number].count];
        Py_INCREF(b->cls);
        _Py_NewReference(made);
        return made;
    }
    made = PyObject_GC_New(PyObject, b->cls);
    for (i = 0; made != NULL && i < b->count; i++) {
        slots_of(made)[i] = Py_XNewRef(b->absent[i]);
    }
    return made;
}

static void free_slots(const binding *b, PyObject *object)
{
    PyTypeObject *cls = Py_TYPE(object);
    PyObject **slots = slots_of(object);
    Py_ssize_t i;

    for (i = 0; i < b->count; i++) {
        if (slots[i] != b->absent[i]) {
            Py_XSETREF(slots[i], Py_XNewRef(b->absent[i]));
        }
    }
    if (cls == b->cls && free_lists[b->number].count < FREE_OBJECTS) {
        free_lists[b->number].objects[free_lists[b->number].count++] = object;
    } else {
        for (i = 0; i < b->count; i++) {
            Py_XDECREF(b->absent[i]);
        }
        cls->tp_free(object);
    }
    Py_DECREF(cls);
}

/* The tp_dealloc of the classes: that of any class, which looks for the slots each time, takes several times as long.
 */
static void free_object(PyObject *object)
{
    static int depth = 0;
    const binding *b = binding_of(object); /* of a derived class, what that adds is gone */

    PyObject_GC_UnTrack(object);
    if (depth < 20) {
        depth++;
        free_slots(b, object);
        depth--;
    } else { /* only who changes packets by force can put them into each other without end */
        Py_TRASHCAN_BEGIN(object, free_object);
        free_slots(b, object);
        Py_TRASHCAN_END;
    }
}

/*
 * Short texts of the recent past: the same topics and names come again and
 * again, and so need not be made each time.
 */
enum { RECENT_TEXTS = 1024, SHORT_TEXT = 64 };
static PyObject *recent_texts[RECENT_TEXTS];

/* Of its size, beginning and end; the size is at least 2. */
static unsigned text_hash(mqtt5_view view)
{
    uint64_t head = 0, tail = 0;

    if (view.size >= 8) {
        memcpy(&head, view.data, 8);
        memcpy(&tail, view.data + view.size - 8, 8);
    } else if (view.size >= 4) {
        memcpy(&head, view.data, 4);
        memcpy(&tail, view.data + view.size - 4, 4);
    } else {
        memcpy(&head, view.data, 2);
        memcpy(&tail, view.data + view.size - 2, 2);
    }
    head = (head ^ view.size) * 0x9E3779B97F4A7C15u;
    head = ((head >> 32) ^ head ^ tail) * 0x9E3779B97F4A7C15u;
    return (unsigned)(head >> 48) % RECENT_TEXTS;
}

static bool is_ascii(mqtt5_view view)
{
    const uint64_t tops = 0x8080808080808080u;
    uint64_t word = 0;
    size_t i;

    for (i = 0; i + sizeof(word) <= view.size; i += sizeof(word)) {
        memcpy(&word, view.data + i, sizeof(word));
        if (word & tops) {
            return false;
        }
    }
    for (word = 0; i < view.size; i++) {
        word |= view.data[i];
    }
    return (word & tops) == 0;
}

static PyObject *make_text(mqtt5_view view)
{
    PyObject **recent = NULL, *made;

    if (view.size > 1 && view.size <= SHORT_TEXT) {
        recent = &recent_texts[text_hash(view)];
        made = *recent;
        if (made != NULL && (size_t)PyUnicode_GET_LENGTH(made) == view.size &&
            memcmp(PyUnicode_1BYTE_DATA(made), view.data, view.size) == 0) {
            return Py_NewRef(made);
        }
    }
    if (!is_ascii(view)) {
        return PyUnicode_DecodeUTF8((const char *)view.data, (Py_ssize_t)view.size, NULL);
    }
    made = PyUnicode_New((Py_ssize_t)view.size, 127);
    if (made != NULL && view.size > 0) {
        memcpy(PyUnicode_1BYTE_DATA(made), view.data, view.size);
    }
    if (made != NULL && recent != NULL) {
        Py_XSETREF(*recent, Py_NewRef(made));
    }
    return made;
}

static PyObject *make_bytes(mqtt5_view view)
{
    return PyBytes_FromStringAndSize((const char *)view.data, (Py_ssize_t)view.size);
}

static PyObject *make_number(const field *f, uint32_t number)
{
    if (f->members != NULL) {
        PyObject *member = f->members[number % CODES];

        if (member == NULL) {
            PyErr_Format(PyExc_SystemError, "%U: no such member", f->label);
        }
        return Py_XNewRef(member);
    }
    if (f->type == &PyBool_Type) {
        return PyBool_FromLong(number != 0);
    }
    if (f->nullable && number == 0) {
        return Py_NewRef(Py_None);
    }
    return PyLong_FromUnsignedLong(number);
}

static PyObject *make_object(const binding *b, const char *from, PyObject *payload);

static PyObject *make_pair(mqtt5_user_property pair)
{
    PyObject *made = PyTuple_New(2);
    PyObject *name = make_text(pair.name), *value = make_text(pair.value);

    if (made == NULL || name == NULL || value == NULL) {
        Py_XDECREF(name);
        Py_XDECREF(value);
        Py_CLEAR(made);
    } else {
        PyTuple_SET_ITEM(made, 0, name);
        PyTuple_SET_ITEM(made, 1, value);
    }
    return made;
}

static PyObject *make_next(const field *f, mqtt5_list *rest)
{
    union {
        mqtt5_user_property pair;
        mqtt5_topic_filter filter;
        mqtt5_view view;
        uint32_t number;
        uint8_t code;
    } item;
    bool more;

    switch (f->kind) {
    case MQTT5_KIND_VARINTS:
        more = mqtt5_next_subscription_id(rest, &item.number);
        return more ? make_number(f, item.number) : NULL;
    case MQTT5_KIND_REASON_CODES:
        more = mqtt5_next_reason_code(rest, &item.code);
        return more ? make_number(f, item.code) : NULL;
    case MQTT5_KIND_PATTERNS:
        more = mqtt5_next_pattern(rest, &item.view);
        return more ? make_text(item.view) : NULL;
    case MQTT5_KIND_USER_PROPERTIES:
        more = mqtt5_next_user_property(rest, &item.pair);
        return more ? make_pair(item.pair) : NULL;
    default:
        more = mqtt5_next_topic_filter(rest, &item.filter);
        return more ? make_object(f->part, (const char *)&item.filter, NULL) : NULL;
    }
}

static PyObject *make_list(const field *f, mqtt5_list rest)
{
    Py_ssize_t i, count = (Py_ssize_t)rest.count;
    PyObject *made = PyTuple_New(count);

    for (i = 0; made != NULL && i < count; i++) {
        PyObject *item = make_next(f, &rest);

        if (item == NULL) {
            Py_CLEAR(made);
        } else {
            PyTuple_SET_ITEM(made, i, item);
        }
    }
    return made;
}

/* The value of a member of the struct. */
static PyObject *make_value(const field *f, const char *member)
{
    switch (f->kind) {
    case MQTT5_KIND_BOOL:
        return PyBool_FromLong(*(const bool *)member);
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
    case MQTT5_KIND_PAYLOAD:
        return make_bytes(*(const mqtt5_view *)member);
    case MQTT5_KIND_WILL:
        return make_object(f->part, member, NULL);
    default:
        return make_list(f, *(const mqtt5_list *)member);
    }
}

/* The object for a struct; with that payload, if there is one already. */
static PyObject *make_object(const binding *b, const char *from, PyObject *payload)
{
    PyObject *made = new_object(b);
    uint64_t present = 0;
    Py_ssize_t i;

    if (made == NULL) {
        return NULL;
    }
    for (i = 0; b->fixed[i] != NULL; i++) {
        const field *f = b->fixed[i];
        PyObject *value;

        if (f->flag && !*(const bool *)(from + f->flag)) {
            value = Py_NewRef(f->def);
        } else if (payload != NULL && f == b->payload) {
            value = Py_NewRef(payload);
        } else {
            value = make_value(f, from + f->offset);
        }
        if (value == NULL) {
            goto failed;
        }
        *slot_of(made, f) = value;
    }
    if (b->present >= 0) {
        present = *(const uint64_t *)(from + b->present);
    }
    for (i = 0; present != 0; i++, present >>= 1) {
        if (present & 1) {
            const field *f = b->by_property[i];
            PyObject *value = make_value(f, from + f->offset);

            if (value == NULL) {
                goto failed;
            }
            Py_SETREF(*slot_of(made, f), value);
        }
    }
    return made;
failed:
    Py_DECREF(made);
    return NULL;
}

PyObject *engine_make_packet(const mqtt5_packet *packet, PyObject *payload)
{
    return make_object(engine_packets[packet->type], (const char *)packet, payload);
}

/* ---------------------------------------------------------- constructing */

static PyObject *refusal(PyObject *object, const mqtt5_error *error)
{
    return PyObject_CallFunction(engine_shared.refuse_value, "Oiin", object, (int)error->status, (int)error->field,
                                 (Py_ssize_t)error->index);
}

/* Whether an object obeys the rules. */
static outcome check_object(const binding *b, PyObject *object, bool convert)
{
    mqtt5_packet packet;
    mqtt5_error error;
    outcome result;
    scratch s;

    begin_scratch(&s, convert);
    result = fill_packet(b, object, &packet, &s);
    if (result == FIT && mqtt5_check(&packet, &error) != MQTT5_OK) {
        engine_raise(refusal(object, &error));
        result = FAILED;
    }
    end_scratch(&s);
    return result;
}

/* What a slot holds for this argument, without running any Python code; NULL if that takes a conversion. */
static PyObject *accept(const field *f, PyObject *value)
{
    if (value == f->def) {
        return Py_NewRef(value);
    }
    if (is_list(f)) {
        if (PyTuple_CheckExact(value)) {
            return Py_NewRef(value);
        }
        return PyList_CheckExact(value) ? PyList_AsTuple(value) : NULL;
    }
    if (f->members != NULL && (PyLong_CheckExact(value) || Py_IS_TYPE(value, f->type))) {
        long long number = number_of(value);

        return number >= 0 && number < CODES ? Py_XNewRef(f->members[number]) : NULL;
    }
    return Py_IS_TYPE(value, f->type) ? Py_NewRef(value) : NULL;
}

/* The parameter of this name, or NULL. Names are interned, and arguments mostly come in the order of the fields. */
static const field *find_parameter(const binding *b, PyObject *name, Py_ssize_t after)
{
    Py_ssize_t i;

    for (i = after; i < b->count; i++) {
        if (b->names[i] == name) {
            return &b->fields[i];
        }
    }
    for (i = 0; i < b->count; i++) {
        if (PyUnicode_Compare(b->names[i], name) == 0) {
            return &b->fields[i];
        }
    }
    return NULL;
}

/* Gives the object the arguments converted, in the order of the fields, and checks it. */
static outcome convert_arguments(const binding *b, PyObject *object, PyObject *const *args, Py_ssize_t count,
                                 PyObject *names)
{
    PyObject *given[MAX_FIELDS] = {NULL};
    Py_ssize_t i;

    PyErr_Clear(); /* no memory for a tuple: perhaps there is now */
    for (i = 0; i < count; i++) {
        given[i] = args[i];
    }
    for (i = 0; names != NULL && i < PyTuple_GET_SIZE(names); i++) {
        given[find_parameter(b, PyTuple_GET_ITEM(names, i), 0)->index] = args[count + i];
    }
    for (i = 0; i < b->count; i++) {
        const field *f = &b->fields[i];

        if (given[i] != NULL && given[i] != f->def) {
            PyObject *value = PyObject_CallFunctionObjArgs(f->convert, given[i], f->label, NULL);

            if (value == NULL) {
                return FAILED;
            }
            Py_XSETREF(*slot_of(object, f), value);
        }
    }
    return check_object(b, object, true);
}

/* What type.__call__() does: __init__() says what is wrong with the arguments. */
static PyObject *call_init(PyObject *cls, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    PyObject *positional = PyTuple_New(count), *keywords = PyDict_New(), *made = NULL;
    Py_ssize_t i;

    if (positional == NULL || keywords == NULL) {
        goto done;
    }
    for (i = 0; i < count; i++) {
        PyTuple_SET_ITEM(positional, i, Py_NewRef(args[i]));
    }
    for (i = 0; names != NULL && i < PyTuple_GET_SIZE(names); i++) {
        if (PyDict_SetItem(keywords, PyTuple_GET_ITEM(names, i), args[count + i]) < 0) {
            goto done;
        }
    }
    made = PyType_Type.tp_call(cls, positional, keywords);
done:
    Py_XDECREF(positional);
    Py_XDECREF(keywords);
    return made;
}

/* The tp_vectorcall of the classes. Classes derived from them do not inherit it: they go through __init__(). */
static PyObject *construct(PyObject *cls, PyObject *const *args, size_t flagged_count, PyObject *names)
{
    const binding *b = *bucket_of((PyTypeObject *)cls);
    Py_ssize_t i, count = PyVectorcall_NARGS(flagged_count), all = count + (names ? PyTuple_GET_SIZE(names) : 0);
    PyObject *made = count <= b->positional ? new_object(b) : call_init(cls, args, count, names);
    const field *f = b->fields, *const * fixed;
    uint32_t given = 0;
    outcome result = FIT;

    if (made == NULL || count > b->positional) {
        return made;
    }
    for (i = 0; i < all; i++) {
        PyObject *value;

        f = i < count ? &b->fields[i] : find_parameter(b, PyTuple_GET_ITEM(names, i - count), f->index);
        if (f == NULL || (given >> f->index & 1)) {
            break;
        }
        given |= 1u << f->index;
        value = accept(f, args[i]);
        if (value != NULL) {
            Py_XSETREF(*slot_of(made, f), value);
        } else {
            result = UNFIT;
        }
    }
    if (i < all || (given & b->required) != b->required) {
        Py_DECREF(made);
        return call_init(cls, args, count, names);
    }
    for (fixed = b->fixed; *fixed != NULL; fixed++) {
        if (!(given >> (*fixed)->index & 1)) {
            *slot_of(made, *fixed) = Py_NewRef((*fixed)->def);
        }
    }
    if (result == FIT) {
        result = check_object(b, made, false);
    }
    if (result == UNFIT) {
        result = convert_arguments(b, made, args, count, names);
    }
    if (result == FAILED) {
        Py_CLEAR(made);
    }
    return made;
}

/* For what was not made by construct(): converts and checks the fields. */
static PyObject *check_fields(PyObject *module, PyObject *value)
{
    const binding *b = binding_of(value);
    Py_ssize_t i;

    (void)module;
    for (i = 0; b != NULL && i < b->count; i++) {
        const field *f = &b->fields[i];
        PyObject *old = PyObject_GetAttr(value, f->name);

        if (old != NULL && old != f->def) {
            PyObject *label = PyUnicode_FromFormat("%s.%U", Py_TYPE(value)->tp_name, f->name);
            PyObject *converted = label ? PyObject_CallFunctionObjArgs(f->convert, old, label, NULL) : NULL;

            if (converted == NULL || (converted != old && PyObject_GenericSetAttr(value, f->name, converted) < 0)) {
                Py_CLEAR(old);
            }
            Py_XDECREF(label);
            Py_XDECREF(converted);
        }
        if (old == NULL) {
            return NULL;
        }
        Py_DECREF(old);
    }
    if (b == NULL || check_object(b, value, true) == FAILED) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* --------------------------------------------------------------- writing */

/* What most packets fit in; for others their size is asked for first. */
enum { COMMON_SIZE = 1024 };

static PyObject *encode(const mqtt5_packet *packet, PyObject *object)
{
    uint8_t room[COMMON_SIZE];
    mqtt5_error error;
    size_t size;
    mqtt5_status status = mqtt5_encode(packet, 0, room, sizeof(room), &size, &error);
    PyObject *data;

    if (status == MQTT5_OK) {
        return PyBytes_FromStringAndSize((const char *)room, (Py_ssize_t)size);
    }
    if (status == MQTT5_NO_SPACE) {
        data = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
        if (data != NULL) {
            mqtt5_encode(packet, 0, (uint8_t *)PyBytes_AS_STRING(data), size, &size, NULL);
        }
        return data;
    }
    engine_raise(refusal(object, &error));
    return NULL;
}

static PyObject *write_packet(PyObject *packet, PyObject *unused)
{
    const binding *b = binding_of(packet);
    PyObject *data = NULL;
    mqtt5_packet filled;
    outcome result;
    scratch s;

    (void)unused;
    if (b == NULL) {
        return NULL;
    }
    begin_scratch(&s, false);
    result = fill_packet(b, packet, &filled, &s);
    if (result == UNFIT) { /* of a derived class, or changed by force */
        end_scratch(&s);
        begin_scratch(&s, true);
        result = fill_packet(b, packet, &filled, &s);
    }
    if (result == FIT) {
        data = encode(&filled, packet);
    }
    end_scratch(&s);
    return data;
}

static PyObject *write_any(PyObject *module, PyObject *packet)
{
    (void)module;
    return write_packet(packet, NULL);
}

/* --------------------------------------------------------------- reading */

/* Bytes that cannot change. */
typedef struct source {
    PyObject *owner;
    const uint8_t *data;
    size_t size;
    size_t arrived; /* if there were more */
} source;

static void own_bytes(source *from, PyObject *bytes, const void *data, size_t size)
{
    from->owner = Py_NewRef(bytes);
    from->data = (const uint8_t *)data;
    from->size = from->arrived = size;
}

/* Of a buffer that others may change meanwhile: a copy of its first packet. */
static int copy_packet(source *from, const Py_buffer *view)
{
    enum { LONGEST_HEADER = 16 };
    size_t size, arrived = (size_t)view->len;

    if (mqtt5_frame((const uint8_t *)view->buf, arrived, 0, &size, NULL) != MQTT5_OK) {
        size = arrived < LONGEST_HEADER ? arrived : LONGEST_HEADER; /* so much tells why */
    }
    from->owner = PyBytes_FromStringAndSize((const char *)view->buf, (Py_ssize_t)size);
    if (from->owner == NULL) {
        return -1;
    }
    from->data = (const uint8_t *)PyBytes_AS_STRING(from->owner);
    from->size = size;
    from->arrived = arrived;
    return 0;
}

/* A buffer of one piece; if the object's is not, of a copy. */
int engine_get_buffer(PyObject *object, Py_buffer *view, const char *name)
{
    PyObject *memory, *bytes;

    if (PyObject_GetBuffer(object, view, PyBUF_SIMPLE) == 0) {
        return 0;
    }
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        engine_raise(PyObject_CallFunction(engine_shared.refuse_type, "Oss", object, name, "a bytes-like object"));
        return -1;
    }
    if (!PyErr_ExceptionMatches(PyExc_BufferError)) {
        return -1;
    }
    PyErr_Clear();
    memory = PyMemoryView_FromObject(object);
    bytes = memory != NULL ? PyObject_CallMethod(memory, "tobytes", NULL) : NULL;
    Py_XDECREF(memory);
    if (bytes == NULL) {
        return -1;
    }
    if (PyObject_GetBuffer(bytes, view, PyBUF_SIMPLE) < 0) {
        Py_DECREF(bytes);
        return -1;
    }
    Py_DECREF(bytes); /* which the view holds */
    return 0;
}

static int open_source(PyObject *buffer, source *from)
{
    Py_buffer view;
    int result = 0;

    if (PyBytes_CheckExact(buffer)) {
        own_bytes(from, buffer, PyBytes_AS_STRING(buffer), (size_t)PyBytes_GET_SIZE(buffer));
        return 0;
    }
    if (engine_get_buffer(buffer, &view, "buffer") < 0) {
        return -1;
    }
    if (PyBytes_CheckExact(view.obj)) {
        own_bytes(from, view.obj, view.buf, (size_t)view.len);
    } else if (PyMemoryView_Check(view.obj) && PyMemoryView_GET_BASE(view.obj) != NULL &&
               PyBytes_CheckExact(PyMemoryView_GET_BASE(view.obj))) {
        own_bytes(from, PyMemoryView_GET_BASE(view.obj), view.buf, (size_t)view.len);
    } else {
        result = copy_packet(from, &view);
    }
    PyBuffer_Release(&view);
    return result;
}

/* The exception for an error in a packet; the packet's type is known, if it has one. */
PyObject *engine_unreadable(const mqtt5_packet *packet, const mqtt5_error *error, const uint8_t *data, size_t size)
{
    size_t left = size - error->offset;

    return PyObject_CallFunction(engine_shared.refuse_packet, "iiiny#", (int)error->status, (int)packet->type,
                                 (int)error->field, (Py_ssize_t)error->offset, data + error->offset,
                                 (Py_ssize_t)(left < 9 ? left : 9));
}

static PyObject *read_packet(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    PyObject *made, *size_object, *result = NULL;
    mqtt5_packet packet;
    mqtt5_error error;
    mqtt5_status status;
    source from;
    size_t size;

    (void)module;
    if (count + (names != NULL ? PyTuple_GET_SIZE(names) : 0) != 1 ||
        (count == 0 && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, 0), "buffer") != 0)) {
        PyErr_SetString(PyExc_TypeError, "read() takes one argument, buffer");
        return NULL;
    }
    if (open_source(args[0], &from) < 0) {
        return NULL;
    }
    status = mqtt5_decode(from.data, from.size, 0, &packet, &size, &error);
    if (status == MQTT5_OK) {
        made = engine_make_packet(&packet, NULL);
        size_object = made != NULL ? PyLong_FromSize_t(size) : NULL;
        result = size_object != NULL ? PyTuple_New(2) : NULL;
        if (result != NULL) {
            PyTuple_SET_ITEM(result, 0, made);
            PyTuple_SET_ITEM(result, 1, size_object);
        } else {
            Py_XDECREF(made);
            Py_XDECREF(size_object);
        }
    } else if (status == MQTT5_INCOMPLETE) {
        engine_raise(PyObject_CallFunction(engine_shared.incomplete, "nn", (Py_ssize_t)from.arrived, (Py_ssize_t)size));
    } else {
        engine_raise(engine_unreadable(&packet, &error, from.data, from.size));
    }
    Py_DECREF(from.owner);
    return result;
}

static PyObject *topic_matches(PyObject *module, PyObject *args)
{
    static const char *const names[] = {"pattern", "topic"};
    PyObject *given[2], *texts[2] = {NULL, NULL}, *result = NULL;
    mqtt5_view views[2];
    int i;

    (void)module;
    if (!PyArg_ParseTuple(args, "OO", &given[0], &given[1])) {
        return NULL;
    }
    for (i = 0; i < 2; i++) {
        mqtt5_status status;

        texts[i] = PyObject_CallFunction(engine_shared.to_string, "Os", given[i], names[i]);
        if (texts[i] == NULL || fill_text(texts[i], &views[i]) != FIT) {
            goto done;
        }
        status = i == 0 ? mqtt5_check_topic_filter(views[i]) : mqtt5_check_topic_name(views[i]);
        if (status != MQTT5_OK) {
            engine_raise(PyObject_CallFunction(engine_shared.refuse_argument, "Osi", given[i], names[i], (int)status));
            goto done;
        }
    }
    result = PyBool_FromLong(mqtt5_topic_matches(views[0], views[1]));
done:
    Py_XDECREF(texts[0]);
    Py_XDECREF(texts[1]);
    return result;
}

/* ---------------------------------------------------------------- module */

/* This engine's read() and Decoder, in place of those in Python, which document them. */
static PyObject *replace(PyObject *module, PyObject *args)
{
    static PyMethodDef reader = {"read", (PyCFunction)(void (*)(void))read_packet, METH_FASTCALL | METH_KEYWORDS, NULL};
    PyObject *read, *decoder, *home;

    (void)module;
    if (!PyArg_ParseTuple(args, "OO", &read, &decoder)) {
        return NULL;
    }
    reader.ml_doc = engine_docstring(read, NULL, "read($module, buffer)\n--\n\n");
    home = PyObject_GetAttrString(read, "__module__");
    if (reader.ml_doc == NULL || home == NULL) {
        Py_XDECREF(home);
        return NULL;
    }
    read = PyCFunction_NewEx(&reader, NULL, home);
    Py_DECREF(home);
    decoder = engine_decoder_class(decoder);
    return Py_BuildValue("NN", read, decoder);
}

/* Gives the classes their fast ways. */
static int install(void)
{
    static PyMethodDef method = {"write", write_packet, METH_NOARGS, NULL};
    int i, result = 0;

    for (i = 0; i < CLASSES && engine_bindings[i].cls != NULL && result == 0; i++) {
        binding *b = &engine_bindings[i];

        if (b->stands_in == NULL) {
            PyObject *own;

            method.ml_doc = engine_docstring((PyObject *)b->cls, "write", "write($self, /)\n--\n\n");
            own = method.ml_doc != NULL ? PyDescr_NewMethod(b->cls, &method) : NULL;
            result = own != NULL ? PyObject_SetAttrString((PyObject *)b->cls, method.ml_name, own) : -1;
            Py_XDECREF(own);
        }
        b->cls->tp_vectorcall = construct;
        b->cls->tp_dealloc = free_object;
    }
    return result;
}

/* The tables are those of one set of classes, in one interpreter. */
static int execute(PyObject *module)
{
    static bool used = false;

    (void)module;
    if (used) {
        PyErr_SetString(PyExc_ImportError, "another interpreter, or an earlier import, uses mqtt5._speedups");
        return -1;
    }
    used = true;
    return engine_bind() == 0 ? install() : -1;
}

static PyMethodDef functions[] = {
    {"check", check_fields, METH_O, NULL},
    {"write", write_any, METH_O, NULL},
    {"read", (PyCFunction)(void (*)(void))read_packet, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"topic_matches", topic_matches, METH_VARARGS, NULL},
    {"replace", replace, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{Py_mod_exec, execute}, {0, NULL}};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "mqtt5._speedups", NULL, 0, functions, slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__speedups(void)
{
    return PyModuleDef_Init(&definition);
}
