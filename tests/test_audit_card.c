/* The auditor's card: one text for one card. */
#include "audit/audit_card.h"
#include "tests/support/support.h"

static struct audit_card
sample(void)
{
    struct audit_card c = {.origin = "office.example/vault"};
    const struct sign_seed seed = {{3}};

    sign_public_of(&seed, &c.log_key);
    memset(c.vault.b, 0x5a, sizeof c.vault.b);
    return c;
}

static void
test_a_card_is_read_as_it_was_written(void **state)
{
    struct audit_card c = sample(), back;
    struct buf text = BUF_INIT;

    (void)state;
    assert_ok(audit_card_encode(&c, &text));
    assert_ok(audit_card_parse(buf_bytes(&text), &back, NULL));
    assert_string_equal(back.origin, c.origin);
    assert_memory_equal(back.log_key.b, c.log_key.b, sizeof c.log_key.b);
    assert_true(hash_equal(&back.vault, &c.vault));
    buf_free(&text);
}

static void
test_every_changed_byte_and_every_cut_is_refused(void **state)
{
    struct audit_card c = sample(), back;
    struct buf text = BUF_INIT;

    (void)state;
    assert_ok(audit_card_encode(&c, &text));
    for (size_t i = 0; i < text.len; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            struct diag where = {0};

            text.ptr[i] ^= (uint8_t)(1U << bit);
            assert_err(audit_card_parse(buf_bytes(&text), &back, &where),
                       SV_ERR_INPUT);
            assert_true(where.line >= 1 && where.line <= 6);
            assert_non_null(where.reason);
            text.ptr[i] ^= (uint8_t)(1U << bit);
        }
    for (size_t len = 0; len < text.len; len++)
        assert_err(audit_card_parse(bytes_of(text.ptr, len), &back, NULL),
                   SV_ERR_INPUT);
    assert_ok(buf_text(&text, "\n"));
    assert_err(audit_card_parse(buf_bytes(&text), &back, NULL), SV_ERR_INPUT);
    buf_free(&text);
}

static void
test_a_slip_of_the_pen_is_named_by_its_line(void **state)
{
    struct audit_card c = sample(), other = sample(), back;
    struct buf a = BUF_INIT, b = BUF_INIT;
    struct diag where = {0};
    const char *words;

    (void)state;
    /* The words of another vault. */
    other.vault.b[0] ^= 1;
    assert_ok(audit_card_encode(&c, &a));
    assert_ok(audit_card_encode(&other, &b));
    assert_ok(buf_append(&b, bytes_of("", 1)));
    words = strstr((const char *)b.ptr, "fingerprint ");
    assert_non_null(words);
    assert_ok(buf_append(&a, bytes_of("", 1)));
    buf_truncate(&a, (size_t)(strstr((const char *)a.ptr, "fingerprint ") -
                              (const char *)a.ptr));
    assert_ok(buf_text(&a, words));
    assert_err(audit_card_parse(buf_bytes(&a), &back, &where), SV_ERR_INPUT);
    assert_int_equal(where.line, 5);
    buf_free(&a);
    buf_free(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_card_is_read_as_it_was_written),
        cmocka_unit_test(test_every_changed_byte_and_every_cut_is_refused),
        cmocka_unit_test(test_a_slip_of_the_pen_is_named_by_its_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
