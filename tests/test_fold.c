#include "tests/support/support.h"
#include "vault/fold.h"

/* Words that must meet, and words that must not. */

static void
assert_folds(enum fold_kind kind, const char *word, const char *want)
{
    struct buf out = BUF_INIT;

    assert_ok(fold_word(kind, bytes_text(word), &out));
    if (!bytes_equal(buf_bytes(&out), bytes_text(want)))
        fail_msg("%s gave %.*s, not %s", word, (int)out.len,
                 out.ptr != NULL ? (const char *)out.ptr : "", want);
    buf_free(&out);
}

static void
test_spellings_of_one_name_meet(void **state)
{
    static const char *const groups[][12] = {
        {"sato", "Sato", "SATO", "Satō", "Satou", "Satoh", "satoo", "さとう",
         "サトウ", "ｻﾄｳ", "Ｓａｔｏ", NULL},
        {"susuki", "Susuki", "すすき", NULL},
        {"itiro", "Ichirō", "Itiro", "Ichiro", "いちろう", "イチロー", NULL},
        {"hattori", "Hattori", "はっとり", "ﾊｯﾄﾘ", NULL},
        {"syunsuke", "Shunsuke", "Syunsuke", "しゅんすけ", NULL},
        {"nanba", "Namba", "Nanba", "なんば", NULL},
        {"ono", "Ohno", "Oono", "Ōno", "おおの", NULL},
        {"ohara", "Ohara", "おはら", NULL},
        {"zyunko", "Junko", "Jyunko", "Zyunko", "じゅんこ", NULL},
        {"tuzi", "Tsuji", "Tuzi", "つじ", NULL},
        {"huzisima", "Fujishima", "Huzisima", "ふじしま", NULL},
        {"matti", "Matchi", "Macchi", "まっち", NULL},
        {"rina", "Lina", "Rina", "リナ", NULL},
        {"bera", "Vera", "Bera", "ベラ", "ヴェラ", NULL},
        {"maria", "María", "Maria", "マリア", NULL},
        {"高橋", "髙橋", "高橋", NULL},
        {"渡辺", "渡邊", "渡邉", "渡辺", NULL},
        {"佐々木", "佐々木", " 佐々木 ", NULL},
        {"obrien", "O'Brien", "obrien", "O’Brien", NULL},
    };

    (void)state;
    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
        /* The first is the folded form; its b, h, z are Kunrei's. */
        for (size_t i = 1; groups[g][i] != NULL; i++) {
            if (strcmp(groups[g][0], "obrien") == 0)
                assert_folds(FOLD_NAME, groups[g][i], "obrien");
            else
                assert_folds(FOLD_NAME, groups[g][i], groups[g][0]);
        }
    }
}

static void
test_numbers_meet_in_any_width_and_case(void **state)
{
    (void)state;
    assert_folds(FOLD_NUMBER, "Ｒ5-002", "r5-002");
    assert_folds(FOLD_NUMBER, "R5ー002", "r5-002");
    assert_folds(FOLD_NUMBER, " r5 − 002 ", "r5-002");
    assert_folds(FOLD_NUMBER, "2022-001", "2022-001");
}

static void
test_telephone_numbers_are_their_digits(void **state)
{
    (void)state;
    assert_folds(FOLD_PHONE, "090-1234-5678", "09012345678");
    assert_folds(FOLD_PHONE, "０９０（１２３４）５６７８", "09012345678");
    assert_folds(FOLD_PHONE, "+81 90 1234 5678", "09012345678");
    assert_folds(FOLD_PHONE, "+81 (0)90 1234 5678", "09012345678");
    assert_folds(FOLD_PHONE, "0081-90-1234-5678", "09012345678");
    assert_folds(FOLD_PHONE, "+63 917 000 0000", "00639170000000");
    assert_folds(FOLD_PHONE, "none", "");
    /* What is left of it is no number from abroad once more. */
    assert_folds(FOLD_PHONE, "+81 0081 0 90", "090");
    assert_folds(FOLD_PHONE, "0081 0081 90", "090");
    assert_folds(FOLD_PHONE, "+81", "0");
}

