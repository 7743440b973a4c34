#!/bin/sh
# Assignments in an emergency: what is told of them is what the log says, and
# a gate that keeps one back hides nothing.
. "$(dirname "$0")/lib.sh"
. "$here/served.sh"

make_office
hire sato caseworker
hire abe caseworker
hire nagai auditor
awk 'BEGIN { print "identity.case_no"; for (i = 1; i <= 17; i++) print i }' >v.csv
expect_exit 0 --key sato.key import v.csv --type victim
expect_exit 0 --key sato.key record list victim --json
i=0
while [ $i -lt 17 ]; do
    json records.$i.record
    i=$((i + 1))
done >ids
id=$(head -n 1 ids)

# decision TEXT: what the last entry of an assignment says.
decision() {
    expect_exit 0 --key nagai.key log list --user mori
    grep 'record\.assign' out | tail -n 1 >last
    grep -qF "$1" last || fail "$line: no \"$1\" in $(cat last)"
}

expect_exit 0 --key mori.key record assign "$id" abe --purpose emergency
expect_exit 0 --key nagai.key status --json
flag=$(json flags.0)
decision "FLAGGED: to be acknowledged"
serve --socket "$sock"
python3 -B "$here/hush_service.py" "$sock" "$dir/hush" "$flag" >ready &
wait_for test -s ready || fail "no service that hushes"
expect_exit 0 --vault "unix:$dir/hush" --key nagai.key log list --user mori
expect_in out "FLAGGED: to be acknowledged"
rm -f ready hush
python3 -B "$here/hush_service.py" "$sock" "$dir/hush" "$flag" >ready &
wait_for test -s ready || fail "no service that hushes"
expect_exit 0 --vault "unix:$dir/hush" --key nagai.key status
expect_not_in out "To acknowledge" # it was hushed indeed
end_service TERM 0

# Where nothing came of it, there is nothing to look at.
expect_exit 1 --key mori.key record assign "$id" abe --purpose emergency
decision exists
grep -qF flagged last && fail "an assignment that was none is flagged"

expect_exit 0 --key nagai.key log acknowledge "$flag"
expect_exit 0 --key nagai.key log list --user mori
expect_in out "flagged, acknowledged"
expect_not_in out "FLAGGED"
# Who stops reading before the acknowledgment is not told that there is none.
expect_exit 0 --key nagai.key log list --from "$flag" --limit 1
expect_in out flagged
expect_not_in out FLAGGED
expect_not_in out acknowledged

# All of them are told of, however many they are.
hire ueda caseworker
while read -r id; do
    expect_exit 0 --key mori.key record assign "$id" ueda --purpose emergency
done <ids
expect_exit 0 --key nagai.key status
expect_in out "To acknowledge:"
expect_in out "and 1 more"
expect_exit 0 --key nagai.key status --json
expect_json flags 17
finish
