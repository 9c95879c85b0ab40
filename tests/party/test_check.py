"""A check of reports: a process without a socket gives the plain reference's values."""

import subprocess
import sys

import pytest

from mpcengine.protocol.checkwire import CHECK_ROUND, CheckSpec, encode_check
from mpcengine.protocol.codec import pack_vector, unpack_vector
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.layout import build_layout
from mpcengine.protocol.partywire import (
    EXIT_BAD_SPEC,
    PREFIX_BYTES,
    frame_length,
    parse_failure,
    parse_outcome,
    split_arrays,
)
from mpcengine.protocol.survey import parse_survey
from mpcengine.protocol.validity_check import coin_weights, evaluate
from tests.party.harness import JOB, ROOT
from tests.protocol.made_reports import COIN, elements

SURVEY = parse_survey(
    {
        "format": "drempel-survey/1",
        "title": {"en": "Colours"},
        "questions": [{"id": "colour", "kind": "single", "options": ["red", "green"]}],
    }
)
PLAN = build_layout(SURVEY).proof


def run(
    rows: int, data: bytes, words: int = PLAN.words
) -> "subprocess.CompletedProcess[bytes]":
    spec = CheckSpec(job=JOB, survey=SURVEY.to_json(), coin=COIN, rows=rows, words=words)
    return subprocess.run(
        [sys.executable, "-I", "-m", "mpcengine.party"],
        input=encode_check(spec) + data,
        capture_output=True,
        cwd=ROOT,
        check=False,
    )


@pytest.mark.parametrize("count", [0, 1, 7])
def test_it_gives_the_values_of_the_plain_reference(count: int) -> None:
    made = [elements(f"share {place}", PLAN.words) for place in range(count)]
    done = run(count, b"".join(pack_vector(row) for row in made))
    assert (done.returncode, done.stderr) == (0, b"")
    start = PREFIX_BYTES + frame_length(done.stdout[:PREFIX_BYTES])
    header = parse_outcome(done.stdout[PREFIX_BYTES:start])
    assert (header.round, header.notices) == (CHECK_ROUND, ())
    values = split_arrays(header, done.stdout[start:])["values"]
    weights = coin_weights(PLAN, COIN)
    expected = [value for row in made for value in evaluate(weights, row)]
    assert unpack_vector(values, count * PLAN.opened) == expected


@pytest.mark.parametrize(
    ("rows", "data", "words"),
    [
        (2, bytes(8 * PLAN.words), PLAN.words),
        (1, MODULUS.to_bytes(8, "little") * PLAN.words, PLAN.words),
        (1, bytes(8 * PLAN.words), PLAN.words + 1),
    ],
)
def test_it_refuses_what_is_not_as_its_spec_says(rows: int, data: bytes, words: int) -> None:
    done = run(rows, data, words)
    failure = parse_failure(done.stderr)
    assert (done.returncode, done.stdout) == (EXIT_BAD_SPEC, b"")
    assert failure is not None
    assert failure.cause == "bad_spec"
