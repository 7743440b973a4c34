"""What a log makes: the roster, decisions, and the state of records [5 to 7]."""

import struct

from formats import (
    entry_parse, item_leaf, leaf, long, mth, need, note_check, ROSTER_ACTS, short, unb64,
    vkey,
)

DAY = 24 * 3600 * 1000
NEVER = 2**64 - 1

# ---- 6 the policy ----


class Policy:
    def __init__(self, text):
        self.text = text
        self.columns, self.types, self.purposes, self.roles = [], [], [], {}
        self.excludes, self.limits = set(), {}
        role = None
        lines = text.split("\n")
        need(lines[0] == "svault/policy/v1" and lines[-1] == "", "not a policy")
        for line in lines[1:-1]:
            word, *rest = line.split(" ")
            if word == "profile":
                self.profile = rest[0]
            elif word == "column":
                self.columns.append(tuple(rest[0].split(".")))
                if self.columns[-1][0] not in self.types:
                    self.types.append(self.columns[-1][0])
            elif word == "purpose":
                self.purposes.append(rest[0])
            elif word == "role":
                role = {"names": [], "cells": {}, "acts": set(), "days": 0, "self": False}
                self.roles[rest[0]] = role
            elif word == "default":
                role["default"] = rest[0]
            elif word == "names":
                role["names"].append(rest[0])
            elif word == "grant-days-max":
                role["days"] = int(rest[0])
            elif word == "self-assigns":
                role["self"] = True
            elif word == "cell":
                role["cells"][tuple(rest[0].split("."))] = rest[1]
            elif word == "act":
                role["acts"].add(tuple(rest))
            elif word == "limit":
                self.limits[rest[0]] = int(rest[1]), int(rest[2]), rest[3:] == ["duplicate"]
            else:
                need(word == "exclude", "an unknown line")
                self.excludes |= {tuple(rest), tuple(rest[::-1])}

    def of_type(self, name):
        return [c for c in self.columns if c[0] == name and c[1] != "index"]

    def cell(self, role, column):
        return self.roles[role]["cells"].get(column, "")

    def sealed_to(self, role):
        return [c for c in self.columns if set(self.cell(role, c)) & set("rhgls")]

    def only_assigned(self, role, name):
        cells = [self.cell(role, c) for c in self.of_type(name)]
        return all("a" in c or "g" in c for c in cells if c)

    def parts(self):
        rest, out = self.text, []
        while rest:
            cut = len(rest) if len(rest.encode()) <= 2400 else rest[:2400].rindex("\n") + 1
            out.append(rest[:cut])
            rest = rest[cut:]
        return out


# ---- 9.2 the roster ----


