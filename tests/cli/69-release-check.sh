#!/bin/sh
# Releases on the desk of who has no vault: for the public, exact, and sealed
# to a recipient; alone, together, and against the whole log.
. "$(dirname "$0")/lib.sh"

data="$here/../data/annual-2022"
make_office
hire sato caseworker
hire toda statistics_officer
hire hara approver
hire nagai auditor
new_key minister # has no role: she only receives
expect_exit 0 --key sato.key import "$data/victims.csv" --type victim

# release DIR ARGS: requested, approved, fetched; in $number
release() {
    into=$1
    shift
    expect_exit 0 --key toda.key release request "$@" --json
    number=$(json release)
    expect_exit 0 --key hara.key release show "$number" --json
    expect_exit 0 --key hara.key release approve "$number" --no-input \
        --commitment "$(json commitment)"
    expect_exit 0 --key toda.key release fetch "$number" -o "$into"
}

# check CODE ARGS: on another desk
check() {
    want=$1
    shift
    line="svault-audit release $*"
    HOME=$dir/nowhere "$SVAULT_AUDIT" release "$@" --key office.card \
        >out 2>err </dev/null
    code=$?
    [ "$code" -eq "$want" ] || fail "$line: exit $code, not $want"
}

expect_exit 0 --key nagai.key status --card
cp out office.card
cat >public.counts <<PLAN
plan "For all" population victim unit person as_of $(TZ=Asia/Tokyo date +%F)
count basis national period calendar 2022
codelist age_band v1
table sex by gender where identification_status = actual
table ages by age_band, gender where identification_status = actual
method round base 5
PLAN
release public public.counts
first=$number
release exact annual --year 2022 --profile exact --basis "Action Plan" \
    --acknowledge all
release sealed annual --year 2021 --profile exact --basis "Action Plan" \
    --acknowledge all --recipient minister.key.pub
expect_exit 0 --vault nowhere --key minister.key release open \
    sealed/release.sealed -o opened
expect_in err "svault-audit release opened --key CARD"

# ---- each alone ----
check 0 public
expect_in out "Release $first, in public: public"
expect_in out "not judged, because only report.json was approved: report.csv"
[ "$(tail -n 1 out)" = "Verdict: whole and unaltered; approved by two persons, as the log says; safe. Again: svault-audit release public --key office.card" ] ||
    fail "another verdict"
check 0 public --intervals
grep -qE '^  sex\.male  [05]  \[[0-9]+, [0-9]+\]$' out ||
    fail "no interval of the men"
check 0 exact
expect_in out "victims.total - victims.gender.female: 2, is known exactly"
expect_in out "with exact figures, which nothing protects"
check 5 sealed
expect_in out "release.sealed: is shut"
check 0 opened
expect_in out "with exact figures"

# ---- together, and in the log ----
check 0 exact public opened --json
expect_json ok true
expect_json releases.0.release "$first"
expect_json approved log
expect_json safe false
expect_exit 0 --key nagai.key log export log
check 0 public exact opened --log log
expect_in out "approved by two persons, whose signatures are good"
expect_in out "Approved, says the log, and not given: none"
check 5 exact opened --log log
expect_in out "Approved, says the log, and not given: $first"

# ---- and altered ----
cp -r public altered
sed -i 's/"sex.total","reason":"","value":[0-9]*/"sex.total","reason":"","value":95/' \
    altered/report.json
check 4 altered
expect_in out "report.json: is not what was approved"
expect_in out "Verdict: ALTERED or forged; "
cp -r public old
rm old/request.tlog-proof
check 5 old
expect_in out "request.tlog-proof: is missing"
check 65 public public
expect_in out "is given twice"
check 1 nowhere
check 2
expect_in err "something is missing"

# ---- the yearly report for all, by a younger office ----
mkdir young young/home
cd young || exit 1
export HOME="$dir/young/home"
make_office
hire sato caseworker
hire toda statistics_officer
hire hara approver
expect_exit 0 --key sato.key import "$data/victims.csv" --type victim
expect_exit 0 --key sato.key status --card
cp out office.card
release report-2022 annual --year 2022
release report-2021 annual --year 2021
check 0 report-2022 report-2021 --intervals
expect_in out "approved by two persons, as the log says; safe."
expect_in out "victims.gender.male (release-$number)"
expect_in out "figures printed again, with the same number"
expect_not_in out REVISED

# Exact figures of one day, and a record in between: no contradiction, but a
# person who came.
release before annual --year 2022 --profile exact --basis law --acknowledge all
first=$number
{
    head -n 1 "$data/victims.csv"
    grep -m 1 '^2022-' "$data/victims.csv" | sed 's/^[^,]*/LATE-1/'
} >late.csv
expect_exit 0 --key sato.key import late.csv --type victim
release after annual --year 2022 --profile exact --basis law --acknowledge all
check 0 before after
expect_in out "victims.total (release-$number) - victims.total (release-$first): 1, is known exactly"
expect_in out "REVISED: victims.total (release-$first) 46, victims.total (release-$number) 47"
cp -r "$dir/public" .
check 4 public report-2022
expect_in out "is of another vault than the card"
finish
