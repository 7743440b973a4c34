#include "counts/snapshot.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/text.h"
#include "crypto/digest.h"

#define HEAD "svault/snapshot/v1\n"

void
snapshot_clear(struct snapshot *s)
{
    if (s->sets != NULL)
        wipe(s->sets, s->facts.n_figures * sizeof *s->sets);
    free(s->sets);
    facts_clear(&s->facts);
    memset(s, 0, sizeof *s);
}

/* ---- writing ---- */

static enum sv_err
put_set(const struct facts *f, size_t at, const struct figures *figures,
        struct buf *out)
{
    const struct figure *figure;
    size_t of;

    if (f->figures[at].print == FACTS_EXACT ||
        figures_find(figures, f->figures[at].name, &of) != SV_OK)
        return SV_OK;
    figure = &figures->at[of];
    if (!figure->known) /* the year before: its fact says what it came to */
        return buf_printf(out, "set %zu %016" PRIx64 " %" PRId64 "\n", at,
                          figure->of.key, f->figures[at].value);
    return buf_printf(out, "set %zu %016" PRIx64 " %" PRId64 "\n", at,
                      figure->of.n > 0 ? figure->of.key : 0, figure->value);
}

enum sv_err
snapshot_encode(const struct facts *facts, const struct facts_rule *rule,
                const struct figures *figures, bool closed, struct buf *out)
{
    enum sv_err err =
        buf_printf(out, HEAD "closed %s\nfacts ", closed ? "yes" : "no");

    if (err == SV_OK)
        err = facts_json_encode(facts, rule, out);
    if (err == SV_OK)
        err = buf_text(out, "\n");
    for (size_t i = 0; i < facts->n_figures && rule->base > 0 && err == SV_OK;
         i++)
        err = put_set(facts, i, figures, out);
    return err;
}

/* ---- reading ---- */

static bool
read_line(struct bytes *rest, const char *name, struct bytes *value)
{
    return text_line(rest, value) && text_skip(value, name);
}

/* Each figure at most once, in their order. */
static bool
read_set(struct bytes line, struct snapshot *s, uint64_t *next)
{
    struct bytes at, key, value = line;
    uint8_t raw[8];
    uint64_t i, n;

    if (!text_skip(&value, "set ") || !text_split(&value, ' ', &at) ||
        !text_split(&value, ' ', &key) ||
        text_u64(at, *next, s->facts.n_figures - 1, &i) != SV_OK ||
        text_u64(value, 0, FACTS_VALUE_MAX, &n) != SV_OK ||
        text_unhex(key, raw, sizeof raw) != SV_OK)
        return false;
    s->sets[i] = (struct snapshot_set){true, get_u64(raw), (int64_t)n};
    *next = i + 1;
    return true;
}

static enum sv_err
read_sets(struct bytes rest, struct snapshot *s)
{
    struct bytes line;
    uint64_t next = 0;

    s->sets = calloc(s->facts.n_figures + 1, sizeof *s->sets);
    if (s->sets == NULL)
        return SV_ERR_NOMEM;
    while (rest.len > 0) {
        if (s->facts.n_figures == 0 || !text_line(&rest, &line) ||
            !read_set(line, s, &next))
            return SV_ERR_FORMAT;
    }
    return SV_OK;
}

enum sv_err
snapshot_decode(struct bytes in, struct snapshot *out)
{
    struct snapshot s = {0};
    struct bytes closed = {NULL, 0}, json;
    struct diag where = {0};
    enum sv_err err = SV_OK;

    facts_init(&s.facts);
    if (!text_skip(&in, HEAD) || !read_line(&in, "closed ", &closed) ||
        !(text_is(closed, "yes") || text_is(closed, "no")) ||
        !read_line(&in, "facts ", &json))
        err = SV_ERR_FORMAT;
    s.closed = text_is(closed, "yes");
    if (err == SV_OK)
        err = facts_json_decode(json, &s.facts, &s.rule, &where);
    if (err == SV_OK)
        err = read_sets(in, &s);
    if (err == SV_OK)
        *out = s;
    else
        snapshot_clear(&s);
    return err;
}

