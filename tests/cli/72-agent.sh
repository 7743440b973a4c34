#!/bin/sh
# svault unlock and svault lock: one passphrase for a while, asked for again
# as soon as the agent is gone, and nothing of the key outside of it.
. "$(dirname "$0")/lib.sh"

export XDG_RUNTIME_DIR="$dir/run" SVAULT_VAULT="$dir/office"
mkdir -m 700 run
trap '"$SVAULT" lock >log 2>&1; rm -rf "$dir"' EXIT
tool() { python3 -B "$here/agent_tool.py" "$@"; }
agent_pid() { sed 's/.*process //' "$socket.lock"; }
# Until something is so: an agent that was told to end takes its moment.
until_so() {
    timeout=200
    until "$@"; do
        timeout=$((timeout - 1))
        [ $timeout -gt 0 ] || {
            fail "never: $*"
            return
        }
        sleep 0.05
    done
}

is_deaf() { tool ask "$socket" | grep -q "^not connected"; }

# A seed that we know, under a passphrase.
echo "canary passphrase one" >pw
echo "canary passphrase wrong" >wrong
new_key kudo
new_key mori
tail -c 32 kudo.key >seed
expect_exit 0 key passwd kudo.key --passphrase-fd 3 3<pw
expect_exit 0 init office --origin office.example/vault \
    --administrator kudo.key --supervisor mori.key --passphrase-fd 3 3<pw
export SVAULT_KEY=kudo.key

# ---- Unlocking ----

(
    unset XDG_RUNTIME_DIR
    expect_exit 1 unlock --passphrase-fd 3 3<pw
    expect_in err "export XDG_RUNTIME_DIR=/run/user/"
    expect_exit 1 lock
    expect_exit 0 whoami --passphrase-fd 3 3<pw
    [ "$failures" -eq 0 ]
) || failures=1
mkdir -m 755 run/svault
expect_exit 77 unlock --passphrase-fd 3 3<pw
expect_in err "open to other accounts"
rmdir run/svault
expect_exit 2 unlock --timeout 0 --passphrase-fd 3 3<pw
expect_exit 2 unlock --timeout 481 --passphrase-fd 3 3<pw
expect_exit 2 unlock --no-input
expect_exit 77 unlock --passphrase-fd 3 3<wrong
expect_in err "the passphrase is wrong"
[ -z "$(find run -type s)" ] || fail "an agent without a key"
expect_exit 0 lock
expect_in out "No key was unlocked."
expect_exit 0 unlock --key mori.key
expect_in err "there is nothing to unlock"

# An agent that is killed before it is ready cannot say so itself.
child_of() { grep -lx "PPid:	$1" /proc/[0-9]*/status 2>/dev/null | cut -d/ -f3; }
has_child() { [ -n "$(child_of "$1")" ]; }
mkfifo slow
sleep 60 >slow &
typist=$!
"$SVAULT" unlock --passphrase-fd 3 3<slow >out 2>err &
unlocking=$!
until_so has_child $unlocking
kill -9 "$(child_of $unlocking)"
code=0
wait $unlocking || code=$?
[ $code -eq 1 ] || fail "unlock without its agent: exit $code"
expect_in err "the agent ended before it was ready"
kill $typist
rm slow

expect_exit 2 whoami --no-input
expect_in err "needs a passphrase"
expect_exit 0 unlock --passphrase-fd 3 3<pw
expect_in out "The key of kudo is unlocked until"
expect_in err "the 5 minutes anew"
socket=$(find run -type s)
[ "$(stat -c %a run/svault "$socket" | tr '\n' ' ')" = "700 600 " ] ||
    fail "modes: $(stat -c %a run/svault "$socket")"
expect_exit 0 whoami --no-input
expect_in out "Unlocked:    until "
expect_exit 0 whoami --no-input --json
[ "$(json unlocked_until)" != null ] || fail "whoami does not say until when"
expect_exit 0 whoami --json --passphrase-fd 3 3<pw
expect_json unlocked_until null
expect_exit 0 status --no-input
new_key sato
expect_exit 0 staff propose sato.key.pub --role caseworker --no-input
expect_exit 0 staff list --no-input
expect_in out sato
expect_exit 0 unlock --timeout 20
expect_in out "was unlocked already"
expect_in err "the 20 minutes anew"
expect_exit 0 unlock --json
expect_json renewed true

# What asks for the passphrase all the same.
expect_exit 77 whoami --passphrase-fd 3 3<wrong
expect_exit 2 key passwd kudo.key --no-input

# Founders sign through it, too.
mv kudo.key.head kudo.head
expect_exit 0 init second --origin office.example/second --no-input \
    --administrator kudo.key --supervisor sato.key
mv kudo.head kudo.key.head
rm sato.key.head

# ---- The process ----

pid=$(agent_pid)
tr '\0' '\n' <"/proc/$pid/environ" >environ
tr '\0' '\n' <"/proc/$pid/cmdline" >cmdline
for file in environ cmdline; do
    ! grep -q canary $file || fail "the passphrase stands in its $file"
