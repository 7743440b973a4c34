#include <poll.h>

#include "tests/support/receipts.h"
#include "tests/support/served.h"

/*
 * 64 desks at once, for SV_LOAD_SECONDS (2 unless it is set): writing,
 * reading, listing.  Every receipt is compared with the log afterwards.  Under
 * the thread sanitizer (cmake --workflow --preset tsan) it is what finds a
 * race.
 */
#define DESKS 64
#define RECEIPTS_MAX 20000

static const char *const staff[] = {"case-1", "case-2", "intake-1"};

struct load {
    struct served *served;
    unsigned number;
    atomic_bool *over;
    unsigned n;
    struct receipt receipts[RECEIPTS_MAX];
};

static void
add_receipt(struct load *l, bool read, const struct handle *h, uint64_t index)
{
    if (l->n < RECEIPTS_MAX)
        l->receipts[l->n++] = (struct receipt){read, *h, index};
}

/* One write and one reading of it. */
static void
work_once(struct load *l, struct desk *d, unsigned round)
{
    struct record_view v = {0};
    struct record_list list;
    struct handle h;
    char case_no[32];
    enum sv_err err;

    (void)snprintf(case_no, sizeof case_no, "L%u-%u", l->number, round);
    assert_ok(client_add_victim(d->client, case_no, &h));
    add_receipt(l, false, &h, 0);
    err = client_record_read(d->client, "victim", &h, 0, NULL, &v);
    if (err == SV_OK)
        add_receipt(l, true, &h, v.index);
    else
        assert_err(err, SV_ERR_DENIED); /* intake writes only */
    record_view_free(&v);
    if (round % 16 != 0)
        return;
    assert_ok(client_record_list(d->client, "victim", UINT64_MAX, 5, &list));
    record_list_free(&list);
}

static void *
work(void *ctx)
{
    struct load *l = ctx;
    struct desk d;

    served_desk(l->served, staff[l->number % 3], &d);
    for (unsigned round = 0; round == 0 || !atomic_load(l->over); round++)
        work_once(l, &d, round);
    desk_free(&d);
    return NULL;
}

static unsigned
seconds(void)
{
    const char *text = getenv("SV_LOAD_SECONDS");

    return text != NULL ? (unsigned)strtoul(text, NULL, 10) : 2;
}

static void
test_64_desks_work_at_once_and_the_log_has_it_all(void **state)
{
    static struct load loads[DESKS];
    pthread_t threads[DESKS];
    atomic_bool over = false;
    struct log_copy log;
    struct served s;
    unsigned n = 0;

    (void)state;
    served_prepare(&s);
    served_start(&s);
    for (unsigned i = 0; i < DESKS; i++) {
        loads[i] = (struct load){.served = &s, .number = i, .over = &over};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &loads[i]), 0);
    }
    (void)poll(NULL, 0, (int)seconds() * 1000);
    atomic_store(&over, true);
    for (unsigned i = 0; i < DESKS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        n += loads[i].n;
    }
    served_stop(&s);
    print_message("%u receipts in %u s\n", n, seconds());
    assert_true(n >= DESKS);
    assert_ok(office_open(&s.office));
    log_copy_take(&s.office, &log);
    for (unsigned i = 0; i < DESKS; i++)
        for (unsigned k = 0; k < loads[i].n; k++)
            receipt_check(&log, &loads[i].receipts[k]);
    log_copy_free(&log);
    office_verify(&s.office);
    served_free(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_64_desks_work_at_once_and_the_log_has_it_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
