"""The formats of docs/FORMAT.md, read; numbers in brackets are its sections."""

import base64
import functools
import hashlib
import re
import struct
import sys
from pathlib import Path

VECTORS = Path(__file__).resolve().parent.parent / "vectors"
sys.path.insert(0, str(VECTORS))
import make_vectors as mv  # noqa: E402


class Wrong(Exception):
    pass


def need(holds, what):
    if not holds:
        raise Wrong(what)


# ---- 1.1 values ----


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def raw(self, n):
        need(self.at + n <= len(self.data), "cut short")
        self.at += n
        return self.data[self.at - n : self.at]

    def number(self, size):
        return int.from_bytes(self.raw(size), "big")

    def u8(self):
        return self.number(1)

    def u16(self):
        return self.number(2)

    def u32(self):
        return self.number(4)

    def u64(self):
        return self.number(8)

    def boolean(self):
        value = self.u8()
        need(value < 2, "a bool over 1")
        return bool(value)

    def short(self):
        return self.raw(self.u8())

    def medium(self):
        return self.raw(self.u16())

    def long(self):
        return self.raw(self.u32())

    def name(self, most=32):
        value = self.short()
        need(0 < len(value) <= most and b"\0" not in value, "not a name")
        return value.decode()

    def proof(self):
        n = self.u8()
        need(n <= 64, "too long a proof")
        return [self.raw(32) for _ in range(n)]

    def end(self):
        need(self.at == len(self.data), "bytes left over")

    def left(self):
        return self.at < len(self.data)


def all_of(data, read):
    r = Reader(data)
    value = read(r)
    r.end()
    return value


def short(data):
    data = data.encode() if isinstance(data, str) else data
    return struct.pack(">B", len(data)) + data


def long(data):
    return struct.pack(">I", len(data)) + data


def b64(data):
    return base64.b64encode(data).decode()


def unb64(text, n=None):
    raw = base64.b64decode(text, validate=True)
    need(b64(raw) == text and n in (None, len(raw)), "base64")
    return raw


# ---- 1.2 hashes, 1.3 sealing ----


def h(label, data):
    return mv.digest(label.encode(), data)


def mac(key, label, data):
    return mv.digest(label.encode(), data, key)


def kdf(key, label):
    return mv.kdf(key, label.encode())


