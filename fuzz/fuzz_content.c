/*
 * The content of a compartment.  The first byte chooses which; behind it the
 * encoded content, or with 128 the text of each field, a line each.
 * Covers: vault/content.c vault/schema.c vault/token.c
 */
#include <string.h>

#include "vault/token.h"

#include "fuzz/fuzz.h"

static const struct schema_compartment *
compartment(uint8_t choice)
{
    static struct schema *s;
    const struct schema_type *t;

    if (s == NULL)
        demand(schema_load(schema_builtin(), &s, NULL) == SV_OK);
    t = schema_type_at(s, choice / 8 % schema_types(s));
    return &t->compartments[choice % 8 % t->n];
}

static struct buf
encoded(const struct content *c)
{
    struct buf b = BUF_INIT;

    demand(content_encode(c, &b) == SV_OK);
    fuzz_fit(&b);
    return b;
}

/* What a spreadsheet has of it means the same again. */
static void
check_texts(const struct content *c)
{
    struct content again;
    struct buf was = encoded(c), is;

    demand(content_new(c->compartment, &again) == SV_OK);
    for (size_t i = 0; i < c->compartment->n; i++) {
        struct buf text = BUF_INIT;
        const char *reason = NULL;

        demand(content_text(c, i, &text) == SV_OK);
        demand(content_parse(&again, i, buf_bytes(&text), &reason) == SV_OK);
        buf_free(&text);
    }
    is = encoded(&again);
    demand(bytes_equal(buf_bytes(&was), buf_bytes(&is)));
    content_free(&again);
    buf_free(&was);
    buf_free(&is);
}

/* Laid over nothing, or over itself, it is what it was. */
static void
check_fold(const struct content *c)
{
    struct content base;
    struct buf was = encoded(c), is;

    demand(content_new(c->compartment, &base) == SV_OK);
    demand(content_fold(&base, c) == SV_OK);
    demand(content_fold(&base, c) == SV_OK);
    is = encoded(&base);
    demand(bytes_equal(buf_bytes(&was), buf_bytes(&is)));
    content_free(&base);
    buf_free(&was);
    buf_free(&is);
}

/* Ascending, each once, and as many as tell nothing. */
static void
check_tokens(const struct content *c)
{
    const struct token_key key = {{1}};
    struct rng rng = rng_system();
    struct token_list list;

    if (tokens_of_content(&key, &rng, c, &list) != SV_OK)
        return;
    demand(list.n <= POSTING_TOKENS_MAX && list.n % TOKENS_STEP == 0);
    for (size_t i = 1; i < list.n; i++)
        demand(memcmp(list.at[i - 1], list.at[i], TOKEN_BYTES) < 0);
}

static void
check_encoded(const struct schema_compartment *c, struct bytes in)
{
    struct content got = {0};
    struct buf again;

    if (content_decode(c, in, &got) != SV_OK) {
        demand(got.fields == NULL);
        return;
    }
    again = encoded(&got);
    demand(bytes_equal(buf_bytes(&again), in));
    buf_free(&again);
    check_texts(&got);
    check_fold(&got);
    check_tokens(&got);
    content_fill(&got);
    content_free(&got);
}

static void
check_lines(const struct schema_compartment *c, struct bytes in)
{
    struct content got;
    struct bytes line;
    const char *reason;

    demand(content_new(c, &got) == SV_OK);
    for (size_t i = 0; i < c->n && text_split(&in, '\n', &line); i++) {
        reason = NULL;
        demand(content_parse(&got, i, line, &reason) == SV_OK ||
               reason != NULL);
    }
    check_texts(&got);
    check_fold(&got);
    check_tokens(&got);
    content_free(&got);
}

void
fuzz_one(struct bytes in)
{
    uint8_t choice = fuzz_choice(&in);
    const struct schema_compartment *c = compartment(choice % 128);

    if (choice < 128)
        check_encoded(c, in);
    else
        check_lines(c, in);
    fuzz_heap_bounded(in.len, 64);
}

/* One value of each kind of field, in each compartment of victims. */
void
fuzz_seeds(struct seeds *s)
{
    for (uint8_t choice = 0; choice < 7; choice++) {
        const struct schema_compartment *c = compartment(choice);
        struct content is;
        struct buf lines = BUF_INIT, b;

        demand(content_new(c, &is) == SV_OK);
        for (size_t i = 0; i < c->n; i++) {
            const struct schema_field *f = &c->fields[i];
            const char *value = f->kind == FIELD_CODE   ? f->list->codes[0].code
                                : f->kind == FIELD_DATE ? "2020-02-29"
                                : f->kind == FIELD_TEXT ? "Text"
                                                        : "17";
            const char *reason = NULL;

            if (i % 3 == 2)
                content_set_missing(&is, i, MISSING_DECLINED);
            else if (i % 5 != 4)
                (void)content_add(&is, i, bytes_text(value), &reason);
            demand(content_text(&is, i, &lines) == SV_OK);
            demand(buf_text(&lines, "\n") == SV_OK);
        }
        b = encoded(&is);
        seed_choice_buf(s, choice, &b);
        seed_choice_buf(s, choice | 128, &lines);
        content_free(&is);
    }
}
