#!/bin/sh
# The first days of docs/: every command in them, as it stands there; and the
# README's picture, which shows what two of them print.
. "$(dirname "$0")/lib.sh"

docs=$here/../../docs
data=$here/../data/annual-2022

# What somebody at a terminal answers, and who she is.  A key without a
# passphrase; one given by its file would ask on the terminal itself.
answer() {
    case $1 in
    "svault key new "*) command="$1 --unprotected" ;;
    "svault whoami") command="$1 --gate '$gate'" ;;
    "svault record add victim")
        printf '%s\n' identity.case_no,identity.family_name,facts.gender \
            2026-001,佐々木,female >row.csv
        command="$1 --from row.csv"
        ;;
    "svault record edit 1 -c facts") printf 'male\n.\nyes\n' >in ;;
    "svault record find victim") echo 佐々木 >in ;;
    "svault release request "*) command="$1 --acknowledge all" ;;
    *" VKEY") command="${1% VKEY} '$vkey'" ;;
    "svault release approve N")
        expect_exit 0 --key approve-1.key release show "$number" --json
        command="$1 --no-input --commitment $(json commitment)"
        ;;
    esac
}

# What comes of it, for those who read on.
after() {
    case $1 in
    "svault key new "*)
        expect_exit 0 --key kudo.key staff propose "$who.key.pub" --role "$role"
        expect_exit 0 --key mori.key staff confirm "$who" --no-input \
            --fingerprint "$(fingerprint "$who.key")"
        ;;
    "svault whoami") expect_in out "$role" ;;
    "svault record list victim") expect_in out "2026-001" ;;
    "svault record show "*) expect_in out "Female" ;;
    "svault record find victim") expect_in out "  1  " ;;
    "svault record history 1") expect_in out "2" ;;
    "svault log verify")
        expect_in out "whole and unaltered"
        cp out verdict
        ;;
    "svault status --card "*) cp out office.card ;;
    "svault-audit verify "*) expect_in out "whole, unaltered, lawful" ;;
    "svault-audit witness --new-key "*) vkey=$(cat out) ;;
    "svault-audit witness "*) expect_in out "COSIGNED. It goes on" ;;
    "svault log witness --collect "*)
        expect_exit 0 --key "$who.key" status
        expect_in out "(0 days ago)"
        ;;
    "svault report annual "*) expect_in out "NOT RELEASED" ;;
    "svault release list") number=$(sed -n 's/^ *\([0-9][0-9]*\).*/\1/p' out | head -n 1) ;;
    "svault release fetch "*)
        into=${1##* -o }
        for file in $(grep -o '`[a-z.-]*\.[a-z-]*`' "$docs/officer.md" | tr -d '`' | sort -u); do
            case $file in
            report.* | release.json | request.* | approval.*)
                [ -s "$into/$file" ] || fail "officer.md names $file"
                ;;
            esac
        done
        for file in "$into"/*; do
            grep -qF "\`${file#*/}\`" "$docs/officer.md" ||
                fail "officer.md does not name $file"
        done
        [ "$into" != report-2022 ] ||
            "$here/../../scripts/picture" "$into/report.en.txt" verdict --check ||
            fail "the README's picture is of something else"
        ;;
    esac
}

# walk GUIDE: at most ten commands in it, and in each section, none of which
# fails.
walk() {
    n=0
    sed -n -e 's/^    \$ //p' -e 's/^<!-- as \(.*\) -->$/as \1/p' -e 's/^## .*/section/p' \
        "$docs/$1" >lines
    while IFS= read -r line <&9; do
        case $line in
        section)
            [ "$n" -le 10 ] || fail "$1 has $n commands"
            n=0
            continue
            ;;
        "as "*)
            who=${line#as }
            continue
            ;;
        esac
        n=$((n + 1))
        typed=$line
        command=$line
        answer "$typed"
        command=$(echo "$command" | sed "s/ N\\( \\|\$\\)/ ${number:-N}\\1/")
        eval "set -- $command"
        shift # svault
        case $typed in
        "svault-audit "*)
            "$SVAULT_AUDIT" "$@" >out 2>err </dev/null || fail "$typed"
            ;;
        "svault key new "*) expect_exit 0 "$@" ;;
        *) expect_exit 0 --key "$who.key" "$@" ;;
        esac
        after "$typed"
    done 9<lines
    if [ "$n" -lt 1 ] || [ "$n" -gt 10 ]; then
        fail "$1 has $n commands"
    fi
}

make_office
export SVAULT_VAULT="$dir/office"
hire approve-1 approver

who=case-1 role=caseworker
walk caseworker.md

who=audit-1 role=auditor
walk auditor.md

# The records of a year, and a plan for them.
hire sato caseworker
hire nagai justice_liaison
expect_exit 0 --key sato.key import "$data/victims.csv" --type victim
expect_exit 0 --key nagai.key import "$data/offences.csv" --type offence
expect_exit 0 --key nagai.key import "$data/suspects.csv" --type suspect
today=$(TZ=Asia/Tokyo date +%Y-%m-%d)
sed "s/as_of [0-9-]*/as_of $today/" "$docs/examples/shelters.counts" >shelters.counts
who=stats-1 role=statistics_officer
walk officer.md

# Plans: each block of the page that begins with the word, and the example as
# it stands in both pages.
awk -v n=0 '/^    plan / { n++; on = 1 }
!/^    / { on = 0 }
on { print substr($0, 5) >("plan-" n ".counts") }' "$docs/plans.md"
n=0
for plan in plan-*.counts; do
    n=$((n + 1))
    expect_exit 0 counts check "$plan"
    sed "s/as_of [0-9-]*/as_of $today/" "$plan" >now.counts
    expect_exit 0 --key stats-1.key counts run now.counts
    expect_not_in err "Nothing had been entered"
    expect_in out "NOT RELEASED"
done
[ "$n" -ge 4 ] || fail "plans.md has $n plans"
cmp -s plan-1.counts "$docs/examples/shelters.counts" ||
    fail "plans.md shows another plan than the example"
awk '/^    plan / { on = 1 } !/^    / { on = 0 }
on { print substr($0, 5) }' "$docs/officer.md" |
    cmp -s - "$docs/examples/shelters.counts" ||
    fail "officer.md shows another plan than the example"
grep -q 'docs/plans.md' "$docs/../README.md" || fail "the README lacks the plans"

finish
