/* SPDX-License-Identifier: MIT */
/*
 * types.c - the packet classes: makes a C type of each declaration, with read-only attributes.
 *
 * It knows the operations of an object: construct, compare, hash, print, copy,
 * pickle, replace. It does not know the meaning of the values.
 */
#include "native.h"

/* --------------------------------------------------------------- objects */

static Py_ssize_t count_values(const PyTypeObject *base)
{
    return (base->tp_basicsize - (Py_ssize_t)offsetof(object, values)) / (Py_ssize_t)sizeof(PyObject *);
}

static PyObject *fill_defaults(const layout *l, PyObject *made)
{
    Py_ssize_t i;

    ((object *)made)->given = 0;
    values_of(made)[0] = NULL; /* of a class without fields */
    for (i = 0; i < l->count; i++) {
        values_of(made)[i] = Py_XNewRef(l->defaults[i]);
    }
    return made;
}

PyObject *native_new(layout *l)
{
    PyObject *made;

#if defined(USE_FREE_LISTS)
    if (l->free_count > 0) {
        return PyObject_Init(l->free_objects[--l->free_count], l->type);
    }
#endif
    made = l->is_gc ? PyObject_GC_New(PyObject, l->type) : PyObject_New(PyObject, l->type);
    return made != NULL ? fill_defaults(l, made) : NULL;
}

#if defined(USE_FREE_LISTS)
/* Keeps the object, with its defaults, for native_new(). */
static bool keep_object(layout *l, PyObject *self)
{
    uint32_t given = given_of(self);

    if (l->free_count == FREE_OBJECTS) {
        return false;
    }
    for (((object *)self)->given = 0; given != 0; given &= given - 1) {
        const int i = lowest_bit(given);

        Py_XSETREF(values_of(self)[i], Py_XNewRef(l->defaults[i]));
    }
    l->free_objects[l->free_count++] = self;
    return true;
}
#endif

/*
 * An object that is tracked by the collector may be freed after the module's
 * state. Then its layout is gone, and only its type is left.
 */
void native_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    const PyTypeObject *base = own_base(type);
    Py_ssize_t i, count = count_values(base);

    if (PyType_IS_GC(type)) {
        PyObject_GC_UnTrack(self);
    }
#if defined(USE_FREE_LISTS)
    else if (type == base && keep_object((layout *)type->tp_getset, self)) {
        Py_DECREF(type);
        return;
    }
#endif
    for (i = 0; i < count; i++) {
        Py_XDECREF(values_of(self)[i]);
    }
    type->tp_free(self);
    Py_DECREF(type);
}

/* No tp_clear: as with a tuple, a cycle leads through another object too. */
static int traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_ssize_t i, count = count_values(own_base(Py_TYPE(self)));

    Py_VISIT(Py_TYPE(self));
    for (i = 0; i < count; i++) {
        Py_VISIT(values_of(self)[i]);
    }
    return 0;
}

/* For an object of exactly the layout's class: true if its values may refer back to it. */
static bool holds_tracked(const layout *l, PyObject *self)
{
    const field *const *fixed;
    Py_ssize_t i;

    for (fixed = l->fixed; *fixed != NULL; fixed++) {
        PyObject *value = values_of(self)[(*fixed)->index];

        if ((*fixed)->component == NULL || value == Py_None) {
            continue;
        }
        if (!PyTuple_CheckExact(value)) {
            return PyObject_IS_GC(value);
        }
        for (i = 0; i < PyTuple_GET_SIZE(value); i++) {
            if (PyObject_IS_GC(PyTuple_GET_ITEM(value, i))) {
                return true;
            }
        }
    }
    return false;
}

/* ---------------------------------------------------------- constructing */

/* Checks an object whose values have exactly their types, and returns it. Steals the reference. */
static PyObject *finish(const layout *l, PyObject *made)
{
    if (native_check(l, made) < 0) {
        Py_DECREF(made);
        return NULL;
    }
    if (l->is_gc && holds_tracked(l, made)) {
        PyObject_GC_Track(made);
    }
    return made;
}