class Roster:
    def __init__(self):
        self.policy, self.policy_text, self.parts, self.total = None, "", 0, 0
        self.persons, self.grants, self.proposals, self.keys = [], [], [], []
        self.formers = []
        self.restores = []
        self.last, self.last_ms = 0, 0

    def ready(self):
        return self.policy is not None and len(self.keys) >= len(self.policy.columns)

    def person(self, name):
        return next((p for p in self.persons if p["name"] == name), None)

    def holds(self, name, role, index, time):
        return any(
            self.persons[g["person"]]["name"] == name
            and g["role"] == role
            and g["from"] < index <= g["end"]
            and (g["until"] == 0 or time < g["until"])
            for g in self.grants
        )

    def had(self, name, role, index):
        return any(
            self.persons[g["person"]]["name"] == name and g["role"] == role and g["from"] < index
            for g in self.grants
        )

    def key(self, column, epoch=1):
        at = self.policy.columns.index(column)
        return next(k for k in self.keys if k["column"] == at and k["epoch"] == epoch)

    def add_grant(self, person, role, proposed, entry, until, proposer, sponsor):
        self.grants.append(
            {
                "person": person,
                "role": role,
                "proposed": proposed,
                "from": entry["index"],
                "from_ms": entry["time"],
                "until": until,
                "end": NEVER,
                "proposer": proposer,
                "sponsor": sponsor,
            }
        )

    def add_person(self, name, sign, box, index):
        self.persons.append({"name": name, "sign": sign, "box": box, "from": index})

    def apply(self, e, data):
        r, i = e["request"], e["index"]
        if r["act"] == "genesis":
            name, _, rest = r["log"].partition("+")
            public = unb64(rest.partition("+")[2], 33)
            need(public[:1] == b"\1", "not an Ed25519 vkey")
            need(r["log"] == vkey(name, public[1:]) and name == r["origin"], "the log's vkey")
            self.origin, self.vault, self.log_key = r["origin"], leaf(data), public[1:]
            self.gate_box = unb64(r["gatebox"], 32)
            self.policy_hash, self.schema_hash = r["policy"], r["schema"]
            self.profile = r["profile"]
            need([f[0] for f in r["founder"]][:2] == ["administrator", "supervisor"], "founders")
            for role, name, sign, box in r["founder"]:
                if self.person(name) is None:
                    self.add_person(name, unb64(sign, 32), unb64(box, 32), i)
                at = self.persons.index(self.person(name))
                self.add_grant(at, role, 0, e, 0, name, name)
        elif r["act"] == "policy":
            self.parts, self.total = int(r["part"][0]), int(r["part"][1])
            self.policy_text += "".join(line + "\n" for line, in r["|"])
            if self.parts == self.total:
                self.policy = Policy(self.policy_text)
        elif r["act"] == "keys":
            for kind, compartment, epoch, public in r["key"]:
                column = self.policy.columns.index((kind, compartment))
                public = unb64(public, 32)
                self.keys.append({"column": column, "epoch": int(epoch), "from": i, "public": public})
        elif r["act"] == "restore":
            self.restore(r, i)
        elif r["act"] == "staff.propose":
            p = {"index": i, "name": r["person"], "role": r["grants"], "until": r["until"]}
            p |= {"sign": unb64(r["sign"], 32), "box": unb64(r["box"], 32), "by": r["actor"]}
            self.proposals.append(p)
        else:
            p = next(p for p in self.proposals if p["index"] == r["entry"])
            self.proposals.remove(p)
            if self.person(p["name"]) is None:
                self.add_person(p["name"], p["sign"], p["box"], i)
            at = self.persons.index(self.person(p["name"]))
            self.add_grant(at, p["role"], p["index"], e, p["until"], p["by"], r["actor"])
        self.last, self.last_ms = i, e["time"]

    def restore(self, r, i):
        self.restores.append(bytes.fromhex(r["id"]))
        if r["administrator"][0] == "-":
            return
        _, name, sign, box = r["administrator"]
        person = self.person(name)
        self.proposals = [p for p in self.proposals if p["name"] != name]
        keys = unb64(sign, 32), unb64(box, 32)
        if keys != (person["sign"], person["box"]):
            self.proposals = [p for p in self.proposals if p["by"] != name]
            at = self.persons.index(person)
            self.formers.append((at, person["sign"], person["box"], i))
            person["sign"], person["box"] = keys

    def encode(self):
        text = self.policy_text.encode()
        out = short("svault/roster/v1") + b"\1" + short(self.origin) + self.vault
        out += self.log_key + self.gate_box + bytes.fromhex(self.policy_hash)
        out += bytes.fromhex(self.schema_hash)
        out += struct.pack(">QQIIB", self.last, self.last_ms, self.parts, self.total, 1)
        out += short(self.profile) + long(text)
        out += struct.pack(">I", len(self.persons))
        for p in self.persons:
            out += short(p["name"]) + p["sign"] + p["box"] + struct.pack(">Q", p["from"])
        out += struct.pack(">I", len(self.grants))
        for g in self.grants:
            out += struct.pack(">I", g["person"]) + short(g["role"])
            out += struct.pack(">QQQ", g["proposed"], g["from"], g["from_ms"])
            out += struct.pack(">QQ", g["until"], g["end"])
            out += short(g["proposer"]) + short(g["sponsor"])
        out += struct.pack(">I", len(self.proposals))
        for p in self.proposals:
            out += struct.pack(">Q", p["index"]) + short(p["name"]) + p["sign"] + p["box"]
            out += short(p["role"]) + struct.pack(">Q", p["until"]) + short(p["by"])
        out += struct.pack(">I", len(self.keys))
        for k in self.keys:
            out += struct.pack(">IIQ", k["column"], k["epoch"], k["from"]) + k["public"]
        out += struct.pack(">I", len(self.formers))
        for at, sign, box, i in self.formers:
            out += struct.pack(">I", at) + sign + box + struct.pack(">Q", i)
        # Nobody was suspended, and no key is due.
        out += struct.pack(">I", 0) + bytes(8 * len(self.policy.columns))
        if self.restores:
            out += struct.pack(">I", len(self.restores)) + b"".join(self.restores)
        return out


# ---- 7 decisions ----


