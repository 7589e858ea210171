/* SPDX-License-Identifier: MIT */
/*
 * _speedups_make.c - from C to Python: makes the object for a packet's struct, and frees objects.
 *
 * It knows how a value of each kind looks on either side. It does not know
 * where the struct comes from.
 */
#include "_speedups.h"

/*
 * Objects that were freed last, for those that are made next. They hold the
 * defaults, and their class, already.
 */
enum { FREE_OBJECTS = 16 };
static struct {
    PyObject *objects[FREE_OBJECTS];
    int count;
} free_lists[CLASSES];

/*
 * A new object with the defaults, and NULL where there is none. The collector
 * does not track it: its fields are immutable, so no cycle can lead through it.
 */
PyObject *engine_new(const binding *b)
{
    PyObject *made;
    Py_ssize_t i;

    if (free_lists[b->number].count > 0) {
        made = free_lists[b->number].objects[--free_lists[b->number].count];
#if defined(Py_REF_DEBUG) || defined(Py_GIL_DISABLED)
        _Py_NewReference(made);
#else
        Py_SET_REFCNT(made, 1);
#endif
        return made;
    }
    made = PyObject_GC_New(PyObject, b->cls);
    for (i = 0; made != NULL && i < b->count; i++) {
        slots_of(made)[i] = Py_XNewRef(b->defaults[i]);
    }
    return made;
}

/*
 * Of each short size a bytes object and an ASCII text that nobody else has any
 * more: payloads and topics that follow each other are often of one size, and
 * to write to an object takes less time than to free it and to make another.
 */
enum { SPARE_SIZES = 64 };
static PyObject *spare_bytes[SPARE_SIZES], *spare_texts[SPARE_SIZES];

/* Whether there is nothing to it but its characters and its hash. */
static bool is_spare_text(PyObject *text)
{
#if PY_VERSION_HEX < 0x030C0000
    if (((PyASCIIObject *)text)->wstr != NULL) {
        return false;
    }
#endif
    return PyUnicode_IS_COMPACT_ASCII(text) && !PyUnicode_CHECK_INTERNED(text);
}

/* Gives up the reference to a value of a field. */
static inline void drop(PyObject *value)
{
    PyObject **spares = NULL;
    Py_ssize_t size = 0;

    if (Py_REFCNT(value) == 1) {
        if (PyBytes_CheckExact(value)) {
            spares = spare_bytes;
            size = PyBytes_GET_SIZE(value);
        } else if (PyUnicode_CheckExact(value) && is_spare_text(value)) {
            spares = spare_texts;
            size = PyUnicode_GET_LENGTH(value);
        }
        if (size > 1 && size < SPARE_SIZES && spares[size] == NULL) { /* of shorter ones, CPython has one each */
            spares[size] = value;
            return;
        }
    }
    Py_DECREF(value);
}

/* The one member of a bytes object that CPython would like to have for itself. */
static inline void forget_hash(PyObject *bytes)
{
    /* clang-format off */
    _Py_COMP_DIAG_PUSH
    _Py_COMP_DIAG_IGNORE_DEPR_DECLS
    ((PyBytesObject *)bytes)->ob_shash = -1;
    _Py_COMP_DIAG_POP
    /* clang-format on */
}

static PyObject *make_bytes(mqtt5_view view)
{
    PyObject *made = view.size < SPARE_SIZES ? spare_bytes[view.size] : NULL;

    if (made == NULL) {
        return PyBytes_FromStringAndSize((const char *)view.data, (Py_ssize_t)view.size);
    }
    spare_bytes[view.size] = NULL;
    forget_hash(made);
    memcpy(PyBytes_AS_STRING(made), view.data, view.size);
    return made;
}

static PyObject *make_ascii(mqtt5_view view)
{
    PyObject *made = view.size < SPARE_SIZES ? spare_texts[view.size] : NULL;

    if (made != NULL) {
        spare_texts[view.size] = NULL;
        ((PyASCIIObject *)made)->hash = -1;
    } else {
        made = PyUnicode_New((Py_ssize_t)view.size, 127);
    }
    if (made != NULL && view.size > 0) {
        memcpy(PyUnicode_1BYTE_DATA(made), view.data, view.size);
    }
    return made;
}

