#ifndef SV_COUNTS_ANNUAL_LABELS_H
#define SV_COUNTS_ANNUAL_LABELS_H

#include "counts/annual_layout.h"

/*
 * The words of the report's table, in both languages whatever the locale:
 * the report goes to readers, not to who runs the program.  Labels of codes
 * are the schema's.
 */
struct annual_label {
    unsigned indent;
    const char *name;   /* a figure or a list; NULL: a heading alone */
    const char *change; /* the figure of its change, or NULL */
    bool is_list;       /* a heading, and a row for each of its figures */
    /* '#' stands for the age under which people are minors. */
    const char *text[SCHEMA_LANGS];
};

/* The rows of the table from top to bottom; indent 0: a section. */
size_t annual_labels_n(void);
const struct annual_label *annual_labels_at(size_t i);
/* The row's label with that age in it, appended. */
enum sv_err annual_labels_put(const struct annual_label *label,
                              unsigned minor_age, enum schema_lang lang,
                              struct buf *out);
/* The label of a list's code; a code of another schema stands for itself. */
const char *annual_labels_code(const struct schema *schema,
                               const struct annual_item *list, const char *code,
                               enum schema_lang lang);

enum annual_word {
    WORD_NOT_RELEASED,
    WORD_TITLE,
    WORD_YEAR,
    WORD_CALENDAR, /* behind the year */
    WORD_FISCAL,
    WORD_AS_OF,
    WORD_AUTHORITY,
    WORD_PROFILE,
    WORD_BASIS,
    WORD_UNKNOWN, /* the code of who is in no other */
    WORD_DECREASED,
    WORD_INCREASED,
    WORD_LESS, /* behind a decrease's number */
    WORD_MORE,
    WORD_NO_CHANGE,
    WORD_CHANGE_UNKNOWN, /* before the reason */
    WORD_OPEN,
    WORD_CLOSE,
    ANNUAL_WORDS
};
const char *annual_labels_word(enum annual_word w, enum schema_lang lang);
/* What a profile means, or why a figure is not known; itself where there is
 * no such text. */
const char *annual_labels_phrase(const char *msgid, enum schema_lang lang);

#endif
