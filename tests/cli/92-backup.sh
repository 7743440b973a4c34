#!/bin/sh
# A backup and two sheets of paper: everything else may be lost.

. "$(dirname "$0")/own_mounts.sh"
. "$(dirname "$0")/lib.sh"
. "$here/bytes.sh"

data=$here/../data/annual-2022/victims.csv

# ---- an office with a key for recovery, and what a record shows ----

new_key kudo
new_key mori
new_key rescue
expect_exit 0 init office --origin office.example/vault \
    --administrator kudo.key --supervisor mori.key \
    --recovery rescue.key.pub --json
gate=$(json gate_fingerprint)
export SVAULT_VAULT="$dir/office"
hire sato caseworker
hire nagai auditor
head -n 5 "$data" >few.csv
expect_exit 0 --key sato.key import few.csv --type victim
expect_exit 0 --key sato.key record list victim --json
id=$(json records.0.record)
show() { "$SVAULT" "$@" record show "$id" -c facts --json </dev/null 2>>err | grep -v '"entry"'; }
show --key sato.key >plain.json
grep -q facts plain.json || fail "no record to compare with"

# ---- the sheets ----

expect_exit 2 sheet gate office.gate
expect_in err "--print"
expect_exit 0 sheet gate office.gate -o A.txt
[ "$(stat -c %a A.txt)" = 600 ] || fail "others may read the sheet"
expect_exit 0 sheet key rescue.key --print
cp out B.txt
expect_in out "sheet B, the key of rescue"
cp A.txt in
expect_exit 0 sheet check gate office.gate --sheet A.txt
expect_exit 0 sheet check key rescue.key --sheet B.txt
# Typed, in small letters and without spaces.
grep '^ *[1-4]:' A.txt | sed 's/^ *[1-4]: *//' | tr -d ' ' | tr A-Z a-z >in
expect_exit 0 sheet check gate office.gate
# One wrong character in line 3 is found there.
sed '/^ *3:/s/[A-M]/Z/' A.txt >wrong.txt
expect_exit 65 sheet check gate office.gate --sheet wrong.txt
expect_in err "line 3"
expect_exit 65 sheet check gate office.gate --sheet B.txt
expect_exit 65 sheet check key sato.key --sheet B.txt

# ---- create and verify ----

expect_exit 77 --key sato.key backup create no.svb
[ -z "$(ls no.svb* 2>/dev/null)" ] || fail "a refused backup left a file"
# A file that lies there is not written to, whatever its name.
echo mine >planted && ln planted one.svb.part
expect_exit 0 --key kudo.key backup create one.svb --json
expect_json origin office.example/vault
expect_json records 4
[ "$(stat -c %a one.svb)" = 600 ] || fail "others may read the backup"
[ "$(cat planted)" = mine ] || fail "a planted file was written to"
[ "$(stat -c %h one.svb)" = 1 ] || fail "somebody else has the backup by another name"
rm one.svb.part planted
[ "$(ls -d one.svb*)" = one.svb ] || fail "the part is left"
[ -s kudo.key.backup ] || fail "when is not remembered"
expect_exit 1 --key kudo.key backup create one.svb
expect_in err "exists already"
expect_exit 0 --key nagai.key backup verify one.svb
expect_in out "office.example/vault"
expect_in err "is tried with sheet A"
expect_exit 0 backup verify one.svb --sheet A.txt
mkdir -p tmp/svault
TMPDIR=$dir/tmp expect_exit 0 backup verify one.svb --sheet A.txt
[ "$(ls tmp)" = svault ] || fail "what was opened to verify is left"
TMPDIR=$dir/none expect_exit 1 backup verify one.svb --sheet A.txt
expect_exit 65 backup verify one.svb --sheet wrong.txt
show --key sato.key >again.json
cmp -s plain.json again.json || fail "the record reads otherwise"

# The file holds no key of the gate, and nothing that was typed.
tail -c 64 office.gate | head -c 32 | od -An -tx1 -v | tr -d ' \n' >root.hex
od -An -tx1 -v one.svb | tr -d ' \n' >svb.hex
grep -qF "$(cat root.hex)" svb.hex && fail "the gate's root is in the backup"
grep -q "$(sed -n 2p few.csv | cut -d, -f1)" one.svb && fail "a value is in the backup"

# ---- cut, flipped, lengthened, of another vault ----

