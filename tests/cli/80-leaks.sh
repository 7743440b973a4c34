#!/bin/sh
# T34: What must stay inside: no value of a record, no name, no passphrase and no
# key is found by a byte search through the files of the vault, in what
# refused commands say, or in what other accounts see of a process.
. "$(dirname "$0")/lib.sh"
. "$here/bytes.sh"

data=$here/../data/annual-2022/victims.csv
export HOME="$dir/place/home" TMPDIR="$dir/tmp"
mkdir -p "$HOME" tmp place/keys
rmdir home
office=place/office
key() { echo "place/keys/$1"; }

# ---- What is looked for ----

# Words that stand nowhere but in the records and secrets of this script.
cat >words <<'END'
Canaryfamily-Inoue
Canarygiven-Mio
井上金糸雀子
カナリヤミオ
070-5550-1842
Canaryalias-Kiiro
Canaryhouse Kisaragi
Canarytold a neighbour everything
Canarylater she added this
Canarywrong-cell-value
canary passphrase one
canary passphrase two
canary passphrase wrong
END

hex() { od -An -v -tx1 | tr -d ' \n'; }

# Base64 of text from stdin that begins at any place of a longer one.
base64_parts() {
    cat >part
    for shift in 0 1 2; do
        { head -c $shift /dev/zero; cat part; } | base64 -w 0 |
            sed 's/[^=]==*$//' | tail -c +$((shift > 0 ? shift + 2 : 1)) | hex
        echo
    done
}

# In hexadecimal, one a line: as it is, UTF-16, base64.
forms_of_words() {
    while IFS= read -r word; do
        printf %s "$word" | hex
        echo
        printf %s "$word" | iconv -f UTF-8 -t UTF-16LE | hex
        echo
        printf %s "$word" | iconv -f UTF-8 -t UTF-16BE | hex
        echo
        printf %s "$word" | base64_parts
    done <words
}

# A key of 32 bytes from stdin: its halves as they are, as hexadecimal text,
# as base64.
forms_of_key() {
    hex >key_hex
    cut -c 1-32 key_hex
    cut -c 33-64 key_hex
    tr -d '\n' <key_hex | hex
    echo
    "$@" | base64_parts
}

seed_of() { tail -c 32 "$(key "$1")"; }
gate_root() { tail -c +41 $office.gate | head -c 32; }
keys_of() {
    "$@" | forms_of_key "$@"
}

# Values of the records that come by the file: those of identity, location
# and narrative for all places, the others (codes, which stand in help texts
# too) for the vault.  Shorter ones come about by chance.
values_of() {
    sed 1d "$data" | cut -d , -f "$1" | tr ',;' '\n' |
        LC_ALL=C grep -E '^.{6,}$' | LC_ALL=C sort -u
}
values_of 1-7,26- >secrets
values_of 1- >values
cat words >>secrets
{
    cat words
    echo family_name
    echo caseworker
    echo identity.
} >>values
[ "$(wc -l <values)" -gt 300 ] || fail "too few values to look for"

# search FILE-OF-VALUES FILE...: what is found, and where.
search() {
    patterns=$1
    shift
    for file in "$@"; do
        LC_ALL=C grep -a -F -o -f "$patterns" "$file" /dev/null
        od -An -v -tx1 "$file" | tr -d ' \n' | grep -F -o -f forms |
            sed "s|^|$file: in hexadecimal: |"
    done
}

expect_clean() {
    search "$@" >found
    [ ! -s found ] || {
        sort -u found | head -n 20 >out
        fail "found in $2 ..."
    }
}

# ---- Every process is watched while it runs ----

: >samples
: >refused
run() {
    [ -e in ] || : >in
    "$SVAULT" "$@" <in >out 2>err &
    # Only root may look into the second of the two.
    while tr '\0' '\n' <"/proc/$!/cmdline" >sample && [ -s sample ]; do
        tr '\0' '\n' <"/proc/$!/environ" >>sample
        cat sample >>samples
    done 2>/dev/null
    wait $!
    code=$?
    rm -f in
    line="svault $*"
    [ "$code" -le 1 ] || cat out err >>refused
}

new_key() {
    expect_exit 0 key new "$(key "$1")" --name "$1" --unprotected
}

# as NAME EXIT-CODE ARGUMENT...
as() {
    who=$(key "$1")
    want=$2
    shift 2
    expect_exit "$want" --vault $office --key "$who" "$@"
}

