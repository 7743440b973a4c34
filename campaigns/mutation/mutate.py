"""Changes the product one small mistake at a time; some test must fail.

  --short          a few mutants of two quick files
  --all            every mutant, not a sample of the areas that are sampled
  --rounds N       mutants in the sample of an area (150)
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
         'policy/decide_record.c': 'test_policy_decide'}
SHORT_MUTANTS = 10  # of each
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
    blind = Test(build.link(test.label, [path], 'mutants', 'blind'), None)
    blind.seconds = timed(blind)
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
        test = Test(build.link(name, [path], 'mutants'), None)
        test.seconds = timed(test)
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

def prepare(build, area, files, numbers):
    """Every mutant of the files, how many are no C, and the tests that run
    each line."""
    mutants, refused = [], 0
    with ThreadPoolExecutor(judge.WORKERS) as pool:
        list(pool.map(build.covered, files))
        for good, _, bad in pool.map(
                lambda path: building.whole_file(build, path, numbers), files):
            mutants += good
            refused += bad
    coverage = Coverage(build)
    coverage.measure(build.link_all(area.tests, files, 'lines'))
    lines = coverage.tests(build.link_all(area.tests, files, 'mutants'))
    return mutants, refused, lines


def chosen(args, area, mutants, before):
    if args.survivors:
        return [m for m in mutants if ': '.join(m.identity()) in before]
    if area.is_whole or args.all or args.file:
        return mutants
    return random.Random(args.seed).sample(mutants,
                                           min(args.rounds, len(mutants)))


def judge_area(work, equivalent, tally):
    def report(mutant, test):
        tally.run += 1
        if test:
            tally.killed += 1
        elif equivalent.has(mutant):
            tally.equivalent += 1
        else:
            tally.survivors.append(mutant)
        if tally.run % 500 == 0:
            print(f'  {tally}', flush=True)

    judge.judge_all(work, report)
    print(tally, flush=True)


def run_full(args):
    build = Build(BUILD, os.path.join(BUILD, 'mutation'))
    os.makedirs(build.work, exist_ok=True)
    survivors_file = os.path.join(build.work, 'survivors.txt')
    before = set()
    if args.survivors:
        with open(survivors_file, encoding='utf-8') as f:
            before = {line.split('  ', 1)[1].rstrip('\n') for line in f}
    equivalent = Equivalent()
    died, run, control = short(build, args.seed, equivalent)
    if died:
        sys.exit(f'control: a mutant that always dies survives: {died[0]}')
    print(f'control: {run} die, of {SHORT_MUTANTS} {control} live where '
          'nothing is asserted', flush=True)

    numbers = itertools.count(1)
    tallies, stale = [], []
    everything = refused = files_n = 0
    for area in areas():
        files = [f for f in area.files
                 if not args.file or fnmatch.fnmatch(f, args.file)]
        if not files or args.area not in (None, area.name):
            continue
        mutants, bad, lines = prepare(build, area, files, numbers)
        everything += len(mutants)
        refused += bad
        files_n += len(files)
        tallies.append(Tally(area.name))
        work = chosen(args, area, mutants, before)
        judge_area([(m, judge.tests_for(m, lines)) for m in work], equivalent,
                   tallies[-1])
        stale += equivalent.stale(mutants)
    with open(survivors_file, 'w', encoding='utf-8') as f:
        for tally in tallies:
            for m in sorted(tally.survivors, key=lambda m: (m.path, m.line)):
                f.write(f'{m}  {": ".join(m.identity())}\n')
    for entry in stale:
        print(f'equivalent.txt: no such mutant: {entry}')
    poor = [t for t in tallies if t.score() < WANTED]
    run = sum(t.run for t in tallies)
    killed = sum(t.killed for t in tallies)
    same = sum(t.equivalent for t in tallies)
    print(f'mutation: {run} of {everything} mutants of {files_n} files '
          f'({refused} more are no C; seed {args.seed}), {killed} killed, '
          f'{same} equivalent; {run - killed - same} survive '
          f'({survivors_file}), {len(poor)} areas below {WANTED} %')
    return 1 if poor or stale else 0


BUILD = os.path.abspath(os.environ.get('SV_BUILD',
                                       os.path.join(ROOT, 'build', 'dev')))


def main():
    parser = argparse.ArgumentParser(
        prog='campaigns/mutation/run', description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ('short', 'all', 'survivors'):
        parser.add_argument(f'--{name}', action='store_true')
    parser.add_argument('--rounds', type=int, default=150)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--area')
    parser.add_argument('--file')
    args = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_MAX, MEMORY_MAX))
    os.chdir(ROOT)
    sys.exit(run_short(args) if args.short else run_full(args))


if __name__ == '__main__':
    main()
