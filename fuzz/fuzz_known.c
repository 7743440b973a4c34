/*
 * The head that an auditor's account keeps as checked: nothing but what this
 * program wrote for this card is one.
 *
 * Covers: cli/audit_known.c
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/audit.h"

#include "fuzz/draw.h"

#define KNOWN_MAX 1024

static char state[64], kept[PATH_SIZE];

static void
remove_state(void)
{
    char path[PATH_SIZE];

    (void)unlink(kept);
    (void)snprintf(path, sizeof path, "%s/" AUDIT_PROGRAM, state);
    (void)rmdir(path);
    (void)rmdir(state);
}

static void
make_state(const struct audit_card *card)
{
    const char *tmp = getenv("TMPDIR");
    char hex[2 * sizeof card->vault.b + 1];

    if (state[0] != '\0')
        return;
    (void)snprintf(state, sizeof state, "%.40s/fuzz-XXXXXX",
                   tmp != NULL ? tmp : "/tmp");
    demand(mkdtemp(state) != NULL && atexit(remove_state) == 0);
    demand(setenv("XDG_STATE_HOME", state, 1) == 0);
    text_hex(BYTES(card->vault.b), hex);
    (void)snprintf(kept, sizeof kept, "%s/" AUDIT_PROGRAM, state);
    demand(mkdir(kept, 0700) == 0);
    (void)snprintf(kept, sizeof kept, "%s/" AUDIT_PROGRAM "/%s", state, hex);
}

static struct audit_card
card_of(uint8_t who)
{
    struct audit_card card = {.origin = "vault.example/2026"};

    memset(card.vault.b, who, sizeof card.vault.b);
    card.log_key = fuzz_public(who);
    return card;
}

void
fuzz_one(struct bytes in)
{
    const struct audit_card card = card_of(1);
    struct audit_card other = card;
    struct audit_known head, same;
    struct buf again = BUF_INIT;

    make_state(&card);
    demand_ok(file_replace(kept, 0600, in));
    if (!audit_known_read(&card, &head))
        return;
    /* Another log of that vault has its own. */
    other.log_key = fuzz_public(2);
    demand(!audit_known_read(&other, &same));
    demand_ok(audit_known_keep(&card, &head));
    demand_ok(file_read(kept, KNOWN_MAX, &again));
    demand(bytes_equal(buf_bytes(&again), in));
    demand(audit_known_read(&card, &same));
    demand(same.size == head.size && same.time_ms == head.time_ms);
    buf_free(&again);
}

void
fuzz_seeds(struct seeds *s)
{
    const struct audit_card card = card_of(1);
    const struct audit_known head = {.size = 12, .time_ms = 1767225600000};
    struct buf text = BUF_INIT;

    make_state(&card);
    demand_ok(audit_known_keep(&card, &head));
    demand_ok(file_read(kept, KNOWN_MAX, &text));
    seed_buf(s, &text);
}