size=$(stat -c %s one.svb)
for n in 0 4 30 1000 $((size / 2)) $((size - 500)) $((size - 1)); do
    head -c "$n" one.svb >cut.svb
    run backup verify cut.svb --sheet A.txt
    [ "$code" -eq 4 ] || [ "$code" -eq 65 ] || fail "cut at $n: exit $code"
    run --key kudo.key backup verify cut.svb
    [ "$code" -eq 4 ] || [ "$code" -eq 65 ] || fail "cut at $n: exit $code"
    run backup restore cut.svb cut --sheet A.txt
    [ ! -e cut ] && [ ! -e cut.gate ] || fail "cut at $n: a vault was made"
done
(cat one.svb && echo more) >long.svb
expect_exit 4 backup verify long.svb --sheet A.txt
expect_in err "behind its end"
i=0
while [ "$i" -lt 24 ]; do
    at=$((size * i / 24 + i))
    cp one.svb flip.svb
    flip_bit flip.svb "$at" $((i % 8))
    run --key kudo.key backup verify flip.svb
    case $code in
    4 | 65 | 77) [ -s err ] || fail "flipped at $at: no word" ;;
    *) fail "flipped at $at: exit $code" ;;
    esac
    i=$((i + 1))
done
(
    failures=0
    unset SVAULT_VAULT
    mkdir other && cd other || exit 1
    make_office
    expect_exit 0 --vault office --key kudo.key backup create other.svb
    expect_exit 0 sheet gate office.gate -o A.txt
    exit "$failures"
) || fail "another office"
expect_exit 4 --key kudo.key backup verify other/other.svb
expect_in err "not signed by this vault"
expect_exit 4 backup restore one.svb elsewhere --sheet other/A.txt
[ ! -e elsewhere ] || fail "another's sheet made a vault"

# ---- a full disk, and a kill: no file that passes for a backup ----

if [ -n "$SV_OWN_MOUNTS" ]; then
    mkdir small
    mount -t tmpfs -o size=16k none small
    expect_exit 74 --key kudo.key backup create small/full.svb
    [ -z "$(ls small)" ] || fail "a full disk keeps a part of a backup"
    umount small
fi
n=0
while [ "$n" -lt 12 ]; do
    timeout -s KILL "0.0$((n * 5 + 10))" "$SVAULT" --key kudo.key backup create \
        "kill$n.svb" </dev/null >/dev/null 2>&1
    # Who was killed lets go of the lock, if not at once.
    for _ in 1 2 3 4 5 6 7 8 9; do
        run --key kudo.key --no-input status
        [ "$code" -eq 75 ] || break
        sleep 0.2
    done
    [ ! -e "kill$n.svb" ] ||
        expect_exit 0 --key kudo.key backup verify "kill$n.svb"
    n=$((n + 1))
done

# ---- older than the log that people know ----

expect_exit 0 --key nagai.key log verify
expect_exit 0 --key kudo.key backup create old.svb
expect_exit 0 --key sato.key record show "$id" --json
# Nobody types a sheet for a file that is not there.
expect_exit 1 backup restore absent.svb elsewhere
expect_in err "absent.svb: not found"
expect_not_in err "Line 1"
expect_exit 1 backup restore old.svb office --sheet A.txt
expect_in err "exists already"
# What fails at the new vault is not told of the backup.
expect_exit 1 backup restore old.svb nowhere/older --sheet A.txt
expect_in err "restore: nowhere/older: not found"
if [ -n "$SV_OWN_MOUNTS" ]; then
    mount -t tmpfs -o size=16k none small
    expect_exit 74 backup restore old.svb small/older --sheet A.txt
    expect_in err "restore: small/older: the disk is full"
    TMPDIR=$dir/small expect_exit 74 backup verify old.svb --sheet A.txt
    expect_not_in err "old.svb: "
    umount small
