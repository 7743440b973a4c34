"""What requests, the tree and the policy's table are: docs/FORMAT.md 1.2, 4 and 6."""

import base64
import hashlib
import json
from pathlib import Path

HOUR = 3600 * 1000
DAY = 24 * HOUR
DUE = 72 * HOUR
TERM = 30 * DAY
ROOT = Path(__file__).resolve().parent.parent.parent


def b64(data):
    return base64.b64encode(data).decode()


# ---- The tree [1.2] ----


def leaf(data):
    return hashlib.sha256(b"\0" + data).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def mth(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return node(mth(leaves[:k]), mth(leaves[k:]))


def root_of(index, size, hashed, proof):
    """The root that an inclusion proof comes to (RFC 9162, 2.1.3), or None."""
    if not 0 <= index < size:
        return None
    at, last, root = index, size - 1, hashed
    for other in proof:
        if last == 0:
            return None
        if at % 2 or at == last:
            root = node(other, root)
            while at and at % 2 == 0:
                at, last = at // 2, last // 2
        else:
            root = node(root, other)
        at, last = at // 2, last // 2
    return root if last == 0 else None


def item_leaf(i):
    text = f"svault/version/v1 {i['record']} {i['compartment']} {i['version']} {b64(i['hash'])}"
    return leaf(text.encode())


class Tree:
    """Every root that the log ever had."""

    def __init__(self):
        self.leaves, self.peaks, self.roots = [], [], [mth([])]

    def add(self, hashed):
        self.leaves.append(hashed)
        self.peaks.append((0, hashed))
        while len(self.peaks) > 1 and self.peaks[-1][0] == self.peaks[-2][0]:
            level, right = self.peaks.pop()
            self.peaks[-1] = level + 1, node(self.peaks[-1][1], right)
        root = self.peaks[-1][1]
        for _, left in self.peaks[-2::-1]:
            root = node(left, root)
        self.roots.append(root)


def digest(label, data):
    return hashlib.blake2b(bytes([len(label)]) + label.encode() + data, digest_size=32).digest()


# ---- Requests [4] ----

HASHED = {"keys", "staff.confirm", "staff.reinstate"}  # their body is sealed keys
ACTS = {
    "genesis": "", "policy": "", "keys": "body key", "staff.propose": "person sign box grants until",
    "staff.confirm": "body entry person grants", "staff.replace": "person sign box",
    "staff.reinstate": "body entry person", "staff.revoke": "person grants",
    "staff.suspend": "person", "record.create": "type record compartments body",
    "record.import": "type body count", "record.save": "type record compartments body",
    "record.read": "type record compartments", "record.list": "type count entry",
    "record.find": "type body", "record.history": "type record",
    "record.assign": "type record person", "record.unassign": "type record person",
    "flag.acknowledge": "entry", "counts.preview": "body", "release.request": "body profile",
    "release.list": "", "release.show": "entry", "release.acknowledge": "body count entry",
    "release.approve": "body entry", "release.refuse": "entry", "release.fetch": "entry",
    "log.read": "count entry", "store.check": "", "backup.open": "", "backup.read": "count entry",
    "restore": "taken second administrator",
}  # fmt: skip


# ---- The policy's table [6, schema/policy.json] ----


class Policy:
    def __init__(self, profile):
        data = json.loads((ROOT / "schema/policy.json").read_text())
        self.columns = data["columns"]
        self.types = list(dict.fromkeys(c.split(".")[0] for c in self.columns))
        self.roles = {r["name"]: r for r in data["roles"]}
        self.limits = {
            act: (x["count"], x["minutes"] * 60000, "outcome" in x)
            for act, x in data["limits"].items()
        }
        relaxed = data["profiles"][profile]
        self.profile, self.purposes = profile, data["purposes"]
        for role, cells in relaxed.get("cells", {}).items():
            self.roles[role]["cells"].update(cells)
        self.self_assigns = relaxed.get("self_assigns", [])
        self.excluded = set()
        for rule in data["exclusions"]:
            for a in rule["roles"]:
                self.excluded |= {(a, b) for b in self.those(rule["exclude"]) if b != a}
        for group in relaxed.get("permit", []):
            self.excluded -= {(a, b) for a in group for b in group}
        self.excluded |= {(b, a) for a, b in self.excluded}
        for group in relaxed.get("permit", []):
            self.excluded -= {(a, b) for a in group for b in group}

    def those(self, whom):
        if isinstance(whom, list):
            return whom
        if whom == "all":
            return list(self.roles)
        kind, *columns = whom.split(" ")
        return [
            name
            for name, role in self.roles.items()
            if any(role["cells"].get(c) for c in (columns or self.columns))
        ]

    def text(self):
        """Its canonical text, of which genesis and every entry have the hash."""
        out = [f"profile {self.profile}"]
        out += [f"column {c}" for c in self.columns] + [f"purpose {x}" for x in self.purposes]
        for name, role in self.roles.items():
            out += [f"role {name}", f"default {role['default_purpose']}"]
            out += [f"names {x}" for x in self.purposes if x in role["purposes"]]
            if "grant_days_max" in role:
                out.append(f"grant-days-max {role['grant_days_max']}")
            out += ["self-assigns"] * (name in self.self_assigns)
            for c in self.columns:
                letters = role["cells"].get(c, "")
                if letters:
                    out.append(f"cell {c} " + "".join(x for x in "rwahgls" if x in letters))
            for act in ACTS:
                if act in role["acts"]:
                    typed = [t for t in self.types if t in role["acts"][act]]
                    out += [f"act {act} {t}" for t in typed] or [f"act {act}"]
        names = list(self.roles)
        out += [
            f"exclude {a} {b}" for i, a in enumerate(names) for b in names[i:]
            if (a, b) in self.excluded
        ]  # fmt: skip
        for act in ACTS:
            if act in self.limits:
                n, ms, duplicates = self.limits[act]
                out.append(f"limit {act} {n} {ms}" + " duplicate" * duplicates)
        return "svault/policy/v1\n" + "".join(line + "\n" for line in out)

    def cell(self, role, kind, compartment):
        return self.roles[role]["cells"].get(f"{kind}.{compartment}", "")

    def compartments(self, kind):
        parts = [c.split(".") for c in self.columns]
        return [c for t, c in parts if t == kind and c != "index"]

    def sealed(self, role):
        """The columns whose secret keys the role's holders are given."""
        return [c for c in self.columns if set(self.roles[role]["cells"].get(c, "")) & set("rhgls")]

    def acts(self, role, act, kind=None):
        acts = self.roles[role]["acts"]
        return act in acts and (kind is None or kind in acts[act])

    def only_assigned(self, role, kind):
        cells = [self.cell(role, kind, c) for c in self.compartments(kind)]
        return all("a" in c or "g" in c for c in cells if c)

    def touches(self, role, kind):
        return any(self.cell(role, kind, c) for c in self.compartments(kind) + ["index"])


# ---- The schema, as far as it matters here ----

SEARCHED = {"victim": "identity", "suspect": "identity", "offence": "justice"}
UNIQUE = {"victim": "case_no", "suspect": "suspect_no", "offence": "offence_no"}
COUNTED = ("victim.facts", "suspect.justice", "offence.justice")


def results_of(items):
    return [(i["compartment"], i["version"], i["hash"]) for i in items]


def own_numbers(items):
    return {i["content"][UNIQUE[i["type"]]] for i in items if UNIQUE[i["type"]] in i["content"]}


def words_of(content):
    names = [content[f] for f in ("family_name", "given_name") if f in content]
    out = {content[f] for f in (*UNIQUE.values(), "phone") if f in content} | set(names)
    if len(names) == 2:
        out |= {names[0] + names[1], names[1] + names[0]}
    return out
