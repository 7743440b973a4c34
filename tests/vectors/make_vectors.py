#!/usr/bin/env python3
"""Makes crypto.h: vectors of our own constructions, independently of the C.

    make_vectors.py > crypto.h
    make_vectors.py --check crypto.h     exit 1 where they differ

Standard library only: X25519, HChaCha20, ChaCha20 and Poly1305 are written
out below, after RFC 7748, RFC 8439 and draft-irtf-cfrg-xchacha-03.
"""

import hashlib
import re
import struct
import sys
from pathlib import Path

P25519 = 2**255 - 19
P1305 = 2**130 - 5
ROOT = Path(__file__).resolve().parents[2]


def blake2b(size, data, key=b""):
    return hashlib.blake2b(data, digest_size=size, key=key).digest()


def short(text):
    return bytes([len(text)]) + text


def x25519(scalar, point):
    k = bytearray(scalar)
    k[0] &= 248
    k[31] = k[31] & 127 | 64
    k = int.from_bytes(k, "little")
    x1 = int.from_bytes(point, "little") & (2**255 - 1)
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb, aa, bb = d * a, c * b, a * a, b * b
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P25519, x1 * (da - cb) ** 2 % P25519
        x2, z2 = aa * bb % P25519, e * (aa + 121665 * e) % P25519
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P25519 - 2, P25519) % P25519).to_bytes(32, "little")


def chacha_rounds(state):
    x = list(state)

    def quarter(a, b, c, d):
        for p, q, r, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[p] = x[p] + x[q] & 0xFFFFFFFF
            v = x[r] ^ x[p]
            x[r] = (v << n | v >> 32 - n) & 0xFFFFFFFF

    for _ in range(10):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return x


SIGMA = struct.unpack("<4I", b"expand 32-byte k")


def hchacha20(key, nonce16):
    x = chacha_rounds(SIGMA + struct.unpack("<8I", key) + struct.unpack("<4I", nonce16))
    return struct.pack("<8I", *x[:4], *x[12:])


