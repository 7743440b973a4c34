"""What the gate does, as the documents say: docs/FORMAT.md (sections in brackets), the policy's
table, SECURITY.md.  No cryptography, no tables, no speed: requests in, decisions and answers out.

A request is a dictionary of its lines; what comes with it (`body`) is what its author meant by it.
"""

from collections import Counter

from decide import Decisions
from table import (
    COUNTED, DAY, SEARCHED, UNIQUE, Policy, Tree, b64, leaf, own_numbers, results_of, words_of,
)  # fmt: skip

ROSTER_ACTS = ("keys", "restore")  # and all of staff. [5]
# Acts that answer with content: decided anew when they come again [7, 10].
ANSWERS = (
    "record.read", "record.list", "record.find", "record.history", "release.list", "release.show",
    "release.fetch", "log.read", "store.check", "backup.read",
)  # fmt: skip
BACKUP_IDLE = 10 * 60000


# ---- The state that entries make ----


class Version:
    def __init__(self, item, index, time, position, total):
        self.item, self.index, self.time = item, index, time
        self.position, self.total = position, total


class Record:
    def __init__(self, kind, creator, index, time):
        self.kind, self.creator, self.index = kind, creator, index
        self.created = self.changed = time
        self.versions = {}  # compartment -> list of Version


class Answer:
    """status and reason; or an entry, whether it is new, and what comes with it."""

    def __init__(self, status=0, reason="", index=None, body=None):
        self.status, self.reason, self.index, self.body = status, reason, index, body
        self.new = False
        self.learn = None  # outcomes that the documents leave open, of which one must be


