#include <time.h>

#include "tests/support/office.h"

/*
 * The vault in embedded form: bringing records in, opening it and reading
 * one, and the log per entry.  Key derivation (Argon2id) is not in these
 * figures: people here have their keys already.
 */
#define ROWS 10000
#define SAMPLES 500
#define OPENINGS 50

static double
now_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void
print_samples(const char *name, double *us, size_t n)
{
    qsort(us, n, sizeof *us, by_value);
    printf("%-24s p50_us=%.0f p99_us=%.0f n=%zu\n", name, us[n / 2],
           us[n * 99 / 100], n);
}

static void
must(enum sv_err err, const char *what)
{
    if (err == SV_OK)
        return;
    (void)fprintf(stderr, "bench: %s: %s\n", what, err_text(err));
    exit(1);
}

/* Rows with every compartment a little filled. */
static struct buf
make_rows(void)
{
    struct buf csv = BUF_INIT;

    must(buf_text(&csv, "identity.case_no,identity.family_name,"
                        "facts.gender,facts.age_at_protection,"
                        "facts.citizenship,location.shelter,"
                        "narrative.summary\n"),
         "rows");
    for (unsigned i = 0; i < ROWS; i++)
        must(buf_printf(&csv,
                        "B-%05u,Name%u,female,%u,JPN,House %u,"
                        "A summary of ordinary length for row %u.\n",
                        i, i, 12 + i % 50, i % 7, i),
             "rows");
    return csv;
}

static void
bench_import(struct office *o)
{
    struct client *c = office_client(o, "case-1");
    struct buf csv = make_rows();
    struct import_report report;
    struct import im = {0};
    struct diag where = {0};
    double start = now_us(), read;

    must(import_read(schema_type(client_schema(c), "victim"), buf_bytes(&csv),
                     &im, &where),
         "import_read");
    read = now_us();
    must(client_import(c, &im, NULL, NULL, &report), "client_import");
    printf("%-24s s=%.2f parse_s=%.2f rows=%zu per_s=%.0f\n", "import",
           (now_us() - start) / 1e6, (read - start) / 1e6, report.n_done,
           ROWS / ((now_us() - start) / 1e6));
    import_free(&im);
    buf_free(&csv);
}

static struct handle
some_record(struct office *o)
{
    struct record_list l = {0};
    struct handle h;

    must(client_record_list(office_client(o, "case-1"), "victim", UINT64_MAX,
                            25, &l),
         "list");
    h = l.rows[7].handle;
    record_list_free(&l);
    return h;
}

static void
read_once(struct office *o, const struct handle *h)
{
    static const char *const identity[] = {"identity"};
    struct record_view v = {0};

    must(client_record_read(office_client(o, "case-1"), "victim", h, 1,
                            identity, &v),
         "read");
    record_view_free(&v);
}

static void
bench_open(struct office *o, const struct handle *h)
{
    static double us[OPENINGS];

    for (size_t i = 0; i < OPENINGS; i++) {
        double start;

        office_close(o);
        start = now_us();
        must(office_open(o), "open");
        read_once(o, h);
        us[i] = now_us() - start;
    }
    print_samples("open and one read", us, OPENINGS);
}

static void
bench_read_and_write(struct office *o, const struct handle *h)
{
    static double us[SAMPLES];

    for (size_t i = 0; i < SAMPLES; i++) {
        double start = now_us();

        read_once(o, h);
        us[i] = now_us() - start;
    }
    print_samples("read, accountable", us, SAMPLES);
    for (size_t i = 0; i < SAMPLES; i++) {
        struct handle fresh;
        double start = now_us();

        must(office_record(o, "case-1", "W-1", "Sato", &fresh), "write");
        us[i] = now_us() - start;
    }
    print_samples("new record", us, SAMPLES);
}

static enum sv_err
ignore(void *ctx, uint64_t index, struct bytes entry)
{
    (void)ctx;
    (void)index;
    (void)entry;
    return SV_OK;
}

/* Each entry read comes with its inclusion proof, made and verified. */
static void
bench_log(struct office *o)
{
    struct client *c = office_client(o, "audit-1");
    struct log_verdict verdict = {0};
    uint64_t size = client_pin(c)->size;
    double start = now_us(), us;

    must(client_log_read(c, 0, size, ignore, NULL), "log read");
    us = now_us() - start;
    printf("%-24s us_per_entry=%.1f entries=%llu\n", "entry with proof",
           us / (double)size, (unsigned long long)size);
    start = now_us();
    must(client_log_verify(c, NULL, NULL, &verdict), "log verify");
    us = now_us() - start;
    if (verdict.fault.reason != NULL || verdict.n_findings > 0)
        must(SV_ERR_TAMPERED, "verdict");
    printf("%-24s us_per_entry=%.1f s=%.2f (replay, and every stored "
           "version checked)\n",
           "log verify", us / (double)size, us / 1e6);
    free(verdict.findings);
}

int
main(void)
{
    struct office o;
    struct handle h;

    office_new(&o);
    bench_import(&o);
    h = some_record(&o);
    bench_open(&o, &h);
    bench_read_and_write(&o, &h);
    bench_log(&o);
    office_free(&o);
    return 0;
}
