#ifndef SV_RELEASE_WORDS_H
#define SV_RELEASE_WORDS_H

#include "counts/document_tables.h"

/* What is said around the tables, in the language of the release. */
enum release_word {
    RELEASE_NOTES,
    RELEASE_CONTENTS,
    RELEASE_BARS,    /* what a chart is */
    RELEASE_PAIRS,   /* and before the heads of its two columns */
    RELEASE_LONGEST, /* before a row's label and its number */
    RELEASE_COMMA,
    RELEASE_STOP,
    RELEASE_WORDS
};
const char *release_word(enum document_lang lang, enum release_word w);
const char *release_lang_tag(enum document_lang lang); /* BCP 47 */

/* The number of a cell as people write it, appended: 1,234; +15; 4.3%.
 * Nothing for one that is none or not known. */
enum sv_err release_number(const struct document_cell *c, struct buf *out);

/* Appended.  Numbers count from 1. */
/* "Table 3" */
enum sv_err release_table_name(enum document_lang lang, size_t number,
                               struct buf *out);
/* "Table 3. Gender"; before the caption its section, where that is wanted. */
enum sv_err release_table_title(enum document_lang lang, size_t number,
                                const struct document_table *t,
                                bool with_section, struct buf *out);
/* "not known (note 1)" in a cell, "Note 1: no records" below the table. */
enum sv_err release_unknown(enum document_lang lang, size_t reason,
                            struct buf *out);
enum sv_err release_reason(enum document_lang lang, size_t reason,
                           const char *text, struct buf *out);

#endif
