"""Vaults in a probe (probe.c), and every damage of their files that needs no
key: bytes, lengths, pages, older copies, another vault's, other kinds of file."""

import hashlib
import os
import shutil
import struct
import subprocess
from pathlib import Path

import lmdb

PARTS = ("data.mdb", "head", "lock.mdb", "lock", ".gate")
SLOT = 2048
MEMORY_MAX = 512 * 1024  # KiB


class Vault:
    """A probe and the vault that it made; stages are older copies."""

    def __init__(self, build, home, kind, seed=1, program="tamper_probe", **more):
        self.kind, self.home = kind, Path(home) / f"{kind}-{seed}-{program}{len(more)}"
        self.home.mkdir()
        words = [str(Path(build) / "tamper" / program), kind, str(seed)]
        if more.pop("no_handler", False):
            words.append("no-handler")
        self.process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(self.home), **more},
        )
        self.stages = []
        while (answer := self.ask("grow")) != "whole":
            self.stages.append(self.copy(answer.split()[1], f"stage{len(self.stages)}"))
        self.files = self.stages[-1]
        self.work = self.home / "work" / "office"
        self.true = lmdb.DataFile(self.files["data.mdb"])
        self.all_rows = self.rows()
        self.lay()
        self.read()
        self.read_once = self.now()

    def copy(self, path, name):
        """The files of a stage, kept in memory and as a directory."""
        to = self.home / name
        shutil.copytree(path, to / "office")
        shutil.copy(f"{path}.gate", to / "office.gate")
        return {part: self.path(to / "office", part).read_bytes() for part in PARTS}

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit("the probe has ended")
        return answer.rstrip("\n")

    @staticmethod
    def path(vault, part):
        return Path(f"{vault}{part}") if part.startswith(".") else vault / part

    def lay(self):
        """A sound copy to be damaged; the path of one of its files."""
        shutil.rmtree(self.work.parent, ignore_errors=True)
        self.work.mkdir(parents=True, mode=0o700)
        for part in PARTS:
            self.put(part, self.files[part])

    def put(self, part, data):
        path = self.path(self.work, part)
        path.write_bytes(data)
        path.chmod(0o600)
        return path

    def read(self, command="read", more=""):
        """How it ended, what was shown, KiB, what was found."""
        end, shown, kib, found = self.ask(f"{command} {self.work} {more}".rstrip()).split("\t")
        return end, shown, int(kib), found

    def now(self):
        """The data file that lies there, or None where it does not hold
        together."""
        return lmdb.read(self.path(self.work, "data.mdb").read_bytes())

    def is_healed(self):
        """Nobody met the damage, and the entries of those who read have been
        written over it: there is what a sound file then has."""
        now = self.now()
        if now is None or now.tables.keys() != self.true.tables.keys():
            return False
        for name, before in self.true.tables.items():
            rows, then, before = map(dict, (now.tables[name], self.read_once.tables[name], before))
            if rows.keys() != then.keys():
                return False
            if any(rows[k] != v for k, v in before.items() if then.get(k) == v):
                return False
        return True

    def rows(self):
        """Table, key, and length of the value, of each."""
        last = self.home / f"stage{len(self.stages) - 1}" / "office"
        self.process.stdin.write(f"rows {last}\n")
        self.process.stdin.flush()
        rows = []
        while line := self.process.stdout.readline().split():
            rows.append((int(line[0]), line[1], int(line[2])))
        return rows

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        shutil.rmtree(self.home)


# ---- What came of it ----


def kept_heads(data):
    """Sequence and head of each whole slot, as docs/FORMAT.md section 8 has it."""
    out = []
    for at in (0, SLOT):
        slot = data[at : at + SLOT]
        label = b"sv/v1/head"
        check = hashlib.blake2b(bytes([len(label)]) + label + slot[:-32], digest_size=32).digest()
        if len(slot) == SLOT and slot[-32:] == check and slot[:4] == b"SVH\x01":
            n = struct.unpack_from(">H", slot, 12)[0]
            out.append((slot[4:12], slot[14 : 14 + n]))
    return out


def is_harmless(vault, part, data):
    """Does a file with these bytes say what the sound one says?  Asked behind
    those who read it."""
    if part in ("lock", "lock.mdb"):
        return True  # nothing is read from them but who is at work
    if part == "data.mdb":
        return lmdb.says_the_same(data, vault.true) or vault.is_healed()
    if part == "head":
        # It may lag behind the log; a half written slot does not count.
        heads = kept_heads(data)
        true = [h for stage in vault.stages for h in kept_heads(stage["head"])]
        return heads != [] and set(heads) <= set(true)
    return data == vault.files[part]