def chacha20(key, nonce12, counter, data):
    out = bytearray()
    for at in range(0, len(data), 64):
        state = SIGMA + struct.unpack("<8I", key)
        state += (counter + at // 64,) + struct.unpack("<3I", nonce12)
        x = chacha_rounds(state)
        stream = struct.pack("<16I", *(a + b & 0xFFFFFFFF for a, b in zip(x, state)))
        out += bytes(a ^ b for a, b in zip(data[at : at + 64], stream))
    return bytes(out)


def poly1305(key, data):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    acc = 0
    for at in range(0, len(data), 16):
        acc = (acc + int.from_bytes(data[at : at + 16] + b"\1", "little")) * r % P1305
    return (acc + int.from_bytes(key[16:], "little") & (1 << 128) - 1).to_bytes(16, "little")


def xchacha20poly1305(key, plain):
    """Nonce of 24 zeros, no associated data."""
    sub = hchacha20(key, bytes(16))
    body = chacha20(sub, bytes(12), 1, plain)
    padded = body + bytes(-len(body) % 16) + struct.pack("<QQ", 0, len(body))
    return body + poly1305(chacha20(sub, bytes(12), 0, bytes(32)), padded)


def cb1(key, label, context, salt, plain):
    data = b"sv/v1/cb1" + short(label) + struct.pack(">I", len(context)) + context + salt
    okm = blake2b(64, data, key)
    return salt + okm[32:] + xchacha20poly1305(okm[:32], plain)


def ps1(secret, ephemeral, label, context, salt, plain):
    base = bytes([9]) + bytes(31)
    pk, epk = x25519(secret, base), x25519(ephemeral, base)
    key = blake2b(32, b"sv/v1/ps1" + epk + pk, x25519(ephemeral, pk))
    return epk + cb1(key, label, context, salt, plain)


def kdf(key, label):
    return blake2b(32, b"sv/v1/kdf" + short(label), key)


def digest(label, data, key=b""):
    return blake2b(32, short(label) + data, key)


def stream(seed, first, size):
    blocks = -(-size // 64)
    out = b"".join(blake2b(64, struct.pack(">Q", first + i), seed) for i in range(blocks))
    return out[:size], first + blocks


def words(bits, n):
    table = re.findall(r'"([a-z]+)"', (ROOT / "crypto/words_list.h").read_text())
    assert len(table) == 1024
    number = int.from_bytes(bits, "big")
    return "-".join(table[number >> len(bits) * 8 - 10 * (i + 1) & 1023] for i in range(n))


def run(first, n):
    return bytes((first + i) % 256 for i in range(n))


def salamander_rows():
    """One cipher text that the cipher alone opens under both of two keys."""
    salt = run(0x80, 24)
    for tries in range(1, 1000):
        keys = run(0, 32), struct.pack(">I", tries) + bytes(28)
        okm = [blake2b(64, b"sv/v1/cb1" + short(b"dek") + bytes(4) + salt, key) for key in keys]
        first = [chacha20(hchacha20(o[:32], bytes(16)), bytes(12), 0, bytes(32)) for o in okm]
        clamp = 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
        r1, r2 = (int.from_bytes(b[:16], "little") & clamp for b in first)
        s1, s2 = (int.from_bytes(b[16:], "little") for b in first)
        # tag = (X + 2^128) r^2 + (16 * 2^64 + 2^128) r + s, equal for both
        square, length = (r1 * r1 - r2 * r2) % P1305, (16 << 64) + (1 << 128)
        for k in range(-4, 5):
            x = s2 - s1 + (k << 128) - length * (r1 - r2)
            x = (x * pow(square, P1305 - 2, P1305) - (1 << 128)) % P1305
            if x >= 1 << 128:
                continue
            body = x.to_bytes(16, "little")
            padded = body + struct.pack("<QQ", 0, 16)
            tags = [poly1305(b, padded) for b in first]
            if tags[0] == tags[1]:
                yield (*keys, "dek", salt, okm[0][:32], okm[1][:32], okm[0][32:], okm[1][32:], body + tags[0])
                return


def literal(text):
    lines = [text[i : i + 64] for i in range(0, max(len(text), 1), 64)]
    return "\n        ".join('"%s"' % line for line in lines)


def table(name, fields, rows):
    out = ["static const struct {"]
    out += ["    const char *%s;" % field for field in fields]
    out += ["} %s[] = {" % name]
    for row in rows:
        cells = [v.hex() if isinstance(v, bytes) else v for v in row]
        out.append("    {" + ",\n        ".join(literal(c) for c in cells) + "},")
    return "\n".join(out + ["};", ""])


def cb1_rows():
    key, salt = run(0, 32), run(0x80, 24)
    for label, context, plain in (
        ("dek", b"ctx", b"\x42" * 32),
        ("", b"", b""),
        ("", b"", b"\0"),
        ("d", b"ekctx", b"\x42" * 32),
        ("l" * 255, run(7, 300), run(1, 257)),
        ("st", run(0, 16), run(3, 1024)),
    ):
        box = cb1(key, label.encode(), context, salt, plain)
        yield key, label, context, salt, plain, box


def ps1_rows():
    secret, ephemeral, salt = run(0x20, 32), run(0x40, 32), run(0x80, 24)
    for label, context, plain in (
        ("dek", b"ctx", b"\x42" * 32),
        ("", b"", b""),
        ("grant", run(9, 200), run(5, 100)),
    ):
        box = ps1(secret, ephemeral, label.encode(), context, salt, plain)
        yield secret, ephemeral, label, context, salt, plain, box


def main():
    key = run(0, 32)
    labelled = [("", b""), ("a", b""), ("", b"a"), ("sv/v1/x", run(0, 200)), ("l" * 255, b"z")]
    one, counter = stream(key, 0, 100)
    two, _ = stream(key, counter, 10)
    prints = [("sv/v1/user", b""), ("sv/v1/user", run(0, 64))]
    text = "\n".join(
        [
            "#ifndef SV_TESTS_VECTORS_CRYPTO_H",
            "#define SV_TESTS_VECTORS_CRYPTO_H",
            "",
            "/* Made by make_vectors.py; labels and words as they are, the rest in hex. */",
            "/* clang-format off */",
            table("cb1_vectors", ("key", "label", "context", "salt", "plain", "box"), cb1_rows()),
            table(
                "ps1_vectors",
                ("secret", "ephemeral", "label", "context", "salt", "plain", "box"),
                ps1_rows(),
            ),
            "/* Seals of one cipher text under two keys, with the parts CB1 makes of each. */",
            table(
                "salamander_vectors",
                ("key1", "key2", "label", "salt", "inner1", "inner2", "commitment1", "commitment2", "sealed"),
                salamander_rows(),
            ),
            table(
                "kdf_vectors",
                ("key", "label", "out"),
                [(key, label, kdf(key, label.encode())) for label in ("", "out", "l" * 255)],
            ),
            table(
                "digest_vectors",
                ("label", "data", "out"),
                [(label, data, digest(label.encode(), data)) for label, data in labelled],
            ),
            table(
                "mac_vectors",
                ("key", "label", "data", "out"),
                [(key, label, data, digest(label.encode(), data, key)) for label, data in labelled],
            ),
            "/* A fill of 100 bytes, then one of 10. */",
            table("rng_vectors", ("seed", "first", "second"), [(key, one, two)]),
            table(
                "fingerprint_vectors",
                ("label", "data", "words"),
                [(l, d, words(digest(l.encode(), d), 10)) for l, d in prints],
            ),
            "/* The passphrase that the rng above gives first. */",
            table("passphrase_vectors", ("seed", "words"), [(key, words(one[:9], 7))]),
            "/* clang-format on */",
            "",
            "#endif",
            "",
        ]
    )
    if sys.argv[1:2] == ["--check"]:
        return 0 if Path(sys.argv[2]).read_text() == text else 1
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