/* Returns an object of a derived class with the values of one of the layout's class. Steals that reference. */
static PyObject *derive(const layout *l, PyTypeObject *type, PyObject *exact)
{
    PyObject *made = type->tp_alloc(type, 0);
    Py_ssize_t i;

    for (i = 0; made != NULL && i < l->count; i++) {
        values_of(made)[i] = Py_NewRef(values_of(exact)[i]);
    }
    if (made != NULL) {
        ((object *)made)->given = ((object *)exact)->given;
    }
    Py_DECREF(exact);
    return made;
}

static bool is_name(PyObject *name, PyObject *other)
{
    return PyUnicode_GET_LENGTH(name) == PyUnicode_GET_LENGTH(other) && PyUnicode_Compare(name, other) == 0;
}

/* The field of that name; NULL if there is none. Keywords mostly come in the order of the fields, from *hint on. */
const field *native_find_field(const layout *l, PyObject *name, Py_ssize_t *hint)
{
    Py_ssize_t i, at = *hint;

    for (i = 0; i < l->count; i++, at++) {
        if (at >= l->count) {
            at = 0;
        }
        if (l->names[at] == name) {
            *hint = at + 1;
            return &l->fields[at];
        }
    }
    for (i = 0; PyUnicode_Check(name) && i < l->count; i++) { /* type() lets through what is not a str */
        const field *f = &l->fields[i];

        if (is_name(f->name, name) || (f->alias != NULL && is_name(f->alias, name))) {
            return f;
        }
    }
    return NULL;
}

/* Raises the TypeError for arguments that do not fit the fields. */
static void refuse_call(const layout *l, PyTypeObject *type, Py_ssize_t count, PyObject *const *names,
                        Py_ssize_t name_count)
{
    PyObject *keywords = PyTuple_New(name_count), *name = PyType_GetName(type);
    Py_ssize_t i;

    for (i = 0; keywords != NULL && i < name_count; i++) {
        PyTuple_SET_ITEM(keywords, i, Py_NewRef(names[i]));
    }
    if (keywords != NULL && name != NULL) {
        native_raise(PyObject_CallFunction(l->state->refuse_call, "OOnO", l->declared, name, count, keywords));
    }
    Py_XDECREF(keywords);
    Py_XDECREF(name);
}

/* After a value was refused: arguments that do not fit the fields are reported first. */
static void prefer_refused_call(const layout *l, PyTypeObject *type, Py_ssize_t count, PyObject *const *names,
                                Py_ssize_t name_count, uint32_t required)
{
    uint32_t given = ((uint32_t)1 << count) - 1;
    bool fits = true;
    Py_ssize_t i, hint = count;

    if (!PyErr_ExceptionMatches(PyExc_TypeError) && !PyErr_ExceptionMatches(PyExc_ValueError)) {
        return; /* not refused: interrupted, or an error of the value's own code */
    }
    for (i = 0; i < name_count; i++) {
        const field *f = native_find_field(l, names[i], &hint);

        fits = fits && f != NULL && (given >> f->index & 1) == 0;
        given |= f != NULL ? (uint32_t)1 << f->index : 0;
    }
    if (!fits || (given & required) != required) {
        PyErr_Clear();
        refuse_call(l, type, count, names, name_count);
    }
}

/*
 * Replaces values of an object of the layout's class: by positional ones, then by
 * one for each name. Returns 0, or -1 with the exception for a call of the type.
 * required: the fields that must be given, as bits.
 */
static int set_values(const layout *l, PyTypeObject *type, PyObject *self, PyObject *const *args, Py_ssize_t count,
                      PyObject *const *names, Py_ssize_t name_count, uint32_t required)
{
    Py_ssize_t i, hint = count;
    uint32_t given = 0;

    if (count > l->positional) {
        refuse_call(l, type, count, names, name_count);
        return -1;
    }
    for (i = 0; i < count + name_count; i++) {
        const field *f = i < count ? &l->fields[i] : native_find_field(l, names[i - count], &hint);
        PyObject *value;

        if (f == NULL || (given >> f->index & 1) != 0) {
            refuse_call(l, type, count, names, name_count);
            return -1;
        }
        given |= (uint32_t)1 << f->index;
        value = native_adapt(f, args[i], is_lenient(self));
        if (value == NULL) {
            prefer_refused_call(l, type, count, names, name_count, required);
            return -1;
        }
        if (value == f->def || (f->number >= 0 && number_of(value) == f->number)) {
            set_default(self, f); /* in place of any value that is equal to it */
            Py_DECREF(value);
        } else {
            set_value(self, f, value);
        }
    }
    if ((given & required) != required) {
        refuse_call(l, type, count, names, name_count);
        return -1;
    }
    return 0;
}

