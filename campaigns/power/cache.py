"""The drive loses its cache: every write and flush under ext4 is recorded,
and the disk rebuilt as it may be after a cut at any of them: each write since
the last flush kept, dropped, out of order, or torn between sectors."""

import collections
import os
import random
import struct
import subprocess
import time

import check as checks
import disk
import load as loads
import office as offices

SIZE = 48 << 20
SECTOR = 512
RECORD = struct.Struct("=IIQ")  # blocklog.c
FLUSH = 1
LOAD_MS = 1500
CUTS_OF_ONE = 250  # of one recorded load
RECENT = 2  # answers whose content is read at each cut
EXPECTED = {75, 77}
LOSSES = ("none kept", "some kept", "torn", "last torn", "all kept")

Record = collections.namedtuple("Record", "flush offset data")


def recorded(path):
    """The records of blocklog's log."""
    with open(path, "rb") as f:
        raw = f.read()
    at, all_of_them = 0, []
    while at < len(raw):
        kind, length, offset = RECORD.unpack_from(raw, at)
        at += RECORD.size
        all_of_them.append(Record(kind == FLUSH, offset, raw[at:at + length]))
        at += length
    return all_of_them


def sectors(record):
    for at in range(0, len(record.data), SECTOR):
        yield record.offset + at, record.data[at:at + SECTOR]


class Recording:
    """One load on a disk that remembers."""

    def __init__(self, place, work, seed, lies):
        self.mnt = os.path.join(place, "mnt")
        self.image = os.path.join(place, "image")
        self.log = os.path.join(place, "log")
        self.drive = os.path.join(place, "drive")
        os.makedirs(self.mnt)
        os.mkdir(self.drive)
        os.mkdir(os.path.join(place, "home"))
        self.office = offices.Office(os.path.join(place, "home"),
                                     os.path.join(self.mnt, "office"),
                                     os.path.join(self.mnt, "made"))
        disk.made(self.image, "ext4", SIZE)
        with disk.mounted(self.image, self.mnt):
            self.office.found()
            os.mkdir(self.office.inside)
        self.base = os.path.join(place, "base")
        disk.copied(self.image, self.base)
        self.pins = {}
        self.office.lies = lies
        self.record(work, seed)
        self.office.lies = {}
        self.records = recorded(self.log)

    def record(self, work, seed):
        drive = subprocess.Popen([os.path.join(work, "blocklog"), self.image,
                                  self.log, self.drive])
        try:
            while not os.path.exists(os.path.join(self.drive, "disk")):
                time.sleep(0.01)
            with disk.mounted(os.path.join(self.drive, "disk"), self.mnt):
                self.begin = self.position()
                load = loads.Load(self.office, seed, mark=self.position,
                                  pins=self.pins)
                for who in offices.EVERYBODY:
                    load.keep_pin(who)
                load.start()
                time.sleep(LOAD_MS / 1000)
                load.kill()
                self.end = self.position()
                self.answers = load.answers
        finally:
            disk.unmount(self.drive)
            drive.wait()

    def position(self):
        with open(os.path.join(self.drive, "position"), "rb") as f:
            return int(f.read())

    def remember(self, cut):
        """Everybody's head as it was at the cut; whose is the newest?"""
        newest = (-1, None)
        for who, kept in self.pins.items():
            mark, pin = [k for k in kept if k[0] <= cut][-1]
            with open(self.office.key(who) + ".head", "wb") as f:
                f.write(pin)
            newest = max(newest, (mark, who))
        return newest[1]


class Caches:
    def __init__(self, place, work, seed, lies=None):
        self.place, self.work = place, work
        self.seed = seed
        self.lies = lies or {}
        self.rng = random.Random(f"{seed} cache")
        self.answers = collections.Counter()
        self.n = 0
        self.scratch = os.path.join(place, "scratch")

    def some(self, count):
        """Up to count cuts of one recorded load; the faults of the first that
        has any."""
        place = os.path.join(self.place, str(self.n))
        r = Recording(place, self.work, f"d{self.n}", self.lies)
        points = sorted(self.rng.randint(r.begin, r.end) for _ in range(count))
        flushed = 0
        with open(r.base, "r+b") as base:
            for cut in points:
                flushed = self.flush(base, r.records, flushed, cut)
                loss = self.rng.choice(LOSSES)
                found = self.one(r, base, flushed, cut, loss)
                self.n += 1
                if found:
                    return [f"seed {self.seed}, recording {place}, record "
                            f"{cut} of {len(r.records)}, {loss}: {f}"
                            for f in found]
        disk.call("rm", "-r", place)
        return []

    def flush(self, base, records, at, cut):
        """Onto the disk, all that the last flush before the cut covers."""
        last = max((i + 1 for i in range(at, cut) if records[i].flush),
                   default=at)
        for record in records[at:last]:
            self.put(base, record.offset, record.data)
        base.flush()
        return last

    @staticmethod
    def put(f, offset, data):
        f.seek(offset)
        f.write(data)

    def lose(self, f, writes, loss):
        """What of these writes a drive may have done when it stopped."""
        if loss == "some kept":
            writes = [w for w in writes if self.rng.random() < 0.5]
            self.rng.shuffle(writes)
        for i, w in enumerate(writes):
            whole = loss in ("all kept", "some kept") or \
                loss == "last torn" and i + 1 < len(writes)
            for offset, data in sectors(w):
                if whole or loss != "none kept" and self.rng.random() < 0.5:
                    self.put(f, offset, data)

    def one(self, r, base, flushed, cut, loss):
        disk.copied(r.base, self.scratch)
        with open(self.scratch, "r+b") as f:
            self.lose(f, [w for w in r.records[flushed:cut] if not w.flush],
                      loss)
        newest = r.remember(cut)
        with disk.mounted(self.scratch, r.mnt):
            return self.looked_at(r, cut, newest)

    def looked_at(self, r, cut, newest):
        check = checks.Check(r.office)
        known = [a for a in r.answers if a.mark <= cut]
        later = [a._replace(out=None) for a in r.answers if a.mark > cut]
        if check.vault(self.n % 10 == 0) and check.read_log():
            check.answers(known, EXPECTED)
            check.content([a for a in known
                           if a.what in ("add", "import", "edit")][-RECENT:]
                          + [a for a in later if a.what == "edit"])
            files = [a for a in known if a.what in checks.MADE]
            check.files(files[-RECENT:] + later)
            check.heads([newest])
        self.answers += check.counted
        return check.found


def run(place, work, seed, cuts, lies=None):
    """(cuts, answers, faults)"""
    caches = Caches(place, work, seed, lies)
    while caches.n < cuts:
        found = caches.some(min(CUTS_OF_ONE, cuts - caches.n))
        if found:
            return caches.n, caches.answers, found
        if caches.n % 1000 == 0:
            print(f"power: {caches.n} drive caches", flush=True)
    return caches.n, caches.answers, []
