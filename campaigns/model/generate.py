"""Operations at random, weighted so that something comes of them: most are what somebody may do,
the rest is what she may not, and the clock likes to stop at the edges of every term."""

import random

from stories import AUDITOR, WORDS, Stories
from table import DAY, DUE, HOUR, TERM

STAFF = {
    "intake-1": "intake", "case-1": "caseworker", "case-2": "caseworker", "clinic-1": "clinician",
    "legal-1": "legal_officer", "justice-1": "justice_liaison", "audit-1": "auditor",
    "stats-1": "statistics_officer", "approve-1": "approver", "lead-2": "supervisor",
    "admin-2": "administrator",
}  # fmt: skip
NAMES = ["admin-1", "lead-1", *STAFF, "inter-1", "new-1"]
FIELDS = {
    "location": ("shelter", ["east", "west"]), "facts": ("gender", ["female", "male"]),
    "narrative": ("summary", ["one", "two"]), "health": ("provider", ["north", "south"]),
    "legal": ("counsel", ["kimura", "ito"]), "release": ("consent_recipients", ["police", "court"]),
}  # fmt: skip
WEIGHTS = {
    "record.create": 10, "record.import": 3, "record.save": 16, "record.read": 18, "record.list": 6,
    "record.find": 6, "record.history": 6, "record.assign": 9, "record.unassign": 4,
    "flag.acknowledge": 3, "staff.propose": 7, "staff.confirm": 8, "staff.replace": 4,
    "staff.reinstate": 6, "staff.revoke": 3, "staff.suspend": 2, "keys": 3, "log.read": 2,
    "store.check": 0.3, "backup.open": 1, "backup.read": 2, "counts.preview": 0.7,
    "release.request": 0.7, "release.list": 1, "release.show": 2, "release.acknowledge": 2,
    "release.approve": 3, "release.refuse": 0.7, "release.fetch": 3, "restore": 1,
    "again": 4, "sync": 3, "reopen": 0.7, "fail": 1.5, "flaky": 0.3, "burst": 0.5, "edge": 5, "story": 4,
    "begin": 2,
}  # fmt: skip
BURSTS = ("record.find", "record.find", "counts.preview", "record.create", "record.save")

GROUPED = (
    "record.create", "record.save", "record.save", "record.read", "record.read", "record.list",
    "record.assign", "record.unassign", "record.import", "staff.revoke", "staff.confirm", "keys",
    "staff.suspend", "staff.reinstate", "log.read",
)  # fmt: skip