static inline void free_slots(const binding *b, PyObject *object)
{
    PyTypeObject *cls = Py_TYPE(object);
    PyObject **slots = slots_of(object), *const *defaults = b->defaults;
    const Py_ssize_t count = b->count;
    Py_ssize_t i;

    for (i = 0; i < count; i++) {
        if (slots[i] != defaults[i]) {
            PyObject *value = slots[i];

            slots[i] = Py_XNewRef(defaults[i]);
            if (value != NULL) {
                drop(value);
            }
        }
    }
    if (cls == b->cls && free_lists[b->number].count < FREE_OBJECTS) {
        free_lists[b->number].objects[free_lists[b->number].count++] = object;
        return;
    }
    for (i = 0; i < b->count; i++) {
        Py_XDECREF(b->defaults[i]);
    }
    cls->tp_free(object);
    Py_DECREF(cls);
}

/* The tp_dealloc of the classes: that of any class, which looks for the slots each time, takes several times as long.
 */
void engine_free(PyObject *object)
{
    static int depth = 0;
    const binding *b = *bucket_of(Py_TYPE(object));

    if (b == NULL) {
        b = engine_binding_of(object); /* of a derived class, what that adds is gone */
    }
    PyObject_GC_UnTrack(object);
    if (object == engine_last) {
        engine_forget_last();
    }
    if (depth < 20) {
        depth++;
        free_slots(b, object);
        depth--;
    } else { /* only who changes packets by force can put them into each other without end */
        Py_TRASHCAN_BEGIN(object, engine_free);
        free_slots(b, object);
        Py_TRASHCAN_END;
    }
}

/*
 * Short texts of lists that came at least twice, so that they need not be made
 * again: the names and values of user properties repeat, and tuples free them
 * by themselves. What comes once leaves no more than its hash here. Each text
 * has two places, which it shares with others; of those that find both taken,
 * one in so many takes one. They are few: a text that has left the processor's
 * cache is made anew as fast.
 */
enum { KEPT_TEXTS = 256, SHORT_TEXT = 64, REPLACED = 4 };
typedef struct text_key {
    uint64_t head, tail; /* its first and last bytes: all, if there are no more than 16 */
    size_t size;
} text_key;
typedef struct kept_text {
    uint64_t head, tail;
    PyObject *text;
    uint32_t size;   /* of the text, 0 if there is none */
    uint32_t missed; /* the hash of one that was made here */
} kept_text;
static kept_text kept_texts[KEPT_TEXTS];

/* The size is at least 2. */
static inline text_key text_key_of(mqtt5_view view)
{
    text_key key = {0, 0, view.size};

    if (view.size >= 8) {
        memcpy(&key.head, view.data, 8);
        memcpy(&key.tail, view.data + view.size - 8, 8);
    } else if (view.size >= 4) {
        memcpy(&key.head, view.data, 4);
        memcpy(&key.tail, view.data + view.size - 4, 4);
    } else {
        memcpy(&key.head, view.data, 2);
        memcpy(&key.tail, view.data + view.size - 2, 2);
    }
    return key;
}

