"""What a node's worker tells a party process that only checks reports, and talks to nobody.

Source: docs/protocol.md §16.7. On standard input: a frame with the spec, then ``rows`` ×
``words`` little-endian 64-bit words. On standard output: an outcome of round 0 with one array,
``values``, row after row. Bytes in, bytes out, as in ``partywire``.
"""

from dataclasses import dataclass

from mpcengine.protocol.canonical import JSON, Digest, parse_canonical
from mpcengine.protocol.partywire import frame
from mpcengine.protocol.strict import Fields

CHECK_ROUND = 0
VALUES = "values"
# Places where such a process told so by its spec (``fault``) kills itself, for recovery tests.
CHECK_FAULT_POINTS = ("check.rows_read", "check.before_outcome")
_SPEC = "drempel-check-spec/1"
_KEYS = ("format", "job", "survey", "coin", "rows", "words")
_COIN_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSpec:
    """Tell a process which reports to evaluate under which coin (32 bytes).

    ``survey``: its normal form, from which the plan of the proof is rebuilt; ``rows`` ×
    ``words``: size of the stream that follows.
    """

    job: Digest
    survey: JSON
    coin: bytes
    rows: int
    words: int
    fault: str | None = None


def encode_check(spec: CheckSpec) -> bytes:
    """Return the frame of a spec, to be written to the process's standard input."""
    value: dict[str, JSON] = {
        "format": _SPEC,
        "job": spec.job,
        "survey": spec.survey,
        "coin": spec.coin.hex(),
        "rows": spec.rows,
        "words": spec.words,
    }
    if spec.fault is not None:
        value["fault"] = spec.fault
    return frame(value)


def is_check(body: bytes) -> bool:
    """Tell whether a frame's body says that it is such a spec; it may still be a bad one."""
    value = parse_canonical(body)
    return isinstance(value, dict) and value.get("format") == _SPEC


def parse_check(body: bytes) -> CheckSpec:
    """Read the spec in a frame's body; raise MalformedMessage naming the key that is wrong."""
    fields = Fields(parse_canonical(body), "spec", required=_KEYS, optional=("fault",))
    fields.choice("format", [_SPEC])
    return CheckSpec(
        job=fields.digest("job"),
        survey=fields.raw("survey"),
        coin=bytes.fromhex(fields.hexadecimal("coin", _COIN_BYTES)),
        rows=fields.integer("rows", 0, 2**31),
        words=fields.integer("words", 1, 2**20),
        fault=fields.choice("fault", CHECK_FAULT_POINTS) if fields.has("fault") else None,
    )
