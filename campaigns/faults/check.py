"""What must be true behind every fault."""
import collections
import itertools
import json
import os
import re
import shutil

from office import CANARIES

WELL_EVERY = 6  # of runs that ended well, how many are looked at whole
DONE, ALTERED, PARTIAL, UNSURE = 0, 4, 3, 6
LOADER_DIES = 127
CODES = {0, 1, 2, 3, 4, 5, 6, 65, 74, 75, 77}  # cli/exit_code.h
UNCHANGED = {1, 2, 65}  # "nothing was changed", "nothing was kept"
READS = {"record.read", "record.list", "record.find", "record.history",
         "log.read", "store.check", "release.list", "release.show", "release.fetch",
         "counts.preview", "backup.open", "backup.read"}

SAID = ("actor", "role", "type", "record", "person", "about", "purpose",
        "allowed", "rule", "outcome")
LOG_MAX = 1000  # entries that `log list` gives at once

VARYING = [
    (re.compile(r"\b[0-9a-f]{8,}\b"), "HEX"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?Z?"), "TIME"),
    (re.compile(r"[A-Za-z0-9+/]{40,}=*"), "BASE64"),
    (re.compile(r"\b[a-z]+(-[a-z]+){9}\b"), "WORDS"),
    (re.compile(r" (Again: svault-audit .*)?$", re.M), ""),  # a help
]
NUMBER = re.compile(r"\d+")


# What glibc says when it ends who uses a broken heap.
HEAP_CHECKS = ("corrupted size", "corrupted double-linked list",
               "double free or corruption", "malloc(): ", "realloc(): ",
               "free(): ", "malloc_consolidate(): ", "munmap_chunk(): ")


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


def is_theirs(fault, r):
    """Without memory a library ended the process in its own code: glibc in
    the very call that lacked it, or in its loader (which exits); libseccomp,
    which may also walk in a circle, lose a rule for what is then waited for,
    or the exit, or leave a heap whose next user is ended by glibc's check of
    it.  What a caller makes of what it is given is its own."""
    if fault.kind != "memory":
        return False
    if "libseccomp" in r.where:
        return r.code == "hangs" or "libseccomp" in r.died or \
            r.died == "a refused exit" or \
            r.code == -6 and any(word in r.err for word in HEAP_CHECKS)
    return r.died == "glibc" or \
        not r.died and r.code == LOADER_DIES and "/ld-linux" in r.where


def needed(verb, log):
    return [e for e in log if e.act not in verb.optional]


class Good:
    """A verb without faults: what it says, makes and leaves in the log."""


class Entry(collections.namedtuple("Entry", "act done said")):
    def asked(self):
        """What was asked for, whatever came of it."""
        return self.act, [said for name, said in zip(SAID, self.said)
                          if name not in ("about", "outcome")]


def told(entries):
    """In words, the same one after another as one."""
    return ", ".join(f"{len(list(same))} {e.act} {e.said}"
                     for e, same in itertools.groupby(entries)) or "nothing"


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
        """(entries, complaints): what the log has anew."""
        r = self.svault("--vault", vault, "--key", "nagai.key", "log", "list",
                        "--from", str(self.base[vault]), "--limit",
                        str(LOG_MAX), "--json")
        if r.code != 0:
            return None, [f"log list: exit {r.code}: {r.err.strip()}"]
        rows = json.loads(r.out)["entries"]
        if len(rows) == LOG_MAX:
            return None, ["the log has more than is looked at"]
        return [self.entry(e, vault) for e in rows
                if not (e["act"] == "log.read" and e["actor"] == "nagai")], []

    def entry(self, e, vault):
        """All that it says, but for what differs from one good run to the
        next: its place and time, and the names of what is new."""
        if e["record"] not in (None, self.office.record):
            e["record"] = "new"
        if e["about"] is not None and e["about"] >= self.base[vault]:
            e["about"] = "new"
        return Entry(e["act"], e["allowed"] and e["outcome"] == "done",
                     tuple(e[k] for k in SAID))

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
        good.log = self.entries(verb.vault)[0] if verb.vault else []
        good.log = needed(verb, good.log)
        again = verb.run(self.office)
        good.again = again.code, plain(again.err, False)
        good.seconds = first.seconds
        return good

    # ---- one run ----

    def said(self, verb, good, fault, r):
        """What the command itself said."""
        bad = []
        killed = fault.kills() and r.hits > 0
        theirs = is_theirs(fault, r)
        # Who draws and who solves are processes of their own, whose libraries
        # may die in them; what becomes of that is judged.
        child = fault.kind == "memory" and ".so" in r.died
        if r.died and not theirs and not child:
            bad.append(f"it died in {r.died}")
        if r.code == "hangs" and not theirs:
            bad.append("it hangs")
        elif killed and r.code == -9:
            pass
        elif r.code not in CODES and not theirs:
            bad.append(f"exit {r.code} is in no list")
        # LMDB takes a short read of its file's header for a damaged one (a
        # file on a disk has none but at its end), and its new file of locks,
        # where the system refuses it the lock.
        lmdb = fault.effect == "short" and "data.mdb" in r.where or \
            fault.kind == "look" and "lock.mdb" in r.where
        # A restored vault is shorter, and whether it may be was not looked at.
        shorter = verb.name == "backup confirm" and "shorter than" in r.err
        if r.code == ALTERED and not lmdb and not shorter and not theirs:
            bad.append("a fault passes for an alteration")
        deaf = fault.kind == "write" and (fault.persistent or
                                          "pipe" in r.where)
        verdict = verb.varies or verb.program == "svault-audit"
        word = r.err.strip() or (verdict and r.out.strip())
        if r.code not in (DONE, -9, good.code) and not word and not deaf and \
                not theirs:
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
        log, bad = self.entries(verb.vault)
        if log is None:
            return None, bad
        log = needed(verb, log)
        rest = iter(good.log)
        done = [e for e in log if e.done]
        same = all(e in rest for e in done) and \
            all(e.asked() in [g.asked() for g in good.log] for e in log)
        if not same:
            bad.append(f"the log has {told(log)}, which is no part of "
                       f"{told(good.log)}")
        if r.code == good.code and log != good.log:
            bad.append(f"acknowledged, and the log has {told(log)} only")
        if r.code in UNCHANGED and any(e.act not in READS for e in log):
            bad.append(f"exit {r.code} says that nothing changed, and the "
                       f"log has {told(log)}")
        if shown and not any(e.done and e.act in verb.shows for e in log):
            bad.append("content without an entry")
        v = self.svault("--vault", verb.vault, "--key", "nagai.key", "log",
                        "verify", "--json")
        if v.code != DONE:
            bad.append(f"log verify: exit {v.code}: {v.err.strip()}")
        return log, bad

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

    def repeated(self, verb, good, log):
        """What the same command adds to what stood in the log."""
        behind, bad = self.entries(verb.vault)
        for e in set(behind or ()):
            if e.done and e.act not in READS and \
                    e.act not in verb.optional and \
                    behind.count(e) > log.count(e) + good.log.count(e):
                bad.append(f"repeated, and too often in {told(behind)}")
        if behind is not None and any(behind.count(e) < good.log.count(e)
                                      for e in set(good.log)):
            bad.append(f"repeated, and the log has {told(behind)}")
        return bad

    def judge(self, verb, good, fault, r, before):
        """All complaints about one run."""
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
        log = None
        if verb.vault:
            log, more = self.look_at_log(verb, good, r, shown)
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
            if log is not None and not more:
                bad += self.repeated(verb, good, log)
            if fault.kills() or self.judged % WELL_EVERY == 0:
                bad += self.outside()
        return bad, False
