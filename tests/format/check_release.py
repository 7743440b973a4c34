#!/usr/bin/env python3
"""Reads pages and workbooks of releases as strangers would: check_release.py DIR

Every page: only elements and attributes that can neither load nor run
anything, ids once, tables whose heads have a scope, charts that are XML.
Every workbook: XML in all parts, cells that are numbers or texts and never
formulas, nothing that leads out of it, nobody's name, and no time but the day
as of which was counted."""

import html.parser
import pathlib
import re
import sys
import xml.etree.ElementTree as ET
import zipfile

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}"
CORE = "{http://purl.org/dc/terms/}"
VOID = {"meta"}
ELEMENTS = set(
    "html head meta title style body header h1 h2 h3 dl dt dd nav ol li a main "
    "section div figure table caption thead tbody tr th td p svg desc defs "
    "pattern rect line text".split()
)
ATTRIBUTES = set(
    "lang charset http-equiv content name id class href scope colspan role "
    "tabindex aria-labelledby viewbox width height patternunits "
    "patterntransform x y x1 x2 y1 y2 fill".split()
)


class Fault(Exception):
    pass


def check(holds, what):
    if not holds:
        raise Fault(what)


class Page(html.parser.HTMLParser):
    """The elements of a page; a fault where one has no business there."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.references, self.seen = [], set(), set(), []

    def handle_starttag(self, tag, attributes):
        check(tag in ELEMENTS, f"<{tag}>")
        self.seen.append(tag)
        for name, value in attributes:
            check(name in ATTRIBUTES, f"{name}= in <{tag}>")
            if name == "id":
                check(value not in self.ids, f"id {value} twice")
                self.ids.add(value)
            elif name == "href":
                check(value[0] == "#", f"a link to {value}")
                self.references.add(value[1:])
            elif name == "aria-labelledby":
                self.references.update(value.split())
            elif name == "fill":
                self.references.add(re.fullmatch(r"url\(#(.*)\)", value)[1])
        if tag == "th":
            check("scope" in dict(attributes), "a head without a scope")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.open.pop()

    def handle_endtag(self, tag):
        check(self.open and self.open.pop() == tag, f"</{tag}> out of place")

    def handle_decl(self, declaration):
        check(declaration == "DOCTYPE html", declaration)

    def handle_comment(self, data):
        raise Fault("a comment")

    def handle_pi(self, data):
        raise Fault("a processing instruction")


def check_page(path):
    text = path.read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    page.close()
    check(not page.open, f"<{page.open and page.open[-1]}> without an end")
    check(page.references <= page.ids, f"no {page.references - page.ids}")
    check(page.seen.count("table") == page.seen.count("caption"), "captions")
    charts = re.findall(r"<svg.*?</svg>", text, re.S)
    for chart in charts:
        svg = ET.fromstring(chart)
        check(svg.find("title").text.strip(), "a chart without a title")
        check(svg.find("desc").text.strip(), "a chart without a description")
    return f"{page.seen.count('table')} tables, {len(charts)} charts"


def check_sheet(root, shared):
    """The number of the sheet's cells."""
    cells = root.findall(f".//{SHEET}c")
    check(not root.findall(f".//{SHEET}f"), "a formula")
    for cell in cells:
        kind, value = cell.get("t"), cell.find(f"{SHEET}v")
        if kind == "s":
            check(0 <= int(value.text) < len(shared), "no such text")
        else:
            check(kind is None, f"a cell of type {kind}")
            check(value is None or re.fullmatch(r"-?[0-9.]+(E[-+]?\d+)?",
                                                value.text), "no number")
    for link in root.findall(f".//{SHEET}hyperlink"):
        check(re.fullmatch(r"'[^'!]+'!A1", link.get("location")), "a link")
    return len(cells)


def shared_texts(parts):
    texts = []
    for item in parts["xl/sharedStrings.xml"].findall(f"{SHEET}si"):
        text = "".join(t.text or "" for t in item.iter(f"{SHEET}t"))
        text = re.sub("_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m[1], 16)), text)
        check(text[:1] not in tuple("=+-@\t\r\n＝＋－＠") or text == "", text)
        texts.append(text)
    return texts


def check_workbook(path):
    cells = 0
    with zipfile.ZipFile(path) as book:
        check(book.testzip() is None, "a damaged part")
        parts = {}
        for entry in book.infolist():
            check(entry.date_time == (1980, 1, 1, 0, 0, 0), "a time")
            check(entry.filename.endswith((".xml", ".rels")), entry.filename)
            parts[entry.filename] = ET.fromstring(book.read(entry))
    shared = shared_texts(parts)
    for name, root in parts.items():
        if name.startswith("xl/worksheets/sheet"):
            cells += check_sheet(root, shared)
        for relation in root.findall(f"{RELATION}Relationship"):
            check(relation.get("TargetMode") is None, "it leads out")
    core = parts["docProps/core.xml"]
    for when in ("created", "modified"):
        check(core.find(CORE + when).text[11:] == "12:00:00Z", when)
    who = [e for e in core.iter() if e.tag.endswith(("creator", "lastModifiedBy"))]
    check(all(not e.text for e in who), "a name")
    charts = sum(name.startswith("xl/charts/chart") for name in parts)
    return f"{cells} cells, {charts} charts"


def main():
    failed = 0
    files = sorted(pathlib.Path(sys.argv[1]).glob("*.*"))
    files = [f for f in files if f.suffix in (".html", ".xlsx")]
    for path in files:
        try:
            print(path.name, (check_page if path.suffix == ".html" else
                              check_workbook)(path))
        except (Fault, ET.ParseError, KeyError, TypeError) as why:
            print(f"{path.name}: {why!r}", file=sys.stderr)
            failed += 1
    if not files or failed:
        sys.exit("nothing to read" if not files else 1)


main()
