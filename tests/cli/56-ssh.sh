#!/bin/sh
# A desk on another machine: a real sshd on loopback, by a plain login and by
# a key that may do nothing but relay.
. "$(dirname "$0")/lib.sh"
. "$here/served.sh"

sshd=/usr/sbin/sshd
if [ ! -x $sshd ] || ! command -v ssh >/dev/null; then
    echo "SKIP: openssh-server or openssh-client is not installed" >&2
    exit 77
fi
stop_sshd() { [ ! -s sshd.pid ] || kill "$(cat sshd.pid)" 2>/dev/null; }

# sshd, as whoever runs this, with keys of its own and nobody's settings.
mkdir bin
ln -s "$SVAULT" bin/svault
for key in host plain forced; do
    ssh-keygen -q -t ed25519 -N '' -f $key
done
port=$(python3 -c 'import socket; s = socket.socket()
s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
{
    cat plain.pub
    printf 'command="svault relay %s",restrict ' "$sock"
    cat forced.pub
} >authorized
cat >sshd_config <<CONFIG
Port $port
ListenAddress 127.0.0.1
HostKey $dir/host
AuthorizedKeysFile $dir/authorized
PidFile $dir/sshd.pid
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
SetEnv PATH=$dir/bin:/usr/bin:/bin LC_ALL=C.UTF-8
CONFIG
printf '[127.0.0.1]:%s %s\n' "$port" "$(cat host.pub)" >known
for key in plain forced; do
    cat <<CONFIG
Host $key
    HostName 127.0.0.1
    Port $port
    User $(id -un)
    IdentityFile $dir/$key
CONFIG
done >ssh_config
cat >>ssh_config <<CONFIG
Host nowhere
    HostName 127.0.0.1
    Port 1
Host *
    IdentitiesOnly yes
    UserKnownHostsFile $dir/known
    BatchMode yes
CONFIG
real_ssh=$(command -v ssh)
printf '#!/bin/sh\nexec %s -F %s/ssh_config "$@"\n' "$real_ssh" "$dir" >bin/ssh
chmod +x bin/ssh
PATH=$dir/bin:$PATH
if [ "$(id -u)" = 0 ]; then
    mkdir -p /run/sshd # where it separates its privileges
fi
$sshd -f sshd_config -E sshd.log || {
    cat sshd.log >&2
    exit 1
}
wait_for test -s sshd.pid

make_office
hire sato caseworker
hire abe caseworker
hire nagai auditor
awk 'BEGIN { print "identity.case_no,identity.family_name"
    for (i = 1; i <= 1200; i++) printf "K%d,Family%d\n", i, i }' >rows.csv
printf 'identity.case_no,identity.family_name\nA1,Abe\n' >one.csv
serve --socket "$sock"

# ---- Both ways in ----

expect_exit 0 --vault "ssh:plain:$sock" --key sato.key status --json
expect_json form ssh
expect_exit 0 --vault ssh:forced --key sato.key status
expect_in out "over ssh"
expect_exit 0 --vault "ssh:$(id -un)@plain:$sock" status
# The forced one relays to its own socket, whatever is asked for.
expect_exit 0 --vault "ssh:forced:$dir/elsewhere" --key sato.key status
bin/ssh -T forced -- id -u >id </dev/null 2>err
! grep -q '^[0-9]' id || fail "a key for the relay ran a command"

# ---- Two desks at once, one of them over ssh ----

"$SVAULT" --vault "ssh:forced" --key sato.key import rows.csv --type victim \
    >far.out 2>far.err </dev/null &
far=$!
n=0
while kill -0 $far 2>/dev/null || [ $n -lt 3 ]; do
    n=$((n + 1))
    sed "s/A1/A$n/" one.csv >near.csv
    expect_exit 0 --vault "unix:$sock" --key abe.key import near.csv \
        --type victim
done
wait $far || fail "the import over ssh: $(cat far.err)"
grep -q "1200 in" far.out || fail "the import over ssh: $(cat far.out)"
expect_exit 0 --vault ssh:forced --key nagai.key log verify
expect_exit 0 --vault "unix:$sock" --key abe.key record list victim \
    --limit 1000 --json
expect_json records $n

# ---- What is no place, or not there ----

for place in ssh: ssh:-oProxyCommand=id ssh:me@-oX "ssh:a b" 'ssh:a;id' \
    "ssh:a:/b'c" 'ssh:$(id)' 'ssh:a:/x y' unix:; do
    expect_exit 2 --vault "$place" status
done
expect_exit 74 --vault "ssh:nowhere" status
expect_in err "Connection refused"
expect_in err "What ssh said stands above"
expect_exit 74 --vault "ssh:plain:$dir/elsewhere" status
expect_in err "no service listens there"
end_service TERM 0
expect_exit 74 --vault ssh:forced --key sato.key status

# Alone, the relay says what is wrong; it is no command for people's lists.
expect_exit 1 relay "$dir/elsewhere"
expect_in err "no service listens there"
expect_exit 2 relay a b
expect_exit 0 help
expect_not_in out relay
expect_exit 0 help relay
expect_in out authorized_keys
finish