/* ---- pins ---- */

void
pins_init(struct pins *p)
{
    map_init(&p->by_predicate, DIGEST_LEN, sizeof(struct pin));
    map_init(&p->by_set, sizeof(uint64_t), sizeof(struct pin));
}

void
pins_clear(struct pins *p)
{
    map_clear(&p->by_predicate);
    map_clear(&p->by_set);
}

/* What was printed first stays, and what was printed of the whole period
 * takes the place of what was printed of a part of it. */
static enum sv_err
keep(struct map *m, const void *key, const struct pin *pin)
{
    const struct pin *old = map_get(m, key);

    return old != NULL && (old->frozen || !pin->frozen) ? SV_OK
                                                        : map_set(m, key, pin);
}

static void
hash_predicate(struct bytes predicate, uint8_t out[static DIGEST_LEN])
{
    digest("sv/v1/predicate", predicate, out);
}

static unsigned
steps_of(const struct facts_figure *f)
{
    return f->print == FACTS_ROUNDED && f->hi - f->value >= FIGURES_BASE ? 1
                                                                         : 0;
}

/* The most that any of its figures took: of one that is not printed, nothing
 * else is known. */
static unsigned
most_steps(const struct snapshot *s)
{
    unsigned most = 0;

    for (size_t i = 0; i < s->facts.n_figures && most == 0; i++)
        most = steps_of(&s->facts.figures[i]);
    return most;
}

static enum sv_err
add_pin(struct pins *p, const struct snapshot *s, unsigned most, size_t at)
{
    const struct facts_figure *f = &s->facts.figures[at];
    struct pin pin = {.value = s->sets[at].value, .frozen = s->closed};
    struct buf predicate = BUF_INIT;
    uint8_t hash[DIGEST_LEN];
    enum sv_err err = facts_predicate(&s->facts, at, &predicate);

    pin.printed = f->print == FACTS_ROUNDED;
    pin.steps = f->print == FACTS_ROUNDED ? steps_of(f) : most;
    memcpy(pin.as_of, f->as_of, sizeof pin.as_of);
    hash_predicate(buf_bytes(&predicate), hash);
    if (err == SV_OK)
        err = keep(&p->by_predicate, hash, &pin);
    memset(pin.as_of, 0, sizeof pin.as_of);
    if (err == SV_OK && s->sets[at].key != 0)
        err = keep(&p->by_set, &s->sets[at].key, &pin);
    buf_free(&predicate);
    return err;
}

enum sv_err
pins_add(struct pins *p, const struct snapshot *s)
{
    unsigned most = most_steps(s);
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < s->facts.n_figures && err == SV_OK; i++) {
        if (s->sets[i].given)
            err = add_pin(p, s, most, i);
    }
    return err;
}

/* Could this still be what the count is rounded to? */
static bool
is_near(const struct pin *pin, int64_t n)
{
    return pin->value - n < FIGURES_BASE && n - pin->value < FIGURES_BASE;
}

static const struct pin *
find_predicate(const struct pins *p, struct bytes predicate)
{
    uint8_t hash[DIGEST_LEN];

    hash_predicate(predicate, hash);
    return map_get(&p->by_predicate, hash);
}

const struct pin *
pins_left(const struct pins *p, struct bytes predicate, int64_t n)
{
    const struct pin *pin = find_predicate(p, predicate);

    return pin != NULL && pin->printed && !pin->frozen && !is_near(pin, n)
               ? pin
               : NULL;
}

const struct pin *
pins_find(const struct pins *p, struct bytes predicate,
          const struct counted *of)
{
    const struct pin *pin = find_predicate(p, predicate);

    if (pin != NULL && (pin->frozen || is_near(pin, of->n)))
        return pin;
    pin = of->n > 0 ? map_get(&p->by_set, &of->key) : NULL;
    return pin != NULL && is_near(pin, of->n) ? pin : NULL;
}
