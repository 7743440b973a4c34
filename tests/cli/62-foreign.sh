#!/bin/sh
# Verifiers that others wrote: golang.org/x/mod's sumdb/tlog and note read our
# exports and proofs, and we read theirs.  It needs Debian's golang-go and
# golang-golang-x-mod-dev, which are too large to be demanded.
here=$(cd "$(dirname "$0")" && pwd)
gopath=${GOPATH:-/usr/share/gocode}
if ! command -v go >/dev/null ||
    [ ! -d "$gopath/src/golang.org/x/mod/sumdb/tlog" ]; then
    echo "SKIPPED: apt-get install golang-go golang-golang-x-mod-dev"
    exit 77
fi
build=$(mktemp -d)
if ! GOPATH=$gopath GO111MODULE=off GOCACHE=$build/cache GOFLAGS= \
    go build -o "$build/xmod" "$here/../foreign/xmod.go"; then
    rm -rf "$build"
    exit 1
fi
. "$here/lib.sh"
trap 'rm -rf "$dir" "$build"' EXIT
xmod=$build/xmod

good() {
    line=$*
    "$@" >out 2>err </dev/null || fail "$line"
}

refused() {
    want=$1
    shift
    line=$*
    "$@" >out 2>err </dev/null
    code=$?
    [ "$code" -eq "$want" ] || fail "$line: exit $code, not $want"
}

# ---- Ours, read by them ----
make_office
hire nagai auditor
printf 'identity.case_no,facts.gender\n' >v.csv
i=0
while [ $i -lt 280 ]; do
    i=$((i + 1))
    echo "$i,female" >>v.csv
done
hire sato caseworker
expect_exit 0 --key nagai.key status --card --json
vkey=$(json log_key)
expect_exit 0 --key nagai.key log export log
good "$xmod" check log "$vkey"
expect_exit 0 --key sato.key import v.csv --type victim
expect_exit 0 --key nagai.key log export log --json
[ "$(json size)" -gt 256 ] || fail "no full tile"
good "$xmod" check log "$vkey"
for n in 0 7 255 256; do
    expect_exit 0 --key nagai.key log prove $n -o p$n.tlog-proof
    good "$xmod" proof p$n.tlog-proof p$n.entry "$vkey"
done
refused 1 "$xmod" proof p0.tlog-proof p7.entry "$vkey"
printf xxxxxxxx | dd of=log/tile/0/000 bs=1 seek=96 conv=notrunc 2>/dev/null
refused 1 "$xmod" check log "$vkey"

# A7: Her own signature stands in the entry of what she did, and nobody
# else's, as their software reads it.
expect_exit 0 --key sato.key record list victim
expect_exit 0 --key nagai.key log list --user sato --json
n=$(json entries)
n=$(json entries.$((n - 1)).entry)
expect_exit 0 --key nagai.key log prove "$n" -o hers.tlog-proof
good "$xmod" actor hers.entry office.example/vault/sato \
    "$(sed -n 's/^sign //p' sato.key.pub)"
refused 1 "$xmod" actor hers.entry office.example/vault/sato \
    "$(sed -n 's/^sign //p' nagai.key.pub)"
refused 1 "$xmod" actor hers.entry office.example/vault/nagai \
    "$(sed -n 's/^sign //p' nagai.key.pub)"

# ---- Theirs, read by us: any log at all is whole and unaltered ----
expect_exit 0 --key nagai.key status --card
cp out office.card
for size in 1 2 255 256 257 600 70000; do
    good "$xmod" make f$size $size foreign.example/log
    vkey=$(cat out)
    sed "s|^origin .*|origin foreign.example/log|; s|^log-key .*|log-key $vkey|" \
        office.card >foreign.card
    refused 4 "$SVAULT_AUDIT" verify f$size --key foreign.card
    grep -q "whole and unaltered, but NOT LAWFUL" out || fail "$line: not whole"
    good "$SVAULT_AUDIT" proof f$size.tlog-proof --key foreign.card
done
good "$SVAULT_AUDIT" compare f1 f257 --key foreign.card
good "$SVAULT_AUDIT" compare f257 f600 --key foreign.card
good "$SVAULT_AUDIT" compare f600/checkpoint f70000 --key foreign.card
refused 4 "$SVAULT_AUDIT" proof f600.tlog-proof --entry f257.entry \
    --key foreign.card
finish
