#!/bin/sh
# Names and numbers are found in each script and width, by those who may, as
# often as they may; what one must not see stays without a handle.
. "$(dirname "$0")/lib.sh"

make_office
for who in sato ueda wada; do
    hire $who caseworker
done
hire abe intake
hire ito justice_liaison
hire toda statistics_officer
hire nagai auditor
cat >three.csv <<END
identity.case_no,identity.family_name,identity.given_name,identity.family_name_kana,identity.given_name_kana,identity.phone,facts.gender
2026-001,佐々木,愛,ササキ,アイ,090-5223-9977,female
2026-002,髙橋,愛,タカハシ,アイ,03-3123-4567,female
2026-003,Cruz,Angelica,,,,female
END
expect_exit 0 --key sato.key import three.csv --type victim
expect_exit 0 --key sato.key record list victim --json
for i in 0 1 2; do
    id=$(json records.$i.record)
    expect_exit 0 --key sato.key record show "$id" -c identity
    if grep -qF 2026-001 out; then
        sasaki=$id
    elif grep -qF 2026-002 out; then
        takahashi=$id
    else
        cruz=$id
    fi
    expect_exit 0 --key sato.key record list victim --json
done

# found KEY HANDLE LINE...: each line finds this record and no other.
found() {
    who=$1
    wanted=$2
    shift 2
    for words; do
        printf '%s\n' "$words" >in
        expect_exit 0 --key "$who.key" --no-input record find victim --json
        expect_json found 1
        expect_json found.0.record "$wanted"
    done
}
# nothing KEY LINE...
nothing() {
    who=$1
    shift
    for words; do
        printf '%s\n' "$words" >in
        expect_exit 0 --key "$who.key" --no-input record find victim --json
        expect_json found 0
    done
}

found sato "$sasaki" 佐々木 ササキ ささき ｻｻｷ sasaki SASAKI Ｓａｓａｋｉ \
    "愛 佐々木" "Ai Sasaki" 2026-001 ２０２６－００１ 090-5223-9977 09052239977 \
    "０９０－５２２３－９９７７"
nothing sato "佐々木 Angelica" 2026-00
echo sasaki >in
expect_exit 0 --key sato.key --no-input record find victim
expect_in out "$(echo "$sasaki" | cut -c 1-8)"
expect_in err "svault record show 1"
expect_exit 0 --key sato.key record show 1 -c identity
expect_in out "2026-001"
printf '愛\n' >in
expect_exit 0 --key sato.key --no-input record find victim --json
expect_json found 2
: >in
expect_exit 1 --key sato.key --no-input record find victim
expect_in err "nothing to look for"
found sato "$cruz" cruz

# The twenty-first in one hour is refused, and stands in the log.
tries=0
while [ $tries -lt 20 ]; do
    echo cruz >in
    run --key sato.key --no-input record find victim
    [ "$code" -eq 0 ] || break
    tries=$((tries + 1))
done
[ "$code" -eq 77 ] || fail "no limit: exit $code after $tries more searches"
expect_in err "as often as the vault allows"
expect_in err 'Rule "limit"; the attempt stands in the log as entry'
expect_empty out
expect_exit 0 --key nagai.key log list --user sato --limit 1 --json
expect_json entries.0.act record.find
expect_json entries.0.rule limit
expect_json entries.0.allowed false
expect_exit 0 --key nagai.key log list --user sato --limit 1000 --json
n=$(grep -c '"act": "record.find"' out)
refused=$(grep -c '"rule": "limit"' out)
[ $((n - refused)) -eq 20 ] || fail "$n searches, $refused of them refused"

# The limit is each person's own.
found ueda null TAKAHASHI ﾀｶﾊｼ 髙橋 03-3123-4567
# A colleague learns whom to ask, and nothing to ask the vault with.
expect_json found.0.ask.0 sato
echo takahashi >in
expect_exit 0 --key ueda.key --no-input record find victim
expect_in out "exists: ask sato"
expect_not_in out "$(echo "$takahashi" | cut -c 1-8)"
expect_not_in err "$(echo "$takahashi" | cut -c 1-8)"
expect_exit 2 --key ueda.key record show 1
expect_in err "ask whom it names"
expect_exit 77 --key ueda.key record show "$takahashi"
expect_exit 0 --key mori.key record assign "$takahashi" ueda
found ueda "$takahashi" たかはし
# Neither does intake, who may look for a duplicate.
found abe null sasaki
for who in toda nagai kudo ito; do
    echo sasaki >in
    expect_exit 77 --key $who.key --no-input record find victim
    expect_empty out
    expect_not_in err sato
done

# A duplicate is told at intake, before it is saved.
cat >again.csv <<END
identity.case_no,identity.family_name,identity.given_name,identity.family_name_kana,identity.given_name_kana
2026-004,佐々木,愛,ささき,あい
END
expect_exit 0 --key wada.key --no-input record add victim --from again.csv
expect_in err "There are records of that name already"
expect_in err "ask sato"
expect_not_in err "$(echo "$sasaki" | cut -c 1-8)"
sed 's/2026-004/2026-005/; s/,佐々木.*/,山本,花,やまもと,はな/' again.csv >new.csv
expect_exit 0 --key wada.key --no-input record add victim --from new.csv
expect_not_in err "There are records of that name already"

# A number that another record has is refused: to her who made that record
# and to everybody else, one row or a file.
sed 's/2026-005/2026-003/' new.csv >taken.csv
for who in wada abe; do
    expect_exit 65 --key $who.key --no-input record add victim \
        --from taken.csv
    expect_in err "number"
    expect_not_in err "$(echo "$cruz" | cut -c 1-8)"
done
expect_exit 65 --key ueda.key import taken.csv --type victim
expect_exit 0 --key nagai.key log list --user ueda --limit 1 --json
expect_json entries.0.outcome duplicate
expect_exit 0 --key mori.key record list victim --json
expect_json records 5

# No word of a search in the log, nor in any file.
expect_exit 0 --key nagai.key log list --limit 1000 --json
for words in 佐々木 sasaki ササキ 09052239977 takahashi; do
    expect_not_in out "$words"
    if grep -rqF "$words" office office.gate ./*.head; then
        fail "$words stands in the vault's files"
    fi
done
expect_exit 0 --key nagai.key log verify
finish
