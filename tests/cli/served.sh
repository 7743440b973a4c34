# svaultd on a vault of the test's own; behind lib.sh.  SVAULTD is the program.
: "${SVAULTD:?the service}"

sock=$dir/sock
served=
[ "$(id -u)" != 0 ] || as_root=--allow-root
trap 'stop_sshd; [ -z "$served" ] || kill -KILL "$served"; rm -rf "$dir"' EXIT

stop_sshd() { :; }

wait_for() { # a command that comes to succeed
    tries=0
    until "$@" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 500 ] || return 1
        sleep 0.02
    done
}

is_started() { grep -q '"event": "started"' life; }

# serve ARGUMENT...: in the background, until it has started.
serve() {
    rm -f life
    # shellcheck disable=SC2086
    "$SVAULTD" --vault office ${as_root:-} "$@" 2>life &
    served=$!
    line="svaultd $*"
    wait_for is_started || fail "$line: it did not start: $(cat life)"
}

# end_service SIGNAL EXIT
end_service() {
    kill "-$1" "$served"
    wait "$served" 2>/dev/null
    code=$?
    served=
    [ $code -eq "$2" ] || fail "$line: exit $code after SIG$1, not $2"
}

# refused EXIT ARGUMENT...: a start that fails, by itself.
refused() {
    want=$1
    shift
    # shellcheck disable=SC2086
    timeout 60 "$SVAULTD" --vault office ${as_root:-} "$@" >out 2>err \
        </dev/null
    code=$?
    line="svaultd $*"
    [ $code -eq "$want" ] || fail "$line: exit $code, not $want"
}
