/* SPDX-License-Identifier: MIT */
/*
 * _speedups_construct.c - new objects from arguments, as their classes are called.
 *
 * It knows which argument is for which field, and what it made last. It does
 * not know what a value must be, or how it is written. Python code that it
 * leads into may call it again.
 */
#include "_speedups.h"

/* Ends what began with filling a packet from an object: whether the object obeys the rules. */
static outcome check_filled(const scratch *s, PyObject *object, outcome result)
{
    mqtt5_error error;

    if (result == FIT && mqtt5_check(&s->packet, &error) != MQTT5_OK) {
        engine_refuse(object, &error);
        result = FAILED;
    }
    return result;
}

static outcome check_object(const binding *b, PyObject *object)
{
    outcome result;
    scratch s;

    begin_scratch(&s, true);
    result = check_filled(&s, object, engine_fill(b, object, &s));
    end_scratch(&s);
    return result;
}

/* The parameter of this name, or NULL. Names are interned, and arguments mostly come in the order of the fields. */
static const field *find_parameter(const binding *b, PyObject *name, Py_ssize_t expected)
{
    Py_ssize_t i;

    for (i = expected; i < b->count; i++) {
        if (b->names[i] == name) {
            return &b->fields[i];
        }
    }
    for (i = 0; i < expected; i++) {
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
static outcome convert_arguments(const binding *b, PyObject *object, const field *const *passed, PyObject *const *args,
                                 Py_ssize_t count)
{
    PyObject *given[MAX_FIELDS] = {NULL};
    Py_ssize_t i;

    PyErr_Clear(); /* no memory for a tuple: perhaps there is now */
    for (i = 0; i < count; i++) {
        given[passed[i]->index] = args[i];
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
    return check_object(b, object);
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

/* An object of exactly the binding's class, and what it had in its slots. */
typedef struct snapshot {
    const binding *binding;
    PyObject *object;
    PyObject *slots[MAX_FIELDS];
} snapshot;

static inline void take_snapshot(snapshot *to, const binding *b, PyObject *object)
{
    to->binding = b;
    to->object = object;
    memcpy(to->slots, slots_of(object), (size_t)b->count * sizeof(PyObject *));
}

static inline bool is_unchanged(const snapshot *then)
{
    return Py_IS_TYPE(then->object, then->binding->cls) && has_slots(then->binding, then->object, then->slots);
}

/*
 * The packet made last, as long as it lives: most are written right after they
 * were made, and then need not be filled and checked again. What it was made
 * of is held, since who changes a packet by force may take it out of there.
 */
static struct {
    snapshot of[1 + MAX_PARTS]; /* the packet, and its parts */
    Py_ssize_t count;
    PyObject *held[(1 + MAX_PARTS) * MAX_FIELDS];
    Py_ssize_t held_count;
    bool busy; /* while it is made: then Python code may run, if garbage is collected or a value refused */
    scratch s;
} last;
PyObject *engine_last;

/* To free a part that was changed by force may run code, which may make the next packet. */
static Py_NO_INLINE void forget_parts(void)
{
    PyObject *held[sizeof(last.held) / sizeof(last.held[0])];
    Py_ssize_t count = last.held_count;

    memcpy(held, last.held, (size_t)count * sizeof(held[0]));
    last.held_count = 0;
    while (count > 0) {
        Py_DECREF(held[--count]);
    }
}

void engine_forget_last(void)
{
    engine_last = NULL;
    if (last.count > 1) {
        forget_parts();
        return;
    }
    while (last.held_count > 0) {
        Py_DECREF(last.held[--last.held_count]);
    }
}

static inline void remember_last(const binding *b, PyObject *object, const field *const *passed, Py_ssize_t count)
{
    Py_ssize_t i, k;

    if (b->stands_in != NULL || last.s.blocks != NULL || last.s.part_count > MAX_PARTS) {
        return;
    }
    take_snapshot(&last.of[0], b, object);
    for (i = 0; i < count; i++) {
        last.held[i] = Py_NewRef(*slot_of(object, passed[i]));
    }
    last.held_count = count;
    for (i = 0; i < last.s.part_count; i++) {
        PyObject *part = last.s.parts[i];

        b = *bucket_of(Py_TYPE(part));
        take_snapshot(&last.of[i + 1], b, part);
        for (k = 0; k < b->count; k++) {
            last.held[last.held_count++] = Py_NewRef(slots_of(part)[k]);
        }
    }
    last.count = 1 + last.s.part_count;
    engine_last = object;
}

/* What the object was filled to, and checked, when it was made; NULL if that is not known, or not so any more. */
const scratch *engine_filled(PyObject *object)
{
    Py_ssize_t i;

    if (object != engine_last) {
        return NULL;
    }
    for (i = 0; i < last.count && is_unchanged(&last.of[i]); i++) {
    }
    return i == last.count ? &last.s : NULL;
}

/* A new object of the arguments, which belong to these fields. */
static PyObject *make(const binding *b, const field *const *passed, PyObject *const *args, Py_ssize_t count)
{
    const bool nested = last.busy;
    scratch own, *s = nested ? &own : &last.s;
    outcome result;
    PyObject *made;

    last.busy = true;
    made = engine_new(b);
    if (!nested) {
        engine_forget_last();
    }
    begin_scratch(s, false);
    result = made != NULL ? check_filled(s, made, engine_take(b, made, passed, args, count, s)) : FAILED;
    if (!nested) {
        if (result == FIT) {
            remember_last(b, made, passed, count);
        }
        last.busy = false; /* whoever was nested in this, or is still, does not end it */
    }
    end_scratch(s);
    if (result == UNFIT) {
        result = convert_arguments(b, made, passed, args, count);
    }
    if (result == FAILED) {
        Py_CLEAR(made);
    }
    return made;
}

/* How each class was called last, since what calls it mostly calls it again: with how many arguments, and which. */
static struct call {
    bool known;
    PyObject *names;
    Py_ssize_t positional, count;
    const field *passed[MAX_FIELDS];
} calls[CLASSES];

/* Finds the fields that the arguments belong to; what is wrong with them is call_init()'s matter. */
static bool match_arguments(const binding *b, Py_ssize_t positional, PyObject *names, struct call *call)
{
    const Py_ssize_t count = positional + (names != NULL ? PyTuple_GET_SIZE(names) : 0);
    Py_ssize_t i, next = 0;
    uint32_t given = 0;

    for (i = 0; i < count; i++) {
        const field *f = i < b->positional ? &b->fields[i] : NULL;

        if (i >= positional) {
            f = find_parameter(b, PyTuple_GET_ITEM(names, i - positional), next);
        }
        if (f == NULL || (given >> f->place & 1)) {
            return false;
        }
        given |= 1u << f->place;
        call->passed[i] = f;
        next = f->index + 1;
    }
    call->count = count;
    call->positional = positional;
    return (given & b->required) == b->required;
}

/* Of a call that is not known, or while one that is known may be in use. */
static Py_NO_INLINE PyObject *make_by_new_call(const binding *b, PyObject *const *args, Py_ssize_t positional,
                                               PyObject *names)
{
    struct call *known = &calls[b->number], call;
    PyObject *made, *forgotten = NULL;

    if (!match_arguments(b, positional, names, &call)) {
        return call_init((PyObject *)b->cls, args, positional, names);
    }
    if (!last.busy) {
        forgotten = known->names;
        call.known = true;
        call.names = Py_XNewRef(names);
        *known = call;
    }
    made = make(b, call.passed, args, call.count);
    Py_XDECREF(forgotten); /* which may run code */
    return made;
}

/* The tp_vectorcall of the classes. Classes derived from them do not inherit it: they go through __init__(). */
PyObject *engine_construct(PyObject *cls, PyObject *const *args, size_t flagged_count, PyObject *names)
{
    const binding *b = *bucket_of((PyTypeObject *)cls);
    const Py_ssize_t positional = PyVectorcall_NARGS(flagged_count);
    const struct call *call = &calls[b->number];

    if (last.busy || !call->known || call->names != names || call->positional != positional) {
        return make_by_new_call(b, args, positional, names);
    }
    return call->count == 0 && b->constant != NULL ? engine_new(b) : make(b, call->passed, args, call->count);
}

/* For what was not made by engine_construct(): converts and checks the fields. */
PyObject *engine_check(PyObject *module, PyObject *value)
{
    const binding *b = engine_binding_of(value);
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
    if (b == NULL || check_object(b, value) == FAILED) {
        return NULL;
    }
    Py_RETURN_NONE;
}
