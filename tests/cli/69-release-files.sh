#!/bin/sh
# What a release is as files: all of them, whole, for nobody else to read,
# and none after a failure; read again by other parsers than made them.
. "$(dirname "$0")/lib.sh"
. "$here/release.sh"

files="report.json report.csv report.en.txt report.ja.txt report.en.html
report.en.xlsx report.ja.html report.ja.xlsx release.json"
entries="request.entry request.tlog-proof approval.entry approval.tlog-proof"

# expect_files DIR NAME...: these, no others, printed and for their owner only.
expect_files() {
    where=$1
    shift
    printf '%s\n' "$@" | sort >want
    ls "$where" >have
    cmp -s want have || fail "$where holds other files: $(comm -3 want have | tr '\n' ' ')"
    [ "$(wc -l <out)" -eq $# ] || fail "$line: printed other names"
    for name in "$@"; do
        expect_in out "$where/$name"
        [ "$(stat -c %a "$where/$name")" = 600 ] || fail "$name can be read by others"
    done
}

make_release
# shellcheck disable=SC2086
expect_files report $files $entries
python3 -B "$here/../format/check_release.py" report >out 2>err ||
    fail "pages or workbooks are not well made"
expect_in out "report.en.html 16 tables"
expect_in report/report.en.html "<td>46</td><td>−1</td>"
expect_in report/report.ja.html 'lang="ja"'
expect_in report/report.ja.html "外国籍被害者の国・地域"

# The basis is anybody's text.
expect_not_in report/report.en.html "<b>"
expect_in report/report.en.html "article 3; =1+1 &lt;b&gt;"
expect_in report/report.csv "\"Action Plan 2022, article 3; '=1+1 <b>\""
grep -n "^[^,]*,[=+@]" report/report.csv && fail "a cell of the CSV is a formula"

# The same release, the same bytes, whenever it is fetched.
expect_exit 0 --key toda.key release fetch "$number" -o again
for name in $files; do
    cmp -s "report/$name" "again/$name" || fail "$name differs the next time"
done
expect_exit 0 --key toda.key release fetch "$number" -o third --json
expect_json directory third

# Wherever it is fetched: also where 0.5 is written 0,5.
mkdir locales
printf '%s\n' 'escape_char /' 'LC_NUMERIC' 'decimal_point ","' \
    'thousands_sep ""' 'grouping -1' 'END LC_NUMERIC' >comma.def
localedef -c -i comma.def locales/comma >out 2>&1
[ -d locales/comma ] || fail "localedef makes no locale"
line="release fetch with LC_NUMERIC=comma"
LOCPATH=$dir/locales LC_ALL='' LC_CTYPE=C.UTF-8 LC_NUMERIC=comma \
    "$SVAULT" --key toda.key release fetch "$number" -o comma \
    </dev/null >out 2>err || fail "$line"
for name in $files; do
    cmp -s "report/$name" "comma/$name" || fail "$line: $name differs"
done

# A plan of one's own.
cat >own.counts <<END
plan "Ages & <kinds>" population victim unit person as_of $(TZ=Asia/Tokyo date +%Y-%m-%d)
count basis national period calendar 2022
codelist age_band v1
table ages by age_band, gender
table years by gender compare 2021 delta
derive share years gender percent 1
method exact
END
request_of own.counts
expect_exit 0 --key toda.key release fetch "$number" -o own
# shellcheck disable=SC2086
expect_files own $files $entries
python3 -B "$here/../format/check_release.py" own >out 2>err ||
    fail "pages or workbooks of a plan are not well made"
expect_in out "report.ja.html 2 tables, 2 charts"
expect_in own/report.en.html "<h1>Ages &amp; &lt;kinds&gt;</h1>"
expect_in own/report.en.html "<td>44</td><td>95.7%</td><td>+1</td>"
expect_in own/report.ja.html "2022: 割合（%）"

# A recipient gets the same; with no room for all of it, nothing.
new_key minister
request --recipient minister.key.pub
expect_exit 0 --key toda.key release fetch "$number" -o sealed
# shellcheck disable=SC2086
expect_files sealed release.sealed $entries
expect_exit 0 --key minister.key release open sealed/release.sealed -o opened
# shellcheck disable=SC2086
expect_files opened $files $entries
expect_exit 0 --key minister.key release open sealed/release.sealed -o opened-2 --json
expect_json release "$number"
for blocks in 4 16 40 90; do
    (
        trap '' XFSZ
        ulimit -f $blocks
        "$SVAULT" --key minister.key release open sealed/release.sealed \
            -o full >out 2>err </dev/null
    ) && fail "$blocks blocks are enough for a release"
    expect_empty out
    [ -s err ] || fail "no word of what failed"
    [ ! -e full ] || fail "with $blocks blocks, a part of a release stayed"
done

finish
