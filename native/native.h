/* SPDX-License-Identifier: MIT */
/*
 * native.h - the CPython engine: the description of a packet class, and the functions that its files share.
 *
 * mqtt5._fields describes a class: the fields, and the place of each in the C
 * struct. The engine knows the kinds of fields. It does not know any packet
 * by name, any rule of MQTT, or the wire format. It imports nothing: start()
 * takes the Python modules that it needs. All state belongs to the module.
 * Texts of documentation repeat those of the Python sources; a test compares them.
 */
#ifndef MQTT5_NATIVE_H
#define MQTT5_NATIVE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "mqtt5.h"

#include <stddef.h>
#include <string.h>

#if PY_VERSION_HEX < 0x030C0000
#include <structmember.h>
#define Py_T_OBJECT_EX T_OBJECT_EX
#define Py_READONLY READONLY
#endif
#if PY_VERSION_HEX < 0x030D0000 /* without it, the GIL does */
#define Py_BEGIN_CRITICAL_SECTION(object) {
#define Py_END_CRITICAL_SECTION() }
#define Py_BEGIN_CRITICAL_SECTION2(object, other) {
#define Py_END_CRITICAL_SECTION2() }
#endif
#if !defined(Py_GIL_DISABLED)
#define USE_FREE_LISTS
#endif
#if defined(__GNUC__) /* for a static function that is worth its size in each of its few callers */
#define HOT inline __attribute__((always_inline))
#else
#define HOT
#endif

enum { MAX_FIELDS = 24, CODES = 256, PROPERTIES = 64, TYPES = 16, FREE_OBJECTS = 16, PLAIN_SIZE = 128 };

typedef struct layout layout;
typedef struct state state;

/* mqtt5._fields.Field */
typedef struct field {
    PyObject *name;
    PyObject *alias;           /* a second name, or NULL */
    PyObject *def;             /* the default, or NULL */
    PyObject *convert;         /* (value, label) -> a value of exactly the type */
    PyObject *convert_lenient; /* the same for a lenient object */
    const state *state;
    PyObject *label;    /* "Class.name" */
    PyTypeObject *type; /* of a list, that of its items */
    PyObject **members; /* of an enum, or a bool in a byte: by number, else NULL */
    layout *component;  /* of a component, or of a list of them */
    long long lowest, highest;
    long long number; /* what the struct has for the default, or -1 */
    uint16_t offset;  /* in the struct */
    uint16_t flag;    /* offset of the bool that marks it as present, or 0 */
    uint8_t kind;     /* mqtt5_kind */
    uint8_t property; /* identifier, or 0 */
    uint8_t index;    /* in the layout */
    bool secret;      /* not printed */
} field;

/* A class: mqtt5._fields.Declaration. */
struct layout {
    PyGetSetDef getset[1]; /* empty; tp_getset points to it, which finds the layout of a type */
    layout *next;
    state *state;
    PyTypeObject *type;
    PyObject *declared; /* a tuple of Field */
    unsigned structure; /* mqtt5_type or MQTT5_STRUCT_* */
    ptrdiff_t present;  /* offset of mqtt5_properties.present, or -1 */
    bool is_gc;         /* an object may be part of a cycle */
    Py_ssize_t count, positional;
    uint32_t required;              /* bits, by index */
    PyObject *defaults[MAX_FIELDS]; /* by index, borrowed from the fields, as the names; NULL for what has none */
    PyObject *names[MAX_FIELDS];
    field fields[MAX_FIELDS];
    const field *fixed[MAX_FIELDS + 1];   /* those that are not properties, then NULL */
    const field *by_property[PROPERTIES]; /* the others, by identifier */
    char plain[PLAIN_SIZE];               /* the part of the struct with the fixed fields, at their defaults */
    size_t plain_at, plain_size;
    const field *payload; /* the field of that kind, or NULL */
    PyMemberDef attributes[MAX_FIELDS + 1];
#if defined(USE_FREE_LISTS)
    PyObject *free_objects[FREE_OBJECTS]; /* they hold the defaults already, but no reference to the type */
    int free_count;
#endif
};

