#!/bin/sh
# The doctor: one line for each check, and what to do; with and without a
# vault and a key.  What depends on the machine is only there.
. "$(dirname "$0")/lib.sh"

# level CHECK: of the last run without --json.
level() {
    sed -n "s/^\([a-z]*\)  *$1 .*/\1/p" out
}

expect_level() {
    got=$(level "$1")
    [ "$got" = "$2" ] || fail "$line: $1 is \"$got\", not \"$2\""
}

run doctor
for check in swap memlock core clock; do
    [ -n "$(level $check)" ] || fail "no line for $check"
done
expect_level core ok
[ "$(wc -l <out)" -eq 4 ] || fail "more than a line for each check"
run doctor --json
expect_json 2.check core
expect_json 2.level ok
expect_exit 2 doctor extra

make_office
run --key mori.key --vault office doctor
for check in key head vault gatekey store space map core; do
    expect_level $check ok
done
expect_level phrase warn
expect_level witness warn
expect_level backup warn

# Each thing that others may use is bad, named, and exit code 1.
chmod 755 office
chmod 640 mori.key office.gate
expect_exit 1 --key mori.key --vault office doctor
expect_level vault bad
expect_level key bad
expect_level gatekey bad
expect_in out "chmod 700 office"
expect_in out "chmod 600 office.gate"
chmod 700 office
chmod 600 mori.key office.gate

# A clock behind the log.
touch -d '2 hours' mori.key.head
expect_exit 1 --key mori.key --vault office doctor
expect_level clock bad
touch mori.key.head

# The last backup that this key made.
for days in 0:ok 8:warn 40:bad; do
    echo $(($(date +%s) - ${days%:*} * 86400))000 >mori.key.backup
    run --key mori.key --vault office doctor
    expect_level backup ${days#*:}
    run --key mori.key --vault unix:/nowhere/gate.sock doctor
    expect_level backup ${days#*:}
done
echo yesterday >mori.key.backup
run --key mori.key --vault office doctor
expect_level backup warn
run --key mori.key --vault unix:/nowhere/gate.sock doctor
expect_level backup ""

# Evidence that a gate, or this desk's program, has kept.
for f in office/fork-5-0123456789abcdef.note mori.key.head.fork-5-0123456789abcdef.note; do
    run --key mori.key --vault office doctor
    expect_level fork ""
    echo a head >$f
    expect_exit 1 --key mori.key --vault office doctor
    expect_level fork bad
    expect_in out "$f"
    expect_exit 0 --key mori.key --vault office status --json
    expect_json evidence 1
    mv $f kept.note
done
# What a crash left is none.
echo half >office/fork-5-0123456789abcdef.note.aB3dE6
run --key mori.key --vault office doctor
expect_level fork ""
rm office/fork-*

# Nothing there; not a vault; no gate; no ssh.
expect_exit 1 --vault nowhere doctor
expect_level vault bad
mkdir -m 700 empty
expect_exit 1 --vault empty doctor
expect_level store bad
expect_exit 1 --vault unix:/nowhere/gate.sock doctor
expect_level socket bad
mkdir bin
PATH=$dir/bin expect_exit 1 --vault ssh:office.example doctor
expect_level ssh bad
printf '#!/bin/sh\n' >bin/ssh
chmod 755 bin/ssh
PATH=$dir/bin run --vault ssh:office.example doctor
expect_level ssh ok
finish
