/* SPDX-License-Identifier: MIT */
/*
 * _speedups_bind.c - makes the tables of engine 2 from those of mqtt5._schema, once, at import.
 *
 * It knows how CPython lays objects out, and takes nothing for granted there:
 * whatever is not as expected is an ImportError, and then the other engine
 * takes over. It does not know what the tables are used for.
 */
#include "_speedups.h"

#include <structmember.h>

binding engine_bindings[CLASSES];
const binding *engine_packets[TYPES];
const binding *engine_buckets[BUCKETS];
shared_functions engine_shared;

static int decline(const binding *b, const char *what)
{
    PyErr_Format(PyExc_ImportError, "mqtt5._speedups does not fit: %s, %s", b->cls->tp_name, what);
    return -1;
}

const char *engine_docstring(PyObject *object, const char *attribute, const char *signature)
{
    PyObject *documented = attribute != NULL ? PyObject_GetAttrString(object, attribute) : Py_NewRef(object);
    PyObject *own = documented != NULL ? PyObject_GetAttrString(documented, "__doc__") : NULL;
    PyObject *text = own != NULL ? PyUnicode_FromFormat("%s%S", signature, own) : NULL;

    Py_XDECREF(own);
    Py_XDECREF(documented);
    return text != NULL ? PyUnicode_AsUTF8(text) : NULL;
}

/* The members of an enum, by value. */
static PyObject **list_members(PyTypeObject *cls)
{
    PyObject **members = PyMem_Calloc(CODES, sizeof(PyObject *));
    PyObject *all = members != NULL ? PySequence_List((PyObject *)cls) : PyErr_NoMemory();
    Py_ssize_t i;

    for (i = 0; all != NULL && i < PyList_GET_SIZE(all); i++) {
        long number = PyLong_AsLong(PyList_GET_ITEM(all, i));

        if (number >= 0 && number < CODES) {
            members[number] = Py_NewRef(PyList_GET_ITEM(all, i));
        }
    }
    Py_XDECREF(all);
    return PyErr_Occurred() ? NULL : members;
}

/* Which slot of the objects of the class the attribute is; -1 if it is none, or one of another class. */
static Py_ssize_t find_slot(PyTypeObject *cls, PyObject *name)
{
    PyObject *slot = PyDict_GetItemWithError(cls->tp_dict, name);
    const PyMemberDef *member;

    const Py_ssize_t size = (Py_ssize_t)sizeof(PyObject *), begin = (Py_ssize_t)sizeof(PyObject);

    if (slot == NULL || !Py_IS_TYPE(slot, &PyMemberDescr_Type) || PyDescr_TYPE(slot) != cls) {
        return -1;
    }
    member = ((PyMemberDescrObject *)slot)->d_member;
    if (member->type != T_OBJECT_EX || member->offset < begin || (member->offset - begin) % size != 0 ||
        member->offset + size > cls->tp_basicsize) {
        return -1;
    }
    return (member->offset - begin) / size;
}

/* From a mqtt5._schema.Field. */
static int bind_field(binding *b, field *f, PyObject *from, PyObject *missing)
{
    int keyword, kind, offset, flag, property, nullable, i;
    Py_ssize_t place;

    if (!PyArg_ParseTuple(from, "UO!OpiiLiipO", &f->name, &PyType_Type, &f->type, &f->def, &keyword, &kind, &offset,
                          &f->highest, &flag, &property, &nullable, &f->convert)) {
        return -1;
    }
    PyUnicode_InternInPlace(&f->name);
    Py_INCREF(from); /* and so all that is in it */
    f->label = PyUnicode_FromFormat("%s.%U", b->cls->tp_name, f->name);
    place = find_slot(b->cls, f->name);
    if (f->label == NULL || place < 0 || property >= PROPERTIES || kind > MQTT5_KIND_PATTERNS) {
        return decline(b, PyUnicode_AsUTF8(f->name));
    }
    f->kind = (uint8_t)kind;
    f->offset = (uint16_t)offset;
    f->flag = (uint16_t)flag;
    f->property = (uint8_t)property;
    f->index = (uint8_t)(f - b->fields);
    f->place = (uint8_t)place;
    f->nullable = nullable != 0;
    f->lowest = nullable;
    f->number = nullable ? 0 : -1;
    if (f->def == missing) {
        f->def = NULL;
        b->required |= 1u << place;
    } else if (PyLong_Check(f->def)) {
        f->number = PyLong_AsLongLong(f->def);
    }
    if (kind == MQTT5_KIND_BYTE || kind == MQTT5_KIND_REASON_CODES) {
        f->highest = CODES - 1;
        if (f->type != &PyLong_Type && f->type != &PyBool_Type) {
            f->members = list_members(f->type);
        }
    }
    for (i = 0; i < CLASSES; i++) {
        if (engine_bindings[i].cls == f->type) {
            f->part = &engine_bindings[i];
        }
    }
    f->adapted = f->members != NULL || is_list_field(f);
    b->positional += !keyword;
    return PyErr_Occurred() ? -1 : 0;
}

