"""Stands in for sam: takes down how it was called, prints the file `sam.out` beside it, and ends with what `sam.code` says."""

import json
import pathlib
import sys

import places

HERE = pathlib.Path(__file__).resolve().parent

with open(HERE / "calls", "a", encoding="utf-8") as calls:
    calls.write(json.dumps(["sam", *sys.argv[1:]]) + "\n")
places.same(places.of_sam(sys.argv[1:]))
for name, default in (("sam.out", ""), ("sam.code", "0")):
    path = HERE / name
    value = path.read_text(encoding="utf-8") if path.is_file() else default
    if name == "sam.out":
        sys.stdout.write(value)
    else:
        sys.exit(int(value))