/* An h less each time over all of it would take minutes. */
static void
test_a_name_of_many_letters_folds_at_once(void **state)
{
    char name[60001];

    (void)state;
    memset(name, 'h', sizeof name);
    name[0] = 'o';
    name[sizeof name - 1] = '\0';
    assert_folds(FOLD_NAME, name, "o");
    name[sizeof name - 2] = 'a';
    assert_folds(FOLD_NAME, name, "oha");
}

static void
test_other_names_stay_apart(void **state)
{
    static const char *const apart[][2] = {
        {"Sato", "Saito"},   {"Hatori", "Hattori"}, {"Kano", "Kanno"},
        {"Mori", "Morii-e"}, {"Ito", "Eto"},        {"佐藤", "佐東"},
        {"はな", "ばな"},    {"Yuki", "Yuka"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof apart / sizeof apart[0]; i++) {
        struct buf a = BUF_INIT, b = BUF_INIT;

        assert_ok(fold_word(FOLD_NAME, bytes_text(apart[i][0]), &a));
        assert_ok(fold_word(FOLD_NAME, bytes_text(apart[i][1]), &b));
        assert_false(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
        buf_free(&a);
        buf_free(&b);
    }
}

/* What is folded folds to itself, whatever it was. */
static void
test_folding_twice_is_folding_once(void **state)
{
    static const char *const pieces[] = {
        "a",  "i",  "u",  "e",      "o",  "h",  "t",  "c",  "s", "j", "y",
        "m",  "b",  "l",  "v",      "f",  "d",  "z",  "-",  "'", " ", "n",
        "っ", "ち", "ゃ", "ー",     "ふ", "ぁ", "ん", "ゝ", "ō", "É", "髙",
        "９", "+",  "ｷ",  "\u0303", "ヴ", "ィ", "つ", "ß",  "İ",
    };
    uint32_t x = 20221231;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char word[128] = "";
        struct buf once = BUF_INIT, twice = BUF_INIT;
        enum fold_kind kind = (enum fold_kind)(round % FOLD_KINDS);

        for (int i = 0; i < 10; i++) {
            x = x * 1664525 + 1013904223;
            (void)strcat(
                word, pieces[(x >> 16) % (sizeof pieces / sizeof pieces[0])]);
        }
        assert_ok(fold_word(kind, bytes_text(word), &once));
        assert_ok(fold_word(kind, buf_bytes(&once), &twice));
        if (!bytes_equal(buf_bytes(&once), buf_bytes(&twice)))
            fail_msg("%s gave %.*s and then %.*s", word, (int)once.len,
                     (const char *)once.ptr, (int)twice.len,
                     (const char *)twice.ptr);
        buf_free(&once);
        buf_free(&twice);
    }
}

static void
test_broken_utf8_and_long_words_are_refused(void **state)
{
    struct buf out = BUF_INIT;
    char longer[FOLD_MAX + 2];

    (void)state;
    assert_err(fold_word(FOLD_NAME, bytes_of("\xE3\x81", 2), &out),
               SV_ERR_FORMAT);
    memset(longer, 'k', sizeof longer);
    assert_err(fold_word(FOLD_NAME, bytes_of(longer, FOLD_MAX + 1), &out),
               SV_ERR_RANGE);
    assert_ok(fold_word(FOLD_NAME, bytes_of(longer, FOLD_MAX), &out));
    assert_int_equal(out.len, FOLD_MAX);
    buf_free(&out);
}

static void
test_a_line_falls_into_words(void **state)
{
    struct bytes line = bytes_text(" 佐々木　愛、Maria・Cruz ,x"), word;
    static const char *const want[] = {"佐々木", "愛", "Maria", "Cruz", "x"};
    size_t n = 0;

    (void)state;
    while (fold_next(&line, &word)) {
        assert_true(n < 5);
        assert_true(bytes_equal(word, bytes_text(want[n])));
        n++;
    }
    assert_int_equal(n, 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spellings_of_one_name_meet),
        cmocka_unit_test(test_numbers_meet_in_any_width_and_case),
        cmocka_unit_test(test_telephone_numbers_are_their_digits),
        cmocka_unit_test(test_a_name_of_many_letters_folds_at_once),
        cmocka_unit_test(test_other_names_stay_apart),
        cmocka_unit_test(test_folding_twice_is_folding_once),
        cmocka_unit_test(test_broken_utf8_and_long_words_are_refused),
        cmocka_unit_test(test_a_line_falls_into_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
