"""What must be true behind every fault."""
import json
import os
import re
import shutil
import signal

from office import CANARIES

WELL_EVERY = 6  # of runs that ended well, how many are looked at whole
DONE, ALTERED, PARTIAL, UNSURE = 0, 4, 3, 6
CODES = {0, 1, 2, 3, 4, 5, 6, 65, 74, 75, 77}  # cli/exit_code.h
UNCHANGED = {1, 2, 65}  # "nothing was changed", "nothing was kept"
READS = {"record.read", "record.list", "record.find", "record.history",
         "log.read", "store.check", "release.list", "release.show", "release.fetch",
         "counts.preview", "backup.open", "backup.read"}

VARYING = [
    (re.compile(r"\b[0-9a-f]{8,}\b"), "HEX"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?Z?"), "TIME"),
    (re.compile(r"[A-Za-z0-9+/]{40,}=*"), "BASE64"),
    (re.compile(r"\b[a-z]+(-[a-z]+){9}\b"), "WORDS"),
    (re.compile(r" (Again: svault-audit .*)?$", re.M), ""),  # a help
]
NUMBER = re.compile(r"\d+")


def plain(text, numbers=True):
    """Without what differs from one good run to the next."""
    for pattern, word in VARYING:
        text = pattern.sub(word, text)
    return text if numbers else NUMBER.sub("N", text)


def files_of(top):
    """Each file below, by what tells whether it was written to."""
    found = {}
    for place, dirs, names in os.walk(top):
        for name in names + dirs:
            path = os.path.join(place, name)
            st = os.lstat(path)
            kept = (st.st_ino, st.st_size, st.st_mtime_ns)
            found[os.path.relpath(path, top)] = \
                kept if name in names else None
    return found


class Good:
    """A verb without faults: what it says, makes and leaves in the log."""


class Checker:
    def __init__(self, office):
        self.office = office
        self.engine = office.engine
        self.base = {}
        self.judged = 0

    def svault(self, *args):
        return self.engine.run([self.office.svault, *args])

    def look(self, verb):
        """What must succeed behind the verb, without anybody's habits."""
        return self.engine.run([self.office.svault, *verb.look.split()],
                               env={"XDG_CONFIG_HOME": "/nonexistent"})

    def entries(self, vault):
        """(acts, complaints): what the log has anew."""
        r = self.svault("--vault", vault, "--key", "nagai.key", "log", "list",
                        "--from", str(self.base[vault]), "--limit", "1000", "--json")
        if r.code != 0:
            return None, [f"log list: exit {r.code}: {r.err.strip()}"]
        return [e["act"] for e in json.loads(r.out)["entries"]
                if e["act"] != "item" and
                not (e["act"] == "log.read" and e["actor"] == "nagai")], []

    def learn(self, verb):
        """The verb's good run, twice, and once again behind itself."""
        good = Good()
        self.office.again(verb.after)
        r = self.svault("--key", "nagai.key", "log", "head")
        self.base = {"office": int(r.out.split("\n")[1])}
        runs = []
        for _ in range(2):
            self.office.again(verb.after)
            before = files_of(self.engine.cwd)
            runs.append(verb.run(self.office))
        first = runs[0]
        if first.code not in (DONE, verb.code) or \
                plain(first.out, False) != plain(runs[1].out, False):
            raise SystemExit(f"faults: {verb.name}: no good run: exit "
                             f"{first.code}: {first.err}")
        good.code = first.code
        good.numbers = not verb.varies and plain(first.out) == plain(runs[1].out)
        good.out = plain(first.out, good.numbers)
        good.err = plain(first.err, False)
        # What svault-audit remembers only spares it work.
        good.made = {name for name in files_of(self.engine.cwd)
                     if name not in before and
                     not name.startswith("home/.local")}
        good.acts = self.entries(verb.vault)[0] if verb.vault else []
        good.acts = [a for a in good.acts if a not in verb.optional]
        again = verb.run(self.office)
        good.again = again.code, plain(again.err, False)
        good.seconds = first.seconds
        return good

    # ---- one run ----

    def said(self, verb, good, fault, r):
        """What the command itself said."""
        bad = []
        killed = fault.kills() and r.hits > 0
        if r.code == "hangs":
            bad.append("it hangs")
        elif killed and r.code == -9:
            pass
        elif r.code not in CODES:
            bad.append(f"exit {r.code} is in no list")
        # LMDB takes a short read of its file's header for a damaged one (a
        # file on a disk has none but at its end), and its new file of locks,
        # where the system refuses it the lock.
        lmdb = fault.effect == "short" and "data.mdb" in r.where or \
            fault.kind == "look" and "lock.mdb" in r.where
        # A restored vault is shorter, and whether it may be was not looked at.
        shorter = verb.name == "backup confirm" and "shorter than" in r.err
        if r.code == ALTERED and not lmdb and not shorter:
            bad.append("a fault passes for an alteration")
        deaf = fault.kind == "write" and (fault.persistent or
                                          "pipe" in r.where)
        verdict = verb.varies or verb.program == "svault-audit"
        word = r.err.strip() or (verdict and r.out.strip())
        if r.code not in (DONE, -9, good.code) and not word and not deaf:
            bad.append("it failed without a word")
        for word in CANARIES:
            if word in r.err:
                bad.append("the standard error says what a record says")
            if not verb.shows and word in r.out:
                bad.append("it shows content")
        # Also where a process of its own was killed and it went on.
        if r.code == good.code and not verb.varies:
            if plain(r.out, good.numbers) != good.out:
                bad.append("exit as if done, and another output")
        return bad

    def look_at_log(self, verb, good, r, shown):
        acts, bad = self.entries(verb.vault)
        if acts is None:
            return None, bad
        acts = [a for a in acts if a not in verb.optional]
        rest = iter(good.acts)
        if not all(a in rest for a in acts):
            bad.append(f"the log has {acts}, which is no part of {good.acts}")
        if r.code == good.code and acts != good.acts:
            bad.append(f"acknowledged, and the log has {acts} only")
        if r.code in UNCHANGED and any(a not in READS for a in acts):
            bad.append(f"exit {r.code} says that nothing changed, and the "
                       f"log has {acts}")
        if shown and not any(a in acts for a in verb.shows):
            bad.append("content without an entry")
        v = self.svault("--vault", verb.vault, "--key", "nagai.key", "log",
                        "verify", "--json")
        if v.code != DONE:
            bad.append(f"log verify: exit {v.code}: {v.err.strip()}")
        return acts, bad

    def repeat(self, verb, good):
        """The same command without a fault: (result, complaints)."""
        bad = []
        for _ in range(3):
            r = verb.run(self.office)
            if r.code == good.code or \
                    (r.code, plain(r.err, False)) == good.again:
                return r, bad
            found = re.search(verb.remedy, r.err) if verb.remedy else None
            if found is None:
                break
            # What its message names can be put away.
            self.put_away(found.group(1))
        bad.append(f"the same command again: exit {r.code}: {r.err.strip()}")
        return r, bad

    def put_away(self, name):
        path = os.path.join(self.engine.cwd, name)
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif os.path.exists(path):
            os.unlink(path)

    def outside(self):
        """What an outsider says of the log."""
        bad = []
        shutil.rmtree(os.path.join(self.engine.cwd, "check"),
                      ignore_errors=True)
        r = self.svault("--key", "nagai.key", "log", "export", "check")
        if r.code != DONE:
            return [f"log export: exit {r.code}: {r.err.strip()}"]
        r = self.engine.run([self.office.audit, "verify", "check", "--key",
                             "office.card"])
        if r.code != DONE:
            bad.append(f"svault-audit verify: exit {r.code}: {r.out[-300:]}")
        return bad

    def judge(self, verb, good, fault, r, before):
        """All complaints about one run."""
        # Its lists lose a rule without a word, or are walked in a circle, or
        # it dies: a sandbox that is shut tighter, or a service that does not
        # start.
        if fault.kind == "memory" and "libseccomp" in r.where and \
                not r.outlived:
            return [], False
        # So does glibc: its name service, and its loader.
        glibc = "ld-linux" in r.where or \
            (verb.name in ("setup", "svaultd") and "libc.so" in r.where)
        if fault.kind == "memory" and glibc and \
                r.code in (ALTERED, 127, -signal.SIGSEGV, -signal.SIGABRT):
            return [], False
        bad = self.said(verb, good, fault, r)
        if r.outlived:
            bad.append("a process goes on without its command")
        shown = any(w in r.out for w in CANARIES)
        now = files_of(self.engine.cwd)
        same = now == before
        if same and not shown and r.code != good.code and \
                not (fault.kills() and r.hits):
            return bad, True
        if r.code == good.code and not good.made <= set(now):
            bad.append(f"done, and without "
                       f"{sorted(good.made - set(now))}")
        if verb.look and r.code == good.code:
            v = self.look(verb)
            if v.code != DONE:
                bad.append(f"{verb.look}: exit {v.code}: {v.err.strip()}")
        acts = None
        if verb.vault:
            acts, more = self.look_at_log(verb, good, r, shown)
            bad += more
        # The rest is dear, and where all went well of little promise.
        self.judged += 1
        wrong = r.code != good.code or fault.kills() or bad
        if not wrong and self.judged % WELL_EVERY != 0:
            return bad, False
        _, more = self.repeat(verb, good)
        bad += more
        if verb.look:
            v = self.look(verb)
            if v.code != DONE:
                bad.append(f"{verb.look}, behind it: exit {v.code}: "
                           f"{v.err.strip()}")
        if verb.vault:
            if acts is not None and not more:
                behind, more = self.entries(verb.vault)
                bad += more
                for act in set(good.acts):
                    if behind is not None and \
                            behind.count(act) < good.acts.count(act):
                        bad.append(f"repeated, and the log has {behind}")
            if fault.kills() or self.judged % WELL_EVERY == 0:
                bad += self.outside()
        return bad, False
