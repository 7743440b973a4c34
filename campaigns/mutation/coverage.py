"""Which test runs which lines, and how long it takes."""

import hashlib
import json
import os
import re
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from build import ROOT


class Test:
    """One test of a test program, or all of them where it has no name."""

    def __init__(self, program, name):
        self.program, self.name = program, name
        self.label = os.path.basename(program).split('.')[0]
        self.seconds = 0.0
        self.kills = 0

    def __str__(self):
        return f'{self.label} {self.name}' if self.name else self.label

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
    """The tests in a program, by what it says when it runs them."""
    with tempfile.TemporaryDirectory() as where:
        said = run_once(Test(program, None), where)
    return list(dict.fromkeys(
        re.findall(r'^\[ RUN +\] (\w+)', said, re.MULTILINE)))


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
            path = os.path.relpath(os.path.join(ROOT, file['file']), ROOT)
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


def _digest(program):
    with open(program, 'rb') as f:
        return hashlib.sha256(f.read()).hexdigest()


class Coverage:
    """Of each test of some programs; kept from run to run in a file."""

    def __init__(self, build):
        self.work = build.work
        self.file = os.path.join(build.work, 'coverage.json')
        self.known = {}
        if os.path.exists(self.file):
            with open(self.file, encoding='utf-8') as f:
                self.known = json.load(f)

    def measure(self, programs):
        """Of those programs that are not the same as last time."""
        for label, program in programs.items():
            digest = _digest(program)
            if self.known.get(label, {}).get('digest') == digest:
                continue
            names = names_of(program)
            with ThreadPoolExecutor(2) as pool:
                lines = list(pool.map(
                    lambda name, program=program:
                    _lines_of(Test(program, name), self.work), names))
            self.known[label] = {'digest': digest,
                                 'tests': dict(zip(names, lines))}
            with open(self.file, 'w', encoding='utf-8') as f:
                json.dump(self.known, f)

    def tests(self, programs):
        """{path: {line: [tests that run it]}} of the mutated programs' tests,
        each of which has been timed without a mutant."""
        out = {}
        everything = []
        for label, program in programs.items():
            for name, files in self.known[label]['tests'].items():
                if not files:
                    continue
                test = Test(program, name)
                everything.append(test)
                for path, (did, did_not) in files.items():
                    lines = out.setdefault(path, {})
                    for line in did_not:
                        lines.setdefault(line, [])
                    for line in did:
                        lines.setdefault(line, []).append(test)
        with ThreadPoolExecutor(2) as pool:
            for test, seconds in zip(everything, pool.map(timed, everything)):
                test.seconds = seconds
        return out


def timed(test):
    with tempfile.TemporaryDirectory() as where:
        start = time.monotonic()
        run_once(test, where)
        return time.monotonic() - start
