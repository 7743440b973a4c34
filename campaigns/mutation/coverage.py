"""Which test runs which lines, and how long it takes."""

import glob
import hashlib
import json
import os
import re
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from build import ROOT

QUICK_S = 0.5  # a program whose tests are run together


class Test:
    """One test of a test program, or all of them where it has no name."""

    def __init__(self, program, name):
        self.program, self.name = program, name
        self.label = os.path.basename(program).split('.')[0]
        self.seconds = self.patience = 0.0  # of work, and by the clock
        self.kills = 0

    def __str__(self):
        return f'{self.label} {self.name}' if self.name else self.label

    def command(self):
        """The address sanitizer reserves more than a mutant may have."""
        return (['prlimit', '--data=unlimited', self.program]
                if self.program.endswith('.watched') else [self.program])

    def environment(self, where, **more):
        out = dict(os.environ, TMPDIR=where, **more)
        if self.name:
            out['SV_TEST'] = self.name
        return out


def run_once(test, where, **more):
    """Runs it as it is; its output.  It must pass."""
    ran = subprocess.run([test.program], cwd=where, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, check=False,
                         errors='replace', env=test.environment(where, **more))
    if ran.returncode != 0:
        raise RuntimeError(f'{test} fails without a mutant:\n'
                           f'{ran.stdout[-2000:]}')
    return ran.stdout


def names_of(program):
    """The tests in a program, by what it says when it runs them.  Those that
    have a sentence for a name come from a table: they are run together."""
    with tempfile.TemporaryDirectory() as where:
        said = run_once(Test(program, None), where)
    return list(dict.fromkeys(
        name + ('*' if more else '') for name, more in
        re.findall(r'^\[ RUN +\] (\w+)(.*)', said, re.MULTILINE)))


def _counted(where, work):
    """What gcov says of the counters in a directory:
    {path: [lines that ran, lines that did not]}."""
    counters = [name for name in os.listdir(where) if name.endswith('.gcda')]
    for name in counters:
        notes = name[:-5] + '.gcno'
        os.symlink(os.path.join(work, notes), os.path.join(where, notes))
    if not counters:
        return {}
    ran = subprocess.run(['gcov', '--json-format', '--stdout', *counters],
                         cwd=where, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, text=True, check=True)
    out = {}
    for document in ran.stdout.splitlines():
        for file in json.loads(document)['files']:
            # As absolute, or as -ffile-prefix-map or ccache write it.
            path = re.sub(r'^(\.\.?/)+', '',
                          file['file'].removeprefix(ROOT + '/'))
            ran_lines = {line['line_number'] for line in file['lines']
                         if line['count'] > 0}
            out[path] = [sorted(ran_lines),
                         sorted({line['line_number'] for line in file['lines']}
                                - ran_lines)]
    return out


def _lines_of(test, work):
    with tempfile.TemporaryDirectory() as where:
        counters = os.path.join(where, 'counters')
        os.mkdir(counters)
        run_once(test, where, GCOV_PREFIX=counters, GCOV_PREFIX_STRIP='99')
        return _counted(counters, work)


def _digest(label, paths):
    """Of what the lines of a test program's run depend on."""
    out = hashlib.sha256()
    for path in [f'tests/{label}.c', *sorted(paths),
                 *sorted(glob.glob('tests/support/*.[ch]', root_dir=ROOT))]:
        with open(os.path.join(ROOT, path), 'rb') as f:
            out.update(hashlib.sha256(f.read()).digest())
    return out.hexdigest()


class Coverage:
    """Of each test of some programs; kept from run to run in a file."""

    def __init__(self, build):
        self.build = build
        self.file = os.path.join(build.work, 'coverage.json')
        self.known = {}
        if os.path.exists(self.file):
            with open(self.file, encoding='utf-8') as f:
                self.known = json.load(f)

    def measure(self, labels, paths):
        """Of those programs that are not the same as last time."""
        digests = {label: _digest(label, paths) for label in labels}
        unknown = [label for label, digest in digests.items()
                   if self.known.get(label, {}).get('digest') != digest]
        if not unknown:
            return
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self.build.covered, paths))
        for label, program in self.build.link_all(unknown, paths,
                                                  'lines').items():
            names = names_of(program)
            with ThreadPoolExecutor(2) as pool:
                lines = list(pool.map(
                    lambda name, program=program:
                    _lines_of(Test(program, name), self.build.work), names))
            self.known[label] = {'digest': digests[label],
                                 'tests': dict(zip(names, lines))}
            with open(self.file + '.new', 'w', encoding='utf-8') as f:
                json.dump(self.known, f)
            os.replace(self.file + '.new', self.file)

    def _split(self, label, program, paths):
        """[(test, {path: (lines that ran, lines that did not)})]: of a quick
        program all its tests at once, since each of them alone would set up
        again what they have in common."""
        tests = self.known[label]['tests']
        whole = timed(Test(program, None))
        if whole.seconds > QUICK_S:
            return [(Test(program, name), files)
                    for name, files in tests.items()]
        union = {}
        for path in paths:
            both = [files[path] for files in tests.values() if path in files]
            did = {line for ran, _ in both for line in ran}
            union[path] = [did, {line for _, rest in both
                                 for line in rest} - did]
        return [(whole, union)]

    def tests(self, programs, paths):
        """{path: {line: [tests that run it]}} of the mutated programs' tests,
        each of which has been timed without a mutant."""
        out = {}
        with ThreadPoolExecutor(2) as pool:
            split = pool.map(lambda item: self._split(*item, paths),
                             programs.items())
            split = [(test, files) for tests in split for test, files in tests
                     if any(path in files for path in paths)]
            list(pool.map(timed, (test for test, _ in split)))
        for test, files in split:
            for path in paths:
                did, did_not = files.get(path, ((), ()))
                lines = out.setdefault(path, {})
                for line in did_not:
                    lines.setdefault(line, [])
                for line in did:
                    lines.setdefault(line, []).append(test)
        return out


def timed(test):
    """How long it takes without a mutant, and how much of it is work."""
    with tempfile.TemporaryDirectory() as where:
        start = time.monotonic()
        process = subprocess.Popen(test.command(), cwd=where,
                                   stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL,
                                   env=test.environment(where))
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = status
        if status != 0:
            raise RuntimeError(f'{test} fails without a mutant')
        test.patience = time.monotonic() - start
        test.seconds = used.ru_utime + used.ru_stime
    return test
