"""What a mutant changes: small mistakes in the body of a function."""

import re
from collections import namedtuple

# The text from start to end is replaced by put.
Change = namedtuple('Change', 'operator start end put')

SWAPS = {
    '<': ('<=', '>='), '<=': ('<', '>'), '>': ('>=', '<='), '>=': ('>', '<'),
    '==': ('!=',), '!=': ('==',), '&&': ('||',), '||': ('&&',),
    '+': ('-',), '-': ('+',), '++': ('--',), '--': ('++',),
    '+=': ('-=',), '-=': ('+=',), '*': ('+',), '/': ('*',), '%': ('*',),
    '<<': ('>>',), '>>': ('<<',), '&': ('|',), '|': ('&',), '^': ('|',),
    '|=': ('=', '&='), '&=': ('=', '|='),
}
MAY_BE_UNARY = set('+-*&')
NOT_CODE = {'assert', '_Static_assert', 'sizeof', '_Alignof'}
KEYWORDS = {'return', 'case', 'else', 'do', 'sizeof', 'goto', 'if', 'while',
            'for', 'switch', 'break', 'continue', 'default'}
TYPES = {'const', 'static', 'struct', 'enum', 'union', 'unsigned', 'signed',
         'int', 'char', 'bool', 'void', 'double', 'float', 'long', 'short',
         'size_t', 'ssize_t', 'time_t'}
# Only tools for memory see these missing: the asan preset runs every test
# with the leak sanitizer, and who wipes is shown by test_crypto_arena.
RELEASES = re.compile(r'(free|\w+_free|\w+_clear|(\w+_)?wipe|sodium_memzero|'
                      r'json_decref|explicit_bzero)$')


def _is_cast(source, close):
    """Is the parenthesis that ends here a type?"""
    inner = source.toks[source.partner[close] + 1:close]
    return bool(inner) and all(
        t.text == '*' or t.text in TYPES or t.text.endswith('_t') or
        (k > 0 and inner[k - 1].text in ('struct', 'enum'))
        for k, t in enumerate(inner))


def _is_operand(source, i):
    """Does the token end an operand, so that the next one is binary?"""
    tok = source.toks[i]
    if tok.text == ')':
        return not _is_cast(source, i)
    if tok.kind == 'name':
        return tok.text not in KEYWORDS
    return tok.kind in ('number', 'string') or tok.text == ']'


def _skipped(source, first, last):
    """Tokens of asserts, sizeof, labels, sizes of arrays, preprocessor."""
    toks = source.toks
    out = set()
    for i in range(first, last):
        text = toks[i].text
        if toks[i].kind == 'preprocessor':
            out.add(i)
        elif text in NOT_CODE and toks[i + 1].text == '(':
            out.update(range(i, source.partner[i + 1] + 1))
        elif text == 'case':
            k = i
            while toks[k].text != ':':
                out.add(k)
                k += 1
        elif (text == '[' and toks[i - 1].kind == 'name' and
              (toks[i - 2].kind == 'name' or toks[i - 2].text == '*') and
              toks[i - 2].text not in KEYWORDS):
            out.update(range(i, source.partner[i] + 1))
    return out


def _swap(source, i):
    tok = source.toks[i]
    if tok.text == '!':
        return [Change('drop !', tok.start, tok.end, '')]
    if tok.text == '?':
        return [Change('? to true', tok.start, tok.end, '|| 1 ?'),
                Change('? to false', tok.start, tok.end, '&& 0 ?')]
    if tok.text in MAY_BE_UNARY and not _is_operand(source, i - 1):
        return []
    # "struct x *y", "size_t *n": no product.
    before = source.toks[i - 1].text
    if tok.text == '*' and (before in TYPES or before.endswith('_t') or
                            source.toks[i - 2].text in ('struct', 'enum')):
        return []
    return [Change(f'{tok.text} to {put}', tok.start, tok.end, put)
            for put in SWAPS.get(tok.text, ())]


def _constant(tok):
    match = re.fullmatch(r'(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)', tok.text)
    if not match:
        return []
    value = int(match.group(1), 16 if 'x' in tok.text.lower() else 10)
    puts = [value + 1] + ([0] if value == 1 else [])
    return [Change(f'{tok.text} to {put}', tok.start, tok.end,
                   f'{put}{match.group(2)}') for put in puts]