/* Writes the default of a field that is no property to the plain part of the struct, which is all zeros else. */
static int add_plain(binding *b, const field *f)
{
    static const uint8_t sizes[] = {1, 1, 2, 4, 4, sizeof(mqtt5_view), sizeof(mqtt5_view), sizeof(mqtt5_view)};
    size_t size = is_list_field(f) ? sizeof(mqtt5_list) : f->kind < sizeof(sizes) ? sizes[f->kind] : 0; /* parts: 0 */
    size_t end = Py_MAX(f->offset + size, f->flag + 1u) - b->plain_at;

    if (size == 0) {
        end = f->flag + 1u - b->plain_at;
    }
    if (f->offset < b->plain_at || end > sizeof(b->plain) || (f->number > 0 && size != 1)) {
        return decline(b, "where its fields are");
    }
    if (f->number > 0) {
        b->plain[f->offset - b->plain_at] = (char)f->number;
    }
    b->plain_size = Py_MAX(b->plain_size, end);
    return 0;
}

/* Objects are nothing but slots, which can be read and written without asking the class. */
static bool is_plain_class(const binding *b)
{
    PyTypeObject *cls = b->cls;

    return Py_IS_TYPE(cls, &PyType_Type) && cls->tp_itemsize == 0 && PyType_IS_GC(cls) &&
           cls->tp_basicsize == (Py_ssize_t)(sizeof(PyObject) + (size_t)b->count * sizeof(PyObject *)) &&
           cls->tp_new == PyBaseObject_Type.tp_new && cls->tp_alloc == PyType_GenericAlloc &&
           cls->tp_finalize == NULL && cls->tp_del == NULL;
}

/* From a mqtt5._schema.Schema. */
static int bind_class(binding *b, PyObject *schema, PyObject *missing)
{
    Py_ssize_t i, fixed = 0;
    PyObject *fields;
    int type;

    if (!PyArg_ParseTuple(schema, "O!inO!", &PyType_Type, &b->cls, &type, &b->present, &PyTuple_Type, &fields)) {
        return -1;
    }
    Py_INCREF(schema);
    if (b->present >= 0) {
        b->plain_at = (size_t)b->present + sizeof(mqtt5_properties);
        b->present += (Py_ssize_t)offsetof(mqtt5_properties, present);
    }
    b->number = (int)(b - engine_bindings);
    b->type = (uint8_t)type;
    b->count = PyTuple_GET_SIZE(fields);
    if (type < 0 || b->count >= MAX_FIELDS || !is_plain_class(b)) {
        return decline(b, "its layout");
    }
    for (i = 0; i < b->count; i++) {
        field *f = &b->fields[i];
        if (bind_field(b, f, PyTuple_GET_ITEM(fields, i), missing) < 0) {
            return -1;
        }
        b->names[i] = f->name;
        b->by_place[f->place] = f;
        b->defaults[f->place] = f->def;
        if (f->property) {
            b->by_property[f->property] = f;
        } else {
            b->fixed[fixed++] = f;
            if (add_plain(b, f) < 0) {
                return -1;
            }
        }
        if (f->kind == MQTT5_KIND_PAYLOAD) {
            b->payload = f;
        }
    }
    return 0;
}

