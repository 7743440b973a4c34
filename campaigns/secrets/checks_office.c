#include "tests/support/office.h"
#include "vault/client_release.h"

#include "campaigns/secrets/checks.h"
#include "campaigns/secrets/mark.h"

/*
 * A whole office, whose people's and whose gate's keys are secret from the
 * start: founding, staff, records, a search, a count, a new epoch.  Contents
 * are parsed, and so not secret here; keys are followed through all of it.
 */

static const char spec[] = "svault/annual/v1\nyear 2022\nauthority national\n"
                           "period calendar\nas-of 2022-12-31\nminor-age 18\n";

static void
hide_keys(struct user_keys *keys)
{
    mark_secret(keys->seed, sizeof keys->seed);
    mark_secret(&keys->sign, sizeof keys->sign);
    mark_secret(&keys->box, sizeof keys->box);
}

static void
hire(struct office *o, const char *name, const char *role)
{
    hide_keys(&office_person(o, name)->keys);
    assert_ok(office_hire(o, name, role));
}

/* Of exact figures; by two people. */
static void
release(struct office *o)
{
    struct release_package package = {0};
    struct release_view view = {0};
    struct buf cells = BUF_INIT;
    uint64_t number;

    assert_ok(client_release_request(
        office_client(o, "stats-1"), RELEASE_EXACT, bytes_text(spec),
        bytes_text("Action Plan"), NULL, &number, &cells));
    if (cells.len > 0)
        assert_ok(client_release_acknowledge(
            office_client(o, "stats-1"), number, buf_bytes(&cells), true, 0));
    assert_ok(
        client_release_show(office_client(o, "approve-1"), number, &view));
    assert_ok(
        client_release_approve(office_client(o, "approve-1"), number, &view));
    release_view_free(&view);
    assert_ok(
        client_release_fetch(office_client(o, "stats-1"), number, &package));
    release_package_free(&package);
    buf_free(&cells);
}

static void
work(struct office *o)
{
    const char *const compartments[] = {"identity"};
    struct record_view view = {0};
    struct find_list found = {0};
    struct handle h;
    struct buf shown = BUF_INIT;
    unsigned columns[POLICY_COLUMNS_MAX];
    int column;

    assert_ok(office_named(o, "case-1", "N-1", "Sasaki", "Ai", "ササキ", "アイ",
                           "070-5550-1842", &h));
    assert_ok(client_record_read(office_client(o, "case-1"), "victim", &h, 1,
                                 compartments, &view));
    assert_ok(client_record_save(office_client(o, "case-1"), "victim", &h,
                                 &view.contents[0], &view));
    record_view_free(&view);
    assert_ok(client_record_find(office_client(o, "case-1"), "victim",
                                 bytes_text("sasaki"), &found));
    find_list_free(&found);
    assert_ok(client_counts_preview(office_client(o, "stats-1"),
                                    bytes_text(spec), &shown));
    buf_free(&shown);
    release(o);
    column = policy_column(&client_roster(office_client(o, "lead-1"))->policy,
                           "victim", "identity");
    assert_true(column >= 0);
    columns[0] = (unsigned)column;
    assert_ok(client_rotate(office_client(o, "lead-1"), 1, columns));
}

static enum sv_err
check_office(struct arena *room)
{
    struct office *o;
    void *made = NULL;

    assert_ok(secret_new(room, sizeof *o, &made));
    o = made;
    office_prepare(o, NULL, NULL);
    for (size_t i = 0; i < o->n; i++)
        hide_keys(&o->people[i].keys);
    assert_ok(office_found(o));
    assert_ok(office_open(o));
    hire(o, "case-1", "caseworker");
    hire(o, "stats-1", "statistics_officer");
    hire(o, "approve-1", "approver");
    work(o);
    office_free(o);
    return SV_OK;
}

const struct check checks_office[] = {
    {"office", check_office, true},
    {NULL, NULL, false},
};
