"""Vectors of manifests, statements and results: good ones and changed ones.

A bad one is a list of edits to the good one: ``path`` and ``value``, or ``remove``.
"""

import copy
import json
from collections.abc import Callable
from dataclasses import replace

from mpcengine.protocol.blindrsa import MODULUS_BYTES
from mpcengine.protocol.canonical import JSON, canonical
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.result import assemble_result
from mpcengine.protocol.statement import build_statement, parse_statement, withheld_statement
from mpcengine.protocol.strict import to_base64
from tests.vectors.cast import cast, ed25519, sign_manifest
from tests.vectors.issuers import issuer
from tests.vectors.job import ANSWERS, Job, job, sign_statement, statement

ORIGIN = "made by tests/vectors/generate.py from keys that are derived from names"
Edit = dict[str, JSON]
Case = tuple[str, str, list[Edit]]
Row = tuple[str, str, list[str | int], JSON]
DROP = object()
ZERO = "sha256:" + "00" * 32


def _issuer(change: Callable[[int], int]) -> tuple[list[str | int], JSON]:
    """Return the edit that gives node a another modulus."""
    changed = change(int.from_bytes(cast().issuer[0].public, "big"))
    return ["nodes", 0, "issuer_key"], to_base64(changed.to_bytes(MODULUS_BYTES, "big"))


def _somebody(_modulus: int) -> int:
    return int.from_bytes(issuer("somebody").public, "big")


def _proof(place: int) -> tuple[list[str | int], JSON]:
    """Return the edit that gives node a the proof of the node at ``place``."""
    return ["nodes", 0, "issuer_proof"], to_base64(cast().manifest.nodes[place].issuer_proof)


