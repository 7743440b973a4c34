#!/bin/sh
# Keys: made once, shown without a passphrase, opened only with the right one.
. "$(dirname "$0")/lib.sh"

expect_exit 2 key new a.key
expect_in err "--name NAME is missing"
expect_exit 2 key new a.key --name "Mori Hanako"
expect_exit 2 key new a.key --name mori --no-input
expect_in err "--passphrase-fd"
[ ! -e a.key ] || fail "a key was made all the same"

expect_exit 0 key new a.key --name mori --unprotected
expect_in err "UNPROTECTED"
expect_in err "a.key.pub"
expect_in out "Fingerprint: "
[ "$(stat -c %a a.key)" = 600 ] || fail "the key file is not 0600"
[ "$(stat -c %a a.key.pub)" = 644 ] || fail "the key card is not 0644"
grep -qF "key = $dir/a.key" home/.config/svault/config ||
    fail "the configuration has no absolute path of the key"

cp a.key before
expect_exit 1 key new a.key --name sato --unprotected
expect_in err "exists already"
cmp -s a.key before || fail "a key was overwritten"
touch b.key.pub
expect_exit 1 key new b.key --name sato --unprotected
[ ! -e b.key ] || fail "half a key was made"

# The second key does not replace the first in the configuration.
expect_exit 0 key new c.key --name sato --unprotected
expect_not_in err "Noted in"
[ "$(grep -c '^key' home/.config/svault/config)" = 1 ] ||
    fail "the configuration names two keys"

# A passphrase through a descriptor; never on the command line.
exec 5<<END
correct horse battery
END
expect_exit 0 key new p.key --name abe --passphrase-fd 5
exec 5<&-
expect_exit 0 key show p.key
expect_in out "abe"
expect_in out "passphrase (Argon2id, 3 passes, 256 MiB)"
exec 5<<END
short
END
expect_exit 65 key new q.key --name abe --passphrase-fd 5
exec 5<&-
[ ! -e q.key ] || fail "a key with a short passphrase was made"

exec 5<<END
correct horse battery
another long passphrase
END
expect_exit 0 key passwd p.key --passphrase-fd 5
exec 5<&-
exec 5<<END
correct horse battery
another long passphrase
END
expect_exit 77 key passwd p.key --passphrase-fd 5
exec 5<&-
expect_in err "the passphrase is wrong, or the key file was altered"
sed 's/^[^:]*: [^:]*: [^:]*: //' err >wrong

# Through a link the key itself gets the new passphrase, where it lies.
mkdir stick
cp p.key stick/p.key
ln -s stick/p.key link.key
exec 5<<END
another long passphrase
a third long passphrase
END
expect_exit 0 key passwd link.key --passphrase-fd 5
exec 5<&-
[ -L link.key ] || fail "the link was replaced"
cmp -s p.key stick/p.key && fail "the key on the stick has its old passphrase"
[ "$(ls stick)" = p.key ] || fail "something else lies on the stick"

# An altered slot and a wrong passphrase give one and the same message.
size=$(stat -c %s p.key)
cp p.key good
printf '\377' | dd of=p.key bs=1 seek=$((size - 1)) conv=notrunc 2>/dev/null
cmp -s p.key good && printf '\0' |
    dd of=p.key bs=1 seek=$((size - 1)) conv=notrunc 2>/dev/null
exec 5<<END
another long passphrase
another long passphrase
END
expect_exit 77 key passwd p.key --passphrase-fd 5
exec 5<&-
sed 's/^[^:]*: [^:]*: [^:]*: //' err >altered
cmp -s wrong altered || fail "an altered slot is told from a wrong passphrase"

# What does not parse is refused before anything is derived.
for n in 0 1 10 $((size - 1)); do
    head -c "$n" good >cut.key
    chmod 600 cut.key
    expect_exit 65 key show cut.key
done
cat good good >twice.key
chmod 600 twice.key
expect_exit 65 key show twice.key
head -c 5000 /dev/zero >zero.key
chmod 600 zero.key
expect_exit 65 key show zero.key

# A public half that is not the seed's, with nothing to seal it.
expect_exit 0 key new plain.key --name plain --unprotected
expect_exit 0 key show plain.key
printf '%s' x | dd of=plain.key bs=1 seek=40 conv=notrunc 2>/dev/null
expect_exit 4 key show plain.key
expect_in err "plain.key"
expect_empty out

cp good open.key
chmod 640 open.key
expect_exit 77 key show open.key
expect_in err "chmod 600"
expect_exit 1 key show absent.key
expect_exit 65 key show "$dir"

finish
