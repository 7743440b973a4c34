#!/bin/sh
# A vault that was damaged, exchanged, taken by another process or put on a
# bad disk: never a wrong plaintext, never a death by signal, and a message
# that says what was found.

. "$(dirname "$0")/own_mounts.sh"
. "$(dirname "$0")/lib.sh"
. "$here/bytes.sh"

data=$here/../data/annual-2022/victims.csv
flips=60

restore() {
    rm -rf office office.gate
    cp -r good/. .
}

# What reads: each in turn, and what came of it in $codes.  Damage may lie
# where nothing was looked at; content is the true one or none.
probe() {
    codes=
    lost=false
    what=$1
    for command in "sato record show $id --json" \
        "sato record list victim --limit 5 --json" \
        "mori status" "nagai log verify"; do
        # shellcheck disable=SC2086
        set -- $command
        who=$1
        shift
        run --key "$who.key" --no-input "$@"
        line="$what: $line"
        check_reaction
        codes="$codes $code"
    done
    $lost && [ "$code" -ne 4 ] && fail "$what: nobody noticed what is lost"
    return 0
}

check_reaction() {
    case $code in
    0)
        case $line in
        *"record show"*)
            # Entry numbers and times differ from reading to reading.
            values plain.json >want
            values out >got
            cmp -s want got || fail "$line: another plaintext"
            ;;
        esac
        ;;
    4 | 74 | 75 | 77)
        [ -s err ] || fail "$line: exit $code without a word"
        ;;
    *)
        # A row under another key is not found; log verify, behind it, says so.
        if grep -q ': not found$' err; then
            lost=true
        else
            under_sanitizer || fail "$line: exit $code"
        fi
        ;;
    esac
    # A list goes on behind a record that cannot be read: what it shows of
    # the others is true.  Nothing else is shown beside a failure.
    case $line in
    *"record list"*)
        numbers <out >got
        grep -vxFf list got >wrong && fail "$line: another plaintext"
        ;;
    *"log verify"*) ;;
    *)
        [ "$code" -eq 0 ] || expect_empty out
        ;;
    esac
}

values() { grep -v '"entry"' "$1"; }

# "handle case-number initials" of each row that shows them.
numbers() {
    { tr -d '\n'; echo; } | sed 's/"number"/\n&/g' |
        sed -n 's/.*"record": "\(.*\)",.*"entry".*"case_no": "\([^"]*\)",.*"initials": "\([^"]*\)".*/\1 \2 \3/p'
}

# A damaged file can make LMDB read where it must not.  The program stops
# with a word; under AddressSanitizer that one speaks instead.
under_sanitizer() {
    grep -q 'ERROR: AddressSanitizer: SEGV' err ||
        { [ "$code" -eq 134 ] && grep -qaF __asan_init "$SVAULT"; }
}

expect_found() {
    case $codes in
    *[1-9]*) ;;
    *) fail "$what: nobody noticed" ;;
    esac
}

# expect_refusal CODE TEXT ARGUMENT...
expect_refusal() {
    want=$1 text=$2
    shift 2
    expect_exit "$want" --no-input "$@"
    expect_in err "$text"
    expect_empty out
}

