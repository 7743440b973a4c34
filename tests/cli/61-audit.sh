#!/bin/sh
# The log leaves the office: exported, checked by who has a card and nothing
# else, and refused where anything of it is not as it was.
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

make_office
hire sato caseworker
hire nagai auditor
cat >v.csv <<'END'
identity.case_no,identity.family_name,facts.gender
1,Canaryfamily,female
2,Canaryfamily,male
3,Canaryfamily,female
END
expect_exit 0 --key sato.key import v.csv --type victim
expect_exit 0 --key sato.key record list victim --json
id=$(json records.0.record)
expect_exit 77 --key sato.key record show 1 -c health --purpose safety

# ---- The card ----
expect_exit 0 --key sato.key status --card
cp out office.card
[ "$(head -n 1 out)" = "svault/audit-card/v1" ] || fail "not a card"
expect_in out "fingerprint $gate"
expect_exit 0 --key sato.key status --card --json
expect_json origin office.example/vault
expect_json fingerprint "$gate"
expect_json card "$(cat office.card)"
HOME=$dir/nowhere expect_exit 2 --vault office status --card
expect_in err "--key" # it is of what was verified

# ---- Export ----
expect_exit 77 --key sato.key log export log
[ ! -e log/checkpoint ] || fail "a caseworker exported the log"
rm -rf log
expect_exit 2 --key nagai.key log export
expect_exit 0 --key nagai.key log export log --json
size=$(json size)
expect_json new "$size"
expect_json entries true
audit 0 verify log --key office.card
expect_in out "whole, unaltered, lawful."
expect_in out "$size entries"
[ "$(tail -n 1 out)" = "Verdict: whole, unaltered, lawful. Again: svault-audit verify log --key office.card" ] ||
    fail "the last line is not the verdict"
cp -r log log-1

# Its reading is in the next one; and again from nothing at the same head.
expect_exit 0 --key nagai.key log export log --json
[ "$(json new)" -ge 1 ] || fail "nothing new"
audit 0 verify log --key office.card --json
expect_json ok true
expect_json verdict good
expect_json lawful true
expect_json fault null
audit 0 compare log-1 log --key office.card
audit 0 compare log-1/checkpoint log --key office.card --json
expect_json verdict extends
audit 4 compare log log-1 --key office.card
expect_in out "FEWER ENTRIES"
audit 5 compare log-1/checkpoint log/checkpoint --key office.card
audit 0 compare log log/checkpoint --key office.card

expect_exit 0 --key nagai.key log export heads --heads-only --json
expect_json entries false
[ ! -e heads/tile/entries ] || fail "entries for witnesses"
audit 5 verify heads --key office.card
expect_in out "nobody can tell"
audit 0 compare log heads --key office.card
expect_exit 1 --key nagai.key log export log --heads-only
expect_in err "leave --heads-only out"
mkdir other
echo letter >other/letter.txt
expect_exit 1 --key nagai.key log export other
expect_in err "letter.txt"
[ "$(ls other)" = letter.txt ] || fail "wrote among other things"

# ---- Nothing is believed without the right card ----
audit 2 verify log
expect_in err "--key"
sed 's/^genesis 0/genesis 1/; t; s/^genesis ./genesis 0/' office.card >slip.card
audit 65 verify log --key slip.card
expect_in err "slip.card:5: "
audit 65 verify log --key v.csv
audit 1 verify log --key nowhere.card
audit 1 verify nowhere --key office.card
(
    mkdir second second/home
    cd second || exit 1
    export HOME="$dir/second/home"
    make_office
    expect_exit 0 --key mori.key status --card
    cp out ../second.card
    exit "$failures"
) || fail "a second office"
audit 4 verify log --key second.card
expect_in out "checkpoint: not a head that this log's key signed"

# A1: Every file: flipped, cut, gone, renamed, and one too many.
find log -type f | sort >files
while IFS= read -r f; do
    cp "$f" kept
    bytes=$(wc -c <"$f")
    for part in 0 1 2 3 4 5 6; do
        at=$((part * (bytes - 1) / 6))
        byte=$(od -An -tu1 -j "$at" -N 1 kept | tr -d ' ')
        # shellcheck disable=SC2059
        printf "\\$(printf %o $((byte ^ 4)))" |
            dd of="$f" bs=1 seek="$at" conv=notrunc 2>/dev/null
        audit 4 verify log --key office.card
        expect_in out "FAULT: "
        cp kept "$f"
    done
    truncate -s $((bytes / 2)) "$f"
    audit 4 verify log --key office.card
    mv kept "$f"
    mv "$f" aside
    audit 4 verify log --key office.card
    expect_in out "FAULT: ${f#log/}: this file is missing"
    expect_in out "NOT WHOLE"
    mv aside "$f.txt"
    audit 4 verify log --key office.card
    mv "$f.txt" "$f"