def founding_ok(s, r, index, time):
    ro = s.roster
    if not s.entries:
        return r["act"] == "genesis"
    if not ro.holds(r["actor"], r["role"], index, time) or r["purpose"][1] != "default":
        return False
    if r["act"] == "policy":
        return int(r["part"][0]) == ro.parts + 1 and ro.policy is None
    return r["act"] == "keys" and ro.policy is not None and r["role"] == "supervisor"


def decide_propose(s, r, index, time):
    ro, p = s.roster, s.roster.policy
    mine = unb64(r["sign"], 32), unb64(r["box"], 32)
    known = [(q["name"], q["sign"], q["box"]) for q in ro.persons]
    waits = [q for q in ro.proposals if q["until"] == 0 or time < q["until"]]
    known += [(q["name"], q["sign"], q["box"]) for q in waits]
    if any(q[0] == r["person"] and q[1:] != mine for q in known):
        return "keys"
    if ro.holds(r["person"], r["grants"], index, time) or any(
        (q["name"], q["role"]) == (r["person"], r["grants"]) for q in waits
    ):
        return "held"
    if r["grants"] not in p.roles:
        return "grant"
    if not until_ok(p.roles[r["grants"]]["days"], r["until"], time):
        return "until"
    if excluded(s, r["person"], r["grants"], index, time):
        return "separation"
    if r["person"] == r["actor"]:
        return "self"
    if any(q[0] != r["person"] and (q[1] == mine[0] or q[2] == mine[1]) for q in known):
        return "keys"
    return None


def until_ok(days, until, time):
    if until == 0:
        return days == 0
    return time < until and (days == 0 or until - time <= days * DAY)


def excluded(s, person, role, index, time):
    p = s.roster.policy
    return any(
        (role, other) in p.excludes and s.roster.holds(person, other, index, time)
        for other in p.roles
    )


def decide_confirm(s, r, index, time):
    p = s.roster.policy
    made = next((q for q in s.roster.proposals if q["index"] == r["entry"]), None)
    if made is None or (made["name"], made["role"]) != (r["person"], r["grants"]):
        return "proposal"
    if r["actor"] in (made["name"], made["by"]):
        return "self"
    if not until_ok(p.roles[made["role"]]["days"], made["until"], time):
        return "until"
    if excluded(s, made["name"], made["role"], index, time):
        return "separation"
    if not set(p.sealed_to(made["role"])) <= set(p.sealed_to(r["role"])):
        return "holder"
    return None


def decide_cells(s, r, right):
    p, cells = s.roster.policy, []
    for c in r["compartments"]:
        cell = p.cell(r["role"], (r["type"], c))
        cells.append(cell.replace("g", "") if right == "w" else cell)
    if any(right not in c and "g" not in c for c in cells):
        return "compartment", None
    if any("g" in c for c in cells):
        return "break-glass", None
    if all("a" not in c for c in cells):
        return None, "role"
    return (None, "assigned") if (r["record"], r["actor"]) in s.assigned else ("not-assigned", None)


def decide_restore(s, r, index, time):
    ro, p = s.roster, s.roster.policy
    if r["seen"][0] != index or r["taken"] > time:
        return "restored"
    role, _, second = r["second"][0].partition(" ")
    if role == "-":
        if r["role"] != "recovery":
            return "second"
    elif (
        role not in p.roles
        or ("restore",) not in p.roles[role]["acts"]
        or second == r["actor"]
        or not ro.holds(second, role, index, time)
    ):
        return "second"
    if r["administrator"][0] == "-":
        return None
    _, name, sign, box = r["administrator"]
    if not ro.holds(name, "administrator", index, time):
        return "person"
    if name in (r["actor"], second):
        return "self"
    waits = [q for q in ro.proposals if q["until"] == 0 or time < q["until"]]
    for q in ro.persons + waits:
        if q["name"] != name and (q["sign"] == unb64(sign, 32) or q["box"] == unb64(box, 32)):
            return "keys"
    held = [
        g["role"]
        for g in ro.grants
        if g["end"] == NEVER and ro.persons[g["person"]]["name"] == name
    ]
    if any(p.cell(q, c) for q in held for c in p.columns):
        return "holder"
    return None


