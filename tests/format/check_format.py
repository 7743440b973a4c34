#!/usr/bin/env python3
"""Reads a whole vault by docs/FORMAT.md alone, and checks all that it says.

    check_format.py DIR                 exit 1 where anything is not as written
    check_format.py DIR --refuses       the same, and again with bytes flipped
    check_format.py DIR --freeze        print tests/vectors/format.h

DIR is what test_format writes: a log, the rows of a store, messages, files of
a user, and everybody's seeds.  Numbers in brackets are sections of FORMAT.md.
Standard library only.
"""

import hashlib
import json
import struct
import sys
from pathlib import Path

from formats import (
    ACTS, all_of, b64, BASE9, cb1_open, consistency, envelope_open, envelope_parse, grants_open, grants_parse,
    h, header_parse, inclusion, item_leaf, kdf, KEY, leaf, long, mac, mth, mv, need,
    note_check, NUMBER, posting_parse, Reader, request_parse, ROSTER_ACTS, short, sign_public, take_line, token,
    unb64, unlock, VECTORS, version_hash, Wrong, x25519,
)
from replay import NEVER, State

FILES = (
    "case.key case.slot case.kek case.card founding.bin head.note log.bin "
    "case.pin rows.bin office.gate head.bin messages.bin seeds.txt"
).split()

# ---- the parts of the check ----


