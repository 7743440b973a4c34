"""What comes with an answer, docs/FORMAT.md 10, against what the model says comes with it."""

from table import b64, digest, item_leaf, leaf, mth, root_of
from wire import Difference, Reader

ORIGIN = "office.example"
SPEC = (
    "svault/annual/v1\nyear 2022\nauthority national\nperiod calendar\n"
    "as-of 2022-12-31\nminor-age 18\n"
)
BASIS = b"law"
TABLES = 17  # of section 9


class Answers:
    """Of an Office: by act, the body of an answer."""

    def compare_nothing(self, r, e, want, body):
        """Nothing comes with what was not done, or has no answer but its entry."""
        if want.body is None:
            self.compare("body", body, b"")

    def compare_body(self, r, e, want, body):
        self.compare_nothing(r, e, want, body)
        if want.body is not None:
            b = Reader(body)
            getattr(self, "body_" + r["act"].replace(".", "_"))(r, want.body, b)
            self.compare("something behind it", b.left(), False)

    def compare_proof(self, index, proof):
        """An entry is under the present root."""
        tree = self.m.tree
        got = root_of(index, len(tree.leaves), tree.leaves[index], proof)
        self.compare(f"the proof of entry {index}", got, tree.roots[-1])

    def body_record_list(self, r, want, b):
        more, rows = bool(b.u(1)), []
        for _ in range(b.u(4)):
            row = [b.raw(16).hex(), b.u(8), b.u(8), b.u(8), b.name(), bool(b.u(1))]
            rows.append((*row, [b.name() for _ in range(b.u(2))]))
        self.compare("list", (more, rows), want)

    def body_record_find(self, r, want, b):
        more, rows = bool(b.u(1)), []
        for _ in range(b.u(2)):
            if b.u(1):
                rows.append((b.raw(16).hex(), None))
            else:
                rows.append((None, [b.name() for _ in range(b.u(1))]))
        self.compare("search", (more, rows), want)

    def body_record_history(self, r, want, b):
        rows = [
            (b.name(), b.u(8), bool(b.u(1)), b.u(8), b.u(8), b.name(), b.raw(32))
            for _ in range(b.u(4))
        ]
        self.compare("history", rows, want)

    def body_record_import(self, r, want, b):
        bits = [bool(x >> n & 1) for x in b.rest() for n in range(7, -1, -1)]
        self.compare("which were there", bits, want)

    def body_log_read(self, r, want, b):
        proved, rows = bool(b.u(1)), []
        for n in range(b.u(4)):
            rows.append(leaf(b.raw(b.u(2))))
            if proved:
                self.compare_proof(r["entry"] + n, b.proof())
        self.compare("proved", proved, r["count"] <= 256)
        if not rows and want:
            raise Difference("log.read: none of its entries")
        self.compare("log", rows, want[: len(rows)])

    def body_store_check(self, r, want, b):
        findings = [
            (b.raw(b.u(1)).decode(), b.raw(b.u(1)).decode()) for _ in range(b.u(4))
        ]
        self.compare("store", findings, want)

    def body_record_read(self, r, want, b):
        b.rest()  # which the driver reads to its end
        said = " ".join(self.driver.ask("content")).split(" | ")
        self.compare("places", said[0].split(), [str(p) for p, _ in want])
        self.compare("number of versions", len(said) - 1, len(want))
        for text, (_, v) in zip(said[1:], want):
            i = v.item
            if text.endswith(" closed"):
                raise Difference("a version does not open")
            *words, proof, path = text.split(" ")
            self.compare_proof(v.index, hashes_of(proof))
            asked = self.m.entries[v.index]["r"]["items"]
            self.compare(
                "the proof of an item",
                root_of(v.position, v.total, item_leaf(i), hashes_of(path)),
                mth([item_leaf(x) for x in asked]),
            )
            content = ";".join(f"{f}={x}" for f, x in i["content"].items()) or "-"
            expected = [
                str(v.index), self.m.tree.leaves[v.index].hex(), str(v.position), str(v.total),
                i["compartment"], str(i["version"]), str(int(i["addition"])), i["author"],
                str(i["epoch"]), i["record"], i["prev"].hex(), i["hash"].hex(), content,
            ]  # fmt: skip
            self.compare("version", words, expected)

    def state(self, b):
        return {
            "by": b.name(), "time": b.u(8), "hashes": [b.raw(32) for _ in range(3)],
            "exact": bool(b.u(1)), "acknowledged": bool(b.u(1)), "refused": bool(b.u(1)),
            "judge": b.raw(b.u(1)).decode(), "judged_index": b.u(8), "judged": b.u(8),
        }  # fmt: skip

    def compare_state(self, x, b):
        got = self.state(Reader(b.raw(b.u(2))))
        want = {k: x.get(k) for k in got} | {"exact": x["profile"] == "exact"}
        self.compare("release", got, want)

    def body_release_list(self, r, want, b):
        self.compare("releases", b.u(4), len(want))
        for number, x in want:
            self.compare("release", b.u(8), number)
            self.compare_state(x, b)

    def body_release_show(self, r, want, b):
        self.compare_state(want, b)
        asked = Reader(b.raw(b.u(4)))
        got = [asked.raw(asked.u(4)), asked.raw(asked.u(2)), asked.raw(asked.u(4)), asked.left()]
        cells = got[2] if want["cells"] is None else want["cells"]
        self.compare("what was asked", got, [SPEC.encode(), BASIS, cells, False])
        self.compare("request", leaf(b.raw(b.u(2))), self.m.tree.leaves[r["entry"]])
        self.compare_proof(r["entry"], b.proof())
        parcel = b.raw(b.u(4))
        hers = r["actor"] in want["approvers"] and want["by"] != r["actor"]
        self.compare("parcel", bool(parcel), hers)
        if parcel:
            self.open_parcel(r, want, parcel, 2)

    def open_parcel(self, r, want, parcel, n):
        got = self.driver.ask("parcel", want["boxes"][r["actor"]], r["entry"], parcel.hex())
        self.compare("parcel", got[:n], [h.hex() for h in want["hashes"][:n]])

    def body_release_fetch(self, r, want, b):
        self.compare_state(want, b)
        for index in (r["entry"], want["judged_index"]):
            self.compare("entry", leaf(b.raw(b.u(2))), self.m.tree.leaves[index])
            self.compare_proof(index, b.proof())
        self.compare("for somebody else", b.u(1), 0)
        self.open_parcel(r, want, b.raw(b.u(4)), 1)

    def body_release_request(self, r, want, b):
        """The cells that are unsafe, which the model takes from it."""
        want["cells"] = b.rest() or (None if self.unsure else b"")

    def body_counts_preview(self, r, want, b):
        """The figures are rounded by a chance of the gate's."""
        self.compare("a report", len(b.rest()) > 0 or self.unsure, True)

    def body_backup_read(self, r, want, b):
        """The file of section 19, by its documents; its rows against the store's."""
        if want["shaky"] and not b.left():
            return
        header = b"SVB\1" + bytes([len(ORIGIN)]) + ORIGIN.encode() + self.m.vault
        if r["count"] == 0:
            return self.compare("backup: header", b.rest(), header)
        if r["count"] == 1:
            rows, n = self.chunk(b, digest("sv/v1/backup", header))
            want["rows"] = rows, n
            if want["stored"] is not None:
                self.compare("backup: rows", digest("test/rows", rows).hex(), want["stored"])
            return
        self.compare("backup: end", b.u(1), 0)
        note = b.raw(b.u(2))
        if want["rows"] is not None:
            text = self.manifest(want, header, *want["rows"])
            self.compare("backup: manifest", note.decode().split("\n\n")[0] + "\n", text)
        self.compare("backup: signature", self.driver.ask("signed", note.hex()), ["1"])

    def chunk(self, b, chain):
        """Its rows, and how many of each table."""
        self.compare("backup: chunk", b.u(1), 1)
        rows, n, last = b.raw(b.u(4)), [0] * TABLES, None
        self.compare("backup: chain", b.raw(32), chained(chain, rows))
        at = Reader(rows)
        while at.left():
            row = at.u(1), at.raw(at.u(1))
            at.raw(at.u(4))
            self.compare("backup: order of rows", last is None or last < row, True)
            last = row
            n[row[0]] += 1
        return rows, n

    def manifest(self, backup, header, rows, n):
        index, size = backup["index"], backup["size"]
        hashed = chained(digest("sv/v1/backup", header), rows)
        lines = [
            "svault/backup/v1", f"origin {ORIGIN}", f"vault {self.m.vault.hex()}", f"size {size}",
            f"root {b64(self.m.tree.roots[size])}", f"taken {self.m.entries[index]['time']}",
            "rows " + " ".join(map(str, n)), "chunks 1", f"bytes {len(rows)}", f"hash {b64(hashed)}",
        ]  # fmt: skip
        return "".join(x + "\n" for x in lines)


def chained(chain, rows):
    return digest("sv/v1/chunk", chain + (1).to_bytes(8, "big") + rows)


def hashes_of(word):
    raw = b"" if word == "-" else bytes.fromhex(word)
    return [raw[at : at + 32] for at in range(0, len(raw), 32)]
