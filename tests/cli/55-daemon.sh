#!/bin/sh
# svaultd: starts, serves, tells of itself, ends; its key, its peers, systemd.
. "$(dirname "$0")/lib.sh"
. "$here/served.sh"

make_office
hire sato caseworker
printf 'identity.case_no,identity.family_name\nK1,Abe\nK2,Mori\n' >rows.csv

# ---- Served ----

serve --socket "$sock"
expect_exit 0 --vault "unix:$sock" --key sato.key import rows.csv --type victim
expect_exit 0 --vault "unix:$sock" --key sato.key status --json
expect_json form socket
expect_exit 0 --vault "unix:$sock" status
expect_in out "guarded"
expect_exit 0 --vault "unix:$sock" --key sato.key record list victim
expect_exit 75 --vault office --key sato.key status
[ "$(stat -c %a "$sock")" = 600 ] || fail "others may open the socket"
if ! grep -qaE '__asan_init|__tsan_init' "$SVAULTD"; then
    grep -q '^Seccomp:.2' "/proc/$served/status" || fail "no seccomp filter"
    grep -q '^NoNewPrivs:.1' "/proc/$served/status" || fail "new privileges"
fi
grep -q '^Max core file size *0 *0' "/proc/$served/limits" ||
    fail "it may leave a core file"

# The solver, which has neither key nor file.
solver_of() {
    grep -ls "^PPid:.$1\$" /proc/[0-9]*/status | tr -dc '0-9'
}
solver=$(solver_of "$served")
[ "$(cat "/proc/$solver/comm")" = svault-solver ] || fail "no solver"
grep -q '^State:.S' "/proc/$solver/status" || fail "the solver does not wait"

refused 75 --socket "$dir/other"
refused 75 --socket "$sock"
[ -S "$sock" ] || fail "the socket of a running service was taken away"

end_service TERM 0
[ ! -d "/proc/$solver" ] || fail "the solver is left behind"
[ ! -e "$sock" ] || fail "the socket is left behind"
for event in started stopping stopped; do
    grep -q "\"event\": \"$event\"" life || fail "life: no $event"
done
for word in sato kudo Abe K1 victim "$dir"; do
    ! grep -q "$word" life || fail "life: it says $word"
done
while IFS= read -r json; do
    echo "$json" | "$JSON_GET" event >/dev/null || fail "no JSON: $json"
done <life
expect_exit 1 --vault "unix:$sock/none" status
expect_exit 1 --vault "unix:$sock" --key sato.key status
expect_in err "no service listens there"
expect_in err "svaultd"

