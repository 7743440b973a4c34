"""tests.txt: areas, their files and tests; equivalent.txt: what no test can
tell from the product."""

import fnmatch
import glob
import os
import sys

from build import HERE, ROOT


def _lines_of(name):
    with open(os.path.join(HERE, name), encoding='utf-8') as f:
        return [line for line in f.read().split('\n')
                if line.strip() and not line.startswith('#')]


class Area:
    def __init__(self, name, mark):
        self.name = name
        self.is_whole = mark == 'whole'  # to the last mutant
        self.is_apart = mark == 'apart'  # only where it is named
        self.patterns, self.files, self.tests = [], [], []


def areas():
    """Those of tests.txt; a file belongs to the first that names it."""
    out = []
    for line in _lines_of('tests.txt'):
        if not line.startswith(' '):
            head, _, line = line.partition(':')
            name, _, mark = head.partition(' ')
            out.append(Area(name, mark))
        for word in line.split():
            (out[-1].tests if word.startswith('test_')
             else out[-1].patterns).append(word)
    taken = set()
    for area in out:
        for pattern in area.patterns:
            found = sorted(glob.glob(pattern, root_dir=ROOT))
            if not found:
                sys.exit(f'tests.txt: there is no {pattern}')
            area.files += [path for path in found if path not in taken]
            taken.update(found)
    return out


class Equivalent:
    """Entries "file: function: operator: text of the line" (or * for every
    operator), each with its reason indented below it."""

    def __init__(self):
        self.used = {}
        self.reasons = {}
        entry = None
        for line in _lines_of('equivalent.txt'):
            if line.startswith(' ') and entry:
                self.reasons[entry] = self.reasons.get(entry, '') + line
                continue
            entry = tuple(line.split(': ', 3))
            if len(entry) != 4:
                sys.exit(f'equivalent.txt: no entry: {line}')
            self.used[entry] = False
        for entry in self.used:
            if entry not in self.reasons:
                sys.exit(f'equivalent.txt: no reason: {": ".join(entry)}')

    def has(self, mutant):
        path, function, operator, text = mutant.identity()
        for entry in self.used:
            if entry[0] == path and entry[1] == function and \
                    fnmatch.fnmatchcase(operator, entry[2]) and \
                    entry[3] == text:
                self.used[entry] = True
                return True
        return False

    def stale(self, mutants):
        """Entries for these files that fit none of all their mutants."""
        for mutant in mutants:
            self.has(mutant)
        paths = {mutant.path for mutant in mutants}
        return [': '.join(entry) for entry, used in self.used.items()
                if entry[0] in paths and not used]
