#ifndef SV_CLI_FORM_FIELD_H
#define SV_CLI_FORM_FIELD_H

#include "cli/form.h"

/* One field of a form: shown, asked, and set. */
struct form_field {
    struct term *t;
    enum schema_lang lang;
    struct content *content; /* borrowed */
    size_t at;               /* the field */
    bool addition;           /* what is there is not known */
    const char *today;       /* YYYY-MM-DD */
};

enum form_step {
    FORM_NEXT,
    FORM_BACK,
    FORM_END,  /* to the summary */
    FORM_AGAIN /* nothing was set: ask once more */
};

/* Label, counter, current value, and what may be answered. */
enum sv_err form_field_show(const struct form_field *f);
/* Ask once.  What was wrong with an answer has been said. */
enum sv_err form_field_ask(const struct form_field *f, enum form_step *step);

/* A whole sentence to the person. */
void form_say(struct term *t, const char *sentence);
/* Ask until a line is readable and not too long. */
enum sv_err form_ask(struct term *t, const char *prompt, struct buf *line);
/* A reason (msgid) as a sentence. */
void form_reason(struct term *t, const char *reason);

#endif
