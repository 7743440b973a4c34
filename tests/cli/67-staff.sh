#!/bin/sh
# Staff who leave, are kept out, come back or lose a key: at once, logged,
# and never so that nobody could open the records.
. "$(dirname "$0")/lib.sh"

make_office
for who in sato ueda; do
    hire $who caseworker
done
hire nagai auditor
cat >one.csv <<END
identity.case_no,identity.family_name,facts.gender
2026-001,Kobayashi-Testname,female
END
expect_exit 0 --key sato.key record add victim --from one.csv --json
id=$(json record)
expect_exit 0 --key mori.key record assign "$id" ueda

# last USER ACT RULE: what stands in the log of her last act.
last() {
    expect_exit 0 --key nagai.key log list --user "$1" --limit 1 --json
    expect_json entries.0.act "$2"
    expect_json entries.0.rule "$3"
    expect_json entries.0.allowed "${4:-false}"
}
# refused RULE ARGUMENTS...
refused() {
    rule=$1
    shift
    expect_exit 77 "$@"
    expect_in err "Rule \"$rule\"; the attempt stands in the log as entry"
}

# Who may end a role, and whose.
refused act --key sato.key staff revoke ueda --yes
last sato staff.revoke act
refused act --key nagai.key staff suspend sato
expect_exit 2 --key kudo.key --no-input staff revoke ueda
expect_in err "--yes"
expect_exit 1 --key kudo.key staff revoke nobody --yes
expect_exit 1 --key kudo.key staff revoke ueda --role auditor --yes
echo no >in
expect_exit 1 --key kudo.key staff revoke ueda
expect_in err "nothing was revoked"
expect_exit 0 --key ueda.key record show "$id" -c identity

# The only administrator and the only supervisor stay, whoever asks.
refused last --key mori.key staff revoke kudo --yes
expect_in err "nobody else could bring people in"
last mori staff.revoke last
refused last --key kudo.key staff revoke mori --yes
last kudo staff.revoke last
expect_exit 77 --key kudo.key staff suspend mori
last kudo staff.suspend last
expect_exit 0 --key mori.key --no-input whoami
expect_in out supervisor

# Revoked: out at once, by one signature; her keys are replaced.
expect_exit 0 --key kudo.key staff revoke ueda --yes
expect_in out "ueda is no longer caseworker."
expect_in err "wait to be replaced"
expect_exit 77 --key ueda.key record show "$id" -c identity
expect_empty out
expect_exit 0 --key kudo.key status
expect_in out "Rotate due:         victim.identity"
expect_exit 0 --key mori.key --no-input staff list
expect_exit 0 --key mori.key status
expect_not_in out "Rotate due"
# What was sealed before and what comes after is open to who remains.
expect_exit 0 --key sato.key record show "$id" -c identity
expect_in out "Kobayashi-Testname"
sed 's/2026-001/2026-002/; s/Kobayashi/Yamada/' one.csv >two.csv
expect_exit 0 --key sato.key record add victim --from two.csv --json
new=$(json record)
expect_exit 0 --key sato.key record show "$new" -c identity
expect_in out "Yamada-Testname"
for handle in "$id" "$new"; do
    expect_exit 77 --key ueda.key record show "$handle" -c identity
    expect_not_in err Testname
done
expect_exit 1 --key kudo.key staff revoke ueda --yes
expect_in err "has no such role"

# Suspended: out at once, and back with the card she has.
refused last --key mori.key staff suspend mori
expect_exit 0 --key mori.key staff suspend sato
expect_in out "sato is suspended."
refused suspended --key sato.key record show "$id"
expect_in err "you are suspended"
last sato record.list suspended
refused suspended --key sato.key record list victim
expect_exit 77 --key mori.key staff replace sato sato.key.pub
expect_exit 0 --key kudo.key staff replace sato sato.key.pub
refused suspended --key sato.key record list victim
expect_exit 77 --key kudo.key staff confirm sato --no-input \
    --fingerprint "$(fingerprint sato.key)"
expect_exit 77 --key sato.key staff confirm sato --no-input \
    --fingerprint "$(fingerprint sato.key)"
expect_exit 0 --key mori.key staff confirm sato --no-input \
    --fingerprint "$(fingerprint sato.key)"
expect_exit 0 --key sato.key record show "$id" -c identity
expect_in out "Kobayashi-Testname"
last sato record.read assigned true

# A new key: the old one is worth nothing from then on.
expect_exit 0 key new sato-2.key --name sato --unprotected
expect_exit 65 --key kudo.key staff replace ueda sato-2.key.pub
expect_in err "made out to another name"
expect_exit 0 --key kudo.key staff replace sato sato-2.key.pub
expect_exit 77 --key mori.key staff confirm sato --no-input \
    --fingerprint "$(fingerprint sato.key)"
expect_in err "nothing was confirmed"
expect_exit 0 --key sato.key record list victim
expect_exit 0 --key mori.key staff confirm sato --no-input \
    --fingerprint "$(fingerprint sato-2.key)"
expect_exit 77 --key sato.key record show "$id" -c identity
expect_empty out
expect_exit 0 --key sato-2.key --gate "$gate" --no-input record show "$id" \
    -c identity
expect_in out "Kobayashi-Testname"
# Nobody else's keys come in under her name.
new_key impostor
sed 's/^name impostor/name sato/' impostor.key.pub >forged.pub
expect_exit 4 --key kudo.key staff replace sato forged.pub
expect_in err "altered"

# Roles that exclude each other, at the proposal.
for role in administrator approver auditor; do
    refused separation --key kudo.key staff propose sato-2.key.pub \
        --role $role
    last kudo staff.propose separation
done
refused separation --key kudo.key staff propose nagai.key.pub \
    --role caseworker

# A supervisor who leaves: once there is a second one.
hire endo supervisor
expect_exit 0 --key kudo.key staff revoke mori --yes
expect_exit 77 --key mori.key record list victim
refused last --key kudo.key staff revoke endo --yes
expect_exit 0 --key endo.key --no-input status
expect_exit 0 --key sato-2.key record show "$new" -c identity
expect_in out "Yamada-Testname"

expect_exit 0 --key nagai.key log verify
expect_in out "every decision is the policy's"
finish
