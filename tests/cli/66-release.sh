#!/bin/sh
# A release of another year and other totals, on its whole way; the figures
# are counted a second time here, from the same files.
. "$(dirname "$0")/lib.sh"

year=2019
make_office
hire sato caseworker
hire ito justice_liaison
hire toda statistics_officer
hire ono statistics_officer
hire hara approver
hire nagai auditor
new_key minister # has no role: she only receives

# Rows of three years; the seed makes them the same at every run.
awk -v year=$year '
function any(n) { return int(rand() * n) }
function day() {
    return sprintf("%d-%02d-%02d", year - any(3), 1 + any(12), 1 + any(28))
}
BEGIN {
    srand(20190401)
    split("female female female male unknown", gender, " ")
    split("JPN JPN PHL THA CHN", country, " ")
    split("judgment,guilty judgment,guilty trial,pending " \
        "sent_to_family_court,pending not_prosecuted,not_applicable",
        end, " ")
    split("actual actual actual possible", status, " ")
    print "identity.case_no,facts.gender,facts.age_at_protection," \
        "facts.citizenship,facts.identification_status,facts.services," \
        "facts.counted_by,facts.counted_year" >"victims.csv"
    for (i = 1; i <= 120; i++)
        printf "V%d,%s,%d,%s,%s,%s,%s,%d\n", i, gender[1 + any(5)],
            14 + any(20), country[1 + any(5)], status[1 + any(4)],
            any(2) ? "food;shelter" : "medical",
            any(4) ? "national" : "police", year - any(3) >"victims.csv"
    print "justice.offence_no,justice.cleared_on" >"offences.csv"
    for (i = 1; i <= 70; i++)
        printf "O%d,%s\n", i, day() >"offences.csv"
    print "identity.suspect_no,justice.gender,justice.citizenship," \
        "justice.arrested_on,justice.stage,justice.outcome" >"suspects.csv"
    for (i = 1; i <= 60; i++)
        printf "S%d,%s,%s,%s,%s\n", i, any(4) ? "male" : "female",
            country[1 + any(4)], day(), end[1 + any(5)] >"suspects.csv"
}'

# What they add up to.
awk -F, -v year=$year '
FNR == 1 { next }
FILENAME == "victims.csv" {
    if ($5 != "actual" || $7 != "national" || $8 + 1 < year || $8 > year)
        next
    n[$8]++
    minors[$8] += $3 < 18
    if ($8 != year)
        next
    gender[$2]++
    adults += $3 >= 18
    citizenship[$4 == "JPN" ? "JPN" : "foreign"]++
    if ($4 != "JPN")
        from[$4]++
    for (i = split($6, service, ";"); i > 0; i--)
        services[service[i]]++
}
FILENAME == "offences.csv" { offences[substr($2, 1, 4)]++ }
FILENAME == "suspects.csv" {
    y = substr($4, 1, 4)
    suspects[y]++
    if (y != year)
        next
    suspect[$2]++
    outcome[$5 == "sent_to_family_court" ? $5 : $6]++
}
END {
    last = year - 1
    print "year", year
    print "victims.total", n[year]
    print "victims.change", n[year] - n[last]
    print "victims.gender.female", gender["female"]
    print "victims.gender.male", gender["male"]
    print "victims.gender.unknown", gender["unknown"]
    print "victims.citizenship.JPN", citizenship["JPN"]
    print "victims.citizenship.foreign", citizenship["foreign"]
    for (c in from)
        print "victims.citizenship.by_country." c, from[c]
    print "victims.minors", minors[year]
    print "victims.minors_change", minors[year] - minors[last]
    print "victims.adults", adults
    print "victims.support.by_service.food", services["food"]
    print "victims.support.by_service.medical", services["medical"]
    print "offences.total", offences[year]
    print "offences.change", offences[year] - offences[last]
    print "suspects.total", suspects[year]
    print "suspects.change", suspects[year] - suspects[last]
    print "suspects.gender.male", suspect["male"]
    print "suspects.gender.female", suspect["female"]
    print "suspects.not_prosecuted", outcome["not_applicable"]
    print "prosecuted.guilty", outcome["guilty"]
    print "prosecuted.pending", outcome["pending"]
    print "prosecuted.family_court", outcome["sent_to_family_court"]
    print "prosecuted.total", suspects[year] - outcome["not_applicable"]
}' victims.csv offences.csv suspects.csv >expected
[ "$(awk 'NF == 2 && $2 != 0' expected | wc -l)" -ge 24 ] ||
    fail "the rows are too few for this test"

