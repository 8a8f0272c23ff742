#!/usr/bin/env python3
"""Check recorded requests against the API contract of the lab.

    python3 check_requests.py recording.jsonl [more.jsonl ...] [--contract DIR] [--operations]

One JSON object a line:

    {"product": "apig", "method": "POST", "path": "/v1/http-apis", "query": {...},
     "body": {...}, "headers": {...}, "status": 200, "response": {...}}

product, method and path are needed. query values are text as on the wire (JSON
numbers and booleans are also taken). body is an object; text is parsed as JSON
or as a form, as the operation has it. headers, status and response are optional.

Reported, each as FILE:LINE: a request that is no operation of the contract, an
unknown parameter, a value of the wrong type, a missing required parameter, an
answer field the contract does not know or of the wrong type, and (status 400 and
above) an answer that is not an error answer.

Exit 0 only when nothing is reported; 1 when something is; 2 when nothing could
be checked (no requests, unreadable input). The last line holds the counts.
"""
import argparse
import json
import os
import re
import sys
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
CONTRACT = os.path.join(HERE, "..", "lab", "front", "contract")

# What travels beside an RPC operation's own parameters.
RPC_COMMON = {"Action", "Version", "Format", "Timestamp", "SignatureNonce", "SignatureMethod",
              "SignatureVersion", "SignatureType", "AccessKeyId", "Signature", "SecurityToken", "BearerToken"}
# Fields of an error answer: name -> type. Both spellings of the first letter occur.
ERROR_FIELDS = {"requestid": str, "code": (str, int), "message": str, "hostid": str, "recommend": str,
                "detail": str, "description": str, "accessdenieddetail": dict, "httpstatuscode": int,
                "success": bool, "data": object, "errorcode": str, "errormessage": str,
                "dynamiccode": str, "dynamicmessage": str}
INTEGER, NUMBER = re.compile(r"-?\d+"), re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")


def kind(value):
    names = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object",
             list: "array", type(None): "null"}
    return names[type(value)]


