"""Respondents with a right to answer who send what is no answer, each in one of three ways."""

from collections.abc import Callable, Sequence

from connector.respondent import Ticket, package_seal, random_elements, shares_seal
from mpcengine.protocol.batch import CONSTRAINT, INCONSISTENT, NOT_BITS
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.package import Package
from mpcengine.protocol.sharing import split
from tests.protocol.made_reports import forged

Crooked = Callable[[Manifest, Ticket, Sequence[int]], Package]


def not_bits(manifest: Manifest, ticket: Ticket, record: Sequence[int]) -> Package:
    """Answer a thousand times over: 1000 in one option, -999 in another; the sum holds."""
    wrong = [0] * len(record)
    wrong[0], wrong[1] = 1000, MODULUS - 999
    report = forged(manifest.layout.proof, wrong, "not bits")
    return shares_seal(manifest, ticket, split(report, random_elements(len(report))))


def wrong_sum(manifest: Manifest, ticket: Ticket, record: Sequence[int]) -> Package:
    """Tick two options of one, and prove honestly that they are bits."""
    place = record.index(0)
    wrong = [bit or int(slot == place) for slot, bit in enumerate(record)]
    return package_seal(manifest, ticket, wrong)


def off_the_line(manifest: Manifest, ticket: Ticket, record: Sequence[int]) -> Package:
    """Prove honestly, and send the third node another share of one word."""
    plan = manifest.layout.proof
    report = forged(plan, list(record), "off the line")
    first, second, third = split(report, random_elements(len(report)))
    third[1] = (third[1] + 1) % MODULUS
    return shares_seal(manifest, ticket, (first, second, third))


WAYS: tuple[tuple[str, Crooked], ...] = (
    (NOT_BITS, not_bits),
    (CONSTRAINT, wrong_sum),
    (INCONSISTENT, off_the_line),
)
