"""What a vault holds, against all that its people were answered."""

import collections
import hashlib
import json
import os
import tempfile

import office as offices

PAGE = 1000
CARD = b"svault/card/v1\n"
# What has an entry of its own, by the place in the answer that names it.
NUMBERED = {
    "show": ("record.read", "entry"),
    "propose": ("staff.propose", "proposal"),
    "request": ("release.request", "release"),
}
# Each time that something of these came out has an entry: its act, and the
# field that has what was asked for (None: it is about no one thing).
READINGS = {
    "show": ("record.read", "record"),
    "look": ("release.show", "about"),
    "backup": ("backup.open", None),
}
# Of whose answers none is asked for.
UNLOGGED = {"key", "init", "verify", "export"}
MADE = {"key", "init", "backup", "fetch", "export"}  # files
RELEASE = {"report.json", "report.csv", "release.json", "request.entry",
           "request.tlog-proof", "approval.entry", "approval.tlog-proof"} | \
    {f"report.{lang}.{form}" for lang in ("en", "ja")
     for form in ("txt", "html", "xlsx")}
ENDED = " ended with exit "  # says nothing of what was lost


class Check:
    """One office over many rounds: the log is read on, not anew."""

    def __init__(self, office):
        self.office = office
        self.entries = []
        self.told = collections.Counter()  # of READINGS: something came
        self.imports = collections.Counter()
        self.saves = collections.Counter()  # of a record, by somebody
        self.texts = {}  # of a record: its narratives since the last answer
        self.answered = set()  # entries that an answer named
        self.turn = 0  # whose heads are looked at
        self.found = []
        self.counted = collections.Counter()  # answers that were held against
        # the log, by what they answered

    def fault(self, text):
        self.found.append(text)

    def needs(self, what, code, err):
        if code != 0:
            self.fault(f"{what}: exit {code}: {err.strip()[:300]}")
        return code == 0

    # ---- The vault by itself ----

    def vault(self, store):
        """The first command that looks finds it whole; nobody's head alarms."""
        args = ("log", "verify", "--store") if store else ("log", "verify")
        code, out, err = self.office.ask("nagai", *args)
        if self.needs("log verify", code, err) and not out["ok"]:
            self.fault(f"log verify: {out['findings']}")
        return code == 0

    def heads(self, people):
        for who in people:
            code, _, err = self.office.ask(who, "whoami")
            self.needs(f"{who}'s head", code, err)

    def read_log(self):
        while True:
            code, out, err = self.office.ask(
                "nagai", "log", "list", "--from", str(len(self.entries)),
                "--limit", str(PAGE))
            if not self.needs("log list", code, err):
                return False
            for e in out["entries"]:
                if e["entry"] != len(self.entries):
                    self.fault(f"entry {len(self.entries)} is not listed")
                self.entries.append(e)
            if len(out["entries"]) < PAGE:
                return True

    def entry(self, act, who, **fields):
        """Allowed and done, and like this?"""
        return any(
            e["act"] == act and e["actor"] == who and e["allowed"]
            and e["outcome"] == "done"
            and all(e[k] == v for k, v in fields.items())
            for e in self.entries)

    # ---- Answers, and the log ----

    def answers(self, answers, expected=frozenset()):
        """Each was logged; how commands may end, beside well and killed."""
        for a in answers:
            if a.code > 0 and a.code not in expected or \
                    a.code < 0 and a.code != -9:
                self.fault(f"{a.who}'s {a.what}{ENDED}{a.code}: "
                           f"{a.err.strip()[:300]}")
            if a.what in READINGS and a.said:
                self.told[reading_of(a)] += 1
            if a.out is not None or a.code == 0:
                self.counted[a.what] += 1
                self.logged(a)
            elif a.what == "fetch" and os.path.exists(a.args[-1]):
                self.logged(a)  # some of it came
        logged = collections.Counter(
            (e["act"], e["actor"], str(e[field]) if field else None)
            for e in self.entries if e["allowed"] and e["outcome"] == "done"
            for act, field in READINGS.values() if act == e["act"])
        for (act, who, of), n in self.told.items():
            if n > logged[act, who, of]:
                self.fault(f"{who}'s {act} of {of or 'everything'} came out "
                           "without an entry")
        for who, n in self.imports.items():
            if n > sum(e["act"] == "record.import" and e["actor"] == who
                       and e["outcome"] == "done" for e in self.entries):
                self.fault(f"an import of {who} has no entry")

        saved = collections.Counter(
            (e["actor"], e["record"]) for e in self.entries
            if e["act"] == "record.save" and e["outcome"] == "done")
        for (who, record), n in self.saves.items():
            if n > saved[who, record]:
                self.fault(f"an edit of {who} in {record} has no entry")

    def logged(self, a):
        if a.what in NUMBERED:
            act, place = NUMBERED[a.what]
            self.numbered(a, act, a.out[place])
        elif a.what == "add":
            if not self.entry("record.create", a.who, record=a.out["record"]):
                self.fault(f"{a.who}'s record {a.out['record']} has no entry")
        elif a.what == "import":
            self.imports[a.who] += a.out["in"] > 0
        elif a.what == "confirm":
            if not self.entry("staff.confirm", a.who,
                              about=a.out[0]["proposal"]):
                self.fault(f"a confirmation of {a.who} has no entry")
        elif a.what in ("assign", "unassign"):
            if not self.entry("record." + a.what, a.who, record=a.args[2],
                              person=a.args[3]):
                self.fault(f"an {a.what} of {a.who} has no entry")
        elif a.what == "edit":
            self.saves[a.who, a.out["record"]] += 1
        elif a.what in ("verify", "export"):
            if a.out["size"] > len(self.entries):
                self.fault(f"{a.who}'s {a.what} had {a.out['size']} entries, "
                           f"and there are {len(self.entries)}")
        elif a.what in ("approve", "fetch"):
            if not self.entry("release." + a.what, a.who,
                              about=int(a.args[2])):
                self.fault(f"{a.who}'s {a.what} of {a.args[2]} has no entry")

    def numbered(self, a, act, index):
        if index in self.answered:
            self.fault(f"two answers name entry {index}")
        self.answered.add(index)
        e = self.entries[index] if index < len(self.entries) else None
        if e is None or e["act"] != act or e["actor"] != a.who or \
                not e["allowed"] or e["outcome"] != "done":
            self.fault(f"{a.who}'s {a.what} is not entry {index}")

    def is_noticed(self, answer):
        """Would it be told if the log had nothing of her?"""
        other = Check(self.office)
        other.entries = [dict(e, actor="nobody") if e["actor"] == answer.who
                         else e for e in self.entries]
        other.answers([answer])
        return other.found != []

    def is_missed(self, answer):
        """Would it be told if what she made were gone?"""
        other = Check(self.office)
        made = answer.args[0 if answer.what in ("key", "init") else -1]
        os.rename(made, made + ".away")
        other.files([answer])
        os.rename(made + ".away", made)
        return other.found != []

    # ---- Content, and files ----

    def narratives(self, answers):
        """The last edit that was answered, or one that was tried after it."""
        edited = {}
        for a in answers:
            if a.what == "edit":
                handle, text = a.args
                if a.out is not None:
                    self.texts[handle] = set()
                if handle in self.texts:
                    self.texts[handle].add(text)
                    edited[handle] = a.who
        for handle, who in edited.items():
            shown = self.shown(handle, who)
            if shown and shown["narrative"]["fields"]["summary"] not in \
                    self.texts[handle]:
                self.fault(f"{handle} has not what {who} put in last")

    def shown(self, handle, who):
        code, out, err = self.office.ask(who, "record", "show", handle)
        if not self.needs("an acknowledged record", code, err):
            return None
        return out["compartments"]

    def content(self, answers):
        for a in answers:
            if a.what == "import" and a.code in (0, -9):
                self.again(a)
            elif a.what == "add" and a.out is not None:
                self.readable(a)
        self.narratives(answers)

    def again(self, a):
        """The same command goes on, and nothing comes in twice."""
        code, out, err = self.office.ask(a.who, *a.args)
        if not self.needs("the same import again", code, err):
            return
        if out["in"] + out["already_in"] != out["rows"] or \
                (a.out is not None and out["in"] != 0):
            self.fault(f"{a.args[1]}: {out['in']} of {out['rows']} rows were "
                       "lost")

    def readable(self, a):
        shown = self.shown(a.out["record"], a.who)
        if shown is None:
            return
        fields = shown["identity"]["fields"]
        if fields["family_name"] != "Family of " + fields["case_no"]:
            self.fault(f"{a.out['record']} has another content")

    def files(self, answers):
        """Whole under its name, or not there; what was acknowledged is."""
        exports = [a for a in answers if a.what == "export"]
        if exports:
            self.exports(exports)
        for a in answers:
            done = a.out is not None
            if a.what == "backup":
                self.file(a.args[2], done, "kudo", "backup", "verify")
            elif a.what == "key":
                self.file(a.args[0], done, "kudo", "key", "show")
                self.card(a.args[0] + ".pub", done)
            elif a.what == "init":
                self.vault_beside(a.args[0], a.args[1], done)
            elif a.what == "fetch" and done:
                self.release(a.args[-1], a.out["release"])

    def file(self, path, done, who, *command):
        if not os.path.exists(path):
            if done:
                self.fault(f"{path} was acknowledged, and is not there")
            return
        code, _, err = self.office.ask(who, *command, path)
        self.needs(path, code, err)

    def card(self, path, done):
        if os.path.exists(path):
            with open(path, "rb") as f:
                text = f.read()
            if not text.startswith(CARD) or not text.endswith(b"\n"):
                self.fault(f"{path} is not whole")
        elif done:
            self.fault(f"{path} was acknowledged, and is not there")

    def exports(self, answers):
        """All into one place; one that was interrupted is done again."""
        last = answers[-1]
        if last.out is None:
            code, _, err = self.office.ask(last.who, *last.args)
            self.needs("the same export again", code, err)
        self.export(last.args[2], max(
            (a.out["size"] for a in answers if a.out is not None),
            default=None))

    def export(self, place, size):
        """As an outsider reads it, with all entries that were answered for."""
        try:
            with open(os.path.join(place, "checkpoint"), "rb") as f:
                there = int(f.read().split(b"\n")[1])
        except (OSError, ValueError, IndexError) as e:
            if size is not None:
                self.fault(f"{place} was acknowledged, and is not whole: {e}")
            return
        if size is not None and there < size:
            self.fault(f"{place} has {there} entries of {size}")
        # Who remembers nothing: a disk may be rebuilt as of an earlier time.
        with tempfile.TemporaryDirectory() as home:
            p = self.office.start(
                [self.office.audit, "verify", place, "--key",
                 self.office.card], lying=False, HOME=home)
            out, err = p.communicate()
        if p.returncode != 0:
            self.fault(f"svault-audit verify {place}: exit {p.returncode}: "
                       f"{(out + err).decode()[-300:]}")

    def release(self, place, number):
        """What was fetched opens its commitment, with all that goes with it."""
        try:
            size = {name: os.path.getsize(os.path.join(place, name))
                    for name in os.listdir(place)}
            with open(os.path.join(place, "release.json"), "rb") as f:
                opening = json.load(f)
            with open(os.path.join(place, "report.json"), "rb") as f:
                report = f.read()
        except (OSError, ValueError) as e:
            self.fault(f"{place} was fetched, and is not whole: {e}")
            return
        label = b"sv/v1/release"
        hashed = hashlib.blake2b(
            bytes([len(label)]) + label + bytes.fromhex(opening["random"])
            + report, digest_size=32).hexdigest()
        if set(size) != RELEASE or not all(size.values()) or \
                opening["release"] != number or opening["commitment"] != hashed:
            self.fault(f"{place} was fetched, and is not whole: {size}")

    def vault_beside(self, place, key, done):
        if not os.path.exists(place):
            if done:
                self.fault(f"{place} was acknowledged, and is not there")
            return
        code, out, err = self.office.run("--vault", place, "status", "--json",
                                         XDG_CONFIG_HOME=place)
        if not self.needs(place, code, err):
            return
        code, _, err = self.office.run(
            "--vault", place, "--key", key, "--no-input", "--gate",
            out["gate_fingerprint"], "staff", "list", "--json")
        self.needs(place, code, err)


def reading_of(answer):
    act, field = READINGS[answer.what]
    return act, answer.who, str(answer.args[2]) if field else None


def text_of(counted):
    """How many answers, and of which kinds."""
    kinds = ", ".join(f"{n} {what}" for what, n in counted.most_common())
    return f"{counted.total()} answers ({kinds})" if kinds else "no answers"


def some(check):
    """A third of the people each time: a head that alarms goes on to."""
    check.turn += 1
    return offices.EVERYBODY[check.turn % 3::3]


def everything(check, answers, store=False, expected=frozenset()):
    """True where nothing was found."""
    before = len(check.found)
    if check.vault(store) and check.read_log():
        check.answers(answers, expected)
        check.content(answers)
        check.files(answers)
        check.heads(some(check))
    return len(check.found) == before
