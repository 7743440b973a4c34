#!/bin/sh
# Help: examples first, exit codes, what was meant; never a guess that runs.
. "$(dirname "$0")/lib.sh"

expect_exit 0
expect_in out "svault key new"
[ "$(wc -l <out)" -lt 8 ] || fail "a wall of text for a first step"
expect_exit 0 --version
expect_in out "svault "
expect_exit 0 help
expect_in out "record show"
expect_exit 0 --help
expect_in out "record show"
expect_exit 0 help exit-codes
for n in 0 1 2 3 4 5 6 65 74 75 77; do
    grep -qE "^ +$n " out || fail "exit code $n is not explained"
done
expect_exit 0 help options
for option in --vault --key --as --purpose --json --lang --passphrase-fd \
    --no-input --gate; do
    expect_in out "$option"
done
for noun in key staff record log; do
    expect_exit 0 $noun
    expect_in out "$noun "
done
# Every command has examples, before anything else.
"$SVAULT" help --json >all </dev/null
n=$("$JSON_GET" "" <all)
i=0
while [ $i -lt "$n" ]; do
    command="$("$JSON_GET" $i.noun <all) $("$JSON_GET" $i.verb <all)"
    # shellcheck disable=SC2086
    expect_exit 0 $command --help
    [ "$(head -n 1 out)" = "Examples:" ] || fail "$command: examples not first"
    sed -n 2p out | grep -q "^  svault $(echo $command)" ||
        fail "$command: the first example is of something else"
    # shellcheck disable=SC2086
    expect_exit 2 $command --frobnicate
    expect_in err "no such option: --frobnicate"
    i=$((i + 1))
done
[ "$n" -ge 22 ] || fail "only $n commands"

expect_exit 2 recrd list
expect_in err "Did you mean: svault record list"
expect_exit 2 record sho 3
expect_in err "Did you mean: svault record show"
expect_exit 2 staus
expect_in err "Did you mean: svault status"
expect_exit 2 frobnicate
expect_not_in err "Did you mean"

# Options: whole, once, known.
expect_exit 2 --vaul x status
expect_exit 2 record list victim --lim 3
expect_in err "no such option: --lim"
expect_exit 2 record list victim --limit
expect_exit 2 record list victim --limit 3 --limit 4
expect_exit 2 record list victim --limit 1e3
expect_exit 2 record list victim extra
expect_exit 2 status --json=yes
expect_exit 2 status --lang fr
expect_exit 2 status --passphrase-fd x
expect_exit 2 status --passphrase-fd 77
expect_in err "--passphrase-fd 77: this descriptor is not open for reading"
expect_exit 2 --key
expect_exit 2 status --key a --key b
expect_exit 2 status
expect_in err "--vault"
expect_exit 2 --vault nowhere whoami
expect_in err "svault key new FILE --name NAME"
: >nothing
chmod 644 nothing
expect_exit 65 --vault nowhere --key nothing whoami
expect_in err "not a key file of svault"
expect_not_in err chmod
new_key oka
expect_exit 65 --vault nowhere --key oka.key.pub whoami
expect_in err "this is a key card"
expect_in err "The key is oka.key."
chmod 644 oka.key
expect_exit 77 --vault nowhere --key oka.key key show oka.key
expect_in err "chmod 600 oka.key"
rm -r oka.key oka.key.pub home/.config

# The configuration: strict, and said where.
mkdir -p home/.config/svault
printf 'vault = /nowhere\ncolour = red\n' >home/.config/svault/config
expect_exit 65 status
expect_in err "config:2:colour: "
printf 'vault = here\n' >home/.config/svault/config
expect_exit 65 status
expect_in err "not an absolute path"
for vault in unix:gate.sock unix: http://office; do
    printf 'vault = %s\n' $vault >home/.config/svault/config
    expect_exit 65 status
    expect_in err "not an absolute path"
done
printf 'vault = unix:/nowhere/gate.sock\n' >home/.config/svault/config
expect_exit 1 status
expect_in err "/nowhere/gate.sock"
printf '# mine\n\nlang = ja\n' >home/.config/svault/config
expect_exit 0 help exit-codes
expect_not_in out "wrong usage"
expect_exit 0 --lang en help exit-codes
expect_in out "wrong usage"
rm -r home/.config

# T69: no option or variable takes a secret, a name of a client, or a word
# that is searched for: a command line is everybody's to see.
new_key mori
for line in "key new a.key --name a --passphrase secret" \
    "key passwd mori.key --passphrase secret" \
    "record find victim Yamada" "record find victim --name Yamada" \
    "record add victim --case-no 2026-001" "record edit 1 --family-name Yamada" \
    "record list victim --name Yamada"; do
    # shellcheck disable=SC2086 # words of a command
    expect_exit 2 --key mori.key $line
    expect_not_in err "Yamada"
    expect_not_in err "secret"
done
expect_exit 2 --key mori.key record find victim Yamada Hanako
expect_in err "what to look for is asked for, not typed here"
expect_not_in err "Yamada"
expect_not_in err "Hanako"
if "$SVAULT" help options | grep -v -e '--passphrase-fd' | grep -qi passphrase; then
    fail "an option takes a passphrase"
fi
SVAULT_PASSPHRASE=secret PASSPHRASE=secret expect_exit 2 key new a.key --name a \
    --no-input
[ ! -e a.key ] || fail "a variable gave a passphrase"

# What cannot be written was not done.
if [ -w /dev/full ]; then
    "$SVAULT" help >/dev/full 2>err </dev/null
    [ $? -eq 74 ] || fail "a full disk goes unnoticed"
fi
# Whoever has seen enough of it is not bothered.
mkfifo pipe
exec 4<>pipe 5>pipe 4>&-
"$SVAULT" help >&5 2>err </dev/null
[ $? -eq 74 ] || fail "a closed pipe goes unnoticed"
line="svault help into a closed pipe"
expect_empty err
exec 5>&-

# Names and what they mean do not run into each other.
expect_exit 0 help
! grep -E '^  [a-z]+ [a-z]+[A-Z]|acknowledgego' out || fail "no space in a list"
grep -q '^  release acknowledge  *go on' out || fail "no release acknowledge"
finish