def decide_act(s, r, index, time):
    """The rule that denies, or None and the rule that allows."""
    p, act, role = s.roster.policy, r["act"], r["role"]
    if act == "staff.propose":
        return decide_propose(s, r, index, time), "role"
    if act == "restore":
        return decide_restore(s, r, index, time), "role"
    if act == "staff.confirm":
        return decide_confirm(s, r, index, time), "role"
    if act in ("record.create", "record.import"):
        columns = p.of_type(r["type"])
        if act == "record.create" and r["compartments"] != [c[1] for c in columns]:
            return "compartment", None
        if any("w" not in p.cell(role, c) for c in columns):
            return "compartment", None
        if act == "record.import" and not 1 <= r["count"] <= 512:
            return "count", None
        return None, "role"
    if act in ("record.save", "record.read"):
        return decide_cells(s, r, "w" if act == "record.save" else "r")
    if act == "record.history" and p.only_assigned(role, r["type"]):
        mine = (r["record"], r["actor"]) in s.assigned
        return (None, "assigned") if mine else ("not-assigned", None)
    if act == "record.list" and not 1 <= r["count"] <= 1000:
        return "count", None
    if act in ("record.assign", "record.unassign"):
        works = any(
            any(p.cell(q, c) for c in p.of_type(r["type"]))
            and s.roster.holds(r["person"], q, index, time)
            for q in p.roles
        )
        if not (works if act == "record.assign" else s.roster.person(r["person"])):
            return "person", None
        if r["person"] == r["actor"]:
            if not p.roles[role]["self"]:
                return "self", None
        if act == "record.assign" and (
            r["purpose"][0] == "emergency"
            or time - s.glass.get(r["record"], -DAY - 1) <= DAY
        ):
            own = r["person"] == r["actor"]
            return None, "self-assigned-flagged" if own else "flagged"
        if r["person"] == r["actor"]:
            return None, "self-assigned"
    return None, "role"


def decide(s, r, index, time):
    ro = s.roster
    if r["id"] in s.ids:
        return "denied", "repeated"
    if not -5 * 60 * 1000 <= time - r["at"] <= DAY:
        return "denied", "clock"
    size, root = r["seen"]
    if size > len(s.leaves) or mth(s.leaves[:size]) != root:
        return "denied", "seen"
    if not ro.ready():
        ok = founding_ok(s, r, index, time)
        return ("allowed", "founding") if ok else ("denied", "setup")
    if not ro.holds(r["actor"], r["role"], index, time):
        return "denied", "expired" if ro.had(r["actor"], r["role"], index) else "no-role"
    role, (purpose, how) = ro.policy.roles[r["role"]], r["purpose"]
    if purpose not in role["names"] or how == "default" and purpose != role["default"]:
        return "denied", "purpose"
    if ((r["act"], r["type"]) if "type" in r else (r["act"],)) not in role["acts"]:
        return "denied", "act"
    if r["act"] in ro.policy.limits:
        most, window, _ = ro.policy.limits[r["act"]]
        used = s.used.get((r["actor"], r["act"]), [])
        if sum(time - t < window for t in used) >= most:
            return "denied", "limit"
    denied, allowed = decide_act(s, r, index, time)
    return ("denied", denied) if denied else ("allowed", allowed)


# ---- the log, replayed ----