done <files
name=$(printf 'evil\033[31m\342\200\256name')
echo x >"log/tile/0/$name"
audit 4 verify log --key office.card
expect_in out "this file does not belong here"
if LC_ALL=C grep -q "$(printf '\033')" out; then
    fail "a file's name steers the terminal"
fi
audit 4 verify log --key office.card --json
expect_json whole false
rm "log/tile/0/$name"
mkfifo log/pipe
audit 4 verify log --key office.card
rm log/pipe
audit 0 verify log --key office.card

# ---- An export that was spoiled is not added to ----
cp -r log spoiled
printf x | dd of=spoiled/checkpoint bs=1 seek=3 conv=notrunc 2>/dev/null
expect_exit 4 --key nagai.key log export spoiled
expect_in err "spoiled/checkpoint"

# ---- One entry, proved ----
expect_exit 0 --key nagai.key log prove 0 -o first.tlog-proof --json
expect_json entry_file first.entry
audit 0 proof first.tlog-proof --key office.card
expect_in out "act genesis"
expect_in out "Verdict: this entry stands"
audit 0 proof first.tlog-proof --entry first.entry --key office.card --json
expect_json entry 0
sed 's/genesis/genesys/' first.entry >other.entry
audit 4 proof first.tlog-proof --entry other.entry --key office.card
expect_in out "NOT PROVED"
audit 4 proof first.tlog-proof --key second.card
sed 's/^index 0/index 1/' first.tlog-proof >second.tlog-proof
audit 4 proof second.tlog-proof --entry first.entry --key office.card
audit 2 proof first.entry --key office.card
expect_exit 2 --key nagai.key log prove 0
expect_exit 2 --key nagai.key log prove 0 -o first.txt
expect_exit 1 --key nagai.key log prove 0 -o first.tlog-proof
rm first.entry
expect_exit 1 --key nagai.key log prove 0 -o first.tlog-proof
[ ! -e first.entry ] || fail "an entry without its proof"
expect_exit 1 --key nagai.key log prove 999999 -o far.tlog-proof
expect_exit 77 --key sato.key log prove 0 -o mine.tlog-proof
[ ! -e mine.entry ] || fail "an entry for who may not read the log"

# ---- Who did what ----
audit 0 who --record "$(echo "$id" | cut -c 1-8)" log --key office.card
expect_in out "DENIED: compartment"
expect_in out "sato (caseworker)"
expect_in out "item"
audit 0 who --actor sato log --key office.card --json
[ "$(json entries)" -ge 3 ] || fail "fewer entries than acts"
expect_json entries.0.actor sato
# Who signed as the second did it, too.
audit 0 who --actor mori log --key office.card --json
expect_json entries.0.act genesis
expect_json entries.0.actor kudo
expect_json entries.0.second mori
audit 0 who --actor mori log --key office.card
expect_in out "kudo (administrator), mori  genesis"
audit 0 report log --key office.card --json
[ "$(json people.1.actor).$(json people.1.first_entry)" = mori.0 ] ||
    fail "$line: mori signed no genesis"
expect_exit 0 --key nagai.key log list --user mori --limit 1000 --json
expect_json entries.0.act genesis
expect_json entries.0.second mori
expect_json entries.1.second null
expect_exit 0 --key nagai.key log list --user mori --limit 1000
expect_in out "kudo, mori"
audit 0 who --actor nobody log --key office.card --json
expect_json entries 0
audit 2 who log --key office.card
audit 2 who --actor sato --record ab log --key office.card
audit 2 who --record xyz log --key office.card
cp -r log-1 spoiled-2
entries=$(find spoiled-2/tile/entries -type f | head -n 1)
printf x | dd of="$entries" bs=1 seek=40 conv=notrunc 2>/dev/null
audit 4 who --actor sato spoiled-2 --key office.card
expect_in out "worth nothing"

audit 4 who --actor sato spoiled-2 --key office.card --json
expect_json ok false
expect_in out '"entries": []'

