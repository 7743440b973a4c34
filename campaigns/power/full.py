"""The disk fills up, or has no more inodes, while people work: a clear error,
nothing lost, and work goes on once there is room."""

import collections
import errno
import os
import random
import time

import check as checks
import disk
import load as loads
import office as offices

SIZE = 24 << 20
INODES = 192
LOAD_MS = 300
FREE_MAX = 256 << 10
BLOCK = 4096
KINDS = ("ext4", "tmpfs", "inodes")
DISK_ERROR = 74
PARTIAL = 3
EXPECTED = {PARTIAL, DISK_ERROR, 75, 77}
SAYS = "the disk is full"
DONE = "do not repeat it"
REQUESTED = "is requested, and nothing of it is released"


class Fills:
    def __init__(self, place, seed, lies=None):
        self.place = place
        self.seed = seed
        self.lies = lies or {}
        self.rng = random.Random(f"{seed} full")
        self.mnt = os.path.join(place, "mnt")
        self.image = os.path.join(place, "image")
        self.answers = collections.Counter()
        os.makedirs(self.mnt)

    def mount(self, kind):
        if kind == "tmpfs":
            disk.call("mount", "-t", "tmpfs", "-o", f"size={SIZE}", "full",
                      self.mnt)
            return
        disk.made(self.image, "ext4", SIZE,
                  ["-N", str(INODES)] if kind == "inodes" else [])
        disk.mount(self.image, self.mnt)

    def one(self, n):
        """The faults of one fill: keys and vault lie on the full disk."""
        kind = KINDS[n % len(KINDS)]
        self.mount(kind)
        try:
            return [f"seed {self.seed}, fill {n} ({kind}): {f}"
                    for f in self.filled(n, kind)]
        finally:
            disk.unmount(self.mnt)

    def filled(self, n, kind):
        home = disk.emptied(os.path.join(self.mnt, "home"))
        office = offices.Office(home, os.path.join(self.mnt, "office"),
                                disk.emptied(os.path.join(self.mnt, "made")))
        office.found()
        office.desk = self.place
        office.lies = self.lies
        check = checks.Check(office)
        load = loads.Load(office, f"f{n}")
        fill = disk.emptied(os.path.join(self.mnt, "fill"))
        load.start()
        time.sleep(LOAD_MS / 1000 / 3)
        (fill_inodes if kind == "inodes" else self.fill_blocks)(fill)
        time.sleep(LOAD_MS / 1000)
        load.join()
        disk.emptied(fill)
        for a in load.answers:
            if not self.is_told(a):
                check.fault(f"{a.who}'s {a.what}: {a.err.strip()}")
        checks.everything(check, load.answers, True, EXPECTED)
        self.goes_on(check, office, n)
        self.answers += check.counted
        return check.found

    @staticmethod
    def is_told(a):
        """Does she hear that the disk is full, and what is done already?  A
        request alone is done in part, before it is acknowledged."""
        if a.code == PARTIAL:
            return a.what == "request" and SAYS in a.err and \
                REQUESTED in a.err
        return a.code != DISK_ERROR or (DONE if a.out else SAYS) in a.err

    def goes_on(self, check, office, n):
        """With room again, everybody works as before."""
        load = loads.Load(office, f"g{n}")
        load.add_one(self.rng, f"g{n}-sato-1")
        load.back_up(self.rng, f"g{n}")
        if any(a.code != 0 for a in load.answers):
            check.fault(f"it does not go on: {load.answers[-1].err}")
        checks.everything(check, load.answers)

    def fill_blocks(self, place):
        """To the last block but a few: work goes on a little."""
        st = os.statvfs(place)
        free = st.f_bavail * st.f_frsize
        left = self.rng.randrange(0, FREE_MAX, BLOCK)
        write_until_full(os.path.join(place, "blocks"), max(free - left, 0))


def write_until_full(path, size):
    with open(path, "wb", buffering=0) as f:
        try:
            while f.tell() < size:
                f.write(bytes(min(1 << 20, size - f.tell())))
            os.fsync(f.fileno())
        except OSError as e:
            if e.errno != errno.ENOSPC:
                raise


def fill_inodes(place):
    n = 0
    while True:
        try:
            os.close(os.open(os.path.join(place, str(n)),
                             os.O_CREAT | os.O_WRONLY))
        except OSError as e:
            if e.errno != errno.ENOSPC:
                raise
            return
        n += 1


def run(place, seed, fills, lies=None):
    """(fills, answers, faults)"""
    disks = Fills(place, seed, lies)
    for n in range(fills):
        found = disks.one(n)
        if found:
            return n + 1, disks.answers, found
    return fills, disks.answers, []
