#include <stdlib.h>
#include <string.h>

#include "cli/audit_release.h"
#include "policy/replay.h"

/* A whole log, replayed as `svault-audit verify` does it, and what it says of
 * the releases at hand. */
struct replaying {
    struct releasing *r;
    struct export e;
    struct replay replay;
    struct replay_fault unlawful;
    struct progress progress;
};

static struct release_entry *
entry_of(struct releasing *r, size_t i)
{
    struct release_dir *d = &r->dirs[i / 2];

    return i % 2 == 0 ? &d->request : &d->approval;
}

static enum sv_err
replay_one(void *ctx, uint64_t index, struct bytes text)
{
    struct replaying *g = ctx;
    struct releasing *r = g->r;
    struct hash leaf = tree_leaf(text);

    if (index % TILE_WIDTH == 0)
        term_progress(&g->progress, index, g->e.head.size);
    if (index == 0 && !hash_equal(&leaf, &r->card.vault)) {
        g->unlawful =
            (struct replay_fault){0, N_("not the genesis that the card names")};
        return SV_ERR_TAMPERED;
    }
    for (size_t i = 0; i < 2 * r->n; i++) {
        struct release_entry *e = entry_of(r, i);

        if (e->is_read && e->entry.index == index)
            e->is_in_log = bytes_equal(buf_bytes(&e->text), text);
    }
    return replay_entry(&g->replay, text, &g->unlawful);
}

static enum sv_err
replay_all(struct replaying *g, const char *dir)
{
    const struct audit_card *card = &g->r->card;
    const struct checkpoint *head = &g->e.head;
    enum sv_err err = export_open(&g->e, dir, card->origin, &card->log_key);

    if (err == SV_OK)
        err = export_check_names(&g->e);
    if (err == SV_OK && !export_has_entries(&g->e))
        err = export_wrong(&g->e, "", true,
                           N_("has heads only: its entries are needed"));
    if (err == SV_OK)
        err = export_check_tree(&g->e, true, g->r->audit->workers,
                                term_progress, &g->progress);
    if (err == SV_OK)
        err = export_entries(&g->e, replay_one, g);
    term_progress_end(&g->progress);
    return err == SV_OK
               ? replay_end(&g->replay, head->size, &head->root, &g->unlawful)
               : err;
}

/* ---- what the log says ---- */

/* Does the log go on from the head that the entry was proved under?  An error
 * where its tiles cannot be read, which proves no second log. */
static enum sv_err
goes_on(struct replaying *g, const struct checkpoint *head, bool *on)
{
    uint64_t n = g->e.head.size;
    struct tree_proof proof;
    enum sv_err err;

    *on = head->size > n ||
          (head->size == n && hash_equal(&head->root, &g->e.head.root));
    if (head->size >= n)
        return SV_OK;
    err = tree_consistency(head->size, n, export_hash, &g->e, &proof);
    *on = err == SV_OK &&
          tree_verify_consistency(head->size, n, &head->root, &g->e.head.root,
                                  &proof) == SV_OK;
    return err == SV_ERR_TAMPERED ? SV_OK : err;
}

static enum sv_err
check_entry(struct replaying *g, struct release_dir *d,
            const struct release_entry *e)
{
    const char *place = e == &d->request ? "request.entry" : "approval.entry";

    bool on = true;
    enum sv_err err = SV_OK;

    if (!e->is_read)
        return SV_OK;
    if (e->is_proved)
        err = goes_on(g, &e->head, &on);
    if (err != SV_OK)
        return err;
    if (!on)
        return release_add_fault(
            &d->faults, RELEASE_ALTERED, place,
            N_("was proved under a head that the log contradicts: keep both, "
               "they prove that there are two logs"));
    if (e->is_in_log)
        return SV_OK;
    return e->entry.index < g->e.head.size
               ? release_add_fault(&d->faults, RELEASE_ALTERED, place,
                                   N_("is another entry in the log"))
               : release_add_fault(
                     &d->faults, RELEASE_UNVERIFIED, place,
                     N_("comes after the end of the log: a newer export is "
                        "needed"));
}

static bool
is_given(const struct releasing *r, uint64_t number)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->dirs[i].number == number)
            return true;
    return false;
}

/* What was approved, and is not at hand: what it printed is not known. */
static enum sv_err
find_missing(struct replaying *g)
{
    struct releasing *r = g->r;
    const struct replay *all = &g->replay;

    r->missing = calloc(all->n_releases + 1, sizeof *r->missing);
    if (r->missing == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < all->n_releases; i++)
        if (release_is_approved(&all->releases[i].state) &&
            !is_given(r, all->releases[i].index))
            r->missing[r->n_missing++] = all->releases[i].index;
    return r->n_missing == 0
               ? SV_OK
               : release_add_fault(
                     &r->faults, RELEASE_UNVERIFIED, r->audit->log,
                     N_("the log has more releases that were approved: what "
                        "they printed is not known here"));
}

static enum sv_err
say_fault(struct replaying *g)
{
    const struct export_fault *f = &g->e.fault;
    const char *log = g->r->audit->log;
    char place[PUBLISHED_PLACE_SIZE];

    if (g->unlawful.reason != NULL) {
        (void)snprintf(place, sizeof place, "%s: %llu", log,
                       (unsigned long long)g->unlawful.index);
        return release_add_fault(&g->r->faults, RELEASE_ALTERED, place,
                                 g->unlawful.reason);
    }
    (void)snprintf(place, sizeof place, "%s%s%s", log,
                   f->place[0] != '\0' ? "/" : "", f->place);
    return release_add_fault(
        &g->r->faults, f->incomplete ? RELEASE_UNVERIFIED : RELEASE_ALTERED,
        place, f->reason);
}

/* A replay that stopped has not verified what it had met: the entry at which
 * it stopped is among that. */
static void
forget_met(struct releasing *r)
{
    for (size_t i = 0; i < 2 * r->n; i++)
        entry_of(r, i)->is_in_log = false;
}

enum sv_err
release_log_check(struct releasing *r, const char *dir)
{
    struct replaying *g = calloc(1, sizeof *g);
    enum sv_err err;

    if (g == NULL)
        return SV_ERR_NOMEM;
    g->r = r;
    g->progress =
        (struct progress){.t = &r->audit->term, .label = _("entries")};
    replay_init(&g->replay);
    err = replay_all(g, dir);
    r->log_size = g->e.head.size;
    r->has_log = err == SV_OK;
    if (!r->has_log)
        forget_met(r);
    if (err == SV_ERR_TAMPERED)
        err = say_fault(g);
    for (size_t i = 0; r->has_log && i < 2 * r->n && err == SV_OK; i++)
        err = check_entry(g, &r->dirs[i / 2], entry_of(r, i));
    if (err == SV_OK && r->has_log)
        err = find_missing(g);
    replay_clear(&g->replay);
    export_close(&g->e);
    free(g);
    return err;
}
