/* SPDX-License-Identifier: MIT */
/*
 * wire.c - the functions of mqtt5_wire.h that are not inline.
 *
 * It does not know what a field is: it is a number.
 */
#include "mqtt5_wire.h"

void mqtt5_note_field(finder *f, unsigned field, const uint8_t *at, size_t item)
{
    if (f->found) {
        return;
    }
    f->at = at;
    f->field = (uint8_t)field;
    f->item = item;
    f->found = f->field == f->wanted && f->skip-- == 0;
}

void mqtt5_write_length(writer *w, size_t start, size_t given, size_t more)
{
    write_length_here(w, start, given, more);
}
