#!/usr/bin/env python3
"""Makes audit.h: requests, entries and items, independently of the C.

    make_audit_vectors.py > audit.h
    make_audit_vectors.py --check audit.h     exit 1 where they differ

Standard library only: Ed25519 is written out below, after RFC 8032.
"""

import base64
import hashlib
import sys
from pathlib import Path

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


def base_point():
    y = 4 * pow(5, P - 2, P) % P
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P != 0:
        x = x * ROOT_OF_MINUS_1 % P
    if x & 1:
        x = P - x
    return x, y, 1, x * y % P


BASE = base_point()


def compress(p):
    z = pow(p[2], P - 2, P)
    x, y = p[0] * z % P, p[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def expand(seed):
    h = hashlib.sha512(seed).digest()
    a = int.from_bytes(h[:32], "little")
    return a & (2**254 - 8) | 2**254, h[32:]


def public(seed):
    return compress(times(expand(seed)[0], BASE))


def sign(seed, message):
    a, prefix = expand(seed)
    pub = public(seed)
    r = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % L
    big_r = compress(times(r, BASE))
    h = hashlib.sha512(big_r + pub + message).digest()
    s = (r + int.from_bytes(h, "little") * a) % L
    return big_r + s.to_bytes(32, "little")


def b64(data):
    return base64.b64encode(data).decode()


def key_id(name, pub):
    return hashlib.sha256(name.encode() + b"\n\x01" + pub).digest()[:4]


def vkey(name, seed):
    pub = public(seed)
    return f"{name}+{key_id(name, pub).hex()}+{b64(bytes([1]) + pub)}"


def signed(text, *signers):
    lines = "".join(
        f"\u2014 {name} "
        f"{b64(key_id(name, public(seed)) + sign(seed, text.encode()))}\n"
        for name, seed in signers)
    return text + "\n" + lines


# What all vectors share: each value is bytes of one kind.
ORIGIN = "log.example/2026"
HANA, SORA, LOG = bytes([7]) * 32, bytes([8]) * 32, bytes([9]) * 32
EMPTY = hashlib.sha256(b"").digest()


def of(byte, n=32):
    return bytes([byte]) * n


def request(act, lines, founding=False, signers=None):
    vault = "-" if founding else of(0x11).hex()
    seen = f"0 {b64(EMPTY)}" if founding else f"42 {b64(of(0x33))}"
    text = (f"svault/request/v1\norigin {ORIGIN}\nvault {vault}\nact {act}\n"
            f"id {of(0x22, 16).hex()}\nat 1767139200123\nrole caseworker\n"
            f"purpose {'care given' if founding else 'safety default'}\n"
            f"seen {seen}\n{lines}")
    return act, signed(text, *(signers or [(f"{ORIGIN}/hana-1", HANA)]))


def founder(name, seed, box):
    return f"{name} {b64(public(seed))} {b64(of(box))}"


RECORD = of(0x44, 16).hex()
BODY = f"body {b64(of(0x55))}\n"
SOME = "compartments identity,facts\n"


def requests():
    both = [(f"{ORIGIN}/hana-1", HANA), (f"{ORIGIN}/sora", SORA)]
    yield request(
        "genesis",
        f"log {vkey(ORIGIN, LOG)}\ngatebox {b64(of(0x66))}\n"
        f"profile small-office\npolicy {of(0x77).hex()}\n"
        f"schema {of(0x88).hex()}\n"
        f"founder administrator {founder('hana-1', HANA, 0x99)}\n"
        f"founder supervisor {founder('sora', SORA, 0xaa)}\n", True, both)
    yield request("policy", "part 2/3\n| role intake\n| names \u65e5\u672c\n",
                  True)
    yield request("keys", f"{BODY}key victim.identity 1 {b64(of(0xbb))}\n"
                  f"key suspect.justice 4294967295 {b64(of(0xcc))}\n", True)
    yield request("staff.propose",
                  f"person yuki\nsign {b64(of(0xdd))}\nbox {b64(of(0xee))}\n"
                  "grants legal_officer\nuntil 1798675200000\n")
    yield request("staff.confirm",
                  f"{BODY}entry 17\nperson yuki\ngrants legal_officer\n")
    yield request("staff.replace",
                  f"person yuki\nsign {b64(of(0xdd))}\nbox {b64(of(0xee))}\n")
    yield request("staff.reinstate", f"{BODY}entry 17\nperson yuki\n")
    yield request("staff.revoke", "person yuki\ngrants legal_officer\n")
    yield request("staff.suspend", "person yuki\n")
    yield request("record.create",
                  f"type victim\nrecord {RECORD}\n{SOME}{BODY}")
    yield request("record.import", f"type victim\n{BODY}count 512\n")
    yield request("record.save",
                  f"type victim\nrecord {RECORD}\n{SOME}{BODY}")
    yield request("record.read", f"type victim\nrecord {RECORD}\n{SOME}")
    yield request("record.list", "type victim\ncount 100\nentry 0\n")
    yield request("record.find", f"type victim\n{BODY}")
    yield request("record.history", f"type victim\nrecord {RECORD}\n")
    yield request("record.assign",
                  f"type victim\nrecord {RECORD}\nperson yuki\n")
    yield request("record.unassign",
                  f"type victim\nrecord {RECORD}\nperson yuki\n")
    yield request("flag.acknowledge", "entry 17\n")
    yield request("counts.preview", BODY)
    yield request("release.request", f"{BODY}profile exact\n")
    yield request("release.list", "")
    yield request("release.show", "entry 17\n")
    yield request("release.acknowledge", f"{BODY}count 9\nentry 17\n")
    yield request("release.approve", f"{BODY}entry 17\n")
    yield request("release.refuse", "entry 17\n")
    yield request("release.fetch", "entry 17\n")
    yield request("log.read", "count 1\nentry 18446744073709551615\n")
    yield request("store.check", "")
    yield request("backup.open", "")
    yield request("backup.read", "count 3\nentry 17\n")
    yield request("restore",
                  "taken 1767139100123\nsecond supervisor sora\n"
                  f"administrator {founder('yuki', LOG, 0xdd)}\n",
                  signers=both)


def entries(notes):
    yield "genesis", (
        "svault/entry/v1\nindex 0\ntime 1767139200456\nroster -\n"
        f"policy {of(0x77).hex()}\ndecision allowed genesis\noutcome done\n\n"
        + notes["genesis"])
    yield "read", (
        "svault/entry/v1\nindex 43\ntime 1767139200456\nroster 17\n"
        f"policy {of(0x77).hex()}\ndecision allowed role\noutcome done\n"
        f"result identity 3 {b64(of(0x5a))}\nresult facts 1 {b64(of(0x5b))}\n"
        "\n" + notes["record.read"])
    yield "denied", (
        "svault/entry/v1\nindex 43\ntime 1767139200456\nroster 17\n"
        f"policy {of(0x77).hex()}\ndecision denied break-glass\noutcome -\n\n"
        + notes["record.read"])
    yield "item", (
        "svault/item/v1\nindex 44\nroster 17\nbatch 43\n"
        f"record {RECORD}\nresult identity 1 {b64(of(0x5a))}\n")


def item():
    text = f"svault/version/v1 {RECORD} identity 18446744073709551615 {b64(of(0x5a))}"
    return hashlib.sha256(b"\0" + text.encode()).hexdigest()


def quoted(text):
    out = []
    for line in text.splitlines(keepends=True):
        raw = line.encode()
        c = "".join(chr(b) if 0x20 <= b < 0x7f else f"\\{b:03o}" for b in raw)
        c = c.replace("\\012", "\\n")
        out.append(f'     "{c}"')
    return "\n".join(out)


def table(name, field, rows):
    yield f"static const struct {{\n    const char *{field};"
    yield f"    const char *text;\n}} {name}[] = {{"
    for key, text in rows:
        yield f'    {{"{key}",\n{quoted(text)}}},'
    yield "};\n"


def header():
    notes = list(requests())
    yield "#ifndef SV_TESTS_VECTORS_AUDIT_H"
    yield "#define SV_TESTS_VECTORS_AUDIT_H\n"
    yield "/* Made by make_audit_vectors.py. */"
    yield "/* clang-format off */"
    yield from table("request_vectors", "act", notes)
    yield from table("entry_vectors", "name", entries(dict(notes)))
    yield f'#define ITEM_LEAF_VECTOR \\\n    "{item()}"'
    yield "/* clang-format on */\n\n#endif"


def main():
    text = "\n".join(header()) + "\n"
    if sys.argv[1:2] == ["--check"]:
        sys.exit(Path(sys.argv[2]).read_text() != text)
    sys.stdout.write(text)


main()
