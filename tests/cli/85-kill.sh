#!/bin/sh
# Killed at any moment: what was acknowledged is there afterwards, nothing is
# half there, and the same command goes on.
. "$(dirname "$0")/lib.sh"
. "$here/bytes.sh"

rows=3000
batch=512
kills=20
foundings=40
# Sanitizers are slow, above all where a process starts and ends.
if grep -qaF __asan_init "$SVAULT"; then
    rows=1100
    kills=8
    foundings=15
fi

ms_now() { date +%s%3N; }

# killed_after US ARGUMENT...: run, and kill by SIGKILL unless it is done.
# Waited for by ourselves: timeout(1) dies of its own SIGKILL, too early.
killed_after() {
    us=$1
    shift
    "$SVAULT" "$@" </dev/null >out 2>err &
    sleep "$(printf '%d.%06d' $((us / 1000000)) $((us % 1000000)))"
    kill -KILL $! 2>/dev/null
    { wait $!; } 2>/dev/null
    code=$?
    line="svault $*, killed after $us us"
    [ $code -eq 137 ] || [ $code -eq 0 ] || fail "$line: exit $code"
}

# How many records there are; by one who sees handles only.
count_records() {
    records=0
    before=
    while :; do
        # shellcheck disable=SC2086
        expect_exit 0 --key mori.key record list victim --limit 1000 \
            $before --json
        page=$(json records) || return
        records=$((records + page))
        [ "$(json more)" = true ] || break
        before="--before $(json before)"
    done
}

# start_import: in the background, so that an interrupt reaches it.
start_import() {
    env --default-signal=INT "$SVAULT" --key sato.key import rows.csv \
        --type victim </dev/null >out 2>err &
    line="svault import"
}

make_office
hire sato caseworker
hire nagai auditor
awk -v n=$rows 'BEGIN {
    print "identity.case_no,identity.family_name,facts.gender," \
        "narrative.summary"
    for (i = 1; i <= n; i++)
        printf "K%05d,Family%d,female,Told about day %d\n", i, i, i
}' >rows.csv
mkdir fresh
cp -r office ./*.head fresh

again() {
    rm -rf office
    cp -r fresh/. .
    had=0
}

# All rows are in, each once: the command finds every one of them, and there
# are no others.
expect_all_in() {
    expect_exit 0 --key sato.key import rows.csv --type victim
    expect_in out "$((rows - had)) in, $had already in"
    expect_exit 0 --key sato.key import rows.csv --type victim
    expect_in out "0 in, $rows already in"
    count_records
    [ "$records" -eq $rows ] || fail "$records records, not $rows"
    expect_exit 0 --key nagai.key log verify
}

# ---- An import, killed ----

again
begun=$(ms_now)
expect_all_in
third=$((($(ms_now) - begun) / 3))
expect_exit 0 --key sato.key record list victim --limit 300 --json
sed -n 's/.*"case_no": "\(.*\)".*/\1/p' out >numbers
[ "$(sort -u numbers | wc -l)" -eq 300 ] || fail "case numbers are not unique"

again
hits=0
n=0
while [ $n -lt $kills ]; do
    n=$((n + 1))
    killed_after "$(random $((third * 1000 + 1)))" --key sato.key \
        import rows.csv --type victim
    [ "$code" -ne 0 ] || had=$rows # it was acknowledged
    expect_exit 0 --key nagai.key log verify
    count_records
    [ "$records" -ge "$had" ] || fail "kill $n: rows are lost"
    [ "$records" -eq $rows ] || [ $((records % batch)) -eq 0 ] ||
        fail "kill $n: $records rows: a part of a batch"
    [ "$records" -eq "$had" ] || hits=$((hits + 1))
    had=$records
    [ "$had" -lt $rows ] || {
        expect_all_in
        again
    }
done
expect_all_in
[ $hits -gt 0 ] || fail "no kill came while rows were coming in"

# ---- An import, interrupted ----

interrupted=no
n=0
while [ $interrupted = no ] && [ $n -lt 10 ]; do
    n=$((n + 1))
    again
    start_import
    while cmp -s office/head fresh/office/head; do :; done
    kill -INT $!
    wait $!
    code=$?
    [ $code -eq 0 ] && continue
    interrupted=yes
    [ $code -eq 3 ] || fail "an interrupted import: exit $code, not 3"
    had=$(sed -n "s/^ *The first \([0-9]*\) of $rows rows are in.*/\1/p" err)
    [ -n "$had" ] || {
        fail "an interrupted import does not say which rows are in"
        had=0
    }
    expect_in err "The same command goes on from there"
    count_records
    [ "$records" -eq "$had" ] || fail "$records rows are in, not $had"
    expect_all_in
done
[ $interrupted = yes ] || fail "every import was done before its interrupt"

# While it asks: nothing is done.
echo "a long enough passphrase" >pass
expect_exit 0 key new ueda.key --name ueda --passphrase-fd 5 5<pass
expect_exit 0 --key kudo.key staff propose ueda.key.pub --role caseworker
expect_exit 0 --key mori.key staff confirm ueda --no-input \
    --fingerprint "$(fingerprint ueda.key)"
size=$(log_size mori.key)
hold_as="env --default-signal=INT"
hold --key ueda.key --gate "$gate" import rows.csv --type victim
kill -INT "$held"
wait "$held"
code=$?
exec 6>&-
mv held.err err
[ $code -eq 1 ] || fail "interrupted while asking: exit $code, not 1"
expect_in err "stopped"
[ "$(log_size mori.key)" = "$size" ] || fail "the log has grown"

# ---- A founding, killed ----

found() {
    expect_exit "$1" init site --origin site.example/vault \
        --administrator abe.key --supervisor oka.key
}

clear_site() {
    rm -rf site site.gate site.new-* ./abe.key* ./oka.key*
    new_key abe
    new_key oka
}

# Both founders can work; what the first one has to know, the gate says.
expect_whole() {
    words=$(XDG_CONFIG_HOME="$dir/none" "$SVAULT" --vault site status \
        --json </dev/null | "$JSON_GET" gate_fingerprint)
    for who in abe oka; do
        expect_exit 0 --vault site --key $who.key --no-input --gate "$words" \
            staff list
    done
    expect_in out oka
}

clear_site
begun=$(ms_now)
found 0
whole=$(($(ms_now) - begun + 3))
n=0
vaults=0
while [ $n -lt $foundings ]; do
    n=$((n + 1))
    clear_site
    killed_after "$(random $((whole * 1000)))" init site \
        --origin site.example/vault --administrator abe.key \
        --supervisor oka.key
    if [ -e site ]; then
        vaults=$((vaults + 1))
        expect_whole
        found 1
        expect_in err "site: exists already"
        expect_whole
        continue
    fi
    [ ! -e abe.key.head ] && [ ! -e oka.key.head ] ||
        fail "$line: a vault that is not there is remembered"
    if [ -e site.gate ]; then
        found 1
        expect_in err "remove it"
        rm site.gate
    fi
    found 0
    expect_whole
done
[ $vaults -lt $foundings ] || fail "no kill came before the vault was whole"

# What a kill can leave beside: named, so that it can be removed.
clear_site
found 0
mv site gone
rm abe.key.head oka.key.head
found 1
expect_in err "site.gate: exists already"
expect_in err "If there never was one"
[ ! -e site ] || fail "a vault was founded over another's gate"
finish
