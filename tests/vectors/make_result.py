"""Vectors of manifests, statements and results: good ones and changed ones.

A bad one is a list of edits to the good one: ``path`` and ``value``, or ``remove``.
"""

import copy
import json
from collections.abc import Callable
from dataclasses import replace

from mpcengine.protocol.canonical import JSON, canonical
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.result import assemble_result
from mpcengine.protocol.statement import build_statement, parse_statement, withheld_statement
from mpcengine.protocol.strict import to_base64
from tests.vectors.cast import cast, ed25519, sign_manifest
from tests.vectors.job import Job, job, sign_statement, statement

ORIGIN = "made by tests/vectors/generate.py from keys that are derived from names"
Edit = dict[str, JSON]


def put(path: list[str | int], value: JSON) -> Edit:
    """Return the edit that sets a value."""
    return {"path": path, "value": value}


def drop(path: list[str | int]) -> Edit:
    """Return the edit that removes a key or an entry."""
    return {"path": path, "remove": True}


def edited(document: JSON, edits: list[Edit]) -> JSON:
    """Return a copy of ``document`` with all edits made."""
    result = copy.deepcopy(document)
    for edit in edits:
        *way, last = edit["path"]
        place = result
        for step in way:
            place = place[step]
        if edit.get("remove"):
            del place[last]
        else:
            place[last] = edit["value"]
    return result


def manifests() -> JSON:
    """Return the sample manifest with its signatures, and edits that must be refused."""
    signed = cast().signed
    document = json.loads(signed.manifest)
    return {
        "origin": ORIGIN,
        "good": [
            {"document": document, "digest": signed.digest, "signed": signed.to_json()},
        ],
        "bad": [
            {"name": name, "code": code, "edits": edits}
            for name, code, edits in _bad_manifests(document)
        ],
        "not_canonical": {
            "code": "json.canonical",
            "bytes": json.dumps(document).encode().hex(),
        },
    }


def _bad_manifests(document: JSON) -> list[tuple[str, str, list[Edit]]]:
    node = document["nodes"][0]
    width = document["record"]["width"]
    opens = document["answering"]["opens"]
    off = to_base64(b"\x04" + bytes(63) + b"\x01")
    return [
        ("unknown key", "json.unknown_key", [put(["extra"], 1)]),
        ("unknown key, deep", "json.unknown_key", [put(["relay", "token"], "x")]),
        ("missing key", "json.missing_key", [drop(["timing"])]),
        ("unknown version", "json.value", [put(["format"], "drempel-manifest/2")]),
        ("unknown kind", "json.value", [put(["kind"], "match")]),
        ("another suite", "manifest.suite", [put(["suite", "envelope"], "none")]),
        ("survey id in capitals", "json.value", [put(["survey_id"], "AB" * 16)]),
        ("width too small", "manifest.record", [put(["record", "width"], width - 1)]),
        (
            "width and envelope too small",
            "manifest.record",
            [
                put(["record", "width"], width - 1),
                put(["record", "envelope_length"], 73 + 8 * width),
            ],
        ),
        ("envelope too long", "manifest.record", [put(["record", "envelope_length"], 1000)]),
        ("roster of nobody", "json.value", [put(["roster", "size"], 0)]),
        ("roster kind", "json.value", [put(["roster", "kind"], "list")]),
        ("two roots", "json.value", [drop(["roster", "roots", 2])]),
        ("root without prefix", "json.value", [put(["roster", "roots", 0], "00" * 32)]),
        (
            "time with offset",
            "json.value",
            [put(["issuing", "opens"], "2026-01-05T09:00:00+01:00")],
        ),
        (
            "time with fraction",
            "json.value",
            [put(["issuing", "opens"], "2026-01-05T09:00:00.5Z")],
        ),
        ("no such day", "json.value", [put(["issuing", "opens"], "2026-02-30T09:00:00Z")]),
        ("closes before it opens", "manifest.times", [put(["answering", "closes"], opens)]),
        (
            "strict, answering before issuing ends",
            "manifest.times",
            [put(["answering", "opens"], document["issuing"]["opens"])],
        ),
        ("number as text", "json.value", [put(["flush_min"], "10")]),
        ("decimal", "json.value", [put(["flush_min"], 1.5)]),
        ("true for a number", "json.value", [put(["flush_min"], True)]),
        ("negative limit", "json.value", [put(["max_inconsistent"], -1)]),
        ("nodes swapped", "json.value", [put(["nodes", 0, "node"], "b")]),
        ("index swapped", "json.value", [put(["nodes", 0, "index"], 2)]),
        ("share key off the curve", "json.value", [put(["nodes", 0, "share_key"], off)]),
        (
            "one share key twice",
            "manifest.keys",
            [put(["nodes", 1, "share_key"], node["share_key"])],
        ),
        (
            "coordinator is a node",
            "manifest.keys",
            [put(["coordinator", "key"], node["identity_key"])],
        ),
        ("base64 without padding", "json.value", [put(["relay", "key"], "AAA")]),
        ("address with password", "json.value", [put(["relay", "url"], "https://a:b@c/")]),
        ("survey not in normal form", "manifest.survey", [drop(["survey", "unit"])]),
        (
            "question named twice",
            "survey.duplicate_id",
            [put(["survey", "questions", 1, "id"], "sector")],
        ),
    ]


