#!/usr/bin/env python3
"""A request and the answer to it, read by C2SP's texts and RFC 9162 alone.

    witness.py LOG_VKEY WITNESS_VKEY REQUEST ANSWER LAST

LAST is the checkpoint that the witness had cosigned before. Standard library
only: Ed25519 is written out below, after RFC 8032.
"""

import base64
import hashlib
import sys

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)


def add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(s, p):
    q = (0, 1, 1, 0)
    while s > 0:
        if s & 1:
            q = add(q, p)
        p = add(p, p)
        s >>= 1
    return q


def point(raw):
    y = int.from_bytes(raw, "little")
    odd, y = y >> 255, y & (1 << 255) - 1
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P != 0:
        x = x * ROOT_OF_MINUS_1 % P
    assert (x * x - xx) % P == 0, "not a point"
    if x & 1 != odd:
        x = P - x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def compress(p):
    z = pow(p[2], P - 2, P)
    x, y = p[0] * z % P, p[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def verify(public, message, signature):
    big_r, s = signature[:32], int.from_bytes(signature[32:], "little")
    h = int.from_bytes(
        hashlib.sha512(big_r + public + message).digest(), "little") % L
    assert s < L, "not a canonical signature"
    right = add(point(big_r), times(h, point(public)))
    assert compress(times(s, BASE)) == compress(right), "a signature fails"


def key(vkey):
    name, hex_id, raw = vkey.split("+", 2)
    raw = base64.b64decode(raw, validate=True)
    whole = hashlib.sha256(name.encode() + b"\n" + raw).digest()
    assert whole[:4].hex() == hex_id, "another key id"
    return name, whole[:4], raw[0], raw[1:]


def note(data):
    text, lines = data.rsplit(b"\n\n", 1)
    signatures = {}
    for line in lines.decode().splitlines():
        dash, name, raw = line.split(" ")
        assert dash == "\u2014", "not a signature line"
        raw = base64.b64decode(raw, validate=True)
        signatures[name, raw[:4]] = raw[4:]
    return text + b"\n", signatures


def head(text):
    origin, size, root = text.decode().splitlines()
    return origin, int(size), base64.b64decode(root, validate=True)


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def check_consistency(m, n, old, new, proof):
    """RFC 9162, 2.1.4.2."""
    assert 0 < m < n and proof, "no proof"
    if m & (m - 1) == 0:
        proof = [old] + proof
    fn, sn = m - 1, n - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for c in proof[1:]:
        assert sn, "too long"
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    assert (fr, sr, sn) == (old, new, 0), "the proof fails"


def read(path):
    with open(path, "rb") as f:
        return f.read()


def main(log_vkey, witness_vkey, request, answer, last):
    top, rest = read(request).split(b"\n\n", 1)
    lines = top.decode().splitlines()
    assert lines[0].startswith("old ")
    old = int(lines[0][len("old "):])
    proof = [base64.b64decode(x, validate=True) for x in lines[1:]]
    text, signatures = note(rest)
    name, key_id, kind, public = key(log_vkey)
    assert kind == 1 and head(text)[0] == name, "another log"
    verify(public, text, signatures[name, key_id])

    before = head(note(read(last))[0])
    assert before[1] == old, "from another size"
    check_consistency(old, head(text)[1], before[2], head(text)[2], proof)

    cosigned, lines = note(read(answer))
    assert cosigned == text, "another text"
    assert lines[name, key_id] == signatures[name, key_id]
    name, key_id, kind, public = key(witness_vkey)
    assert kind == 4, "not the key of a witness"
    raw = lines[name, key_id]
    assert len(raw) == 72
    unix_s = int.from_bytes(raw[:8], "big")
    verify(public, b"cosignature/v1\ntime %d\n" % unix_s + text, raw[8:])
    print("cosigned at", unix_s)


if __name__ == "__main__":
    main(*sys.argv[1:])
