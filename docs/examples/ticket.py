#!/usr/bin/python3 -I
"""A migrator in Python, through the messages of a child process: files a ticket before a change.

It has no network of its own: the host sends what it asks for, over the workflow's connection `tickets` (kind
`webhook`), and refuses whatever the manifest does not declare. Use it as any other file: `uses: ./ticket.py`.
"""

import json
import os
import struct
from collections import deque

HEAD = struct.Struct("<IHhQQ")  # length of the payload, kind, status, run, id
START, REPLY, CANCEL, CALL, DONE = 4, 5, 6, 7, 10
OK, ERROR = 0, 1

MANIFEST = {
    "name": "ticket",
    "version": "1.0.0",
    "contract": 1,
    "description": "files a ticket before a change, and closes it when the change is taken back",
    "settings": {
        "type": "object",
        "required": ["title"],
        "additionalProperties": False,
        "properties": {"title": {"type": "string", "description": "title of the ticket"}},
    },
    "output": {"type": "object"},
    "connections": {
        "tickets": {
            "kinds": ["webhook"],
            "actions": {"FindTicket": "read", "OpenTicket": "write", "CloseTicket": "write"},
        }
    },
    "undo": "config",
}
KEY = "ticket/change"


class Refused(Exception):
    """A service of the host failed; holds the failure as the host gave it."""


waiting = deque()  # messages that came while something else was waited for


def read_exactly(count):
    data = b""
    while len(data) < count:
        part = os.read(0, count - len(data))
        if not part:
            raise SystemExit(0)
        data += part
    return data


def receive():
    length, kind, status, run, number = HEAD.unpack(read_exactly(HEAD.size))
    return kind, status, run, number, read_exactly(length).decode()


def send(kind, status, run, number, payload):
    data = payload.encode()
    data = HEAD.pack(len(data), kind, status, run, number) + data
    while data:
        data = data[os.write(0, data):]


class Host:
    """What one piece of work may ask for."""

    last = 0

    def __init__(self, run):
        self.run = run

    def ask(self, service, request):
        Host.last += 1
        number = Host.last
        send(CALL, OK, self.run, number, service + "\n" + json.dumps(request))
        while True:
            kind, status, run, found, payload = receive()
            if (kind, found) == (REPLY, number):
                break
            waiting.append((kind, status, run, found, payload))
        answer = json.loads(payload)
        if status != OK:
            raise Refused(answer)
        return answer

    def call(self, action, method, path, kind, body=None, operation=None):
        request = {"connection": "tickets", "action": action, "method": method, "path": path, "kind": kind}
        if body is not None:
            request["body"] = {"is": "json", "value": body}
        if operation is not None:
            request["operation"] = operation
        return self.ask("call", request)["body"]

    def settle(self, key, outcome, number):
        self.ask("settle", {"key": key, "settled": {"outcome": outcome, "id": number}})


def reference(given):
    """The natural key of the ticket: the same in every attempt of this run."""
    return f"{given['run']}-{given['step']}"


def find(host, given):
    found = host.call("FindTicket", "GET", f"/tickets/{reference(given)}", "read")
    return found.get("id") if isinstance(found, dict) else None


def plan(host, ask):
    given = ask["input"]
    operation = {
        "key": KEY,
        "verb": "create",
        "object": {"kind": "ticket", "name": reference(given)},
        "after": {"title": given["settings"]["title"]},
    }
    return {"operations": [operation], "findings": [], "summary": f"a ticket: {given['settings']['title']}"}


def apply(host, ask):
    given = ask["input"]
    settled = given["settled"].get(KEY)
    if settled is None:
        # Look before writing: an earlier attempt may have filed it and not heard the answer.
        number = find(host, given)
        outcome = "unchanged" if number else "created"
        if not number:
            body = {"reference": reference(given), "title": given["settings"]["title"]}
            opened = host.call("OpenTicket", "POST", "/tickets", "idempotent_write", body, KEY)
            number = opened.get("id") if isinstance(opened, dict) else None
        host.settle(KEY, outcome, number)
    else:
        number = settled.get("id")
    return {"is": "done", "output": {"ticket": number}, "warnings": []}


def verify(host, ask):
    return []


def undo(host, ask):
    given = ask["input"]
    if KEY in given["settled"] or KEY in given["unsettled"]:
        path = f"/tickets/{reference(given)}"
        host.call("CloseTicket", "DELETE", path, "idempotent_write", None, KEY)
        return {"operations": [KEY], "left": []}
    return {"operations": [], "left": []}


VERBS = {
    "describe": lambda host, ask: {"manifest": MANIFEST},
    "check": lambda host, ask: [],
    "foresee": lambda host, ask: None,
    "plan": plan,
    "apply": apply,
    "verify": verify,
    "undo": undo,
}


def work(run, request):
    ask = request["ask"]
    try:
        return OK, VERBS[ask["verb"]](Host(run), ask)
    except Refused as refused:
        failure = refused.args[0]
        if isinstance(failure, dict) and "class" in failure:
            return ERROR, failure
        return ERROR, {
            "code": "TKT-REFUSED",
            "message": f"the ticket system does not do it: {json.dumps(failure)[:300]}",
            "class": "retryable",
            "hint": "look at the ticket system, then `gateshift resume`",
        }
    except Exception as error:  # one failed attempt, not a lost process
        return ERROR, {"code": "TKT-DEFECT", "message": repr(error), "class": "permanent"}


def main():
    while True:
        kind, _, run, _, payload = waiting.popleft() if waiting else receive()
        if kind == START:
            status, answer = work(run, json.loads(payload))
            send(DONE, status, run, 0, json.dumps(answer))


main()
