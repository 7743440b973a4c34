#include "vault/gate_internal.h"

/* Up to so many entries come with an inclusion proof each; a reader of more
 * replays the log and computes the root itself. */
#define PROVED_MAX 256
#define BODY_MAX ((size_t)4 << 20)

/* Answer: u8 proved, u32 n, each: u16 entry and, where proved, its proof.
 * As many as fit; the reader asks again for the rest. */
enum sv_err
act_log_read_show(struct act *a)
{
    uint64_t from = a->request.entry, end = a->log.frontier.size;
    bool proved = a->request.count <= PROVED_MAX;
    struct buf rows = BUF_INIT;
    struct writer w = writer_to(&rows);
    uint32_t n = 0;
    enum sv_err err = SV_OK;

    if (from < end && a->request.count < end - from)
        end = from + a->request.count;
    for (uint64_t i = from; i < end && rows.len < BODY_MAX && err == SV_OK;
         i++, n++) {
        struct buf text = BUF_INIT;

        err = log_entry(&a->tables, i, &text);
        if (err == SV_OK) {
            writer_medium(&w, buf_bytes(&text));
            err = writer_end(&w);
        }
        if (err == SV_OK && proved)
            err = log_inclusion(&a->tables, i, a->log.frontier.size, &rows);
        buf_free(&text);
    }
    if (err == SV_OK) {
        w = writer_to(&a->answer);
        writer_u8(&w, proved);
        writer_u32(&w, n);
        writer_bytes(&w, buf_bytes(&rows));
        err = writer_end(&w);
    }
    buf_free(&rows);
    return err;
}
