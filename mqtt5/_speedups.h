/* SPDX-License-Identifier: MIT */
/*
 * _speedups.h - what the files of engine 2, in C for CPython, share: the tables, and who does what.
 *
 * The engine is driven by the tables of mqtt5._schema: where the slots of
 * each class are, and which member of which struct of mqtt5.h belongs to
 * each. It knows the kinds of fields, but no packet by name, no rule of MQTT
 * and nothing of the wire format. Whatever is unusual (an argument of another
 * type, a wrong value) it leaves to the Python functions that all engines share.
 */
#ifndef MQTT5_SPEEDUPS_H
#define MQTT5_SPEEDUPS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "mqtt5.h"

#include <string.h>

enum { MAX_FIELDS = 24, CLASSES = 17, TYPES = 16, PROPERTIES = 64, CODES = 256, MAX_PARTS = 4 };

/* So many that hardly two classes meet. */
enum { BUCKETS = 1024, BUCKET_SHIFT = 32 - 10 };

struct binding;

/* A field of a class: mqtt5._schema.Field, and its slot. */
typedef struct field {
    PyObject *def;              /* the default, NULL if it is required */
    uint8_t kind;               /* mqtt5_kind */
    uint8_t property;           /* identifier, 0 if it is none */
    uint8_t index;              /* in the order of the class ... */
    uint8_t place;              /* ... and of the slots */
    bool nullable;              /* None is zero or empty in C */
    bool adapted;               /* an argument is not always what the slot will hold */
    uint16_t offset;            /* where the struct has it */
    uint16_t flag;              /* where the struct says that it is there, 0 if it has none */
    PyTypeObject *type;         /* of a list, that of its items */
    PyObject **members;         /* of an enum: by value */
    const struct binding *part; /* of a part, or of a list of them */
    long long lowest, highest;  /* of a number */
    long long number;           /* what the struct has for the default, if that is a number; else -1 */
    PyObject *name;
    PyObject *label;   /* "Class.name" */
    PyObject *convert; /* (value, label) -> a value of exactly the type */
} field;

/* A class and its struct: mqtt5._schema.Schema. */
typedef struct binding {
    PyTypeObject *cls;
    int number;               /* which binding it is */
    uint8_t type;             /* of a packet: mqtt5_type */
    uint32_t required;        /* which fields have no default: bits, by place */
    Py_ssize_t positional;    /* how many parameters are not keyword-only */
    Py_ssize_t present;       /* where the struct says which properties it has, -1 if it can have none */
    Py_ssize_t count;         /* of fields */
    field fields[MAX_FIELDS]; /* in the order of the class */
    PyObject *names[MAX_FIELDS];
    const field *fixed[MAX_FIELDS];       /* those that are no properties; then NULL */
    const field *by_property[PROPERTIES]; /* the others, by identifier */
    const field *by_place[MAX_FIELDS];    /* all, in the order of the slots */
    const field *payload;                 /* the field of that kind, NULL if it has none */
    PyObject *defaults[MAX_FIELDS];       /* by place */
    PyObject *constant;                   /* what a packet with nothing but defaults is on the wire, NULL if none is */
    char plain[256];                      /* the part of the struct that has the other fields, with their defaults */
    size_t plain_at, plain_size;
    const struct binding *holder; /* of a part: the packet that it stands in, ... */
    const field *stands_in;       /* ... the field that it is there, ... */
    char around[256];             /* ... and the plain part of the smallest such packet */
} binding;

typedef enum {
    FIT,
    DEFAULT, /* it fits, and is equal to the default */
    UNFIT,   /* not exactly of its type, or not in the range of its type */
    FAILED   /* with an exception */
} outcome;

struct block {
    struct block *next;
};

/*
 * A packet, and what it points to. First everything is tried without running
 * any Python code, not even the collector, so that references can be borrowed.
 * Where that finds something UNFIT, it is done again with convert: then every
 * value is converted, and what is looked at is kept.
 */
typedef struct scratch {
    mqtt5_packet packet;
    bool convert;
    PyObject *kept;             /* a list */
    PyObject *parts[MAX_PARTS]; /* that were written, borrowed; there may be more */
    Py_ssize_t part_count;
    struct block *blocks; /* of memory, when the room is used up */
    size_t used;
    union {
        char bytes[2048];
        void *aligned;
    } room;
} scratch;

