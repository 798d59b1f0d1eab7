"""Reads lines of base64, each a JSON text, and prints for each what json.loads
makes of it: a canonical form, a tab, and the canonical form of its field id."""

import base64
import json
import math
import struct
import sys


def text(s):
    return s.encode("utf-8").hex()


def canonical(v):
    if v is None:
        return "null"
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, str):
        return "s" + text(v)
    if isinstance(v, int):
        return "n%d" % v
    if isinstance(v, float):
        if math.isinf(v) or math.isnan(v):
            return "n" + {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}[repr(v)]
        if v.is_integer():
            return "n%d" % int(v)
        return "f" + struct.pack(">d", v).hex()
    if isinstance(v, list):
        return "[" + ",".join(map(canonical, v)) + "]"
    return "{" + ",".join(sorted(text(k) + ":" + canonical(x) for k, x in v.items())) + "}"


def read(line):
    try:
        v = json.loads(base64.b64decode(line).decode("utf-8"))
        return canonical(v) + "\t" + (canonical(v["id"]) if isinstance(v, dict) and "id" in v else "")
    except (ValueError, RecursionError):
        return "refused\t"


sys.set_int_max_str_digits(0)
for line in sys.stdin.read().split("\n")[:-1]:
    print(read(line))
