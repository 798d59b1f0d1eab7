"""Reads lines of {"kind", "body" (base64), "type"} and writes, a line each,
the names and values (base64) that Python reads: [[name, value], ...] or null.
"""
import base64
import http.cookies
import email
import email.policy
import json
import sys
import urllib.parse


def b64(value):
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogateescape")
    return base64.b64encode(value).decode("ascii")


def read(kind, raw, content_type):
    if kind == "cookie":
        cookies = http.cookies.SimpleCookie(raw.decode("latin-1"))
        if not cookies:
            raise ValueError("gave up")
        return [["YQ==", b64(cookies["a"].value.encode("latin-1"))]] if "a" in cookies else []
    if kind != "multipart":
        pairs = urllib.parse.parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict")
        return [[b64(name), b64(value)] for name, value in pairs]
    head = b"Content-Type: " + content_type.encode("ascii") + b"\r\n\r\n"
    message = email.message_from_bytes(head + raw, policy=email.policy.HTTP)
    if message.defects:
        raise ValueError(message.defects)
    parts = message.get_payload() if message.is_multipart() else []
    pairs = []
    for part in parts:
        disposition = part["Content-Disposition"]
        pairs.append([b64(disposition.params["name"]), b64(part.get_payload(decode=True))])
    return pairs


for line in sys.stdin:
    case = json.loads(line)
    try:
        found = read(case["kind"], base64.b64decode(case["body"]), case["type"])
    except Exception:  # a reader that fails reads nothing alike
        found = None
    print(json.dumps(found), flush=True)
