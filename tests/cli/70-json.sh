#!/bin/sh
# --json: one value, only on stdout, on every command that prints.
. "$(dirname "$0")/lib.sh"

expect_exit 0 --json
expect_json next "key new"
expect_exit 0 key new kudo.key --name kudo --unprotected --json
expect_json name kudo
expect_json unprotected true
words=$(json fingerprint)
expect_exit 0 key show kudo.key --json
expect_json fingerprint "$words"
expect_json protection.kind none
rm -f kudo.key kudo.key.pub
make_office
hire sato caseworker
hire nagai auditor

expect_exit 0 status --json --key kudo.key
expect_json verified true
expect_json origin office.example/vault
expect_json gate_fingerprint "$gate"
expect_json staff 4
expect_json proposals 0
size=$(json size)
root=$(json root)
log_key=$(json log_key)
[ "${#root}" -eq 44 ] || fail "the root is not 32 bytes in base64"
rm -r home/.config
expect_exit 0 status --json --vault office
expect_json verified false
expect_json size "$size"
export SVAULT_VAULT="$dir/office" SVAULT_KEY="$dir/sato.key"

expect_exit 0 --json whoami
expect_json name sato
expect_json roles.0.role caseworker
expect_exit 0 --json staff list
expect_json staff 4
expect_json staff.2.name sato
new_key abe
expect_exit 0 --key kudo.key staff propose abe.key.pub --role intake --json
expect_json person abe
expect_json fingerprint "$(fingerprint abe.key)"
proposal=$(json proposal)
expect_exit 0 staff list --json
expect_json proposals.0.proposal "$proposal"
expect_exit 0 --key mori.key --json --no-input staff confirm abe \
    --fingerprint "$(fingerprint abe.key)"
expect_json 0.role intake

printf 'identity.case_no,facts.gender,facts.services\n7,female,food;shelter\n' \
    >v.csv
expect_exit 0 import v.csv --type victim --dry-run --json
expect_json rows 1
expect_exit 0 import v.csv --type victim --json
expect_json in 1
expect_json already_in 0
expect_exit 0 record list victim --json
expect_json records.0.case_no 7
expect_json records.0.assignees.0 sato
expect_json more false
id=$(json records.0.record)
expect_exit 0 record show "$id" --json
expect_json record "$id"
expect_json compartments.facts.version 1
expect_json compartments.facts.author sato
# Codes, not labels, in whatever language.
expect_in out '"female"'
expect_not_in out Female
cp out english
expect_exit 0 --lang ja record show "$id" --json
sed '/"entry"/d' english >a
sed '/"entry"/d' out >b
cmp -s a b || fail "the JSON depends on the language"
expect_exit 0 record history "$id" --json
expect_json versions 7
printf 'male\n.\nyes\n' >in
expect_exit 0 record edit "$id" -c facts --json
expect_json record "$id"
expect_exit 0 --key mori.key record assign "$id" abe --json
expect_json assigned true
expect_exit 0 --key mori.key record unassign "$id" abe --json
expect_json assigned false

expect_exit 0 --key nagai.key log list --json
expect_json entries 25
expect_exit 0 --key nagai.key log show 0 --json
expect_json entry 0
expect_exit 0 --key nagai.key log head --json
expect_json log_key "$log_key"
expect_exit 0 --key nagai.key log verify --json
expect_json ok true

for topic in "" exit-codes options record "record show"; do
    # shellcheck disable=SC2086
    expect_exit 0 help $topic --json
    json "" >/dev/null || fail "help $topic: not JSON"
done

# Failures leave stdout alone.
expect_exit 77 log list --json
expect_empty out
expect_exit 2 record show --json --no-input
expect_empty out
expect_exit 1 --vault nowhere status --json
expect_empty out
finish