/*
 * An instance: the values of the fields, by index, and which of them are not the
 * default, as bits. The bit LENIENT is not a field: it marks a lenient object.
 */
#define LENIENT ((uint32_t)1 << 31)

/* clang-format off */
typedef struct object {
    PyObject_HEAD
    uint32_t given;
    PyObject *values[1]; /* as many as there are fields; one that is NULL if there are none */
} object;
/* clang-format on */

/* The Python objects that start() looks up: module and name. */
/* clang-format off */
#define SHARED_FUNCTIONS(X) \
    X(fields, join) X(fields, Required) \
    X(converters, to_string) X(converters, to_bool) X(converters, to_sender) X(converters, size_limit) \
    X(converters, unlisted) \
    X(classes, duplicate) X(classes, reduce) \
    X(errors, refuse_type) X(errors, refuse_argument) X(errors, refuse_call) X(errors, refuse_value) \
    X(errors, refuse_packet) X(errors, refuse_change) X(errors, again) X(errors, incomplete) \
    X(errors, too_large) X(errors, nothing_to_skip)
/* clang-format on */

struct state {
#define MEMBER(module, name) PyObject *name;
    SHARED_FUNCTIONS(MEMBER)
#undef MEMBER
    PyObject *immutable; /* the base of all classes */
    layout *layouts;
    layout *packets[TYPES]; /* by mqtt5_type */
};

/* The parameters of a function: those from `required` on have defaults, those from `keyword` on are given by name. */
typedef struct parameters {
    const char *function;
    Py_ssize_t required, keyword, count;
    const char *names[6];
} parameters;

/* Memory for one conversion: a struct, and what it points to. */
typedef struct scratch {
    union {
        mqtt5_packet packet;
        mqtt5_will will;
        mqtt5_topic_filter filter;
    } as;
    struct block *blocks; /* when the room is used up */
    size_t used;
    union {
        char bytes[1024];
        void *aligned;
    } room;
} scratch;

/* types.c: the classes. */
PyObject *native_packet(PyObject *module, PyObject *declared); /* the decorator */
PyObject *native_new(layout *l); /* with the defaults, NULL for a field without one; not tracked by the collector */
PyObject *native_change(layout *l, PyObject *self, PyObject *const *args, PyObject *const *names, Py_ssize_t count);
const field *native_find_field(const layout *l, PyObject *name, Py_ssize_t *hint);
void native_dealloc(PyObject *self);
void native_freeze(PyTypeObject *type);
int native_traverse_layout(const layout *l, visitproc visit, void *arg);
void native_clear_layout(layout *l);
extern PyType_Spec native_immutable_spec;

/* to_struct.c: objects to structs. All values must have exactly their types. */
PyObject *native_adapt(const field *f, PyObject *value, bool lenient); /* of exactly the type; NULL with an exception */
int native_fill(const layout *l, PyObject *self, scratch *s);          /* end the scratch, also after -1 */
int native_fill_member(const field *f, PyObject *value, char *member, scratch *s);
int native_fill_fixed(layout *l); /* once, when the fields are known: the part with the defaults */
void native_begin(scratch *s);
void native_end(scratch *s);
int native_view(PyObject *text, mqtt5_view *view);                   /* -1 with an exception */
int native_check(const layout *l, PyObject *self);                   /* 0, or -1 with an exception */
int native_measure(const layout *l, PyObject *packet, size_t *size); /* of the encoded packet; 0, or -1 likewise */
/* Raises the exception for an error of the library. The limit is that of the size of a packet, 0 if there is none. */
void native_refuse_value(const layout *l, PyObject *self, const mqtt5_error *error, size_t limit);

/* to_object.c: structs to objects. */
PyObject *native_read_packet(const state *s, const mqtt5_packet *packet, PyObject *payload);
/* The object of a packet that is lenient, after native_read_packet(); it may be NULL. */
PyObject *native_mark_lenient(const state *s, const mqtt5_packet *packet, PyObject *made);