class Model(Decisions):
    def __init__(self, profile, founders, vault, leaves, now):
        self.p, self.vault, self.now = Policy(profile), vault, now
        self.tree = Tree()
        for x in leaves:
            self.tree.add(x)
        self.time, self.roster = now, len(leaves) - 1
        self.roster_entries = list(range(len(leaves)))
        self.persons, self.grants, self.proposals = {}, [], []
        for role, name in founders:
            self.persons.setdefault(name, {"keys": name, "absent": False})
            self.grants.append(self.grant(name, role, 0, 0, 0))
        self.keys = {c: [len(leaves) - 1] for c in self.p.columns}  # entries of its epochs
        self.publics = set()
        self.due = dict.fromkeys(self.p.columns, 0)
        self.records, self.assigned = {}, set()
        self.ids, self.used, self.glass, self.flags = {}, {}, {}, {}
        self.releases, self.last_release = {}, 0
        self.brought = {}  # entry -> to whom it brought how many sealed keys
        first = {n: len(set().union(*(self.p.sealed(r) for r, m in founders if m == n)))
                 for _, n in founders}  # fmt: skip
        self.brought[len(leaves) - 1] = {n: k for n, k in first.items() if k}
        self.backup = None
        self.entries = {}  # index -> what was asked, and came of it

    def reopened(self):
        self.backup = None

    @staticmethod
    def grant(name, role, proposed, index, until):
        g = {"name": name, "role": role, "proposed": proposed, "from": index}
        return g | {"until": until, "end": None}

    # ---- What comes of it [5] ----

    def moment(self, r):
        """Of the entry [5]."""
        return max(min(self.now, r["at"] + DAY + 1), self.time)

    def ask(self, r):
        """A signed request, of which nothing is malformed or foreign."""
        time = self.moment(r)
        b = self.backup
        if b and (self.now < b["used"] or self.now - b["used"] > BACKUP_IDLE):
            self.backup = None
        if r["signed"] != self.persons.get(r["actor"], {}).get("keys"):
            return Answer(-7, "signature")
        known = self.ids.get(r["id"])
        if known is not None and known["note"] == r["note"] and time - r["at"] <= DAY:
            return self.receipt(r, known, time)
        return self.write(r, time, *self.decide(r, time))

    def receipt(self, r, known, time):
        first = self.entries[known["index"]]
        if r["act"] == "record.import" and first["outcome"] == "exists":
            return Answer(index=known["index"], body=self.answer(r, known["index"], time))
        if r["act"] not in ANSWERS or not first["allowed"]:
            return Answer(index=known["index"])
        allowed, rule = self.decide(r, time, again=True)
        if not allowed:  # the new entry's rule is the first that applies to it
            return self.write(r, time, *self.decide(r, time))
        done = first["outcome"] == "done"
        if r["act"] == "record.find":  # [15]
            done = done and r["query"][1] == self.newest(r["type"], "index")
        return Answer(index=known["index"], body=self.answer(r, known["index"], time) if done else None)

    def write(self, r, time, allowed, rule):
        index = len(self.tree.leaves)
        outcome, results = "-", []
        learn = None
        if allowed:
            outcome, results = self.perform(r, index, time)
            if isinstance(outcome, tuple):
                outcome, learn = outcome[0], outcome
        answer = Answer(index=index)
        answer.learn = learn
        self.entries[index] = {
            "time": time, "roster": self.roster, "allowed": allowed, "rule": rule, "r": r,
            "outcome": outcome, "results": results,
        }  # fmt: skip
        answer.new = True
        return answer

    def settle(self, answer, hashed):
        """The entry is in the log, with this leaf and, where that was open, its outcome: what
        follows from it, and what comes back."""
        index = answer.index
        e = self.entries[index]
        r, time = e["r"], e["time"]
        self.tree.add(hashed)
        self.time = time
        self.ids.setdefault(r["id"], {"index": index, "note": r["note"]})
        act, done = r["act"], e["outcome"] == "done"
        limit = self.p.limits.get(act)
        if limit and e["allowed"] and (not limit[2] or e["outcome"] == "duplicate"):
            self.used.setdefault((r["actor"], act), []).append(time)
        if e["rule"] == "break-glass":
            self.glass[r["record"]] = time
        if done:
            if act in ROSTER_ACTS or act.startswith("staff."):
                self.roster = index
                self.roster_entries.append(index)
            getattr(self, "done_" + act.replace(".", "_"), lambda e, i: None)(e, index)
        if e["outcome"] == ("exists" if act == "record.import" else "done"):
            answer.body = self.answer(r, index, time)

    # ---- Outcomes: before anything changes ----

    def perform(self, r, index, time):
        name = "outcome_" + r["act"].replace(".", "_")
        return getattr(self, name, lambda r, i, t: ("done", []))(r, index, time)

    def record_of(self, r):
        x = self.records.get(r["record"])
        return x if x is not None and x.kind == r["type"] else None

    def newest(self, kind, compartment):
        return len(self.keys[f"{kind}.{compartment}"])

    def item_ok(self, r, item, record, compartment):
        searched = compartment == SEARCHED[r["type"]]
        return (
            item["type"] == r["type"]
            and item["record"] == record
            and item["compartment"] == compartment
            and item["author"] == r["actor"]
            and item["epoch"] == self.newest(r["type"], compartment)
            and item["index"] == (self.newest(r["type"], "index") if searched else 0)
        )

    def new_ok(self, r, items, record):
        return len(items) == len(self.p.compartments(r["type"])) and all(
            self.item_ok(r, i, record, c)
            and i["version"] == 1
            and not i["addition"]
            and i["prev"] == bytes(32)
            for i, c in zip(items, self.p.compartments(r["type"]))
        )

    def numbers(self, kind, but=None):
        return {
            n
            for handle, x in self.records.items()
            if x.kind == kind and handle != but
            for n in self.words(x, unique=True)
        }

    def outcome_record_create(self, r, index, time):
        items = r["items"]
        if r["spoilt"] or not self.new_ok(r, items, r["record"]):
            return "invalid", []
        if r["record"] in self.records:
            return "exists", []
        if own_numbers(items) & self.numbers(r["type"]):
            return "duplicate", []
        return "done", results_of(items)

    def outcome_record_import(self, r, index, time):
        items, each = r["items"], len(self.p.compartments(r["type"]))
        rows = [items[i : i + each] for i in range(0, len(items), each)]
        handles = [row[0]["record"] for row in rows]
        if r["spoilt"] or len(rows) != r["count"] or len(set(handles)) != len(handles):
            return "invalid", []
        if not all(self.new_ok(r, row, h) for row, h in zip(rows, handles)):
            return "invalid", []
        if any(h in self.records for h in handles):
            return "exists", []
        there = self.numbers(r["type"])
        for row in rows:
            if own_numbers(row) & there:
                return "duplicate", []
            there |= own_numbers(row)
        return "done", []

    def outcome_record_save(self, r, index, time):
        x = self.record_of(r)
        items = r["items"]
        if r["spoilt"] or [i["compartment"] for i in items] != r["compartments"]:
            return "invalid", []
        for i in items:  # who may not read adds; who may writes all of it anew
            reads = "r" in self.p.cell(r["role"], r["type"], i["compartment"])
            ok = self.item_ok(r, i, r["record"], i["compartment"])
            if not ok or i["addition"] == reads and i["version"] > 1:
                return "invalid", []
        if x is None:
            return "not-found", []
        for i in items:
            last = x.versions[i["compartment"]][-1].item
            if i["version"] != last["version"] + 1 or i["prev"] != last["hash"]:
                return "conflict", []
        if own_numbers(items) & self.numbers(r["type"], r["record"]):
            return "duplicate", []
        return "done", results_of(items)

    def outcome_record_read(self, r, index, time):
        x = self.record_of(r)
        if x is None:
            return "not-found", []
        return "done", results_of([x.versions[c][-1].item for c in r["compartments"]])

    def outcome_record_find(self, r, index, time):
        ok = not r["spoilt"] and r["query"][1] == self.newest(r["type"], "index")
        return ("done" if ok else "invalid"), []

    def outcome_record_history(self, r, index, time):
        return ("done" if self.record_of(r) else "not-found"), []

    def outcome_record_assign(self, r, index, time):
        if not self.record_of(r):
            return "not-found", []
        return ("exists" if (r["record"], r["person"]) in self.assigned else "done"), []

    def outcome_record_unassign(self, r, index, time):
        there = self.record_of(r) and (r["record"], r["person"]) in self.assigned
        return ("done" if there else "not-found"), []

    def wanted_grants(self, r, time):
        """Which sealed keys must come with it [11]."""
        if r["act"] == "keys":
            return [
                (name, x["keys"], column, epoch)
                for column, epoch, _ in r["key"]
                for name, x in self.persons.items()
                if any(
                    column in self.p.sealed(q) and self.holds(name, q, time) for q in self.p.roles
                )
            ]
        made = self.proposal(r, r.get("grants", ""))
        roles = [r["grants"]] if "grants" in r else []
        roles = roles or self.kept(r["person"], time)
        columns = [c for c in self.p.columns if any(c in self.p.sealed(q) for q in roles)]
        return [
            (r["person"], made["keys"], c, epoch)
            for c in columns
            for epoch in range(1, len(self.keys[c]) + 1)
        ]

    def outcome_grants(self, r, index, time):
        # For whom it is, the gate sees; under which keys it was sealed, it cannot.
        names = [(name, column, epoch) for name, _, column, epoch in self.wanted_grants(r, time)]
        ok = not r["spoilt"] and [(n, c, e) for n, _, c, e in r["sealed"]] == names
        return ("done" if ok else "invalid"), []

    outcome_keys = outcome_staff_confirm = outcome_staff_reinstate = outcome_grants

    def outcome_counts_preview(self, r, index, time):
        return self.outcome_count(r, time, "done")

    def outcome_release_request(self, r, index, time):
        if r["profile"] == "exact":
            return self.outcome_count(r, time, ("done", "unproved"))
        return self.outcome_count(r, time, ("done", "unsafe", "infeasible", "unproved"))

    def outcome_count(self, r, time, good):
        lent = {(c, e) for c in COUNTED for e in range(1, len(self.keys[c]) + 1)}
        ok = not r["spoilt"] and r["spec_ok"] and lent <= set(r["lent"])
        return (good if ok else "invalid"), []

    def outcome_release_acknowledge(self, r, index, time):
        ok = r["cells_ok"]
        return ("done" if ok else "invalid"), []

    def outcome_release_approve(self, r, index, time):
        ok = r["actor"] in self.releases[r["entry"]]["approvers"]
        return ("done" if ok else "invalid"), []

    def outcome_restore(self, r, index, time):
        return "invalid", []  # nothing waits for it

    def outcome_backup_read(self, r, index, time):
        b = self.backup
        ok = (
            b is not None
            and b["index"] == r["entry"]
            and r["count"] in (b["next"], b["next"] - 1)
            and r["count"] < 3
        )
        if ok and b["shaky"]:  # the store may have been opened anew
            return ("done", "not-found"), []
        return ("done" if ok else "not-found"), []

    # ---- What is different after an entry that is done ----

    def done_keys(self, e, index):
        for column, _, public in e["r"]["key"]:
            self.keys[column].append(index)
            self.publics.add(public)
            self.due[column] = 0
        self.brought[index] = Counter(n for n, *_ in e["r"]["sealed"])

    def done_staff_propose(self, e, index):
        r = e["r"]
        q = {"index": index, "person": r["person"], "keys": r["keys"], "role": r["grants"]}
        self.proposals.append(q | {"until": r["until"], "by": r["actor"]})

    def done_staff_replace(self, e, index):
        r = e["r"]
        self.drop_proposals(lambda q: q["person"] == r["person"] and not q["role"])
        q = {"index": index, "person": r["person"], "keys": r["keys"], "role": ""}
        self.proposals.append(q | {"until": 0, "by": r["actor"]})

    def drop_proposals(self, gone):
        self.proposals = [q for q in self.proposals if not gone(q)]

    def done_staff_confirm(self, e, index):
        r = e["r"]
        q = self.proposal(r, r["grants"])
        self.proposals.remove(q)
        self.persons.setdefault(q["person"], {"keys": q["keys"], "absent": False})
        self.grants.append(self.grant(q["person"], q["role"], q["index"], index, q["until"]))
        self.brought[index] = Counter(n for n, *_ in r["sealed"])

    def done_staff_reinstate(self, e, index):
        r = e["r"]
        q = self.proposal(r, "")
        self.proposals.remove(q)
        self.persons[q["person"]]["absent"] = False
        self.give_keys(q["person"], q["keys"], e["time"])
        self.brought[index] = Counter(n for n, *_ in r["sealed"])

    def give_keys(self, name, keys, time):
        if keys == self.persons[name]["keys"]:
            return
        self.persons[name]["keys"] = keys
        for names in self.brought.values():
            names.pop(name, None)  # what was sealed to her former keys
        self.drop_proposals(lambda q: q["by"] == name)
        for c in self.p.columns:
            if self.has_secret(name, c):
                self.due[c] = self.due[c] or time

    def done_staff_revoke(self, e, index):
        r, name, role = e["r"], e["r"]["person"], e["r"]["grants"]
        lost = [c for c in self.p.sealed(role) if self.has_secret(name, c)]
        for g in self.open_grants(name):
            if g["role"] == role:
                g["end"] = index
        self.drop_proposals(lambda q: (q["person"], q["role"]) == (name, role))
        self.drop_proposals(lambda q: q["person"] == name and not q["role"])
        for c in lost:
            if not self.has_secret(name, c):
                self.due[c] = self.due[c] or e["time"]
        for act in ("staff.propose", "staff.replace"):
            if not any(self.p.acts(g["role"], act) for g in self.open_grants(name)):
                mine = (lambda q: q["role"]) if act == "staff.propose" else (lambda q: not q["role"])
                self.drop_proposals(lambda q: q["by"] == name and mine(q))

    def done_staff_suspend(self, e, index):
        name = e["r"]["person"]
        self.persons[name]["absent"] = True
        self.drop_proposals(lambda q: q["by"] == name or q["person"] == name and not q["role"])

    def done_record_create(self, e, index):
        r = e["r"]
        self.bring(r, r["record"], r["items"], index, index, e["time"], 0, len(r["items"]))

    def bring(self, r, handle, items, index, batch, time, offset, total):
        x = self.records[handle] = Record(r["type"], r["actor"], index, time)
        for i, item in enumerate(items):
            x.versions[item["compartment"]] = [Version(item, batch, time, offset + i, total)]
        self.assigned.add((handle, r["actor"]))

    def done_record_import(self, e, index):
        """One item entry for each record, behind the batch's own [5]."""
        r, each = e["r"], len(self.p.compartments(e["r"]["type"]))
        for n in range(r["count"]):
            row = r["items"][n * each : (n + 1) * each]
            handle, at = row[0]["record"], len(self.tree.leaves)
            text = f"svault/item/v1\nindex {at}\nroster {self.roster}\nbatch {index}\n"
            text += f"record {handle}\n"
            for i in row:
                text += f"result {i['compartment']} 1 {b64(i['hash'])}\n"
            self.tree.add(leaf(text.encode()))
            self.bring(r, handle, row, at, index, e["time"], n * each, len(r["items"]))

    def done_record_save(self, e, index):
        r = e["r"]
        x = self.records[r["record"]]
        x.changed = e["time"]
        for n, item in enumerate(r["items"]):
            v = Version(item, index, e["time"], n, len(r["items"]))
            x.versions[item["compartment"]].append(v)

    def done_record_assign(self, e, index):
        r = e["r"]
        self.assigned.add((r["record"], r["person"]))
        if e["rule"] in ("flagged", "self-assigned-flagged"):
            self.flags[index] = {"actor": r["actor"], "person": r["person"], "done": False}

    def done_record_unassign(self, e, index):
        self.assigned.remove((e["r"]["record"], e["r"]["person"]))

    def done_flag_acknowledge(self, e, index):
        self.flags[e["r"]["entry"]]["done"] = True

    def done_release_request(self, e, index):
        r = e["r"]
        self.releases[index] = {
            "by": r["actor"], "time": e["time"], "profile": r["profile"], "acknowledged": False,
            "judged": 0, "refused": False, "judge": "", "judged_index": 0,
            "boxes": {n: x["keys"] for n, x in self.persons.items()}, "cells": None,
            "commitment": e["results"][0][2], "hashes": [x[2] for x in e["results"]],
            "approvers": {
                n for n in self.persons
                if n != r["actor"]
                and any(self.approves(q) and self.holds(n, q, e["time"]) for q in self.p.roles)
            },
        }  # fmt: skip

    def done_release_acknowledge(self, e, index):
        self.releases[e["r"]["entry"]]["acknowledged"] = True

    def done_release_approve(self, e, index):
        self.judge(e, index)
        self.last_release = index

    def judge(self, e, index):
        x = self.releases[e["r"]["entry"]]
        x.update(judge=e["r"]["actor"], judged=e["time"], judged_index=index)
        return x

    def done_release_refuse(self, e, index):
        self.judge(e, index)["refused"] = True

    def done_backup_open(self, e, index):
        self.backup = {
            "index": index, "used": self.now, "next": 0, "shaky": False, "size": index,
            "rows": None, "stored": e["r"].get("rows"),
        }  # fmt: skip

    def done_backup_read(self, e, index):
        self.backup["next"] = e["r"]["count"] + 1
        self.backup["used"] = self.now

    def done_restore(self, e, index):
        if e["r"]["administrator"] is not None:
            name, keys = e["r"]["administrator"]
            self.drop_proposals(lambda q: q["person"] == name)
            self.give_keys(name, keys, e["time"])

    # ---- What comes back [10] ----

    def answer(self, r, index, time):
        make = getattr(self, "answer_" + r["act"].replace(".", "_"), None)
        return make(r, index, time) if make else None

    def answer_record_read(self, r, index, time):
        """The versions that the entry names, each from there down to the last full one."""
        x = self.records[r["record"]]
        out = []
        for place, (c, last, _) in enumerate(self.entries[index]["results"]):
            for v in reversed(x.versions[c][:last]):
                out.append((place, v))
                if not v.item["addition"]:
                    break
        return out

    def visible(self, r, handle):
        mine = (handle, r["actor"]) in self.assigned
        return mine or not self.p.only_assigned(r["role"], r["type"])

    def assignees(self, handle):
        return [n for n in self.persons if (handle, n) in self.assigned]

    def answer_record_list(self, r, index, time):
        rows = [
            (handle, x)
            for handle, x in self.records.items()
            if x.kind == r["type"] and x.index < r["entry"] and self.visible(r, handle)
        ]
        rows.sort(key=lambda row: -row[1].index)
        return len(rows) > r["count"], [
            (h, x.index, x.created, x.changed, x.creator, (h, r["actor"]) in self.assigned,
             self.assignees(h))
            for h, x in rows[: r["count"]]
        ]  # fmt: skip

    def words(self, x, unique=False):
        """What a record is found by: of its last full version and the additions after it."""
        field = UNIQUE[x.kind]
        found = set()
        for v in reversed(x.versions[SEARCHED[x.kind]]):
            content = v.item["content"]
            if unique:
                found |= {content[field]} if field in content else set()
            else:
                found |= words_of(content)
            if not v.item["addition"]:
                break
        return found

    def answer_record_find(self, r, index, time):
        kind, _, words = r["query"]
        hits = sorted(
            handle
            for handle, x in self.records.items()
            if x.kind == kind and set(words) <= self.words(x)
        )
        rows = [(h, None) if self.visible(r, h) else (None, self.helpers(h, kind, time)) for h in hits]
        return len(rows) > 50, rows[:50]

    def helpers(self, handle, kind, time):
        there = [n for n in self.assignees(handle) if self.works_with(n, kind, time)]
        return there or [
            n
            for n in self.persons
            if any(
                self.p.acts(q, "record.assign", kind) and self.holds(n, q, time)
                for q in self.p.roles
            )
        ]

    def answer_record_history(self, r, index, time):
        x = self.records[r["record"]]
        return [
            (c, v.item["version"], v.item["addition"], v.index, v.time, v.item["author"], v.item["hash"])
            for c in self.p.compartments(r["type"])
            if self.p.cell(r["role"], r["type"], c) not in ("", "l")
            for v in x.versions[c]
        ]  # fmt: skip

    def answer_record_import(self, r, index, time):
        """Which of its records were there."""
        each = len(self.p.compartments(r["type"]))
        handles = [i["record"] for i in r["items"][::each]]
        bits = [h in self.records for h in handles]
        return bits + [False] * (-len(bits) % 8)

    def answer_log_read(self, r, index, time):
        return self.tree.leaves[r["entry"] : r["entry"] + r["count"]]

    def answer_store_check(self, r, index, time):
        return []

    def answer_release_list(self, r, index, time):
        every = self.approves(r["role"])
        return [(n, x) for n, x in self.releases.items() if every or x["by"] == r["actor"]]

    def answer_release_show(self, r, index, time):
        return self.releases[r["entry"]]

    answer_release_fetch = answer_release_show

    def answer_release_request(self, r, index, time):
        return self.releases[index]

    def answer_counts_preview(self, r, index, time):
        return {}

    def answer_backup_read(self, r, index, time):
        b = self.backup
        there = b and b["index"] == r["entry"] and r["count"] in (b["next"], b["next"] - 1)
        return b if there else None


