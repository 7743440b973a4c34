#!/bin/sh
# Imports: every kind of bad input gets line, column and reason, exit code
# 65, and nothing is kept.
. "$(dirname "$0")/lib.sh"

make_office
hire sato caseworker
hire ito justice_liaison
head='identity.case_no,identity.birth_date,facts.gender,facts.age_at_protection,facts.protected_from'

# bad NAME PLACE REASON; the row stands in the file `row`
bad() {
    { printf '%s\n1,,female,,\n' "$head"; cat row; } >bad.csv
    expect_exit 65 --key sato.key import bad.csv --type victim
    expect_in err "bad.csv:$2"
    expect_in err "$3"
    expect_in err "nothing was brought in"
}
printf '2,,purple,,\n' >row
bad "a code that is not in its list" "3:facts.gender" "not in the code list"
expect_not_in err "purple"
printf '2,2001-02-30,female,,\n' >row
bad "an impossible date" "3:identity.birth_date" "no such date"
printf '2,2001-02-03,female,50,2020-01-01\n' >row
bad "an age that contradicts" "3:" "the age does not fit the birth date"
printf '2,,fem\377ale,,\n' >row
bad "broken UTF-8" "3" "UTF-8"
printf '2,,fem\000ale,,\n' >row
bad "a NUL" "3" "NUL"
printf '2,,female\n' >row
bad "a row cut off" "3" "cut off"
printf '%s,,female,,\n' "$(head -c 20000 /dev/zero | tr '\0' x)" >row
bad "a field over its limit" "3:identity.case_no" "longer than"
printf '1,,female,,\n' >row
bad "a number twice" "3:identity.case_no" "earlier row"
printf '2,,female,9999,\n' >row
bad "a number out of range" "3:facts.age_at_protection" "range"

printf 'identity.case_no,identity.shoe_size\n1,2\n' >bad.csv
expect_exit 65 --key sato.key import bad.csv --type victim
expect_in err "bad.csv:1:"
expect_in err "no such column"
printf '%s\n1,,"female,,\n' "$head" >bad.csv
expect_exit 65 --key sato.key import bad.csv --type victim
: >bad.csv
expect_exit 65 --key sato.key import bad.csv --type victim
expect_exit 2 --key sato.key import bad.csv
expect_exit 2 --key sato.key import bad.csv --type vehicle
expect_exit 1 --key sato.key import absent.csv --type victim

# Twenty faults are shown, the others counted.
{
    echo "$head"
    for n in $(seq 30); do echo "$n,,purple,,"; done
} >many.csv
expect_exit 65 --key sato.key import many.csv --type victim
[ "$(grep -c '^many.csv:' err)" -eq 20 ] || fail "not 20 faults are shown"
expect_in err "and 10 more"

expect_exit 0 --key sato.key record list victim
expect_empty out

# A dry run needs neither vault nor key.
{
    echo "$head"
    for n in $(seq 600); do echo "$n,,female,,"; done
    echo "601,,purple,,"
    echo "602,,female,,"
} >rows.csv
expect_exit 65 --vault nowhere --key nokey import rows.csv --type victim \
    --dry-run
sed 602d rows.csv >good.csv
expect_exit 0 --vault nowhere --key nokey import good.csv --type victim \
    --dry-run
expect_in out "601 rows are good"

# The bad rows set aside, never over another file.
echo mine >out.csv
expect_exit 1 --key sato.key import rows.csv --type victim --skip-bad out.csv
[ "$(cat out.csv)" = mine ] || fail "a file was overwritten"
expect_exit 0 --key sato.key record list victim
expect_empty out
expect_exit 0 --key sato.key import rows.csv --type victim --skip-bad aside.csv
expect_in out "601 in, 0 already in, 1 left out"
[ "$(stat -c %a aside.csv)" = 600 ] || fail "the bad rows are not 0600"
printf '%s\n601,,purple,,\n' "$head" | cmp -s - aside.csv ||
    fail "not the header and the bad row"

# The same again: nothing twice, whether or not the bad rows are there.
expect_exit 0 --key sato.key import rows.csv --type victim --skip-bad aside.csv
expect_in out "0 in, 601 already in, 1 left out"
expect_exit 0 --key sato.key record list victim --limit 1000 --json
[ "$(json records)" -eq 601 ] || fail "not 601 records"

# A number that she brought in herself, with another person: she is told that
# nobody looked.
expect_exit 0 --key sato.key import good.csv --type victim
expect_in err "another person with the same number"
head -n 1 good.csv >same.csv
sed -n 5p good.csv | sed 's/female/male/' >>same.csv
expect_exit 0 --key sato.key import same.csv --type victim
expect_in out "0 in, 1 already in"
expect_in err "What else is in it was not compared"
printf '%s\nx-1,,male,,\n' "$head" >new.csv
expect_exit 0 --key sato.key import new.csv --type victim
expect_in out "1 in, 0 already in"
expect_not_in err "same number"

# Not by one who may not.
expect_exit 77 --key ito.key import good.csv --type victim
expect_in err "No row was brought in."
expect_exit 77 --key kudo.key import good.csv --type victim

# Not the names of files, nor values, in the log or the messages.
if grep -rqF -e purple -e good.csv office; then
    fail "what was imported from stands in the vault"
fi
# ---- a vault whose schema is not this program's: no row is left out in silence

(
    failures=0
    new=$SVAULT
    sed 's/^gender,female,/gender,femalf,/' "$SVAULT" >old && chmod +x old
    cmp -s old "$SVAULT" && fail "the schema does not stand in the program"
    export SVAULT_VAULT="$dir/older/office"
    mkdir older && cd older || exit 1
    SVAULT=$dir/old
    make_office
    hire sato caseworker
    SVAULT=$new
    printf '%s\n1,,female,,\n2,,male,,\n' "$head" >two.csv
    expect_exit 65 --key sato.key import two.csv --type victim
    expect_in err "two.csv:2:facts.gender"
    expect_in err "nothing was brought in"
    expect_exit 0 --key sato.key import two.csv --type victim \
        --skip-bad rest.csv
    expect_in out "1 in, 0 already in, 1 left out"
    expect_in err "two.csv:2:facts.gender"
    [ "$(sed -n 2p rest.csv)" = "1,,female,," ] || fail "another row was left out"
    exit "$failures"
) || fail "a vault with another schema"

finish
