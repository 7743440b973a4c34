"""What is counted, and how a finding is printed."""

import sys
import time

BAD = ("wrong", "undetected", "signal", "hang", "unclear")


class Tally:
    """bad: what must never be; the other counts are good ends."""

    def __init__(self, seed, quiet=False):
        self.seed, self.quiet = seed, quiet
        self.n = dict.fromkeys(("named", "fault", "harmless", "gate", *BAD), 0)
        self.began = self.said = time.monotonic()
        self.first = {}

    @property
    def damaged(self):
        return sum(self.n.values())

    @property
    def bad(self):
        return sum(self.n[k] for k in BAD)

    def note(self, kind, what, why=""):
        """One damaged file: what it was, and how it ended."""
        self.n[kind] += 1
        if kind in BAD:
            self.first.setdefault(kind, what)
            if not self.quiet and self.n[kind] <= 200:
                print(f"  {kind}: {what}: {why} (seed {self.seed})", flush=True)
        elif not self.quiet and time.monotonic() - self.said > 60:
            self.said = time.monotonic()
            print(f"  {self.damaged} so far, {self.bad} findings: {what}", flush=True)
            sys.stdout.flush()

    def figures(self):
        n = self.n
        return (
            f"{self.damaged} damaged files ({n['named']} named, {n['fault']} stopped by "
            f"the fault handler, {n['harmless']} proved harmless, {n['gate']} the gate's word); "
            f"{n['wrong']} wrong plaintexts, "
            f"{n['undetected']} undetected, {n['signal']} signals, {n['hang']} hangs, "
            f"{n['unclear']} unclear ends"
        )
