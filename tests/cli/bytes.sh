# shellcheck shell=sh disable=SC2034
# Bytes of files, and processes held at a question: for the scripts beside
# it, after lib.sh.

# log_size KEY: entries, as the verified head says.  Reading it logs nothing.
log_size() {
    "$SVAULT" --key "$1" --no-input log head --json </dev/null |
        "$JSON_GET" size
}

# random N: a number from 0 to N - 1.
random() {
    random_bytes=$(od -An -N4 -tu4 /dev/urandom)
    echo $((random_bytes % $1))
}

byte_at() {
    od -An -v -tu1 -j "$2" -N1 "$1" | tr -d ' \n'
}

# set_byte FILE OFFSET VALUE
set_byte() {
    # shellcheck disable=SC2059
    printf "\\$(printf '%03o' "$3")" |
        dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# flip_bit FILE OFFSET BIT
flip_bit() {
    set_byte "$1" "$2" $(($(byte_at "$1" "$2") ^ (1 << $3)))
}

# hold ARGUMENT...: start the program and leave it waiting for a passphrase
# in descriptor 5.  Its process is $held; $hold_as may run it as somebody.
hold() {
    rm -f pipe
    mkfifo pipe || exit 1
    # shellcheck disable=SC2086
    ${hold_as:-} "$SVAULT" --passphrase-fd 5 "$@" 5<pipe 6>&- \
        >held.out 2>held.err &
    held=$!
    exec 6>pipe
    until is_waiting; do
        if ! [ -e "/proc/$held" ] ||
            grep -q '^State:.Z' "/proc/$held/status"; then
            echo "FAIL: svault $*: does not wait for a passphrase" >&2
            cat held.err >&2
            exec 6>&-
            exit 1
        fi
    done
}

# It sleeps, and has made itself ready for secrets before.
is_waiting() {
    grep -q '^State:.S' "/proc/$held/status" &&
        grep -q '^Max core file size  *0  *0 ' "/proc/$held/limits"
} 2>/dev/null

# Let the held program go on with this passphrase; its exit code is $code.
let_go() {
    printf '%s\n' "$1" >&6
    exec 6>&-
    wait "$held"
    code=$?
    line="the held program"
    mv held.out out
    mv held.err err
    rm -f pipe
}

# End the held program by a signal.
stop() {
    kill -s "$1" "$held"
    { wait "$held"; } 2>/dev/null
    exec 6>&-
    rm -f pipe
}
