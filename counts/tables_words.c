#include "counts/tables_words.h"

#include <assert.h>
#include <string.h>

#include "counts/annual_labels.h"

static const char *const words[TABLES_WORDS][SCHEMA_LANGS] = {
    [TABLES_NUMBER] = {"Number", "数"},
    [TABLES_CHANGE] = {"Change on the year before", "前年比増減"},
    [TABLES_TOTAL] = {"Total", "計"},
    [TABLES_TOTALS] = {"Totals", "総数"},
    [TABLES_ITEM] = {"Item", "区分"},
    [TABLES_POPULATION] = {"Population", "対象"},
    [TABLES_COUNTED] = {"Counted", "計上"},
};

const char *
tables_word(enum tables_word w, enum schema_lang lang)
{
    assert(w < TABLES_WORDS && lang < SCHEMA_LANGS);
    return words[w][lang];
}

/* What plan_derive.h says; the yearly report has words of its own. */
static const struct {
    const char *msgid, *japanese;
} reasons[] = {
    {"the whole is under 20", "全体が20未満"},
    {"the earlier figure is under 20", "前年の数が20未満"},
    {"rounded, the part is more than the whole", "丸めた内訳が全体を超える"},
};

const char *
tables_reason(const char *msgid, enum schema_lang lang)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (lang == SCHEMA_JA && strcmp(reasons[i].msgid, msgid) == 0)
            return reasons[i].japanese;
    }
    return annual_labels_phrase(msgid, lang);
}

enum document_lang
tables_lang(enum schema_lang lang)
{
    return lang == SCHEMA_JA ? DOCUMENT_JA : DOCUMENT_EN;
}

static const struct {
    const char *profile;
    const char *text[SCHEMA_LANGS]; /* what it is, and what that means */
} profiles[] = {
    {"exact",
     {"Exact figures. A small number can point at a person: they are only for "
      "whom the legal basis names.",
      "実数。小さな数は個人の特定につながるおそれがあるため、根拠法令に定める相"
      "手"
      "以外には渡さないこと。"}},
    {"public",
     {"Public, rounded: every number is a multiple of 5 and at most 4 off what "
      "its first release counted. Changes and percentages are those of the "
      "rounded numbers.",
      "公表用。すべての数は5の倍数に丸めてあり、初めて公表した時の実数との差は4"
      "以"
      "内である。増減と割合は、丸めた数から計算している。"}},
};

/* Beside "public": sums with what was released before are kept. */
static const char *const wide[SCHEMA_LANGS] = {
    "Public, rounded: every number is a multiple of 5 and at most 9 off what "
    "its first release counted, as sums with figures released before are "
    "kept. Changes and percentages are those of the rounded numbers.",
    "公表用。すべての数は5の倍数に丸めてあり、公表済みの数値との合計を保つため"
    "、"
    "初めて公表した時の実数との差は最大9である。増減と割合は、丸めた数から計算"
    "している。"};

static const char *
profile_text(const char *profile, enum schema_lang lang)
{
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
        if (strcmp(profiles[i].profile, profile) == 0)
            return profiles[i].text[lang];
    }
    return profile;
}

static const char *const made[SCHEMA_LANGS][2] = {
    {"Made from", "report.json, the bytes that were approved for release. "
                  "release.json and approval.tlog-proof tie them to the "
                  "vault's log."},
    {"作成元", "report.json（公表が承認されたデータ）。release.jsonと"
               "approval.tlog-proofで、保管庫のログとの対応を確かめられる。"},
};

enum sv_err
tables_put_notes(struct document_tables *t, enum schema_lang lang,
                 const char *profile, bool is_wide, struct bytes basis)
{
    enum sv_err err = document_tables_note(
        t, annual_labels_word(WORD_PROFILE, lang),
        bytes_text(is_wide ? wide[lang] : profile_text(profile, lang)));

    if (err == SV_OK && basis.len > 0)
        err = document_tables_note(t, annual_labels_word(WORD_BASIS, lang),
                                   basis);
    return err == SV_OK ? document_tables_note(t, made[lang][0],
                                               bytes_text(made[lang][1]))
                        : err;
}
