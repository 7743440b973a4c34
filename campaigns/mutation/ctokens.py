"""C source as tokens, and the functions that a file defines."""

import re
from bisect import bisect_right
from collections import namedtuple

Token = namedtuple('Token', 'kind text start end')

_TOKEN = re.compile(r'''
    (?P<comment>/\*.*?\*/|//[^\n]*)
  | (?P<preprocessor>^[ \t]*\#(?:\\\n|/\*.*?\*/|[^\n])*)
  | (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
  | (?P<number>\.?\d(?:[eE][+-]|[\w.])*)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<operator><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\|
      |\+=|-=|\*=|/=|%=|&=|\|=|\^=|[-+*/%&|^~!<>=?:;,.(){}\[\]])
  | (?P<space>\s+)
''', re.VERBOSE | re.DOTALL | re.MULTILINE)

CLOSING = {'(': ')', '[': ']', '{': '}'}


def tokens(text):
    """What the compiler sees of the text, and the preprocessor's lines."""
    out = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match:
            raise ValueError(f'no C at byte {at}: {text[at:at + 20]!r}')
        kind = match.lastgroup
        if kind not in ('comment', 'space'):
            out.append(Token(kind, match.group(), at, match.end()))
        at = match.end()
    return out


def pairs(toks):
    """Index of each bracket's partner."""
    partner = {}
    stack = []
    for i, tok in enumerate(toks):
        if tok.kind != 'operator':
            continue
        if tok.text in CLOSING:
            stack.append(i)
        elif tok.text in CLOSING.values():
            first = stack.pop()
            partner[first] = i
            partner[i] = first
    return partner


class Function:
    """One definition: its header, the names of its arguments, its body."""

    def __init__(self, source, first, name, body, last):
        self.source = source
        self.toks = source.toks
        self.first, self.name_at, self.body, self.last = \
            first, name, body, last
        self.name = self.toks[name].text
        self.start = self.toks[first].start
        self.end = self.toks[last].end
        before = [t.text for t in self.toks[first:name]
                  if t.text not in ('static', 'inline')]
        self.returns = ' '.join(before)
        self.static = self.toks[first].text == 'static'

    def header(self, name):
        """The header with another name, for a copy or a prototype."""
        text = self.source.text
        at = self.toks[self.name_at]
        return (('' if self.static else 'static ') +
                text[self.start:at.start] + name +
                text[at.end:self.toks[self.body].start])

    def arguments(self):
        """The names of its parameters; None where there is "..."."""
        names, depth, last = [], 0, None
        end = self.source.partner[self.name_at + 1]
        for tok in self.toks[self.name_at + 2:end]:
            if tok.text == '...':
                return None
            if tok.text == ',' and depth == 0:
                names.append(last)
            depth += (tok.text == '[') - (tok.text == ']')
            if tok.kind == 'name' and depth == 0:
                last = tok.text
        return [] if last in (None, 'void') else names + [last]


class Source:
    """A file's text, tokens and functions."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.toks = tokens(text)
        self.partner = pairs(self.toks)
        self.lines = text.split('\n')
        self._starts = [0]
        for line in self.lines:
            self._starts.append(self._starts[-1] + len(line) + 1)
        self.functions = self._functions()

    def line_of(self, at):
        """The number of the line, from 1, that a byte stands in."""
        return bisect_right(self._starts, at)

    def line_text(self, number):
        return self.lines[number - 1].strip()

    def _functions(self):
        out = []
        i = first = 0
        while i < len(self.toks):
            tok = self.toks[i]
            if tok.kind == 'preprocessor' or tok.text == ';':
                i += 1
                first = i
            elif tok.text == '{' and self.toks[i - 1].text == ')':
                name = self.partner[i - 1] - 1
                last = self.partner[i]
                if self.toks[name].kind == 'name':
                    out.append(Function(self, first, name, i, last))
                i = first = last + 1
            elif tok.text in CLOSING:
                i = self.partner[i] + 1
            else:
                i += 1
        return out
