#!/bin/sh
# docs/backup.md: every command in it, as it stands there, through the loss of
# everything but the backup and the two sheets.
. "$(dirname "$0")/lib.sh"

guide=$here/../../docs/backup.md

# Sheets on paper are the files A and B here, and typed from them.
answer() {
    case $1 in
    "svault sheet gate "* | "svault sheet key "*) command="$1 --print" ;;
    "svault sheet check gate "*) cp A in ;;
    "svault sheet check key "*) cp B in ;;
    "svault backup verify "*"--sheet -") cp A in ;;
    "svault sheet read "*)
        lose_everything
        cp B in
        command="$1 --unprotected"
        ;;
    "svault backup restore "*) cp A in ;;
    "svault key new "*) command="$1 --unprotected" ;;
    "svault backup confirm "*)
        cp A in
        command="$1 --gate '$gate'"
        ;;
    esac
}

after() {
    case $1 in
    "svault sheet gate "*) grep '^ *[1-4]:' out >A ;;
    "svault sheet key "*) grep '^ *[1-4]:' out >B ;;
    "svault sheet check "*) expect_in out "The sheet is right" ;;
    "svault backup "[cvr]*) expect_in out "office.example/vault" ;;
    esac
}

lose_everything() {
    mkdir bare
    cp office-1.svb A B bare/
    mkdir gone
    mv office office.gate ./*.key* gone/
    cd bare || exit 1
    export SVAULT_VAULT="$dir/bare/office"
}

new_key admin-1
new_key lead-1
new_key rescue-1
expect_exit 0 init office --origin office.example/vault \
    --administrator admin-1.key --supervisor lead-1.key \
    --recovery rescue-1.key.pub --json
gate=$(json gate_fingerprint)
export SVAULT_VAULT="$dir/office"

n=0
who=admin-1
sed -n -e 's/^    \$ //p' -e 's/^<!-- as \(.*\) -->$/as \1/p' "$guide" >lines
while IFS= read -r line <&9; do
    case $line in
    "as "*)
        who=${line#as }
        continue
        ;;
    esac
    n=$((n + 1))
    typed=$line
    command=$line
    answer "$typed"
    eval "set -- $command"
    shift # svault
    case $typed in
    "svault backup create "* | "svault backup confirm "* | \
        "svault backup verify office-1.svb") set -- --key "$who.key" "$@" ;;
    esac
    expect_exit 0 "$@"
    after "$typed"
done 9<lines
[ "$n" -eq 11 ] || fail "backup.md has $n commands"

# And she works: what the guide says in words.
new_key lead-1
expect_exit 0 --key admin-1.key --gate "$gate" --no-input \
    staff replace lead-1 lead-1.key.pub
expect_exit 0 --key rescue-1.key staff confirm lead-1 --no-input \
    --fingerprint "$(fingerprint lead-1.key)"
expect_exit 0 --key lead-1.key --gate "$gate" --no-input whoami
expect_in out "supervisor"

finish
