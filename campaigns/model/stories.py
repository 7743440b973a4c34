"""Stories: what chance alone seldom tells to the end."""

from table import DAY, DUE, HOUR, TERM

AUDITOR = "audit-9"  # whom no sequence touches: she verifies
WORDS = ["sato", "yui", "mori", "ken", "abe"]


class Stories:
    """Of a Generator, which does one operation after the other."""

    def one(self, act, kind=None):
        """Somebody who may, as what; or who once might."""
        able = [
            g
            for g in self.m.grants
            if g["name"] != AUDITOR
            and g["end"] is None
            and self.m.p.acts(g["role"], act, kind)
            and self.m.holds(g["name"], g["role"], self.m.now)
        ]
        g = self.rng.choice(able or [{"name": "lead-1", "role": "supervisor"}])
        return f"by={g['name']} as={g['role']}"

    def label(self, text):
        """Put it down, and give what later operations call it by."""
        self.later(text)
        return f"@{self.n + len(self.queue)}"

    def make_story(self):
        return getattr(self, self.rng.choice([x for x in dir(self) if x.startswith("story_")]))()

    def hire(self, person, role, more=""):
        keys = self.m.persons.get(person, {"keys": person})["keys"]
        who = f"person={person} grants={role}"
        made = self.label(f"staff.propose {self.one('staff.propose')} {who} keys={keys}{more}")
        self.later(f"staff.confirm {self.one('staff.confirm')} {who} entry={made}")

    def story_term(self):
        """A term ends: in its last millisecond she may, and in the next she may not."""
        person, term = self.person(), self.rng.choice([60_000, HOUR, DAY])
        role = self.rng.choice(["caseworker", "interpreter", "justice_liaison", "legal_officer"])
        if person == AUDITOR:
            return
        self.hire(person, role, f" until={term}")
        kind = "suspect" if role == "justice_liaison" else "victim"
        look = f"record.list by={person} as={role} type={kind} count=3 entry=9999"
        for step in (term - 1, 1):
            self.later(f"clock by={step}")
            self.later(look)
        if self.chance(0.3):
            self.later(f"staff.revoke {self.one('staff.revoke')} person={person} grants={role}")

    def story_due(self):
        """A key is due to be replaced: 72 hours long it is still written under."""
        held = [g for g in self.m.grants if g["name"] != AUDITOR and self.m.p.sealed(g["role"])]
        g = self.rng.choice(held)
        self.later(
            f"staff.revoke {self.one('staff.revoke')} person={g['name']} grants={g['role']}"
        )
        for step in (DUE, 1):
            self.later(f"clock by={step}")
            for kind in ("victim", "suspect"):
                tag = f"R{self.n + len(self.queue) + 1}"
                self.records.append((tag, kind))
                self.later(
                    f"record.create {self.one('record.create', kind)} type={kind} record={tag}"
                    f" content={self.content(kind, self.m.p.compartments(kind))}"
                )
        self.later(f"keys {self.one('keys')} columns={','.join(self.m.p.columns)}")

    def story_release(self):
        """Two requests; the second is approved first.  Fetched on the last day, and after it."""
        if self.chance(0.3):
            self.hire("new-1", "statistics_officer")
        profile = self.rng.choice(["exact", "exact", "exact", "public"])
        ask = f"release.request {self.one('release.request')} profile="
        first, second = self.label(ask + "exact"), self.label(ask + profile)
        if self.chance(0.3):
            self.hire("new-1", "approver")  # too late: nothing was sealed to her
        for x in (first, second):
            for _ in range(2 if self.chance(0.2) else 1):
                self.later(f"release.acknowledge {self.officer(ask)} entry={x} count=0{self.spoil()}")
        for x in (second, first):
            spoil = " spoil=1" if self.chance(0.1) else ""
            self.later(f"release.approve {self.judge()} entry={x}{spoil}")
        for step in (1000, TERM - 1000, 1):
            self.later(f"clock by={step}")
            self.later(f"release.fetch {self.officer(ask)} entry={second}")
            self.later(f"release.show {self.officer(ask)} entry={second}")
        self.later(f"release.approve {self.judge()} entry={first}")
        self.later(f"release.refuse {self.judge()} entry={first}")
        third = self.label(ask + "exact")
        for step in (TERM, 1):
            self.later(f"clock by={step}")
            self.later(f"release.acknowledge {self.officer(ask)} entry={third} count=0")

    def officer(self, ask):
        """Mostly the one who asks."""
        who = " ".join(ask.split()[1:3])
        return who if self.chance(0.85) else "by=new-1 as=statistics_officer"

    def judge(self):
        return self.one("release.approve") if self.chance(0.85) else "by=new-1 as=approver"

    def story_apart(self):
        """Two roles that exclude each other: proposed together, or one whose term is over."""
        person = self.rng.choice(["new-1", "inter-1"])
        roles = self.rng.choice([("clinician", "legal_officer"), ("approver", "caseworker")])
        keys = self.m.persons.get(person, {"keys": person})["keys"]
        term = self.rng.choice([60_000, HOUR])
        made = []
        for role, until in zip(roles, (f" until={term}", "")):
            made.append(
                self.label(
                    f"staff.propose {self.one('staff.propose')} person={person} grants={role}"
                    f" keys={keys}{until}"
                )
            )
        self.later(f"staff.replace {self.one('staff.replace')} person={person} keys={keys}")
        for n in (0, 1, 1):
            self.later(
                f"staff.confirm {self.one('staff.confirm')} person={person} grants={roles[n]}"
                f" entry={made[n]}"
            )
            if n:
                self.later(f"clock by={term}")
        back = self.label(f"staff.replace {self.one('staff.replace')} person={person} keys={keys}+")
        self.later(f"staff.reinstate {self.one('staff.reinstate')} person={person} entry={back}")

    def story_guess(self):
        """Somebody tries numbers: 20 that are taken within an hour."""
        act = self.rng.choice(["record.create", "record.import", "record.save"])
        who = self.one(act, "victim")
        mine = self.hers(who, "victim")
        for n in range(23):
            tag = f"R{self.n + len(self.queue) + 1}"
            self.records.append((tag, "victim"))
            content = "identity:case_no=r1"
            if act == "record.create":
                self.later(f"{act} {who} type=victim record={tag} content={content}")
            elif act == "record.save":
                self.later(f"{act} {who} type=victim record={mine} of=identity content={content}")
            else:
                self.later(f"{act} {who} type=victim count=1 rows={tag}/{content}")

    def story_requests(self):
        who = self.one("release.request")
        for _ in range(21):
            self.later(f"release.request {who} profile=exact spec=bad")

    def story_restore(self):
        """Nothing waits for it, but it is decided all the same."""
        keys = self.rng.choice(["lead-1", "admin-2", "admin-2/new"])
        self.later(
            "restore by=admin-1 as=administrator taken=-1000 second=supervisor:lead-1"
            f" administrator=admin-2:{keys}"
        )

    def story_own(self):
        """Who requested becomes one who approves."""
        who = self.one("release.request")
        name = who.split()[0][3:]
        made = self.label(f"release.request {who} profile=exact")
        self.later(f"release.acknowledge {who} entry={made} count=0")
        for g in self.m.open_grants(name):
            self.later(
                f"staff.revoke {self.one('staff.revoke')} person={name} grants={g['role']}"
            )
        self.hire(name, "approver")
        self.later(f"release.approve by={name} as=approver entry={made}")
        self.later(f"release.refuse by={name} as=approver entry={made}")

    def story_glass(self):
        """Denied for want of break-glass, then assigned: that is looked at by somebody else."""
        record = self.record("victim")
        clinician = next((g for g in self.m.grants if g["role"] == "clinician"), None)
        if clinician is None:
            return
        name = clinician["name"]
        self.later(
            f"record.read by={name} as=clinician type=victim record={record} of=identity"
        )
        assign = f"record.assign {self.one('record.assign', 'victim')} type=victim record={record}"
        flag = self.label(f"{assign} person={name}")
        self.later(f"flag.acknowledge {self.one('flag.acknowledge')} entry={flag}")
        self.later(f"record.read by={name} as=clinician type=victim record={record} of=health")
        for step in (DAY, 1):
            self.later(f"clock by={step}")
            self.later(assign.replace("assign", "unassign", 1) + f" person={name}")
            self.later(f"{assign} person={name}")

    def story_away(self):
        """Suspended, and back with the same keys or others."""
        person = self.person()
        if person == AUDITOR:
            return
        keys = self.m.persons[person]["keys"] if person in self.m.persons else person
        look = [
            f"record.list by={person} as={g['role']} type=victim count=3 entry=9999"
            for g in self.m.open_grants(person)[:1]
        ]
        self.later(f"staff.suspend {self.one('staff.suspend')} person={person}")
        for text in look:
            self.later(text)
        if self.chance(0.5):
            keys += "+"
        who = f"person={person}"
        made = self.label(f"staff.replace {self.one('staff.replace')} {who} keys={keys}")
        self.later(f"staff.reinstate {self.one('staff.reinstate')} {who} entry={made}")
        for text in look:
            self.later(text)

    def story_again(self):
        """A reading comes again, when she has the record no longer."""
        mine = [(h, n) for h, n in self.m.assigned if self.m.records[h].kind == "victim"]
        held = {(g["name"], g["role"]) for g in self.m.grants}
        mine = [x for x in sorted(mine) if (x[1], "caseworker") in held]
        if not mine:
            return
        handle, name = self.rng.choice(mine)
        tag = next((t for t, _ in self.records if self.o.handle(t) == handle), "R0")
        what = f"type=victim record={tag}"
        made = self.label(f"record.read by={name} as=caseworker {what} of=narrative")
        self.later(f"again of={made[1:]}")
        who = self.one("record.unassign", "victim")
        self.later(f"record.unassign {who} {what} person={name}")
        self.later(f"again of={made[1:]}")

    def story_search(self):
        """The 20th search of an hour, the 21st, and when the first is an hour ago."""
        who = self.one("record.find", "victim")
        for _ in range(21):
            self.later(f"record.find {who} type=victim words={self.rng.choice(WORDS)}")
        for step in (HOUR - 1, 1):
            self.later(f"clock by={step}")
            self.later(f"record.find {who} type=victim words={self.rng.choice(WORDS)}")

    def story_backup(self):
        made = self.label(f"backup.open {self.one('backup.open')}")
        who = self.one("backup.read")
        for count in (0, 0, 1, 2, 1, 3, 0):
            self.later(f"backup.read {who} count={count} entry={made}")
        for step in (600_000, 1):
            self.later(f"clock by={step}")
            self.later(f"backup.read {who} count=2 entry={made}")
