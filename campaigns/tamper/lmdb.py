"""A data file of LMDB 0.9, read by its layout alone: what it says, and what
each byte of it is for.  Whether damage matters is decided here, not by the
library that is under attack."""

import struct

PAGE = 4096
HEADER = 16
BRANCH, LEAF, OVERFLOW, META = 1, 2, 4, 8
BIG, SUB = 1, 2
NONE = 2**64 - 1


class Broken(Exception):
    pass


def need(holds, what):
    if not holds:
        raise Broken(what)


class Tree:
    """The 48 bytes that describe one."""

    def __init__(self, raw):
        fields = struct.unpack("<IHHQQQQQ", raw)
        _, self.flags, self.depth, *self.pages, self.entries, self.root = fields

    def said(self):
        """Not its counters: LMDB keeps them for mdb_stat(), which nobody calls."""
        return self.flags, self.depth


class DataFile:
    def __init__(self, data):
        self.data = data
        self.kind = bytearray(len(data))  # of each byte: index into KINDS
        self.used = set()
        head = self.newest()
        self.last, self.txnid = struct.unpack_from("<QQ", data, head + HEADER + 120)
        free, main = (Tree(data[at : at + 48]) for at in (head + 40, head + 88))
        self.said = [self.txnid, self.last, free.said(), main.said()]
        self.free = set()
        for _, value in self.rows(free):
            n, *pages = struct.unpack(f"<{len(value) // 8}Q", value[: len(value) // 8 * 8])
            need(n <= len(pages), "free pages")
            for page in pages[:n]:
                need(1 < page <= self.last and page not in self.used, "a free page")
                self.used.add(page)
                self.free.add(page)
        self.tables = {}
        for name, value in self.rows(main, tables=True):
            tree = Tree(value)
            self.tables[name] = self.rows(tree)
            self.said.append((name, tree.said()))

    KINDS = ("unused", "structure", "key", "value")

    def mark(self, at, n, kind):
        self.kind[at : at + n] = bytes([self.KINDS.index(kind)]) * n

    def newest(self):
        best = None
        for at in (0, PAGE):
            need(len(self.data) >= at + PAGE, "no header")
            flags, magic, version = struct.unpack_from("<10xH4xII", self.data, at)
            need(flags == META and magic == 0xBEEFC0DE and version == 1, "header")
            need(struct.unpack_from("<I", self.data, at + 40)[0] == PAGE, "page size")
            self.mark(at, HEADER + 136, "structure")
            txnid = struct.unpack_from("<Q", self.data, at + HEADER + 128)[0]
            if best is None or txnid > best[0]:
                best = txnid, at
        need(best[0] & 1 == best[1] // PAGE, "parity")
        return best[1]

    def take(self, number, n=1):
        need(1 < number and number + n - 1 <= self.last, "a page out of bounds")
        for page in range(number, number + n):
            need(page not in self.used, "a page used twice")
            self.used.add(page)
        at = number * PAGE
        need(at + n * PAGE <= len(self.data), "a page beyond the end")
        need(struct.unpack_from("<Q", self.data, at)[0] == number, "page number")
        return at

    def rows(self, tree, tables=False):
        self.leaves, self.want_tables = [], tables
        self.integers = tree.flags & 8
        if tree.root != NONE:
            self.walk(tree.root, tree.depth, None, None)
        for (a, _), (b, _) in zip(self.leaves, self.leaves[1:]):
            need(self.order(a) < self.order(b), "order of keys")
        return self.leaves

    def order(self, key):
        return int.from_bytes(key, "little") if self.integers else key

    def nodes(self, at):
        lower, upper = struct.unpack_from("<HH", self.data, at + 12)
        need(HEADER <= lower <= upper <= PAGE and lower % 2 == 0, "page bounds")
        self.mark(at, lower, "structure")
        for place in struct.unpack_from(f"<{(lower - HEADER) // 2}H", self.data, at + HEADER):
            need(upper <= place <= PAGE - 8 and place % 2 == 0, "node place")
            node = at + place
            lo, hi, flags, ksize = struct.unpack_from("<4H", self.data, node)
            need(place + 8 + ksize <= PAGE, "key size")
            self.mark(node, 8, "structure")
            self.mark(node + 8, ksize, "key")
            yield node, lo | hi << 16, flags, self.data[node + 8 : node + 8 + ksize]

    def walk(self, number, depth, least, most):
        at = self.take(number)
        flags = struct.unpack_from("<H", self.data, at + 10)[0]
        need(flags == (LEAF if depth == 1 else BRANCH), "page flags")
        nodes = list(self.nodes(at))
        if depth == 1:
            for node, size, node_flags, key in nodes:
                need(key != b"", "no key")
                need(least is None or self.order(key) >= least, "a key too low")
                need(most is None or self.order(key) < most, "a key too high")
                self.leaves.append((key, self.value(node, size, node_flags, len(key))))
            return
        need(nodes != [], "an empty branch")
        keys = [self.order(n[3]) for n in nodes[1:]]
        for i, (_, low, high, _) in enumerate(nodes):
            self.walk(
                low | high << 32,
                depth - 1,
                keys[i - 1] if i > 0 else least,
                keys[i] if i < len(keys) else most,
            )

    def value(self, node, size, flags, ksize):
        at = node + 8 + ksize
        need(flags == (SUB if self.want_tables else flags & BIG), "node flags")
        if not flags & BIG:
            need(at + size <= node // PAGE * PAGE + PAGE, "value size")
            self.mark(at, size, "structure" if flags & SUB or self.integers else "value")
            return self.data[at : at + size]
        self.mark(at, 8, "structure")
        number = struct.unpack_from("<Q", self.data, at)[0]
        n = (HEADER - 1 + size) // PAGE + 1
        at = self.take(number, n)
        flags, pages = struct.unpack_from("<10xHI", self.data, at)
        need(flags == OVERFLOW and pages >= n, "overflow page")
        self.mark(at, HEADER, "structure")
        self.mark(at + HEADER, size, "value")
        return self.data[at + HEADER : at + HEADER + size]


def read(data):
    """The file, or None where it does not hold together."""
    try:
        return DataFile(data)
    except (Broken, struct.error, RecursionError, IndexError):
        return None


def says_the_same(data, true):
    """The same rows under the same keys, found by the same ways; and no page is
    given out that is not free.  (One that is free may be forgotten.)"""
    f = read(data)
    return f is not None and (f.said, f.tables) == (true.said, true.tables) and f.free <= true.free