fi
expect_exit 0 backup restore old.svb older/ --sheet A.txt
cmp -s office.gate older.gate || fail "not the gate's key as it was"
expect_in err "with its key in older.gate"
mkdir aside && cp ./*.key ./*.head old.svb A.txt aside/
cd aside || exit 1
export SVAULT_VAULT="$dir/older"
expect_exit 0 --key mori.key --no-input status
expect_exit 77 --key nagai.key log verify
expect_in err "restored from a backup"
expect_exit 4 --key sato.key record show "$id"
# One person alone, twice the same, one who may not.
expect_exit 2 --key kudo.key backup confirm old.svb
expect_exit 77 --key kudo.key backup confirm old.svb --with sato.key
expect_exit 77 --key kudo.key backup confirm old.svb --with kudo.key
expect_exit 77 --key kudo.key backup confirm old.svb --sheet A.txt
expect_exit 77 --key nagai.key backup confirm old.svb --with mori.key
expect_exit 0 --key kudo.key backup confirm old.svb --with mori.key
expect_exit 4 --key sato.key record show "$id"
expect_in err "restored from a backup"
expect_in err "restored by kudo and mori"
expect_in err "--accept-restore"
expect_exit 0 --key sato.key --accept-restore record show "$id" --json
[ -s sato.key.head.before-restore ] || fail "what was seen is not kept"
expect_exit 0 --key sato.key record show "$id" --json
expect_exit 0 --key nagai.key --accept-restore log verify
# It is confirmed once.
expect_exit 65 --key kudo.key backup confirm old.svb --with mori.key
# An older data file put back is still refused.
cp ../older/data.mdb was.mdb
expect_exit 0 --key sato.key record show "$id" --json
cp ../older/data.mdb now.mdb
cp was.mdb ../older/data.mdb
expect_exit 4 --key sato.key record show "$id"
cp now.mdb ../older/data.mdb

# ---- a second restore, and an older copy of what came of it ----

expect_exit 0 --key kudo.key backup create again.svb
expect_exit 0 --key sato.key record show "$id" --json
expect_exit 0 backup restore again.svb ../third --sheet A.txt
export SVAULT_VAULT="$dir/third"
expect_exit 0 --key kudo.key backup confirm again.svb --with mori.key
expect_exit 4 --key sato.key record show "$id"
expect_in err "restored by kudo and mori"
cp sato.key.head.before-restore first.head
expect_exit 0 --key sato.key --accept-restore record show "$id" --json
cmp -s first.head sato.key.head.before-restore || fail "older evidence was lost"
[ -s sato.key.head.before-restore.2 ] || fail "what was seen is not kept again"
cp -r ../third ../copy
expect_exit 0 --key sato.key record show "$id" --json
expect_exit 0 --key kudo.key whoami
mv ../third ../newer && mv ../copy ../third
expect_exit 4 --key sato.key --accept-restore record show "$id"
expect_in err "An older copy may have been put back"
# Who confirms in vain knows afterwards what she knew.
expect_exit 4 --key kudo.key whoami
cp kudo.key.head seen.head
ls >names
expect_exit 65 --key kudo.key backup confirm again.svb --with mori.key
ls | cmp -s - names || fail "a confirm that failed moved a file"
cmp -s seen.head kudo.key.head || fail "a confirm that failed changed the head"
expect_exit 4 --key kudo.key whoami
cd "$dir" || exit 1

# ---- everything is lost but one backup and two sheets ----

export SVAULT_VAULT="$dir/office"
expect_exit 0 --key mori.key --no-input status
expect_exit 0 --key kudo.key backup create last.svb
mkdir bare && cp last.svb A.txt B.txt bare/
mv office lost && mv office.gate lost.gate
cd bare || exit 1
export HOME="$dir/bare/home" SVAULT_VAULT="$dir/bare/office"
mkdir "$HOME"
expect_exit 0 sheet read key -o rescue.key --name rescue --sheet B.txt --unprotected
expect_exit 65 sheet read key -o other.key --name other --sheet B.txt --unprotected
expect_exit 0 backup restore last.svb office --sheet A.txt
new_key kudo
new_key mori
new_key nagai
# The caseworker's name is no administrator's.
new_key sato
expect_exit 77 --key rescue.key --gate "$gate" --no-input backup confirm last.svb \
    --sheet A.txt --administrator sato.key.pub
expect_exit 0 --key rescue.key --no-input backup confirm last.svb --sheet A.txt \
    --administrator kudo.key.pub
replace() {
    expect_exit 0 --key kudo.key --gate "$gate" --no-input staff replace "$1" "$1.key.pub"
    expect_exit 0 --key rescue.key staff confirm "$1" --no-input \
        --fingerprint "$(fingerprint "$1.key")"
}
expect_exit 0 --key kudo.key --gate "$gate" --no-input whoami
replace mori
replace nagai
replace sato
expect_exit 0 --key mori.key --gate "$gate" --no-input whoami
show --key sato.key --gate "$gate" --no-input >back.json
cmp -s ../plain.json back.json || fail "the record did not come back"
expect_exit 0 --key sato.key record list victim --json
expect_exit 0 --key mori.key record show "$id" -c facts --json
expect_exit 0 --key nagai.key --gate "$gate" --no-input log verify
expect_in out "whole and unaltered"
expect_exit 0 --key nagai.key log list --limit 100
expect_in out "restore"
expect_exit 0 --key kudo.key backup create next.svb

finish
