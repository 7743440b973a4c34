"""Verbs of more than one process: a service and its desk, an agent and a
command that works with it.  The fault is met by one of them."""
import os
import signal
import subprocess
import time

from check import ALTERED, PARTIAL, UNCHANGED
from engine import TIMEOUT_S, Result, end_hung, outlives
from office import PASSPHRASE
from verbs import Verb, as_

STARTED_S = 20
QUIET_S = 0.3  # a service that cannot say that it has started


def worst(codes):
    """A hang, a death that nobody sent and an alarm are hidden by no other
    failure."""
    for bad in (lambda c: c == "hangs",
                lambda c: c < 0 and c != -signal.SIGKILL,
                lambda c: c == ALTERED,
                lambda c: c != 0):
        for code in codes:
            if bad(code):
                return code
    return 0


def joined(engine, results, code, err, fault):
    """Several steps as one, the last one's code and words by themselves: the
    worst failure's code, all that was said, and all that the fault did."""
    whole = Result(worst([code] + [r.code for r in results]),
                   "".join(r.out for r in results),
                   err + "".join(r.err for r in results))
    if fault:
        whole.count, whole.hits, whole.where = engine.met()
        whole.outlived, whole.died = outlives(engine.path), engine.died()
    return whole


class Served(Verb):
    """svaultd on the vault, a desk that writes and reads, and its end."""

    def __init__(self, name, office, faulty):
        super().__init__(name, shows=["record.read"],
                         optional=["record.find"])
        self.faulty = faulty  # "service" or "desk"
        self.record = office.record

    def skips(self, fault):
        """A system that accepts nobody any more: a desk waits, as it would
        for a long answer."""
        return self.faulty == "service" and fault.kind == "socket" and \
            fault.persistent

    def start(self, office, env):
        cwd = office.engine.cwd
        argv = [office.svaultd, "--vault", "office", "--socket", "sock"]
        if os.geteuid() == 0:
            argv.append("--allow-root")
        with open(os.path.join(cwd, "life"), "wb") as life:
            p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=life,
                                 stderr=life, cwd=cwd, env=env,
                                 start_new_session=True)
        began = time.monotonic()
        while p.poll() is None and time.monotonic() - began < STARTED_S:
            quiet = time.monotonic() - began > QUIET_S
            if b'"started"' in self.life(office) or \
                    (quiet and os.path.exists(os.path.join(cwd, "sock"))):
                break
            time.sleep(0.005)
        return p

    def life(self, office):
        with open(os.path.join(office.engine.cwd, "life"), "rb") as f:
            return f.read()

    def end(self, p):
        try:
            if p.poll() is None:
                p.send_signal(signal.SIGTERM)
            return p.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            end_hung(p)
            p.wait()
            return "hangs"

    def run(self, office, fault=None):
        engine = office.engine
        engine.runs += 1
        desk = fault if self.faulty == "desk" else None
        service = fault if self.faulty == "service" else None
        p = self.start(office, engine.arm(service) if service
                       else engine.environment)
        vault = ("--vault", "unix:" + os.path.join(engine.cwd, "sock"))
        steps = []
        for argv in (("record", "add", "victim", "--from", "one.csv"),
                     ("record", "show", self.record)):
            if p.poll() is None:
                steps.append(engine.run(
                    [office.svault, *vault, *as_("sato", *argv)],
                    desk if not steps else None))
        code = self.end(p)
        err = "" if code == 0 else self.life(office).decode(errors="replace")
        whole = joined(engine, steps, code, err, fault)
        # What the first command did stands when the second does nothing.
        if whole.code in UNCHANGED and steps and steps[0].code == 0:
            whole.code = PARTIAL
        return whole


class Agent(Verb):
    """Unlocked under the fault, worked with, and locked."""

    def __init__(self, office):
        super().__init__("agent", secret=PASSPHRASE, shows=["record.read"])
        self.record = office.record

    def skips(self, fault):
        """An agent that can accept nobody any more locks itself, in its
        time."""
        return fault.kind == "socket" and fault.persistent

    def run(self, office, fault=None):
        engine = office.engine
        key = ("--key", "ueda.key")
        steps = [engine.run([office.svault, *key, "unlock",
                             "--passphrase-fd", "30"], fault,
                            passphrase=PASSPHRASE)]
        if steps[0].code == 0:
            steps.append(engine.run([office.svault, *key, "--no-input",
                                     "record", "show", self.record]))
        lock = engine.run([office.svault, *key, "lock"])
        return joined(engine, steps, lock.code, lock.err, fault)


def served_verbs(office):
    yield Served("svaultd", office, "service")
    yield Served("desk of svaultd", office, "desk")
    yield Agent(office)