def judge(vault, tally, what, harmless, how="read", forged=""):
    """harmless: whether it was, or what it comes to; asked where nothing was said."""
    end, shown, kib, found = vault.read(how, forged)
    if end == "same":
        return end
    if end.startswith("signal"):
        kind = "signal"
    elif end == "hang" or kib > MEMORY_MAX:
        kind, found = "hang", f"{found} ({kib} KiB)"
    elif end == "fault":
        kind = "fault"
    elif end != "done":
        kind = "unclear"
    elif shown == "other" or (shown == "older" and how == "read"):
        kind = "wrong"
    elif found:
        kind = "named"
    else:
        kind = harmless() if shown == "same" else "undetected"
        kind = kind if isinstance(kind, str) else "harmless" if kind else "undetected"
    tally.note(kind, f"{vault.kind} vault, {what}", f"{end}, shown: {shown}, {found}")
    return kind


def try_bytes(vault, tally, part, data, what, how="read"):
    vault.lay()
    vault.put(part, data)
    return judge(vault, tally, f"{part} {what}", lambda: is_harmless(vault, part, data), how)


def flip(vault, tally, part, at, bit):
    data = bytearray(vault.files[part])
    data[at] ^= 1 << bit
    # A header that does not count any more leaves the one before it.
    how = "mixed" if part == "data.mdb" and at < 2 * lmdb.PAGE else "read"
    return try_bytes(vault, tally, part, bytes(data), f"byte {at} bit {bit}", how)


# ---- Each file ----