# ---- A day at the office ----

for name in kudo mori sato abe ito nagai; do
    new_key $name
done
expect_exit 0 init $office --origin office.example/vault \
    --administrator "$(key kudo)" --supervisor "$(key mori)" --json
gate=$(json gate_fingerprint)
hire() {
    as kudo 0 staff propose "$(key "$1").pub" --role "$2"
    as mori 0 staff confirm "$1" --no-input \
        --fingerprint "$(fingerprint "$(key "$1")")"
    as "$1" 0 --gate "$gate" whoami
}
hire sato caseworker
hire abe intake
hire ito justice_liaison
hire nagai auditor

{
    forms_of_words
    for name in kudo mori sato abe ito nagai; do
        keys_of seed_of $name
    done
    keys_of gate_root
} | sed '/^$/d' | sort -u >forms

as sato 0 import "$data" --type victim
cat >one.csv <<'END'
identity.case_no,identity.family_name,identity.given_name,identity.family_name_kana,identity.given_name_kana,identity.phone,location.shelter,narrative.summary,facts.gender
2026-777,Canaryfamily-Inoue,Canarygiven-Mio,井上金糸雀子,カナリヤミオ,070-5550-1842,Canaryhouse Kisaragi,Canarytold a neighbour everything,female
END
as sato 0 record add victim --from one.csv --json
id=$(json record)
printf '.\nno\n' >in
as sato 1 record edit "$id" -c narrative
printf '\nCanarylater she added this\n.\n.\nyes\n' >in
as sato 0 record edit "$id" -c narrative
printf '\n\n\n\n\nCanaryalias-Kiiro\n.\nyes\n' >in
as sato 0 record edit "$id" -c identity
printf 'Canarytold a neighbour everything\n.\n.\nyes\n' >in
as sato 0 record edit "$id" -c health
as sato 0 record show "$id"
for word in Canaryfamily-Inoue Canarygiven-Mio 井上金糸雀子 \
    070-5550-1842 Canaryalias-Kiiro "Canaryhouse Kisaragi" \
    "Canarylater she added this"; do
    expect_in out "$word"
done
as sato 0 --lang ja record show "$id" --json
as sato 0 record list victim --limit 200
as sato 0 record history "$id"
as mori 0 record assign "$id" abe
as nagai 0 log list --limit 200
expect_clean secrets out
as nagai 0 log verify
as mori 0 status
expect_clean secrets out err

# ---- What is refused ----

as ito 77 record show "$id"
as nagai 77 record show "$id" -c identity
as mori 77 record show "$id" -c identity
as mori 77 record show "$id" -c narrative --purpose legal
as abe 77 record show "$id"
as kudo 77 record list victim
as ito 77 record add victim --from one.csv
as sato 77 log list
printf 'Canarywrong-cell-value\n.\nyes\n' >in
as ito 77 record edit "$id" -c narrative
sed 's/,female$/,Canarywrong-cell-value/' one.csv >bad.csv
as sato 65 import bad.csv --type victim
as sato 65 record add victim --from bad.csv
sed 's/2026-777/"2026-777/' one.csv >bad.csv
as sato 65 import bad.csv --type victim
sed 's/identity.phone/Canarywrong-cell-value/' one.csv >bad.csv
as sato 65 import bad.csv --type victim
sed 1d one.csv >bad.csv
as sato 65 import bad.csv --type victim
sed '1s/$/,identity.aliases/; 2s/$/,Canary\xff-alias/' one.csv >bad.csv
as sato 65 import bad.csv --type victim
as sato 65 import place/keys/sato --type victim
as sato 65 import $office.gate --type victim

# Passphrases: through a descriptor, or not at all.
for n in one two wrong; do
    echo "canary passphrase $n" >pass.$n
done
cat pass.one pass.two >pass.change
expect_exit 0 key new "$(key ueda)" --name ueda --passphrase-fd 5 5<pass.one
as kudo 0 staff propose "$(key ueda).pub" --role caseworker
as mori 0 staff confirm ueda --no-input \
    --fingerprint "$(fingerprint "$(key ueda)")"
as ueda 0 --gate "$gate" --passphrase-fd 5 whoami 5<pass.one
as ueda 77 --passphrase-fd 5 whoami 5<pass.wrong
as ueda 2 --no-input whoami
expect_exit 0 key passwd "$(key ueda)" --passphrase-fd 5 5<pass.change
as ueda 77 --passphrase-fd 5 record show "$id" 5<pass.two
# A key that gets a passphrase does not keep its seed in the file.
cp "$(key abe)" abe.before
expect_exit 0 key passwd "$(key abe)" --passphrase-fd 5 5<pass.one
expect_clean values "$(key abe)"

