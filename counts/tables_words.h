#ifndef SV_COUNTS_TABLES_WORDS_H
#define SV_COUNTS_TABLES_WORDS_H

#include "counts/document_tables.h"
#include "vault/schema.h"

/* Words and notes that tables of both kinds have. */
enum tables_word {
    TABLES_NUMBER,
    TABLES_CHANGE, /* on the year before */
    TABLES_TOTAL,
    TABLES_TOTALS, /* a table of several totals */
    TABLES_ITEM,   /* the head over labels of no one field */
    TABLES_POPULATION,
    TABLES_COUNTED,
    TABLES_WORDS
};
const char *tables_word(enum tables_word w, enum schema_lang lang);
/* Why a figure is not known; itself where there is no such text. */
const char *tables_reason(const char *msgid, enum schema_lang lang);
enum document_lang tables_lang(enum schema_lang lang);

/* What the profile is and what that means for who reads the figures, which
 * are further off where is_wide (struct figures); the
 * legal basis where there is one; and what the tables were made from. */
enum sv_err tables_put_notes(struct document_tables *t, enum schema_lang lang,
                             const char *profile, bool is_wide,
                             struct bytes basis);

#endif