def results() -> JSON:
    """Return a released and a withheld result, and edits to the first that must be refused."""
    done = job()
    two = [
        build_statement(
            withheld_statement(
                node=name, manifest=cast().manifest.digest, reason="node lost", root=None
            )
        )
        for name in ("a", "b")
    ]
    withheld = assemble_result(
        cast().signed, two, [sign_statement(i, data) for i, data in enumerate(two, start=1)]
    )
    return {
        "origin": ORIGIN,
        "nodes": cast().nodes.to_json(),
        "good": [done.result, withheld],
        "bad": [
            {"name": name, "code": code, "edits": edits}
            for name, code, edits in [*_plain_edits(done.result), *_signed_edits(done)]
        ],
    }


def _plain_edits(result: JSON) -> list[tuple[str, str, list[Edit]]]:
    differs = "result.differs"
    signature = result["proof"]["nodes"][0]["signature"]
    other = result["proof"]["nodes"][1]["signature"]
    manifest = ["proof", "manifest"]
    return [
        ("count changed", differs, [put(["tables", 0, "cells", 0, "count"], 31)]),
        ("hidden count filled in", differs, [put(["tables", 4, "cells", 0, "count"], 3)]),
        ("shown count hidden", differs, [put(["tables", 0, "cells", 0, "count"], None)]),
        ("status changed", differs, [put(["tables", 0, "status"], "withheld")]),
        (
            "cell status changed",
            differs,
            [put(["tables", 0, "cells", 0, "status"], "suppressed")],
        ),
        ("key changed", differs, [put(["tables", 0, "cells", 0, "key"], ["gp"])]),
        ("assurance raised", differs, [put(["tables", 0, "assurance"], "checked")]),
        ("cell left out", differs, [drop(["tables", 0, "cells", 2])]),
        ("table left out", differs, [drop(["tables", 0])]),
        ("mean changed", differs, [put(["statistics", 0, "mean", "value"], 11.4)]),
        ("variance changed", differs, [put(["statistics", 0, "variance", "value"], 0)]),
        ("n changed", differs, [put(["statistics", 0, "n"], 61)]),
        ("accepted changed", differs, [put(["accepted"], 61)]),
        ("rejected left out", differs, [put(["rejected"], [])]),
        ("state changed", differs, [put(["state"], "withheld")]),
        ("reason given", differs, [put(["reason"], "none")]),
        ("root changed", differs, [put(["proof", "root"], "sha256:" + "00" * 32)]),
        ("manifest digest changed", differs, [put(["manifest"], "sha256:" + "00" * 32)]),
        (
            "key of a node changed",
            differs,
            [put(["proof", "nodes", 0, "key"], to_base64(bytes(32)))],
        ),
        ("true for one", differs, [put(["rejected", 0, "count"], True)]),
        ("extra key in a cell", differs, [put(["tables", 0, "cells", 0, "note"], "x")]),
        ("unknown section", "json.unknown_key", [put(["texts"], [])]),
        ("unknown version", "json.value", [put(["format"], "drempel-result/2")]),
        ("proof left out", "json.missing_key", [drop(["proof"])]),
        ("two statements only", "result.statements", [drop(["proof", "nodes", 2])]),
        (
            "statement signature of another node",
            "signature.invalid",
            [put(["proof", "nodes", 0, "signature"], other)],
        ),
        (
            "statement of another node",
            "signature.invalid",
            [put(["proof", "nodes", 1, "signature"], signature)],
        ),
        (
            "manifest signature of another",
            "signature.invalid",
            [
                put(
                    [*manifest, "signatures", "a"],
                    result["proof"]["manifest"]["signatures"]["b"],
                )
            ],
        ),
        (
            "coordinator's signature of another",
            "signature.invalid",
            [
                put(
                    [*manifest, "coordinator_signature"],
                    result["proof"]["manifest"]["signatures"]["a"],
                )
            ],
        ),
    ]