/* The object is complete before other code can see it. lenient is 0 or LENIENT. */
static PyObject *construct(layout *l, PyTypeObject *type, PyObject *const *args, Py_ssize_t count,
                           PyObject *const *names, Py_ssize_t name_count, uint32_t lenient)
{
    PyObject *made = native_new(l);

    if (made == NULL) {
        return NULL;
    }
    ((object *)made)->given |= lenient;
    if (set_values(l, type, made, args, count, names, name_count, l->required) < 0) {
        Py_DECREF(made);
        return NULL;
    }
    made = finish(l, made);
    return made == NULL || type == l->type ? made : derive(l, type, made);
}

/* tp_vectorcall: a call of exactly a packet class. */
static PyObject *vectorcall(PyObject *type, PyObject *const *args, size_t flagged_count, PyObject *names)
{
    return construct(layout_of((PyTypeObject *)type), (PyTypeObject *)type, args, PyVectorcall_NARGS(flagged_count),
                     names != NULL ? &PyTuple_GET_ITEM(names, 0) : NULL, names != NULL ? PyTuple_GET_SIZE(names) : 0,
                     0);
}

static PyObject *construct_from(PyTypeObject *type, PyObject *args, PyObject *keywords, uint32_t lenient)
{
    layout *l = layout_of(type);
    const Py_ssize_t count = PyTuple_GET_SIZE(args), name_count = keywords != NULL ? PyDict_GET_SIZE(keywords) : 0;
    PyObject *values = NULL, *names = NULL, *made = NULL, *name, *value;
    Py_ssize_t i, at = 0;

    if (l == NULL) {
        name = PyType_GetName(type);
        if (name != NULL) {
            PyErr_Format(PyExc_TypeError, "cannot create '%U' instances", name);
            Py_DECREF(name);
        }
        return NULL;
    }
    if (name_count == 0) {
        return construct(l, type, &PyTuple_GET_ITEM(args, 0), count, NULL, 0, lenient);
    }
    values = PyTuple_New(count + name_count);
    names = PyTuple_New(name_count);
    if (values != NULL && names != NULL) {
        for (i = 0; i < count; i++) {
            PyTuple_SET_ITEM(values, i, Py_NewRef(PyTuple_GET_ITEM(args, i)));
        }
        for (i = 0; i < name_count && PyDict_Next(keywords, &at, &name, &value); i++) {
            PyTuple_SET_ITEM(names, i, Py_NewRef(name));
            PyTuple_SET_ITEM(values, count + i, Py_NewRef(value));
        }
        made =
            construct(l, type, &PyTuple_GET_ITEM(values, 0), count, &PyTuple_GET_ITEM(names, 0), name_count, lenient);
    }
    Py_XDECREF(values);
    Py_XDECREF(names);
    return made;
}

/* tp_new: a call of a derived class, and cls.__new__(). */
static PyObject *new_object(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    return construct_from(type, args, keywords, 0);
}

/* Immutable._make_lenient(): for pickles. */
static PyObject *make_lenient(PyObject *type, PyObject *arguments)
{
    PyObject *args, *keywords;

    if (!PyArg_ParseTuple(arguments, "O!O!:_make_lenient", &PyTuple_Type, &args, &PyDict_Type, &keywords)) {
        return NULL;
    }
    return construct_from((PyTypeObject *)type, args, keywords, LENIENT);
}

/* ------------------------------------------------------ copies, pickling */

/* All values as keyword arguments, with the changes. */
static PyObject *call_with_changes(const layout *l, PyObject *self, PyObject *const *args, PyObject *names)
{
    PyObject *keywords = PyDict_New(), *none = PyTuple_New(0), *made = NULL;
    const Py_ssize_t name_count = names != NULL ? PyTuple_GET_SIZE(names) : 0;
    int result = keywords != NULL && none != NULL ? 0 : -1;
    Py_ssize_t i;

    for (i = 0; result == 0 && i < l->count; i++) {
        result = PyDict_SetItem(keywords, l->fields[i].name, values_of(self)[i]);
    }
    for (i = 0; result == 0 && i < name_count; i++) {
        result = PyDict_SetItem(keywords, PyTuple_GET_ITEM(names, i), args[i]);
    }
    if (result == 0) {
        made = PyObject_Call((PyObject *)Py_TYPE(self), none, keywords);
    }
    Py_XDECREF(keywords);
    Py_XDECREF(none);
    return made;
}

