#include "counts/annual_labels.h"

#include <assert.h>
#include <string.h>

static const struct annual_label labels[] = {
    {0,
     NULL,
     NULL,
     false,
     {"Victims of trafficking in persons", "人身取引の被害者"}},
    {1,
     "victims.total",
     "victims.change",
     false,
     {"Victims put under protection", "保護した被害者数"}},
    {1, "victims.gender", NULL, true, {"Gender", "性別"}},
    {1, NULL, NULL, false, {"Nationality", "国籍"}},
    {2, "victims.citizenship.JPN", NULL, false, {"Japanese", "日本"}},
    {2,
     "victims.citizenship.foreign",
     NULL,
     false,
     {"Foreign nationals", "外国籍"}},
    {2, "victims.citizenship.unknown", NULL, false, {"Not known", "不明"}},
    {1,
     "victims.citizenship.by_country",
     NULL,
     true,
     {"Foreign nationals by country", "外国籍被害者の国・地域"}},
    {1, NULL, NULL, false, {"Age", "年齢"}},
    {2,
     "victims.minors",
     "victims.minors_change",
     false,
     {"Minors (under #)", "未成年者（#歳未満）"}},
    {2, "victims.adults", NULL, false, {"# and over", "#歳以上"}},
    {2, "victims.age_unknown", NULL, false, {"Not known", "不明"}},
    {1,
     "victims.residence_status",
     NULL,
     true,
     {"Status of residence of the foreign victims", "外国籍被害者の在留資格"}},
    {1,
     "victims.residence_measures",
     NULL,
     true,
     {"Measures for the stay of the foreign victims (all that apply)",
      "外国籍被害者の在留上の措置（複数該当あり）"}},
    {1,
     "victims.identification.by_route",
     NULL,
     true,
     {"How the cases came to light", "発見の経緯"}},
    {1,
     "victims.identification.decided_by",
     NULL,
     true,
     {"Identified as victims by", "認定機関"}},
    {1,
     "victims.support.by_service",
     NULL,
     true,
     {"Support given (all that apply)", "提供した支援（複数該当あり）"}},
    {1,
     "victims.support.by_protection_kind",
     NULL,
     true,
     {"Kind of protection (all that apply)", "保護の種類（複数該当あり）"}},
    {1,
     "victims.return.by_programme",
     NULL,
     true,
     {"Foreign victims returned to their countries",
      "外国籍被害者の帰国支援による帰国"}},
    {0,
     NULL,
     NULL,
     false,
     {"Those accused of trafficking in persons", "人身取引の被疑者"}},
    {1, "offences.total", "offences.change", false, {"Cases", "検挙件数"}},
    {1,
     "suspects.total",
     "suspects.change",
     false,
     {"Suspects arrested", "検挙人員"}},
    {1, "suspects.gender", NULL, true, {"Gender", "性別"}},
    {1, "suspects.citizenship", NULL, true, {"Nationality", "国籍"}},
    {1,
     "prosecuted.total",
     NULL,
     false,
     {"Suspects prosecuted", "起訴等（家庭裁判所送致を含む）"}},
    {2, "prosecuted.guilty", NULL, false, {"Found guilty", "有罪"}},
    {2, "prosecuted.pending", NULL, false, {"Still pending", "係属中"}},
    {2,
     "prosecuted.family_court",
     NULL,
     false,
     {"Sent to the family court", "家庭裁判所送致"}},
    {2,
     "prosecuted.other",
     NULL,
     false,
     {"Acquitted or dismissed", "無罪・公訴棄却・免訴"}},
    {2, "prosecuted.unknown", NULL, false, {"Not known", "不明"}},
    {1,
     "suspects.not_prosecuted",
     NULL,
     false,
     {"Suspects not prosecuted", "不起訴"}},
    {1,
     "suspects.undecided",
     NULL,
     false,
     {"Not decided yet or not known", "処分未了・不明"}},
};

size_t
annual_labels_n(void)
{
    return sizeof labels / sizeof *labels;
}

const struct annual_label *
annual_labels_at(size_t i)
{
    assert(i < annual_labels_n());
    return &labels[i];
}