def _signed_edits(done: Job) -> list[tuple[str, str, list[Edit]]]:
    one = statement(1, done.values, done.verdict)
    moved = dict(one.shares)
    moved["cell/sector/0"] = (moved["cell/sector/0"] + 1) % MODULUS
    fewer = dict(list(one.shares.items())[:-1])
    swapped = (one.released[1], one.released[0], *one.released[2:])
    other = "sha256:" + "00" * 32
    single = {
        "one share changed and signed": ("opening.line", replace(one, shares=moved)),
        "another root signed by one": ("result.agreement", replace(one, root=other)),
        "another verdict signed by one": ("result.agreement", replace(one, verdict=other)),
        "another number signed by one": ("result.agreement", replace(one, accepted=61)),
        "one value fewer signed by one": (
            "result.agreement",
            replace(one, shares=fewer, released=one.released[:-1]),
        ),
        "another manifest signed by one": ("result.manifest", replace(one, manifest=other)),
        "one node withholds": (
            "result.statements",
            withheld_statement(node="a", manifest=one.manifest, reason="lost"),
        ),
    }
    cases = [
        (name, code, _resigned([(1, build_statement(changed))]))
        for name, (code, changed) in single.items()
    ]
    every = _every(lambda s: {**s, "released": list(swapped)})
    unknown = _every(_with_unknown_value)
    proof = done.result["proof"]["nodes"]
    wrong = [(1, canonical({**json.loads(done.statements[0]), "accepted": "60"}))]
    return [
        *cases,
        ("names in another order, signed by all", "statement.released", every),
        ("unknown value, signed by all", "statement.released", unknown),
        ("number as text in a statement", "json.value", _resigned(wrong)),
        ("one node states twice", "result.statements", [put(["proof", "nodes", 1], proof[0])]),
        ("manifest of other keys", "signature.invalid", _other_manifest()),
    ]


def _with_unknown_value(body: dict[str, JSON]) -> dict[str, JSON]:
    return {
        **body,
        "released": [*body["released"], "cell/sector/3"],
        "shares": {**body["shares"], "cell/sector/3": "0"},
    }


def _every(change: Callable[[dict[str, JSON]], dict[str, JSON]]) -> list[Edit]:
    bodies = [canonical(change(json.loads(data))) for data in job().statements]
    for body in bodies:
        parse_statement(body)
    return _resigned(list(enumerate(bodies, start=1)))


def _resigned(statements: list[tuple[int, bytes]]) -> list[Edit]:
    edits = []
    for index, data in statements:
        where: list[str | int] = ["proof", "nodes", index - 1]
        edits.append(put([*where, "statement"], to_base64(data)))
        edits.append(put([*where, "signature"], to_base64(sign_statement(index, data))))
    return edits


def _other_manifest() -> list[Edit]:
    """Return a manifest in which node a has a key of its own making, signed by it."""
    document = json.loads(cast().signed.manifest)
    document["nodes"][0]["identity_key"] = to_base64(
        ed25519("mallory").public_key().public_bytes_raw()
    )
    raw = canonical(document)
    signed = sign_manifest(replace(cast().manifest, raw=raw))
    return [put(["proof", "manifest"], signed.to_json())]
