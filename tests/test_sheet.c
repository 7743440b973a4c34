#include "tests/support/support.h"
#include "vault/sheet.h"

#define CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

static void
make_gate(struct gate_keys *k)
{
    memset(k, 0, sizeof *k);
    k->epoch = 1;
    for (unsigned i = 0; i < 32; i++) {
        k->root[i] = (uint8_t)(i * 7 + 3);
        k->vault.b[i] = (uint8_t)(200 - i);
    }
}

static void
make_sheet(struct sheet *s, char lines[SHEET_LINES][SHEET_LINE_SIZE])
{
    struct gate_keys k;

    make_gate(&k);
    sheet_of_gate(&k, s);
    for (unsigned i = 0; i < SHEET_LINES; i++)
        sheet_line(s, i + 1, lines[i]);
}

static void
type_all(char lines[SHEET_LINES][SHEET_LINE_SIZE], struct sheet_typed *t)
{
    for (unsigned i = 0; i < SHEET_LINES; i++)
        assert_ok(sheet_type_line(t, i + 1, bytes_text(lines[i])));
}

static void
test_a_sheet_typed_back_is_the_sheet(void **state)
{
    char lines[SHEET_LINES][SHEET_LINE_SIZE];
    struct sheet s, back;
    struct sheet_typed t;
    struct gate_keys want, got = {0};

    (void)state;
    make_sheet(&s, lines);
    type_all(lines, &t);
    assert_ok(sheet_decode(&t, SHEET_GATE, &back));
    assert_memory_equal(back.secret, s.secret, sizeof s.secret);
    assert_memory_equal(back.tag, s.tag, sizeof s.tag);
    make_gate(&want);
    sheet_gate_keys(&back, &got);
    assert_int_equal(got.epoch, 1);
    assert_memory_equal(got.root, want.root, sizeof want.root);
    assert_true(sheet_is_of(&back, &want.vault));
    want.vault.b[3] ^= 1;
    assert_false(sheet_is_of(&back, &want.vault));
    assert_err(sheet_decode(&t, SHEET_KEY, &back), SV_ERR_INPUT);
}

/* The frozen lines: paper lives longer than a program. */
static void
test_a_sheet_has_the_known_lines(void **state)
{
    static const char *const want[SHEET_LINES] = {
        "1:  IEAAA AABZD D4NRO EYPBM  VXC",
        "2:  CAYKC EMB6J RNGQ5 UESKQ  JN5",
        "3:  K5PGK 3DTPK AYRD4 WTWSK  PWV",
        "4:  XMVZY DD45V O4H2C JBRX4  NSN",
    };
    char lines[SHEET_LINES][SHEET_LINE_SIZE];
    struct sheet s;

    (void)state;
    make_sheet(&s, lines);
    for (unsigned i = 0; i < SHEET_LINES; i++)
        assert_string_equal(lines[i], want[i]);
}

static void
test_small_letters_spaces_and_look_alikes_are_forgiven(void **state)
{
    char lines[SHEET_LINES][SHEET_LINE_SIZE];
    struct sheet s;
    struct sheet_typed t;

    (void)state;
    make_sheet(&s, lines);
    for (unsigned i = 0; i < SHEET_LINES; i++) {
        char typed[2 * SHEET_LINE_SIZE];
        size_t n = 0;

        for (const char *c = lines[i] + 2; *c != '\0'; c++) {
            if (*c == ' ')
                continue;
            typed[n++] = *c == 'O'   ? '0'
                         : *c == 'I' ? '1'
                         : *c == 'B' ? '8'
                         : *c >= 'A' ? (char)(*c - 'A' + 'a')
                                     : *c;
            if (n % 7 == 0)
                typed[n++] = ' ';
        }
        assert_ok(sheet_type_line(&t, i + 1, bytes_of(typed, n)));
    }
    assert_ok(sheet_decode(&t, SHEET_GATE, &s));
}

/* Each character of each line by every other: found, in that line. */
static void
test_one_wrong_character_is_found_in_its_line(void **state)
{
    char lines[SHEET_LINES][SHEET_LINE_SIZE];
    struct sheet s;
    struct sheet_typed t;
    unsigned tried = 0;

    (void)state;
    make_sheet(&s, lines);
    for (unsigned i = 0; i < SHEET_LINES; i++) {
        for (char *c = lines[i] + 3; *c != '\0'; c++) {
            char was = *c;

            for (const char *by = CHARACTERS; *by != '\0' && was != ' '; by++) {
                *c = *by;
                if (*by == was)
                    continue;
                assert_err(sheet_type_line(&t, i + 1, bytes_text(lines[i])),
                           SV_ERR_INPUT);
                tried++;
            }
            *c = was;
        }
    }
    assert_int_equal(tried, SHEET_LINES * (SHEET_DATA + SHEET_CHECK) * 31);
}