class State:
    """What the entries make."""

    def __init__(self):
        self.roster, self.entries, self.raw, self.leaves = Roster(), [], [], []
        self.ids, self.assigned, self.records, self.versions = {}, set(), {}, {}
        self.batch, self.used, self.glass = None, {}, {}

    def add(self, data):
        e = entry_parse(data)
        need(e["index"] == len(self.entries), "not the next index")
        need(e["roster"] == (self.roster.last if self.entries else None), "roster line")
        if e["item"]:
            self.item(e)
        else:
            need(self.batch is None, "an item is missing")
            self.request(e, data)
        self.entries.append(e)
        self.raw.append(data)
        self.leaves.append(leaf(data))

    def signers(self, r):
        if r["act"] == "genesis":
            both = r["founder"][:2]
            return [(f"{r['origin']}/{n}", unb64(sign, 32)) for _, n, sign, _ in both]
        person = self.roster.person(r["actor"])
        need(person, "an unknown actor")
        out = [(f"{r['origin']}/{r['actor']}", person["sign"])]
        if r["act"] == "restore":
            role, _, second = r["second"][0].partition(" ")
            if role == "-":
                return out + [(r["origin"], self.roster.log_key)]
            person = self.roster.person(second)
            need(person, "an unknown second")
            out.append((f"{r['origin']}/{second}", person["sign"]))
        return out

    def request(self, e, data):
        r, ro = e["request"], self.roster
        note_check(e["note"], *self.signers(r))
        if self.entries:
            need(r["origin"] == ro.origin, "origin")
            need(e["time"] >= self.time, "time goes back")
            need(r["vault"] == (ro.vault.hex() if ro.ready() else "-"), "vault")
        self.time = e["time"]
        need(e["policy"] == (ro.policy_hash if self.entries else r["policy"]), "policy")
        need(e["decision"] == decide(self, r, e["index"], e["time"]), f"decision {e['decision']}")
        need((e["outcome"] == "-") == (e["decision"][0] == "denied"), "outcome")
        self.ids.setdefault(r["id"], (e["index"], e["note"]))
        limit = ro.policy.limits.get(r["act"]) if self.entries and ro.policy else None
        if limit and e["decision"][0] == "allowed" and (not limit[2] or e["outcome"] == "duplicate"):
            self.used.setdefault((r["actor"], r["act"]), []).append(e["time"])
        if e["decision"] == ("denied", "break-glass"):
            self.glass[r["record"]] = e["time"]
        if e["outcome"] == "done":
            self.done(e, r, data)
        else:
            need(not e["results"], "results")

    def done(self, e, r, data):
        act = r["act"]
        if act in ROSTER_ACTS:
            self.roster.apply(e, data)
        if act in ("record.create", "record.save", "record.read"):
            need([x[0] for x in e["results"]] == r["compartments"], "results")
        else:
            need(not e["results"], "results")
        if act in ("record.create", "record.save"):
            root = mth([item_leaf(r["record"], *x) for x in e["results"]])
            need(root == unb64(r["body"], 32), "the body is not the results' root")
        if act == "record.create":
            self.create(r["record"], r, e, e["index"])
        if act == "record.save":
            for at, x in enumerate(e["results"]):
                self.keep(r["record"], r["type"], x, e, at, len(e["results"]))
            self.records[r["record"]]["changed"] = e["time"]
        if act == "record.read":
            for c, version, digest in e["results"]:
                last = self.versions[r["record"], r["type"], c][-1]
                need((last["version"], last["hash"]) == (version, digest), "not the last version")
        if act == "record.import":
            self.batch = {"entry": e, "left": r["count"], "leaves": [], "items": []}
        if act == "record.assign":
            need((r["record"], r["person"]) not in self.assigned, "is assigned")
            self.assigned.add((r["record"], r["person"]))
        if act == "record.unassign":
            self.assigned.remove((r["record"], r["person"]))

    def create(self, record, r, e, index, offset=0, total=None, results=None):
        need(record not in self.records, "is there")
        results = results or e["results"]
        columns = [c[1] for c in self.roster.policy.of_type(r["type"])]
        need([x[0] for x in results] == columns, "not all compartments")
        self.records[record] = {
            "type": r["type"],
            "creator": r["actor"],
            "index": index,
            "created": e["time"],
            "changed": e["time"],
        }
        self.assigned.add((record, r["actor"]))
        for at, x in enumerate(results):
            need(x[1] == 1, "a new record at another version")
            self.keep(record, r["type"], x, e, offset + at, total or len(results))

    def keep(self, record, kind, result, e, position, total):
        c, version, digest = result
        had = self.versions.setdefault((record, kind, c), [])
        need(version == len(had) + 1, "not the next version")
        had.append(
            {
                "version": version,
                "hash": digest,
                "entry": e["index"],
                "time": e["time"],
                "position": position,
                "total": total,
                "author": e["request"]["actor"],
            }
        )

    def item(self, e):
        b = self.batch
        need(b and e["batch"] == b["entry"]["index"], "an item of no batch")
        b["leaves"] += [item_leaf(e["record"], *x) for x in e["results"]]
        b["items"].append(e)
        b["left"] -= 1
        if b["left"]:
            return
        r = b["entry"]["request"]
        need(mth(b["leaves"]) == unb64(r["body"], 32), "the batch's root")
        at = 0
        for i in b["items"]:
            self.create(i["record"], r, b["entry"], i["index"], at, len(b["leaves"]), i["results"])
            at += len(i["results"])
        self.batch = None

    def body_leaves(self, index):
        """The leaves under the body line of the entry at index, in order."""
        found = [
            (v["position"], item_leaf(record, c, v["version"], v["hash"]))
            for (record, _, c), had in self.versions.items()
            for v in had
            if v["entry"] == index
        ]
        return [x[1] for x in sorted(found)]