# ---- The search ----

find place tmp -type f | sort >files
cat >want <<END
place/home/.config/svault/config
$(for n in abe ito kudo mori nagai sato ueda; do
    echo "place/keys/$n"
    echo "place/keys/$n.head"
    echo "place/keys/$n.pub"
done)
place/office.gate
place/office/data.mdb
place/office/head
place/office/lock
place/office/lock.mdb
END
cmp -s want files || {
    diff want files >out
    fail "other files than these were left"
}
expect_clean values $office/*
expect_clean secrets place/keys/*.head place/keys/*.pub \
    place/home/.config/svault/config place/keys/ueda
expect_clean secrets refused
[ "$(wc -l <refused)" -gt 30 ] || fail "hardly anything was refused"
expect_clean secrets samples
for word in "record" "import" "whoami" "HOME=$dir/place/home"; do
    grep -qxF -e "$word" samples || fail "no process was seen with $word"
done

# It finds what is there: the values and forms all, behind others' bytes.
cp $office/head planted
cat values >>planted
sed 's/../& /g' forms | tr ' ' '\n' | sed '/^$/d' |
    while read -r octet; do printf '\\%03o' "0x$octet"; done >escaped
# shellcheck disable=SC2059
printf "$(cat escaped)" >>planted 2>/dev/null
search values planted | sort -u >found
[ "$(grep -c hexadecimal found)" -ge "$(wc -l <forms)" ] ||
    fail "a planted word or key is not found in one of its forms"
[ "$(grep -vc hexadecimal found)" -ge $(($(wc -l <values) / 2)) ] ||
    fail "planted values are not found"
cp $office/data.mdb planted
printf 'Canarygiven-Mio' | dd of=planted bs=1 seek=12345 conv=notrunc 2>/dev/null
search values planted | grep -q Canarygiven-Mio ||
    fail "a planted name is not found"
seed_of sato | dd of=planted bs=1 seek=54321 conv=notrunc 2>/dev/null
[ "$(search words planted | grep -c hexadecimal)" -ge 3 ] ||
    fail "a planted seed is not found"
search secrets one.csv | grep -q Canaryfamily || fail "the search finds nothing"

# ---- A process that waits ----

hold --vault $office --key "$(key ueda)" record show Canarywrong-cell-value
tr '\0' '\n' <"/proc/$held/cmdline" >sample
search secrets sample | grep -q Canarywrong ||
    fail "the command line of a held process was not seen"
let_go "canary passphrase two"
hold --vault $office --key "$(key ueda)" whoami
tr '\0' '\n' <"/proc/$held/cmdline" >sample
[ "$(id -u)" -ne 0 ] || tr '\0' '\n' <"/proc/$held/environ" >>sample
expect_clean secrets sample
grep -q '^Max core file size  *0  *0 ' "/proc/$held/limits" ||
    fail "a core file is allowed"
# Locked, but for the sanitizers, which do not let it lock.
grep -qaF __asan_init "$SVAULT" || grep -q '^VmLck:.*[1-9]' \
    "/proc/$held/status" || fail "no memory is locked"
stop ABRT
[ -z "$(find . -name 'core*')" ] || fail "a core file was left"

# Not to be dumped or read by its own account: the system then gives the
# process's files to root.
if [ "$(id -u)" -eq 0 ]; then
    mkdir nobody
    cp "$SVAULT" nobody/svault
    cp "$(key ueda)" nobody/key
    chown -R 65534:65534 nobody
    chmod 711 "$dir"
    hold_as="setpriv --reuid=65534 --regid=65534 --clear-groups
        env HOME=$dir/nobody"
    SVAULT_KEPT=$SVAULT SVAULT=$dir/nobody/svault
else
    cp "$(key ueda)" key.copy
fi
hold key passwd "$([ "$(id -u)" -eq 0 ] && echo nobody/key || echo key.copy)"
[ "$(stat -c %u "/proc/$held/environ")" -eq 0 ] ||
    fail "the process can be dumped"
stop KILL
SVAULT=${SVAULT_KEPT:-$SVAULT} hold_as=

[ -z "$(ls -A tmp)" ] || fail "a temporary file was left"
finish