/* Returns another object of the layout's class, with these values for the fields of these names. */
PyObject *native_change(layout *l, PyObject *self, PyObject *const *args, PyObject *const *names, Py_ssize_t count)
{
    PyObject *made = native_new(l);
    uint32_t given = given_of(self);

    if (made == NULL) {
        return NULL;
    }
    for (; given != 0; given &= given - 1) {
        const field *f = &l->fields[lowest_bit(given)];

        set_value(made, f, Py_NewRef(values_of(self)[f->index]));
    }
    ((object *)made)->given |= ((object *)self)->given & LENIENT;
    if (set_values(l, l->type, made, args, 0, names, count, 0) < 0) {
        Py_DECREF(made);
        return NULL;
    }
    return finish(l, made);
}

/* A derived class constructs its object itself, with the arguments that dataclasses.replace() gives. */
static PyObject *replace(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    layout *l = layout_of(Py_TYPE(self));

    if (count > 0) {
        PyErr_Format(PyExc_TypeError, "replace() takes 0 positional arguments but %zd were given", count);
        return NULL;
    }
    if (Py_TYPE(self) != l->type) {
        return call_with_changes(l, self, args, names);
    }
    return native_change(l, self, args, names != NULL ? &PyTuple_GET_ITEM(names, 0) : NULL,
                         names != NULL ? PyTuple_GET_SIZE(names) : 0);
}

static PyObject *copy(PyObject *self, PyObject *unused)
{
    const layout *l = layout_of(Py_TYPE(self));

    (void)unused;
    return Py_TYPE(self) == l->type ? Py_NewRef(self) : PyObject_CallOneArg(l->state->duplicate, self);
}

static PyObject *deep_copy(PyObject *self, PyObject *memo)
{
    const layout *l = layout_of(Py_TYPE(self));

    return Py_TYPE(self) == l->type ? Py_NewRef(self)
                                    : PyObject_CallFunctionObjArgs(l->state->duplicate, self, memo, NULL);
}

/* The value for pickle: a member of an enum as its number, which takes a third of the time. */
static PyObject *plain_value(const field *f, PyObject *value)
{
    PyObject *made;
    Py_ssize_t i;

    if (f->members == NULL || PyBool_Check(value)) {
        return Py_NewRef(value);
    }
    if (!is_list_kind(f->kind)) {
        return PyLong_FromLongLong(number_of(value));
    }
    made = PyTuple_New(PyTuple_GET_SIZE(value));
    for (i = 0; made != NULL && i < PyTuple_GET_SIZE(value); i++) {
        PyTuple_SET_ITEM(made, i, PyLong_FromLongLong(number_of(PyTuple_GET_ITEM(value, i)))); /* a byte: no error */
    }
    return made;
}

/* The positional arguments, and those keyword arguments that are not the defaults. */
static PyObject *new_arguments(PyObject *self, PyObject *unused)
{
    const layout *l = layout_of(Py_TYPE(self));
    PyObject *args = PyTuple_New(l->positional), *keywords = PyDict_New();
    int result = args != NULL && keywords != NULL ? 0 : -1;
    uint32_t given = given_of(self);

    (void)unused;
    for (; result == 0 && given != 0; given &= given - 1) {
        const int i = lowest_bit(given);
        PyObject *value = plain_value(&l->fields[i], values_of(self)[i]);

        if (value == NULL) {
            result = -1;
        } else if (i < l->positional) {
            PyTuple_SET_ITEM(args, i, value);
        } else {
            result = PyDict_SetItem(keywords, l->names[i], value);
            Py_DECREF(value);
        }
    }
    if (result < 0) {
        Py_XDECREF(args);
        Py_XDECREF(keywords);
        return NULL;
    }
    return Py_BuildValue("NN", args, keywords);
}

static PyObject *reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    return PyObject_CallOneArg(layout_of(Py_TYPE(self))->state->reduce, self);
}

/* ------------------------------------------------ comparing and printing */

