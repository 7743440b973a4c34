#!/bin/sh
# Japanese: every sentence, whatever the locale; tables that align.
. "$(dirname "$0")/lib.sh"

expect_exit 0 --lang ja help exit-codes
expect_in out "偽造"
LC_ALL=C LANGUAGE=ja run help exit-codes
expect_in out "偽造"
LC_ALL=C LANGUAGE= LANG=ja_JP.UTF-8 run help exit-codes
expect_not_in out "偽造" # LC_ALL decides over LANG
unset LC_ALL LANGUAGE
LANG=ja_JP.UTF-8 run help exit-codes
expect_in out "偽造"
LANG=ja_JP.eucJP run help exit-codes
expect_in out "偽造"
export LC_ALL=C.UTF-8 LANGUAGE=en

make_office
hire sato caseworker
hire nagai auditor
printf 'identity.case_no,identity.family_name,identity.given_name,facts.gender\n1,佐藤,愛,female\n' >v.csv
expect_exit 0 --key sato.key --lang ja import v.csv --type victim
expect_exit 0 --key sato.key --lang ja record list victim
expect_in out "佐. 愛."
expect_exit 0 --key sato.key --lang ja record show 1
expect_in out "女性"
expect_in out "佐藤"
expect_not_in out "not asked"
expect_exit 77 --key nagai.key --lang ja record list victim
expect_in err "役割"
expect_exit 0 --key nagai.key --lang ja log verify
expect_not_in out "The log"
expect_exit 0 --lang ja --key nagai.key log list
expect_in out "ケースワーカー"
expect_in out "拒否: "
expect_not_in out caseworker
expect_exit 0 --key nagai.key log list
expect_in out caseworker
expect_exit 0 --lang ja --key sato.key status
expect_in out "保管庫"

# No sentence is missing: neither in the catalogue nor for want of a look.
if command -v xgettext >/dev/null; then
    "$here/../../scripts/update-po" --check >out 2>err ||
        fail "po/ is not up to date"
fi
finish
