#!/bin/sh
# What the packages bring, as far as it can be looked at without installing
# them: scripts/package builds them, scripts/test-package installs them.
set -u
cd "$(dirname "$0")/../packaging" || exit 1
failures=0

fail() {
    failures=$((failures + 1))
    echo "FAIL: $*" >&2
}

for script in debian/*/p*; do
    sh -n "$script" || fail "$script is no script"
    [ -x "$script" ] || fail "$script cannot be run"
done
# No way of removing the packages removes a vault.
if grep -nE '(^|[^a-z])(rm|rmdir|userdel|deluser|groupdel)[^"]*(/var/lib|svault)' \
    debian/svaultd/p* | grep -v -e 'rm -rf /run/svault$' -e 'echo "'; then
    fail "a maintainer script removes something"
fi
# Unit, socket and directories name the same places, users and groups.
grep -q '^ListenStream=/run/svault/gate.sock$' svaultd.socket ||
    fail "another socket"
for word in 'SocketGroup=svault-users' 'SocketMode=0660'; do
    grep -q "^$word$" svaultd.socket || fail "svaultd.socket lacks $word"
done
for word in User=svault NoNewPrivileges=yes ProtectSystem=strict LimitCORE=0 \
    UMask=0077 CapabilityBoundingSet= PrivateNetwork=yes IPAddressDeny=any \
    MemoryDenyWriteExecute=yes RestrictAddressFamilies=AF_UNIX; do
    grep -q "^$word$" svaultd.service || fail "svaultd.service lacks $word"
done
# The solver is where the gate looks for it, and may run there.
grep -q '^ExecPaths=.*-/usr/libexec/svault/svault-solver ' svaultd.service ||
    fail "svaultd.service lets the solver not run"
# LMDB maps 64 GiB; a peer has to be seen as who she is.
for word in LimitAS PrivateUsers; do
    grep -q "^$word=" svaultd.service && fail "svaultd.service has $word"
done
grep -q '^d /var/lib/svault 0700 svault svault' svaultd.tmpfiles ||
    fail "the vault's place is not its owner's alone"

# The measure of systemd itself, where it is: 1.0 of 10 at the most.
if command -v systemd-analyze >/dev/null; then
    systemd-analyze security --offline=true --threshold=10 \
        "$PWD/svaultd.service" >/dev/null 2>&1 ||
        fail "systemd-analyze finds the service more exposed than 1.0"
fi
[ "$failures" -eq 0 ]
