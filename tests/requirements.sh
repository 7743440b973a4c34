#!/bin/sh
# Every test that REQUIREMENTS.md names is there and is run; every test that
# bears a number is named.
set -u
cd "$(dirname "$0")" || exit 1
rows=$(sed -n 's/^| T.* | \(test_[a-z0-9_]*\.c\) | \(test_t[a-z0-9_]*\) |$/\1 \2/p' REQUIREMENTS.md)
[ -n "$rows" ] || exit 1
# In a shell test, the number stands in a comment before its commands.
sed -n 's/^| T.* | \(cli\/[a-z0-9-]*\.sh\) | \(T[0-9]*\) |$/\1 \2/p' REQUIREMENTS.md |
    while read -r file number; do
        if ! grep -q "^# $number: " "$file"; then
            echo "$file has no $number" >&2
            exit 1
        fi
    done || exit 1
echo "$rows" | {
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