expect_exit 0 --key sato.key import victims.csv --type victim
expect_exit 0 --key ito.key import offences.csv --type offence
expect_exit 0 --key ito.key import suspects.csv --type suspect

# request: a new release of that year in $number
request() {
    expect_exit 0 --key toda.key release request annual --year $year \
        --profile exact --basis "Action Plan" --acknowledge all --json "$@"
    number=$(json release)
}

# The last entry that USER left, by act and rule or outcome.
logged() {
    expect_exit 0 --key nagai.key log list --user "$1" --limit 1 --json
    expect_json entries.0.act "$2"
    expect_json entries.0.rule "$3"
}

# Refused before anything is asked of the vault.
expect_exit 2 --key toda.key release request annual --year $year \
    --profile secret --basis "Action Plan"
expect_in err "no such profile: secret (public, exact)"
expect_exit 2 --key toda.key release request annual --year $year \
    --profile exact --acknowledge all
expect_in err "--basis"
expect_exit 77 --key sato.key release request annual --year $year \
    --profile exact --basis "Action Plan" --acknowledge all
logged sato release.request act

# Not approved, not fetched.
request
expect_exit 77 --key toda.key release fetch "$number" -o early
expect_in err "nobody has approved that release"
logged toda release.fetch approval
expect_exit 77 --key ono.key release fetch "$number" -o early
logged ono release.fetch requester
expect_exit 0 --key toda.key release show "$number" --json
expect_not_in out '"value"'
commitment=$(json commitment)
expect_exit 77 --key toda.key release approve "$number" --no-input \
    --commitment "$commitment"
expect_in err "your role does not do this"
logged toda release.approve act
[ ! -e early ] || fail "a refused fetch left a directory"

# The requester saw which cells, and no figure; the approver sees both.
expect_exit 0 --key hara.key release show "$number" --json
expect_in out '"value"'
expect_json commitment "$commitment"
expect_exit 0 --key hara.key release show "$number"
expect_in out "For the public"
# A small cell's value stands before what may be too long for the window.
grep -qE '^[0-9]+ +[1-4] +printed +Victim: ' out ||
    fail "no value beside a cell"
[ -z "$(tail -c 1 out)" ] || fail "no newline behind the figures"
[ -n "$(tail -n 1 out)" ] || fail "an empty line behind the figures"
other=$(echo "$commitment" | tr '0-9a-f' '1-9a-f0')
expect_exit 77 --key hara.key release approve "$number" --no-input \
    --commitment "$other"
expect_in err "another commitment; nothing was approved"
expect_exit 2 --key hara.key release approve "$number" --no-input
expect_in err "--commitment"
expect_exit 77 --key toda.key release fetch "$number" -o early

# Approved once, and then neither again nor refused.
expect_exit 0 --key hara.key release approve "$number" --no-input \
    --commitment "$commitment"
expect_exit 77 --key hara.key release approve "$number" --no-input \
    --commitment "$commitment"
expect_in err "approved or refused already"
logged hara release.approve judged
expect_exit 77 --key hara.key release refuse "$number"
logged hara release.refuse judged
expect_exit 77 --key ono.key release fetch "$number" -o early
expect_exit 77 --key hara.key release fetch "$number" -o early
[ ! -e early ] || fail "a refused fetch left a directory"
expect_exit 0 --key toda.key release fetch "$number" -o report
logged toda release.fetch role
expect_json entries.0.about "$number"
expect_exit 0 --key nagai.key log list --limit 12
expect_in out "#$number "
expect_exit 0 --key nagai.key log list --user toda --json
i=$(($(json entries) - 1))
while [ "$(json entries.$i.act)" != release.request ]; do
    i=$((i - 1))
done
expect_json entries.$i.about "$number"

