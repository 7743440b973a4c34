"""One command under the shim: what it is to meet, and what came of it."""
import ctypes
import errno
import mmap
import os
import signal
import struct
import subprocess
import time

KINDS = {name: i + 1 for i, name in enumerate(
    "read write sync open name look close memory map random socket process "
    "wait guard".split())}
EFFECTS = {name: i for i, name in enumerate(
    "none fail late short before after torn forget swallow trace".split())}
HEAD = struct.Struct("=QIIiIQQ256sQQ256s")
PLACES = 1 << 18  # CONTROL_PLACES of shim.h
ADDR_NO_RANDOMIZE = 0x0040000
TIMEOUT_S = 30


class Fault:
    """The n-th call of a kind; once, or it and all behind it."""

    def __init__(self, kind, effect, error=0, persistent=False, at=0):
        self.kind, self.effect, self.error = kind, effect, error
        self.persistent, self.at = persistent, at

    def nth(self, at):
        return Fault(self.kind, self.effect, self.error, self.persistent, at)

    def kills(self):
        return self.effect in ("before", "after", "torn")

    def name(self):
        word = self.effect
        if self.effect in ("fail", "late"):
            word = errno.errorcode[self.error]
        if self.effect == "late":
            word = "late-" + word
        return self.kind + ":" + word + ("+" if self.persistent else "")

    def __str__(self):
        return f"{self.name()}:{self.at}"


def all_faults():
    """Each way in which a call of each kind can go wrong."""
    def fails(kind, once, always=None):
        for e in once:
            yield Fault(kind, "fail", e)
        for e in once if always is None else always:
            yield Fault(kind, "fail", e, True)

    def kills(kind):
        yield Fault(kind, "before")
        yield Fault(kind, "after")

    yield from fails("read", [errno.EIO, errno.EINTR], [errno.EIO])
    yield Fault("read", "short")
    yield from fails("write", [errno.EIO, errno.ENOSPC, errno.EINTR],
                     [errno.EIO, errno.ENOSPC])
    yield Fault("write", "short")
    yield Fault("write", "late", errno.EIO)
    yield from kills("write")
    yield Fault("write", "torn")
    yield from fails("sync", [errno.EIO])
    yield Fault("sync", "late", errno.EIO)
    yield from kills("sync")
    yield from fails("open", [errno.EMFILE, errno.EIO])
    yield from kills("open")
    yield from fails("name", [errno.ENOSPC, errno.EIO])
    yield Fault("name", "late", errno.EIO)
    yield from kills("name")
    yield from fails("look", [errno.EIO])
    yield from fails("close", [errno.EIO])
    yield from fails("memory", [errno.ENOMEM])
    yield from fails("map", [errno.ENOMEM])
    yield from fails("random", [errno.EIO, errno.EINTR], [errno.EIO])
    yield from fails("socket", [errno.ECONNRESET, errno.EINTR, errno.ENOMEM],
                     [errno.ECONNRESET])
    yield Fault("socket", "short")
    yield from kills("socket")
    yield from fails("process", [errno.EAGAIN, errno.EMFILE], [errno.EAGAIN])
    yield from fails("wait", [errno.EINTR], [])
    yield from fails("guard", [errno.EPERM])


OUTLIVES_S = 15
NOTED_S = 2


def outlives(path):
    """Does a solver that was started under the fault go on without its
    command?  (Its session is its own.)"""
    until = time.monotonic() + OUTLIVES_S
    while time.monotonic() < until:
        left = [p for p in os.listdir("/proc") if is_solver(p, path)]
        if not left:
            return False
        time.sleep(0.02)
    for process in left:
        os.kill(int(process), signal.SIGKILL)
    return True


def is_solver(process, path):
    try:
        with open(f"/proc/{process}/comm", "rb") as f:
            if f.read() != b"svault-solver\n":
                return False
        with open(f"/proc/{process}/environ", "rb") as f:
            return b"SV_FAULT=" + path.encode() + b"\0" in f.read()
    except OSError:
        return False


def text_of(field):
    return field.split(b"\0")[0].decode(errors="replace")


class Result:
    def __init__(self, code, out, err, count=0, hits=0, where="", seconds=0,
                 outlived=False, died=""):
        self.code, self.out, self.err = code, out, err
        self.count, self.hits, self.where = count, hits, where
        self.seconds, self.outlived = seconds, outlived
        self.died = died  # of itself, if any process did: in whose code


def end_hung(p):
    """So that it is noted where it hangs, and then in any case."""
    os.killpg(p.pid, signal.SIGABRT)
    try:
        p.wait(NOTED_S)
    except subprocess.TimeoutExpired:
        pass
    try:
        os.killpg(p.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Engine:
    """Runs programs in one directory, with the shim or without."""

    def __init__(self, shim, place):
        self.shim = shim
        self.path = os.path.join(place, "control")
        with open(self.path, "wb") as f:
            f.truncate(HEAD.size + 8 * PLACES)
        with open(self.path, "r+b") as f:
            self.map = mmap.mmap(f.fileno(), HEAD.size + 8 * PLACES)
        # One address for each function, in every run.
        ctypes.CDLL(None).personality(ADDR_NO_RANDOMIZE)
        self.environment = {
            "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC",
            "NO_COLOR": "1", "LANGUAGE": "en",
            "HOME": os.path.join(place, "run", "home"),
            "XDG_RUNTIME_DIR": os.path.join(place, "run", "rt"),
        }
        self.cwd = os.path.join(place, "run")
        self.runs = 0

    def arm(self, fault):
        """The environment of a command that is to meet the fault."""
        self.map[:HEAD.size] = HEAD.pack(
            fault.at, KINDS[fault.kind], EFFECTS[fault.effect], fault.error,
            fault.persistent, 0, 0, b"", 0, 0, b"")
        return dict(self.environment, LD_PRELOAD=self.shim,
                    SV_FAULT=self.path)

    def met(self):
        """(calls of the kind, faults given, the first one's place)"""
        v = HEAD.unpack(self.map[:HEAD.size])
        return v[5], v[6], text_of(v[7])

    def died(self):
        """In whose code the first process that died of itself did."""
        return text_of(HEAD.unpack(self.map[:HEAD.size])[10])

    def places(self):
        """Of each call of the run behind, traced: where it came from."""
        n = min(self.met()[0], PLACES)
        return struct.unpack(f"={n}Q", self.map[HEAD.size:][:8 * n])

    def run(self, argv, fault=None, give=b"", passphrase=None, env=None):
        """To its end.  give: standard input; passphrase: on descriptor 3."""
        self.runs += 1
        env = dict(self.arm(fault) if fault else self.environment,
                   **(env or {}))
        keep = ()
        if passphrase is not None:
            r, w = os.pipe()
            os.write(w, passphrase)
            os.close(w)
            os.dup2(r, 30)
            os.close(r)
            keep = (30,)
        began = time.monotonic()
        p = subprocess.Popen(argv, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             cwd=self.cwd, env=env, pass_fds=keep,
                             start_new_session=True)
        if keep:
            os.close(30)
        try:
            out, err = p.communicate(give, timeout=TIMEOUT_S)
            code = p.returncode
        except subprocess.TimeoutExpired:
            end_hung(p)
            out, err = p.communicate()
            code = "hangs"
        count, hits, where = self.met() if fault else (0, 0, "")
        return Result(code, out.decode(errors="replace"),
                      err.decode(errors="replace"), count, hits, where,
                      time.monotonic() - began,
                      bool(fault) and outlives(self.path),
                      self.died() if fault else "")
