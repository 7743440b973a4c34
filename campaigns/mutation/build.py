"""Test programs with every mutant of some files in them, behind a switch.

A mutant is a copy of its function with the change; the function itself begins
with a switch that calls the copy whose number the environment names.  So one
compilation serves hundreds of mutants.  The copies are generated into a
scratch directory; the product's sources are only read.
"""

import json
import os
import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor

import operators
from ctokens import Source

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SAME = 'same'  # the control: a copy without a change
# What programs are linked with that have these objects in them.
KINDS = {'mutants': [], 'lines': ['--coverage'],
         'watched': ['-fsanitize=address,undefined',
                     '-fno-sanitize-recover=all']}


class Mutant:
    """One change, with a name that does not depend on line numbers."""

    def __init__(self, source, function, change):
        self.source, self.function, self.change = source, function, change
        self.path = source.path
        self.line = source.line_of(change.start)
        self.operator = change.operator
        self.number = 0

    def identity(self):
        return (self.path, self.function.name, self.operator,
                self.source.line_text(self.line))

    def __str__(self):
        return f'{self.path}:{self.line}:{self.operator}'

    def text(self, name):
        """The whole function under another name, with the change."""
        function, text = self.function, self.source.text
        body = function.toks[function.body].start
        return (function.header(name) + text[body:self.change.start] +
                self.change.put + text[self.change.end:function.end])


def mutants_of(path):
    """All of a file's, in the order of the text; and its Source."""
    with open(os.path.join(ROOT, path), encoding='utf-8') as f:
        source = Source(path, f.read())
    out = []
    seen = {}
    for function in source.functions:
        if function.arguments() is None:
            continue
        for change in operators.changes(function):
            mutant = Mutant(source, function, change)
            n = seen[mutant.identity()] = seen.get(mutant.identity(), 0) + 1
            if n > 1:
                mutant.operator = f'{change.operator}@{n}'
            out.append(mutant)
    return source, out


def copies_of_itself(source):
    """One control for each function: nothing is changed."""
    out = []
    for function in source.functions:
        if function.arguments() is not None:
            at = function.toks[function.body].end
            out.append(Mutant(source, function,
                              operators.Change(SAME, at, at, '')))
    return out


def _dispatch(function, mutants):
    """What the function begins with."""
    call = 'return ' if function.returns != 'void' else ''
    arguments = ', '.join(function.arguments())
    cases = ''.join(
        f'case {m.number}: {call}{function.name}__m{m.number}({arguments});' +
        ('' if call else ' return;') + '\n' for m in mutants)
    low, high = mutants[0].number, mutants[-1].number
    return (f'if (sv_mutant >= {low} && sv_mutant <= {high}) '
            f'switch (sv_mutant) {{\n{cases}default: break; }}\n')


def schemata(source, mutants):
    """The file with all of them, and the first line of each mutant in it."""
    text = source.text
    out, at = [], 0
    lines, line = [], 1

    def put(piece):
        nonlocal line
        out.append(piece)
        line += piece.count('\n')

    put('extern int sv_mutant;\n')
    for function in source.functions:
        own = [m for m in mutants if m.function is function]
        if not own:
            continue
        put(text[at:function.start])
        put(function.header(function.name).rstrip() + ';\n'
            if function.static else
            text[function.start:function.toks[function.body].start].rstrip() +
            ';\n')
        for m in own:
            lines.append((line, m))
            put(m.text(f'{function.name}__m{m.number}') + '\n')
        lines.append((line, None))
        body = function.toks[function.body].end
        put(text[function.start:body] + '\n' + _dispatch(function, own))
        at = body
    put(text[at:])
    return ''.join(out), lines


def _owner(lines, number):
    """The mutant that stands at a line of the generated file."""
    found = None
    for first, mutant in lines:
        if first > number:
            break
        found = mutant
    return found