class Generator(Stories):
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.n, self.queue, self.records, self.made = 0, [], [], {}
        self.profile = "small-office" if self.rng.random() < 0.25 else "standard"
        self.recovery = self.rng.random() < 0.3
        self.names = NAMES + ["rescue-1"] * self.recovery
        hired = STAFF
        if self.profile == "small-office":
            hired = {n: r for n, r in STAFF.items() if n in ("case-1", "audit-1", "admin-2")}
            hired = hired | {"case-1": "caseworker"}
        for name, role in [(AUDITOR, "auditor"), *hired.items()]:
            if name == AUDITOR or self.chance(0.9):
                self.later(f"staff.propose by=admin-1 as=administrator person={name} grants={role}")
                self.later(
                    f"staff.confirm by=lead-1 as=supervisor person={name} grants={role}"
                    f" entry=@{len(self.queue)}"
                )
            self.later("clock by=1000")
        if self.profile == "small-office":
            for role in ("intake", "justice_liaison", "statistics_officer"):
                self.later(f"staff.propose by=admin-1 as=administrator person=case-1 grants={role}")
                self.later(
                    f"staff.confirm by=lead-1 as=supervisor person=case-1 grants={role}"
                    f" entry=@{len(self.queue)}"
                )

    def chance(self, p):
        return self.rng.random() < p

    def later(self, text):
        self.queue.append(text)

    def next(self, office):
        """One operation, for the office as it is now."""
        self.o, self.m = office, office.m
        if not self.queue:
            if self.chance(0.55):
                self.later(f"clock by={self.step()}")
            verb = self.rng.choices(list(WEIGHTS), WEIGHTS.values())[0]
            text = getattr(self, "make_" + verb.replace(".", "_"))()
            if text:
                self.later(text)
            if not self.queue:
                self.later("clock by=1")
        self.n += 1
        return f"{self.n} {self.queue.pop(0)}"

    def step(self):
        kind = self.rng.random()
        if kind < 0.75:
            return self.rng.randrange(1, 120_000)
        if kind < 0.85:
            return -self.rng.randrange(1, 240_000)
        if kind < 0.97:
            return self.rng.randrange(HOUR)
        return self.rng.choice([DAY, 8 * DAY, 3 * HOUR, 31 * DAY, 25 * HOUR])

    # ---- Who ----

    def who(self, act, kind=None):
        """Mostly somebody who may; as what; for which purpose."""
        m, rng = self.m, self.rng
        able = [
            (g["name"], g["role"])
            for g in m.grants
            if g["name"] != AUDITOR
            and g["end"] is None
            and m.p.acts(g["role"], act, kind)
            and m.holds(g["name"], g["role"], m.now)
        ]
        if able and not self.chance(0.12):
            name, role = rng.choice(able)
        else:
            held = [(g["name"], g["role"]) for g in m.grants if g["name"] != AUDITOR]
            name, role = rng.choice(held)
            if self.chance(0.2):
                role = rng.choice([*m.p.roles, "nobody"])
            if self.chance(0.05):
                name = "stranger-1"
        out = f"by={name} as={role}"
        named = m.p.roles.get(role, {}).get("purposes", ["care"])
        if self.chance(0.35):
            out += f" for={rng.choice(named)}"
        elif self.chance(0.03):
            out += " for=" + rng.choice(["default:care", "default:report", "recovery", "none"])
        odd = rng.random()
        if odd < 0.01:
            out += f" at={rng.choice([-DAY - 1, -DAY, 5 * 60000, 5 * 60000 + 1])}"
        elif odd < 0.02:
            out += " fork=1" if self.chance(0.5) else f" seen={rng.choice([-1, 1, 7])}"
        elif odd < 0.028:
            out += f" id={rng.randrange(1, self.n + 1)}"
        elif odd < 0.034:
            out += f" sign={rng.choice(self.names)}"
        elif odd < 0.2:
            out += f" seen={rng.randrange(1, 40)}"
        return out

    def person(self):
        return self.rng.choice([*self.m.persons, *self.names[-2:]])

    def of(self, act):
        """An operation of that act."""
        known = [k for k, x in self.made.items() if x == act]
        return self.rng.choice(known) if known else str(self.rng.randrange(self.n + 1))

    def here(self, act):
        """The next operation is of that act."""
        self.made[str(self.n + len(self.queue) + 1)] = act
        return act

    # ---- Records ----

    def kind(self, act):
        kinds = {}
        for g in self.m.grants:
            for t in self.m.p.roles[g["role"]]["acts"].get(act, []):
                kinds[t] = kinds.get(t, 0) + 1
        if not kinds or self.chance(0.03):
            return self.rng.choice(["victim", "suspect", "offence"])
        return self.rng.choices(list(kinds), kinds.values())[0]

    def record(self, kind):
        there = [tag for tag, t in self.records if t == kind]
        if there and not self.chance(0.05):
            return self.rng.choice(there[-12:])
        return self.rng.choice([tag for tag, _ in self.records] + ["R0"])

    def content(self, kind, compartments):
        out = []
        for c in compartments:
            if c == {"victim": "identity", "suspect": "identity", "offence": "justice"}[kind]:
                fields = self.searched(kind)
            elif kind == "victim" and c in FIELDS:
                name, values = FIELDS[c]
                fields = [f"{name}={self.rng.choice(values)}"]
            elif c == "justice":
                fields = [f"gender={self.rng.choice(['female', 'male'])}"]
            else:
                fields = []
            if fields and not self.chance(0.2):
                out.append(f"{c}:" + ",".join(fields))
        return "/".join(out) or "-"

    def searched(self, kind):
        rng, out = self.rng, []
        if self.chance(0.7):
            field = {"victim": "case_no", "suspect": "suspect_no", "offence": "offence_no"}[kind]
            out.append(f"{field}=r{rng.randrange(60)}")
        if kind != "offence":
            if self.chance(0.8):
                out.append(f"family_name={rng.choice(WORDS)}")
            if self.chance(0.5):
                out.append(f"given_name={rng.choice(WORDS)}")
        if kind == "victim" and self.chance(0.3):
            out.append(f"phone=03123456{rng.randrange(10, 14)}")
        return out

    def spoil(self):
        return " spoil=1" if self.chance(0.015) else " epoch=-1" if self.chance(0.04) else ""

    def make_record_create(self):
        kind = self.kind("record.create")
        parts = self.m.p.compartments(kind)
        tag = f"R{self.n + len(self.queue) + 1}"
        if self.records and self.chance(0.04):
            tag = self.rng.choice(self.records)[0]
        self.records.append((tag, kind))
        who = self.who(self.here("record.create"), kind)
        out = f"record.create {who} type={kind} record={tag} content={self.content(kind, parts)}"
        if self.chance(0.02):
            out += " of=" + ",".join(self.rng.sample(parts, max(1, len(parts) - 1)))
        return out + self.spoil()

    def make_record_import(self):
        kind = self.kind("record.import")
        parts, rows = self.m.p.compartments(kind), []
        for i in range(self.rng.choice([1, 2, 3, 5])):
            tag = f"R{self.n + len(self.queue) + 1}-{i}"
            if self.records and self.chance(0.05):
                tag = self.rng.choice(self.records)[0]
            self.records.append((tag, kind))
            rows.append(f"{tag}/{self.content(kind, parts)}")
        count = len(rows) + (self.rng.choice([1, -1, 512, 513]) if self.chance(0.04) else 0)
        who = self.who(self.here("record.import"), kind)
        out = f"record.import {who} type={kind} count={count} rows={'|'.join(rows)}"
        return out + self.spoil()

    def some(self, kind, role, right):
        """Compartments: mostly those that the role may."""
        parts = self.m.p.compartments(kind)
        cells = {c: self.m.p.roles.get(role, {"cells": {}})["cells"].get(f"{kind}.{c}", "") for c in parts}
        fine = [c for c in parts if right in cells[c] and "g" not in cells[c]]
        if fine and not self.chance(0.12):
            parts = fine
        out = self.rng.sample(parts, self.rng.randrange(1, min(3, len(parts)) + 1))
        return out + ["index"] if self.chance(0.01) else out

    def hers(self, who, kind):
        """A record, mostly one that is assigned to her."""
        name = who.split()[0][3:]
        mine = [t for t, k in self.records if k == kind and (self.o.handle(t), name) in self.m.assigned]
        return self.rng.choice(mine) if mine and not self.chance(0.25) else self.record(kind)

    def make_record_save(self):
        kind = self.kind("record.save")
        who = self.who(self.here("record.save"), kind)
        parts = self.some(kind, who.split()[1][3:], "w")
        out = f"record.save {who} type={kind} record={self.hers(who, kind)} of={','.join(parts)}"
        out += f" content={self.content(kind, parts)}"
        odd = self.rng.random()
        if odd < 0.06:
            out += f" version={self.rng.choice([-1, 1])}"
        elif odd < 0.09:
            out += f" prev={self.rng.choice([-1, 1])}"
        elif odd < 0.11:
            out += " otherwise=1"
        return out + self.spoil()

    def make_record_read(self):
        kind = self.kind("record.read")
        who = self.who(self.here("record.read"), kind)
        parts = self.some(kind, who.split()[1][3:], "r")
        return f"record.read {who} type={kind} record={self.hers(who, kind)} of={','.join(parts)}"

    def make_record_list(self):
        kind = self.kind("record.list")
        count = self.rng.choice([0, 1, 2, 5, 1000, 1000, 1001])
        entry = self.rng.choice([9999, 9999, self.rng.randrange(len(self.m.tree.leaves))])
        who = self.who(self.here("record.list"), kind)
        return f"record.list {who} type={kind} count={count} entry={entry}"

    def make_record_find(self):
        kind = self.kind("record.find")
        words = self.rng.sample([*WORDS, f"r{self.rng.randrange(60)}", "0312345612", "satoyui"], 1)
        words += [self.rng.choice(WORDS)] if self.chance(0.2) else []
        who = self.who(self.here("record.find"), kind)
        return f"record.find {who} type={kind} words={','.join(words)}{self.spoil()}"

    def make_record_history(self):
        kind = self.kind("record.history")
        who = self.who(self.here("record.history"), kind)
        return f"record.history {who} type={kind} record={self.hers(who, kind)}"

    def make_record_assign(self, act="record.assign"):
        kind = self.kind(act)
        person = self.person()
        out = f"{act} {self.who(self.here(act), kind)} type={kind} record={self.record(kind)}"
        if act == "record.unassign" and self.m.assigned and self.chance(0.7):
            handle, person = self.rng.choice(sorted(self.m.assigned))
            tag = next((t for t, k in self.records if self.o.handle(t) == handle), "R0")
            kind = self.m.records[handle].kind
            out = f"{act} {self.who(act, kind)} type={kind} record={tag}"
        return f"{out} person={person}"

    def make_record_unassign(self):
        return self.make_record_assign("record.unassign")

    def make_flag_acknowledge(self):
        waits = [str(i) for i, f in self.m.flags.items() if not f["done"] or self.chance(0.1)]
        entry = self.rng.choice(waits) if waits else "@" + self.of("record.assign")
        at = next((k for k, i in self.o.indexes.items() if str(i) == entry), None)
        return f"flag.acknowledge {self.who('flag.acknowledge')} entry=" + (f"@{at}" if at else entry)

    # ---- Staff ----

    def make_staff_propose(self):
        rng, person = self.rng, self.rng.choice(self.names)
        role = rng.choice([*self.m.p.roles, *self.m.p.roles, "nobody"])
        if self.chance(0.5):
            role = STAFF.get(person, "interpreter")
        days = 7 if role == "interpreter" else 0
        until = 0
        if days and not self.chance(0.1):
            until = rng.choice([DAY, 7 * DAY, 7 * DAY, 7 * DAY + 1, HOUR])
        elif self.chance(0.3):
            until = rng.choice([HOUR, DAY, 10 * DAY, 60000])
        out = f"staff.propose {self.who(self.here('staff.propose'))} person={person} grants={role}"
        if self.chance(0.06):
            out += f" keys={rng.choice(self.names)}"
        elif person in self.m.persons:
            out += f" keys={self.m.persons[person]['keys']}"
        return out + (f" until={until}" if until else "")

    def waiting(self, role):
        there = [q for q in self.m.proposals if bool(q["role"]) == role]
        if not there or self.chance(0.08):
            return None, self.person(), self.of("staff.propose" if role else "staff.replace")
        q = self.rng.choice(there)
        at = next((k for k, i in self.o.indexes.items() if i == q["index"]), "0")
        return q, q["person"], at

    def make_staff_confirm(self):
        q, person, at = self.waiting(True)
        grants = q["role"] if q and not self.chance(0.05) else self.rng.choice(list(self.m.p.roles))
        out = f"staff.confirm {self.who('staff.confirm')} entry=@{at} person={person} grants={grants}"
        return out + (" without=1" if self.chance(0.1) else "")

    def make_staff_replace(self):
        person = self.person()
        keys = self.m.persons.get(person, {"keys": person})["keys"]
        if self.chance(0.5):
            keys = f"{person}/{self.n}"
        elif self.chance(0.1):
            keys = self.rng.choice(self.names)
        away = [n for n, x in self.m.persons.items() if x["absent"]]
        if away and self.chance(0.5):
            person = self.rng.choice(away)
            keys = self.m.persons[person]["keys"]
        if person == AUDITOR:
            return None
        return f"staff.replace {self.who(self.here('staff.replace'))} person={person} keys={keys}"

    def make_staff_reinstate(self):
        q, person, at = self.waiting(False)
        out = f"staff.reinstate {self.who('staff.reinstate')} entry=@{at} person={person}"
        return out + (" without=1" if self.chance(0.05) else "")

    def make_staff_revoke(self):
        held = [g for g in self.m.grants if g["name"] != AUDITOR and g["end"] is None]
        g = self.rng.choice(held)
        name, role = g["name"], g["role"]
        proposed = [q for q in self.m.proposals if q["role"]]
        if proposed and self.chance(0.2):
            name, role = self.rng.choice([(q["person"], q["role"]) for q in proposed])
        if self.chance(0.1):
            role = self.rng.choice(list(self.m.p.roles))
        return f"staff.revoke {self.who('staff.revoke')} person={name} grants={role}"

    def make_staff_suspend(self):
        person = self.person()
        if person == AUDITOR:
            return None
        return f"staff.suspend {self.who('staff.suspend')} person={person}"

    def make_keys(self):
        due = [c for c, ms in self.m.due.items() if ms]
        columns = due if due and not self.chance(0.2) else self.rng.sample(self.m.p.columns, 1)
        out = f"keys {self.who('keys')} columns={','.join(columns)}"
        odd = self.rng.random()
        if odd < 0.05:
            out += f" epoch={self.rng.choice([-1, 1])}"
        elif odd < 0.1:
            out += " without=1"
        elif odd < 0.15:
            out += " stale=1"
        return out

    # ---- The log, backups, counts, releases ----

    def make_log_read(self):
        count = self.rng.choice([1, 5, 256, 300])
        entry = self.rng.randrange(len(self.m.tree.leaves) + 3)
        return f"log.read {self.who('log.read')} count={count} entry={entry}"

    def make_store_check(self):
        return f"store.check {self.who('store.check')}"

    def make_backup_open(self):
        return f"backup.open {self.who(self.here('backup.open'))}"

    def make_backup_read(self):
        b = self.m.backup
        count = b["next"] if b and not self.chance(0.3) else self.rng.randrange(4)
        return f"backup.read {self.who('backup.read')} count={count} entry=@{self.of('backup.open')}"

    def make_counts_preview(self):
        out = f"counts.preview {self.who('counts.preview')}"
        return out + (" without=1" if self.chance(0.1) else " spec=bad" if self.chance(0.1) else "")

    def make_release_request(self):
        profile = self.rng.choice(["exact", "exact", "exact", "public", "other"])
        out = f"release.request {self.who(self.here('release.request'))} profile={profile}"
        return out + (" without=1" if self.chance(0.1) else "")

    def release(self, act, more=""):
        there = list(self.m.releases)
        entry = "@" + self.of("release.request")
        if there and not self.chance(0.05):
            i = self.rng.choice(there[-3:])
            entry = "@" + next(k for k, x in self.o.indexes.items() if x == i)
        return f"{act} {self.who(act)} entry={entry}{more}"

    def make_release_list(self):
        return f"release.list {self.who('release.list')}"

    def make_release_show(self):
        return self.release("release.show")

    def make_release_acknowledge(self):
        return self.release("release.acknowledge", " count=0" + self.spoil())

    def make_release_approve(self):
        return self.release("release.approve", " spoil=1" if self.chance(0.1) else "")

    def make_release_refuse(self):
        return self.release("release.refuse")

    def make_release_fetch(self):
        return self.release("release.fetch")

    def make_restore(self):
        rng = self.rng
        able = [g for g in self.m.grants if self.m.p.acts(g["role"], "restore") and not g["end"]]
        g = rng.choice(able or self.m.grants)
        second = f"{g['role']}:{g['name']}" if self.chance(0.8) else "-"
        out = f"restore {self.who('restore')} taken={rng.choice([-HOUR, -1, 1])} second={second}"
        name = rng.choice(["admin-1", "admin-2", self.person()])
        keys = rng.choice([name, f"{name}/{self.n}", self.person()])
        return f"{out} administrator=" + (f"{name}:{keys}" if self.chance(0.6) else "-")

    # ---- Not requests ----

    def make_again(self):
        return f"again of={self.rng.randrange(max(1, self.n - 30), self.n + 1)}"

    def make_sync(self):
        after = f" after={self.rng.randrange(50)}" if self.chance(0.5) else ""
        return f"sync name={self.person()} seen={self.rng.randrange(400)}{after}"

    def make_reopen(self):
        return "reopen"

    def make_fail(self):
        """A call of the store fails in the next request: as a disk does, or a full one, or with
        nobody knowing whether it was done."""
        return f"fail call={self.rng.randrange(1, 40)} error={self.rng.choice([14, 13, 12, 12, 10])}"

    def make_flaky(self):
        rate = self.rng.choice([0, 300])
        return f"flaky conflicts={rate} doubts={rate // 3} seed={self.rng.randrange(999)}"

    def make_burst(self):
        act = self.rng.choice(BURSTS)
        make = getattr(self, "make_" + act.replace(".", "_"))
        for _ in range(self.rng.randrange(19, 24)):
            self.later(make())
        who = next((t for t in self.queue if t.startswith(act)), None)
        if who:
            by = who.split()[1:3]
            self.queue = [
                " ".join([t.split()[0], *by, *[w for w in t.split()[3:] if w[:3] != "for"]])
                if t.startswith(act)
                else t
                for t in self.queue
            ]

    def make_begin(self):
        """Some ask at the same time."""
        self.later("begin")
        for _ in range(self.rng.randrange(2, 7)):
            act = self.rng.choice(GROUPED)
            self.later(getattr(self, "make_" + act.replace(".", "_"))() or "reopen")
        self.later("end")

    def make_edge(self):
        """To the millisecond around the end of some term."""
        m, edges = self.m, []
        edges += [g["until"] for g in m.grants + m.proposals if g["until"]]
        edges += [t + m.p.limits[act][1] for (_, act), ts in m.used.items() for t in ts]
        edges += [t + DUE for t in m.due.values() if t]
        edges += [t + DAY for t in m.glass.values()]
        edges += [(x["judged"] or x["time"]) + TERM for x in m.releases.values()]
        edges += [m.backup["used"] + 600_000] if m.backup else []
        edges = [t for t in edges if m.now < t < m.now + 3 * HOUR or self.chance(0.02)]
        edges = [t for t in edges if t > m.now]
        if edges:
            by = self.rng.choice(edges) - m.now + self.rng.choice([-1, 0, 0, 1])
            return f"clock by={by}"
        return None
