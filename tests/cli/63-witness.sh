#!/bin/sh
# A witness outside: asked by files, cosigns one branch that grows, and tells
# on whoever shows it two.  Answers are collected, shown, and exported.
. "$(dirname "$0")/lib.sh"
: "${SVAULT_AUDIT:?the program of auditors}"

# Like expect_exit, of the auditor's program.
audit() {
    want=$1
    shift
    "$SVAULT_AUDIT" "$@" >out 2>err </dev/null
    code=$?
    line="svault-audit $*"
    [ "$code" -eq "$want" ] || fail "$line: exit $code, not $want"
}

# The witness is asked about a file, as the board member would.
witness() {
    want=$1
    shift
    audit "$want" witness "$@" --key office.card --signer board.key
}

make_office
hire sato caseworker
hire nagai auditor
export SVAULT_VAULT="$dir/office"
expect_exit 0 --key nagai.key status --card
cp out office.card

# ---- Her key ----

audit 0 witness --new-key board.key --name board.example/w1
vkey=$(cat out)
expect_in out "board.example/w1+"
[ "$(wc -l <out)" -eq 1 ] || fail "more than the key"
[ "$(stat -c %a board.key)" = 600 ] || fail "others can read her key"
[ "$(stat -c %a board.key.state)" = 700 ] || fail "others can read her state"
expect_not_in out "$(cut -d + -f 5- board.key)"
audit 1 witness --new-key board.key --name board.example/w1
audit 2 witness --new-key more.key
audit 2 witness --new-key more.key --name "board example"
audit 2 witness --new-key more.key --name a+b
audit 2 witness --new-key more.key --name x --signer board.key
audit 2 witness --new-key more.key --name x --first
[ ! -e more.key ] || fail "a key without a name"
audit 1 witness --new-key nowhere/more.key --name x --state more.state
[ ! -e more.state ] || fail "a state without a key is left behind"
audit 0 witness --new-key other.key --name board.example/w2 --json
other=$(json witness)
expect_json key_file other.key

# ---- A request, its answer ----

expect_exit 0 --key nagai.key status --json
expect_json witnesses 0
run --key nagai.key doctor
expect_in out "no witness yet"
expect_exit 2 --key nagai.key log witness
expect_exit 2 --key nagai.key log witness -o a --collect b
expect_exit 2 --key nagai.key log witness -o request-1
expect_in err "--witness"
expect_exit 2 --key nagai.key log witness -o request-1 --witness "${vkey}x"
expect_in err "not the key of a witness"
expect_exit 0 --key nagai.key status --json
expect_exit 2 --key nagai.key log witness -o request-1 --witness "$(json log_key)"
[ ! -e request-1 ] || fail "a request to nobody"
expect_exit 0 --key nagai.key log list --json
before=$(json entries)
expect_exit 0 --key nagai.key log witness -o request-1 --witness "$vkey" --json
expect_json witness "$vkey"
expect_json old 0
size=$(json size)
[ "$(head -n 1 request-1)" = "old 0" ] || fail "not a request"
expect_exit 1 --key nagai.key log witness -o request-1
expect_exit 0 --key nagai.key status
expect_in out "board.example/w1: no answer yet"
# She asks without a trace, and learns nothing but heads.
expect_exit 0 --key nagai.key log list --json
[ "$(json entries)" -eq $((before + 1)) ] || fail "a request left entries"
for word in sato nagai kudo caseworker; do
    ! grep -q $word request-1 || fail "a request says $word"
done

