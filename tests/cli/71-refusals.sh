#!/bin/sh
# Requests for figures and roles that are refused: each with its own sentence
# and exit code; what reached the vault stands in its log.
. "$(dirname "$0")/lib.sh"

make_office
hire sato caseworker
hire ito justice_liaison
hire toda statistics_officer
hire oda statistics_officer
hire hara approver
hire nagai auditor

# How many entries are of this person's acts.
entries() {
    expect_exit 0 --key nagai.key log list --user "$1" --limit 1000 --json
    json entries
}
# in_log USER ACT RULE: her last act, denied by this rule.
in_log() {
    expect_exit 0 --key nagai.key log list --user "$1" --limit 1 --json
    expect_json entries.0.act "$2"
    expect_json entries.0.rule "$3"
    expect_json entries.0.allowed false
}

# ---- Plans ----

# plan PLACE-AND-REASON TEXT: refused by check, run and request alike.
plan() {
    printf '%s\n' "$2" >bad.counts
    for command in "counts check bad.counts" "counts run bad.counts" \
        "release request bad.counts --profile exact --basis x"; do
        # shellcheck disable=SC2086 # words of a command
        expect_exit 65 --key toda.key --no-input $command
        expect_in err "bad.counts:$1"
        expect_empty out
        case $command in
        "counts check "*) expect_not_in err "in the log" ;;
        *)
            expect_in err "It stands in the log as entry"
            attempts=$((attempts + 1))
            ;;
        esac
    done
}
head='plan "T" population victim unit person as_of 2023-03-31'
before=$(entries toda)
attempts=0
plan "2:12: shoe_size: no such field is counted here" "$head
table t by shoe_size method exact"
plan "2:12: case_no: no such field is counted here" "$head
table t by case_no method exact"
plan "2:34: purple: no such code" "$head
table t by gender where gender = purple method exact"
plan "1:46: 2190-03-31: nothing is counted as of the future" \
    'plan "T" population victim unit person as_of 2190-03-31
table t by gender method exact'
plan "2:43: detection_route: a table has at most three fields" "$head
table t by gender, citizenship, services, detection_route method exact"
plan "1:21: witness: not a type of record" \
    'plan "T" population witness unit person as_of 2023-03-31'
plan "2:26: rounded (round?): something else belongs here" "$head
table t by gender method rounded"
printf 'plan "T\n' >bad.counts
expect_exit 65 counts check bad.counts
expect_in err "the closing quote is missing"
expect_exit 1 counts check absent.counts
# Every attempt at a vault stands there, and nothing came of one.
[ "$(entries toda)" -eq $((before + attempts)) ] || fail "an attempt is missing"
expect_exit 0 --key nagai.key log list --user toda --limit 1 --json
expect_json entries.0.act release.request
expect_json entries.0.outcome invalid

expect_exit 2 --key toda.key report annual
expect_exit 2 --key toda.key report annual --year 20x2
expect_exit 2 --key toda.key report annual --year 2199
expect_in err "--year: that year has not begun yet"
expect_exit 2 --key toda.key report annual --year 2022 --as-of 2023-02-30
before=$(entries oda)
for command in "report annual" "release request annual --profile exact --basis x"; do
    # shellcheck disable=SC2086 # words of a command
    expect_exit 2 --key oda.key $command --year 2022 --authority bogus
    expect_in err "--authority: not one of the authorities that count"
    expect_in err "(there are: national, police, "
done
[ "$(entries oda)" -eq "$before" ] || fail "an unknown authority was asked for"
# A day to come: said here, and logged by the gate.
for command in "report annual" "release request annual --profile exact --basis x"; do
    # shellcheck disable=SC2086 # words of a command
    expect_exit 65 --key oda.key $command --year 2022 --as-of 2199-12-31
    expect_in err "--as-of: lies in the future"
    expect_in err "It stands in the log as entry"
    expect_empty out
done
[ "$(entries oda)" -eq $((before + 2)) ] || fail "a day to come left no entry"
# As of a day before the vault: zeros that mean nothing.
expect_exit 0 --key oda.key report annual --year 2022 --as-of 2023-03-31
expect_in err "Nothing had been entered by that day"
expect_exit 0 --key oda.key report annual --year 2022
expect_not_in err "Nothing had been entered by that day"

# A good plan, asked for by those who may not.
printf '%s\ntable t by gender method exact\n' "$head" >good.counts
expect_exit 0 counts check good.counts
[ -z "$(tail -c 1 out)" ] || fail "no newline behind a plan"
[ -n "$(tail -n 1 out)" ] || fail "an empty line behind a plan"
expect_exit 0 --key toda.key counts run good.counts
expect_in out "NOT RELEASED"
expect_in err "Nothing had been entered by that day"
for who in sato ito hara kudo mori nagai; do
    expect_exit 77 --key $who.key counts run good.counts
    expect_in err "the attempt stands in the log as entry"
    expect_empty out
    in_log $who counts.preview act
    expect_exit 77 --key $who.key report annual --year 2022
    expect_empty out
    in_log $who counts.preview act
done

# The twenty-first preview of a day; half of the attempts above were some.
tries=$((1 + attempts / 2))
while [ $tries -lt 20 ]; do
    expect_exit 0 --key toda.key counts run good.counts
    tries=$((tries + 1))
done
expect_exit 77 --key toda.key counts run good.counts
expect_in err "as often as the vault allows"
expect_empty out
in_log toda counts.preview limit
expect_exit 77 --key toda.key report annual --year 2022
expect_in err "as often as the vault allows"
in_log toda counts.preview limit

# ---- Roles ----

# Other keys under a name that is taken, and one's keys under another name.
mkdir other
expect_exit 0 key new other/sato.key --name sato --unprotected
expect_exit 77 --key kudo.key staff propose other/sato.key.pub --role intake
expect_in err "that name stands for other keys already"
expect_in err "svault staff replace "
in_log kudo staff.propose keys
expect_exit 77 --key kudo.key staff propose sato.key.pub --role approver
expect_in err "one person must not have both roles"
in_log kudo staff.propose separation
expect_exit 77 --key kudo.key staff propose hara.key.pub --role supervisor
in_log kudo staff.propose separation
expect_exit 77 --key kudo.key staff propose kudo.key.pub --role recovery
in_log kudo staff.propose separation

# Signed once it is no role; by its proposer again it is none either.
new_key li
expect_exit 0 --key kudo.key staff propose li.key.pub --role intake
expect_exit 77 --key li.key --gate "$gate" --no-input record list victim
expect_exit 77 --key kudo.key staff propose li.key.pub --role intake
expect_in err "that is so already, or waits for confirmation"
in_log kudo staff.propose held
expect_exit 77 --key kudo.key staff confirm li --no-input \
    --fingerprint "$(fingerprint li.key)"
expect_in err "your role does not do this"
in_log kudo staff.confirm act
expect_exit 77 --key li.key --gate "$gate" --no-input whoami

expect_exit 77 --key kudo.key staff revoke mori --yes
expect_in err "find a successor first"
in_log kudo staff.revoke last

expect_exit 0 --key nagai.key log verify
finish
