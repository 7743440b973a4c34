#!/bin/sh
# A number means the row of the list that this device has shown last: not of
# an older one, and not of one that nobody has seen.
. "$(dirname "$0")/lib.sh"

make_office
hire sato caseworker

# add NUMBER: a record of sato's, without a name.
add() {
    printf 'identity.case_no\n%s\n' "$1" >"$1.csv"
    expect_exit 0 --key sato.key record add victim --from "$1.csv"
}
# expect_first NUMBER: row 1 is this record's.
expect_first() {
    expect_exit 0 --key sato.key record show 1 -c identity
    expect_in out "$1"
}

add 2026-001
expect_exit 0 --key sato.key record list victim
expect_first 2026-001

# What a new record is looked for by shows nothing where nobody is found.
printf 'identity.case_no,identity.family_name\n2026-002,Ota\n' >ota.csv
expect_exit 0 --key sato.key record add victim --from ota.csv
expect_not_in err "There are records of that name already"
expect_first 2026-001
# And where somebody is, what it shows is a list.
printf 'identity.case_no,identity.family_name\n2026-003,Ota\n' >ota-2.csv
expect_exit 0 --key sato.key record add victim --from ota-2.csv
expect_in err "There are records of that name already"
expect_first 2026-002

# A form that lies open keeps no older list for those who look meanwhile.
expect_exit 0 --key sato.key record list victim
expect_first 2026-003
mkfifo form
"$SVAULT" --key sato.key record edit 1 -c location <form >form.out 2>form.err &
form=$!
exec 3>form
tries=0
until grep -q "1 of" form.err; do
    sleep 0.1
    tries=$((tries + 1))
    [ $tries -lt 600 ] || fail "no form"
    [ $tries -lt 600 ] || break
done
add 2026-004
expect_exit 0 --key sato.key record list victim
printf '%s\n' Nagano . yes >&3
exec 3>&-
wait $form || fail "record edit: $(cat form.err)"
expect_first 2026-004
expect_exit 0 --key sato.key record show 2 -c identity
expect_in out 2026-003

# Also of the last row that a list can have, whose number has four digits.
awk 'BEGIN { print "identity.case_no"; for (i = 5; i < 1001; i++) print i }' >many.csv
expect_exit 0 --key sato.key import many.csv --type victim
expect_exit 0 --key mori.key record list victim --limit 1000 --json
last=$(json records.999.record)
expect_exit 0 --key mori.key record history 1000 --json
expect_json record "$last"
expect_exit 1 --key mori.key record history 1001
finish