class Check:
    """The problems of one request."""

    def __init__(self, nulls_allowed=False):
        self.problems = []
        self.nulls_allowed = nulls_allowed

    def say(self, text):
        self.problems.append(text)

    def value(self, where, schema, value, required=True):
        """A JSON value against a schema."""
        if value is None:
            if not self.nulls_allowed:
                self.say(f"{where}: null where {schema['type']} is due")
            return
        want, got = schema["type"], kind(value)
        if want == "any":
            return
        if want in ("object", "map"):
            if got != "object":
                return self.say(f"{where}: {got} where {want} is due")
            if want == "map":
                for key, item in value.items():
                    self.value(f"{where}.{key}", schema["values"], item, required)
            elif not schema.get("recursive"):
                self.fields(where, schema["fields"], value, required)
        elif want == "array":
            if got != "array":
                return self.say(f"{where}: {got} where array is due")
            for at, item in enumerate(value):
                self.value(f"{where}[{at}]", schema["items"], item, required)
        elif schema.get("encoding"):
            self.encoded(where, schema, value, required)
        elif got != want and not (want == "number" and got == "integer"):
            self.say(f"{where}: {got} where {want} is due")

    def fields(self, where, fields, value, required=True):
        for key, item in value.items():
            if key in fields:
                self.value(f"{where}.{key}", fields[key], item, required)
            else:
                self.say(f"{where}.{key}: unknown")
        if required:
            for key, schema in fields.items():
                if schema.get("required") and value.get(key) is None:
                    self.say(f"{where}.{key}: missing, is required")

    def encoded(self, where, schema, value, required):
        """Text that holds a value: JSON, or a list with separators."""
        if not isinstance(value, str):
            return self.say(f"{where}: {kind(value)} where text holding {schema['encoding']} is due")
        if schema["encoding"] == "json":
            try:
                inner = json.loads(value)
            except ValueError:
                return self.say(f"{where}: text is not JSON")
        else:
            mark = {"simple": ",", "spaceDelimited": " ", "pipeDelimited": "|"}[schema["encoding"]]
            inner = value.split(mark)
        self.value(where, schema["of"], inner, required)

    def text(self, where, schema, value):
        """A value as it stands in a query or a form."""
        if isinstance(value, bool) or not isinstance(value, str):
            if isinstance(value, (dict, list)) or value is None:
                return self.say(f"{where}: {kind(value)} where text is due")
            value = json.dumps(value)
        want = schema["type"]
        if schema.get("encoding") not in (None, "flat"):
            self.encoded(where, schema, value, True)
        elif want == "integer" and not INTEGER.fullmatch(value) \
                or want == "number" and not NUMBER.fullmatch(value) \
                or want == "boolean" and value.lower() not in ("true", "false"):
            self.say(f"{where}: {value!r} is no {want}")
        elif want in ("array", "object", "map"):
            self.say(f"{where}: plain text where {want} is due (as {where}.1, {where}.Name, ...)")

    def pairs(self, where, fields, values, common=frozenset()):
        """A query or a form: flat names, Key.1.Sub for what is nested."""
        nested = {}
        for key, item in values.items():
            head, _, rest = key.partition(".")
            if key in fields:
                self.text(f"{where}.{key}", fields[key], item)
            elif rest and fields.get(head, {}).get("encoding") == "flat":
                nested.setdefault(head, {})[rest] = item
            elif key not in common:
                self.say(f"{where}.{key}: unknown")
        for head, inner in nested.items():
            self.flat(f"{where}.{head}", fields[head], inner)
        for key, schema in fields.items():
            if schema.get("required") and key not in nested and values.get(key) in (None, ""):
                self.say(f"{where}.{key}: missing, is required")

    def flat(self, where, schema, values):
        """Name parts after Key. against the schema of Key."""
        groups = {}
        for key, item in values.items():
            head, _, rest = key.partition(".")
            groups.setdefault(head, {})[rest] = item
        if schema["type"] == "array":
            if sorted(groups, key=lambda k: int(k) if k.isdigit() else 0) != [str(n + 1) for n in range(len(groups))]:
                self.say(f"{where}: elements are numbered {', '.join(groups)}, not 1, 2, ...")
        elif schema["type"] == "object":
            for key in groups.keys() - schema["fields"].keys():
                self.say(f"{where}.{key}: unknown")
            for key, inner in schema["fields"].items():
                if inner.get("required") and key not in groups:
                    self.say(f"{where}.{key}: missing, is required")
        for key, inner in groups.items():
            part = (schema["items"] if schema["type"] == "array" else
                    schema["values"] if schema["type"] == "map" else schema["fields"].get(key))
            if part is None:
                continue
            if "" in inner:
                self.text(f"{where}.{key}", part, inner[""])
            else:
                self.flat(f"{where}.{key}", part, inner)

    def error(self, status, answer):
        """The body of a refusal."""
        if not isinstance(answer, dict):
            return self.say(f"response: {kind(answer)} where an error object is due")
        known = {key.lower(): item for key, item in answer.items()}
        for key, item in answer.items():
            want = ERROR_FIELDS.get(key.lower())
            if want is None:
                self.say(f"response.{key}: unknown in an error answer")
            elif item is not None and not isinstance(item, want):
                self.say(f"response.{key}: {kind(item)} in an error answer")
        for names in (("code", "errorcode"), ("message", "errormessage")):
            if not any(known.get(name) for name in names):
                self.say(f"response: status {status} without {names[0]}")


def find(contract, record, headers, check):
    """The operations a request can be for: [(name, facts)], most likely first."""
    query, body = record.get("query") or {}, record.get("body")
    method, path = record["method"].upper(), record["path"]
    action = headers.get("x-acs-action")
    operations = contract["operations"]
    if contract["style"] == "RPC":
        form = body if isinstance(body, dict) else {}
        if isinstance(body, str):
            form = dict(urllib.parse.parse_qsl(body))
        action = query.get("Action") or form.get("Action") or action
        if action not in operations:
            check.say(f"no operation {action!r}")
            return []
        if path != "/":
            check.say(f"path {path}, RPC operations have /")
        if method not in ("GET", "POST"):
            check.say(f"method {method}")
        version = query.get("Version") or form.get("Version") or headers.get("x-acs-version")
        if version is not None and version != contract["version"]:
            check.say(f"version {version}, the contract has {contract['version']}")
        return [(action, operations[action])]
    fits = []
    for name, op in operations.items():
        want, got = op["path"].split("/"), path.split("/")
        if op["method"] == method and len(want) == len(got) and all(
                g and w.startswith("{") or g == w for w, g in zip(want, got)):
            fixed = op["request"].get("fixed_query", {})
            if all(query.get(k) == v for k, v in fixed.items()):
                fits.append((-len(fixed), op["path"].count("{"), name))
    if not fits:
        check.say(f"no operation {method} {path}")
        return []
    best = min(fits)[:2]
    names = sorted(fit[2] for fit in fits if fit[:2] == best)
    if action is not None:
        if action not in names:
            check.say(f"x-acs-action {action}, {method} {path} is {names[0]}")
        names = [name for name in names if name == action] or names
    return [(name, operations[name]) for name in names]


