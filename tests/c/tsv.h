/* SPDX-License-Identifier: MIT */
/*
 * tsv.h - reads the lines of a vector file: four columns between tabs; blank lines and # comments are left out.
 *
 * It does not know what the columns say. Include it after guard.h.
 */
#ifndef TSV_H
#define TSV_H

typedef struct tsv {
    FILE *file;
    const char *name; /* without its directory */
    unsigned long number;
    char *line;
    size_t room;
    char *column[4];
} tsv;

static inline tsv open_tsv(const char *path)
{
    tsv t;
    const char *slash = strrchr(path, '/');

    memset(&t, 0, sizeof(t));
    t.file = fopen(path, "r");
    t.name = slash != NULL ? slash + 1 : path;
    if (t.file == NULL) {
        perror(path);
        exit(1);
    }
    return t;
}

static inline void tsv_wrong(const tsv *t, const char *why)
{
    fprintf(stderr, "%s:%lu: %s\n", t->name, t->number, why);
    exit(1);
}

/* False, and closed, at the end. */
static inline int next_line(tsv *t)
{
    for (;;) {
        ssize_t length = getline(&t->line, &t->room, t->file);
        char *at;
        int i;

        if (length < 0) {
            if (ferror(t->file)) {
                tsv_wrong(t, "cannot be read");
            }
            fclose(t->file);
            free(t->line);
            return 0;
        }
        t->number++;
        if (length > 0 && t->line[length - 1] == '\n') {
            t->line[--length] = '\0';
        }
        if (strlen(t->line) != (size_t)length || strchr(t->line, '\r') != NULL) {
            tsv_wrong(t, "a NUL or carriage return in the line");
        }
        if (length == 0 || t->line[0] == '#') {
            continue;
        }
        at = t->line;
        for (i = 0; i < 4; i++) {
            t->column[i] = at;
            at = strchr(at, '\t');
            if ((at != NULL) != (i < 3)) {
                tsv_wrong(t, "not four columns");
            }
            if (at != NULL) {
                *at++ = '\0';
            }
        }
        CONTEXT("%s:%lu: %s", t->name, t->number, t->column[3]);
        return 1;
    }
}

#endif