def _name(source, i):
    tok = source.toks[i]
    if tok.text in ('true', 'false'):
        put = 'false' if tok.text == 'true' else 'true'
        return [Change(f'{tok.text} to {put}', tok.start, tok.end, put)]
    if source.toks[i - 1].text in ('==', '!='):
        return []
    if tok.text.startswith('SV_ERR_'):
        return [Change('error to ok', tok.start, tok.end, 'SV_OK')]
    if tok.text == 'SV_OK':
        return [Change('ok to error', tok.start, tok.end, 'SV_ERR_TAMPERED')]
    return []


def _condition(source, i):
    """if and while, as if they had been decided."""
    first, last = source.toks[i + 1], source.toks[source.partner[i + 1]]
    values = ('true', 'false') if source.toks[i].text == 'if' else ('false',)
    return [Change(f'{source.toks[i].text} to {value}', first.end, last.start,
                   value) for value in values]


def _end_of(source, i):
    """The semicolon that ends the statement that begins here."""
    while source.toks[i].text != ';':
        i = source.partner[i] + 1 if source.toks[i].text in '([{' else i + 1
    return i


def _return(source, function, i):
    end = _end_of(source, i)
    text = [t.text for t in source.toks[i + 1:end]]
    if not text or len(text) == 1:
        return []
    values = {'enum sv_err': ('SV_OK',), 'bool': ('true', 'false')}
    return [Change(f'return to {value}', source.toks[i].end,
                   source.toks[end].start, ' ' + value)
            for value in values.get(function.returns, ())]


def _ends_head(source, i):
    """The bracket of if (...), while (...), for (...) or switch (...)."""
    return source.toks[i].text == ')' and source.toks[
        source.partner[i] - 1].text in ('if', 'while', 'for', 'switch')


def _begins_statement(source, i):
    before = source.toks[i - 1].text
    if before == '{':  # a block, and no list of values
        return source.toks[i - 2].text in ('else', 'do', ';', '{', '}') or \
            _ends_head(source, i - 2) or \
            i - 1 in {f.body for f in source.functions}
    if before in ('}', ';', 'else') or _ends_head(source, i - 1):
        return True
    return before == ':' and any(
        t.text in ('case', 'default') for t in source.toks[i - 6:i - 1])


def _statement(source, i):
    """Its deletion: calls whose result is not used, assignments, jumps."""
    toks = source.toks
    tok, then = toks[i], toks[i + 1]
    if tok.text in ('break', 'continue'):
        return [Change(f'drop {tok.text}', tok.start, tok.end, '')]
    if tok.kind == 'name':
        if tok.text in KEYWORDS or tok.text in TYPES or \
                then.kind == 'name' or tok.text.endswith('_t'):
            return []
    elif tok.text not in ('*', '(', '++', '--'):
        return []
    end = _end_of(source, i)
    if tok.text == '(' and end == i + 4 and _is_cast(source, i + 2):
        return []  # (void)unused;
    if RELEASES.match(tok.text):
        return [Change('release', tok.start, toks[end].start, '')]
    return [Change('drop statement', tok.start, toks[end].start, '')]


def changes(function):
    """Every change of its body, in the order of the text."""
    source = function.source
    toks = source.toks
    first, last = function.body + 1, function.last
    skipped = _skipped(source, first, last)
    heads = set()  # the brackets of for (...): no statements there
    out = []
    for i in range(first, last):
        if i in skipped:
            continue
        tok = toks[i]
        if tok.text == 'for':
            heads.update(range(i + 1, source.partner[i + 1]))
        if tok.text in ('if', 'while') and tok.kind == 'name':
            out += _condition(source, i)
        elif tok.text == 'return':
            out += _return(source, function, i)
        if i not in heads and _begins_statement(source, i):
            out += _statement(source, i)
        if tok.kind == 'number':
            out += _constant(tok)
        elif tok.kind == 'name':
            out += _name(source, i)
        elif tok.kind == 'operator' and not (
                tok.text in ('++', '--') and i in heads):  # it would not end
            out += _swap(source, i)
    return out
