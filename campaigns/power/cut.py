"""The file system is shut down in mid-load without its journal's last part:
what the page cache held is gone, and what was sent to the disk is there."""

import collections
import os
import random
import time

import check as checks
import disk
import load as loads
import office as offices

OFFICE_ROUNDS = 25
STORE_EVERY = 5
MOST_MS = 400
AFTER_MS = 30  # commands meet the dead disk
# Busy, denied; and on a dead disk: failed, stopped while reading, unsure, a
# disk error.
EXPECTED = {1, 4, 6, 74, 75, 77}
STOPPED = "it was stopped while reading"
FORMS = ("svault", "svaultd", "alone")


class Cuts:
    def __init__(self, work, kind, seed, lies=None):
        self.place = os.path.join(work, kind)
        self.kind = kind
        self.seed = f"{seed} {kind}"
        self.rng = random.Random(self.seed)
        self.lies = lies or {}
        self.mnt = os.path.join(self.place, "mnt")
        self.image = os.path.join(self.place, "image")
        os.makedirs(self.mnt)
        self.answers = collections.Counter()
        self.load = None
        self.template = disk.made(self.image + ".new", kind)
        with disk.mounted(self.template, self.mnt):
            self.office().found()
            offices.copied(self.home(), os.path.join(self.mnt, "home"))

    def home(self):
        """Keys and heads that no power cut touches."""
        return os.path.join(self.place, "home")

    def office(self, home=None):
        office = offices.Office(home or disk.emptied(self.home()),
                                os.path.join(self.mnt, "office"))
        office.inside = os.path.join(self.mnt, "made")
        return office

    def renew(self):
        disk.copied(self.template, self.image)
        with disk.mounted(self.template, self.mnt):
            offices.copied(os.path.join(self.mnt, "home"), self.home())
        self.check = None
        self.load = None

    def one(self, n):
        """The faults of one round."""
        if n % OFFICE_ROUNDS == 0:
            self.renew()
        # The keys lie on the disk that fails, or on another; the whole life
        # of an office long.
        office = self.office(
            os.path.join(self.mnt, "home") if n // OFFICE_ROUNDS % 2
            else self.home())
        office.desk = self.place
        office.lies = self.lies
        if self.check is None:
            self.check = checks.Check(office)
        self.check.office = office
        form = FORMS[n % len(FORMS)]
        ms = self.rng.uniform(20, MOST_MS)
        disk.mount(self.image, self.mnt)
        try:
            disk.emptied(office.inside)
            answers = self.worked(office, n, form, ms)
        except offices.Failed as e:
            return [f"seed {self.seed}, round {n}: {e}"]
        finally:
            disk.unmount(self.mnt)
        for a in answers:
            if a.code == 4 and STOPPED not in a.err:
                self.check.fault(f"{a.who}'s {a.what}: {a.err.strip()}")
        with disk.mounted(self.image, self.mnt):
            checks.everything(self.check, answers,
                              n % STORE_EVERY == STORE_EVERY - 1, EXPECTED)
        self.answers += self.check.counted
        self.check.counted.clear()
        found, self.check.found = self.check.found, []
        return [f"seed {self.seed}, round {n} ({form}), cut after {ms:.0f} ms:"
                f" {f}" for f in found]

    def worked(self, office, n, form, ms):
        """Work until the cut, and what was answered."""
        load = self.load = loads.Load(office, f"c{n}", self.load)
        if form == "alone":
            self.one_command(load, office, n)
            disk.cut(self.mnt)
            return load.answers
        if form == "svaultd":
            office.serve()
        load.start()
        time.sleep(ms / 1000)
        disk.cut(self.mnt)
        time.sleep(AFTER_MS / 1000)
        load.kill()
        if office.daemon:
            office.end_service()
        return load.answers

    def one_command(self, load, office, n):
        """Nobody else flushes anything for it."""
        work = self.rng.choice((load.make_key, load.back_up, load.found_beside,
                                load.add_one))
        work(self.rng, f"c{n}-alone")


def run(work, kind, seed, rounds, lies=None):
    """(rounds, answers, faults)"""
    cuts = Cuts(work, kind, seed, lies)
    for n in range(rounds):
        found = cuts.one(n)
        if found:
            return n + 1, cuts.answers, found
        if n % 100 == 99:
            print(f"power: {n + 1} cuts of {kind}", flush=True)
    return rounds, cuts.answers, []
