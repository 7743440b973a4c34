#!/bin/sh
# A small office: four key files, and still two people for every figure.
. "$(dirname "$0")/lib.sh"

data=$here/../data/annual-2022

# give NAME ROLE: one more role for somebody who has a key.
give() {
    expect_exit 0 --key kudo.key staff propose "$1.key.pub" --role "$2"
    expect_exit 0 --key mori.key staff confirm "$1" --no-input --role "$2" \
        --fingerprint "$(fingerprint "$1.key")"
}

# refuse_role PROPOSER CARD ROLE RULE
refuse_role() {
    expect_exit 77 --key "$1.key" --as administrator staff propose \
        "$2.key.pub" --role "$3"
    expect_in err "Rule \"$4\"; the attempt stands in the log as entry"
}

for who in kudo mori sato nagai nagai-2; do
    new_key $who
done
expect_exit 2 init office --origin office.example/vault \
    --administrator kudo.key --supervisor kudo.key --profile small-office
expect_in err "two people"
expect_exit 0 init office --origin office.example/vault \
    --administrator kudo.key --supervisor mori.key --profile small-office \
    --json
expect_json profile small-office
gate=$(json gate_fingerprint)

for role in caseworker intake justice_liaison statistics_officer; do
    give sato $role
done
give nagai auditor
for who in sato nagai; do
    expect_exit 0 --key $who.key --gate "$gate" --no-input whoami
done

# What the profile never relaxes.
refuse_role kudo kudo caseworker separation
refuse_role kudo kudo auditor separation
refuse_role kudo kudo clinician separation
refuse_role kudo nagai approver separation
refuse_role kudo nagai caseworker separation
refuse_role kudo mori approver separation
refuse_role kudo sato approver separation
refuse_role kudo sato administrator separation
# Nor does the administrator confirm what she proposed herself.
expect_exit 0 --key kudo.key staff propose nagai-2.key.pub --role intake
expect_exit 77 --key kudo.key staff confirm nagai-2 --no-input \
    --fingerprint "$(fingerprint nagai-2.key)"
expect_exit 0 --key mori.key staff list
expect_in out "Waiting for confirmation"

# The same person brings the records in, each kind as what she is for it.
expect_exit 0 --key sato.key --as caseworker import "$data/victims.csv" \
    --type victim
expect_exit 0 --key sato.key --as justice_liaison import \
    "$data/offences.csv" --type offence
expect_exit 0 --key sato.key --as justice_liaison import \
    "$data/suspects.csv" --type suspect
expect_exit 77 --key sato.key --as statistics_officer record list victim
# The caseworker of a small office reads health; the supervisor assigns
# herself; the administrator, who approves, reads nothing.
expect_exit 0 --key sato.key --as caseworker record list victim --limit 1 \
    --json
id=$(json records.0.record)
expect_exit 0 --key sato.key --as caseworker record show "$id" -c health,legal
expect_exit 77 --key mori.key --as caseworker record show "$id" -c identity
expect_exit 0 --key mori.key --as supervisor record assign "$id" mori
expect_exit 0 --key mori.key --as caseworker record show "$id" -c identity
for role in administrator approver; do
    expect_exit 77 --key kudo.key --as $role record show "$id" -c identity
    expect_empty out
done

# The release: requested by one, approved by another.
expect_exit 0 --key sato.key release request annual --year 2022 \
    --profile exact --basis "2022 Action Plan" --acknowledge all --json
number=$(json release)
expect_exit 77 --key sato.key release fetch "$number" -o early
expect_in err "nobody has approved that release"
[ ! -e early ] || fail "a refused fetch left a directory"
expect_exit 0 --key kudo.key --as approver release show "$number" --json
commitment=$(json commitment)
for who in sato mori nagai; do
    expect_exit 77 --key $who.key release approve "$number" --no-input \
        --commitment "$commitment"
    expect_in err "your role does not do this"
    expect_in err "stands in the log as entry"
    expect_exit 77 --key $who.key --as approver release approve "$number" \
        --no-input --commitment "$commitment"
    expect_in err "you do not have that role"
done
expect_exit 77 --key kudo.key --as administrator release approve "$number" \
    --no-input --commitment "$commitment"
expect_exit 0 --key kudo.key --as approver release approve "$number" \
    --no-input --commitment "$commitment"
expect_exit 77 --key kudo.key --as approver release fetch "$number" -o other
[ ! -e other ] || fail "a refused fetch left a directory"
expect_exit 0 --key sato.key release fetch "$number" -o report

# The published figures, in each form.
cat >published <<END
year 2022
victims.total 46
victims.change -1
victims.gender.male 2
victims.gender.female 44
victims.citizenship.JPN 44
victims.citizenship.foreign 2
victims.minors 33
victims.minors_change 15
victims.adults 13
suspects.total 37
suspects.change -6
suspects.gender.male 32
suspects.gender.female 5
suspects.citizenship.JPN 37
suspects.not_prosecuted 3
offences.total 83
offences.change 22
prosecuted.total 34
prosecuted.guilty 28
prosecuted.pending 4
prosecuted.family_court 2
END
# shellcheck disable=SC2034 # for the messages of lib.sh
line="the report"
cp report/report.json out
tr -d '\r' <report/report.csv >report.csv
while read -r name value; do
    expect_json "$name" "$value"
    grep -qx "$name,$value," report.csv ||
        fail "the CSV has no \"$name,$value,\""
done <published
# printed FILE LABEL WHAT FOLLOWS
printed() {
    grep -Eq "^ *$2  +$3\$" "report/$1" || fail "$1 has no \"$2 $3\""
}
printed report.en.txt "Victims put under protection" \
    "46  \(decreased by 1 Year-on-Year\)"
printed report.en.txt "Minors \(under 18\)" \
    "33  \(increased by 15 Year-on-Year\)"
printed report.en.txt "Cases" "83  \(increased by 22 Year-on-Year\)"
printed report.en.txt "Suspects prosecuted" 34
printed report.en.txt "Suspects not prosecuted" 3
printed report.ja.txt "保護した被害者数" "46  （前年比1減）"
printed report.ja.txt "未成年者（18歳未満）" "33  （前年比15増）"
printed report.ja.txt "検挙件数" "83  （前年比22増）"
printed report.ja.txt "有罪" 28
printed report.ja.txt "不起訴" 3

# The outsider replays every decision, and sees which office this is.
expect_exit 0 --key nagai.key --no-input status
expect_in out "small-office"
expect_exit 0 --key nagai.key log verify
expect_in out "every decision is the policy's"
expect_exit 0 --key nagai.key log verify --json
expect_json ok true
finish