def flips(vault, tally, rng, share):
    """Every byte of the small files; of the data file every byte that holds it
    together, every key, and as many of the others as there are of those."""
    for part in ("head", ".gate", "lock.mdb", "lock"):
        places = range(len(vault.files[part]))
        if part in ("lock.mdb", "lock"):
            places = rng.sample(places, min(64, len(places)))
        for at in pick(rng, places, share):
            flip(vault, tally, part, at, rng.randrange(8))
    kinds = vault.true.kind
    places = {k: [] for k in range(len(lmdb.DataFile.KINDS))}
    for at, kind in enumerate(kinds):
        places[kind].append(at)
    held = places[1] + places[2]
    for some in (held, places[3], rng.sample(places[0], min(len(held) // 4, len(places[0])))):
        some = rng.sample(some, min(len(held), len(some)))
        for at in pick(rng, sorted(some), share):
            flip(vault, tally, "data.mdb", at, rng.randrange(8))


def pick(rng, places, share):
    """That share of them."""
    places = list(places)
    if share >= 1:
        return places
    return rng.sample(places, min(len(places), max(1, int(len(places) * share))))


def lengths(vault, tally, rng, share):
    for part in ("head", ".gate", "data.mdb", "lock.mdb"):
        size = len(vault.files[part])
        if part == "lock.mdb":
            cuts = rng.sample(range(size), 64)
        elif size <= 8192:
            cuts = range(size)
        else:
            cuts = [*range(0, size, 512), *(rng.randrange(size) for _ in range(size // 2048))]
        for n in pick(rng, cuts, share):
            try_bytes(vault, tally, part, vault.files[part][:n], f"cut to {n}")
        for n in (1, 4095, 4096, 1 << 20) if share >= 1 else ():
            more = rng.randbytes(n)
            try_bytes(vault, tally, part, vault.files[part] + more, f"with {n} bytes more")


def regions(vault, tally, rng, share):
    """Sectors and pages of the data file: empty, noise, each other's, older."""
    data = vault.files["data.mdb"]
    n_pages = len(data) // lmdb.PAGE
    older = [s["data.mdb"] for s in vault.stages[:-1]]
    for page in pick(rng, range(n_pages), share):
        at = page * lmdb.PAGE
        own = data[at : at + lmdb.PAGE]
        other = rng.randrange(n_pages)
        sector = at + 512 * rng.randrange(8)
        new = {
            "zeroed": (at, bytes(lmdb.PAGE)),
            "of ones": (at, b"\xff" * lmdb.PAGE),
            "noise": (at, rng.randbytes(lmdb.PAGE)),
            f"as page {other}": (at, data[other * lmdb.PAGE :][: lmdb.PAGE]),
            f"with sector {sector} zeroed": (sector, bytes(512)),
            f"with sector {sector} noise": (sector, rng.randbytes(512)),
        }
        for i, old in enumerate(older):
            if old[at : at + lmdb.PAGE] not in (own, b""):
                new[f"of stage {i}"] = (at, old[at : at + lmdb.PAGE])
        for what, (start, piece) in new.items():
            damaged = data[:start] + piece + data[start + len(piece) :]
            if damaged[: len(data)] != data:
                try_bytes(vault, tally, "data.mdb", damaged, f"page {page} {what}", "mixed")
        for i, old in enumerate(older):
            damaged = old[:at] + data[at:]
            if damaged != data:
                try_bytes(
                    vault, tally, "data.mdb", damaged, f"stage {i} before page {page}", "mixed"
                )


def exchanged(vault, other, tally):
    """Older copies, another vault's, one for the other, nothing."""
    for part in ("data.mdb", "head", ".gate", "lock.mdb"):
        new = {"empty": b"", "of another vault": other.files[part]}
        for i, stage in enumerate(vault.stages[:-1]):
            new[f"of stage {i}"] = stage[part]
        for name in PARTS:
            if name != part:
                new[f"with the bytes of {name}"] = vault.files[name]
        for what, data in new.items():
            if data != vault.files[part]:
                try_bytes(vault, tally, part, data, what, "mixed")
    for i, stage in enumerate(vault.stages[:-1]):
        vault.lay()
        for part in PARTS:
            vault.put(part, stage[part])
        judge(vault, tally, f"the whole of stage {i}", lambda: False, "mixed")


# ---- Other kinds of file ----


def to_missing(path):
    path.unlink()


def to_directory(path):
    path.unlink()
    path.mkdir()


def to_fifo(path):
    path.unlink()
    os.mkfifo(path)


def to_zero_device(path):
    path.unlink()
    path.symlink_to("/dev/zero")


def to_null_device(path):
    path.unlink()
    path.symlink_to("/dev/null")


def to_dangling_link(path):
    path.unlink()
    path.symlink_to("nowhere")


def to_loop(path):
    path.unlink()
    path.symlink_to(path.name)


def to_link(path):
    """Elsewhere, but the same: no damage."""
    away = path.parent.parent / f"{path.name}.away"
    path.rename(away)
    path.symlink_to(away)


def to_hard_link(path):
    os.link(path, path.parent.parent / f"{path.name}.too")


def to_huge(path):
    with path.open("r+b") as f:
        f.truncate(1 << 40)


def to_open_mode(path):
    path.chmod(0o666)


def to_no_mode(path):
    path.chmod(0)


def to_foreign(path):
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)


KINDS = [v for k, v in sorted(globals().items()) if k.startswith("to_")]
SAME_BYTES = (to_link, to_hard_link, to_open_mode, to_no_mode, to_foreign)


def kinds(vault, tally):
    for part in PARTS:
        for change in KINDS:
            vault.lay()
            path = vault.path(vault.work, part)
            change(path)
            # What stands behind the end of a file that is too long means nothing.
            same = change in (*SAME_BYTES, to_huge) or part in ("lock", "lock.mdb")
            judge(vault, tally, f"{part} {change.__name__}", lambda: same)


# ---- With the gate's key ----


def forgeries(vault, rng, share):
    """Words for the probe: each row of each table, in each way."""
    by_table = {}
    for table, key, size in vault.all_rows:
        by_table.setdefault(table, []).append((key, size))
    for table, of_table in by_table.items():
        yield f"empty {table}"
        for key, size in pick(rng, of_table, share):
            yield f"delete {table} {key}"
            yield f"cut {table} {key}"
            last = (int(key[-2:], 16) + 1) % 256
            yield f"add {table} {key} {key[:-2]}{last:02x}"
            yield f"add {table} {key} {(int(key[:2], 16) ^ 1):02x}{key[2:]}"
            yield f"add {table} {key} {key}00"
            for other, _ in rng.sample(of_table, min(3, len(of_table))):
                yield f"take {table} {key} {other}"
            for i in range(len(vault.stages) - 1):
                yield f"older {table} {key} {vault.home / f'stage{i}' / 'office'}"
            bits = range(8 * size)
            if size > 64:
                bits = [*range(0, 256, 5), *rng.sample(bits, 40), 8 * size - 1]
            for bit in pick(rng, bits, share):
                yield f"flip {table} {key} {bit}"


ASKED = 2**32 - 2  # of a release: its specification and basis (docs/FORMAT.md, 9.1)


LOG_STATE = f"flip 0 {b'log'.hex()} "
LAST_TIME = range(8, 16)  # its bytes there (docs/FORMAT.md, 9.1)


def forgery_kind(vault, words):
    """What a forgery that nobody names comes to.  The next entry is put over a
    row at its place.  A parcel that its person does not refuse is one that no act
    shows her.  What was asked for stands in the log only as a hash with keys that
    were lent: SECURITY.md calls it the gate's word; so is the time of the last
    entry (in META's "log"), which the next one is put behind."""
    how, table, key, *more = [*words.split(), ""]
    size = sum(1 for t, _, _ in vault.all_rows if t == 1)
    if how == "add" and table in ("1", "2") and len(more[0]) == 16:
        return "harmless" if size <= int(more[0], 16) < size + 8 else "undetected"
    if table == "15" and how in ("flip", "take", "older", "cut", "delete", "add"):
        return "gate" if int(key[16:], 16) == ASKED else "harmless"
    if words.startswith(LOG_STATE) and int(more[0]) // 8 in LAST_TIME:
        return "gate"
    return "undetected"


def forge(vault, tally, words):
    vault.lay()
    return judge(vault, tally, words, lambda: forgery_kind(vault, words), "forge", words)
