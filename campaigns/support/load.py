"""Desks that work in one vault at once, and all that they were answered."""

import collections
import contextlib
import os
import random
import signal
import threading
import time

import office as offices

BUSY = 75
OTHERS = {"sato": ("abe", "ueda"), "abe": ("ueda", "sato"),
          "ueda": ("sato", "abe")}

# what: as in the table of jobs; out: the JSON, whole, or None; said: bytes
# came, whole or not; code: of the process, or a signal below 0; mark: how far
# the disk's log was when the answer was read.
Answer = collections.namedtuple(
    "Answer", "what who args out said code err mark")


class Load:
    """One desk, a thread, for each person; each command is a process."""

    def __init__(self, office, seed, before=None, mark=lambda: 0, pins=None):
        self.office = office
        self.mark = mark
        self.pins = pins  # {who: [(mark, FILE.head)]}, where they are wanted
        self.answers = []
        self.proposed = []  # people who wait for a supervisor
        # What an earlier load left: records that are there (author, handle),
        # assignments that were tried, releases that wait for an approver and
        # those that can be fetched.
        self.shown = before.shown if before else []
        self.assigned = before.assigned if before else set()
        self.requested = before.requested if before else []
        self.approved = before.approved if before else []
        self.seed = seed
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.running = set()
        self.threads = []

    # ---- Beginning and end ----

    def start(self):
        desks = {
            "sato": self.casework, "abe": self.casework, "ueda": self.casework,
            "kudo": self.administer, "mori": self.supervise,
            "toda": self.count, "hara": self.approve, "nagai": self.audit,
        }
        for who, desk in desks.items():
            t = threading.Thread(target=self.work, args=(who, desk),
                                 daemon=True)
            self.threads.append(t)
            t.start()

    def kill(self):
        """Every command that runs, by SIGKILL; then no other begins."""
        with self.lock:
            self.over.set()
            for p in self.running:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(p.pid, signal.SIGKILL)
        self.join()

    def join(self):
        self.over.set()
        for t in self.threads:
            t.join()

    def work(self, who, desk):
        rng = random.Random(f"{self.seed} {who}")
        n = 0
        while not self.over.is_set():
            n += 1
            desk(who, rng, f"{self.seed}-{who}-{n}")

    # ---- One command ----

    def do(self, what, who, *args, argv=None, give=None):
        """Its answer, kept: the JSON, or True; None where it was not done.
        give: the file that it reads what is typed from."""
        argv = argv or self.office.command(who, *args)
        with self.lock:
            if self.over.is_set():
                return None
            p = self.office.start(argv, give=give)
            self.running.add(p)
        out, err = p.communicate()
        with self.lock:
            self.running.discard(p)
        answer = Answer(what, who, args, offices.parsed(out), len(out) > 0,
                        p.returncode, err.decode("utf-8", "replace"), 0)
        if self.pins is not None:
            self.keep_pin(who)
        answer = answer._replace(mark=self.mark())
        with self.lock:
            self.answers.append(answer)
        if answer.code == BUSY:
            time.sleep(random.uniform(0.005, 0.02))
        if answer.code != 0:
            return None
        return True if answer.out is None else answer.out

    def last_code(self, who):
        """How her last command ended; she works alone at her desk."""
        with self.lock:
            return next((a.code for a in reversed(self.answers)
                         if a.who == who), BUSY)

    def keep_pin(self, who):
        try:
            with open(self.office.key(who) + ".head", "rb") as f:
                pin = f.read()
        except FileNotFoundError:
            return
        kept = self.pins.setdefault(who, [])
        if not kept or kept[-1][1] != pin:
            kept.append((self.mark(), pin))

    # ---- What each of them does ----

    def rows(self, name, n):
        path = os.path.join(self.office.desk, f"{name}.csv")
        with open(path, "w") as f:
            f.write("identity.case_no,identity.family_name,narrative.summary\n")
            for i in range(n):
                f.write(f"{name}-{i},Family of {name}-{i},{'Told. ' * 20}\n")
        return path

    def casework(self, who, rng, name):
        mine = [h for author, h in self.shown if author == who]
        turn = rng.random()
        if turn < 0.3 and mine:
            self.do("show", who, "record", "show", rng.choice(mine))
        elif turn < 0.4 and mine:
            self.edit(who, rng.choice(mine), name)
        elif turn < 0.8:
            out = self.do("add", who, "record", "add", "victim", "--from",
                          self.rows(name, 1))
            if out:
                self.shown.append((who, out["record"]))
        else:
            rows = self.rows(name, rng.randint(2, 40))
            self.do("import", who, "import", rows, "--type", "victim")

    def edit(self, who, handle, name):
        """Another narrative, as the form asks for it."""
        form = os.path.join(self.office.desk, f"{name}.form")
        with open(form, "w") as f:
            f.write(f"{name}\n.\n.\nyes\n")
        self.do("edit", who, handle, name, give=form, argv=[
            self.office.svault, "--vault", self.office.way, "--key",
            self.office.key(who), "--json", "record", "edit", handle, "-c",
            "narrative"])

    def administer(self, who, rng, name):
        time.sleep(0.03)  # keys and other vaults wait for nobody
        turn = rng.random()
        if turn < 0.3:
            self.back_up(rng, name)
        elif turn < 0.8:
            made = self.make_key(rng, name)
            if made and self.do("propose", who, "staff", "propose",
                                made[0] + ".pub", "--role", "intake"):
                self.proposed.append((name, made[1]))
        else:
            self.found_beside(rng, name)

    def back_up(self, rng, name):
        self.do("backup", "kudo", "backup", "create",
                os.path.join(self.office.inside, f"{name}.svb"))

    def make_key(self, rng, name):
        """(path, fingerprint) of a new person's key."""
        path = os.path.join(self.office.inside, f"{name}.key")
        out = self.do("key", name, path, argv=[
            self.office.svault, "key", "new", path, "--name", name,
            "--unprotected", "--json"])
        return (path, out["fingerprint"]) if out else None

    def found_beside(self, rng, name):
        """Another vault, of two new people."""
        first = self.make_key(rng, f"{name}-a")
        second = self.make_key(rng, f"{name}-s")
        if first and second:
            place = os.path.join(self.office.inside, name)
            self.do("init", name, place, first[0], argv=[
                self.office.svault, "init", place, "--origin",
                "other.example/vault", "--administrator", first[0],
                "--supervisor", second[0], "--json"])

    def add_one(self, rng, name):
        self.do("add", "sato", "record", "add", "victim", "--from",
                self.rows(name, 1))

    def supervise(self, who, rng, name):
        if self.proposed:
            person, words = self.proposed[0]
            self.do("confirm", who, "staff", "confirm", person,
                    "--fingerprint", words)
            # It may be done though her head could not be kept.
            if self.last_code(who) != BUSY:
                self.proposed.pop(0)
            return
        new = [(handle, other) for author, handle in self.shown
               for other in OTHERS[author]
               if (handle, other) not in self.assigned]
        if new:
            handle, other = rng.choice(new)
            self.assigned.add((handle, other))
            if self.do("assign", who, "record", "assign", handle, other) and \
                    rng.random() < 0.5:
                self.do("unassign", who, "record", "unassign", handle, other)
        else:
            time.sleep(0.005)

    def count(self, who, rng, name):
        if self.approved:
            number = self.approved.pop(0)
            if self.do("fetch", who, "release", "fetch", str(number), "-o",
                       os.path.join(self.office.inside, name)) is None:
                self.approved.append(number)
        else:
            out = self.do("request", who, "release", "request", "annual",
                          "--year", str(rng.randint(2000, 2024)), "--profile",
                          "exact", "--basis", "Action Plan", "--acknowledge",
                          "all")
            if out:
                self.requested.append(out["release"])
        time.sleep(0.02)  # twenty a day

    def approve(self, who, rng, name):
        if not self.requested:
            time.sleep(0.01)
            return
        number = self.requested.pop(0)
        view = self.do("look", who, "release", "show", str(number))
        done = view and self.do("approve", who, "release", "approve",
                                str(number), "--commitment",
                                view["commitment"]) is not None
        (self.approved if done else self.requested).append(number)

    def audit(self, who, rng, name):
        if rng.random() < 0.7:
            self.do("verify", who, "log", "verify")
        else:
            self.do("export", who, "log", "export",
                    os.path.join(self.office.inside, "log"))
        time.sleep(0.03)
