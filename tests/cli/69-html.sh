#!/bin/sh
# The report's page as people meet it who cannot see well: axe-core finds
# nothing, in light, dark, small and printed, in both languages.
. "$(dirname "$0")/lib.sh"
: "${SVAULT_AUDIT:?the program of auditors}"
check=$here/../../scripts/check-html

# What it is worth: a page with faults is refused, whatever the reason.
printf '<!DOCTYPE html>\n<html lang="en"><head><title>x</title></head><body>
<main><h1>x</h1><p style="color:#ccc;background:#fff">hard to read</p></main></body>
</html>\n' >bad.html
"$check" bad.html >out 2>err
code=$?
if [ "$code" -eq 77 ]; then
    cat out
    exit 77
fi
line="check-html bad.html"
[ "$code" -eq 1 ] || fail "$line: exit $code, not 1"
expect_in out "bad.html: dark: color-contrast"

make_office
hire sato caseworker
hire nagai auditor
printf 'identity.case_no,facts.gender\n1,female\n2,male\n3,female\n' >v.csv
expect_exit 0 --key sato.key import v.csv --type victim
expect_exit 0 --key sato.key record list victim --json
expect_exit 77 --key sato.key record show 1 -c health --purpose safety
i=0
while [ $i -lt 31 ]; do
    i=$((i + 1))
    expect_exit 0 --key sato.key record show 1 -c facts
done
expect_exit 0 --key nagai.key log export log
expect_exit 0 --key nagai.key status --card
cp out office.card
"$SVAULT_AUDIT" report log --key office.card --html en.html ||
    fail "report in English"
"$SVAULT_AUDIT" report log --key office.card --html ja.html --lang ja ||
    fail "report in Japanese"
"$check" en.html ja.html >out 2>err
code=$?
line="check-html en.html ja.html"
[ "$code" -eq 0 ] || fail "$line: exit $code, not 0"
[ -z "${KEEP_HTML:-}" ] || cp en.html ja.html "$KEEP_HTML"
finish
