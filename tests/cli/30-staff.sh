#!/bin/sh
# Staff: proposed by one, confirmed by another, compared by fingerprint.
. "$(dirname "$0")/lib.sh"

make_office
new_key sato
expect_exit 2 --key kudo.key staff propose sato.key.pub
expect_exit 2 --key kudo.key staff propose sato.key.pub --role caseworker \
    --until tomorrow
expect_exit 65 --key kudo.key staff propose sato.key --role caseworker
expect_in err "not a key card"
sed 's/^name sato/name ueda/' sato.key.pub >forged.pub
expect_exit 4 --key kudo.key staff propose forged.pub --role caseworker
expect_in err "altered"
expect_exit 2 --key kudo.key staff propose sato.key.pub --role director
expect_in err "no such role: director (there are: intake, caseworker, "
expect_exit 77 --key mori.key staff propose sato.key.pub --role caseworker
expect_in err "stands in the log as entry"

expect_exit 0 --key kudo.key staff propose sato.key.pub --role caseworker
expect_in out "sato as caseworker"
expect_in out "$(fingerprint sato.key)"
expect_exit 77 --key kudo.key staff propose sato.key.pub --role caseworker
expect_exit 0 --key mori.key staff list
expect_in out "Waiting for confirmation"
expect_exit 0 --key mori.key
expect_in out "svault staff confirm sato"

# Not before it is confirmed.
expect_exit 77 --key sato.key --gate "$gate" --no-input whoami
expect_in err "you are proposed, and not confirmed yet"
expect_in err "Ask your supervisor"
expect_exit 0 --key sato.key
expect_in out "You are proposed, and not confirmed yet"
new_key oka
expect_exit 77 --key oka.key --no-input whoami
expect_in err "nobody with this name and key"
# She has the gate's words from her sponsor, and from nobody else.
expect_not_in err "$gate"

expect_exit 2 --key mori.key staff confirm sato --no-input
expect_in err "--fingerprint"
expect_exit 77 --key mori.key staff confirm sato --no-input \
    --fingerprint "$(fingerprint mori.key)"
expect_in err "nothing was confirmed"
expect_exit 77 --key kudo.key staff confirm sato --no-input \
    --fingerprint "$(fingerprint sato.key)"
echo no >in
expect_exit 77 --key mori.key staff confirm sato
expect_in err "Are all ten words the same?"
expect_exit 1 --key mori.key staff confirm ueda --no-input --fingerprint x
expect_in err "no such proposal waits"
echo yes >in
expect_exit 0 --key mori.key staff confirm sato
expect_in out "sato is now caseworker."

# First contact: the gate's ten words, in whatever case, or nothing.
expect_exit 77 --key sato.key --no-input --gate "wrong words" whoami
expect_not_in err "$gate"
printf '%s\n' "wrong words" "wrong again" "and again" >in
script -qec "'$SVAULT' --vault office --key sato.key whoami" typescript \
    <in >out 2>err
code=$?
line="whoami at a terminal"
[ $code -eq 77 ] || fail "$line: exit $code, not 77"
expect_in out "Those are not this gate's words."
expect_in out "is not the one you were given"
expect_not_in out "$gate"
[ ! -e sato.key.head ] || fail "a gate was pinned without its words"
upper=$(echo "$gate" | tr 'a-z-' 'A-Z ')
expect_exit 0 --key sato.key --no-input --gate "$upper" whoami
expect_in out "caseworker"
expect_exit 0 --key sato.key --no-input whoami
expect_exit 2 --key sato.key --as director whoami
expect_in err "no such role: director (there are: intake, "
expect_exit 2 --key sato.key --purpose fun whoami
expect_in err "no such purpose: fun (there are: care, "

# Roles that end, roles that exclude each other.
new_key li
expect_exit 77 --key kudo.key staff propose li.key.pub --role interpreter
expect_in err "the end of the role"
soon=$(date -d '+3 days' +%Y-%m-%d)
expect_exit 0 --key kudo.key staff propose li.key.pub --role interpreter \
    --until "$soon"
expect_exit 0 --key mori.key staff confirm li --no-input \
    --fingerprint "$(fingerprint li.key)"
expect_exit 0 --key li.key --gate "$gate" --no-input whoami
expect_in out ", until "
expect_exit 77 --key kudo.key staff propose sato.key.pub --role auditor
expect_in err "one person must not have both roles"

# Several roles: the command line has to choose where both may.
expect_exit 0 --key kudo.key staff propose sato.key.pub --role intake
expect_exit 0 --key mori.key staff confirm sato --no-input \
    --fingerprint "$(fingerprint sato.key)"
expect_exit 2 --key sato.key record list victim
expect_in err "--as"
expect_exit 0 --key sato.key --as intake record list victim
expect_exit 2 --key sato.key --as nobody record list victim
expect_exit 77 --key sato.key --as supervisor record list victim
expect_exit 77 --key sato.key --as intake --purpose rekey record list victim
finish
