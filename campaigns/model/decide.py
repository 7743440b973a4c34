"""Decisions: docs/FORMAT.md, section 7, rule by rule.  A rule that allows has a "+" in front."""

from table import DAY, DUE, TERM


class Decisions:
    """Over the state of the model, which it does not change."""

    # ---- Who holds what [7] ----

    def has(self, name, role, time, index=None):
        """In force, suspended or not."""
        index = len(self.tree.leaves) if index is None else index
        return any(
            g["name"] == name
            and g["role"] == role
            and g["end"] is None
            and g["from"] < index
            and (g["until"] == 0 or time < g["until"])
            for g in self.grants
        )

    def holds(self, name, role, time):
        return self.has(name, role, time) and not self.persons[name]["absent"]

    def open_grants(self, name):
        return [g for g in self.grants if g["name"] == name and g["end"] is None]

    def kept(self, name, time):
        return [q for q in self.p.roles if self.has(name, q, time)]

    def has_secret(self, name, column):
        return any(column in self.p.sealed(g["role"]) for g in self.open_grants(name))

    def waiting(self, time):
        return [q for q in self.proposals if q["until"] == 0 or time < q["until"]]

    def excluded(self, name, role, time):
        return any(
            (role, other) in self.p.excluded and self.has(name, other, time)
            for other in self.p.roles
        )

    def works_with(self, name, kind, time):
        return any(self.p.touches(q, kind) and self.holds(name, q, time) for q in self.p.roles)

    # ---- Decisions [7] ----

    def decide(self, r, time, again=False):
        """(allowed?, rule)"""
        index, p, role = len(self.tree.leaves), self.p, r["role"]
        if r["id"] in self.ids and not again:
            return False, "repeated"
        if not -5 * 60000 <= time - r["at"] <= DAY:
            return False, "clock"
        size, root = r["seen"]
        if size > index or self.tree.roots[size] != root:
            return False, "seen"
        if self.persons[r["actor"]]["absent"]:
            return False, "suspended"
        if not self.has(r["actor"], role, time):
            over = any(g["role"] == role for g in self.open_grants(r["actor"]))
            return False, "expired" if over else "no-role"
        purpose, how = r["purpose"]
        if purpose not in p.roles[role]["purposes"]:
            return False, "purpose"
        if how == "default" and purpose != p.roles[role]["default_purpose"]:
            return False, "purpose"
        if not p.acts(role, r["act"], r.get("type")):
            return False, "act"
        if r["act"] in p.limits and not again:
            most, window, _ = p.limits[r["act"]]
            times = self.used.get((r["actor"], r["act"]), [])
            if sum(time - t < window for t in times) >= most:
                return False, "limit"
        rule = getattr(self, "decide_" + r["act"].replace(".", "_"), lambda r, time: None)(r, time)
        if rule is None:
            return True, "role"
        return (True, rule[1:]) if rule[0] == "+" else (False, rule)

    def decide_keys(self, r, time):
        for column, epoch, public in r["key"]:
            known = column in self.keys
            if not known or epoch != len(self.keys[column]) + 1 or public in self.publics:
                return "keys"
            if column not in self.p.sealed(r["role"]):
                return "holder"

    def others_keys(self, name, keys, time):
        there = [(n, x["keys"]) for n, x in self.persons.items()]
        there += [(q["person"], q["keys"]) for q in self.waiting(time)]
        return any(n != name and k == keys for n, k in there)

    def decide_staff_propose(self, r, time):
        name, role, until = r["person"], r["grants"], r["until"]
        if name in self.persons and self.persons[name]["keys"] != r["keys"]:
            return "keys"
        if any(q["person"] == name and q["keys"] != r["keys"] for q in self.waiting(time)):
            return "keys"
        if self.has(name, role, time):
            return "held"
        if any((q["person"], q["role"]) == (name, role) for q in self.waiting(time)):
            return "held"
        if role not in self.p.roles:
            return "grant"
        if not self.until_ok(role, until, time):
            return "until"
        if self.excluded(name, role, time):
            return "separation"
        if name == r["actor"]:
            return "self"
        if self.others_keys(name, r["keys"], time):
            return "keys"
        if sum(q["by"] == r["actor"] for q in self.proposals) >= 128:
            return "many"

    def until_ok(self, role, until, time):
        days = self.p.roles[role].get("grant_days_max", 0)
        if until == 0:
            return days == 0
        return time < until and (days == 0 or until - time <= days * DAY)

    def proposal(self, r, role):
        return next(
            (
                q
                for q in self.proposals
                if q["index"] == r["entry"] and q["person"] == r["person"] and q["role"] == role
            ),
            None,
        )

    def decide_staff_confirm(self, r, time):
        made = self.proposal(r, r["grants"])
        if made is None:
            return "proposal"
        if r["actor"] in (made["person"], made["by"]):
            return "self"
        if not self.until_ok(made["role"], made["until"], time):
            return "until"
        if self.excluded(made["person"], made["role"], time):
            return "separation"
        if not set(self.p.sealed(made["role"])) <= set(self.p.sealed(r["role"])):
            return "holder"

    def decide_staff_replace(self, r, time):
        if r["person"] not in self.persons:
            return "person"
        if r["person"] == r["actor"]:
            return "self"
        if self.others_keys(r["person"], r["keys"], time):
            return "keys"
        if any(q["person"] == r["person"] and q["role"] for q in self.waiting(time)):
            return "held"

    def decide_staff_reinstate(self, r, time):
        made = self.proposal(r, "")
        if made is None:
            return "proposal"
        if r["actor"] in (made["person"], made["by"]):
            return "self"
        kept = self.kept(r["person"], time)
        if any((a, b) in self.p.excluded for a in kept for b in kept):
            return "separation"
        if any(not set(self.p.sealed(k)) <= set(self.p.sealed(r["role"])) for k in kept):
            return "holder"

    def decide_staff_revoke(self, r, time):
        name, role = r["person"], r["grants"]
        held = any(g["role"] == role for g in self.open_grants(name))
        if not held and not any((q["person"], q["role"]) == (name, role) for q in self.proposals):
            return "grant"
        if self.is_last(name, [role], time):
            return "last"

    def decide_staff_suspend(self, r, time):
        name = r["person"]
        if name not in self.persons:
            return "person"
        if self.persons[name]["absent"]:
            return "held"
        if self.is_last(name, list(self.p.roles), time):
            return "last"

    def is_last(self, name, roles, time):
        """Without these roles of hers: could nobody, for as long, hand on a key, or propose?"""
        needs = [("staff.propose", None)] + [("staff.confirm", c) for c in self.p.columns]
        for act, column in needs:
            able = [
                (g["name"] == name and g["role"] in roles, g["until"] or float("inf"))
                for g in self.grants
                if act in self.p.roles[g["role"]]["acts"]
                and (column is None or column in self.p.sealed(g["role"]))
                and g["end"] is None
                and self.holds(g["name"], g["role"], time)
            ]
            gone = max([until for hers, until in able if hers], default=0)
            if gone > max([until for hers, until in able if not hers], default=0):
                return True
        return False

    def decide_record_create(self, r, time):
        if r["compartments"] != self.p.compartments(r["type"]):
            return "compartment"
        return self.decide_bringing(r, time)

    def decide_record_import(self, r, time):
        if any("w" not in self.p.cell(r["role"], r["type"], c) for c in self.p.compartments(r["type"])):
            return "compartment"
        if not 1 <= r["count"] <= 512:
            return "count"
        return self.decide_bringing(r, time)

    def decide_bringing(self, r, time):
        cells = {c: self.p.cell(r["role"], r["type"], c) for c in self.p.compartments(r["type"])}
        if any("w" not in c for c in cells.values()):
            return "compartment"
        return self.too_late(r["type"], cells, time, new=True)

    def too_late(self, kind, compartments, time, new=False):
        """A key that should have been replaced long ago; for a new record that of the index, too."""
        searched = ["index"] * new
        due = [self.due[f"{kind}.{c}"] for c in [*compartments, *searched]]
        if any(d and time - d > DUE for d in due):
            return "due"

    def decide_cells(self, r, right):
        kind = r["type"]
        cells = [self.p.cell(r["role"], kind, c) for c in r["compartments"]]
        if any(c not in self.p.compartments(kind) for c in r["compartments"]):
            return "compartment"
        if right == "w":
            cells = [c.replace("g", "") for c in cells]
        if any(right not in c and "g" not in c for c in cells):
            return "compartment"
        if any("g" in c for c in cells):
            return "break-glass"
        if any("a" in c for c in cells):
            mine = (r["record"], r["actor"]) in self.assigned
            return "+assigned" if mine else "not-assigned"

    def decide_record_save(self, r, time):
        rule = self.decide_cells(r, "w")
        if rule is None or rule[0] == "+":
            return self.too_late(r["type"], r["compartments"], time) or rule
        return rule

    def decide_record_read(self, r, time):
        return self.decide_cells(r, "r")

    def decide_record_list(self, r, time):
        if not 1 <= r["count"] <= 1000:
            return "count"

    def decide_record_history(self, r, time):
        if self.p.only_assigned(r["role"], r["type"]):
            mine = (r["record"], r["actor"]) in self.assigned
            return "+assigned" if mine else "not-assigned"

    def decide_record_assign(self, r, time):
        own = r["person"] == r["actor"]
        if r["person"] not in self.persons or not self.works_with(r["person"], r["type"], time):
            return "person"
        if own and r["role"] not in self.p.self_assigns:
            return "self"
        denied = self.glass.get(r["record"])
        if r["purpose"][0] == "emergency" or denied is not None and time - denied <= DAY:
            return "+self-assigned-flagged" if own else "+flagged"
        if own:
            return "+self-assigned"

    def decide_record_unassign(self, r, time):
        if r["person"] not in self.persons:
            return "person"
        if r["person"] == r["actor"]:
            return "+self-assigned" if r["role"] in self.p.self_assigns else "self"

    def decide_flag_acknowledge(self, r, time):
        flag = self.flags.get(r["entry"])
        if flag is None or flag["done"]:
            return "flag"
        if r["actor"] in (flag["actor"], flag["person"]):
            return "self"

    def decide_release_request(self, r, time):
        if r["profile"] not in ("exact", "public"):
            return "profile"

    def approves(self, role):
        return self.p.acts(role, "release.approve")

    def decide_release_show(self, r, time):
        x = self.releases.get(r["entry"])
        if x is None:
            return "release"
        if x["by"] != r["actor"] and not self.approves(r["role"]):
            return "requester"

    def decide_release_acknowledge(self, r, time):
        x = self.releases.get(r["entry"])
        if x is None:
            return "release"
        if x["by"] != r["actor"]:
            return "requester"
        if x["profile"] == "public":
            return "profile"
        if x["judged"] or x["acknowledged"]:
            return "judged"
        if self.late(x, time):
            return "late"

    @staticmethod
    def late(x, time):
        since = x["judged"] if x["judged"] and not x["refused"] else x["time"]
        return time - since > TERM

    def decide_release_approve(self, r, time):
        x = self.releases.get(r["entry"])
        if x is None:
            return "release"
        if x["by"] == r["actor"]:
            return "self"
        if x["judged"]:
            return "judged"
        if self.late(x, time):
            return "late"
        if self.last_release > r["entry"]:
            return "stale"
        if x["profile"] == "exact" and not x["acknowledged"]:
            return "acknowledge"
        if r["body_line"] != x["commitment"]:
            return "bytes"

    def decide_release_refuse(self, r, time):
        x = self.releases.get(r["entry"])
        if x is None:
            return "release"
        if x["by"] == r["actor"]:
            return "self"
        if x["judged"]:
            return "judged"
        if self.late(x, time):
            return "late"

    def decide_release_fetch(self, r, time):
        x = self.releases.get(r["entry"])
        if x is None:
            return "release"
        if x["by"] != r["actor"]:
            return "requester"
        if not x["judged"] or x["refused"]:
            return "approval"
        if self.late(x, time):
            return "late"

    def decide_restore(self, r, time):
        if r["seen"][0] != len(self.tree.leaves) or r["taken"] > time:
            return "restored"
        role, second = r["second"]
        if role == "-":
            if r["role"] != "recovery":
                return "second"
        elif (
            second == r["actor"]
            or role not in self.p.roles
            or not self.p.acts(role, "restore")
            or not self.holds(second, role, time)
        ):
            return "second"
        if r["administrator"] is None:
            return None
        name, keys = r["administrator"]
        if name not in self.persons or not self.holds(name, "administrator", time):
            return "person"
        if name in (r["actor"], second):
            return "self"
        if self.others_keys(name, keys, time):
            return "keys"
        if any(self.p.roles[g["role"]]["cells"] for g in self.open_grants(name)):
            return "holder"