def leaf(data):
    return hashlib.sha256(b"\0" + data).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def mth(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return node(mth(leaves[:k]), mth(leaves[k:]))


def inclusion(leaves, i):
    """RFC 9162, 2.1.3.1"""
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if i < k:
        return inclusion(leaves[:k], i) + [mth(leaves[k:])]
    return inclusion(leaves[k:], i - k) + [mth(leaves[:k])]


def consistency(leaves, m, whole=True):
    """RFC 9162, 2.1.4.1"""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if m <= k:
        return consistency(leaves[:k], m, whole) + [mth(leaves[k:])]
    return consistency(leaves[k:], m - k, False) + [mth(leaves[:k])]


def cb1_open(key, label, context, box):
    need(len(box) >= 72, "a box too short")
    salt, commitment, sealed = box[:24], box[24:56], box[56:]
    data = b"sv/v1/cb1" + short(label) + long(context) + salt
    okm = mv.blake2b(64, data, key)
    need(okm[32:] == commitment, "a box of another key, label or context")
    sub = mv.hchacha20(okm[:32], bytes(16))
    body, tag = sealed[:-16], sealed[-16:]
    padded = body + bytes(-len(body) % 16) + struct.pack("<QQ", 0, len(body))
    one_time = mv.chacha20(sub, bytes(12), 0, bytes(32))
    need(mv.poly1305(one_time, padded) == tag, "an altered box")
    return mv.chacha20(sub, bytes(12), 1, body)


x25519 = functools.lru_cache(None)(mv.x25519)
BASE9 = bytes([9]) + bytes(31)


def ps1_open(secret, label, context, box):
    need(len(box) >= 104, "a box too short")
    shared = x25519(secret, box[:32])
    need(shared != bytes(32), "a shared secret of zeros")
    key = mv.blake2b(32, b"sv/v1/ps1" + box[:32] + x25519(secret, BASE9), shared)
    return cb1_open(key, label, context, box[32:])


def unpad(data):
    plain = data.rstrip(b"\0")
    need(plain[-1:] == b"\x80", "no padding")
    size = 1024
    while size < len(plain):
        size *= 2
    need(size == len(data), "another padding")
    return plain[:-1]


# ---- Ed25519 (RFC 8032) ----

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def point_add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, i = b - a, d - c, d + c, b + a
    return e * f % P, g * i % P, f * g % P, e * i % P


def point_times(s, p):
    q = (0, 1, 1, 0)
    while s > 0:
        if s & 1:
            q = point_add(q, p)
        p, s = point_add(p, p), s >> 1
    return q


def point_of(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & 2**255 - 1
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    need(y < P and (x * x - xx) % P == 0, "not a point")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def point_bytes(p):
    z = pow(p[2], P - 2, P)
    x, y = p[0] * z % P, p[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


@functools.lru_cache(None)
def sign_public(seed):
    a = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little")
    return point_bytes(point_times(a & 2**254 - 8 | 2**254, BASE))


@functools.lru_cache(None)
def verifies(public, message, signature):
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or s >= L:
        return False
    k = hashlib.sha512(signature[:32] + public + message).digest()
    k = int.from_bytes(k, "little") % L
    right = point_add(point_of(signature[:32]), point_times(k, point_of(public)))
    return point_bytes(point_times(s, BASE)) == point_bytes(right)


# ---- 1.5 notes ----


def key_id(name, public):
    return hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]


def vkey(name, public):
    typed = b"\1" + public
    return f"{name}+{key_id(name, public).hex()}+{b64(typed)}"


def note_parse(data):
    text, _, below = data.decode().rpartition("\n\n")
    need(text and below.endswith("\n"), "not a note")
    signatures = []
    for line in below[:-1].split("\n"):
        match = re.fullmatch("\u2014 ([^ +]+) ([A-Za-z0-9+/=]+)", line)
        need(match, "not a signature line")
        raw = unb64(match[2])
        signatures.append((match[1], raw[:4], raw[4:]))
    return text + "\n", signatures


def note_check(data, *signers):
    """The text, which exactly these (name, public) signed, in this order."""
    text, signatures = note_parse(data)
    need(len(signatures) == len(signers), "another number of signatures")
    for (name, ident, raw), (who, public) in zip(signatures, signers):
        need((name, ident) == (who, key_id(who, public)), "another signer")
        need(verifies(public, text.encode(), raw), f"signature of {who}")
    return text


# ---- lines ----

NUMBER, CODE, WORK, HEX32, HEX64, KEY = (
    "(0|[1-9][0-9]*)",
    "([a-z0-9_]{1,32})",
    "([a-z0-9-]{1,32})",
    "([0-9a-f]{32})",
    "([0-9a-f]{64})",
    "([A-Za-z0-9+/]{43}=)",
)


def take_line(lines, pattern):
    need(lines, "a line is missing")
    match = re.fullmatch(pattern, lines.pop(0))
    need(match, f"not a line of the form {pattern}")
    return match.groups()


# ---- 4 requests ----

COMMON = {
    "origin": "([A-Za-z0-9._~/:-]{1,128})",
    "vault": f"({HEX64}|-)",
    "act": "([a-z.]+)",
    "id": HEX32,
    "at": NUMBER,
    "role": CODE,
    "purpose": f"{CODE} (given|default)",
    "seen": f"{NUMBER} {KEY}",
}
OWN = {
    "type": CODE,
    "record": HEX32,
    "compartments": "([a-z0-9_,]+)",
    "body": KEY,
    "count": NUMBER,
    "entry": NUMBER,
    "person": WORK,
    "sign": KEY,
    "box": KEY,
    "grants": CODE,
    "until": "([1-9][0-9]*|-)",
    "log": "(.*)",
    "gatebox": KEY,
    "profile": WORK,
    "policy": HEX64,
    "schema": HEX64,
    "founder": f"{CODE} {WORK} {KEY} {KEY}",
    "key": f"{CODE}[.]{CODE} {NUMBER} {KEY}",
    "part": f"{NUMBER}/{NUMBER}",
    "|": "(.*[^ ])",
    "taken": NUMBER,
    "second": f"(-|{CODE} {WORK})",
    "administrator": f"(-|{WORK} {KEY} {KEY})",
}
ACTS = {
    "genesis": "log gatebox profile policy schema founder",
    "policy": "part |",
    "keys": "body key",
    "staff.propose": "person sign box grants until",
    "staff.confirm": "body entry person grants",
    "staff.replace": "person sign box",
    "staff.reinstate": "body entry person",
    "staff.revoke": "person grants",
    "staff.suspend": "person",
    "record.create": "type record compartments body",
    "record.import": "type body count",
    "record.save": "type record compartments body",
    "record.read": "type record compartments",
    "record.list": "type count entry",
    "record.find": "type body",
    "record.history": "type record",
    "record.assign": "type record person",
    "record.unassign": "type record person",
    "flag.acknowledge": "entry",
    "counts.preview": "body",
    "release.request": "body profile",
    "release.list": "",
    "release.show": "entry",
    "release.acknowledge": "body count entry",
    "release.approve": "body entry",
    "release.refuse": "entry",
    "release.fetch": "entry",
    "log.read": "count entry",
    "store.check": "",
    "backup.open": "",
    "backup.read": "count entry",
    "restore": "taken second administrator",
}
ROSTER_ACTS = ("genesis", "policy", "keys", "staff.propose", "staff.confirm", "restore")


def box_ok(text):
    """Every agreement with a key of low order is zero."""
    return any(x25519(b"\x08\x01" + bytes(30), unb64(text, 32)))


def boxes_of(r):
    if "box" in r:
        yield r["box"]
    if "gatebox" in r:
        yield r["gatebox"]
    for founder in r.get("founder", ()):
        yield founder[3]
    for key in r.get("key", ()):
        yield key[3]
    if isinstance(r.get("administrator"), tuple) and r["administrator"][0] != "-":
        yield r["administrator"][3]


def request_parse(note):
    """Words to values; one value alone is not in a tuple."""
    need(len(note) <= 3840, "too long a request")
    text, signatures = note_parse(note)
    lines = text[:-1].split("\n")
    need(lines.pop(0) == "svault/request/v1", "not a request")
    r = {}
    for word, pattern in COMMON.items():
        got = take_line(lines, f"{word} {pattern}")
        r[word] = got if word in ("purpose", "seen") else got[0]
    need(r["act"] in ACTS, "an unknown act")
    for word in ACTS[r["act"]].split():
        pattern = f"{re.escape(word)} {OWN[word]}"
        if word in ("key", "founder", "|"):
            r[word] = [take_line(lines, pattern)]
            while lines:
                r[word].append(take_line(lines, pattern))
        else:
            got = take_line(lines, pattern)
            r[word] = got[0] if len(got) == 1 else got
    need(not lines, "lines left over")
    need(signatures[0][0].startswith(r["origin"] + "/"), "a foreign key name")
    r["actor"] = signatures[0][0][len(r["origin"]) + 1 :]
    for word in ("at", "count", "entry", "taken"):
        if word in r:
            r[word] = int(r[word])
    if "until" in r:
        r["until"] = 0 if r["until"] == "-" else int(r["until"])
    if "compartments" in r:
        r["compartments"] = r["compartments"].split(",")
    r["seen"] = int(r["seen"][0]), unb64(r["seen"][1], 32)
    need(all(map(box_ok, boxes_of(r))), "a box key of low order")
    return r


# ---- 5 entries ----


def results_parse(lines):
    out = []
    while lines:
        c, version, digest = take_line(lines, f"result {CODE} {NUMBER} {KEY}")
        out.append((c, int(version), unb64(digest, 32)))
    return out


def entry_parse(data):
    need(len(data) <= 4096, "too long an entry")
    if data.startswith(b"svault/item/v1\n"):
        need(data.endswith(b"\n"), "no last LF")
        lines = data.decode()[:-1].split("\n")[1:]
        e = {"item": True}
        for word, pattern in (("index", NUMBER), ("roster", NUMBER), ("batch", NUMBER)):
            e[word] = int(take_line(lines, f"{word} {pattern}")[0])
        e["record"] = take_line(lines, f"record {HEX32}")[0]
        e["results"] = results_parse(lines)
        return e
    head, _, note = data.partition(b"\n\n")
    lines = head.decode().split("\n")
    need(lines.pop(0) == "svault/entry/v1", "not an entry")
    e = {"item": False, "note": note}
    e["index"] = int(take_line(lines, f"index {NUMBER}")[0])
    e["time"] = int(take_line(lines, f"time {NUMBER}")[0])
    roster = take_line(lines, f"roster ({NUMBER}|-)")[0]
    e["roster"] = None if roster == "-" else int(roster)
    e["policy"] = take_line(lines, f"policy {HEX64}")[0]
    e["decision"] = take_line(lines, "decision (allowed|denied) ([a-z-]{1,32})")
    outcomes = "(-|done|conflict|not-found|exists|duplicate|invalid|damaged|unsafe|too-large|infeasible|unproved)"
    e["outcome"] = take_line(lines, f"outcome {outcomes}")[0]
    e["results"] = results_parse(lines)
    e["request"] = request_parse(note)
    return e


def item_leaf(record, compartment, version, digest):
    return leaf(f"svault/version/v1 {record} {compartment} {version} {b64(digest)}".encode())


# ---- 3 envelopes, 11 sealed keys ----


def envelope_parse(r):
    return r.medium(), r.long(), r.medium(), r.medium()


def header_parse(data):
    def read(r):
        need(r.raw(4) == b"SVE\1", "not an envelope")
        out = {"vault": r.raw(32), "record": r.raw(16).hex(), "type": r.name()}
        out |= {"compartment": r.name(), "author": r.name(), "version": r.u64()}
        return out | {"addition": r.boolean(), "prev": r.raw(32), "epoch": r.u32()}

    return all_of(data, read)


def bound(header, body):
    return h("sv/v1/header", header) + h("sv/v1/body", body)


def unlock(root, envelope):
    header, body, lock, tokens = envelope
    need(len(lock) == 212 and lock[:4] == struct.pack(">I", 1), "not an outer lock")
    context = lock[:4] + bound(header, body)
    return header, body, cb1_open(kdf(root, "gate/outer"), "outer", context, lock[4:]), tokens


def version_hash(header, body, inner, tokens):
    return h("sv/v1/version", long(header) + long(body) + long(inner) + long(tokens))


def posting_parse(data):
    """Epoch, the unique number's token under the first epoch, the others."""

    def read(r):
        epoch = r.u32()
        unique = [(r.u32(), r.raw(16)) for _ in range(r.u8())]
        tokens = [r.raw(16) for _ in range(r.u8())]
        need(tokens == sorted(set(tokens)), "tokens out of order")
        need([e for e, _ in unique] in ([], [1]), "epoch of the number")
        return epoch, unique, tokens

    return all_of(data, read)


def token(secret, kind, folded):
    data = kind.encode() + b"\0" + folded.encode()
    return mac(kdf(secret, "index"), "sv/v1/token", data)[:16]


MISSING = [None, "not_asked", "unknown", "declined", "withheld_for_safety", "not_applicable"]


def content_parse(data):
    def read(r):
        out = {}
        for _ in range(r.u16()):
            name, missing = r.name(), r.u8()
            values = [r.medium().decode() for _ in range(r.u8())]
            need(name > max(out, default=""), "fields out of order")
            need(bool(values) == (missing == 0), "neither missing nor there")
            out[name] = values or MISSING[missing]
        return out

    return all_of(data, read)


def envelope_open(secret, envelope):
    header, body, inner, _ = envelope
    need(len(inner) == 136, "not an inner lock")
    dek = ps1_open(secret, "dek", bound(header, body), inner)
    need(len(dek) == 32, "not a key")
    return content_parse(unpad(cb1_open(dek, "body", h("sv/v1/header", header), body)))


def grants_parse(data):
    def read(r):
        return [(r.name(), r.name(), r.name(), r.u32(), r.medium()) for _ in range(r.u16())]

    return all_of(data, read)


def grants_open(s, blob, person, founding, box_secret):
    """The secrets in blob that are sealed to this person, by column."""
    out = {}
    for grantee, kind, compartment, epoch, sealed in grants_parse(blob):
        if grantee != person:
            continue
        public = s.roster.key((kind, compartment), epoch)["public"]
        context = bytes(32) if founding else s.roster.vault
        context += short(person) + short(kind) + short(compartment) + struct.pack(">I", epoch) + public
        secret = ps1_open(box_secret, "grant", context, sealed)
        need(x25519(secret, BASE9) == public, "a secret of another key")
        out[kind, compartment] = secret
    return out