/* The packet to check a part in: filled from an object that stays for good. */
static int bind_holder(binding *b, PyObject *module, PyObject *part)
{
    PyObject *found = PyObject_CallMethod(module, "holder", "(O)", part), *schema, *place, *values, *name, *object;
    const binding *holder = NULL;
    outcome result = UNFIT;
    scratch s;
    Py_ssize_t i;

    if (found == NULL ||
        !PyArg_ParseTuple(found, "O!O!O!", &PyTuple_Type, &schema, &PyTuple_Type, &place, &PyList_Type, &values)) {
        return -1;
    }
    name = PyTuple_GET_ITEM(place, 0);
    holder = *bucket_of((PyTypeObject *)PyTuple_GET_ITEM(schema, 0));
    object = holder != NULL && PyList_GET_SIZE(values) == holder->count ? PyType_GenericAlloc(holder->cls, 0) : NULL;
    for (i = 0; object != NULL && i < holder->count; i++) {
        const field *f = &holder->fields[i];

        *slot_of(object, f) = Py_NewRef(PyList_GET_ITEM(values, i));
        if (PyUnicode_Compare(f->name, name) == 0) {
            b->stands_in = f;
        }
    }
    Py_DECREF(found);
    if (b->stands_in != NULL) {
        begin_scratch(&s, false);
        result = engine_fill(holder, object, &s);
        end_scratch(&s);
        b->holder = holder;
        memcpy(b->around, (char *)&s.packet + holder->plain_at, holder->plain_size);
    }
    return result == FIT ? 0 : decline(b, "where it stands");
}

/* The bindings of all classes: the parts first, since packets are made of them. */
static int bind_classes(PyObject *module, PyObject *missing)
{
    PyObject *schemas = PyObject_GetAttrString(module, "ALL");
    Py_ssize_t i, count = schemas != NULL && PyTuple_CheckExact(schemas) ? PyTuple_GET_SIZE(schemas) : 0;
    int result = count > 0 && count <= CLASSES ? 0 : -1;

    for (i = 0; result == 0 && i < count; i++) {
        binding *b = &engine_bindings[i];

        result = bind_class(b, PyTuple_GET_ITEM(schemas, i), missing);
        if (result == 0) {
            *bucket_of(b->cls) = b;
            if (b->type > 0 && b->type < TYPES) {
                engine_packets[b->type] = b;
            }
        }
    }
    for (i = 0; result == 0 && i < count; i++) {
        binding *b = &engine_bindings[i];

        if (b->type == 0 || b->type >= TYPES) {
            result = bind_holder(b, module, PyTuple_GET_ITEM(schemas, i));
        }
    }
    Py_XDECREF(schemas);
    return result;
}

static PyObject *import_from(const char *module_name, const char *name)
{
    PyObject *module = PyImport_ImportModule(module_name);
    PyObject *object = module != NULL ? PyObject_GetAttrString(module, name) : NULL;

    Py_XDECREF(module);
    return object;
}

int engine_bind(void)
{
    static const struct {
        PyObject **function;
        const char *module, *name;
    } shared[] = {
        {&engine_shared.refuse_type, "mqtt5._convert", "refuse_type"},
        {&engine_shared.to_string, "mqtt5._convert", "to_string"},
        {&engine_shared.size_limit, "mqtt5._convert", "size_limit"},
        {&engine_shared.refuse_value, "mqtt5._errors", "refuse_value"},
        {&engine_shared.refuse_argument, "mqtt5._errors", "refuse_argument"},
        {&engine_shared.refuse_packet, "mqtt5._errors", "refuse_packet"},
        {&engine_shared.incomplete, "mqtt5._errors", "incomplete"},
        {&engine_shared.copy_exception, "copy", "copy"},
    };
    PyObject *module = PyImport_ImportModule("mqtt5._schema"), *missing = import_from("dataclasses", "MISSING");
    size_t i;
    int result = module != NULL && missing != NULL ? 0 : -1;

    for (i = 0; result == 0 && i < sizeof(shared) / sizeof(shared[0]); i++) {
        *shared[i].function = import_from(shared[i].module, shared[i].name);
        result = *shared[i].function != NULL ? 0 : -1;
    }
    if (result == 0) {
        result = bind_classes(module, missing);
    }
    Py_XDECREF(module);
    Py_XDECREF(missing);
    if (result < 0 && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_ImportError, "mqtt5._speedups does not fit: its tables");
    }
    return result;
}
