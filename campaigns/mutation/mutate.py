"""Changes the product one small mistake at a time; some test must fail.

  --short          a few mutants of two quick files
  --all            every mutant of every area
  --rounds N       so many of each area, also of those that are run whole
  --seed N         of the samples (1)
  --area NAME      this one alone
  --file PATTERN   every mutant of these files alone
  --survivors      those alone that survived last time
"""

import argparse
import fnmatch
import itertools
import os
import random
import resource
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import build as building
import judge
from build import Build, ROOT
from coverage import Coverage, Test, timed
from tables import Equivalent, areas

SHORT = {'audit/checkpoint.c': 'test_audit_checkpoint',
         'policy/decide_release.c': 'test_policy_release'}
SHORT_MUTANTS = 10  # of each
SAMPLE = 150  # mutants of an area that is not run whole
WATCHED_TESTS = 3  # under the sanitizers
WANTED = 90  # per cent of an area's mutants that are not equivalent
MEMORY_MAX = 1 << 30  # for a mutant whose loop does not end


class Tally:
    """What came of the mutants of an area."""

    def __init__(self, name):
        self.name = name
        self.run = self.killed = self.equivalent = 0
        self.survivors = []

    def score(self):
        counted = self.run - self.equivalent
        return 100 * self.killed / counted if counted else 100.0

    def __str__(self):
        return (f'{self.name:12} {self.run:6} run {self.killed:6} killed '
                f'{self.equivalent:5} equivalent {len(self.survivors):5} '
                f'survive  {self.score():5.1f} %')


# ---- the controls, and the short form ----

def controls(build, path, sample, same, test):
    """A true test passes where a copy is the same; one that asserts nothing
    lets those live that the true one kills.  Says how many it lets live."""
    blind = timed(
        Test(build.link(test.label, [path], 'mutants', 'blind'), None))
    with tempfile.TemporaryDirectory() as where:
        for copy in same:
            if judge.kills(test, copy, where):
                sys.exit(f'control: {test} fails where nothing is changed')
        alive = [m for m in sample if not judge.kills(blind, m, where)]
    if 2 * len(alive) < len(sample):
        sys.exit('control: a test that asserts nothing kills most mutants')
    return len(alive)


def short(build, seed, equivalent):
    """Samples that all die.  Returns how many lived, ran, and lived where
    nothing is asserted."""
    numbers = itertools.count(1)
    build.own('switch', 'policy/decide.c')
    build.own('blind', 'audit/checkpoint.c')
    survivors, run, control = [], 0, 0
    for path, name in SHORT.items():
        mutants, same, _ = building.whole_file(build, path, numbers)
        test = timed(Test(build.link(name, [path], 'mutants'), None))
        sample = random.Random(seed).sample(
            [m for m in mutants if not equivalent.has(m)], SHORT_MUTANTS)
        if not control:
            control = controls(build, path, sample, same, test)
        judge.judge_all([(m, [test]) for m in sample],
                        lambda m, by: None if by else survivors.append(m))
        run += len(sample)
    return survivors, run, control


def run_short(args):
    with tempfile.TemporaryDirectory() as work:
        survivors, run, control = short(Build(BUILD, work), args.seed,
                                        Equivalent())
    for mutant in survivors:
        print(f'survives: {mutant}: {": ".join(mutant.identity())}')
    print(f'mutation: {run} mutants of {len(SHORT)} files (seed {args.seed}; '
          f'{control} of {SHORT_MUTANTS} live where nothing is asserted); '
          f'{len(survivors)} survive')
    return 1 if survivors else 0


# ---- the full form ----

def prepare(build, area, files, all_files, numbers):
    """Every mutant of the files, how many are no C, and the tests that run
    each line."""
    mutants, refused = [], 0
    with ThreadPoolExecutor(judge.WORKERS) as pool:
        for good, _, bad in pool.map(
                lambda path: building.whole_file(build, path, numbers), files):
            mutants += good
            refused += bad
    coverage = Coverage(build)
    coverage.measure(area.tests, all_files)
    lines = coverage.tests(build.link_all(area.tests, files, 'mutants'), files)
    return mutants, refused, lines


def chosen(args, area, mutants, before):
    if args.survivors:
        return [m for m in mutants if ': '.join(m.identity()) in before]
    if args.all or args.file or (area.is_whole and not args.rounds):
        return mutants
    return random.Random(args.seed).sample(
        mutants, min(args.rounds or SAMPLE, len(mutants)))


def judge_area(work, tally):
    """The mutants that live, with their tests."""
    alive = []
    tests_of = dict(work)

    def report(mutant, test):
        tally.run += 1
        if test:
            tally.killed += 1
        else:
            alive.append((mutant, tests_of[mutant]))
        if tally.run % 200 == 0:
            print(f'  {tally.run} run, {tally.killed} killed', flush=True)

    judge.judge_all(work, report)
    return alive