/* write.c: packets to bytes. */
extern PyMethodDef native_packet_methods[]; /* of BasePacket; each packet class has them too */
extern PyType_Spec native_base_packet_spec;
extern PyType_Spec native_template_spec;

/* decoder.c */
PyObject *native_refuse_pickling(PyObject *self, PyObject *unused);
extern PyType_Spec native_decoder_spec;

/* module.c */
extern struct PyModuleDef native_module;
void native_raise(PyObject *exception); /* steals the reference; NULL: an exception is set already */
PyObject *native_refuse(const state *s, const mqtt5_packet *packet, const mqtt5_error *error, const uint8_t *data,
                        size_t size, size_t packet_size, bool at_start, bool hides); /* the exception for bytes */
int native_get_buffer(const state *s, PyObject *object, Py_buffer *view, const char *name);

/* Arguments: these return 0, or -1 with an exception. A value that is NULL was not given, and leaves the result. */
int native_take(const parameters *p, PyObject *const *args, Py_ssize_t count, PyObject *names, PyObject **taken);
int native_take_bool(const state *s, PyObject *value, const char *name, bool *result);
int native_take_limit(const state *s, PyObject *value, const char *name, size_t *result);
enum { STRICT, SENDER, MAX_PACKET_SIZE, MAX_LIST_ITEMS, FORBID_CONTROL_CHARACTERS, READ_OPTIONS };
int native_take_options(const state *s, PyObject *const *values, mqtt5_options *options);

/* The class of this engine that a type is or is derived from: objects have its size, or more. NULL if there is none. */
static inline const PyTypeObject *own_base(const PyTypeObject *type)
{
    while (type != NULL && type->tp_dealloc != native_dealloc) {
        type = type->tp_base;
    }
    return type;
}

/* The layout of a packet class or of a class derived from one; else NULL. */
static inline layout *layout_of(const PyTypeObject *type)
{
    const PyTypeObject *base = own_base(type);

    return base != NULL ? (layout *)base->tp_getset : NULL;
}

/* The value of an int, or of an object of a class derived from it; -1 if it is negative or too large. */
static inline long long number_of(PyObject *value)
{
    int overflow;

#if PY_VERSION_HEX < 0x030C0000
    if (Py_SIZE(value) == 0 || Py_SIZE(value) == 1) {
        return Py_SIZE(value) == 0 ? 0 : (long long)((PyLongObject *)value)->ob_digit[0];
    }
#else
    if (PyUnstable_Long_IsCompact((PyLongObject *)value)) {
        return PyUnstable_Long_CompactValue((PyLongObject *)value);
    }
#endif
    return PyLong_AsLongLongAndOverflow(value, &overflow); /* -1 if it overflows */
}

static inline PyObject **values_of(PyObject *self)
{
    return ((object *)self)->values;
}

/* The fields that are not the default, as bits. */
static inline uint32_t given_of(PyObject *self)
{
    return ((object *)self)->given & ~LENIENT;
}

static inline bool is_lenient(PyObject *self)
{
    return (((object *)self)->given & LENIENT) != 0;
}

/* Gives an object a value that is not equal to the default. Steals the reference. */
static inline void set_value(PyObject *self, const field *f, PyObject *value)
{
    Py_XSETREF(((object *)self)->values[f->index], value);
    ((object *)self)->given |= (uint32_t)1 << f->index;
}

static inline void set_default(PyObject *self, const field *f)
{
    Py_XSETREF(((object *)self)->values[f->index], Py_XNewRef(f->def));
    ((object *)self)->given &= ~((uint32_t)1 << f->index);
}

/* The lowest bit that is set; there is one. */
static inline int lowest_bit(uint64_t bits)
{
#if defined(__GNUC__)
    return __builtin_ctzll(bits);
#else
    int i = 0;

    while (!(bits >> i & 1)) {
        i++;
    }
    return i;
#endif
}

/* True for a component. */
static inline bool is_packet(const layout *l)
{
    return l->structure > 0 && l->structure < TYPES;
}

static inline bool is_list_kind(unsigned kind)
{
    return kind >= MQTT5_KIND_VARINTS;
}

#endif
