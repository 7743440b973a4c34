#!/bin/sh
# A service that ends, or whose disk is full, in the middle of a command: what
# is said of it is true.
. "$(dirname "$0")/lib.sh"
. "$here/served.sh"

make_office
hire sato caseworker
head -n 3 "$here/../data/annual-2022/victims.csv" >few.csv
serve --socket "$sock"

# half N END ARGUMENT...: run behind a service that is half there.
half() {
    rm -f ready
    python3 -B "$here/half_service.py" "$sock" "$dir/half" "$1" "$2" >ready &
    wait_for test -s ready || fail "no half service"
    shift 2
    run --vault "unix:$dir/half" "$@"
    rm -f half
}

# ---- a backup ----

half 3 gone --key kudo.key backup create one.svb
case $code in # whether she notices before she asks, or while
1) expect_in err "no service listens there" ;;
74) expect_in err "the connection broke before the question was sent" ;;
*) fail "$line: exit $code" ;;
esac
expect_not_in err ".part"
expect_not_in err "another backup"
half 3 full --key kudo.key backup create one.svb
[ "$code" -eq 74 ] || fail "$line: exit $code"
expect_not_in err ".part"
half 3 lost --key kudo.key backup create one.svb
[ "$code" -eq 6 ] || fail "$line: exit $code"
[ -z "$(ls one.svb* 2>/dev/null)" ] || fail "a part of a backup is left"

# ---- an import, whose rows are in ----

half 2 lost --key sato.key import few.csv --type victim
[ "$code" -eq 6 ] || fail "$line: exit $code"
expect_not_in err "No row was brought in"
expect_in err "nothing comes in twice"
expect_exit 0 --vault "unix:$sock" --key sato.key import few.csv --type victim
expect_in out "0 in, 2 already in"

# ---- one role is revoked, and of the other nobody knows ----

expect_exit 0 --vault "unix:$sock" --key kudo.key staff propose sato.key.pub \
    --role intake
expect_exit 0 --vault "unix:$sock" --key mori.key staff confirm sato \
    --no-input --fingerprint "$(fingerprint sato.key)"
half 3 lost --key kudo.key staff revoke sato --yes
[ "$code" -eq 6 ] || fail "$line: exit $code"
expect_in out "sato is no longer"

# ---- new keys, of which nobody knows whether they are made ----

half 2 lost --key mori.key whoami
expect_not_in err "New keys were made"
expect_not_in err "could not be"
expect_in err "keys that wait to be replaced:"
expect_exit 0 --vault "unix:$sock" --key mori.key whoami
expect_not_in err "New keys were made" # they had been

end_service TERM 0
finish