# What was killed leaves a socket, which the next one replaces.
serve --socket "$sock"
solver=$(solver_of "$served")
end_service KILL 137
gone() { [ ! -d "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"; }
wait_for gone "$solver" || fail "the solver is left behind"
[ -S "$sock" ] || fail "SIGKILL is to leave the socket behind"
expect_exit 74 --vault "unix:$sock" status
expect_in err "no service listens there"
serve --socket "$sock"
expect_exit 0 --vault "unix:$sock" --key sato.key record list victim
end_service INT 0
touch notes
refused 1 --socket notes
[ -f notes ] || fail "a file was taken for a socket"

# ---- Busy ----

cat >hold.py <<'PY'
import socket, sys, time
held = socket.socket(socket.AF_UNIX)
held.connect(sys.argv[1])
open("held", "w").close()
time.sleep(60)
PY
serve --socket "$sock" --connections 1
python3 hold.py "$sock" &
holder=$!
wait_for test -e held
expect_exit 75 --vault "unix:$sock" --key sato.key record list victim
expect_in err "too much to do"
expect_in err "again in a moment"
expect_not_in err "that command"
kill $holder
end_service TERM 0

# ---- Wrong starts ----

refused 2 --frobnicate
refused 2 word
refused 2 --per-user 0
refused 2 --passphrase-fd x
refused 1 --socket "$sock" --group no-such-group
"$SVAULTD" >out 2>err && fail "svaultd without a vault"
"$SVAULTD" --help >out 2>err || fail "svaultd --help"
grep -q -e --wrap-key out || fail "svaultd --help says too little"
if [ "$(id -u)" = 0 ]; then
    as_root=
    refused 2 --socket "$sock"
    expect_in err "root"
    as_root=--allow-root
fi

# ---- The key ----

echo "short" | refused 1 --wrap-key gate.wrapped --passphrase-fd 0
echo "a long enough passphrase" >pass
"$SVAULTD" --vault office ${as_root:-} --wrap-key gate.wrapped \
    --passphrase-fd 5 5<pass >out 2>err || fail "--wrap-key"
[ "$(stat -c %a gate.wrapped)" = 600 ] || fail "a wrapped key for all to read"
refused 1 --wrap-key gate.wrapped --passphrase-fd 5 5<pass
"$SVAULT" sheet gate office.gate --print >sheet || fail "sheet A"
mv office.gate office.gate.away
# The paper that a loss needs comes from the only copy that is left, too.
"$SVAULT" sheet gate gate.wrapped --print --passphrase-fd 5 5<pass >again ||
    fail "no sheet A of a wrapped key"
cmp -s sheet again || fail "another sheet A"
"$SVAULT" sheet check gate gate.wrapped --sheet sheet --passphrase-fd 5 5<pass \
    >out || fail "sheet A of a wrapped key cannot be checked"
expect_exit 2 sheet gate gate.wrapped --print --no-input
expect_empty out
rm sheet again
serve --socket "$sock" --gate-key gate.wrapped --passphrase-fd 5 5<pass
expect_exit 0 --vault "unix:$sock" --key sato.key record list victim
end_service TERM 0
echo "another passphrase" >wrong
refused 77 --socket "$sock" --gate-key gate.wrapped --passphrase-fd 5 5<wrong
chmod 640 gate.wrapped
refused 77 --socket "$sock" --gate-key gate.wrapped --passphrase-fd 5 5<pass
expect_in err "other accounts may read"

mkdir credentials
cp office.gate.away credentials/gate
export CREDENTIALS_DIRECTORY="$dir/credentials"
serve --socket "$sock"
expect_exit 0 --vault "unix:$sock" --key sato.key record list victim
end_service TERM 0
unset CREDENTIALS_DIRECTORY
refused 1 --socket "$sock"
mv office.gate.away office.gate

# ---- systemd: a socket that is handed over, and who is told ----

cat >activate.py <<'PY'
import os, socket, sys
listening = socket.socket(socket.AF_UNIX)
listening.bind(sys.argv[1])
listening.listen(16)
os.dup2(listening.fileno(), 3)
os.set_inheritable(3, True)
os.environ["LISTEN_PID"] = str(os.getpid())
os.environ["LISTEN_FDS"] = "1"
os.execv(sys.argv[2], sys.argv[2:])
PY
cat >told.py <<'PY'
import socket, sys
told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
told.bind(sys.argv[1])
told.settimeout(60)
while True:
    line = told.recv(100).decode()
    print(line, flush=True)
    if line == "STOPPING=1":
        break
PY
python3 told.py "$dir/notify" >told &
teller=$!
wait_for test -S notify
rm -f life
# shellcheck disable=SC2086
NOTIFY_SOCKET="$dir/notify" python3 activate.py "$dir/given" "$SVAULTD" \
    --vault office ${as_root:-} 2>life &
served=$!
line="svaultd, activated"
wait_for is_started || fail "$line: it did not start: $(cat life)"
expect_exit 0 --vault "unix:$dir/given" --key sato.key record list victim
end_service TERM 0
[ -S given ] || fail "systemd's socket was taken away"
wait $teller
[ "$(cat told)" = "READY=1
STOPPING=1" ] || fail "told: $(cat told)"

# ---- Peers ----

# as UID GID COMMAND...
as() {
    uid=$1
    gid=$2
    shift 2
    setpriv --reuid "$uid" --regid "$gid" --clear-groups \
        env HOME=/nonexistent "$@" </dev/null \
        >out 2>err
    code=$?
    line="as $uid:$gid: $*"
}

if [ "$(id -u)" = 0 ]; then
    chmod 711 "$dir"
    mkdir bin
    cp "$SVAULT" bin/svault
    chmod 755 bin bin/svault
    serve --socket "$sock" --group nogroup
    group=$(getent group nogroup | cut -d: -f3)
    [ "$(stat -c %a:%g "$sock")" = "660:$group" ] || fail "mode of the socket"
    as 4321 "$group" bin/svault --vault "unix:$sock" status
    [ $code -eq 0 ] || fail "$line: exit $code: a member is refused"
    HOME=/nonexistent setpriv --reuid 4321 --regid 4321 --groups "$group" \
        bin/svault --vault "unix:$sock" status </dev/null >out 2>err ||
        fail "who has the group among others is refused"
    as 4321 4321 bin/svault --vault "unix:$sock" status
    [ $code -eq 77 ] || fail "$line: exit $code, not 77"
    expect_in err "may not open the service's socket"
    # Even where the file's mode lets everybody in.
    chmod 666 "$sock"
    as 4321 4321 bin/svault --vault "unix:$sock" status
    [ $code -eq 77 ] || fail "$line: exit $code, not 77"
    expect_in err "does not serve this account"
    as 4321 "$group" cat office.gate
    [ $code -ne 0 ] || fail "$line: the gate's key can be read"
    end_service TERM 0
    grep -q '"event": "refused"' life || fail "life: no refused"
else
    echo "not root: peers of other accounts are not tried" >&2
fi
finish
