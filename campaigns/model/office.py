"""The real gate beside the model: each operation is done by both, and whatever the gate says is
compared with what the model says.  Operations are lines, so that a sequence can be kept, read and
shortened; they name things by what made them (@12 is operation 12), never by chance values."""

import hashlib

from answers import BASIS, ORIGIN, SPEC, Answers
from model import Model
from stories import AUDITOR
from table import ACTS, COUNTED, SEARCHED, b64, digest, item_leaf, leaf, mth
from wire import Difference, unb64

START = 1672531200000  # 2023-01-01
NOWHERE = 999_999  # an entry that there is not


class Office(Answers):
    """One sequence, from the founding on."""

    def __init__(self, driver, profile="standard", recovery=False, mutate=None):
        self.driver, self.now = driver, START
        vault = bytes.fromhex(driver.ask("found", profile, int(recovery))[0])
        founders = [("administrator", "admin-1"), ("supervisor", "lead-1")]
        if profile == "small-office":
            founders += [("caseworker", "lead-1"), ("approver", "admin-1")]
        if recovery:
            founders += [("recovery", "rescue-1")]
        said = self.sync_words("-", 0, mth([]), "-")
        at = said.index("roster") + 1
        pairs = said[at : said.index("grants")]
        leaves = [bytes.fromhex(x) for x in pairs[1::2]]
        self.m = (mutate or Model)(profile, founders, vault, leaves, START)
        self.policy_hash = digest("sv/v1/policy", self.m.p.text().encode()).hex()
        self.publics, self.made, self.sent, self.indexes, self.ids = {}, {}, {}, {}, {}
        self.n_sent = 0
        # A commit in doubt is looked up again, and answers as a receipt does:
        # unsure, whether what is made but once comes with it.
        self.armed = self.doubtful = self.unsure = False
        self.held, self.heads = None, []  # the requests of a group, and its heads
        self.counts = {}
        self.compare("founding: size and root", [int(said[1]), said[2]], self.head())

    def head(self):
        return [len(self.m.tree.leaves), self.m.tree.roots[-1].hex()]

    def compare(self, what, gate, model):
        if gate == model:
            return
        if isinstance(gate, list) and isinstance(model, list) and len(gate) == len(model):
            pairs = [(g, m) for g, m in zip(gate, model) if g != m]
            gate, model = [g for g, _ in pairs], [m for _, m in pairs]
        raise Difference(f"{what}: gate {gate!r}, model {model!r}")

    # ---- What operations name ----

    def handle(self, tag):
        return hashlib.blake2b(tag.encode(), digest_size=16).hexdigest()

    def keys_of(self, label):
        if label not in self.publics:
            self.publics[label] = [bytes.fromhex(x) for x in self.driver.ask("keys", label)]
        return self.publics[label]

    def entry(self, word):
        if word.startswith("@"):
            return self.indexes.get(word[1:], NOWHERE)
        return int(word)

    # ---- Doing ----

    def do(self, line):
        """One operation on both sides; Difference where they are not of one mind."""
        label, verb, *rest = line.split()
        a = dict(w.split("=", 1) for w in rest)
        if verb in ACTS:
            return self.act(label, verb, a)
        self.do_end(label, a)
        return getattr(self, "do_" + verb)(label, a)

    def do_begin(self, label, a):
        """What is asked from now on waits, and is run as one group, in its order."""
        if not self.doubtful and not self.armed:
            self.held = []

    def do_end(self, label, a):
        held, self.held = self.held, None
        if held:
            said = self.driver.ask("run", held[0][2], len(held))
            answers = " ".join(said).split("|")[1:]
            for (label, r, number), answer in zip(held, answers):
                self.exchange(label, r, number, answer.split(), True)
            heads, self.heads = self.heads, []
            for index, size, root in heads:
                ok = index < size < len(self.m.tree.roots) and self.m.tree.roots[size].hex() == root
                self.compare("a head of the group", ok, True)

    def do_clock(self, label, a):
        self.now += int(a["by"])
        self.m.now = self.now
        self.driver.ask("clock", self.now)

    def do_reopen(self, label, a):
        self.driver.ask("fail", 0, 0)
        self.compare("opening", self.driver.ask("reopen"), ["0"])
        self.m.reopened()

    def do_flaky(self, label, a):
        self.driver.ask("flaky", a["conflicts"], a["doubts"], a["seed"])
        self.doubtful = a["doubts"] != "0"

    def do_fail(self, label, a):
        self.driver.ask("fail", a["call"], a["error"])
        self.armed = True

    def do_again(self, label, a):
        """The same bytes once more."""
        if a["of"] in self.sent:
            number, r = self.sent[a["of"]]
            self.exchange(label, r, number, self.driver.ask("again", number))

    def do_sync(self, label, a):
        self.driver.ask("fail", 0, 0)
        m, size = self.m, int(a.get("seen", 0)) % (len(self.m.tree.leaves) + 1)
        after = m.roster_entries[int(a["after"]) % len(m.roster_entries)] if "after" in a else "-"
        keys = m.persons.get(a["name"], {}).get("keys", "nobody")
        said = self.sync_words(a["name"], size, m.tree.roots[size], after, keys)
        self.compare("sync: status", said[0], "0")
        self.compare("sync: size and root", [int(said[1]), said[2]], self.head())
        self.compare("sync: proof", said[3], "1")
        at, grants, flags = said.index("roster"), said.index("grants"), said.index("flags")
        want = []
        for i in m.roster_entries:
            if after == "-" or i > after:
                want += [str(i), m.tree.leaves[i].hex()]
        self.compare("sync: roster entries", said[at + 1 : grants], want)
        want = [f"{i}:{names[a['name']]}" for i, names in m.brought.items() if a["name"] in names]
        self.compare("sync: sealed keys", said[grants + 1 : flags], want)
        want = [str(i) for i, f in m.flags.items() if not f["done"]]
        self.compare("sync: flags", said[flags + 1 :], want)

    def sync_words(self, name, size, root, after, keys="-"):
        return self.driver.ask("sync", name, size, root.hex(), after, keys)

    def do_verify(self, label, a):
        """The log and the store, by somebody who replays them; and what that replay makes."""
        if AUDITOR not in self.m.persons:
            return
        self.driver.many([("fail", 0, 0), ("flaky", 0, 0, 0)])
        said = self.driver.ask("verify", AUDITOR)
        self.compare("verify", said[:1], ["0"])
        self.compare("what the replay makes", said[1:], self.roster_words())

    def roster_words(self):
        m, out = self.m, []
        for name, x in m.persons.items():
            away = ":suspended" if x["absent"] else ""
            out += [f"person:{name}{away}", self.keys_of(x["keys"])[0].hex()]
        for g in m.grants:
            out.append(f"grant:{g['name']}:{g['role']}:{g['from']}:{g['until']}:{g['end'] or 0}")
        for q in m.proposals:
            out.append(f"proposal:{q['index']}:{q['person']}:{q['role']}:{q['until']}")
        for n, c in enumerate(m.p.columns):
            out += [f"key:{n}:{epoch}:{i}" for epoch, i in enumerate(m.keys[c], 1)]
        return out + [f"due:{m.due[c]}" for c in m.p.columns]

    # ---- Requests ----

    def act(self, label, act, a):
        m = self.m
        actor, role = a["by"], a["as"]
        default = m.p.roles.get(role, {}).get("default_purpose", "care")
        purpose = (a["for"], "given") if "for" in a else (default, "default")
        if purpose[0].startswith("default:"):
            purpose = (purpose[0][8:], "default")
        r = {"act": act, "actor": actor, "role": role, "purpose": purpose, "spoilt": "spoil" in a}
        r["id"] = self.ids.get(a.get("id"), self.handle("id" + label))
        self.ids[label] = r["id"]
        r["at"] = self.now + int(a.get("at", 0))
        size = max(0, len(m.tree.leaves) - int(a.get("seen", 0)))
        root = m.tree.roots[size] if size < len(m.tree.roots) else leaf(b"another")
        r["seen"] = size, leaf(b"another") if "fork" in a else root
        r["signed"] = a.get("sign", m.persons.get(actor, {}).get("keys", actor))
        for line in ACTS[act].split():
            getattr(self, "line_" + line, lambda r, a: None)(r, a)
        commands = self.body(r, a)
        said = self.driver.many(commands + [("hash", "x")]) if commands else []
        self.body_line(r, a, said)
        text = self.text(r)
        sign = [r["signed"], actor]
        if act == "restore":
            known = m.persons.get(r["second"][1], {"keys": r["second"][1]})
            sign += ["-", "-"] if r["second"][0] == "-" else [known["keys"], r["second"][1]]
        if act == "backup.open" and not self.armed and not self.doubtful:
            r["rows"] = self.driver.ask("rows")[0]
        number, self.n_sent = self.n_sent, self.n_sent + 1
        r["note"], r["text"] = (text, *sign), text
        self.sent[label] = number, r
        hold = "hold", text.encode().hex(), *sign
        if self.held is not None:
            self.driver.ask(*hold)
            self.held.append((label, r, number))
        else:
            said = self.driver.many([hold, ("run", number, 1)])[1]
            self.exchange(label, r, number, said[1:])

    def line_type(self, r, a):
        r["type"] = a["type"]

    def line_record(self, r, a):
        r["record"] = self.handle(a["record"])

    def line_compartments(self, r, a):
        everything = self.m.p.compartments(r["type"])
        r["compartments"] = a["of"].split(",") if "of" in a else everything

    def line_count(self, r, a):
        r["count"] = int(a["count"])

    def line_entry(self, r, a):
        r["entry"] = self.entry(a["entry"])

    def line_person(self, r, a):
        r["person"] = a["person"]

    def line_grants(self, r, a):
        r["grants"] = a["grants"]

    def line_sign(self, r, a):
        r["keys"] = a.get("keys", a["person"])

    def line_until(self, r, a):
        r["until"] = 0 if a.get("until", "0") == "0" else self.now + int(a["until"])

    def line_profile(self, r, a):
        r["profile"] = a["profile"]

    def line_taken(self, r, a):
        r["taken"] = self.now + int(a["taken"])

    def line_second(self, r, a):
        role, _, name = a["second"].partition(":")
        r["second"] = role, name

    def line_administrator(self, r, a):
        name, _, keys = a["administrator"].partition(":")
        r["administrator"] = (name, keys) if name != "-" else None

    def line_key(self, r, a):
        r["key"] = []
        for column in a["columns"].split(","):
            epoch = len(self.m.keys.get(column, [])) + 1 + int(a.get("epoch", 0))
            where = column.split(".") + [epoch]
            public = self.driver.ask("newkey", *where, column + str(epoch))[0]
            if "stale" in a:
                public = self.made.get(f"{column}.{epoch - 1}", public)
            self.made[f"{column}.{epoch}"] = public
            r["key"].append((column, epoch, public))

    # ---- What comes with them ----

    def body(self, r, a):
        act = r["act"]
        if act in ("record.create", "record.import", "record.save"):
            r["items"] = getattr(self, "items_" + act[7:])(r, a)
            return [self.envelope(i) for i in r["items"]]
        if act in ("keys", "staff.confirm", "staff.reinstate"):
            r["sealed"] = self.sealed(r, a)
            return [
                ("grant", name, self.keys_of(keys)[1].hex(), *column.split("."), epoch)
                for name, keys, column, epoch in r["sealed"]
            ] + [("hash", "sv/v1/grant")]
        if act == "record.find":
            epoch = max(1, self.m.newest(a["type"], "index") + int(a.get("epoch", 0)))
            r["query"] = a["type"], epoch, a["words"].split(",")
            return [("query", a["type"], epoch, a["words"]), ("hash", "sv/v1/query")]
        if act in ("counts.preview", "release.request"):
            lent = [(c, e) for c in COUNTED for e in range(1, len(self.m.keys[c]) + 1)]
            r["lent"] = lent[: len(lent) - int(a.get("without", 0))]
            r["spec_ok"] = "spec" not in a
            spec = SPEC if r["spec_ok"] else "svault/annual/v1\nyear 2022\n"
            basis = BASIS if act == "release.request" else b""
            names = ",".join(f"{c}.{e}" for c, e in r["lent"])
            return [
                ("counting", r["id"], spec.encode().hex(), basis.hex() or "-", names or "-"),
                ("hash", "sv/v1/counting"),
            ]
        return []

    def body_line(self, r, a, said):
        """The request's line `body` [4]."""
        act = r["act"]
        if "items" in r:
            for item, words in zip(r["items"], said):
                item["hash"] = bytes.fromhex(words[0])
            r["body_line"] = mth([item_leaf(i) for i in r["items"]])
        elif act == "release.approve":
            x = self.m.releases.get(r["entry"])
            r["body_line"] = x["commitment"] if x and not r["spoilt"] else bytes(32)
        elif act == "release.acknowledge":
            x = self.m.releases.get(r["entry"])
            r["cells_ok"] = x is not None and bool(x["cells"]) and not r["spoilt"]
            r["body_line"] = digest("sv/v1/cells", x["cells"]) if r["cells_ok"] else bytes(32)
        elif said:
            r["body_line"] = bytes.fromhex(said[-2][0])
        if r["spoilt"] and "body_line" in r and not act.startswith("release.a"):
            r["body_line"] = bytes(32)

    def envelope(self, i):
        content = ";".join(f"{f}={v}" for f, v in i["content"].items()) or "-"
        return (
            "envelope", i["type"], i["compartment"], i["record"], i["author"], i["version"],
            int(i["addition"]), i["prev"].hex(), i["epoch"], i["index"], content,
        )  # fmt: skip

    def item(self, r, record, compartment, content, epoch=0):
        kind = r["type"]
        searched = compartment == SEARCHED[kind]
        return {
            "type": kind, "record": record, "compartment": compartment, "author": r["actor"],
            "version": 1, "addition": False, "prev": bytes(32), "content": content,
            "epoch": max(1, self.m.newest(kind, compartment) + epoch),
            "index": self.m.newest(kind, "index") if searched else 0,
        }  # fmt: skip

    def items_create(self, r, a):
        content = contents_of(a.get("content", "-"))
        return [
            self.item(r, r["record"], c, content.get(c, {}), int(a.get("epoch", 0)))
            for c in self.m.p.compartments(r["type"])
        ]

    def items_import(self, r, a):
        out = []
        for row in a["rows"].split("|"):
            tag, _, content = row.partition("/")
            content = contents_of(content or "-")
            for c in self.m.p.compartments(r["type"]):
                out.append(self.item(r, self.handle(tag), c, content.get(c, {})))
        return out

    def items_save(self, r, a):
        content = contents_of(a.get("content", "-"))
        x, out = self.m.records.get(r["record"]), []
        for c in r["compartments"]:
            if c not in self.m.p.compartments(r["type"]):
                continue
            i = self.item(r, r["record"], c, content.get(c, {}), int(a.get("epoch", 0)))
            versions = x.versions[c] if x and c in x.versions else []
            i["version"] = max(1, (len(versions) or 1) + 1 + int(a.get("version", 0)))
            if i["version"] > 1:
                back = min(len(versions), 1 + int(a.get("prev", 0)))
                i["prev"] = versions[-back].item["hash"] if back else leaf(b"nothing")
                reads = "r" in self.m.p.roles.get(r["role"], {"cells": {}})["cells"].get(
                    f"{r['type']}.{c}", ""
                )
                i["addition"] = reads if "otherwise" in a else not reads
            out.append(i)
        return out

    def sealed(self, r, a):
        known = r["act"] == "keys" or self.m.proposal(r, r.get("grants", ""))
        out = self.m.wanted_grants(r, self.m.moment(r)) if known else []
        return out[: len(out) - int(a.get("without", 0))] if out else out

    # ---- Their text, and the entry's [4, 5] ----

    def text(self, r):
        out = ["svault/request/v1", f"origin {ORIGIN}", f"vault {self.m.vault.hex()}"]
        out += [f"act {r['act']}", f"id {r['id']}", f"at {r['at']}", f"role {r['role']}"]
        out += ["purpose " + " ".join(r["purpose"]), f"seen {r['seen'][0]} {b64(r['seen'][1])}"]
        for line in ACTS[r["act"]].split():
            if line == "key":
                for column, epoch, public in r["key"]:
                    out.append(f"key {column} {epoch} {b64(bytes.fromhex(public))}")
            else:
                out.append(f"{line} " + self.value(r, line))
        return "".join(x + "\n" for x in out)

    def value(self, r, line):
        if line == "compartments":
            return ",".join(r["compartments"])
        if line in ("sign", "box"):
            return b64(self.keys_of(r["keys"])[line == "box"])
        if line in ("until", "administrator") and not r[line]:
            return "-"
        if line == "body":
            return b64(r["body_line"])
        if line == "second":
            return " ".join(r["second"]).strip()
        if line == "administrator" and r[line]:
            return " ".join([r[line][0], *(b64(x) for x in self.keys_of(r[line][1]))])
        return str(r[line])

    def gate_lines(self, index):
        e = self.m.entries[index]
        out = ["svault/entry/v1", f"index {index}", f"time {e['time']}", f"roster {e['roster']}"]
        out += [f"policy {self.policy_hash}"]
        out += [f"decision {'allowed' if e['allowed'] else 'denied'} {e['rule']}"]
        out += [f"outcome {e['outcome']}"]
        out += [f"result {c} {v} {b64(h)}" for c, v, h in e["results"]]
        return "".join(x + "\n" for x in out) + "\n"

    # ---- The gate's answer against the model's ----

    def exchange(self, label, r, number, said, group=False):
        for _ in range(12):
            if said[0] == "0" or not (self.armed or self.doubtful) or said[1:] == ["signature"]:
                break
            # A call of the store failed: it is there or it is not, and the
            # same request once more says which.  A gate that could not open
            # its store again says so until it is begun anew.
            if said == ["-12", "store"]:
                self.do_reopen(label, {})
            said = self.driver.ask("again", number)
        doubtful, self.armed = self.doubtful or self.armed, False
        self.unsure = doubtful
        if doubtful and self.m.backup:
            self.m.backup["shaky"] = True
        want = self.m.ask(r)
        if want.status:
            return self.compare("answer", said, [str(want.status), want.reason])
        self.compare("answer", said[0] if said[0] == "0" else said, "0")
        index, raw = int(said[1]), bytes.fromhex(said[2])
        while doubtful and want.new and index > want.index:
            # It was logged, and when it was looked up again that was once too
            # often: for a limit, or under an id that had been another's.
            note = raw.split(b"\n\n", 1)[1]
            self.m.settle(want, leaf(self.gate_lines(want.index).encode() + note))
            want = self.m.ask(r)
        new = want.new
        if new:
            self.learn(want, raw.decode())
        e = self.m.entries[want.index]
        self.note(r, e)
        self.compare("index", index, want.index)
        text = self.gate_lines(want.index) + e["r"]["text"] + "\n"
        if not raw.decode().startswith(text):
            self.compare("entry", decision_of(raw.decode()), decision_of(text))
            self.compare("entry", raw.decode(), text)
        if new:
            self.m.settle(want, leaf(raw))
            self.indexes[label] = index
        if not group:
            self.compare("size and root", [int(said[3]), said[4]], self.head())
        true = r["seen"][0] >= len(self.m.tree.roots) or (
            self.m.tree.roots[r["seen"][0]] == r["seen"][1]
        )
        self.compare("proofs", said[5], str(int(true)))
        body = b"" if said[6] == "-" else bytes.fromhex(said[6])
        if group:
            # Lists and histories are made when all of it is in.
            self.heads.append((index, int(said[3]), said[4]))
            self.compare_nothing(r, e, want, body)
        else:
            self.compare_body(r, e, want, body)

    def learn(self, want, text):
        """What the documents leave to chance."""
        e = self.m.entries[want.index]
        got = dict(line.split(" ", 1) for line in text.split("\n\n")[0].split("\n")[1:] if " " in line)
        if want.learn and got["outcome"] in want.learn:
            e["outcome"] = got["outcome"]
        if e["r"]["act"] == "release.request" and e["outcome"] == "done":
            for line in text.split("\n\n")[0].split("\n"):
                if line.startswith("result "):
                    name, version, hashed = line.split(" ")[1:]
                    e["results"].append((name, int(version), unb64(hashed)))

    def note(self, r, e):
        rule = "-" if e["outcome"] == "-" else e["outcome"]
        key = r["act"], r["role"], "allowed" if e["allowed"] else "denied", e["rule"], rule
        self.counts[key] = self.counts.get(key, 0) + 1


def contents_of(word):
    """compartment:field=value,field=value/compartment:..."""
    out = {}
    for part in word.split("/") if word != "-" else []:
        name, _, fields = part.partition(":")
        out[name] = dict(f.split("=") for f in fields.split(",") if f)
    return out


def decision_of(text):
    return [x for x in text.split("\n") if x.startswith(("act ", "decision ", "outcome "))]
