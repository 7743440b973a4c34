#!/bin/sh
# Every test that REQUIREMENTS.md names is there and is run; every test that
# bears a number is named.
set -u
cd "$(dirname "$0")" || exit 1
# A row of either table: "file test".  In the table of attacks any test may
# stand; in a shell test the number stands in a comment, as above.
attacks=$(sed -n 's/^| A[0-9]* | .* | \(test_[a-z0-9_]*\.c\) | \(test_[a-z0-9_]*\) |$/\1 \2/p' REQUIREMENTS.md)
[ -n "$attacks" ] || exit 1
rows=$(sed -n 's/^| T.* | \(test_[a-z0-9_]*\.c\) | \(test_t[a-z0-9_]*\) |$/\1 \2/p' REQUIREMENTS.md)
[ -n "$rows" ] || exit 1
# In a shell test, the number stands in a comment before its commands.
sed -n 's/^| [AT].* | \(cli\/[a-z0-9-]*\.sh\) | \([AT][0-9]*\) |$/\1 \2/p' REQUIREMENTS.md |
    while read -r file number; do
        if ! grep -q "^# $number: " "$file"; then
            echo "$file has no $number" >&2
            exit 1
        fi
    done || exit 1
# Each row of attacks names a test of either kind.
if grep '^| A[0-9]' REQUIREMENTS.md |
    grep -vE ' \| (test_[a-z0-9_]*\.c \| test_[a-z0-9_]*|cli/[a-z0-9-]*\.sh \| A[0-9]+) \|$'; then
    echo "these rows name no test" >&2
    exit 1
fi
grep -ho '^# A[0-9]*: ' cli/*.sh | tr -d '#: ' | sort -u | while read -r number; do
    if ! grep -q "^| $number | .* | cli/[a-z0-9-]*\.sh | $number |\$" REQUIREMENTS.md; then
        echo "REQUIREMENTS.md does not name $number" >&2
        exit 1
    fi
done || exit 1
printf '%s\n%s\n' "$rows" "$attacks" | {
    bad=0
    while read -r file name; do
        # Its definition, and at least one mention in the list of tests.
        if [ "$(grep -cw "$name" "$file")" -lt 2 ]; then
            echo "$file does not run $name" >&2
            bad=1
        fi
    done
    exit $bad
} || exit 1
missing=0
# The names have no blanks.
# shellcheck disable=SC2013
for name in $(grep -ho '^test_t[0-9][a-z0-9_]*' test_*.c | sort -u); do
    if ! echo "$rows" | grep -qw "$name"; then
        echo "REQUIREMENTS.md does not name $name" >&2
        missing=1
    fi
done
exit $missing