# ---- Long work is seen to go on, by people ----
cat >at_terminal.py <<'END'
import os, sys
# Runs a program with a terminal as its standard error, and prints what it saw.
out, slave = os.openpty()
pid = os.fork()
if pid == 0:
    os.dup2(slave, 2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execv(sys.argv[1], sys.argv[1:])
os.close(slave)
os.waitpid(pid, 0)
os.set_blocking(out, False)
try:
    sys.stdout.buffer.write(os.read(out, 65536))
except OSError:
    pass
END
seen() {
    python3 at_terminal.py "$SVAULT_AUDIT" "$@" --key office.card >seen || fail "at_terminal.py"
    line="svault-audit $* at a terminal"
}
seen verify log
grep -q "$(printf '\r')entries: " seen || fail "$line: no progress"
SVAULT_ACCESSIBLE=1 seen verify log
grep -q '^entries: ' seen || fail "$line: no lines of progress"
seen verify log --json
[ ! -s seen ] || fail "$line: something for a person"
seen report log --json
[ ! -s seen ] || fail "$line: something for a person"

# ---- The report ----
audit 0 report log --key office.card
expect_in out "  nagai"
audit 0 report log --key office.card --json
expect_json size "$("$JSON_GET" size <out)"
expect_json denials.0.n 1
expect_json denials.0.actor sato
[ "$(json accesses)" -ge 7 ] || fail "accesses are missing"
audit 0 report log --key office.card --html report.html --csv report.csv
expect_empty out
grep -q "sato,caseworker,care,item,victim,facts,3" report.csv ||
    fail "the import is not among the accesses"
python3 - report.html <<'END' || fail "report.html: not one page of its own"
import re, sys
import xml.etree.ElementTree as tree

page = open(sys.argv[1], encoding="utf-8").read()
first, rest = page.split("\n", 1)
assert first == "<!DOCTYPE html>"
root = tree.fromstring(rest)
assert root.get("lang") == "en" and root.find("head/title").text
assert not re.search(r"<script|<link|<img|\bsrc=|\bhref=|url\(|@import", page)
svg = root.find(".//{http://www.w3.org/2000/svg}svg")
assert svg.get("role") == "img" and len(svg) >= 4
for t in root.iter("table"):
    assert t.find("caption").text
    assert all(h.get("scope") == "col" for h in t.iter("th"))
assert len(list(root.iter("h2"))) == 8 and len(list(root.iter("h1"))) == 1
assert "color-scheme: light dark" in page and "@media print" in page
END
rm report.html
audit 4 report spoiled-2 --key office.card --html report.html
expect_in out "nothing to report"
[ ! -e report.html ] || fail "a report of a spoiled log"
audit 1 report log --key office.card --html nowhere/report.html
audit 2 verify log --key office.card --html report.html

# A8: Somebody reads everything: an entry for each, and a burst, also where the
# clock strikes in the middle.
n=0
while [ $n -lt 30 ]; do
    n=$((n + 1))
    expect_exit 0 --key sato.key record show 1 -c facts
done
expect_exit 0 --key nagai.key log export log
audit 0 who --record "$id" log --key office.card --json
[ "$(json entries)" -gt 30 ] || fail "a reading without an entry"
audit 0 report log --key office.card --json
expect_json bursts.0.actor sato
audit 0 report log --key office.card --html report.html --csv report.csv

# A12: Of what the records say, and of clients' names, an export has nothing.
expect_exit 0 --key nagai.key log prove 3 -o third.tlog-proof
for place in log report.html report.csv third.tlog-proof third.entry office.card; do
    if grep -rqa -e Canaryfamily -e "$(printf Canaryfamily | base64)" $place; then
        fail "$place has a client's name"
    fi
done
grep -rqa -e sato log || fail "nothing would be found in it"

# ---- The command line ----
audit 0 --help
audit 0 --version
for verb in verify compare proof who report release; do
    audit 0 $verb --help
    [ "$(head -n 1 out)" = "Examples:" ] || fail "$verb: examples not first"
    sed -n 2p out | grep -q "^  svault-audit $verb " || fail "$verb: its example"
    audit 2 $verb --frobnicate
    expect_in err "no such option: --frobnicate"
    audit 2 $verb
done
audit 2
audit 2 frobnicate
audit 2 verify log more --key office.card
audit 2 verify log --key office.card --key office.card
audit 2 verify log --key
audit 2 verify log --key office.card --lang fr
audit 2 verify log --key office.card --entry x
audit 2 verify log --key office.card --witness x
audit 0 verify "$dir/log" --key office.card --lang ja
cp -r log "it's a log"
audit 0 verify "it's a log" --key office.card
expect_in out "Again: svault-audit verify 'it'\\''s a log' --key office.card"
latin=$(printf 'b\374ro')
cp -r log "$latin"
audit 0 verify "$latin" --key office.card --json
expect_json ok true
expect_json again null
if [ -w /dev/full ]; then
    "$SVAULT_AUDIT" verify log --key office.card >/dev/full 2>err
    [ $? -eq 74 ] || fail "a full disk goes unnoticed"
fi

# ---- What it is made of ----
if ldd "$SVAULT_AUDIT" | grep -q lmdb; then
    fail "svault-audit is linked with LMDB"
fi
if nm "$SVAULT_AUDIT" 2>/dev/null |
    grep -E ' [TtDdBb] ((mdb|store|gate|client|envelope|keyfile|schema)_|tables_(get|put|scan))'; then
    fail "svault-audit has parts of the vault in it"
fi
finish