SHA384 = "sha384-" + "A" * 64
BAD_BOOTHS: list[Row] = [
    ("no booth", "json.missing_key", ["booth"], DROP),
    ("booth without pages", "json.missing_key", ["booth", "pages"], DROP),
    ("unknown key of the booth", "json.unknown_key", ["booth", "version"], 1),
    ("release of other files", "booth.release", ["booth", "release"], "00" * 16),
    ("another module", "booth.release", ["booth", "files", "booth/app.js"], SHA384),
    ("one module more", "booth.release", ["booth", "files", "booth/spy.js"], SHA384),
    ("release too short", "json.value", ["booth", "release"], "00" * 15),
    ("file outside the folder", "json.value", ["booth", "files", "../app.js"], SHA384),
    ("file of another kind", "json.value", ["booth", "files", "booth/app.wasm"], SHA384),
    ("file with capitals", "json.value", ["booth", "files", "booth/App.js"], SHA384),
    ("weaker hash", "json.value", ["booth", "pages", "en"], "sha256-" + "A" * 43 + "="),
    ("hash too short", "json.value", ["booth", "pages", "en"], SHA384[:-1]),
    ("no page", "json.value", ["booth", "pages"], {}),
    ("no file", "json.value", ["booth", "files"], {}),
    ("pages in a list", "json.value", ["booth", "pages"], [SHA384]),
    ("no language", "json.value", ["booth", "pages", "EN"], SHA384),
]
BAD_MANIFESTS: list[Row] = [
    ("unknown key", "json.unknown_key", ["extra"], 1),
    ("unknown key, deep", "json.unknown_key", ["relay", "token"], "x"),
    ("missing key", "json.missing_key", ["timing"], DROP),
    ("unknown version", "json.value", ["format"], "drempel-manifest/2"),
    ("unknown kind", "json.value", ["kind"], "match"),
    ("another suite", "manifest.suite", ["suite", "envelope"], "none"),
    ("survey id in capitals", "json.value", ["survey_id"], "AB" * 16),
    ("envelope too long", "manifest.record", ["record", "envelope_length"], 1000),
    ("roster of nobody", "json.value", ["roster", "size"], 0),
    ("roster kind", "json.value", ["roster", "kind"], "list"),
    ("two roots", "json.value", ["roster", "roots", 2], DROP),
    ("root without prefix", "json.value", ["roster", "roots", 0], "00" * 32),
    ("time with offset", "json.value", ["issuing", "opens"], "2026-01-05T09:00:00+01:00"),
    ("time with fraction", "json.value", ["issuing", "opens"], "2026-01-05T09:00:00.5Z"),
    ("no such day", "json.value", ["issuing", "opens"], "2026-02-30T09:00:00Z"),
    ("number as text", "json.value", ["flush_min"], "10"),
    ("decimal", "json.value", ["flush_min"], 1.5),
    ("true for a number", "json.value", ["flush_min"], True),
    ("groups below min_count", "manifest.flush_min", ["flush_min"], 4),
    ("negative limit", "json.value", ["max_inconsistent"], -1),
    ("nodes swapped", "json.value", ["nodes", 0, "node"], "b"),
    ("index swapped", "json.value", ["nodes", 0, "index"], 2),
    ("base64 without padding", "json.value", ["relay", "key"], "AAA"),
    ("address with password", "json.value", ["relay", "url"], "https://a:b@c"),
    ("address in capitals", "json.value", ["nodes", 0, "url"], "https://Node-A.example"),
    (
        "address with a slash at its end",
        "json.value",
        ["nodes", 1, "url"],
        "https://b.example/",
    ),
    ("address with its scheme's port", "json.value", ["relay", "url"], "https://r.example:443"),
    ("relay below an address", "json.value", ["relay", "url"], "https://r.example/relay"),
    ("issuer key of another length", "json.value", ["nodes", 0, "issuer_key"], "AAAA"),
    ("issuer key of 2047 bits", "issuer_key.length", *_issuer(lambda n: n >> 1 | 1)),
    ("issuer key even", "issuer_key.factor", *_issuer(lambda n: n - 1)),
    (
        "issuer key with a factor",
        "issuer_key.factor",
        *_issuer(lambda n: n - n % 65521),
    ),
    ("issuer key of somebody", "signature.invalid", *_issuer(_somebody)),
    ("proof of another node", "signature.invalid", *_proof(1)),
    ("no proof", "json.missing_key", ["nodes", 0, "issuer_proof"], DROP),
    ("survey not in normal form", "manifest.survey", ["survey", "unit"], DROP),
    ("question named twice", "survey.duplicate_id", ["survey", "questions", 1, "id"], "sector"),
]
BAD_RESULTS: list[Row] = [
    ("count changed", "result.differs", ["tables", 0, "cells", 0, "count"], 31),
    ("hidden count filled in", "result.differs", ["tables", 4, "cells", 0, "count"], 3),
    ("shown count hidden", "result.differs", ["tables", 0, "cells", 0, "count"], None),
    ("status changed", "result.differs", ["tables", 0, "status"], "withheld"),
    (
        "cell status changed",
        "result.differs",
        ["tables", 0, "cells", 0, "status"],
        "suppressed",
    ),
    ("key changed", "result.differs", ["tables", 0, "cells", 0, "key"], ["gp"]),
    ("assurance raised", "result.differs", ["tables", 0, "assurance"], "checked"),
    ("cell left out", "result.differs", ["tables", 0, "cells", 2], DROP),
    ("table left out", "result.differs", ["tables", 0], DROP),
    ("mean changed", "result.differs", ["statistics", 0, "mean", "value"], 11.4),
    ("variance changed", "result.differs", ["statistics", 0, "variance", "value"], 0),
    ("n changed", "result.differs", ["statistics", 0, "n"], 61),
    ("accepted changed", "result.differs", ["accepted"], 61),
    ("rejected left out", "result.differs", ["rejected"], []),
    ("state changed", "result.differs", ["state"], "withheld"),
    ("reason given", "result.differs", ["reason"], "none"),
    ("root changed", "result.differs", ["proof", "root"], ZERO),
    ("manifest digest changed", "result.differs", ["manifest"], ZERO),
    (
        "key of a node changed",
        "result.differs",
        ["proof", "nodes", 0, "key"],
        to_base64(bytes(32)),
    ),
    ("true for one", "result.differs", ["rejected", 0, "count"], True),
    ("decimal for a whole count", "result.differs", ["accepted"], float(ANSWERS)),
    ("one of two equal forms", "result.differs", ["tables", 0, "cells", 0, "count"], 32.0),
    ("extra key in a cell", "result.differs", ["tables", 0, "cells", 0, "note"], "x"),
    ("unknown section", "json.unknown_key", ["match"], {}),
    ("unknown version", "json.value", ["format"], "drempel-result/2"),
    ("proof left out", "json.missing_key", ["proof"], DROP),
    ("two statements only", "result.statements", ["proof", "nodes", 2], DROP),
]