enum sv_err
annual_labels_put(const struct annual_label *label, unsigned minor_age,
                  enum schema_lang lang, struct buf *out)
{
    const char *text = label->text[lang];
    const char *mark = strchr(text, '#');

    if (mark == NULL)
        return buf_text(out, text);
    return buf_printf(out, "%.*s%u%s", (int)(mark - text), text, minor_age,
                      mark + 1);
}

const char *
annual_labels_code(const struct schema *schema, const struct annual_item *list,
                   const char *code, enum schema_lang lang)
{
    const struct schema_list *codes = annual_layout_codes(schema, list->list);
    const struct schema_code *found = NULL;

    if (strcmp(code, "unknown") == 0)
        return annual_labels_word(WORD_UNKNOWN, lang);
    if (codes != NULL)
        found = schema_code(codes, bytes_text(code));
    return found != NULL ? found->label[lang] : code;
}

static const char *const words[ANNUAL_WORDS][SCHEMA_LANGS] = {
    [WORD_NOT_RELEASED] = {"NOT RELEASED", "未公表"},
    [WORD_TITLE] = {"Annual report on trafficking in persons: the figures",
                    "人身取引対策に関する年次報告：計数"},
    [WORD_YEAR] = {"Year", "対象年"},
    [WORD_CALENDAR] = {" (January to December)", "年（1月～12月）"},
    [WORD_FISCAL] = {" (fiscal year, April to March)", "年度（4月～翌年3月）"},
    [WORD_AS_OF] = {"As of", "基準日"},
    [WORD_AUTHORITY] = {"Counted by", "計上機関"},
    [WORD_PROFILE] = {"Profile", "公表区分"},
    [WORD_BASIS] = {"Legal basis", "根拠法令"},
    [WORD_UNKNOWN] = {"Not known", "不明"},
    [WORD_DECREASED] = {"(decreased by ", "（前年比"},
    [WORD_INCREASED] = {"(increased by ", "（前年比"},
    [WORD_LESS] = {" Year-on-Year)", "減）"},
    [WORD_MORE] = {" Year-on-Year)", "増）"},
    [WORD_NO_CHANGE] = {"(no change Year-on-Year)", "（前年比増減なし）"},
    [WORD_CHANGE_UNKNOWN] = {"(change not known: ", "（前年比不明："},
    [WORD_OPEN] = {"(", "（"},
    [WORD_CLOSE] = {")", "）"},
};

const char *
annual_labels_word(enum annual_word w, enum schema_lang lang)
{
    assert(w < ANNUAL_WORDS && lang < SCHEMA_LANGS);
    return words[w][lang];
}

static const struct {
    const char *msgid;
    const char *text[SCHEMA_LANGS];
} phrases[] = {
    {"exact", {"exact figures", "実数"}},
    {"preview",
     {"preview, disturbed and rounded to multiples of 5; parts need not add up",
      "公表前の概数（攪乱し、5の倍数に丸めた値。内訳の和は合計と一致しないこと"
      "がある"
      "）"}},
    {"public",
     {"rounded to multiples of 5, each at most 4 off what its first release "
      "counted",
      "公表用（5の倍数に丸めた値。初めて公表した時の実数との差は4以内）"}},
    {"public wide",
     {"rounded to multiples of 5, each at most 9 off what its first release "
      "counted: sums with figures released before are kept",
      "公表用（5の倍数に丸めた値。公表済みの数値との合計を保つため、"
      "初めて公表した時の実数との差は最大9）"}},
    {"no records of the year before",
     {"no records of the year before", "前年の記録なし"}},
    {"few or no records of the year before",
     {"few or no records of the year before", "前年の記録なし、または僅少"}},
    {"no age is known of the year before",
     {"no age is known of the year before", "前年の年齢不明"}},
    {"no age is known", {"no age is known", "年齢不明"}},
    {"not recorded by authority",
     {"not recorded by authority", "機関別の記録なし"}},
    {"its total is not known", {"its total is not known", "合計不明"}},
};

const char *
annual_labels_phrase(const char *msgid, enum schema_lang lang)
{
    assert(lang < SCHEMA_LANGS);
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        if (strcmp(phrases[i].msgid, msgid) == 0)
            return phrases[i].text[lang];
    }
    return msgid;
}