# The figures, byte for byte what was approved, and what the rows add up to.
compare() {
    cp "$1/report.json" out
    line="$1/report.json"
    while read -r name value; do
        expect_json "$name" "$value"
    done <expected
}
compare report
cp report/release.json out
expect_json commitment "$commitment"
expect_exit 1 --key toda.key release fetch "$number" -o report
expect_in err "report"
expect_exit 0 --key toda.key release fetch "$number" -o again
cmp -s report/report.json again/report.json || fail "two fetches differ"

# Records that come later change nothing of what was approved.
printf '%s\nV900,female,15,JPN,actual,food,national,%d\n' \
    "$(head -n 1 victims.csv)" $year >later.csv
expect_exit 0 --key sato.key import later.csv --type victim
expect_exit 0 --key toda.key release fetch "$number" -o later
cmp -s report/report.json later/report.json || fail "a release was recomputed"

# Refused: nothing to fetch, and no way back.
request
expect_exit 0 --key hara.key release show "$number" --json
commitment=$(json commitment)
expect_exit 77 --key toda.key release refuse "$number"
expect_exit 0 --key hara.key release refuse "$number"
expect_in err "Release $number is refused"
expect_exit 77 --key toda.key release fetch "$number" -o refused
expect_exit 77 --key hara.key release approve "$number" --no-input \
    --commitment "$commitment"
logged hara release.approve judged
[ ! -e refused ] || fail "a refused release left a directory"
expect_exit 77 --key toda.key release fetch 1 -o refused
logged toda release.fetch release

# Each question by what is unsafe, in words; stopped by a no, or by the end of
# the input, it says how to go on.
awk 'BEGIN { for (i = 0; i < 200; i++) print "yes" }' >in
expect_exit 0 --key toda.key release request annual --year $year \
    --profile exact --basis "Action Plan"
expect_in err "Suspect: Suspects prosecuted: "
expect_in err "Fewer than five people stand in this cell"
expect_in err "Whoever subtracts learns of fewer than five people"
expect_not_in err "prosecuted."
printf 'yes\nyes\n' >in
expect_exit 3 --key toda.key release request annual --year $year \
    --profile exact --basis "Action Plan"
expect_in err "svault release acknowledge "
number=$(sed -n 's/.*svault release acknowledge //p' err)
expect_in err "Release $number is requested, and nothing of it is released"
expect_exit 2 --key toda.key --no-input release acknowledge "$number"
expect_exit 0 --key toda.key release acknowledge "$number" --acknowledge all

# Unsafe cells that nobody acknowledged: not approved.
echo no >in
run --key toda.key release request annual --year $year --profile exact \
    --basis "Action Plan" --json
[ "$code" -ne 0 ] || fail "a no counts as an acknowledgement"
expect_in err "svault release acknowledge "
expect_exit 0 --key hara.key release list --json
number=$(json 0.release)
run --key hara.key release show "$number" --json
expect_exit 77 --key hara.key release approve "$number" --no-input \
    --commitment "$(json commitment)"
logged hara release.approve acknowledge

# Sealed to a recipient: who fetches it cannot read it.
request --recipient minister.key.pub
expect_exit 0 --key hara.key release show "$number" --json
expect_exit 0 --key hara.key release approve "$number" --no-input \
    --commitment "$(json commitment)"
expect_exit 0 --key toda.key release fetch "$number" -o sealed
[ ! -e sealed/report.json ] || fail "a sealed release lies open"
expect_exit 4 --key toda.key release open sealed/release.sealed -o opened
expect_in err "not sealed to your key"
expect_exit 4 --key hara.key release open sealed/release.sealed -o opened
[ ! -e opened ] || fail "a refused opening left a directory"
expect_exit 0 --vault nowhere --key minister.key release open \
    sealed/release.sealed -o opened
awk -v more=1 '
/^victims\.(total|change|gender\.female|citizenship\.JPN|minors|minors_change) / ||
    /by_service\.food / { $2 += more }
{ print }' expected >expected.later
mv expected.later expected
compare opened
{
    head -c 200 sealed/release.sealed
    printf x
    tail -c +202 sealed/release.sealed
} >altered
if ! cmp -s altered sealed/release.sealed; then
    expect_exit 4 --key minister.key release open altered -o opened-2
    [ ! -e opened-2 ] || fail "an altered release was opened"
fi

expect_exit 0 --key nagai.key log verify
finish