/* The functions of Python that all engines share. */
typedef struct {
    PyObject *refuse_type, *to_string, *size_limit, *refuse_value, *refuse_argument, *refuse_packet, *incomplete,
        *copy_exception;
} shared_functions;

/* For what the files of the engine declare for each other; where all are compiled as one, that says more. */
#ifndef ENGINE
#define ENGINE
#endif

/* _speedups_bind.c: made once, at import. */
extern binding engine_bindings[CLASSES];
extern const binding *engine_packets[TYPES];   /* by mqtt5_type */
extern const binding *engine_buckets[BUCKETS]; /* by class: open addressing */
extern shared_functions engine_shared;
ENGINE int engine_bind(void);

/* The docstring of an attribute of an object, or its own, behind a signature; it stays for good. */
ENGINE const char *engine_docstring(PyObject *object, const char *attribute, const char *signature);

/* _speedups_fill.c: writes an object to its packet, or a part to the smallest packet that has one. */
ENGINE outcome engine_fill(const binding *b, PyObject *object, scratch *s);

/* Gives a new object what was passed for these fields, and writes it to its packet in the same way. */
ENGINE outcome engine_take(const binding *b, PyObject *object, const field *const *passed, PyObject *const *args,
                           Py_ssize_t count, scratch *s);
ENGINE outcome engine_view_text(PyObject *value, mqtt5_view *view);

/* _speedups_make.c: the object for a packet; with that payload, if it is not NULL. */
ENGINE PyObject *engine_make_packet(const mqtt5_packet *packet, PyObject *payload);
ENGINE PyObject *engine_new(const binding *b); /* with the defaults, and NULL where there is none */
ENGINE void engine_free(PyObject *object);     /* the tp_dealloc of the classes */

/* _speedups_construct.c */
ENGINE PyObject *engine_construct(PyObject *cls, PyObject *const *args, size_t flagged_count, PyObject *names);
ENGINE PyObject *engine_check(PyObject *module, PyObject *value);
ENGINE const scratch *engine_filled(PyObject *object);
extern PyObject *engine_last;         /* the packet made last, if what it was filled to is known: borrowed, so ... */
ENGINE void engine_forget_last(void); /* ... to be called when it is freed */

/* _speedups.c */
ENGINE const binding *engine_binding_of(PyObject *object);
ENGINE PyObject *engine_unreadable(const mqtt5_packet *packet, const mqtt5_error *error, const uint8_t *data,
                                   size_t size);
ENGINE int engine_get_buffer(PyObject *object, Py_buffer *view, const char *name);
ENGINE void engine_raise(PyObject *exception);
ENGINE void engine_refuse(PyObject *object, const mqtt5_error *error);

/* _speedups_decoder.c */
ENGINE PyObject *engine_decoder_class(PyObject *documented);

static inline bool is_list_field(const field *f)
{
    return f->kind >= MQTT5_KIND_VARINTS;
}

static inline void begin_scratch(scratch *s, bool convert)
{
    s->convert = convert;
    s->kept = NULL;
    s->blocks = NULL;
    s->part_count = 0;
    s->used = 0;
}

/* To be called also if filling failed. */
static inline void end_scratch(scratch *s)
{
    while (s->blocks != NULL) {
        struct block *block = s->blocks;

        s->blocks = block->next;
        PyMem_Free(block);
    }
    Py_CLEAR(s->kept);
}

/* Where the binding of exactly this class is, or would be. */
static inline const binding **bucket_of(const PyTypeObject *cls)
{
    unsigned i = (uint32_t)((uintptr_t)cls >> 4) * 0x9E3779B1u >> BUCKET_SHIFT;

    while (engine_buckets[i] != NULL && engine_buckets[i]->cls != cls) {
        i = (i + 1) % BUCKETS;
    }
    return &engine_buckets[i];
}

/* The value of an int, or of an object of a class derived from it; -1 if it is negative or too large. */
static inline long long number_of(PyObject *value)
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
    if (Py_SIZE(value) == 0) {
        return 0;
    }
#endif
    return PyLong_AsLongLongAndOverflow(value, &overflow); /* -1 if it overflows */
}

static inline PyObject **slots_of(PyObject *object)
{
    return (PyObject **)(object + 1);
}

static inline bool has_slots(const binding *b, PyObject *object, PyObject *const *slots)
{
    return memcmp(slots, slots_of(object), (size_t)b->count * sizeof(PyObject *)) == 0;
}

static inline PyObject **slot_of(PyObject *object, const field *f)
{
    return slots_of(object) + f->place;
}

#endif
