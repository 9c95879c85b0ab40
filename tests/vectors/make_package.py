"""Vectors of packages, tokens, and of what a batch is made of."""

from dataclasses import replace

from mpcengine.protocol.batch import (
    CANNOT_UNSEAL,
    SUPERSEDED,
    batch_root,
    choose_revisions,
    join_verdicts,
    list_commitment,
    verdict_digest,
)
from mpcengine.protocol.batch import Entry as BatchEntry
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.codec import pack_vector
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.package import Package, Three
from mpcengine.protocol.padding import dummy_id, padded_ids, padding_seed, seen_body
from mpcengine.protocol.sharing import split
from tests.vectors.cast import cast, element, package, resign, seed
from tests.vectors.issuers import issuer

ORIGIN = "made by tests/vectors/generate.py from keys that are derived from names"


def shares_of(name: str, *, revision: int = 0) -> Three:
    """Return three share vectors of an all-zero report, as bytes."""
    words = cast().manifest.words
    slopes = [element(f"{name} {revision} {place}") for place in range(words)]
    first, second, third = (pack_vector(vector) for vector in split([0] * words, slopes))
    return first, second, third


def packages() -> JSON:
    """Return packages that verify against the sample manifest, and others that must not."""
    manifest = cast().manifest
    rosa = package("Rosa", shares_of("Rosa"))
    again = package("Rosa", shares_of("Rosa", revision=7), revision=7)
    bad = [_decoding(name, code, data) for name, code, data in _undecodable(rosa)]
    bad += [_decoding(name, code, changed.encode()) for name, code, changed in _invalid(rosa)]
    return {
        "origin": ORIGIN,
        "manifest": manifest.digest,
        "issuer_keys": [key.hex() for key in manifest.issuer_keys],
        "envelope_length": manifest.envelope_length,
        "good": [
            {
                "bytes": one.encode().hex(),
                "package_id": one.package_id,
                "one_time_key": one.one_time_key.hex(),
                "revision": one.revision,
            }
            for one in (rosa, again)
        ],
        "bad": bad,
    }


def _undecodable(rosa: Package) -> list[tuple[str, str, bytes]]:
    data = rosa.encode()
    lengths = [0, 1, 32, 33, 97, 98, 99, 354, 355, 866, 867, len(data) - 64, len(data) - 1]
    cuts = [(f"truncated to {n} bytes", "codec.truncated", data[:n]) for n in lengths]
    revision_at = 1 + 32 + 65
    revised = data[:revision_at] + b"\x08" + data[revision_at + 1 :]
    return [
        *cuts,
        ("extra byte", "codec.trailing", data + b"\x00"),
        ("unknown version", "package.version", b"\x01" + data[1:]),
        ("revision 8", "package.revision", revised),
    ]


def _invalid(rosa: Package) -> list[tuple[str, str, Package]]:
    ravi = package("Ravi", shares_of("Ravi"))
    digest, key = cast().manifest.digest, rosa.one_time_key
    other = "sha256:" + "00" * 32
    foreign = tuple(one.token(other, key) for one in cast().issuer)
    first, second, third = rosa.tokens
    one, two, three = rosa.envelopes
    signed = {
        "token of another survey": replace(rosa, tokens=(foreign[0], second, third)),
        "token of another key": replace(rosa, tokens=ravi.tokens),
        "tokens in another order": replace(rosa, tokens=(second, first, third)),
        "one issuer's token thrice": replace(rosa, tokens=(first, first, first)),
        "token of a key that is not in the manifest": replace(
            rosa, tokens=(issuer("somebody").token(digest, key), second, third)
        ),
        "proof of possession in place of a token": replace(
            rosa, tokens=(cast().manifest.nodes[0].issuer_proof, second, third)
        ),
        "token above the modulus": replace(rosa, tokens=(b"\xff" * 256, second, third)),
    }
    unsigned = {
        "revision changed after signing": replace(rosa, revision=1),
        "envelopes swapped after signing": replace(rosa, envelopes=(two, one, three)),
        "envelope of another package": replace(rosa, envelopes=(ravi.envelopes[0], two, three)),
        "signature of another package": replace(rosa, signature=ravi.signature),
        "no signature": replace(rosa, signature=bytes(64)),
        "one-time key of another": replace(rosa, one_time_key=ravi.one_time_key),
    }
    cases = [(n, "signature.invalid", resign(p, "Rosa")) for n, p in signed.items()]
    cases += [(n, "signature.invalid", p) for n, p in unsigned.items()]
    moved = resign(replace(rosa, manifest=other), "Rosa")
    return [*cases, ("another survey", "package.manifest", moved)]


def _decoding(name: str, code: str, data: bytes) -> JSON:
    return {"name": name, "code": code, "bytes": data.hex()}


def batches() -> JSON:
    """Return lists, commitments, revisions, roots and verdicts of one small batch."""
    digest = cast().manifest.digest
    ids = sorted(seed(f"package {n}").hex() for n in range(6))
    keys = [seed(f"key {n}").hex() for n in (0, 0, 0, 1, 1, 2)]
    entries: list[dict[str, JSON]] = [
        {"package": i, "one_time_key": k, "revision": r}
        for i, k, r in zip(ids, keys, (0, 2, 2, 5, 1, 0), strict=True)
    ]
    counted, superseded = choose_revisions(map(_entry, entries))
    verdict = join_verdicts(counted, superseded, [(), counted[:1], ()])
    salt = seed("salt")
    return {
        "origin": ORIGIN,
        "manifest": digest,
        "list": {
            "ids": ids,
            "salt": salt.hex(),
            "commitment": list_commitment(digest, salt, ids),
        },
        "revisions": {
            "entries": entries,
            "counted": list(counted),
            "superseded": list(superseded),
        },
        "root": batch_root(digest, counted),
        "verdict": {
            "cannot_unseal": [[], list(counted[:1]), []],
            "accepted": list(verdict.accepted),
            "rejected": [{"id": r.package, "reason": r.reason} for r in verdict.rejected],
            "digest": verdict_digest(digest, verdict),
            "reasons": [CANNOT_UNSEAL, SUPERSEDED],
        },
        "padding": _padding(digest, ids[:4]),
        "bad_lists": [{"code": code, "ids": listed} for code, listed in _bad_lists(ids)],
    }


def _padding(digest: str, ids: list[str]) -> JSON:
    seeds = [seed(f"padding {node}") for node in NODE_NAMES]
    joint = padding_seed(digest, seeds)
    padded = padded_ids(ids, len(ids) + 3, joint)
    return {
        "seeds": [one.hex() for one in seeds],
        "seed": joint.hex(),
        "dummies": [dummy_id(joint, place) for place in range(3)],
        "ids": ids,
        "padded": list(padded),
        "signed": seen_body(digest, padded).hex(),
    }


def _entry(row: dict[str, JSON]) -> BatchEntry:
    return BatchEntry(
        package=row["package"],
        one_time_key=bytes.fromhex(row["one_time_key"]),
        revision=row["revision"],
    )


def _bad_lists(ids: list[str]) -> list[tuple[str, list[str]]]:
    return [
        ("ids.order", [ids[1], ids[0]]),
        ("ids.order", [ids[0], ids[0]]),
        ("ids.form", [ids[0].upper()]),
        ("ids.form", [ids[0][:-1]]),
        ("ids.form", [ids[0] + "00"]),
    ]