/* Compares strings, bytes and pairs of strings without a call for each; numbers by CPython. -1 with an exception. */
static int are_equal(PyObject *mine, PyObject *theirs)
{
    Py_ssize_t i;
    int equal = 1;

    if (mine == theirs) {
        return 1;
    }
    if (PyUnicode_CheckExact(mine) && PyUnicode_IS_COMPACT_ASCII(mine) && PyUnicode_CheckExact(theirs) &&
        PyUnicode_IS_COMPACT_ASCII(theirs)) {
        return PyUnicode_GET_LENGTH(mine) == PyUnicode_GET_LENGTH(theirs) &&
               memcmp(PyUnicode_1BYTE_DATA(mine), PyUnicode_1BYTE_DATA(theirs), (size_t)PyUnicode_GET_LENGTH(mine)) ==
                   0;
    }
    if (!PyTuple_CheckExact(mine) || !PyTuple_CheckExact(theirs)) {
        return PyObject_RichCompareBool(mine, theirs, Py_EQ);
    }
    if (PyTuple_GET_SIZE(mine) != PyTuple_GET_SIZE(theirs)) {
        return 0;
    }
    for (i = 0; i < PyTuple_GET_SIZE(mine) && equal > 0; i++) { /* a list of pairs: two levels */
        equal = are_equal(PyTuple_GET_ITEM(mine, i), PyTuple_GET_ITEM(theirs, i));
    }
    return equal;
}