class Build:
    """Objects and programs in a scratch directory, after those of a build."""

    def __init__(self, build, work):
        self.build, self.work = build, work
        with open(os.path.join(build, 'compile_commands.json'),
                  encoding='utf-8') as f:
            self.commands = {
                os.path.relpath(entry['file'], ROOT):
                shlex.split(entry['command']) for entry in json.load(f)}

    def _compile(self, path, source, out, extra):
        """The file's own command, for another input and output."""
        launcher = os.environ.get('CMAKE_C_COMPILER_LAUNCHER')
        command = [launcher] if launcher else []
        skip = False
        for word in self.commands[path]:
            if skip or word in ('-g', '-Werror', '-c') or \
                    re.match(r'-O\w$|-[DU]_FORTIFY', word) or \
                    word.endswith(path):
                skip = False
            elif word == '-o':
                skip = True
            else:
                command.append(word)
        command += ['-w', '-fmax-errors=0', *extra, '-c', source, '-o', out]
        return subprocess.run(command, cwd=self.work, stderr=subprocess.PIPE,
                              text=True, check=False)

    def object_of(self, path, kind):
        return os.path.join(self.work,
                            path.replace('/', '__')[:-2] + f'.{kind}.o')

    def mutated(self, source, mutants):
        """Compiles; returns those that are C (the others have no number)."""
        generated = self.object_of(source.path, 'mutants')[:-2] + '.c'
        out = self.object_of(source.path, 'mutants')
        while mutants:
            text, lines = schemata(source, mutants)
            with open(generated, 'w', encoding='utf-8') as f:
                f.write(text)
            ran = self._compile(source.path, generated, out, ['-O1'])
            if ran.returncode == 0:
                return mutants
            bad = set()
            for at in re.findall(r'^[^:\n]+:(\d+):\d+: (?:fatal )?error',
                                 ran.stderr, re.MULTILINE):
                bad.add(_owner(lines, int(at)))
            bad.discard(None)
            if not bad:
                raise RuntimeError(f'{source.path}: {ran.stderr[:2000]}')
            mutants = [m for m in mutants if m not in bad]
        return mutants

    def _must_compile(self, path, source, out, extra):
        ran = self._compile(path, source, out, extra)
        if ran.returncode != 0:
            raise RuntimeError(f'{source}: {ran.stderr[:2000]}')

    def covered(self, path):
        """Compiles the file itself so that it counts its lines."""
        self._must_compile(path, os.path.join(ROOT, path),
                           self.object_of(path, 'lines'),
                           ['-O0', *KINDS['lines']])

    def watched(self, path, mutants):
        """Compiles these mutants again, watched by the sanitizers."""
        out = self.object_of(path, 'watched')
        text, _ = schemata(mutants[0].source, mutants)
        with open(out[:-2] + '.c', 'w', encoding='utf-8') as f:
            f.write(text)
        self._must_compile(path, out[:-2] + '.c', out,
                           ['-O1', *KINDS['watched']])

    def own(self, name, like):
        """Compiles a file of ours with the command of another."""
        self._must_compile(like, os.path.join(HERE, name + '.c'),
                           os.path.join(self.work, name + '.o'), ['-O1'])

    def link(self, test, paths, kind, instead=None):
        """A test program that takes our objects before the libraries'; with
        another object instead of its own, if given."""
        ran = subprocess.run(
            ['ninja', '-C', self.build, '-t', 'commands', f'tests/{test}'],
            stdout=subprocess.PIPE, text=True, check=True)
        command = ran.stdout.rstrip().split('\n')[-1]
        words = shlex.split(command)[2:-2]  # ": && cc ... && :"
        if instead:
            own = f'tests/CMakeFiles/{test}.dir/{test}.c.o'
            words[words.index(own)] = os.path.join(self.work, instead + '.o')
            test = instead
        out = words.index('-o')
        program = os.path.join(self.work, f'{test}.{kind}')
        libraries = ' '.join(words)
        objects = [self.object_of(path, kind) for path in paths
                   if f'libsv_{os.path.dirname(path)}.a' in libraries]
        words[out + 1] = program
        words[out:out] = [*objects, os.path.join(self.work, 'switch.o'),
                          *KINDS[kind]]
        subprocess.run(words, cwd=self.build, check=True)
        return program

    def link_all(self, tests, paths, kind):
        with ThreadPoolExecutor(2) as pool:
            return dict(zip(tests, pool.map(
                lambda test: self.link(test, paths, kind), tests)))


def whole_file(build, path, numbers):
    """A file's mutants, compiled and numbered; and how many are no C."""
    source, mutants = mutants_of(path)
    mutants = [m for m in mutants if m.operator.split('@')[0] != 'release']
    same = copies_of_itself(source)
    everything = sorted(mutants + same, key=lambda m: m.function.start)
    for m in everything:
        m.number = next(numbers)
    good = build.mutated(source, everything)
    return ([m for m in good if m.operator != SAME],
            [m for m in good if m.operator == SAME],
            len(everything) - len(good))
