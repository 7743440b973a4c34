#!/bin/sh
# Founding: two people, a new place, and both know the gate afterwards.
. "$(dirname "$0")/lib.sh"

new_key kudo
new_key mori
for lacking in "--origin o.example/v --administrator kudo.key" \
    "--origin o.example/v --supervisor mori.key" \
    "--administrator kudo.key --supervisor mori.key"; do
    # shellcheck disable=SC2086
    expect_exit 2 init office $lacking
done
expect_exit 2 init office --origin "no spaces" --administrator kudo.key \
    --supervisor mori.key
expect_exit 2 init office --origin o.example/v --administrator kudo.key \
    --supervisor kudo.key
expect_in err "two people"
expect_exit 2 init office --origin o.example/v --administrator kudo.key \
    --supervisor mori.key --profile tiny
expect_exit 2 init office --origin o.example/v --administrator kudo.key \
    --supervisor mori.key --recovery kudo.key.pub
expect_exit 1 init office --origin o.example/v --administrator kudo.key \
    --supervisor absent.key
[ ! -e office ] && [ ! -e office.gate ] && [ ! -e kudo.key.head ] ||
    fail "a refused founding left something behind"

mkdir there
expect_exit 1 init there --origin o.example/v --administrator kudo.key \
    --supervisor mori.key
expect_in err "exists already"

expect_exit 0 init office/ --origin office.example/vault \
    --administrator kudo.key --supervisor mori.key
expect_in err "office.gate is the gate's key"
expect_in out "Gate's fingerprint: "
expect_in out "office.example/vault+"
expect_in err "svault staff propose"
[ "$(stat -c %a office)" = 700 ] || fail "the directory is not 0700"
[ "$(stat -c %a office.gate)" = 600 ] || fail "the gate's key is not 0600"
grep -qF "vault = $dir/office" home/.config/svault/config ||
    fail "the configuration has no absolute path of the vault"

# Both founders go on without a telephone call.
expect_exit 0 --key kudo.key --no-input whoami
expect_in out "administrator"
expect_exit 0 --key mori.key --no-input whoami
expect_in out "supervisor"
expect_exit 0 --key mori.key status
expect_in out "Staff:              2"
expect_in out "victim.identity (1)"

expect_exit 1 init office2 --origin o.example/v --administrator kudo.key \
    --supervisor mori.key
expect_in err "belongs to a vault already"

# Two passphrases through one descriptor, the administrator's first.
for who in endo goto; do
    exec 5<<END
passphrase of $who
END
    expect_exit 0 key new $who.key --name $who --passphrase-fd 5
    exec 5<&-
done
exec 5<<END
passphrase of goto
passphrase of endo
END
expect_exit 77 init locked --origin l.example/v --administrator endo.key \
    --supervisor goto.key --passphrase-fd 5
exec 5<&-
[ ! -e locked ] || fail "founded with the wrong passphrases"
expect_exit 2 init locked --origin l.example/v --administrator endo.key \
    --supervisor goto.key --no-input
exec 5<<END
passphrase of endo
passphrase of goto
END
expect_exit 0 init locked --origin l.example/v --administrator endo.key \
    --supervisor goto.key --passphrase-fd 5
exec 5<&-
expect_exit 2 --vault locked --key goto.key --no-input status
expect_in err "--passphrase-fd"
exec 5<<END
passphrase of endo
END
expect_exit 77 --vault locked --key goto.key status --passphrase-fd 5
exec 5<&-
# Another vault's key is refused before its passphrase is asked for.
expect_exit 77 --vault office --key goto.key --no-input status
expect_in err "belongs to another vault"
exec 5<<END
passphrase of goto
END
expect_exit 0 --vault locked --key goto.key status --passphrase-fd 5
exec 5<&-

# A vault that is not there; a vault of other people.
expect_exit 1 --vault nowhere --key kudo.key status
expect_in err "no vault here"
new_key eve
expect_exit 77 --key eve.key status
expect_in err "nobody with this name and key"
new_key ono
new_key ueno
expect_exit 0 init other --origin other.example/v --administrator ono.key \
    --supervisor ueno.key
expect_exit 77 --vault other --key kudo.key status
expect_in err "belongs to another vault"

# The memory of the vault, altered or gone.
cp kudo.key.head kept
printf '\001' | dd of=kudo.key.head bs=1 seek=200 conv=notrunc 2>/dev/null
expect_exit 4 --key kudo.key status
expect_in err "altered or damaged"
rm kudo.key.head
expect_exit 2 --key kudo.key --no-input status
expect_in err "--gate FINGERPRINT is missing"
expect_exit 77 --key kudo.key --no-input status \
    --gate "a b c d e f g h i j"
expect_in err "not the one you were given"
[ ! -e kudo.key.head ] || fail "a refused gate was pinned"
cp kept kudo.key.head
expect_exit 0 --key kudo.key status

# An older copy put back is refused by a device that has seen more.
cp -r office copy
expect_exit 0 --key kudo.key staff propose eve.key.pub --role intake
rm -r office
cp -r copy office
expect_exit 4 --key kudo.key status
expect_in err "shorter than, or other than"
finish