done
[ "$(readlink "/proc/$pid/cwd")" = / ] || fail "it holds on to a directory"
grep -q "^Max core file size  *0  *0 " "/proc/$pid/limits" || fail "core is on"
# The address sanitizer does not pass mlock() on.
grep -qa __asan_init "$SVAULT" ||
    [ "$(awk '/^VmLck/ { print $2 }' "/proc/$pid/status")" -ge 4 ] ||
    fail "no locked memory"
[ "$(cut -d ' ' -f 7 "/proc/$pid/stat")" -eq 0 ] || fail "it has a terminal"
hex() { od -An -v -tx1 "$@" | tr -d ' \n'; }
if [ "$(id -u)" -eq 0 ]; then
    passphrase=$(head -c 21 pw | hex)
    tool memory "$pid" "$(hex seed)" "$passphrase" >out
    [ "$(cat out)" = "$(hex seed)" ] ||
        fail "not the seed alone in its memory"
fi

# Another user is refused, whatever the modes are.
tool ask "$socket" >out
grep -q "^connected: 000000" out || fail "its own user is not answered"
if [ "$(id -u)" -eq 0 ]; then
    tool ask "$socket" 65534 >out 2>err
    grep -q "^not connected" out || fail "another user comes to the socket"
    chmod 755 "$dir" run run/svault
    chmod 666 "$socket"
    tool ask "$socket" 65534 >out 2>err
    [ "$(cat out)" = "connected: " ] || [ "$(cat out)" = "connected:" ] ||
        fail "another user is answered"
    chmod 600 "$socket"
    chmod 700 run/svault run "$dir"
fi

# What is said at the socket has neither seed nor passphrase.
tool tap "$socket" said >ready 2>err &
tap=$!
until_so [ -s ready ]
expect_exit 0 staff list --no-input
new_key tabe
expect_exit 0 staff propose tabe.key.pub --role intake --no-input
expect_exit 0 unlock
kill "$tap"
mv "$socket.real" "$socket"
[ "$(wc -c <said)" -gt 500 ] || fail "the tap heard nothing"
hex said | grep -q "$(printf SVA | hex)" || fail "no question in what was said"
! hex said | grep -q "$(hex seed)" || fail "the seed was said"
! grep -q canary said || fail "the passphrase was said"

# ---- Locking ----

expect_exit 0 lock --key mori.key
expect_in out "No key was unlocked."
expect_exit 0 whoami --no-input
expect_exit 0 lock --key kudo.key
expect_in out "Locked."
[ ! -e "$socket" ] || fail "the socket is left"
until_so [ ! -e "/proc/$pid" ]
expect_exit 2 whoami --no-input
expect_in err "needs a passphrase"

# Two keys, two agents; lock ends both.
expect_exit 0 --key mori.key staff confirm sato --no-input \
    --fingerprint "$(fingerprint sato.key)"
gate=$("$SVAULT" --key mori.key status --json | "$JSON_GET" gate_fingerprint)
expect_exit 0 --key sato.key --gate "$gate" --no-input whoami
expect_exit 0 key passwd sato.key --passphrase-fd 3 3<pw
expect_exit 0 unlock --passphrase-fd 3 3<pw
expect_exit 0 unlock --key sato.key --passphrase-fd 3 3<pw
expect_exit 0 lock --json
expect_json locked 2

for signal in TERM HUP; do
    expect_exit 0 unlock --passphrase-fd 3 3<pw
    kill -s $signal "$(agent_pid)"
    until_so [ ! -e "$socket" ]
    expect_exit 2 whoami --no-input
done

# Killed: its socket stays behind, and is in nobody's way.
expect_exit 0 unlock --passphrase-fd 3 3<pw
kill -9 "$(agent_pid)"
until_so is_deaf
[ -e "$socket" ] || fail "no socket was left to test"
expect_exit 2 whoami --no-input
expect_exit 0 lock
expect_in out "No key was unlocked."
expect_exit 0 unlock --passphrase-fd 3 3<pw
expect_in out "is unlocked until"
expect_exit 0 whoami --no-input

# ---- Gone in the middle of a command ----

# At the question for words the session has begun, and its agent is killed.
export SVAULT_KEY=sato.key
expect_exit 0 lock
expect_exit 0 unlock --passphrase-fd 3 3<pw
socket=$(find run -type s)
gone="Names,=!kill -9 $(agent_pid)!Sato"
tool type "$gone" "Passphrase for=canary passphrase one" -- \
    "$SVAULT" record find victim >out 2>err ||
    fail "the passphrase did not take over"
expect_in out "Your key has been locked meanwhile."
expect_in out "Nothing was found."
expect_not_in out "canary"

expect_exit 0 unlock --passphrase-fd 3 3<pw
gone="Names,=!kill -9 $(agent_pid)!Sato"
code=0
tool type "$gone" "Passphrase for=no" "Passphrase for=no" "Passphrase for=no" \
    -- "$SVAULT" record find victim >out 2>err || code=$?
[ $code -eq 77 ] || fail "a locked key goes on"
expect_in out "your key has been locked"
expect_in out "Unlock it with svault unlock"
finish
