#!/usr/bin/env python3
"""Reads a backup with the gate's sheet, by docs/FORMAT.md alone [19].

    check_backup.py DIR     exit 1 where anything is not as written

DIR is what test_backup_restore writes: a backup of a vault that was restored
before, and sheet A.  The log is replayed with every decision, and the tables compared
with it.  Then every spoilt one has to be refused.  Standard library only.
"""

import struct
import sys
from pathlib import Path

from check_format import Check
from formats import (
    cb1_open, h, HEX64, kdf, KEY, mth, need, note_check, NUMBER, Reader, sign_public,
    take_line, unb64, Wrong,
)
from replay import State

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


# ---- 19.2 the sheet ----


def times(a, b):
    out = 0
    while b:
        out ^= a if b & 1 else 0
        a = a << 1 ^ (0x25 if a & 16 else 0)
        b >>= 1
    return out


def sheet_read(text, kind):
    values = []
    for n in range(1, 5):
        line = next(x.strip()[2:] for x in text.split("\n") if x.strip().startswith(f"{n}:"))
        word = [n] + [ALPHABET.index(c) for c in line if c != " "]
        need(len(word) == 24, f"line {n}")
        for root in (2, 4, 8):
            total = 0
            for x in word:
                total = times(total, root) ^ x
            need(total == 0, f"check of line {n}")
        values += word[1:21]
    data = int("".join(f"{x:05b}" for x in values), 2).to_bytes(50, "big")
    need(data[:1] == kind and data[45:] == h("sv/v1/sheet", data[:45])[:5], "sheet")
    return data[1:13], data[13:45]


# ---- 19.1 the file ----


class Backup:
    def __init__(self, data, root):
        r = Reader(data)
        need(r.raw(4) == b"SVB\1", "magic")
        self.origin, self.vault = r.raw(r.u8()).decode(), r.raw(32)
        chain = h("sv/v1/backup", data[: r.at])
        self.rows, last, chunks, total = {n: {} for n in range(17)}, None, 0, 0
        while r.u8() == 1:
            rows, chunks = r.long(), chunks + 1
            chain = h("sv/v1/chunk", chain + struct.pack(">Q", chunks) + rows)
            need(r.raw(32) == chain, "chain")
            total += len(rows)
            one = Reader(rows)
            while one.left():
                row = one.u8(), one.raw(one.u8())
                need(last is None or last < row, "order of rows")
                last = row
                self.rows[row[0]][row[1]] = one.long()
        need(data[r.at - 1] == 0, "what follows a chunk")
        self.manifest(r.medium(), root, chunks, total, chain)
        r.end()

    def manifest(self, note, root, chunks, total, chain):
        text = note_check(note, (self.origin, sign_public(kdf(root, "gate/log"))))
        lines = text[:-1].split("\n")
        need(lines.pop(0) == "svault/backup/v1", "manifest")
        need(lines.pop(0) == f"origin {self.origin}", "origin")
        need(take_line(lines, f"vault {HEX64}")[0] == self.vault.hex(), "vault")
        self.size = int(take_line(lines, f"size {NUMBER}")[0])
        self.head = unb64(take_line(lines, f"root {KEY}")[0], 32)
        take_line(lines, f"taken {NUMBER}")
        counts = " ".join(str(len(self.rows[n])) for n in range(17))
        need(lines.pop(0) == f"rows {counts}", "rows")
        need(lines.pop(0) == f"chunks {chunks}" and lines.pop(0) == f"bytes {total}", "sizes")
        need(unb64(take_line(lines, f"hash {KEY}")[0], 32) == chain, "hash")
        need(not lines, "lines left over")


def check(data, text):
    tag, root = sheet_read(text, b"A")
    b = Backup(data, root)
    need(tag == struct.pack(">I", 1) + b.vault[:8], "tag of the sheet")
    key = kdf(root, "gate/storage")
    c = Check.__new__(Check)
    c.root, c.vault, c.s = root, b.vault, State()
    c.table = {
        n: {k: cb1_open(key, "row", bytes([n]) + k, v) for k, v in rows.items()}
        for n, rows in b.rows.items()
    }
    for i in range(len(c.table[1])):
        c.s.add(c.table[1][struct.pack(">Q", i)])
    need(len(c.s.leaves) == b.size and mth(c.s.leaves) == b.head, "head")
    need(c.s.roster.vault == b.vault and c.s.roster.origin == b.origin, "vault")
    c.tables()
    done = [e for e in c.s.entries if not e["item"] and e["request"]["act"] == "restore"]
    need([e["outcome"] for e in done].count("done") == 1, "one restore")
    need(len(done) > 1, "restores that were refused")


def main():
    where = Path(sys.argv[1])
    data, text = (where / "restored.svb").read_bytes(), (where / "gate.sheet").read_text()
    try:
        check(data, text)
    except Wrong as wrong:
        sys.exit(f"check_backup.py: {wrong}")
    for at in (4, 20, 60, len(data) // 2, len(data) - 700, len(data) - 20):
        bad = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        try:
            check(bad, text)
        except (Wrong, ValueError, LookupError, StopIteration):
            continue
        sys.exit(f"check_backup.py: byte {at} may be anything")


main()