def examine(contracts, record):
    """(operation name or None, problems) of one recorded request."""
    check = Check()
    for key, of in (("product", str), ("method", str), ("path", str)):
        if not isinstance(record.get(key), of):
            check.say(f"the record has no {key}")
    if check.problems:
        return None, check.problems
    contract = contracts.get(record["product"])
    if contract is None:
        return None, [f"no contract for product {record['product']!r}"]
    headers = {k.lower(): v for k, v in (record.get("headers") or {}).items()}
    found = find(contract, record, headers, check)
    if not found:
        return None, check.problems
    # Log Service tells two operations apart by host name alone: take the one that fits better.
    tried = [(name, examine_as(op, record)) for name, op in found]
    name, problems = min(tried, key=lambda pair: len(pair[1]))
    return name, check.problems + problems


def examine_as(op, record):
    """Problems of a record, taken as a request of this operation."""
    check = Check()
    request, body = op["request"], record.get("body")
    fixed = request.get("fixed_query", {})
    common = RPC_COMMON if op["style"] == "RPC" else frozenset(fixed)
    if op["body_format"] not in ("json", "form"):
        body = None  # a binary body is not looked into
    elif isinstance(body, str) and body:
        if op["body_format"] == "form":
            body = dict(urllib.parse.parse_qsl(body, keep_blank_values=True))
        else:
            try:
                body = json.loads(body)
            except ValueError:
                return ["body: text is not JSON"]
    check_body = {} if body in (None, "") else body
    if op["style"] == "RPC" and isinstance(check_body, dict):
        # an RPC service takes a parameter from the query or from the form
        both = {**request["query"], **request["body"]}
        check.pairs("parameter", both, {**(record.get("query") or {}), **check_body}, common)
    else:
        check.pairs("query", request["query"], record.get("query") or {}, common)
        if op["body_format"] not in ("json", "form"):
            pass
        elif request.get("body_is_value"):
            if body is not None or request["body"].get("required"):
                check.value("body", request["body"], body)
        elif not isinstance(check_body, dict):
            check.say(f"body: {kind(check_body)} where object is due")
        else:
            check.fields("body", request["body"], check_body)
    status, answer = record.get("status"), record.get("response")
    if status is not None and status >= 400:
        if "response" in record:
            check.error(status, answer)
    elif answer is not None:
        reply = Check(nulls_allowed=True)
        if op["response"] is None:
            reply.say(f"response: {kind(answer)}, the operation answers nothing")
        else:
            reply.value("response", op["response"], answer, required=False)
        check.problems += reply.problems
    return check.problems


class Contracts:
    """The contract files of a folder, <product>.json, each read when first asked for."""

    def __init__(self, folder):
        self.read = {}
        self.files = {f[:-5]: os.path.join(folder, f) for f in os.listdir(folder) if f.endswith(".json")}

    def get(self, product):
        if product not in self.read and product in self.files:
            with open(self.files[product], encoding="utf-8") as handle:
                self.read[product] = json.load(handle)
        return self.read.get(product)


def main():
    parser = argparse.ArgumentParser(description="Check recorded requests against the API contract.")
    parser.add_argument("recording", nargs="+")
    parser.add_argument("--contract", default=CONTRACT)
    parser.add_argument("--operations", action="store_true", help="list how often each operation was seen")
    args = parser.parse_args()
    contracts = Contracts(args.contract)
    requests = problems = bad = answers = 0
    seen = {}
    for file in args.recording:
        try:
            with open(file, encoding="utf-8") as handle:
                lines = handle.read().split("\n")
        except OSError as error:
            print(f"{file}: {error.strerror}")
            return 2
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            requests += 1
            try:
                record = json.loads(line)
                if not isinstance(record, dict):
                    raise ValueError
                name, found = examine(contracts, record)
                answers += record.get("response") is not None
                label = f"{record.get('product')} {name or '?'}"
                if name:
                    seen[label] = seen.get(label, 0) + 1
            except ValueError:
                found, label = ["not a JSON object"], "?"
            bad += bool(found)
            problems += len(found)
            for text in found:
                print(f"{file}:{number}: {label}: {text}")
    if args.operations:
        for label, count in sorted(seen.items()):
            print(f"{count:6} {label}")
    print(f"requests={requests} operations={len(seen)} responses={answers} "
          f"bad_requests={bad} problems={problems}")
    return 2 if not requests else 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
