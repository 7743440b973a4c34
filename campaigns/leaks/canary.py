"""Canaries: what must not leave, the forms in which it could, and the search.

Every text that a scenario gives away for safe keeping holds one of a few
words that stand nowhere else; every key is looked for whole."""
import base64
import unicodedata
import urllib.parse
import zipfile
import zlib
import io

# One for each kind of text; what else stands in a field tells which it is.
WORDS = {
    "latin": "Qzkwvarjx",
    "kanji": "鵺竈鬱鷽",
    "kana": "ザケモニグヨ",
    "case number": "730591482",
    "telephone": "090-7305-9148",
    "birth date": "1911-11-07",
}
USER = "Wbxkuserqj"  # the account that everything runs under
SHORT = 6  # bytes; a form that is shorter stands in files by chance


def shifted(encode, data, group):
    """What `encode` makes of data inside a longer text, at each phase, but for
    the characters at both ends that hold others' bits."""
    for phase in range(group):
        whole = encode(b"\0" * phase + data).rstrip(b"=")
        bits = 6 if group == 3 else 5
        first = -(-8 * phase // bits)
        last = 8 * (phase + len(data)) // bits
        yield whole[first:last]


def of_bytes(data):
    """The forms of bytes, by name."""
    yield "plain", data
    yield "reversed", data[::-1]
    yield "hexadecimal", data.hex().encode()
    yield "HEXADECIMAL", data.hex().upper().encode()
    for form in shifted(base64.b64encode, data, 3):
        yield "base64", form
    for form in shifted(base64.urlsafe_b64encode, data, 3):
        yield "base64url", form
    for form in shifted(base64.b32encode, data, 5):
        yield "base32", form
        yield "base32 in small letters", form.lower()


def of_text(word):
    """The forms of a word."""
    variants = {word, word.lower(), word.upper(),
                unicodedata.normalize("NFKC", word),
                unicodedata.normalize("NFD", word)}
    if word == WORDS["kana"]:
        variants |= {"".join(chr(ord(c) - 0x60) for c in word), "zakemoniguyo"}
    if word == WORDS["telephone"]:
        variants |= {word.replace("-", "")}
    for variant in variants:
        yield from of_bytes(variant.encode())
        yield "UTF-16LE", variant.encode("utf-16-le")
        yield "UTF-16BE", variant.encode("utf-16-be")
        if variant.isascii():
            continue
        percent = urllib.parse.quote(variant)
        escaped = variant.encode("ascii", "backslashreplace")
        entities = "".join(f"&#{ord(c)};" for c in variant)
        yield "percent", percent.encode()
        yield "percent", percent.lower().encode()
        yield "escaped", escaped
        yield "escaped", escaped.upper().replace(b"\\U", b"\\u")
        yield "entities", entities.encode()


class Canaries:
    """What is looked for: {form: (canary, name of the form)}."""

    def __init__(self):
        self.forms = {}
        for kind, word in WORDS.items():
            for name, form in of_text(word):
                self.add(form, kind, name)
        for name, form in of_text(USER):
            self.add(form, "account", name)

    def add(self, form, kind, name):
        if len(form) >= SHORT:
            self.forms.setdefault(form, (kind, name))

    def add_key(self, kind, key):
        """Whole or in halves, as it would lie in registers."""
        for half in (key[:len(key) // 2], key[len(key) // 2:]):
            for name, form in of_bytes(half):
                self.add(form, kind, name)

    def search(self, data, but=()):
        """The canaries in data, as (canary, form, place), each once."""
        found = {}
        for form, (kind, name) in self.forms.items():
            if kind in but or (kind, name) in found:
                continue
            at = data.find(form)
            if at >= 0:
                found[kind, name] = at
        return [(kind, name, at) for (kind, name), at in found.items()]

    def search_file(self, data, but=()):
        """Of a file, and of what is packed in it."""
        found = self.search(data, but)
        if data[:4] == b"PK\3\4":
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                for member in packed.namelist():
                    found += [(k, f"{n} in {member}", at) for k, n, at in
                              self.search(packed.read(member), but)]
        if data[:2] == b"\x1f\x8b":
            found += [(k, f"{n}, packed", at) for k, n, at in
                      self.search(zlib.decompress(data, 31), but)]
        return found
