#!/bin/sh
# Plans, without a vault: what is wrong says where and why; what would be
# unsafe is said before anybody asks; those that ship are in order.
. "$(dirname "$0")/lib.sh"

head='plan "T" population victim unit person as_of 2023-03-31'
round='method round base 5'

# refused PLACE-AND-REASON TEXT
refused() {
    printf '%s\n%s\n' "$head" "$2" >bad.counts
    for json in "" --json; do
        # shellcheck disable=SC2086 # an option or nothing
        expect_exit 65 counts check bad.counts $json
        expect_in err "bad.counts:$1"
        expect_empty out
    done
}

# ---- What is wrong ----

refused "2:12: shelter: no such field is counted here" \
    "table t by shelter $round"
refused "2:12: sex (gender?): no such field is counted here" \
    "table t by sex $round"
refused "2:24: woman: no such code" "table t where gender = woman $round"
refused "2:50: services: a table has at most three fields" \
    "table t by gender, detection_route, citizenship, services $round"
# Ages come in bands: an edge that no list has is no code and no number.
refused "3:26: 0-18 (0-17?): no such code" "codelist age_band v1
table t where age_band = 0-18 $round"
refused "2:15: age_at_protection (age_band?): only fields with codes" \
    "table t where age_at_protection = 18 $round"
refused "3:24: <: this character has no meaning in a plan" \
    "codelist age_band v1
table t where age_band < 19 $round"
refused "2:19: v2 (v1?): no such version of the code list" \
    "codelist age_band v2 table t $round"
refused "3:19: 3 (5?): not yet: this base; figures are rounded to multiples" \
    "table t
method round base 3"
refused "2:16: suppress (round?): not yet: this method; exact or round" \
    "table t method suppress k 5"
refused "2:15: services: a record may have several values of this field: under" \
    "table t where services in {food, shelter} $round"
refused "3:7: t (citizenship?): a record may have several values of a field with" \
    "hierarchy citizenship {asia: {PHL, THA}}
table t by citizenship $round"
refused "2:47: self: another group has this code" \
    "hierarchy detection_route {a: {self}, b:     {self}} table t $round"
refused "3:16: gender: the total over this field is none of the margins" \
    "table t by gender margins
derive share t gender percent 1 $round"
refused "3:15: ISA: who has printed it belongs here, in quotes" \
    "table t
known outside ISA : 2 $round"

# ---- What would be unsafe ----

cat >unsafe.counts <<END
$head
codelist age_band v1
table all
table some where decided_by in {police, ngo, immigration}
table fewer where decided_by in {police, ngo}
table crossed by age_band, gender, services where decided_by = police
table bare by gender margins
table shares by gender
derive share shares gender percent 1
method exact
END
expect_exit 0 counts check unsafe.counts
expect_in err "unsafe.counts:4:7: advice: some (all): counts a part of what"
expect_in err "unsafe.counts:5:7: advice: fewer (some): is one code short of"
expect_in err "unsafe.counts:6:7: advice: crossed: has more than three fields"
expect_in err "unsafe.counts:6:7: advice: crossed (decided_by): sets this field"
expect_in err "unsafe.counts:7:7: advice: bare: has no total"
expect_in err "unsafe.counts:9:14: advice: shares: has percentages of exact"
# On stdout there is the plan alone, and it means the same.
mv out plain.counts
expect_exit 0 counts check plain.counts
cmp -s out plain.counts || fail "the plain form has another plain form"
expect_exit 0 counts check unsafe.counts --json
expect_json advice.0.kind nested
expect_json advice.0.table some
expect_json advice.0.other all
expect_json advice.0.line 4
expect_json advice.0.column 7
expect_json advice.1.kind one_code
expect_empty err

# ---- The plans that ship ----

n=0
for plan in "$here"/../../plans/*.counts; do
    n=$((n + 1))
    expect_exit 0 counts check "$plan"
    expect_empty err
    expect_in out "$round"
done
[ "$n" -eq 4 ] || fail "$n plans ship"

finish
