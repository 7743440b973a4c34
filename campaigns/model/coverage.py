"""What can happen by the documents, and whether it did."""

from table import ACTS

# Section 7: what denies before the act is looked at, and then by act.
BEFORE = "repeated clock seen suspended expired no-role purpose act"
RULES = {
    "keys": "keys holder", "staff.propose": "keys held grant until separation self",
    "staff.confirm": "proposal self until separation holder", "staff.replace": "person self keys held",
    "staff.reinstate": "proposal self separation holder", "staff.revoke": "grant last",
    "staff.suspend": "person held last", "record.create": "compartment due limit",
    "record.import": "count due limit", "record.save": "compartment not-assigned due limit",
    "record.read": "compartment break-glass not-assigned", "record.list": "count",
    "record.find": "limit", "record.history": "not-assigned", "record.assign": "person self",
    "record.unassign": "person self", "flag.acknowledge": "flag self", "counts.preview": "limit",
    "release.request": "profile limit", "release.show": "release requester",
    "release.acknowledge": "release requester profile judged late",
    "release.approve": "release self judged late stale acknowledge bytes",
    "release.refuse": "release self judged late", "release.fetch": "release requester approval late",
    "restore": "restored second person self keys holder",
}  # fmt: skip
ALLOWS = {
    "record.save": "assigned role", "record.read": "assigned role", "record.history": "assigned role",
    "record.assign": "role flagged self-assigned self-assigned-flagged",
    "record.unassign": "role self-assigned",
}  # fmt: skip
# Section 5: outcomes.
OUTCOMES = {
    "keys": "invalid", "staff.confirm": "invalid", "staff.reinstate": "invalid",
    "record.create": "exists duplicate invalid", "record.import": "exists duplicate invalid",
    "record.save": "conflict not-found duplicate invalid", "record.read": "not-found",
    "record.find": "invalid", "record.history": "not-found", "record.assign": "not-found exists",
    "record.unassign": "not-found", "counts.preview": "invalid", "release.request": "invalid",
    "release.acknowledge": "invalid", "release.approve": "invalid", "backup.read": "not-found",
}  # fmt: skip


# What this policy leaves no way to: all who hand on keys hold every key; an administrator holds none;
# two roles that exclude each other never come together; and no vault of these sequences was restored.
NO_WAY = {
    "keys holder", "staff.confirm holder", "staff.reinstate holder", "staff.reinstate separation",
    "restore holder", "restore: done",
}  # fmt: skip


def never(seen):
    got = {(act, rule) for act, _, _, rule, _ in seen}
    came = {(act, outcome) for act, _, _, _, outcome in seen}
    out = [rule for rule in BEFORE.split() if not any(r == rule for _, r in got)]
    for act in ACTS:
        if act in ("genesis", "policy"):
            continue
        rules = RULES.get(act, "").split() + ALLOWS.get(act, "role").split()
        out += [f"{act} {rule}" for rule in rules if (act, rule) not in got]
        outcomes = ["done", *OUTCOMES.get(act, "").split()]
        out += [f"{act}: {outcome}" for outcome in outcomes if (act, outcome) not in came]
    return [x for x in out if x not in NO_WAY]


def table(seen):
    rows = sorted(seen.items())
    return "\n".join(f"{n:8}  " + "  ".join(str(x) for x in key) for key, n in rows)
