#!/bin/sh
# A log that was cut, put back or exchanged: the gate does not start on it, in
# either form, and says what to do; a device that is shown another log refuses
# and keeps both heads; two people go on from a backup.
. "$(dirname "$0")/lib.sh"
. "$here/served.sh"

make_office
hire sato caseworker
hire nagai auditor
expect_exit 0 --key nagai.key --vault office status --card
cp out office.card
expect_exit 0 sheet gate office.gate -o A.txt
expect_exit 0 --key kudo.key --vault office backup create one.svb
mkdir early
cp -r office ./*.head early
export SVAULT_VAULT="$dir/office"
expect_exit 0 --key sato.key record list victim
expect_exit 0 --key sato.key record list victim
# What a witness saw last is of the log that will be lost.
"$SVAULT_AUDIT" witness --new-key board.key --name board.example/w1 >vkey 2>err ||
    fail "no witness"
expect_exit 0 --key sato.key log witness -o request --witness "$(cat vkey)"
"$SVAULT_AUDIT" witness request --key office.card --signer board.key --first \
    >out 2>err || fail "no cosignature"
expect_exit 0 --key sato.key log witness --collect request.cosigned
mkdir good
cp -r office ./*.head good

restore() {
    rm -rf office
    cp -r good/office .
    cp good/*.head .
}

# does_not_start WHY: in the program itself, and as a service.
does_not_start() {
    sum=$(cksum office/data.mdb)
    for who in sato nagai kudo; do
        expect_exit 4 --key $who.key --no-input status
        expect_in err "the kept head of the log: $1"
        expect_in err "svault backup restore"
        expect_in err "two people"
        expect_empty out
    done
    refused 4 --socket "$sock"
    "$JSON_GET" what <err >word
    [ "$(cat word)" = "the kept head of the log" ] || fail "$line: what?"
    "$JSON_GET" todo <err | grep -q "two people: svault backup restore" ||
        fail "$line: it does not say what to do"
    [ "$(cksum office/data.mdb)" = "$sum" ] || fail "$line: the store was changed"
    [ ! -e "$sock" ] || fail "$line: it listens"
}

# A3: An older data file put back.
cp early/office/data.mdb office/data.mdb
does_not_start "older than, or other than"
restore

# Another branch, as long and longer, under the head of the first.
rm -rf office
cp -r early/office .
cp early/*.head .
for n in 1 2 3 4; do
    expect_exit 0 --key sato.key record list victim --limit $n
done
cp good/office/head office/head
does_not_start "older than, or other than"
restore

# Without the head; with none that is whole; with one of another log.
rm office/head
does_not_start "altered or forged"
[ ! -e office/head ] || fail "a new head was made for a log that lost it"
restore
head -c 4096 /dev/zero >office/head
does_not_start "altered or forged"
restore

# An older head is no rollback: it may lag behind the log.
cp early/office/head office/head
expect_exit 0 --key sato.key record list victim
serve --socket "$sock"
expect_exit 0 --vault "unix:$sock" --key sato.key record list victim
end_service TERM 0
restore

# A2: The whole directory: who remembers more refuses, and keeps both heads.

# keeps_both PROGRAM'S WAY: sato, who has seen more.
keeps_both() {
    rm -f sato.key.head.fork-*
    expect_exit 4 --vault "$1" --key sato.key record list victim
    expect_in err "shorter than, or other than, what this device has seen"
    expect_in err "Both heads are kept as evidence"
    ls sato.key.head.fork-*.note >heads
    [ "$(wc -l <heads)" -eq 2 ] || fail "$line: not two heads"
    while IFS= read -r f; do
        expect_in err "$f"
        [ "$(stat -c %a "$f")" = 600 ] || fail "$f: others can read it"
        "$SVAULT_AUDIT" compare "$f" "$f" --key office.card >/dev/null ||
            fail "$f is not a head of this log"
    done <heads
    # Again: no more files, and what was seen is not forgotten.
    expect_exit 4 --vault "$1" --key sato.key record list victim
    ls sato.key.head.fork-*.note | cmp -s - heads || fail "$line: more evidence"
    cmp -s sato.key.head good/sato.key.head || fail "$line: it forgets"
    run --vault "$1" --key sato.key doctor
    expect_in out "evidence of a log that did not go on"
    [ "$code" -eq 1 ] || fail "doctor: exit $code"
}

rm -rf office
cp -r early/office .
keeps_both office
serve --socket "$sock"
keeps_both "unix:$sock"
end_service TERM 0

# As many entries as she saw, and other ones: the heads prove it by themselves.
cp early/*.head .
expect_exit 0 --key nagai.key log head --json
now=$(json size)
cp good/sato.key.head .
expect_exit 4 --key sato.key record list victim
seen=$(sed -n 's/.*has seen \([0-9]*\) entries.*/\1/p' err)
while [ "$now" -lt "$seen" ]; do
    expect_exit 0 --key nagai.key log show 0
    now=$((now + 1))
done
rm -f sato.key.head.fork-*
expect_exit 4 --key sato.key record list victim
# shellcheck disable=SC2046
set -- $(ls sato.key.head.fork-*.note)
[ $# -eq 2 ] || fail "$# heads kept, not 2"
"$SVAULT_AUDIT" compare "$1" "$2" --key office.card >out 2>err
code=$?
line="svault-audit compare $1 $2"
[ "$code" -eq 4 ] || fail "$line: exit $code, not 4"
expect_in out "CONTRADICT"
# She may look at her evidence in status again, once the true log is back.
rm -rf office
cp -r good/office .
cp good/*.head .
expect_exit 0 --key sato.key status
expect_in out "evidence of a log that did not go on from what was seen"
expect_exit 0 --key sato.key status --json
expect_json evidence 2
rm sato.key.head.fork-*
expect_exit 0 --key sato.key status
expect_not_in out "evidence"

# ---- Going on takes a restore by two people ----

rm office/head
does_not_start "altered or forged"
mv office office.evidence
mv office.gate gate.evidence
expect_exit 0 backup restore one.svb office --sheet A.txt
expect_exit 4 --key sato.key record list victim # before the entry is there
rm sato.key.head.fork-*
expect_exit 0 --key kudo.key --no-input backup confirm one.svb --with mori.key
expect_exit 4 --key sato.key record list victim
expect_in err "restored by kudo and mori"
[ -z "$(ls sato.key.head.fork-* 2>/dev/null)" ] ||
    fail "a restore that is in the log was taken for a fork"
expect_exit 0 --key sato.key --accept-restore record list victim
expect_exit 0 --key sato.key status --json
expect_json witnesses 0
expect_json evidence 0
[ -n "$(ls sato.key.witness/*.before-restore)" ] ||
    fail "what the witness cosigned is gone"
serve --socket "$sock"
expect_exit 0 --vault "unix:$sock" --key sato.key record list victim
end_service TERM 0

# ---- Two programs of one person at once ----

# One looks and writes while the other does not: else the one that has seen
# less could write behind the other.
( flock 9 && touch held && sleep 1 && rm held ) 9<sato.key &
while [ ! -e held ]; do sleep 0.02; done
expect_exit 0 --key sato.key record list victim
[ ! -e held ] || fail "what was seen was written while another program wrote"
wait
finish