def watch(build, alive, tally):
    """What lives is tried again under the sanitizers, as the asan preset runs
    every test, by the likeliest: they see what is read behind an end."""
    alive = [(m, judge.in_order(tests)[:WATCHED_TESTS]) for m, tests in alive]
    paths = sorted({mutant.path for mutant, _ in alive})
    with ThreadPoolExecutor(judge.WORKERS) as pool:
        list(pool.map(lambda path: build.watched(
            path, sorted((m for m, _ in alive if m.path == path),
                         key=lambda m: m.number)), paths))
        wanted = sorted({t for _, tests in alive for t in tests}, key=str)
        programs = build.link_all(sorted({t.label for t in wanted}), paths,
                                  'watched')
        watched = dict(zip(wanted, pool.map(
            lambda t: timed(Test(programs[t.label], t.name)), wanted)))

    def report(mutant, test):
        if test:
            tally.killed += 1
        else:
            tally.survivors.append(mutant)

    judge.judge_all([(m, [watched[t] for t in tests]) for m, tests in alive],
                    report)


def stale_entries():
    """Of equivalent.txt, for no mistake that can be made in the sources."""
    files = {f for area in areas() for f in area.files}
    mutants = [m for f in sorted(files) for m in building.mutants_of(f)[1]]
    return Equivalent().stale(mutants)


def wanted(args):
    """(area, its files) of what was asked for."""
    for area in areas():
        files = [f for f in area.files
                 if not args.file or fnmatch.fnmatch(f, args.file)]
        if files and (args.area == area.name if args.area else
                      args.all or args.file or not area.is_apart):
            yield area, files


class Campaign:
    """The full form: what it runs, and what came of it."""

    def __init__(self, args):
        self.args = args
        self.build = Build(BUILD, os.path.join(BUILD, 'mutation'))
        os.makedirs(self.build.work, exist_ok=True)
        self.equivalent = Equivalent()
        self.survivors_file = os.path.join(self.build.work, 'survivors.txt')
        self.before = set()
        if args.survivors:
            with open(self.survivors_file, encoding='utf-8') as f:
                self.before = {line.split('  ', 1)[1].rstrip('\n')
                               for line in f}
        # One set of counters for all areas, which have tests in common.
        self.all_files = [path for area in areas() for path in area.files]
        self.numbers = itertools.count(1)
        self.tallies, self.stale = [], []
        self.everything = self.refused = self.files = 0

    def control(self):
        died, run, lived = short(self.build, self.args.seed, self.equivalent)
        if died:
            sys.exit(f'control: a mutant that dies survives: {died[0]}')
        print(f'control: {run} die; where nothing is asserted {lived} of '
              f'{SHORT_MUTANTS} live', flush=True)

    def run_area(self, area, files, out):
        mutants, bad, lines = prepare(self.build, area, files, self.all_files,
                                      self.numbers)
        work = chosen(self.args, area, mutants, self.before)
        print(f'{area.name}: {len(work)} of {len(mutants)} mutants',
              flush=True)
        tally = Tally(area.name)
        same = {m for m in work if self.equivalent.has(m)}
        tally.run = tally.equivalent = len(same)
        alive = judge_area([(m, judge.tests_for(m, lines)) for m in work
                            if m not in same], tally)
        print(f'  {tally.killed} killed, {len(alive)} under the sanitizers',
              flush=True)
        watch(self.build, alive, tally)
        print(tally, flush=True)
        for m in sorted(tally.survivors, key=lambda m: (m.path, m.line)):
            print(f'{m}  {": ".join(m.identity())}', file=out, flush=True)
        self.tallies.append(tally)
        self.stale += self.equivalent.stale(mutants)
        self.everything += len(mutants)
        self.refused += bad
        self.files += len(files)

    def run(self):
        self.control()
        with open(self.survivors_file, 'w', encoding='utf-8') as out:
            for area, files in wanted(self.args):
                self.run_area(area, files, out)
        return self.report()

    def report(self):
        for entry in self.stale:
            print(f'equivalent.txt: no such mutant: {entry}')
        poor = [t for t in self.tallies if t.score() < WANTED]
        run = sum(t.run for t in self.tallies)
        killed = sum(t.killed for t in self.tallies)
        same = sum(t.equivalent for t in self.tallies)
        print(f'mutation: {run} of {self.everything} mutants of {self.files} '
              f'files ({self.refused} more are no C; seed {self.args.seed}), '
              f'{killed} killed, {same} equivalent; {run - killed - same} '
              f'survive ({os.path.relpath(self.survivors_file, ROOT)}), '
              f'{len(poor)} areas below {WANTED} %')
        return 1 if poor or self.stale else 0


BUILD = os.path.abspath(os.environ.get('SV_BUILD',
                                       os.path.join(ROOT, 'build', 'dev')))


def main():
    parser = argparse.ArgumentParser(
        prog='campaigns/mutation/run', description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ('short', 'all', 'survivors'):
        parser.add_argument(f'--{name}', action='store_true')
    parser.add_argument('--rounds', type=int)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--area')
    parser.add_argument('--file')
    parser.add_argument('--check', action='store_true',
                        help='only whether these arguments make sense')
    parser.add_argument('--lists', action='store_true',
                        help='only whether equivalent.txt fits the sources')
    args = parser.parse_args()
    os.chdir(ROOT)
    if args.lists:
        stale = stale_entries()
        for entry in stale:
            print(f'equivalent.txt: no such mutant: {entry}')
        sys.exit(1 if stale else 0)
    if not any(wanted(args)):
        parser.error('there is no such area or file in tests.txt')
    if args.check:
        sys.exit(0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA,
                       (MEMORY_MAX, resource.RLIM_INFINITY))
    sys.exit(run_short(args) if args.short else Campaign(args).run())


if __name__ == '__main__':
    main()
