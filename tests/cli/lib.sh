# What the scripts beside it begin with.  SVAULT is the program to drive,
# JSON_GET the tool that reads its JSON.
set -u
: "${SVAULT:?the program}" "${JSON_GET:?the tool beside this script}"

here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

export HOME="$dir/home" TZ=UTC LC_ALL=C.UTF-8 LANGUAGE=en NO_COLOR=1
unset SVAULT_VAULT SVAULT_KEY XDG_CONFIG_HOME XDG_RUNTIME_DIR XDG_STATE_HOME
unset SVAULT_ACCESSIBLE LANG
mkdir "$HOME"
failures=0

fail() {
    failures=$((failures + 1))
    echo "FAIL: $*" >&2
    echo "--- stdout" >&2
    head -n 40 out >&2
    echo "--- stderr" >&2
    head -n 40 err >&2
}

# Run the program with these arguments; its output goes to out and err.
# Standard input is the file `in` where there is one.
run() {
    if [ -e in ]; then
        "$SVAULT" "$@" <in >out 2>err
    else
        "$SVAULT" "$@" </dev/null >out 2>err
    fi
    code=$?
    rm -f in
    line="svault $*"
}

expect_exit() {
    want=$1
    shift
    run "$@"
    [ "$code" -eq "$want" ] || fail "$line: exit $code, not $want"
}

# expect_in out|err TEXT
expect_in() {
    grep -qF -e "$2" "$1" || fail "$line: no \"$2\" in std$1"
}

expect_not_in() {
    if grep -qF -e "$2" "$1"; then
        fail "$line: \"$2\" in std$1"
    fi
}

expect_empty() {
    [ ! -s "$1" ] || fail "$line: std$1 is not empty"
}

# What the last run's JSON has at this path.
json() {
    "$JSON_GET" "$1" <out
}

expect_json() {
    got=$(json "$1") || fail "$line: no $1 in the JSON"
    [ "$got" = "$2" ] || fail "$line: $1 is \"$got\", not \"$2\""
}

# In one subshell per office: kudo administers, mori supervises.
new_key() {
    expect_exit 0 key new "$1.key" --name "$1" --unprotected
}

make_office() {
    new_key kudo
    new_key mori
    expect_exit 0 init office --origin office.example/vault \
        --administrator kudo.key --supervisor mori.key --json
    gate=$(json gate_fingerprint)
}

fingerprint() {
    "$SVAULT" key show "$1" --json </dev/null | "$JSON_GET" fingerprint
}

# hire NAME ROLE
hire() {
    new_key "$1"
    expect_exit 0 --key kudo.key staff propose "$1.key.pub" --role "$2"
    expect_exit 0 --key mori.key staff confirm "$1" --no-input \
        --fingerprint "$(fingerprint "$1.key")"
    expect_exit 0 --key "$1.key" --gate "$gate" --no-input whoami
}

finish() {
    [ "$failures" -eq 0 ] && exit 0
    echo "$failures failures" >&2
    exit 1
}