class Check:
    def __init__(self, files):
        self.f = files
        self.seeds = {}
        *lines, end = files["seeds.txt"].decode().split("\n")
        need(end == "", "no last LF")
        for line in lines:
            name, seed = line.split(" ")
            self.seeds[name] = bytes.fromhex(seed)

    def run(self):
        self.gate_key()
        self.rows()
        self.log()
        self.founding()
        self.heads()
        self.tables()
        self.sealed_keys()
        self.records()
        self.tokens()
        self.imports()
        self.user_files()
        self.messages()

    # 2
    def gate_key(self):
        data = self.f["office.gate"]
        need(len(data) == 104 and data[:4] == b"SVG\1", "gate key")
        need(data[72:] == h("sv/v1/gatefile", data[:72]), "check of the gate key")
        need(data[4:8] == struct.pack(">I", 1), "gate epoch")
        self.vault, self.root = data[8:40], data[40:72]

    # 9
    def rows(self):
        r, storage = Reader(self.f["rows.bin"]), kdf(self.root, "gate/storage")
        self.table = {n: {} for n in range(17)}
        while r.left():
            table, key, box = r.u8(), r.medium(), r.long()
            self.table[table][key] = cb1_open(storage, "row", bytes([table]) + key, box)

    # 5 to 8: from the log as a client read it, and then to the store's end
    def log(self):
        self.s = s = State()
        r = Reader(self.f["log.bin"])
        while r.left():
            s.add(r.medium())
        self.read_size = len(s.entries)
        stored = sorted(self.table[1])
        need(stored == [struct.pack(">Q", i) for i in range(len(stored))], "entries' keys")
        for i, key in enumerate(stored):
            data = self.table[1][key]
            if i < self.read_size:
                need(data == s.raw[i], "the store's entry is another")
            else:
                s.add(data)
        need(s.batch is None and s.roster.vault == self.vault, "vault id")

    # 6
    def founding(self):
        def read(r):
            return [(r.medium(), r.long()) for _ in range(r.u16())]

        s, given = self.s, all_of(self.f["founding.bin"], read)
        acts = [s.entries[i]["request"]["act"] for i in range(len(given))]
        need(acts == ["genesis"] + ["policy"] * (len(given) - 2) + ["keys"], "founding")
        need([n for n, _ in given] == [e["note"] for e in s.entries[: len(given)]], "founding")
        text = (VECTORS / "format.policy.txt").read_text()
        need(s.roster.policy_text == text, "policy text")
        need(h("sv/v1/policy", text.encode()).hex() == s.roster.policy_hash, "policy hash")
        parts = ["".join(x + "\n" for x, in e["request"]["|"]) for e in s.entries[1 : len(given) - 1]]
        need(parts == s.roster.policy.parts(), "policy parts")
        files = [(VECTORS / n).read_bytes() for n in ("format.schema.json", "format.codes.csv")]
        packed = long(files[0]) + long(files[1])
        need(self.table[0][b"schema"] == packed, "schema row")
        need(h("sv/v1/schema", packed).hex() == s.roster.schema_hash, "schema hash")
        self.schema = json.loads(files[0])
        need(x25519(kdf(self.root, "gate/box"), BASE9) == s.roster.gate_box, "gate box")
        need(sign_public(kdf(self.root, "gate/log")) == s.roster.log_key, "log key")
        self.keys_index = len(given) - 1
        need(self.table[9][struct.pack(">Q", self.keys_index)] == given[-1][1], "founding keys")

    # 8
    def head(self, note):
        need(len(note) <= 1024, "too long a head")
        ro = self.s.roster
        text = note_check(note, (ro.origin, ro.log_key))
        origin, size, root = take_line([text], f"([^\n]+)\n{NUMBER}\n{KEY}\n")
        need(origin == ro.origin, "origin of the head")
        need(mth(self.s.leaves[: int(size)]) == unb64(root, 32), "root of the head")
        need(int(size) <= len(self.s.leaves), "size of the head")
        return int(size)

    def heads(self):
        need(self.head(self.f["head.note"]) <= self.read_size, "head.note")
        best, data = None, self.f["head.bin"]
        need(len(data) == 4096, "DIR/head")
        for at in (0, 2048):
            slot = data[at : at + 2048]
            if slot[2016:] != h("sv/v1/head", slot[:2016]):
                continue
            r = Reader(slot[:2016])
            need(r.u32() == 0x53564801, "magic of DIR/head")
            sequence, note = r.u64(), r.medium()
            need(not any(r.raw(2016 - r.at)), "no zeros behind the head")
            need(sequence % 2 * 2048 == at, "head in the wrong slot")
            best = max(best or (0, b""), (sequence, note))
        need(best and self.head(best[1]) == len(self.s.leaves), "DIR/head is not the last")

    # 9.1, 9.2: all tables but the versions, from the log
    def tables(self):
        s, t = self.s, self.table
        size, columns = len(s.leaves), s.roster.policy.columns
        log = struct.pack(">QQBQ", size, s.time, 1, s.roster.last)
        for bit in range(64):
            if size >> bit & 1:
                end = size >> bit << bit
                log += mth(s.leaves[end - (1 << bit) : end])
        need(t[0][b"log"] == log, "meta log")
        need(t[0][b"roster"] == s.roster.encode(), "meta roster")
        need(set(t[0]) == {b"log", b"roster", b"schema"}, "meta")
        for i in range(size):
            want, n = b"", 1
            while (i + 1) % n == 0:
                want, n = want + mth(s.leaves[i + 1 - n : i + 1]), 2 * n
            need(t[2][struct.pack(">Q", i)] == want, "hash table")
        ids = {
            bytes.fromhex(k): struct.pack(">Q", i) + h("sv/v1/note", note)
            for k, (i, note) in s.ids.items()
        }
        need(t[3] == ids, "request table")
        records, created = {}, {}
        for name, x in s.records.items():
            value = short(x["type"]) + short(x["creator"])
            value += struct.pack(">QQQ", x["index"], x["created"], x["changed"])
            own = s.roster.policy.of_type(x["type"])
            value += bytes([len(own)])
            for c in own:
                had = s.versions[name, *c]
                full = max(v["version"] for v in had if not self.is_addition(name, c, v))
                value += struct.pack(">BQQ", columns.index(c), len(had), full) + had[-1]["hash"]
            records[bytes.fromhex(name)] = value
            created[struct.pack(">Q", NEVER - x["index"])] = bytes.fromhex(name)
        need(t[4] == records and t[6] == created, "record tables")
        names = [p["name"] for p in s.roster.persons]
        pairs = {(bytes.fromhex(r), struct.pack(">I", names.index(p))) for r, p in s.assigned}
        need(t[7] == {p + r: b"" for r, p in pairs}, "assigned")
        need(t[8] == {r + p: b"" for r, p in pairs}, "assignee")
        self.facts(names)

    def facts(self, names):
        """What decisions rest on: usage and denials; and there are no releases."""
        s, t = self.s, self.table
        used = {
            struct.pack(">IB", names.index(who), list(ACTS).index(act)): times[-32:]
            for (who, act), times in s.used.items()
        }
        want = {k: struct.pack(f">B{len(v)}Q", len(v), *v) for k, v in used.items()}
        need(t[11] == want, "usage table")
        glass = {bytes.fromhex(r): struct.pack(">Q", at) for r, at in s.glass.items()}
        need(t[12] == glass, "denials for want of break-glass")
        need(not t[13] and not t[14] and not t[15] and not t[16], "flags and releases")

    # 3.4
    def tokens(self):
        """The index is what the newest versions say, and what words fold to."""
        s, want, found = self.s, set(), set()
        secret = self.secrets["lead-1"]["victim", "index"]
        at = struct.pack(">B", s.roster.policy.columns.index(("victim", "index")))
        for (record, *column), had in s.versions.items():
            column = tuple(column)
            full = max(v["version"] for v in had if not self.is_addition(record, column, v))
            for v in had[full - 1 :]:
                packed = self.version_row(record, column, v["version"])["envelope"][3]
                need(bool(packed) == (column[1] == "identity"), "where tokens are")
                if packed:
                    epoch, unique, tokens = posting_parse(packed)
                    need(epoch == 1 and len(tokens) % 8 == 0, "a posting")
                    all_tokens = {x for _, x in unique} | set(tokens)
                    want |= {at + x + bytes.fromhex(record) for x in all_tokens}
                    found |= all_tokens
        need(self.table[10] == {k: b"" for k in want}, "token table")
        for kind, folded in (("number", "r5-001"), ("number", "r5-002"), ("name", "鈴木")):
            need(token(secret, kind, folded) in found, f"the token of {folded}")
        need(token(secret, "name", "r5-001") not in found, "a token of another kind")

    def version_row(self, record, column, version):
        at = self.s.roster.policy.columns.index(column)
        key = bytes.fromhex(record) + struct.pack(">BQ", at, version)

        def read(r):
            v = {"entry": r.u64(), "time": r.u64(), "hash": r.raw(32)}
            v |= {"position": r.u64(), "total": r.u64(), "path": all_of(r.medium(), Reader.proof)}
            return v | {"envelope": envelope_parse(r)}

        return all_of(self.table[5][key], read)

    def is_addition(self, record, column, v):
        row = self.version_row(record, column, v["version"])
        return header_parse(row["envelope"][0])["addition"]

    # 11
    def sealed_keys(self):
        s = self.s
        for p in s.roster.persons:
            seed = self.seeds[p["name"]]
            need(x25519(kdf(seed, "user/box"), BASE9) == p["box"], "box key")
            need(sign_public(kdf(seed, "user/sign")) == p["sign"], "sign key")
        self.secrets = {name: {} for name in self.seeds}
        seen = set()
        for g in s.roster.grants:
            founding = g["from"] == 0
            if founding and g["role"] != "supervisor":
                continue
            index = self.keys_index if founding else g["from"]
            seen.add(struct.pack(">Q", index))
            blob = self.table[9][struct.pack(">Q", index)]
            need(unb64(s.entries[index]["request"]["body"], 32) == h("sv/v1/grant", blob), "body of keys")
            name = s.roster.persons[g["person"]]["name"]
            box = kdf(self.seeds[name], "user/box")
            opened = grants_open(s, blob, name, founding, box)
            want = s.roster.policy.columns if founding else s.roster.policy.sealed_to(g["role"])
            need(list(opened) == list(want), "which keys were sealed")
            self.secrets[name] |= opened
        need(seen == set(self.table[9]), "grant table")

    # 3
    def open_version(self, v, record, column, secrets, inner_envelope):
        """v is what the log says of it."""
        header = inner_envelope[0]
        need(version_hash(*inner_envelope) == v["hash"], "version hash")
        x, before = header_parse(header), self.s.versions[record, *column]
        prev = before[v["version"] - 2]["hash"] if v["version"] > 1 else bytes(32)
        want = {"vault": self.vault, "record": record, "type": column[0]}
        want |= {"compartment": column[1], "author": v["author"], "version": v["version"]}
        want |= {"addition": x["addition"], "prev": prev, "epoch": 1}
        need(x == want, "header")
        content = envelope_open(secrets[column], inner_envelope)
        fields = self.fields(column)
        need(set(content) <= set(fields), "unknown fields")
        need(x["addition"] or len(content) == len(fields), "a full version lacks fields")
        return x["addition"], content

    def fields(self, column):
        kind = next(t for t in self.schema["types"] if t["name"] == column[0])
        own = next(c for c in kind["compartments"] if c["name"] == column[1])
        return [f["name"] for f in own["fields"]]

    def records(self):
        n, self.content = 0, {}
        for (record, *column), had in self.s.versions.items():
            column = tuple(column)
            for v in had:
                row = self.version_row(record, column, v["version"])
                for name in ("entry", "time", "hash", "position", "total"):
                    need(row[name] == v[name], f"{name} of a version")
                leaves = self.s.body_leaves(v["entry"])
                need(row["path"] == inclusion(leaves, v["position"]), "path of a version")
                envelope = unlock(self.root, row["envelope"])
                addition, content = self.open_version(
                    v, record, column, self.secrets["lead-1"], envelope
                )
                old = self.content.get((record, column), {}) if addition else {}
                self.content[record, column] = old | content
                n += 1
        need(n == len(self.table[5]), "versions that the log has not")
        facts = [c for (_, column), c in self.content.items() if column[1] == "facts"]
        names = [c for (_, column), c in self.content.items() if column[1] == "identity"]
        need(
            {"age": ["19"], "protected_from": "unknown", "services": ["shelter", "food"]} in facts
            and {"case_no": ["R5-001"], "family_name": ["佐藤"]} in names
            and {"case_no": ["R5-002"], "family_name": ["鈴木"]} in names
            and {"age": "declined", "protected_from": "not_asked", "services": "not_asked"} in facts,
            "not what was written down",
        )

    # 12.3
    def imports(self):
        key = kdf(self.seeds["case-1"], "user/handle")
        first = self.vault + short("victim")
        blank = b"\0\2" + short("case_no") + b"\1\0" + short("family_name") + b"\1\0"
        blank += b"\0\3" + short("age") + b"\3\0" + short("protected_from") + b"\1\0"
        blank += short("services") + b"\1\0"
        items = [e["record"] for e in self.s.entries if e["item"]]
        for what in (b"\1r5-002", b"\0" + struct.pack(">Q", 3) + blank):
            need(mac(key, "sv/v1/handle", first + what)[:16].hex() in items, "an imported handle")
        need(len(items) == 2, "imported rows")

    # 2
    def user_files(self):
        seed, ro = self.seeds["case-1"], self.s.roster
        sign, box = sign_public(kdf(seed, "user/sign")), x25519(kdf(seed, "user/box"), BASE9)
        public = b"SVK\1" + short("case-1") + sign + box
        need(self.f["case.key"] == public + b"\0" + seed, "key file")
        slot = self.f["case.slot"]
        need(slot[: len(public) + 2] == public + b"\1\1", "key file with a passphrase")
        own = slot[len(public) + 2 :]
        need(own[:9] == struct.pack(">BII", 1, 3, 262144) and len(own) == 129, "slot")
        need(cb1_open(self.f["case.kek"], "uk", public + b"\1" + own[:25], own[25:]) == seed, "slot")
        words = mv.words(h("sv/v1/card", sign + box + b"case-1"), 10)
        text = f"svault/card/v1\nname case-1\nsign {b64(sign)}\nbox {b64(box)}\nfingerprint {words}\n"
        need(note_check(self.f["case.card"], ("case-1", sign)) == text, "key card")
        self.pin(ro, seed)

    def pin(self, ro, seed):
        data = self.f["case.pin"]
        need(mac(kdf(seed, "user/pin"), "sv/v1/pin", data[:-32]) == data[-32:], "MAC of the pin")

        def read(r):
            need(r.raw(4) == b"SVP\1" and r.raw(32) == self.vault, "pin")
            need(r.name(128) == ro.origin, "origin of the pin")
            size, root, note = r.u64(), r.raw(32), r.medium()
            need(self.head(note) == size and mth(self.s.leaves[:size]) == root, "head of the pin")
            need(r.long() == ro.encode(), "roster of the pin")
            need(r.name() == "victim", "list of the pin")
            return [r.raw(16).hex() for _ in range(r.u16())]

        newest = sorted(self.s.records, key=lambda x: -self.s.records[x]["index"])
        need(all_of(data[:-32], read) == newest[:2], "list of the pin")

    # 10
    def messages(self):
        r, asked, acts = Reader(self.f["messages.bin"]), None, []
        while r.left():
            kind, message = r.u8(), r.long()
            if kind == 0:
                asked = all_of(message, self.question)
            else:
                all_of(message, lambda a: self.answer(a, asked))
                acts.append(asked.get("act", "sync"))
        want = {"sync", "record.create", "record.read", "record.save", "record.import"}
        need(set(acts) == want | {"record.list", "record.history"}, "messages")

    def question(self, r):
        need(r.u32() == 0x53565101, "magic of a question")
        if r.u8() == 1:
            q = {"size": r.u64(), "has": r.boolean(), "after": r.u64(), "name": r.short().decode()}
            return q | {"schema": r.boolean()}
        note, body = r.medium(), r.long()
        q = request_parse(note)
        return q | {"size": q["seen"][0], "note": note, "body_bytes": body}

    def answer(self, r, q):
        need(r.u32() == 0x53565201, "magic of an answer")
        kind, status = r.u8(), r.u32()
        need(status == 0 and kind == (2 if "act" in q else 1), "status")
        if kind == 1:
            self.sync_answer(r, q)
        else:
            self.act_answer(r, q)

    def check_head(self, q, size, proof):
        want = consistency(self.s.leaves[:size], q["size"]) if 0 < q["size"] < size else []
        need(all_of(proof, Reader.proof) == want, "consistency")

    def sync_answer(self, r, q):
        s = self.s
        need(r.raw(32) == self.vault and r.name(128) == s.roster.origin, "vault and origin")
        r.u64()
        size = self.head(r.medium())
        self.check_head(q, size, r.medium())
        roster, files, keys = Reader(r.long()), [r.long(), r.long()], Reader(r.long())
        chain = [
            e["index"]
            for e in s.entries[:size]
            if not e["item"] and e["request"]["act"] in ROSTER_ACTS and e["outcome"] == "done"
        ]
        if q["has"]:
            chain = [i for i in chain if i > q["after"]]
        need(roster.u32() == len(chain), "length of the roster")
        for i in chain:
            need((roster.u64(), roster.medium()) == (i, s.raw[i]), "roster entry")
            need(roster.proof() == inclusion(s.leaves[:size], i), "proof of a roster entry")
        roster.end()
        want = self.table[0][b"schema"] if q["schema"] else bytes(8)
        need(long(files[0]) + long(files[1]) == want, "schema in the answer")
        for _ in range(keys.u32()):
            index = keys.u64()
            items = grants_parse(self.table[9][struct.pack(">Q", index)])
            own = [x for x in items if x[0] == q["name"]]
            need(own and grants_parse(keys.long()) == own, "sealed keys")
        keys.end()
        need(r.long() == b"", "flags")

    def act_answer(self, r, q):
        s, index = self.s, r.u64()
        e = s.entries[index]
        need(r.medium() == s.raw[index] and e["note"] == q["note"], "entry of the answer")
        proof, size = r.medium(), self.head(r.medium())
        need(all_of(proof, Reader.proof) == inclusion(s.leaves[:size], index), "inclusion")
        self.check_head(q, size, r.medium())
        body = r.long()
        if q["act"] in ("record.create", "record.save", "record.import"):
            self.brought(q, e)
        if q["act"] == "record.import":
            return self.import_answer(q, e, body)
        if e["outcome"] != "done" or q["act"] in ("record.create", "record.save"):
            return need(body == b"", "a body where there is none")
        getattr(self, q["act"].replace(".", "_"))(Reader(body), q, e, size)

    # what came with a request is what was stored, or refused
    def brought(self, q, e):
        r, leaves = Reader(q["body_bytes"]), []
        while r.left():
            envelope = envelope_parse(r)
            x = header_parse(envelope[0])
            leaves.append(item_leaf(x["record"], x["compartment"], x["version"], version_hash(*envelope)))
        need(mth(leaves) == unb64(q["body"], 32), "root of what came with the request")
        if e["outcome"] == "done":
            need(leaves == self.s.body_leaves(e["index"]), "what was stored")

    def import_answer(self, q, e, body):
        if e["outcome"] == "done":
            return need(body == b"", "bits of an import")
        need(len(body) == (q["count"] + 7) // 8, "bits of an import")
        need(e["outcome"] == "exists" and body == b"\xc0", "bits of an import")

    def record_read(self, r, q, e, size):
        s, places = self.s, [x for x in r.raw(r.u16())]
        expect = {i: x[1] for i, x in enumerate(e["results"])}
        for place in places:
            column = q["type"], q["compartments"][place]
            v = s.versions[q["record"], *column][expect[place] - 1]
            index = r.u64()
            need(index == v["entry"] and r.medium() == s.raw[index], "entry of a version")
            need(r.proof() == inclusion(s.leaves[:size], index), "its inclusion")
            leaves = s.body_leaves(index)
            need((r.u64(), r.u64()) == (v["position"], len(leaves)), "position")
            need(r.proof() == inclusion(leaves, v["position"]), "path")
            mine = self.secrets["case-1"]
            addition, _ = self.open_version(v, q["record"], column, mine, envelope_parse(r))
            expect[place] = expect[place] - 1 if addition else 0
        need(not any(expect.values()), "a version is missing")
        r.end()

    def record_list(self, r, q, e, size):
        s, more = self.s, r.boolean()
        mine = [x for x in s.records if s.records[x]["type"] == q["type"]]
        mine = [x for x in mine if s.records[x]["index"] < q["entry"]]
        mine.sort(key=lambda x: -s.records[x]["index"])
        need(more == (len(mine) > q["count"]), "more")
        mine = mine[: q["count"]]
        need(r.u32() == len(mine), "length of the list")
        for name in mine:
            x = s.records[name]
            need(r.raw(16).hex() == name, "record of the list")
            need([r.u64(), r.u64(), r.u64()] == [x["index"], x["created"], x["changed"]], "times")
            need(r.name() == x["creator"] and r.boolean(), "creator")
            need([r.name() for _ in range(r.u16())] == ["case-1"], "assignees")
        r.end()

    def record_history(self, r, q, e, size):
        s, rows = self.s, []
        for c in s.roster.policy.of_type(q["type"]):
            rows += [(c, v) for v in s.versions[q["record"], *c]]
        need(r.u32() == len(rows), "length of the history")
        for c, v in rows:
            need((r.name(), r.u64()) == (c[1], v["version"]), "version of the history")
            need(r.boolean() == self.is_addition(q["record"], c, v), "addition")
            need((r.u64(), r.u64()) == (v["entry"], v["time"]), "entry of the history")
            need((r.name(), r.raw(32)) == (v["author"], v["hash"]), "author of the history")
        r.end()


# ---- main ----


def freeze(files):
    r, leaves = Reader(files["log.bin"]), []
    while r.left():
        leaves.append(leaf(r.medium()).hex())
    print("#ifndef SV_TESTS_VECTORS_FORMAT_H\n#define SV_TESTS_VECTORS_FORMAT_H\n")
    print("/* Made by tests/format/check_format.py --freeze, once it has read all of it:")
    print(" * the leaf hash of each entry, and the SHA-256 of each file. */")
    print("/* clang-format off */\nstatic const char *const format_leaves[] = {")
    print("".join(f'    "{x}",\n' for x in leaves) + "};\n")
    print("static const struct {\n    const char *name;\n    const char *sha256;")
    print("} format_files[] = {")
    for name in FILES:
        print(f'    {{"{name}",\n     "{hashlib.sha256(files[name]).hexdigest()}"}},')
    print("};\n/* clang-format on */\n\n#endif")


def places(name, data):
    """Where to flip a bit: at the ends and between."""
    if name == "head.bin":  # the slot that counts; the other may be broken
        newest = max(0, 2048, key=lambda at: data[at + 4 : at + 12])
        return newest, newest + 1000, newest + 2047
    return {0, len(data) // 3, len(data) // 2, len(data) - 1}


def refuses(files):
    """A reader that says yes to everything proves nothing."""
    for name in FILES:
        data = files[name]
        for at in places(name, data):
            bad = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            try:
                Check(files | {name: bad}).run()
            except (Wrong, ValueError, LookupError, StopIteration, TypeError):
                continue
            raise Wrong(f"{name}: byte {at} may be anything")


def main():
    where = Path(sys.argv[1])
    files = {name: (where / name).read_bytes() for name in FILES}
    try:
        Check(files).run()
        if "--refuses" in sys.argv:
            refuses(files)
    except Wrong as wrong:
        if "--debug" in sys.argv:
            raise
        sys.exit(f"check_format.py: {wrong}")
    if "--freeze" in sys.argv:
        freeze(files)


if __name__ == "__main__":
    main()