witness 5 request-1
expect_in out "--first"
[ ! -e request-1.cosigned ] || fail "an answer to an unknown log"
witness 0 request-1 --first --json
expect_json verdict cosigned
expect_json size "$size"
expect_json cosigned_before null
expect_json answer request-1.cosigned
expect_json witness "$vkey"
cmp -s request-1.cosigned board.key.state/*/checkpoint ||
    fail "what was answered is not what is kept"
# Asked again: answered again.
witness 0 request-1 --output again
expect_in out "COSIGNED"
expect_in out "Cosigned last: $size entries"

expect_exit 1 --key nagai.key log witness --collect nowhere
expect_exit 0 --key nagai.key log witness --collect request-1.cosigned
expect_in out "Cosigned by board.example/w1: $size entries"
expect_exit 0 --key nagai.key status --json
expect_json witnesses.0.name board.example/w1
expect_json witnesses.0.size "$size"
expect_exit 0 --key nagai.key status
expect_in out "(0 days ago)"
run --key nagai.key doctor --json
grep -q '"0 days old"' out || fail "the doctor does not see it"
[ "$(stat -c %a nagai.key.witness)" = 700 ] || fail "others see what is kept"
# Another's key does not see it; nothing waits for a witness.
expect_exit 0 --key sato.key record list victim

# The next one goes on from there, and it is known by name.
expect_exit 0 --key nagai.key log witness -o request-2 --json
expect_json old "$size"
[ "$(sed -n '/^old/,/^$/p' request-2 | wc -l)" -ge 3 ] || fail "no proof"
witness 0 request-2 --json
expect_json cosigned_before "$size"
newer=$(json size)
expect_exit 0 --key nagai.key log witness --collect request-2.cosigned --json
expect_json kept true
expect_exit 0 --key nagai.key log witness --collect request-1.cosigned --json
expect_json kept false
expect_exit 0 --key nagai.key status --json
expect_json witnesses.0.size "$newer"

# ---- An independent reading of request and answer ----

expect_exit 0 --key nagai.key status --json
log_key=$(json log_key)
python3 -B "$here/../foreign/witness.py" "$log_key" "$vkey" request-2 \
    request-2.cosigned request-1.cosigned >out 2>err || fail "an independent reading finds another thing"

# x/mod opens a cosigned head by the log's signature; it knows no cosignature.
gopath=${GOPATH:-/usr/share/gocode}
if command -v go >/dev/null && [ -d "$gopath/src/golang.org/x/mod/sumdb" ]; then
    GOPATH=$gopath GO111MODULE=off GOCACHE=$dir/cache GOFLAGS="" \
        go run "$here/../foreign/xmod.go" head request-2.cosigned "$log_key" \
        >out 2>err || fail "x/mod does not open a cosigned head"
    expect_in out "$newer entries"
fi

# ---- Export ----

expect_exit 0 --key sato.key record list victim
expect_exit 0 --key nagai.key log export plain
audit 5 verify plain --key office.card --witness "$vkey"
expect_exit 0 --key nagai.key log export log --cosigned --json
expect_json size "$newer"
audit 0 verify log --key office.card --witness "$vkey"
expect_in out "Witness: board.example/w1"
audit 5 verify log --key office.card --witness "$vkey" --witness "$other"
# A second witness's line joins the first one's, on the same head.
expect_exit 0 --key nagai.key log witness -o request-3 --witness "$other"
audit 0 witness request-3 --key office.card --signer other.key --first
expect_exit 0 --key nagai.key log witness --collect request-3.cosigned
expect_exit 2 --key nagai.key log witness -o request-4
expect_in err "board.example/w2"
expect_exit 0 --key nagai.key log witness -o request-4 --witness board.example/w1
witness 0 request-4 --json
expect_json size "$(sed -n '/^$/,$p' request-3 | sed -n 3p)"
expect_exit 0 --key nagai.key log witness --collect request-4.cosigned
expect_exit 0 --key nagai.key log export both --cosigned
audit 0 verify both --key office.card --witness "$vkey" --witness "$other"
# A cosignature that comes later is put on the head that is there.
expect_exit 0 --key nagai.key log export both --cosigned --json
expect_json new 0
audit 0 verify both --key office.card --witness "$vkey" --witness "$other"
expect_exit 0 --key nagai.key log export plain
expect_exit 4 --key nagai.key log export plain --cosigned
expect_in err "more entries than the head that was cosigned"
expect_exit 1 --key sato.key log export mine --cosigned
expect_in err "svault log witness"

# ---- What is not the witness's business ----

expect_exit 0 --key sato.key record list victim
expect_exit 0 --key nagai.key log witness -o request-d --witness "$vkey"
for damage in "s/^old .*/old 1/" "s/^old .*/new 1/" '1s/$/ /' '2s/^./A/' '3d' '$d'; do
    sed "$damage" request-d >bad
    cmp -s bad request-d && fail "nothing is damaged by $damage"
    cp -r board.key.state state-before
    "$SVAULT_AUDIT" witness bad --key office.card --signer board.key >out 2>err
    code=$?
    line="a request after $damage"
    case $code in
    4 | 65 | 75) ;;
    *) fail "$line: exit $code" ;;
    esac
    cmp -s board.key.state/*/checkpoint state-before/*/checkpoint ||
        fail "$line: something was cosigned"
    rm -rf state-before
done
rm -f board.key.state/*/fork-*
witness 1 nowhere
witness 65 office.card
audit 65 witness request-4 --key office.card --signer office.card
audit 1 witness request-4 --key office.card --signer nowhere
audit 2 witness request-4 --key office.card
audit 2 witness request-4 --signer board.key
audit 2 witness --signer board.key --key office.card
audit 2 witness request-4 --from request-4 --signer board.key --key office.card
audit 2 witness --from request-4 --first --signer board.key --key office.card
audit 2 verify log --key office.card --signer board.key
audit 2 verify log --key office.card --first
chmod 644 board.key
witness 0 request-4
expect_in err "others on this machine can read this key"
chmod 600 board.key
(flock 9 && exec "$SVAULT_AUDIT" witness request-4 --key office.card \
    --signer board.key >out 2>err </dev/null) 9<>board.key.state/lock
[ $? -eq 75 ] || fail "two of them had the state at once"
cp -r office other-office-dir # of no use: another log needs another card
audit 4 witness request-4 --key office.card --signer other.key --state board.key.state
expect_in err "of another key"

# A state that was lost: nothing is begun anew, but what was cosigned goes on.
mv board.key.state lost
witness 1 request-4
expect_in err "must not begin anew"
witness 1 request-4 --first
[ ! -e board.key.state ] || fail "a witness without memory made a new one"
sed '$d' lost/*/checkpoint >unsigned.note
witness 4 --from unsigned.note
witness 0 --from request-4.cosigned
expect_in out "It goes on from"
witness 1 --from request-2.cosigned
witness 0 request-4
rm -rf lost