def put(path: list[str | int], value: JSON) -> Edit:
    """Return the edit that sets a value."""
    return {"path": path, "value": value}


def drop(path: list[str | int]) -> Edit:
    """Return the edit that removes a key or an entry."""
    return {"path": path, "remove": True}


def _cases(rows: list[Row]) -> list[Case]:
    return [
        (name, code, [drop(path) if value is DROP else put(path, value)])
        for name, code, path, value in rows
    ]


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


def _bad_manifests(document: JSON) -> list[Case]:
    node = document["nodes"][0]
    width = document["record"]["width"]
    opens = document["answering"]["opens"]
    fitting = [
        put(["record", "width"], width - 1),
        put(["record", "words"], 2 * width),
        put(["record", "envelope_length"], 81 + 16 * width),
    ]
    computed: list[Row] = [
        ("width too small", "manifest.record", ["record", "width"], width - 1),
        ("as many words as bits", "manifest.record", ["record", "words"], width),
        ("closes before it opens", "manifest.times", ["answering", "closes"], opens),
        (
            "strict, answering before issuing ends",
            "manifest.times",
            ["answering", "opens"],
            document["issuing"]["opens"],
        ),
        *_bad_keys(node),
        ("wrong parcel length", "manifest.record", ["record", "parcel_length"], 1),
        (
            "coordinator is a node",
            "manifest.keys",
            ["coordinator", "key"],
            node["identity_key"],
        ),
    ]
    return [
        *_cases([*BAD_MANIFESTS, *BAD_BOOTHS, *computed]),
        ("record too small throughout", "manifest.record", fitting),
        # Codes differ from node to node; partners, confirmed by three operators, do not.
        ("key with roots of codes", "manifest.roots", [put(["roster", "kind"], "key")]),
    ]


def _bad_keys(node: JSON) -> list[Row]:
    off = to_base64(b"\x04" + bytes(63) + b"\x01")
    return [
        ("share key off the curve", "json.value", ["nodes", 0, "share_key"], off),
        ("one share key twice", "manifest.keys", ["nodes", 1, "share_key"], node["share_key"]),
        ("outer key off the curve", "json.value", ["nodes", 0, "outer_key"], off),
        ("one outer key twice", "manifest.keys", ["nodes", 1, "outer_key"], node["outer_key"]),
        ("one key for both", "manifest.keys", ["nodes", 0, "outer_key"], node["share_key"]),
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


def _plain_edits(result: JSON) -> list[Case]:
    nodes = result["proof"]["nodes"]
    signed = result["proof"]["manifest"]["signatures"]
    manifest: list[str | int] = ["proof", "manifest"]
    computed: list[Row] = [
        (
            "statement signature of another node",
            "signature.invalid",
            ["proof", "nodes", 0, "signature"],
            nodes[1]["signature"],
        ),
        (
            "statement of another node",
            "signature.invalid",
            ["proof", "nodes", 1, "signature"],
            nodes[0]["signature"],
        ),
        (
            "manifest signature of another",
            "signature.invalid",
            [*manifest, "signatures", "a"],
            signed["b"],
        ),
        (
            "coordinator's signature of another",
            "signature.invalid",
            [*manifest, "coordinator_signature"],
            signed["a"],
        ),
    ]
    return _cases([*BAD_RESULTS, *computed])


def _signed_edits(done: Job) -> list[Case]:
    one = statement(1, done.values, done.verdict)
    moved = dict(one.shares)
    moved["cell/sector/0"] = (moved["cell/sector/0"] + 1) % MODULUS
    fewer = dict(list(one.shares.items())[:-1])
    swapped = (one.released[1], one.released[0], *one.released[2:])
    single = {
        "one share changed and signed": ("opening.line", replace(one, shares=moved)),
        "another root signed by one": ("result.agreement", replace(one, root=ZERO)),
        "another verdict signed by one": ("result.agreement", replace(one, verdict=ZERO)),
        "another number signed by one": ("result.agreement", replace(one, accepted=61)),
        "one value fewer signed by one": (
            "result.agreement",
            replace(one, shares=fewer, released=one.released[:-1]),
        ),
        "another manifest signed by one": ("result.manifest", replace(one, manifest=ZERO)),
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