static PyObject *compare(PyObject *self, PyObject *other, int op)
{
    uint32_t given;
    int equal = 1;

    if (Py_TYPE(self) != Py_TYPE(other) || (op != Py_EQ && op != Py_NE)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    given = given_of(self);
    if (given != given_of(other)) {
        equal = 0;
    }
    for (; given != 0 && equal > 0; given &= given - 1) {
        equal = are_equal(values_of(self)[lowest_bit(given)], values_of(other)[lowest_bit(given)]);
    }
    return equal < 0 ? NULL : PyBool_FromLong(equal == (op == Py_EQ));
}

/* xxHash's mixing, as tuples have it, of the values that are not the default and of which those are. */
static Py_hash_t hash(PyObject *self)
{
    uint32_t given = given_of(self);
    uint64_t mixed = 2870177450012600261u + given;

    for (; given != 0; given &= given - 1) {
        const Py_hash_t one = PyObject_Hash(values_of(self)[lowest_bit(given)]);

        if (one == -1) {
            return -1;
        }
        mixed += (uint64_t)one * 14029467366897019727u;
        mixed = (mixed << 31 | mixed >> 33) * 11400714785074694791u;
    }
    return (Py_hash_t)mixed == -1 ? 1 : (Py_hash_t)mixed;
}

/* Fields at their defaults are omitted. A field without a default is always printed. */
static PyObject *represent(PyObject *self)
{
    const layout *l = layout_of(Py_TYPE(self));
    PyObject *parts = PyList_New(0), *separator = PyUnicode_FromString(", ");
    PyObject *name = PyType_GetQualName(Py_TYPE(self)), *joined = NULL, *text = NULL;
    int result = parts != NULL && separator != NULL && name != NULL ? 0 : -1;
    uint32_t given;

    for (given = given_of(self); result == 0 && given != 0; given &= given - 1) {
        const int i = lowest_bit(given);
        PyObject *part =
            PyUnicode_FromFormat(l->fields[i].secret ? "%U=<hidden>" : "%U=%R", l->names[i], values_of(self)[i]);

        result = part != NULL ? PyList_Append(parts, part) : -1;
        Py_XDECREF(part);
    }
    if (result >= 0) {
        joined = PyUnicode_Join(separator, parts);
    }
    if (joined != NULL) {
        text = PyUnicode_FromFormat("%U(%U)", name, joined);
    }
    Py_XDECREF(joined);
    Py_XDECREF(name);
    Py_XDECREF(separator);
    Py_XDECREF(parts);
    return text;
}

/* Refuses to change a field. Attributes that a derived class adds may change. */
static int set_attribute(PyObject *self, PyObject *name, PyObject *value)
{
    const layout *l = layout_of(Py_TYPE(self));
    Py_ssize_t hint = 0;

    if (PyUnicode_Check(name) && native_find_field(l, name, &hint) != NULL) {
        native_raise(
            PyObject_CallFunction(l->state->refuse_change, "Os", name, value != NULL ? "assign to" : "delete"));
        return -1;
    }
    return PyObject_GenericSetAttr(self, name, value);
}

static PyObject *lenient(PyObject *self, void *unused)
{
    (void)unused;
    return PyBool_FromLong(is_lenient(self));
}

static PyMethodDef immutable_methods[] = {
    {"replace", (PyCFunction)(void (*)(void))replace, METH_FASTCALL | METH_KEYWORDS,
     "replace($self, /, **changes)\n--\n\n"
     "Returns another object with these fields changed, checked like a new one."},
    {"__replace__", (PyCFunction)(void (*)(void))replace, METH_FASTCALL | METH_KEYWORDS,
     "__replace__($self, /, **changes)\n--\n\n"},
    {"_make_lenient", make_lenient, METH_CLASS | METH_VARARGS, "_make_lenient($type, args, keywords, /)\n--\n\n"},
    {"__copy__", copy, METH_NOARGS, "__copy__($self, /)\n--\n\n"},
    {"__deepcopy__", deep_copy, METH_O, "__deepcopy__($self, memo, /)\n--\n\n"},
    {"__getnewargs_ex__", new_arguments, METH_NOARGS, "__getnewargs_ex__($self, /)\n--\n\n"},
    {"__reduce__", reduce, METH_NOARGS, "__reduce__($self, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef immutable_attributes[] = {
    {"lenient", lenient, NULL,
     "Whether it was read with strict=False and strict reading refuses it.\n\n"
     "Copies, pickles and replace() keep it, and so does whatever is written or made from it: what\n"
     "docs/leniencies.md lists is then allowed, and nothing else. It does not take part in == and hash().",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot immutable_slots[] = {
    {Py_tp_new, (void *)new_object},
    {Py_tp_richcompare, (void *)compare},
    {Py_tp_hash, (void *)hash},
    {Py_tp_repr, (void *)represent},
    {Py_tp_setattro, (void *)set_attribute},
    {Py_tp_methods, immutable_methods},
    {Py_tp_getset, immutable_attributes},
    {0, NULL},
};

/* Its size is not that of object: so CPython makes no object of a class derived from this one but by new_object(). */
PyType_Spec native_immutable_spec = {"mqtt5._engine.Immutable", offsetof(object, values), 0,
                                     Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, immutable_slots};

/* ----------------------------------------------------------- the classes */

static long long get_number(PyObject *self, const char *name)
{
    PyObject *value = PyObject_GetAttrString(self, name);
    long long number = value != NULL ? PyLong_AsLongLong(value) : -1;

    Py_XDECREF(value);
    return number;
}

/* The members of an enum, by number, from a dict. */
static int describe_members(field *f, PyObject *members)
{
    PyObject *number, *member;
    Py_ssize_t at = 0;

    if (members == Py_None) {
        return 0;
    }
    f->members = (PyObject **)PyMem_Calloc(CODES, sizeof(PyObject *));
    if (f->members == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    while (PyDict_Next(members, &at, &number, &member)) {
        const long n = PyLong_AsLong(number);

        if (n < 0 || n >= CODES) {
            PyErr_Format(PyExc_ImportError, "%U: a member is not a byte", f->label);
            return -1;
        }
        Py_XSETREF(f->members[n], Py_NewRef(member));
    }
    return 0;
}

static int describe_field(layout *l, field *f, PyObject *declared)
{
    PyObject *alias, *members;
    int result;

    f->name = PyObject_GetAttrString(declared, "name");
    f->label = PyObject_GetAttrString(declared, "label");
    f->convert = PyObject_GetAttrString(declared, "convert");
    f->convert_lenient = PyObject_GetAttrString(declared, "convert_lenient");
    f->state = l->state;
    f->def = PyObject_GetAttrString(declared, "default");
    f->type = (PyTypeObject *)PyObject_GetAttrString(declared, "type");
    f->kind = (uint8_t)get_number(declared, "kind");
    f->property = (uint8_t)get_number(declared, "property");
    f->offset = (uint16_t)get_number(declared, "offset");
    f->flag = (uint16_t)get_number(declared, "flag");
    f->lowest = get_number(declared, "lowest");
    f->highest = get_number(declared, "highest");
    f->secret = get_number(declared, "secret") != 0;
    alias = PyObject_GetAttrString(declared, "alias");
    members = PyObject_GetAttrString(declared, "members");
    if (PyErr_Occurred()) {
        Py_XDECREF(alias);
        Py_XDECREF(members);
        return -1;
    }
    PyUnicode_InternInPlace(&f->name);
    if (PyUnicode_GET_LENGTH(alias) > 0) {
        f->alias = alias;
    } else {
        Py_DECREF(alias);
    }
    result = describe_members(f, members);
    Py_DECREF(members);
    if (f->def == l->state->Required) {
        Py_CLEAR(f->def);
    }
    f->number = f->def != NULL && PyLong_Check(f->def) ? number_of(f->def) : -1;
    f->component = layout_of(f->type);
    return result;
}

/* Fills a layout from a Declaration; clear it also after -1. */
static int describe(layout *l, PyObject *declaration)
{
    Py_ssize_t i, fixed = 0;

    l->declared = PyObject_GetAttrString(declaration, "fields");
    l->structure = (unsigned)get_number(declaration, "struct");
    if (PyErr_Occurred()) {
        return -1;
    }
    if (!PyTuple_Check(l->declared) || PyTuple_GET_SIZE(l->declared) > MAX_FIELDS) {
        PyErr_SetString(PyExc_ImportError, "a class has too many fields for the native engine");
        return -1;
    }
    for (i = 0; i < PyTuple_GET_SIZE(l->declared); i++) {
        PyObject *declared = PyTuple_GET_ITEM(l->declared, i);
        field *f = &l->fields[i];

        l->count = i + 1;
        if (describe_field(l, f, declared) < 0) {
            return -1;
        }
        f->index = (uint8_t)i;
        l->defaults[i] = f->def;
        l->names[i] = f->name;
        l->positional += !get_number(declared, "keyword");
        l->required |= (uint32_t)(f->def == NULL) << i;
        l->is_gc = l->is_gc || f->component != NULL;
        if (f->property == 0) {
            l->fixed[fixed++] = f;
        } else {
            l->by_property[f->property] = f;
        }
        if (f->kind == MQTT5_KIND_PAYLOAD) {
            l->payload = f;
        }
        l->attributes[i].name = PyUnicode_AsUTF8(f->name);
        l->attributes[i].type = Py_T_OBJECT_EX;
        l->attributes[i].offset = (Py_ssize_t)(offsetof(object, values) + (size_t)i * sizeof(PyObject *));
        l->attributes[i].flags = Py_READONLY;
    }
    l->present = l->structure == MQTT5_STRUCT_WILL           ? (ptrdiff_t)offsetof(mqtt5_will, properties.present)
                 : l->structure == MQTT5_STRUCT_TOPIC_FILTER ? -1
                                                             : (ptrdiff_t)offsetof(mqtt5_packet, as.properties.present);
    return PyErr_Occurred() ? -1 : native_fill_fixed(l);
}

int native_traverse_layout(const layout *l, visitproc visit, void *arg)
{
    Py_ssize_t i;
    int n;

    Py_VISIT(l->type);
    Py_VISIT(l->declared);
    for (i = 0; i < l->count; i++) {
        const field *f = &l->fields[i];

        Py_VISIT(f->name);
        Py_VISIT(f->alias);
        Py_VISIT(f->def);
        Py_VISIT(f->convert);
        Py_VISIT(f->convert_lenient);
        Py_VISIT(f->label);
        Py_VISIT(f->type);
        for (n = 0; f->members != NULL && n < CODES; n++) {
            Py_VISIT(f->members[n]);
        }
#if defined(USE_FREE_LISTS)
        for (n = 0; n < l->free_count; n++) {
            Py_VISIT(values_of(l->free_objects[n])[i]);
        }
#endif
    }
    return 0;
}

void native_clear_layout(layout *l)
{
    const Py_ssize_t count = l->count;
    Py_ssize_t i;
    int n;

#if defined(USE_FREE_LISTS)
    while (l->free_count > 0) {
        PyObject *self = l->free_objects[--l->free_count];

        for (i = 0; i < count; i++) {
            Py_XDECREF(values_of(self)[i]);
        }
        PyObject_Free(self);
    }
#endif
    l->count = 0;
    for (i = 0; i < count; i++) {
        field *f = &l->fields[i];

        Py_CLEAR(f->name);
        Py_CLEAR(f->alias);
        Py_CLEAR(f->def);
        Py_CLEAR(f->convert);
        Py_CLEAR(f->convert_lenient);
        Py_CLEAR(f->label);
        Py_CLEAR(f->type);
        for (n = 0; f->members != NULL && n < CODES; n++) {
            Py_CLEAR(f->members[n]);
        }
        PyMem_Free(f->members);
        f->members = NULL;
    }
    Py_CLEAR(l->declared);
    Py_CLEAR(l->type);
}

/* From now on no Python code can change the class. */
void native_freeze(PyTypeObject *type)
{
    type->tp_flags |= Py_TPFLAGS_IMMUTABLETYPE;
    PyType_Modified(type);
}

static PyObject *make_type(PyObject *module, layout *l, PyObject *declared)
{
    PyType_Slot slots[] = {
        {Py_tp_dealloc, (void *)native_dealloc},
        {Py_tp_getset, l->getset},
        {Py_tp_members, l->attributes},
        {0, NULL},
        {0, NULL},
        {0, NULL},
    };
    PyType_Spec spec = {NULL, 0, 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
    PyType_Slot *slot = &slots[3];
    PyObject *home = PyObject_GetAttrString(declared, "__module__"), *full = NULL, *type = NULL;

    if (l->is_gc) {
        spec.flags |= Py_TPFLAGS_HAVE_GC;
        slot->slot = Py_tp_traverse;
        slot++->pfunc = (void *)traverse;
    }
    if (is_packet(l)) { /* CPython calls a method of the object's own class faster than an inherited one */
        slot->slot = Py_tp_methods;
        slot->pfunc = native_packet_methods;
    }
    /* at least one value, so that the type differs in size from its base: then CPython never mixes two of them */
    spec.basicsize = (int)(offsetof(object, values) + (size_t)(l->count > 0 ? l->count : 1) * sizeof(PyObject *));
    if (home != NULL) {
        full = PyUnicode_FromFormat("%U.%s", home, ((PyTypeObject *)declared)->tp_name);
        Py_DECREF(home);
    }
    spec.name = full != NULL ? PyUnicode_AsUTF8(full) : NULL;
    if (spec.name != NULL) {
        type = PyType_FromModuleAndSpec(module, &spec, ((PyTypeObject *)declared)->tp_bases);
    }
    Py_XDECREF(full);
    return type;
}

PyObject *native_packet(PyObject *module, PyObject *declared)
{
    state *s = (state *)PyModule_GetState(module);
    PyObject *reflect, *declaration = NULL, *namespace = NULL, *key, *value;
    layout *l = NULL;
    Py_ssize_t at = 0;
    int result = -1;

    if (s->join == NULL || !PyType_Check(declared)) {
        PyErr_SetString(PyExc_TypeError, "packet() is a decorator for classes");
        return NULL;
    }
    reflect = PyObject_GetAttrString(module, "reflect");
    if (reflect != NULL) {
        declaration = PyObject_CallFunctionObjArgs(s->join, declared, reflect, NULL);
        Py_DECREF(reflect);
    }
    if (declaration != NULL) {
        namespace = PyObject_GetAttrString(declaration, "namespace");
        l = (layout *)PyMem_Calloc(1, sizeof(layout));
        if (l != NULL) {
            l->state = s;
            l->next = s->layouts;
            s->layouts = l; /* which owns it, whatever happens next */
        }
    }
    if (namespace != NULL && l != NULL && describe(l, declaration) == 0) {
        l->type = (PyTypeObject *)make_type(module, l, declared);
        result = l->type != NULL ? 0 : -1;
    }
    while (result == 0 && PyDict_Next(namespace, &at, &key, &value)) {
        result = PyObject_SetAttr((PyObject *)l->type, key, value);
    }
    Py_XDECREF(namespace);
    Py_XDECREF(declaration);
    if (result < 0) {
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    }
    l->type->tp_vectorcall = vectorcall;
    native_freeze(l->type);
    if (is_packet(l)) {
        s->packets[l->structure] = l;
    }
    return Py_NewRef((PyObject *)l->type);
}