make_office
hire sato caseworker
hire nagai auditor
mkdir early
cp -r office ./*.head early
expect_exit 0 --key sato.key import "$data" --type victim
expect_exit 0 --key sato.key record list victim --limit 100 --json
id=$(json records.2.record)
numbers <out >list
[ "$(wc -l <list)" -eq 93 ] || fail "no numbers in a list"
expect_exit 0 --key sato.key record show "$id" --json
cp out plain.json
expect_exit 0 --key nagai.key log verify
mkdir good
cp -r office office.gate ./*.head good

# ---- The data file ----

size=$(stat -c %s office/data.mdb)
for part in "$((size / 2))" 8192 4096 100 0; do
    restore
    head -c "$part" good/office/data.mdb >office/data.mdb
    expect_refusal 4 "the vault's data file: altered" --key sato.key \
        record show "$id"
    probe "cut to $part"
    expect_found
done
restore
rm office/data.mdb
expect_refusal 4 "the vault's data file: altered" --key sato.key \
        record show "$id"
[ ! -e office/data.mdb ] || fail "an empty data file was made"

page=$(getconf PAGE_SIZE)
pages=$((size / page))
n=0
while [ $n -lt 8 ]; do
    n=$((n + 1))
    restore
    at=$(random $((pages - 4)))
    dd if=/dev/zero of=office/data.mdb bs="$page" seek="$at" count=4 \
        conv=notrunc 2>/dev/null
    probe "pages $at to $((at + 3)) of $pages zeroed"
done
restore
dd if=/dev/zero of=office/data.mdb bs="$page" seek=2 count=$((pages - 2)) \
    conv=notrunc 2>/dev/null
probe "all pages zeroed"
expect_found
restore
head -c "$size" /dev/urandom >office/data.mdb
probe "noise"
expect_found

noticed=0
said_where=0
n=0
while [ $n -lt $flips ]; do
    n=$((n + 1))
    restore
    at=$(random "$size")
    bit=$(random 8)
    flip_bit office/data.mdb "$at" "$bit"
    probe "bit $bit of byte $at of $size flipped"
    case $codes in
    *[1-9]*) noticed=$((noticed + 1)) ;;
    esac
    # The last was log verify: its verdict, or why there is none.
    if [ "$code" -eq 4 ] && grep -qE '^(FAULT: entry|FOUND in)' out; then
        said_where=$((said_where + 1))
    fi
done
[ $noticed -gt $((flips / 10)) ] || fail "only $noticed of $flips noticed"
[ $said_where -gt 0 ] || fail "log verify never said where"

# ---- Older copies ----

# Behind what DIR/head remembers.
restore
cp early/office/data.mdb office/data.mdb
expect_refusal 4 "the kept head of the log: " --key sato.key record list victim
expect_refusal 4 "the kept head of the log: " --key nagai.key log verify
# The whole directory: behind what the client remembers.
restore
rm -rf office
cp -r early/office office
for who in sato nagai; do
    expect_refusal 4 "shorter than, or other than, what this device has seen" \
        --key $who.key record show "$id"
done
expect_in err "An older copy may have been put back"
cmp -s sato.key.head good/sato.key.head ||
    fail "what was seen is forgotten for an older copy"
# Another history of the same length and more is not an extension either.
restore
rm -rf office
cp -r early/office office
cp early/sato.key.head .
sed 's/^2021-0/2031-0/' "$data" >others.csv
expect_exit 0 --key sato.key import others.csv --type victim
expect_exit 0 --key sato.key record list victim --limit 50
cp good/sato.key.head .
expect_refusal 4 "shorter than, or other than" --key sato.key record list victim

# ---- The data file and the head of another vault ----

restore
new_key ono
new_key ueno
expect_exit 0 init other --origin other.example/vault \
    --administrator ono.key --supervisor ueno.key
cp other/data.mdb office/data.mdb
expect_refusal 4 "the vault's data file: altered" --key sato.key \
        record show "$id"
restore
cp other/head office/head
expect_refusal 4 "the kept head of the log: " --key sato.key record show "$id"

# ---- The gate's key ----

restore
cp other.gate office.gate
expect_refusal 4 "" --key sato.key record show "$id"
restore
rm office.gate
expect_refusal 1 "the gate's key file: not found" --key sato.key \
    record show "$id"
expect_in err "office.gate"
for n in 0 3 4 50 103; do
    restore
    flip_bit office.gate $n 1
    run --key sato.key --no-input record show "$id"
    case $code in
    4 | 65) ;;
    *) fail "the gate's key with byte $n altered: exit $code" ;;
    esac
    expect_in err "gate"
    expect_empty out
done
restore
head -c 60 good/office.gate >office.gate
run --key sato.key --no-input record show "$id"
case $code in
4 | 65) ;;
*) fail "the gate's key cut off: exit $code" ;;
esac

# ---- DIR/head ----

restore
rm office/head
expect_refusal 4 "the kept head of the log: " --key sato.key record show "$id"
for damage in ": >office/head" "head -c 1000 good/office/head >office/head" \
    "head -c 4096 /dev/urandom >office/head" \
    "head -c 4096 /dev/zero >office/head" \
    "flip_bit office/head 100 0; flip_bit office/head 2148 0"; do
    restore
    eval "$damage"
    expect_refusal 4 "the kept head of the log: " --key sato.key \
        record show "$id"
done
# One slot may be half written; the other counts.
for at in 100 2148; do
    restore
    flip_bit office/head $at 0
    expect_exit 0 --key sato.key record show "$id"
done

# ---- Another process ----

restore
echo "a long enough passphrase" >pass
expect_exit 0 key new ueda.key --name ueda --passphrase-fd 5 5<pass
expect_exit 0 --key kudo.key staff propose ueda.key.pub --role intake
expect_exit 0 --key mori.key staff confirm ueda --no-input \
    --fingerprint "$(fingerprint ueda.key)"
hold --key ueda.key --gate "$gate" whoami
for command in "record list victim" "status" "whoami"; do
    # shellcheck disable=SC2086
    expect_refusal 75 "in use by svault, process $held" --key sato.key $command
    expect_in err "Wait until that command has ended"
done
let_go "a long enough passphrase"
[ "$code" -eq 0 ] || fail "the held program: exit $code"
expect_exit 0 --key sato.key record list victim
# The lock goes with the process that held it, however it ends.
hold --key ueda.key whoami
stop KILL
expect_exit 0 --key sato.key record list victim

# ---- A directory that cannot be written ----

# expect_unwritable ARGUMENT...
expect_unwritable() {
    run --no-input "$@"
    case $code in
    74 | 77) ;;
    *) fail "$line, unwritable: exit $code" ;;
    esac
    expect_in err office
    expect_in err denied
    expect_empty out
    sums >after
    cmp -s before after || fail "$line, unwritable: something was changed"
}
sums() { find office -type f -exec cksum {} + | sort; }

restore
sums >before
if [ -n "$SV_OWN_MOUNTS" ]; then
    mount -o bind office office
    mount -o remount,ro,bind office
    expect_unwritable --key sato.key record show "$id"
    expect_unwritable --key sato.key import others.csv --type victim
    umount office
elif [ "$(id -u)" -ne 0 ]; then
    chmod 400 office/*
    chmod 500 office
    expect_unwritable --key sato.key record show "$id"
    expect_unwritable --key sato.key import others.csv --type victim
    chmod 700 office
    chmod 600 office/*
else
    echo "no mounts of its own: read-only directory skipped" >&2
fi
expect_exit 0 --key sato.key record show "$id"

# ---- What was seen cannot be remembered ----

# With what a new file has behind its name, this name is too long.
long=$(printf '%0240d' 0).key
cp sato.key "$long"
expect_exit 74 --key "$long" --gate "$gate" --no-input record show "$id"
expect_in err "could not be remembered"
expect_in err "What you asked for is done; do not repeat it."

# ---- A full disk ----

count() {
    "$SVAULT" --key mori.key record list victim --limit 1000 --json \
        </dev/null | "$JSON_GET" records
}

# expect_full CODE ROWS-IN SENTENCE
expect_full() {
    expect_exit "$1" --key sato.key import many.csv --type victim
    expect_in err "the disk is full; nothing was lost"
    expect_in err "Make room on that disk"
    expect_in err "$3"
    [ "$(count)" -eq $((rows + $2)) ] || fail "not $2 more rows are in"
    expect_exit 0 --key nagai.key log verify
}

resize() {
    mount -o "remount,size=$1" disk
}

full_disk() {
    restore
    awk 'BEGIN {
        print "identity.case_no,narrative.summary"
        for (i = 1; i <= 900; i++) printf "F%05d,Told about day %d\n", i, i
    }' >many.csv
    rows=$(count)
    mkdir disk
    mount -t tmpfs -o size=$((size * 3 / 1024))k none disk
    mv office disk/office
    mkdir office
    mount -o bind disk/office office

    expect_full 74 0 "No row was brought in"
    # A reading without room for its entry shows nothing.
    head -c 200m /dev/zero >disk/filled 2>/dev/null
    n=0
    while [ $n -lt 20 ]; do
        n=$((n + 1))
        run --key sato.key --no-input record show "$id" --json
        line="on a full disk: $line"
        check_reaction
    done
    rm disk/filled
    resize 26m
    expect_full 3 512 "The first 512 of 900 rows are in"
    resize 200m
    expect_exit 0 --key sato.key import many.csv --type victim
    expect_in out "388 in, 512 already in"
    [ "$(count)" -eq $((rows + 900)) ] || fail "not 900 more rows are in"
    expect_exit 0 --key nagai.key log verify
    umount office disk

    # What is done is not asked for again, whatever cannot be remembered.
    restore
    mkdir keys
    mount -t tmpfs -o size=64k none keys
    cp sato.key sato.key.head keys
    head -c 1m /dev/zero >keys/filled 2>/dev/null
    sed 3q many.csv | sed s/F0/G0/ >few.csv
    expect_exit 74 --key keys/sato.key import few.csv --type victim
    expect_in out "2 in, 0 already in"
    expect_in err "do not repeat it"
    expect_not_in err "Make room on that disk"
    umount keys

    # No room for a single page.
    new_key tomi
    new_key yae
    mount -t tmpfs -o size=64k none disk
    head -c 1m /dev/zero >disk/filled 2>/dev/null
    expect_exit 74 init disk/site --origin site.example/vault \
        --administrator tomi.key --supervisor yae.key
    expect_in err "full"
    [ "$(ls disk)" = filled ] || fail "a part of a vault was left"
    umount disk

    # No half vault.
    mount -t tmpfs -o size=100k none disk
    expect_exit 74 init disk/site --origin site.example/vault \
        --administrator tomi.key --supervisor yae.key
    expect_in err "full"
    [ -z "$(ls -A disk)" ] || fail "half a vault was left"
    [ ! -e tomi.key.head ] || fail "no vault, and it is remembered"
    resize 20m
    expect_exit 0 init disk/site --origin site.example/vault \
        --administrator tomi.key --supervisor yae.key
    umount disk
}

if [ -n "$SV_OWN_MOUNTS" ]; then
    full_disk
else
    echo "no mounts of its own: full disk skipped" >&2
fi
finish
