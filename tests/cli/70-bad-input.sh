#!/bin/sh
# Bad input: where and why, exit code 65, and nothing of it is kept.
. "$(dirname "$0")/lib.sh"
. "$here/bytes.sh"

make_office
hire sato caseworker
size=$(log_size sato.key)

# ---- Files of records ----

columns=identity.case_no,identity.family_name,identity.birth_date
columns=$columns,facts.age_at_protection,facts.gender,facts.protected_from
columns=$columns,narrative.summary
good='K-1,Yamada,1990-01-01,30,female,2020-05-01,Kept quiet'

# The fault's place and reason is all that is said: values are secrets.
expect_refused() {
    place=$1
    shift
    expect_exit 65 --key sato.key "$@"
    expect_in err "bad.csv:$place"
    expect_empty out
    expect_not_in err Yamada
    expect_not_in err quiet
}

# bad PLACE-AND-REASON HEADER ROW...; \0 and \377 as in printf(1).
bad() {
    place=$1
    shift
    # shellcheck disable=SC2059
    for row in "$@"; do
        printf "$row"
        echo
    done >bad.csv
    expect_refused "$place" import bad.csv --type victim
    expect_refused "$place" import bad.csv --type victim --dry-run
    # A file of one record.
    [ $# -ne 2 ] || expect_refused "$place" record add victim --from bad.csv
}

bad "1:identity.shoe_size: no such column" "$columns,identity.shoe_size" \
    "$good,23"
bad "1:#1: no such column" "Yamada,$columns" "Yamada,$good"
bad "1:#1: no such column" "$good" "$good"
bad "1:identity.case_no: a column that stands twice" \
    "$columns,identity.case_no" "$good,K-2"
bad "1:identity.case_no: this column is missing" identity.family_name Yamada
bad "1:#2: a column without a name" "identity.case_no," "K-1,Yamada"
bad "1:#2: not valid UTF-8" 'identity.case_no,Yamada\377' 'K-1,x'
bad "1:#2: holds a NUL" 'identity.case_no,Yamada\000' 'K-1,x'
bad "2:facts.gender: not in the code list" "$columns" \
    'K-1,Yamada,1990-01-01,30,quiet,2020-05-01,x'
expect_in err "facts.gender takes the list gender of schema/codes.csv: female, "
bad "2:facts.citizenship: not in the code list" identity.case_no,facts.citizenship \
    'K-1,quiet'
expect_in err "facts.citizenship takes the list country of schema/codes.csv: 2"
bad "2:identity.birth_date: no such date" "$columns" \
    'K-1,Yamada,1990-02-30,30,female,2020-05-01,x'
bad "2:identity.birth_date: no such date" "$columns" \
    'K-1,Yamada,quiet,30,female,2020-05-01,x'
bad "2:facts.age_at_protection: the age does not fit the birth date" \
    "$columns" 'K-1,Yamada,1990-01-01,31,female,2020-05-01,x'
bad "2:facts.age_at_protection: the age does not fit the birth date" \
    "$columns" 'K-1,Yamada,1990-05-02,30,female,2020-05-01,x'
bad "2:facts.age_at_protection: out of the range" "$columns" \
    'K-1,Yamada,1990-01-01,130,female,2020-05-01,x'
bad "2:facts.age_at_protection: " "$columns" \
    'K-1,Yamada,1990-01-01,quiet,female,2020-05-01,x'
bad "2:identity.family_name: not valid UTF-8" "$columns" \
    'K-1,Yamada\377,1990-01-01,30,female,2020-05-01,x'
bad "2:identity.family_name: not valid UTF-8" "$columns" \
    'K-1,Yamada\355\240\200,1990-01-01,30,female,2020-05-01,x'
bad "2:identity.family_name: holds a NUL" "$columns" \
    'K-1,Yama\000da,1990-01-01,30,female,2020-05-01,x'
bad "2: the row is cut off" "$columns" 'K-1,Yamada,1990-01-01,30'
bad "2: the row is cut off or has the wrong number of cells" "$columns" \
    "$good,more"
bad "2: quotation marks open in this row and never close" "$columns" \
    'K-1,"Yamada,1990-01-01,30,female'
bad "2: a quotation mark stands where none may be" "$columns" \
    'K-1,Yama"da,1990-01-01,30,female,2020-05-01,x'
bad "2:identity.family_name: longer than the field allows" "$columns" \
    "K-1,Yamada$(printf %095d 0),1990-01-01,30,female,2020-05-01,x"
bad "3:identity.case_no: used by an earlier row" "$columns" "$good" "$good"
bad "5:facts.gender: not in the code list" "$columns" "$good" \
    '"K-2",Yamada,1990-01-01,30,female,2020-05-01,"two\nlines"' \
    'K-3,Yamada,1990-01-01,30,quiet,2020-05-01,x'

# Every faulty row is named, and one is enough to keep all out.
bad "3:identity.birth_date: no such date" "$columns" "$good" \
    'K-2,Yamada,1990-13-01,30,female,2020-05-01,x' \
    'K-3,Yamada,1990-01-01,30,quiet,2020-05-01,x'
expect_in err "bad.csv:4:facts.gender: not in the code list"
expect_in err "nothing was brought in"

: >bad.csv
expect_refused "1: the file has no header row" import bad.csv --type victim
printf '%s\n%s' "$columns" "$good" | head -c 100 >bad.csv
expect_refused "1:" import bad.csv --type victim
head -c 3000 /dev/urandom >bad.csv
expect_refused "1:" import bad.csv --type victim
tr '\0' 'Q' </dev/zero | head -c 300000 >bad.csv
expect_refused "1" import bad.csv --type victim

[ "$(log_size sato.key)" = "$size" ] ||
    fail "a refused file left an entry in the log"
expect_exit 0 --key sato.key record list victim --json
expect_json records 0

# With --skip-bad the good rows come in, and the others as they stood.
{
    echo "$columns"
    echo "$good"
    echo 'K-2,Yamada,1990-01-01,30,quiet,2020-05-01,x'
} >bad.csv
expect_exit 0 --key sato.key import bad.csv --type victim --skip-bad aside.csv
{
    echo "$columns"
    echo 'K-2,Yamada,1990-01-01,30,quiet,2020-05-01,x'
} >want
cmp -s want aside.csv || fail "the faulty rows were not set aside"
expect_exit 0 --key sato.key record list victim --json
expect_json records 1
expect_json records.0.case_no K-1

# ---- Key files ----

passphrase='a long enough passphrase'
echo "$passphrase" >right
echo 'another long passphrase' >wrong
expect_exit 0 key new ueda.key --name ueda --passphrase-fd 5 5<right
expect_exit 0 --key kudo.key staff propose ueda.key.pub --role intake
expect_exit 0 --key mori.key staff confirm ueda --no-input \
    --fingerprint "$(fingerprint ueda.key)"
expect_exit 0 --key ueda.key --gate "$gate" --passphrase-fd 5 whoami 5<right
cp ueda.key ueda.good

# magic[3] suite name[1+4] keys[64] protection slots kind passes[4] KiB[4]
# salt[16] sealed[104]
protection=73 slots=74 kind=75 passes=76 memory=80 salt=84 sealed=100
[ "$(stat -c %s ueda.key)" = 204 ] || fail "the key file's layout is another"
[ "$(byte_at ueda.key $passes)$(byte_at ueda.key $((passes + 3)))" = 03 ] ||
    fail "the passes of a key file stand elsewhere"

# Nobody is asked for a passphrase, and nothing is derived: that would take
# gigabytes and hours.
expect_bad_key() {
    begun=$(date +%s)
    expect_exit 65 --key ueda.key --no-input whoami
    [ $(($(date +%s) - begun)) -lt 5 ] || fail "$line: derived all the same"
    expect_in err ueda.key
    expect_not_in err passphrase-fd
    expect_exit 65 key show ueda.key
    cp ueda.good ueda.key
}

# set4 OFFSET A B C D
set4() {
    set_byte ueda.key "$1" "$2"
    set_byte ueda.key $(($1 + 1)) "$3"
    set_byte ueda.key $(($1 + 2)) "$4"
    set_byte ueda.key $(($1 + 3)) "$5"
}

set4 $passes 0 0 0 0
expect_bad_key
set4 $passes 0 0 0 1
expect_bad_key
set4 $passes 255 255 255 255
expect_bad_key
set4 $memory 0 0 0 0
expect_bad_key
set4 $memory 0 0 64 0 # 16 MiB
expect_bad_key
set4 $memory 255 255 255 255 # 4 TiB
expect_bad_key
set4 $memory 4 0 0 0 # 64 GiB
expect_bad_key
set4 $memory 255 255 255 255
expect_exit 65 --key ueda.key --no-input whoami
expect_in err "weaker or heavier"
cp ueda.good ueda.key

for at in 0 3 $protection $slots $kind; do
    set_byte ueda.key $at 250
    expect_bad_key
done
for n in 0 3 40 $protection $kind $sealed 203; do
    head -c "$n" ueda.good >ueda.key
    expect_bad_key
done
cat ueda.good ueda.good >ueda.key
expect_bad_key
head -c 204 /dev/urandom >ueda.key
expect_bad_key
head -c 100000 /dev/zero >ueda.key
expect_bad_key
echo "identity.case_no" >ueda.key
expect_bad_key

# A wrong passphrase and whatever was altered: one and the same message.
expect_same_refusal() {
    expect_exit 77 --key ueda.key --passphrase-fd 5 whoami 5<"$1"
    expect_in err "the passphrase is wrong, or the key file was altered"
    [ -e refusal ] || cp err refusal
    cmp -s err refusal || fail "$line: says more than it should"
    cp ueda.good ueda.key
}
expect_same_refusal wrong
flip_bit ueda.key $sealed 0
expect_same_refusal right
flip_bit ueda.key 203 7
expect_same_refusal right
flip_bit ueda.key $salt 3
expect_same_refusal right
set_byte ueda.key $((passes + 3)) 4
expect_same_refusal right
flip_bit ueda.key 20 0 # a public key
expect_same_refusal right
set_byte ueda.key 5 116 # teda
expect_same_refusal right

# Of another vault: refused before anybody is asked for a passphrase.
new_key abe
new_key oka
expect_exit 0 init other --origin other.example/vault \
    --administrator abe.key --supervisor oka.key
expect_exit 77 --vault other --key ueda.key --no-input whoami
expect_in err "this key belongs to another vault"
expect_not_in err passphrase
mv ueda.key.head elsewhere
expect_exit 77 --vault other --key ueda.key --no-input whoami
expect_in err "nobody with this name and key"
expect_not_in err passphrase
[ ! -e ueda.key.head ] || fail "another vault was remembered"
mv elsewhere ueda.key.head
expect_exit 0 --key ueda.key --passphrase-fd 5 whoami 5<right

# What a passphrase cannot be.
printf 'not \377 text at all\n' >odd
expect_exit 65 --key ueda.key --passphrase-fd 5 whoami 5<odd
tr '\0' 'Q' </dev/zero | head -c 100000 >odd
expect_exit 65 --key ueda.key --passphrase-fd 5 whoami 5<odd
: >odd
run --key ueda.key --passphrase-fd 5 whoami 5<odd
[ "$code" -ne 0 ] && [ "$code" -lt 128 ] || fail "$line: exit $code"

finish