static inline uint32_t text_hash(const text_key *key)
{
    uint64_t hash = ((key->head ^ key->size) * 0x9E3779B97F4A7C15u) ^ key->tail;

    hash = (hash ^ hash >> 32) * 0x9E3779B97F4A7C15u; /* what differs may be in the last byte alone */
    return (uint32_t)(hash >> 32);
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

static Py_NO_INLINE PyObject *make_text(mqtt5_view view)
{
    return is_ascii(view) ? make_ascii(view)
                          : PyUnicode_DecodeUTF8((const char *)view.data, (Py_ssize_t)view.size, NULL);
}

static inline bool is_kept(const kept_text *kept, const text_key *key, mqtt5_view view)
{
    mqtt5_view utf8;

    return kept->head == key->head && kept->tail == key->tail && kept->size == key->size &&
           (key->size <= 16 ||
            (engine_view_text(kept->text, &utf8) == FIT && memcmp(utf8.data + 8, view.data + 8, view.size - 16) == 0));
}

/* Makes a text that is not kept, and keeps it if it was made here lately. */
static Py_NO_INLINE PyObject *make_new_text(mqtt5_view view, const text_key *key, uint32_t hash, kept_text *places)
{
    static uint32_t turn = 0;
    PyObject *made = make_text(view);
    kept_text *kept;
    mqtt5_view utf8;

    turn = turn * 1664525 + 1013904223; /* not in turns, which texts that come in turns could always miss */
    kept = &places[turn >> 31];
    if (made == NULL || (places[0].missed != hash && places[1].missed != hash)) {
        kept->missed = hash;
        return made;
    }
    if (places[0].size == 0) {
        kept = &places[0];
    } else if (places[1].size == 0) {
        kept = &places[1];
    } else if ((turn >> 16) % REPLACED != 0) {
        return made;
    }
    if (engine_view_text(made, &utf8) != FIT) { /* no memory; afterwards the text has its UTF-8 with it */
        PyErr_Clear();
        return made;
    }
    kept->head = key->head;
    kept->tail = key->tail;
    kept->size = (uint32_t)key->size;
    Py_XSETREF(kept->text, Py_NewRef(made));
    return made;
}

static inline PyObject *make_item_text(mqtt5_view view)
{
    kept_text *places;
    text_key key;
    uint32_t hash;

    if (view.size < 2 || view.size > SHORT_TEXT) {
        return make_text(view);
    }
    key = text_key_of(view);
    hash = text_hash(&key);
    places = &kept_texts[hash % (KEPT_TEXTS / 2) * 2];
    if (is_kept(&places[0], &key, view)) {
        return Py_NewRef(places[0].text);
    }
    if (is_kept(&places[1], &key, view)) {
        return Py_NewRef(places[1].text);
    }
    return make_new_text(view, &key, hash, places);
}

static PyObject *make_number(const field *f, uint32_t number)
{
    if (f->members != NULL) {
        PyObject *member = f->members[number % CODES];

        return member != NULL ? Py_NewRef(member) : PyErr_Format(PyExc_SystemError, "%U: no such member", f->label);
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
    PyObject *name = make_item_text(pair.name);
    PyObject *value = name != NULL ? make_item_text(pair.value) : NULL;
    PyObject *made = value != NULL ? PyTuple_New(2) : NULL;

    if (made == NULL) {
        Py_XDECREF(name);
        Py_XDECREF(value);
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
        return more ? make_item_text(item.view) : NULL;
    case MQTT5_KIND_USER_PROPERTIES:
        more = mqtt5_next_user_property(rest, &item.pair);
        return more ? make_pair(item.pair) : NULL;
    default:
        more = mqtt5_next_topic_filter(rest, &item.filter);
        return more ? make_object(f->part, (const char *)&item.filter, NULL) : NULL;
    }
}

static Py_NO_INLINE PyObject *make_list(const field *f, mqtt5_list rest)
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
static Py_ALWAYS_INLINE inline PyObject *make_value(const field *f, const char *member)
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

/* Whether a member that is no property differs from the default: then it has its value, or NULL after an exception. */
static Py_ALWAYS_INLINE inline bool make_fixed(const field *f, const char *from, PyObject *payload, PyObject **value)
{
    const char *member = from + f->offset;
    uint32_t number;

    switch (f->kind) {
    case MQTT5_KIND_BOOL:
    case MQTT5_KIND_BYTE:
    case MQTT5_KIND_U16:
        number = f->kind == MQTT5_KIND_U16 ? *(const uint16_t *)member : *(const uint8_t *)member;
        if (number == f->number) {
            return false;
        }
        *value = make_number(f, number);
        return true;
    case MQTT5_KIND_PAYLOAD:
        *value = payload != NULL ? Py_NewRef(payload) : make_bytes(*(const mqtt5_view *)member);
        return true;
    default:
        if (f->flag != 0 && !*(const bool *)(from + f->flag)) {
            return false;
        }
        *value = make_value(f, member);
        return true;
    }
}

/* The lowest bit that is set; there is one. */
static inline int lowest_bit_of(uint64_t bits)
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

/* The object for a struct; with that payload, if there is one already. */
static PyObject *make_object(const binding *b, const char *from, PyObject *payload)
{
    PyObject *made = engine_new(b), *value;
    uint64_t present = 0;
    const field *f;
    Py_ssize_t i;

    if (made == NULL) {
        return NULL;
    }
    for (i = 0; (f = b->fixed[i]) != NULL; i++) {
        if (make_fixed(f, from, payload, &value)) {
            if (value == NULL) {
                goto failed;
            }
            Py_XSETREF(*slot_of(made, f), value);
        }
    }
    if (b->present >= 0) {
        present = *(const uint64_t *)(from + b->present);
    }
    for (; present != 0; present &= present - 1) {
        f = b->by_property[lowest_bit_of(present)];
        value = make_value(f, from + f->offset);
        if (value == NULL) {
            goto failed;
        }
        Py_SETREF(*slot_of(made, f), value);
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
