/* SPDX-License-Identifier: MIT */
/*
 * tsv.h - finds the vector files and reads their lines: four columns between tabs, or six if the name of the file
 * begins with options-; blank lines and # comments are skipped.
 *
 * It does not know the meaning of the columns. Include it after guard.h. With MQTT5_TEST_BARE the files are not read
 * but linked into the program: see linked_files.
 */
#ifndef TSV_H
#define TSV_H

typedef struct tsv {
    const char *name; /* without its directory */
    const char *at;   /* the text that is left */
    const char *end;
    char *text; /* to be freed at the end */
    unsigned long number;
    char *line;
    size_t room;
    int columns;
    char *column[6];
} tsv;

/* ---------------------------------------------------------------- files */

#ifndef MQTT5_TEST_BARE

#include <glob.h>

/* The paths of all vector files, NULL after the last. */
static inline char **vector_files(const char *directory)
{
    static glob_t found; /* lives as long as the program */
    char pattern[4096];

    if (snprintf(pattern, sizeof(pattern), "%s/*.tsv", directory) >= (int)sizeof(pattern) ||
        glob(pattern, 0, NULL, &found) != 0) {
        give_up("no vectors found");
    }
    return found.gl_pathv;
}

static inline void read_text(const char *path, tsv *t)
{
    FILE *file = fopen(path, "rb");
    size_t size = 0, room = 0, got = 1;

    if (file == NULL) {
        perror(path);
        exit(1);
    }
    while (got > 0) {
        if (room - size < BUFSIZ) {
            room = 2 * room + BUFSIZ;
            t->text = (char *)realloc(t->text, room);
            if (t->text == NULL) {
                give_up("no memory for the file");
            }
        }
        got = fread(t->text + size, 1, room - size, file);
        size += got;
    }
    if (ferror(file)) {
        perror(path);
        exit(1);
    }
    fclose(file);
    t->at = t->text;
    t->end = t->text + size;
}

#else

/* Made by the build: see scripts/firmware-tests. */
extern const struct linked_file {
    const char *path;
    const char *text;
    const char *end;
} linked_files[]; /* a path that is NULL ends it */

static inline char **vector_files(const char *directory)
{
    static char *paths[64];
    size_t i;

    (void)directory;
    for (i = 0; linked_files[i].path != NULL; i++) {
        if (i + 1 == sizeof(paths) / sizeof(paths[0])) {
            give_up("too many vector files");
        }
        paths[i] = (char *)(uintptr_t)linked_files[i].path; /* never written to */
    }
    return paths;
}

static inline void read_text(const char *path, tsv *t)
{
    const struct linked_file *file = linked_files;

    while (file->path != NULL && strcmp(file->path, path) != 0) {
        file++;
    }
    if (file->path == NULL) {
        give_up("no such file is linked");
    }
    t->at = file->text;
    t->end = file->end;
}

#endif

static inline tsv open_tsv(const char *path)
{
    tsv t;
    const char *slash = strrchr(path, '/');

    memset(&t, 0, sizeof(t));
    t.name = slash != NULL ? slash + 1 : path;
    t.columns = strncmp(t.name, "options-", 8) == 0 ? 6 : 4;
    read_text(path, &t);
    return t;
}

static inline int has_options(const tsv *t)
{
    return t->columns == 6;
}

static inline void close_tsv(tsv *t)
{
    free(t->text);
    free(t->line);
}

/* ---------------------------------------------------------------- lines */

static inline void tsv_wrong(const tsv *t, const char *why)
{
    fprintf(stderr, "%s:%lu: %s\n", t->name, t->number, why);
    exit(1);
}

/* Copies the next line, with a zero at its end, to where it can be changed; false if there is none. */
static inline int copy_line(tsv *t)
{
    const char *newline;
    size_t length;

    if (t->at == t->end) {
        return 0;
    }
    newline = (const char *)memchr(t->at, '\n', (size_t)(t->end - t->at));
    length = (size_t)((newline != NULL ? newline : t->end) - t->at);
    t->number++;
    if (length >= t->room) {
        t->room = 2 * length + 1;
        t->line = (char *)realloc(t->line, t->room);
        if (t->line == NULL) {
            give_up("no memory for the line");
        }
    }
    memcpy(t->line, t->at, length);
    t->line[length] = '\0';
    t->at = newline != NULL ? newline + 1 : t->end;
    if (strlen(t->line) != length || strchr(t->line, '\r') != NULL) {
        tsv_wrong(t, "a NUL or carriage return in the line");
    }
    return 1;
}

/* False, and closed, at the end. */
static inline int next_line(tsv *t)
{
    while (copy_line(t)) {
        char *at = t->line;
        int i;

        if (t->line[0] == '\0' || t->line[0] == '#') {
            continue;
        }
        for (i = 0; i < t->columns; i++) {
            t->column[i] = at;
            at = strchr(at, '\t');
            if ((at != NULL) != (i + 1 < t->columns)) {
                tsv_wrong(t, "not as many columns as the file should have");
            }
            if (at != NULL) {
                *at++ = '\0';
            }
        }
        CONTEXT("%s:%lu: %s", t->name, t->number, t->column[t->columns - 1]);
        return 1;
    }
    close_tsv(t);
    return 0;
}

#endif
