#include "audit/audit_card.h"

#include <string.h>

#include "base/text.h"

#define FIRST_LINE "svault/audit-card/v1"

void
audit_card_words(const struct hash *vault, char out[static WORDS_TEXT_SIZE])
{
    words_fingerprint("sv/v1/vault", BYTES(vault->b), out);
}

enum sv_err
audit_card_encode(const struct audit_card *c, struct buf *out)
{
    char vkey[NOTE_VKEY_SIZE], genesis[2 * SHA256_LEN + 1];
    char words[WORDS_TEXT_SIZE];
    enum sv_err err = note_vkey(c->origin, &c->log_key, vkey);

    if (err != SV_OK)
        return err;
    text_hex(BYTES(c->vault.b), genesis);
    audit_card_words(&c->vault, words);
    return buf_printf(out,
                      FIRST_LINE "\norigin %s\nlog-key %s\ngenesis %s\n"
                                 "fingerprint %s\n",
                      c->origin, vkey, genesis, words);
}

static bool
parse_origin(struct bytes value, struct audit_card *c)
{
    return text_copy(value, c->origin, sizeof c->origin) == SV_OK &&
           checkpoint_origin_ok(c->origin);
}

static bool
parse_key(struct bytes value, struct audit_card *c)
{
    char name[ORIGIN_SIZE];

    return note_vkey_parse(value, name, sizeof name, &c->log_key) == SV_OK &&
           strcmp(name, c->origin) == 0;
}

static bool
parse_genesis(struct bytes value, struct audit_card *c)
{
    return text_unhex(value, c->vault.b, sizeof c->vault.b) == SV_OK;
}

/* It says nothing new: whoever typed the card has made no slip. */
static bool
parse_words(struct bytes value, struct audit_card *c)
{
    char words[WORDS_TEXT_SIZE];

    audit_card_words(&c->vault, words);
    return text_is(value, words);
}

enum sv_err
audit_card_parse(struct bytes in, struct audit_card *out, struct diag *where)
{
    static const struct {
        const char *word;
        bool (*parse)(struct bytes value, struct audit_card *c);
        const char *fault;
    } rules[] = {
        {"origin ", parse_origin, N_("not an origin")},
        {"log-key ", parse_key, N_("not a key of this origin")},
        {"genesis ", parse_genesis, N_("not 64 hexadecimal digits")},
        {"fingerprint ", parse_words, N_("not the words of this genesis")},
    };
    struct audit_card c = {0};
    struct bytes line;
    size_t n = sizeof rules / sizeof rules[0];

    if (!text_line(&in, &line) || !text_is(line, FIRST_LINE)) {
        diag_set(where, 1, NULL, N_("not an auditor's card"));
        return SV_ERR_INPUT;
    }
    for (size_t i = 0; i < n; i++) {
        if (!text_line(&in, &line) || !text_skip(&line, rules[i].word)) {
            diag_set(where, i + 2, NULL, N_("a line is missing here"));
            return SV_ERR_INPUT;
        }
        if (!rules[i].parse(line, &c)) {
            diag_set(where, i + 2, NULL, rules[i].fault);
            return SV_ERR_INPUT;
        }
    }
    if (in.len > 0) {
        diag_set(where, n + 2, NULL, N_("more than a card has"));
        return SV_ERR_INPUT;
    }
    *out = c;
    return SV_OK;
}
