#!/bin/sh
# The report of 2022 for the public: rounded, additive, the same in every later
# release and plan; beside it the exact one, whose risk report names what is
# unsafe; three years in a row; and what is not made.
. "$(dirname "$0")/lib.sh"

data="$here/../data/annual-2022"
make_office
hire sato caseworker
hire ito justice_liaison
hire toda statistics_officer
hire hara approver
hire nagai auditor
expect_exit 0 --key sato.key import "$data/victims.csv" --type victim
expect_exit 0 --key ito.key import "$data/offences.csv" --type offence
expect_exit 0 --key ito.key import "$data/suspects.csv" --type suspect

# request ARGS: a new release in $number
request() {
    expect_exit 0 --key toda.key release request "$@" --json
    number=$(json release)
}

approve() {
    expect_exit 0 --key hara.key release show "$number" --json
    cp out shown-"$number"
    expect_exit 0 --key hara.key release approve "$number" --no-input \
        --commitment "$(json commitment)"
}

# release DIR ARGS: requested, approved, fetched
release() {
    into=$1
    shift
    request "$@"
    approve
    expect_exit 0 --key toda.key release fetch "$number" -o "$into"
}

# What each figure of a released report came to: NAME VALUE.
cat >figures.py <<'PY'
import json, sys
def leaves(path, value):
    if isinstance(value, dict):
        for k, v in value.items():
            yield from leaves(path + [k], v)
    elif isinstance(value, int) and len(path) > 1:
        yield ".".join(path), value
report = json.load(open(sys.argv[1]))
facts = report.pop("facts")
if "figures" in report:
    found = {f["name"]: f["value"] for f in report["figures"]}
else:
    found = dict(leaves([], report))
for name in sorted(found):
    print(name, found[name])
PY
figures() {
    python3 figures.py "$1/report.json" >"$1.figures"
}

# Multiples of 5, and sums are sums.
cat >additive.py <<'PY'
import sys
f = dict(line.split() for line in open(sys.argv[1]))
f = {k: int(v) for k, v in f.items()}
bad = [k for k, v in f.items() if v % 5]
assert not bad, bad
def parts(prefix):
    return [k for k in f if k.startswith(prefix)]
def check(whole, names):
    got = sum(f[n] for n in names)
    assert names and f[whole] == got, (whole, f[whole], got)
v = "victims."
check(v + "total", parts(v + "gender."))
check(v + "total", [v + "citizenship." + c for c in ("JPN", "foreign", "unknown")])
check(v + "total", [v + "minors", v + "adults", v + "age_unknown"])
check(v + "total", parts(v + "identification.by_route."))
check("suspects.total", parts("suspects.gender."))
check("suspects.total", ["prosecuted.total", "suspects.not_prosecuted", "suspects.undecided"])
check("prosecuted.total", ["prosecuted." + p for p in ("guilty", "pending", "family_court", "other", "unknown")])
PY

# ---- the annual report for the public ----

release public annual --year 2022
figures public
python3 additive.py public.figures || fail "not additive"
expect_exit 0 --key toda.key release list --json
expect_json 0.profile public
# Nothing of it is unsafe, and nothing is to be acknowledged.
cp "shown-$number" out
expect_json unsafe 0
expect_exit 77 --key toda.key release acknowledge "$number" --acknowledge all

# The same in a later one, and under other names in a plan.
release later annual --year 2022 --profile public
figures later
cmp -s public.figures later.figures || fail "a later report differs"
cat >again.counts <<'PLAN'
plan "Again" population victim unit person as_of 2026-11-24
count basis national period calendar 2022
codelist age_band v1
table sex by gender where identification_status = actual
table ages by age_band where identification_status = actual
method round base 5
PLAN
sed -i "s/2026-11-24/$(TZ=Asia/Tokyo date +%F)/" again.counts
release plan again.counts
figures plan
for pair in sex.total=victims.total sex.male=victims.gender.male \
    sex.female=victims.gender.female ages.0-17=victims.minors; do
    a=$(sed -n "s/^${pair%=*} //p" plan.figures)
    b=$(sed -n "s/^${pair#*=} //p" public.figures)
    # A plan has no row of which there would be only a 0.
    [ -n "$b" ] && [ "${a:-0}" = "$b" ] || fail "$pair: $a and $b"
done
expect_exit 2 --key toda.key release request again.counts --profile exact \
    --basis "Action Plan"
expect_in err "does not go with the method"
expect_exit 2 --key toda.key release request again.counts --year 2022
expect_in err "a plan says them itself"
# Whoever has only the text knows that it is rounded, too.
for text in public/report.en.txt plan/report.en.txt; do
    grep -q "ounded to multiples of 5, each at most 4 off" "$text" ||
        fail "$text does not say that it is rounded"
done

# ---- three years in a row ----

for year in 2021 2023; do
    release $year annual --year $year
    figures $year
    python3 additive.py $year.figures || fail "$year is not additive"
done
[ "$(sed -n 's/^victims.total //p' 2021.figures)" -eq "$(($(sed -n \
    's/^victims.total //p' public.figures) - $(sed -n \
    's/^victims.change //p' public.figures)))" ] ||
    fail "2021 is not what the change of 2022 said"

# ---- who approves knows what was released ----

request annual --year 2021
first=$number
request annual --year 2022 --fiscal
approve
number=$first
expect_exit 0 --key hara.key release show "$number" --json
expect_exit 77 --key hara.key release approve "$number" --no-input \
    --commitment "$(json commitment)"
expect_in err "another release was approved after this one was requested"

# ---- the same for a ministry ----

release exact annual --year 2022 --profile exact --basis "Action Plan" \
    --acknowledge all
figures exact
for want in "victims.total 46" "victims.change -1" "victims.gender.male 2" \
    "victims.gender.female 44" "victims.citizenship.JPN 44" \
    "victims.citizenship.foreign 2" "victims.minors 33" \
    "victims.minors_change 15" "suspects.total 37" "offences.total 83" \
    "suspects.gender.male 32" "suspects.gender.female 5" \
    "prosecuted.total 34" "prosecuted.guilty 28" "prosecuted.pending 4" \
    "prosecuted.family_court 2"; do
    grep -qxF "$want" exact.figures || fail "no $want"
done
python3 - "shown-$number" <<'PY' || fail "the risk report lacks something"
import json, sys
shown = json.load(open(sys.argv[1]))
have = {(u["kind"], u["from"]) for u in shown["unsafe"]}
for want in [("printed", "victims.gender.male"), ("printed", "prosecuted.pending"),
             ("printed", "prosecuted.family_court"),
             ("printed", "victims.citizenship.foreign"),
             ("by subtraction", "suspects.total - prosecuted.total")]:
    assert want in have, (want, sorted(have))
male = [r for r in shown["rounded"] if r["figure"] == "victims.gender.male"]
assert male[0]["exact"] == 2 and male[0]["public"] in (0, 5), male
PY

expect_exit 0 --key nagai.key log verify
finish
