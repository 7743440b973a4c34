#!/bin/sh
# A part whose author sealed what nobody can read: who comes after her is told
# whose it is, and can fill it in anew, but never by mistake.
. "$(dirname "$0")/lib.sh"
: "${FALSE_AUTHOR:?svault of who seals what nobody can read}"

make_office
hire sato caseworker
hire abe caseworker
printf 'identity.case_no,facts.gender,narrative.summary\n2026-001,female,Told\n' \
    >one.csv
expect_exit 0 --key sato.key record add victim --from one.csv --json
id=$(json record)
expect_exit 0 --key mori.key record assign "$id" abe

printf 'male\n.\nyes\n' >in
honest=$SVAULT
SVAULT=$FALSE_AUTHOR
expect_exit 0 --key sato.key record edit "$id" -c facts
expect_in err "Saved"
SVAULT=$honest

told() {
    expect_in err "what its author stored of this record does not open"
    expect_in err "It is about sato."
    expect_empty out
}
expect_exit 4 --key abe.key record show "$id"
told
expect_exit 0 --key abe.key record show "$id" -c narrative
expect_in out "Told"

# Not by pressing Enter, nor at the end of the input.
for answer in '' no; do
    echo "$answer" >in
    expect_exit 4 --key abe.key record edit "$id" -c facts
    told
    expect_in err "Fill in that part anew, from nothing?"
    expect_not_in err "Saved"
done
expect_exit 4 --key abe.key record edit "$id" -c facts
told
expect_exit 4 --key abe.key record show "$id" -c facts

printf 'yes\nfemale\n.\nyes\n' >in
expect_exit 0 --key abe.key record edit "$id" -c facts
told
expect_in err "Saved"
expect_exit 0 --key abe.key record show "$id" -c facts
expect_in out "Female"
expect_in out "version 3"

# All three versions stay, and are the log's.
expect_exit 0 --key abe.key record history "$id"
expect_in out "sato"
hire nagai auditor
expect_exit 0 --key nagai.key log verify --store
finish
