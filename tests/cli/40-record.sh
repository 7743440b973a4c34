#!/bin/sh
# Records: added, shown, changed and assigned by those who may, and by
# nobody else; nothing of them where it does not belong.
. "$(dirname "$0")/lib.sh"

make_office
hire sato caseworker
hire abe intake
hire nagai auditor
cat >one.csv <<END
identity.case_no,identity.family_name,identity.given_name,facts.gender
2026-001,Kobayashi-Testname,Aoi,female
END

expect_exit 0 --key sato.key record add victim --from one.csv --json
id=$(json record)
[ ${#id} -eq 32 ] || fail "no whole handle"
for command in "record add" "record list" "record find" "import one.csv"; do
    # shellcheck disable=SC2086 # words of a command
    expect_exit 2 --key sato.key $command
    expect_in err "the type of record is missing: victim, suspect, offence"
done
expect_exit 2 --key sato.key record add vehicle --from one.csv
expect_in err "victim, suspect, offence"
expect_exit 2 --key sato.key record add victim --no-input
expect_in err "--from FILE is missing"
sed 1d one.csv >headless.csv
expect_exit 65 --key sato.key record add victim --from headless.csv
expect_not_in err "Kobayashi-Testname"
expect_exit 1 --key sato.key record add victim --from absent.csv
expect_exit 77 --key sato.key record add offence
expect_exit 77 --key nagai.key record add victim --from one.csv
expect_not_in err "Kobayashi-Testname"
expect_in err "your role does not do this"
# Refused for the role, whatever keys she lacks for it, and logged.
printf 'identity.suspect_no\nS-1\n' >suspect.csv
expect_exit 77 --key sato.key import suspect.csv --type suspect
expect_in err "your role does not do this"
expect_in err "stands in the log as entry"
expect_exit 77 --key sato.key record add suspect --from suspect.csv
expect_in err "stands in the log as entry"
expect_exit 77 --key nagai.key record show "$(echo "$id" | cut -c 1-8)"
expect_in err "none of your roles lists records"

# A list: hers with number and initials, to others a handle.
expect_exit 0 --key sato.key record list victim
expect_in out "2026-001"
expect_in out "K. A."
expect_not_in out "Kobayashi"
expect_exit 0 --key mori.key record list victim
expect_not_in out "2026-001"
expect_in out "$(echo "$id" | cut -c 1-8)"
expect_exit 0 --key abe.key record list victim
expect_empty out
expect_exit 77 --key nagai.key record list victim

# By number, by any unique beginning, and by nothing else.
expect_exit 0 --key sato.key record show 1
expect_in out "Kobayashi-Testname"
expect_in out "Female"
expect_in err "of the log"
for n in 4 8 12 32; do
    expect_exit 0 --key sato.key record show \
        "$(echo "$id" | cut -c 1-$n)" -c identity
    expect_in out "Kobayashi-Testname"
    expect_not_in out "Female"
done
expect_exit 1 --key sato.key record show 2
expect_exit 2 --key sato.key record show "../$id"
expect_exit 2 --key sato.key record show "$id" -c wardrobe
expect_in err "no such part of this record: wardrobe (there are: identity, "
expect_exit 2 --key sato.key record edit "$id" -c wardrobe
expect_in err "(there are: identity, "
expect_exit 2 --key sato.key record show "$id" -c facts,facts
expect_exit 2 --key sato.key record show --no-input
echo 1 >in
expect_exit 0 --key sato.key record show
expect_in out "Kobayashi-Testname"
expect_exit 77 --key sato.key record show 1 -c health
expect_in err "that part of a record"

# Those who may not: refused, logged, told nothing.
for who in abe nagai; do
    expect_exit 77 --key $who.key record show "$id"
    expect_in err "stands in the log as entry"
    expect_not_in err "Kobayashi"
    expect_empty out
done
expect_exit 0 --key mori.key record show "$id"
expect_not_in out "Kobayashi"
expect_exit 77 --key mori.key record show "$id" -c identity

# Assigning.
expect_exit 77 --key sato.key record assign "$id" abe
expect_exit 77 --key mori.key record assign "$id" nagai
expect_exit 77 --key mori.key record assign "$id" nobody
expect_exit 2 --key mori.key record assign "$id" "Not A Name"
expect_exit 0 --key mori.key record assign "$id" abe
expect_exit 1 --key mori.key record assign "$id" abe
expect_in err "is assigned to abe already"
expect_exit 0 --key abe.key record list victim
expect_in out "$(echo "$id" | cut -c 1-8)"

# A form: Enter keeps, '.' ends, nothing without a yes.
printf 'male\n.\nno\n' >in
expect_exit 1 --key sato.key record edit 1 -c facts
expect_exit 0 --key sato.key record show 1 -c facts
expect_in out "Female"
expect_in out "version 1"
printf 'male\n.\nyes\n' >in
expect_exit 0 --key sato.key record edit 1 -c facts
expect_in err "Saved"
expect_exit 0 --key sato.key record show 1 -c facts
expect_not_in out "Female"
expect_in out "version 2"
# End of input is Ctrl-C.
printf 'female\n' >in
expect_exit 1 --key sato.key record edit 1 -c facts
expect_in err "Nothing was saved"
expect_exit 2 --key sato.key record edit 1 --no-input
# Where one may write and not read: an addition.
printf 'Asthma\n.\n.\nyes\n' >in
expect_exit 0 --key sato.key record edit 1 -c health
expect_not_in out "Asthma"
expect_exit 0 --key sato.key record history 1
expect_in out "addition"
expect_exit 77 --key nagai.key record edit "$id"
# What cannot be printed is done all the same, and said to be.
if [ -w /dev/full ]; then
    line="record unassign >/dev/full"
    "$SVAULT" --key mori.key record unassign "$id" abe </dev/null \
        >/dev/full 2>err && fail "$line: no failure"
    : >out
    expect_in err "What you asked for is done; do not repeat it."
else
    expect_exit 0 --key mori.key record unassign "$id" abe
fi
expect_exit 1 --key mori.key record unassign "$id" abe
expect_in err "is not assigned to abe"
printf 'Asthma\n.\n.\nyes\n' >in
expect_exit 77 --key abe.key record edit "$id" -c health
expect_in err "not assigned to you"
expect_not_in err "Conditions"

# A new record by form.
printf '2026-002\nYamada-Testname\n.\nyes\n' >in
expect_exit 0 --key sato.key record add victim
expect_exit 0 --key sato.key record list victim
expect_in out "2026-002"
# Its number is taken: back to that field, and nothing else is typed again.
printf '%s\n' 2026-002 Sakai-Testname . yes 2026-003 yes >in
expect_exit 0 --key sato.key record add victim
expect_in err "Case number: Please check: another record has that number."
expect_exit 0 --key sato.key record show "$(cat out)" -c identity
expect_in out "2026-003"
expect_in out "Sakai-Testname"
printf '%s\n' 2026-002 Sakai-Testname . yes 2026-002 yes >in
expect_exit 1 --key sato.key record add victim
expect_in err "Nothing was saved."
expect_exit 65 --key sato.key record add victim --from one.csv
expect_in err "one.csv:2:identity.case_no: another record has that number"

# No name and no value in any file of the vault, nor in the memory files.
for word in Kobayashi Yamada Testname Asthma 2026-001; do
    if grep -rqF "$word" office office.gate ./*.head; then
        fail "$word stands in the vault's files"
    fi
done
finish
