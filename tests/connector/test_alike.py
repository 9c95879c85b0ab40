"""What respondents send looks alike whatever they answer, and differs from what they sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from connector.respondent import package_seal, ticket_fetch
from connector.sending import package_send, package_wrap
from mpcengine.protocol.codec import unpack_vector
from mpcengine.protocol.encoding import encode_answers
from mpcengine.protocol.envelope import open_envelope
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.package import Package
from mpcengine.protocol.roster import code_from_bytes
from mpcengine.protocol.sharing import recombine
from tests.connector.doubles import Answered, NodeDouble, Pool, RelayDouble, receiver
from tests.vectors.cast import cast
from tests.vectors.job import answer

Form = tuple[str, str, tuple[tuple[str, str], ...], int]


@dataclass
class Watched(Pool):
    """Note the form of every call: method, path, headers with values, length of the body."""

    forms: list[Form] = field(default_factory=list)

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None,
        headers: Mapping[str, str],
        **others: object,
    ) -> Answered:
        shown = tuple(sorted((name.lower(), value) for name, value in headers.items()))
        self.forms.append((method, url, shown, len(body or b"")))
        return super().request(method, url, body=body, headers=headers, **others)


@pytest.fixture
def manifest() -> Manifest:
    return cast().manifest


def answered(manifest: Manifest, number: int) -> list[Form]:
    """Let somebody answer from code to promise, and return the forms of all her calls."""
    nodes = {n: Watched(NodeDouble(i, manifest).answer) for i, n in enumerate("abc", start=1)}
    relay = Watched(RelayDouble(manifest).answer)
    receivers = {name: receiver(pool, f"Node {name}") for name, pool in nodes.items()}
    code = code_from_bytes(bytes(range(number, number + 17)))
    ticket = ticket_fetch(receivers, manifest, code)
    record = encode_answers(manifest.layout, answer(number))
    parcel = package_wrap(manifest, package_seal(manifest, ticket, record))
    package_send(receiver(relay), manifest, parcel)
    return [form for pool in (*nodes.values(), relay) for form in pool.forms]


def test_calls_have_one_form_whatever_is_answered(manifest: Manifest) -> None:
    """Same addresses, headers and lengths; no cookie, no referrer, nothing of a browser."""
    first, *others = (answered(manifest, number) for number in (0, 7, 40, 83))
    assert len({str(answer(number)) for number in (0, 7, 40, 83)}) > 1
    assert all(forms == first for forms in others)
    assert len(first) == 4
    sent = {name for _, _, headers, _ in first for name, _ in headers}
    assert sent == {"accept", "accept-encoding", "content-type"}


def report_of(manifest: Manifest, package: Package) -> tuple[list[int], list[list[int]]]:
    """Return the report in a package, and its three shares."""
    shares = [
        unpack_vector(
            open_envelope(
                cast().share[index - 1],
                manifest=manifest.digest,
                index=index,
                one_time_key=package.one_time_key,
                revision=package.revision,
                sealed=package.envelopes[index - 1],
            ),
            manifest.words,
        )
        for index in (1, 2, 3)
    ]
    return recombine(*shares), shares


def test_a_correction_shares_and_proves_afresh(manifest: Manifest) -> None:
    """One answer in two revisions: a node that subtracts its shares sees nothing but noise."""
    nodes = {n: Pool(NodeDouble(i, manifest).answer) for i, n in enumerate("abc", start=1)}
    receivers = {name: receiver(pool, f"Node {name}") for name, pool in nodes.items()}
    ticket = ticket_fetch(receivers, manifest, code_from_bytes(bytes(range(17))))
    record = encode_answers(manifest.layout, answer(0))
    made = [
        report_of(manifest, package_seal(manifest, ticket, record, revision))
        for revision in (0, 1)
    ]
    (first, first_shares), (second, second_shares) = made
    width = manifest.width
    assert first[:width] == second[:width] == record
    seeds = [block.seed for block in manifest.layout.proof.blocks]
    assert all(first[seed] != second[seed] for seed in seeds)
    for one, other in zip(first_shares, second_shares, strict=True):
        same = sum(a == b for a, b in zip(one, other, strict=True))
        differences = {(a - b) for a, b in zip(one[:width], other[:width], strict=True)}
        assert same == 0
        assert len(differences) == width
