#!/bin/sh
# Setup without a terminal: every answer as an option, or it says which lack.
# At a terminal: tests/test_setup.c.

# The guarded form needs root, and mounts of its own over what it would change.
. "$(dirname "$0")/own_mounts.sh"
. "$(dirname "$0")/lib.sh"

expect_exit 2 setup
expect_in err "--no-input"
expect_exit 2 setup --no-input --place pc --origin office.example/vault
expect_in err "are lacking: --dir --profile --administrator --supervisor --recovery"
expect_exit 2 setup --no-input extra

new_key kudo
new_key mori
new_key safe

# answers [OPTION]...: all of them, and what else is given.
answers() {
    expect_exit "$1" setup --no-input --place pc --dir office \
        --origin "${2:-office.example/vault}" --profile "${3:-standard}" \
        --administrator "${4:-kudo.key}" --supervisor mori.key \
        --recovery "${5:-safe.key.pub}"
}
answers 2 'not an origin'
answers 2 office.example/vault tiny
answers 1 office.example/vault standard nobody.key
expect_in err "svault key new nobody.key --name NAME"
expect_in err "To go on where it stopped:"
answers 2 office.example/vault standard mori.key
expect_in err "must be two people"
[ ! -e office ] || fail "something was made"

answers 0
expect_in out "Gate's fingerprint:"
expect_in err "does NOT protect against"
expect_in err "  $ svault init office --origin office.example/vault --profile standard --administrator kudo.key --supervisor mori.key --recovery safe.key.pub"
expect_exit 0 --key mori.key --vault office status --json
expect_json recovery true
expect_json profile standard
size=$(json size)
answers 0
expect_in err "Sheet A was not made now"
expect_in err "Sheet B was not made now"
expect_in err "  $ svault sheet check key safe.key"

# Again, nothing is founded; a directory that is no vault stays what it is.
mkdir elsewhere && mv safe.key elsewhere/
answers 0
expect_in err "Sheet B cannot be made here: the key file for recovery is elsewhere"
sed -n '/What comes next/,$p' err >next
grep -q "svault sheet key safe.key" next && grep -q "sheet check key safe.key" next ||
    fail "what comes next lacks sheet B"
expect_in err "There is a vault already in office"
expect_not_in err "  $ svault init"
expect_exit 0 --key mori.key --vault office status --json
expect_json size "$size"
mkdir -m 700 other
new_key sato
new_key tani
expect_exit 1 setup --no-input --place office --dir other \
    --origin office.example/vault --profile standard --administrator sato.key \
    --supervisor tani.key --recovery none
expect_in err "a vault is founded in a new place"
[ -z "$(ls other)" ] || fail "something was made in other"

# ---- guarded: what root made is handed over, and nothing else ----

if [ -n "$SV_OWN_MOUNTS" ]; then
    { cat /etc/passwd && echo 'svault:x:64901:64901::/:/bin/false'; } >passwd
    { cat /etc/group && echo 'svault-users:x:64902:'; } >group
    cp "$SVAULTD" service
    mount --bind passwd /etc/passwd
    mount --bind group /etc/group
    mount -t tmpfs none /var/lib
    mount -t tmpfs none /usr/sbin
    mv service /usr/sbin/svaultd
    mkdir /var/lib/svault
    chown 64901 /var/lib/svault
    guarded() {
        expect_exit "$1" setup --no-input --place pc \
            --dir /var/lib/svault/vault --origin office.example/vault \
            --profile standard --administrator kudo.key \
            --supervisor mori.key --recovery none
    }
    owners() { stat -c %u "$1" "$1"/* "$2" | sort -u; }
    mv kudo.key.head mori.key.head elsewhere/
    guarded 0
    [ "$(owners /var/lib/svault/vault /var/lib/svault/vault.gate)" = 64901 ] ||
        fail "not all of the vault is the service's"
    # The service puts a link to what is root's in the vault's place.
    mv /var/lib/svault/vault /var/lib/svault/mine
    ln -s "$dir/office" /var/lib/svault/vault
    chown -h 64901 /var/lib/svault/vault
    guarded 77
    [ "$(owners office office.gate)" = 0 ] ||
        fail "root's own files were handed to the service"
fi
finish