# ---- Two branches ----

# A2: The office puts its vault back to a copy, and goes on from there.
mkdir early
cp -r office office.gate ./*.head early
expect_exit 0 --key sato.key record list victim
expect_exit 0 --key nagai.key log witness -o request-5 --witness board.example/w1
witness 0 request-5
expect_exit 0 --key nagai.key log witness --collect request-5.cosigned
cp -r nagai.key.witness kept
cp nagai.key.head newest.head

# The whole directory, with all that this desk remembers but the witness's.
rm -rf office office.gate
cp -r early/office early/office.gate .
cp early/*.head .
expect_exit 4 --key nagai.key status
expect_in err "does not go on from what this witness has cosigned"
expect_in err "Both heads are kept as evidence"
expect_exit 4 --key nagai.key log witness -o request-6 --witness board.example/w1
[ ! -e request-6 ] || fail "a request for a log that was cut"
# With the witness's answers put back, too, only she herself knows.
rm -rf nagai.key.witness nagai.key.head.fork-*
expect_exit 0 --key nagai.key log witness -o request-6 --witness "$vkey"
witness 4 request-6
expect_in out "FEWER ENTRIES"
expect_exit 4 --key nagai.key log witness --collect request-6.cosigned
expect_in err "does not go on from what this witness has cosigned"
n=$(find . -maxdepth 1 -name 'nagai.key.head.fork-*.note' -perm 600 | wc -l)
[ "$n" -eq 2 ] || fail "$n heads kept as evidence, not 2"
run --key nagai.key doctor
expect_in out "evidence of a log that did not go on"
[ "$code" -eq 1 ] || fail "the doctor finds nothing amiss"
# The vault itself is not closed by it: reading never waits for a witness.
expect_exit 0 --key sato.key record list victim
rm -f nagai.key.head.fork-*

# The other branch grows beyond what was cosigned.
n=0
while [ $n -lt 5 ]; do
    n=$((n + 1))
    expect_exit 0 --key sato.key record list victim
done
expect_exit 0 --key nagai.key log witness -o request-7 --witness "$vkey"
cp board.key.state/*/checkpoint cosigned-before
witness 75 request-7 # from nothing: the office has forgotten her answers
cmp -s request-7.cosigned cosigned-before || fail "another answer than the last"
cosigned=$(sed -n 2p cosigned-before)
# Who forges the beginning of the request, too, has no proof for it.
sed "1s/.*/old $cosigned/" request-7 >request-8
witness 4 request-8 --json
expect_json verdict unproved
expect_json answer request-8.cosigned
for i in 0 1; do
    f=$(json evidence.$i)
    [ "$(stat -c %a "$f")" = 600 ] || fail "evidence that others can read: $f"
done
cmp -s "$(json evidence.0)" cosigned-before || fail "not what was cosigned"
cmp -s board.key.state/*/checkpoint cosigned-before || fail "it has moved"
audit 0 compare "$(json evidence.0)" "$(json evidence.0)" --key office.card

# A9: Exactly as many entries: two heads that prove it by themselves.
rm -rf office office.gate nagai.key.witness
cp -r early/office early/office.gate .
cp early/*.head .
size=0
while [ "$size" -lt "$cosigned" ]; do
    expect_exit 0 --key sato.key --as caseworker record list victim --limit 5
    expect_exit 0 --key nagai.key log witness -o request-9 --witness "$vkey" --json
    size=$(json size)
    [ "$size" -ge "$cosigned" ] || rm request-9
done
if [ "$size" -eq "$cosigned" ]; then
    witness 4 request-9 --json
    expect_json verdict fork
    ours=$(json evidence.0)
    shown=$(json evidence.1)
    audit 4 compare "$ours" "$shown" --key office.card
    expect_in out "CONTRADICT"
else
    fail "the other branch has $size entries, not $cosigned"
fi

# The first branch is still the one that is cosigned: the auditor sees it.
audit 0 compare cosigned-before cosigned-before --key office.card

# ---- What was kept is damaged ----

rm -rf nagai.key.witness
cp -r kept nagai.key.witness
f=$(find nagai.key.witness -type f | head -n 1)
sed '3s/^/1/' "$f" >damaged # another number of entries
cp damaged "$f"
run --key nagai.key doctor
expect_in out "is altered or damaged"
expect_exit 4 --key nagai.key log witness -o request-10
expect_in err "$f"
expect_exit 0 --key sato.key record list victim

# What cannot be read is not passed over in silence either.
rm "$f"
mkdir "$f"
expect_exit 0 --key nagai.key log export unread
expect_in err "$f cannot be read, and is left out."
run --key nagai.key doctor
expect_in out "$f"
finish
