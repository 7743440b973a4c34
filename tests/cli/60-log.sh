#!/bin/sh
# The log: read by the auditor, verified, and true to every byte.
. "$(dirname "$0")/lib.sh"

make_office
hire sato caseworker
hire nagai auditor
printf 'identity.case_no,facts.gender\n1,female\n2,male\n3,female\n' >v.csv
expect_exit 0 --key sato.key import v.csv --type victim
expect_exit 0 --key sato.key record list victim --json
id=$(json records.0.record)
expect_exit 77 --key sato.key record show 1 -c health --purpose safety

expect_exit 77 --key sato.key log list
expect_exit 77 --key sato.key log verify
expect_exit 0 --key nagai.key log list
expect_in out "record.import"
expect_in out "DENIED: "
expect_exit 0 --key nagai.key log list --user sato --limit 1 --json
expect_json entries 1
expect_json entries.0.act log.read
expect_json entries.0.allowed false
# Nobody of that name, no such record: an empty list would acquit them.
expect_exit 1 --key nagai.key log list --user case-99
expect_empty out
expect_in err "case-99: nobody of this name has ever worked here"
expect_exit 1 --key nagai.key log list --user case-99 --json
expect_exit 0 --key nagai.key log list --user sato --since 2199-01-01
for prefix in ffffffffffff 00000000000000000000000000000000; do
    expect_exit 1 --key nagai.key log list --record $prefix
    expect_empty out
    expect_in err "$prefix: no entry is about a record that begins so"
done
expect_exit 0 --key nagai.key log list --record ffffffffffff --from 5
expect_in err "No entries to show."
expect_exit 0 --key nagai.key log list --record "$id" --json
[ "$(json entries)" -ge 3 ] || fail "fewer entries than acts on the record"
expect_json entries.0.act item
expect_json entries.0.actor sato
expect_exit 0 --key nagai.key log list --since 2199-01-01
expect_empty out
expect_exit 2 --key nagai.key log list --since yesterday
expect_exit 2 --key nagai.key log list --limit 0
expect_exit 2 --key nagai.key log list --record xyz
expect_exit 0 --key nagai.key log list --from 0 --limit 2 --json
expect_json entries 2
expect_json entries.0.entry 0
expect_json entries.0.act genesis

expect_exit 0 --key nagai.key log show 0
expect_in out "svault/entry/v1"
expect_in out "office.example/vault/kudo"
expect_exit 1 --key nagai.key log show 999999
expect_exit 2 --key nagai.key log show -- -1
expect_exit 0 --key nagai.key log head
expect_in out "office.example/vault"
[ "$(head -n 1 out)" = office.example/vault ] || fail "not a checkpoint"
expect_exit 0 --key nagai.key log verify
expect_in out "whole and unaltered"
expect_exit 77 --key sato.key log verify --store
expect_exit 0 --key nagai.key log verify --store
expect_in out "The store holds what the log says"
expect_not_in out "every signature" # that was not looked at
expect_exit 0 --key nagai.key log verify --store --json
expect_json ok true
expect_json findings 0
expect_exit 0 --key nagai.key log verify --json
expect_json other_log 0
expect_json ok true
expect_json fault null
expect_json findings 0

# One byte of the data file at a time: never a wrong answer, and where
# anything is seen, exit code 4.
cp -r office kept
cp nagai.key.head kept.head
size=$(stat -c %s office/data.mdb)
seen=0
for part in $(seq 1 24); do
    at=$((size * part / 25))
    rm -rf office
    cp -r kept office
    cp kept.head nagai.key.head
    byte=$(od -An -tu1 -j "$at" -N 1 office/data.mdb | tr -d ' ')
    # shellcheck disable=SC2059
    printf "\\$(printf %o $((byte ^ 255)))" |
        dd of=office/data.mdb bs=1 seek="$at" conv=notrunc 2>/dev/null
    run --key nagai.key log verify
    case $code in
    0) ;; # a byte that is not in use
    4) seen=$((seen + 1)) ;;
    *) fail "byte $at flipped: exit $code" ;;
    esac
done
[ "$seen" -gt 0 ] || fail "no flipped byte was seen"

# Cut off.
rm -rf office
cp -r kept office
cp kept.head nagai.key.head
truncate -s $((size / 2)) office/data.mdb
expect_exit 4 --key nagai.key log verify
rm -rf office
cp -r kept office
: >office/data.mdb
run --key nagai.key log verify
[ "$code" -ne 0 ] || fail "an empty data file verifies"

# In use: who has it, and come again.
rm -rf office
cp -r kept office
cp kept.head nagai.key.head
flock office/lock sleep 5 &
holder=$!
n=0
until flock -n office/lock true; [ $? -ne 0 ] || [ $n -ge 200 ]; do
    n=$((n + 1))
done
expect_exit 75 --key nagai.key status
expect_in err "in use"
kill $holder
wait $holder 2>/dev/null
finish