static void
test_two_exchanged_and_three_wrong_are_found(void **state)
{
    char lines[SHEET_LINES][SHEET_LINE_SIZE], typed[SHEET_DATA + SHEET_CHECK];
    struct sheet s;
    struct sheet_typed t;

    (void)state;
    make_sheet(&s, lines);
    for (unsigned i = 0; i < SHEET_LINES; i++) {
        size_t n = 0;

        for (const char *c = lines[i] + 3; *c != '\0'; c++) {
            if (*c != ' ')
                typed[n++] = *c;
        }
        assert_int_equal(n, sizeof typed);
        assert_ok(sheet_type_line(&t, i + 1, BYTES(typed)));
        for (size_t a = 0; a < n; a++) {
            for (size_t b = a + 1; b < n; b++) {
                char x = typed[a], y = typed[b];

                if (x == y)
                    continue;
                typed[a] = y;
                typed[b] = x;
                assert_err(sheet_type_line(&t, i + 1, BYTES(typed)),
                           SV_ERR_INPUT);
                typed[a] = x;
                typed[b] = y;
            }
        }
        for (size_t a = 0; a + 2 < n; a++) {
            char was[3];

            memcpy(was, typed + a, 3);
            for (size_t k = 0; k < 3; k++)
                typed[a + k] = was[k] == 'Q' ? 'R' : 'Q';
            assert_err(sheet_type_line(&t, i + 1, BYTES(typed)), SV_ERR_INPUT);
            memcpy(typed + a, was, 3);
        }
    }
}

static void
test_lines_of_another_place_or_length_are_refused(void **state)
{
    char lines[SHEET_LINES][SHEET_LINE_SIZE];
    struct sheet s;
    struct sheet_typed t;

    (void)state;
    make_sheet(&s, lines);
    for (unsigned i = 0; i < SHEET_LINES; i++) {
        struct bytes line = bytes_text(lines[i] + 3);

        for (unsigned k = 0; k < SHEET_LINES; k++) {
            enum sv_err err = sheet_type_line(&t, k + 1, line);

            assert_err(err, k == i ? SV_OK : SV_ERR_INPUT);
        }
        for (size_t len = 0; len < line.len; len++)
            assert_err(sheet_type_line(&t, i + 1, bytes_of(line.ptr, len)),
                       SV_ERR_INPUT);
    }
    assert_err(sheet_type_line(&t, 1, bytes_text("1: \xe3\x81\x82")),
               SV_ERR_INPUT);
    assert_err(sheet_type_line(&t, 1, bytes_of("A\0A", 3)), SV_ERR_INPUT);
}

/* Lines of two sheets, each right for itself. */
static void
test_lines_of_two_sheets_are_no_sheet(void **state)
{
    char lines[SHEET_LINES][SHEET_LINE_SIZE], other[SHEET_LINE_SIZE];
    struct gate_keys k;
    struct sheet s, got;
    struct sheet_typed t;

    (void)state;
    make_sheet(&s, lines);
    make_gate(&k);
    k.root[1] ^= 1;
    k.root[20] ^= 1;
    sheet_of_gate(&k, &s);
    for (unsigned i = 1; i < SHEET_LINES; i++) {
        type_all(lines, &t);
        sheet_line(&s, i + 1, other);
        assert_string_not_equal(other, lines[i]);
        assert_ok(sheet_type_line(&t, i + 1, bytes_text(other)));
        assert_err(sheet_decode(&t, SHEET_GATE, &got), SV_ERR_INPUT);
    }
}

static void
test_a_text_is_read_by_its_numbered_lines(void **state)
{
    char lines[SHEET_LINES][SHEET_LINE_SIZE];
    struct sheet s, got;
    struct buf text = BUF_INIT;
    unsigned line = 9;

    (void)state;
    make_sheet(&s, lines);
    assert_ok(buf_printf(&text, "sheet A\n\n  %s\n%s\nnot a line\n%s\n",
                         lines[0], lines[1], lines[2]));
    assert_err(sheet_parse(buf_bytes(&text), SHEET_GATE, &got, &line),
               SV_ERR_INPUT);
    assert_int_equal(line, 4);
    assert_ok(buf_printf(&text, "    %s\nlast words\n", lines[3]));
    assert_ok(sheet_parse(buf_bytes(&text), SHEET_GATE, &got, &line));
    assert_memory_equal(got.secret, s.secret, sizeof s.secret);
    assert_err(sheet_parse(buf_bytes(&text), SHEET_KEY, &got, &line),
               SV_ERR_INPUT);
    assert_int_equal(line, 0);
    buf_free(&text);
    lines[1][5] = lines[1][5] == 'A' ? 'C' : 'A';
    assert_ok(buf_printf(&text, "%s\n%s\n%s\n%s\n", lines[0], lines[1],
                         lines[2], lines[3]));
    assert_err(sheet_parse(buf_bytes(&text), SHEET_GATE, &got, &line),
               SV_ERR_INPUT);
    assert_int_equal(line, 2);
    buf_free(&text);
}

static void
test_a_key_gives_its_seed_and_its_name_back(void **state)
{
    uint8_t seed[SEED_LEN];
    struct user_keys keys, again;
    struct sheet s, other;

    (void)state;
    memset(seed, 0x5a, sizeof seed);
    user_keys_derive(seed, &keys);
    sheet_of_user(&keys, "rescue-1", &s);
    user_keys_derive(s.secret, &again);
    assert_memory_equal(&again, &keys, sizeof keys);
    sheet_of_user(&keys, "rescue-2", &other);
    assert_memory_not_equal(s.tag, other.tag, sizeof s.tag);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sheet_typed_back_is_the_sheet),
        cmocka_unit_test(test_a_sheet_has_the_known_lines),
        cmocka_unit_test(
            test_small_letters_spaces_and_look_alikes_are_forgiven),
        cmocka_unit_test(test_one_wrong_character_is_found_in_its_line),
        cmocka_unit_test(test_two_exchanged_and_three_wrong_are_found),
        cmocka_unit_test(test_lines_of_another_place_or_length_are_refused),
        cmocka_unit_test(test_lines_of_two_sheets_are_no_sheet),
        cmocka_unit_test(test_a_text_is_read_by_its_numbered_lines),
        cmocka_unit_test(test_a_key_gives_its_seed_and_its_name_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
