"""LAYER TAKEN ALL PERCENT for each folder of a gcovr --json-summary."""

import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    summary = json.load(file)
layers = {}
for source in summary["files"]:
    layer = layers.setdefault(source["filename"].split("/")[0], [0, 0])
    layer[0] += source["branch_covered"]
    layer[1] += source["branch_total"]
for name, (taken, total) in sorted(layers.items()):
    if total > 0:
        print(name, taken, total, f"{100 * taken / total:.1f}")
