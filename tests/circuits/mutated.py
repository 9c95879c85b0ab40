"""Valid reports by the thousand, and one way after another to spoil each.

Every mutation says for which reason its report must be rejected. Random choices follow from a
number, so that a failure can be looked at again.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mpcengine.circuits.runtime import Vector
from mpcengine.protocol.batch import CONSTRAINT, INCONSISTENT, NOT_BITS
from mpcengine.protocol.encoding import check_record, encode_answers, encode_texts
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.layout import Layout
from mpcengine.protocol.sharing import split
from mpcengine.protocol.validity_plan import ValidityPlan
from mpcengine.protocol.validity_prover import prove
from tests.protocol.made_reports import elements, forged, laid_out
from tests.protocol.made_surveys import SMALL, TEXTS, possible_answers

Report = list[int]
Shares = tuple[list[int], list[int], list[int]]


class Chance:
    """Numbers that follow from a name, one after another."""

    def __init__(self, name: str) -> None:
        self._stream = hashlib.shake_256(name.encode()).digest(4096)
        self._at = 0

    def below(self, limit: int) -> int:
        """Return a number from 0 to ``limit`` - 1."""
        self._at += 16
        return int.from_bytes(self._stream[self._at - 16 : self._at], "big") % limit

    def nonzero(self) -> int:
        """Return a field element that is not 0, small ones often."""
        if self.below(2):
            return (1, MODULUS - 1, 2, 1000)[self.below(4)]
        return 1 + self.below(MODULUS - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Hold one survey with the records of all its answers (at most sixty)."""

    layout: Layout
    plan: ValidityPlan
    records: list[list[int]]
    texts: list[list[int]]

    def honest(self, number: int, name: str) -> Report:
        """Return the honest report of one of the records."""
        record = self.records[number % len(self.records)]
        return self.proven(record, number, f"{name} {number}")

    def proven(self, record: Sequence[int], number: int, name: str) -> Report:
        """Return the report of any bits, with the texts of one of the records."""
        seeds = elements(f"seeds {name}", self.plan.seeds)
        return prove(self.plan, record, seeds, self.texts[number % len(self.texts)])

    @property
    def checked(self) -> list[int]:
        """Return the places of the words that lie in a proof: all but texts and mask."""
        free = {*self.plan.payload, self.plan.mask}
        return [place for place in range(self.plan.words) if place not in free]

    def shared(self, report: Report, name: str) -> Shares:
        """Split a report under slopes of its own."""
        return split(report, elements(f"slopes {name}", len(report)))


def sources() -> list[Source]:
    """Return every small survey, in one block and in blocks of four bits; then texts."""
    found = []
    for survey in [*SMALL.values(), *TEXTS.values()]:
        for largest in (250, 4):
            layout, plan = laid_out(survey, largest=largest)
            answers = possible_answers(survey)[:60]
            records = [encode_answers(layout, one) for one in answers]
            texts = [encode_texts(layout, one) for one in answers]
            found.append(Source(layout=layout, plan=plan, records=records, texts=texts))
    return found


def _one_nodes_word(source: Source, number: int, chance: Chance) -> tuple[Shares, str]:
    shares = source.shared(source.honest(number, "a"), f"a{number}")
    node, place = chance.below(3), chance.below(source.plan.words)
    shares[node][place] = (shares[node][place] + chance.nonzero()) % MODULUS
    return shares, INCONSISTENT


def _two_nodes_words(source: Source, number: int, chance: Chance) -> tuple[Shares, str]:
    shares = source.shared(source.honest(number, "b"), f"b{number}")
    place, shift = chance.below(source.plan.words), chance.nonzero()
    # Nodes 1 and 2 by s and s leave -s, and nodes 1 and 3 by s and s leave 2s.
    for node in (0, 1 + chance.below(2)):
        shares[node][place] = (shares[node][place] + shift) % MODULUS
    return shares, INCONSISTENT


def _two_words_swapped(source: Source, number: int, chance: Chance) -> tuple[Shares, str]:
    shares = source.shared(source.honest(number, "c"), f"c{number}")
    node, words = chance.below(3), source.plan.words
    place = chance.below(words)
    other = (place + 1 + chance.below(words - 1)) % words
    vector = shares[node]
    vector[place], vector[other] = vector[other], vector[place]
    return shares, INCONSISTENT


def _another_reports_vector(source: Source, number: int, chance: Chance) -> tuple[Shares, str]:
    own = source.shared(source.honest(number, "d"), f"d{number}")
    other = source.shared(source.honest(number + 1, "e"), f"e{number}")
    taken = chance.below(3)
    vectors = [other[j] if j == taken else own[j] for j in range(3)]
    return (vectors[0], vectors[1], vectors[2]), INCONSISTENT


def _nodes_exchanged(source: Source, number: int, _chance: Chance) -> tuple[Shares, str]:
    first, second, third = source.shared(source.honest(number, "f"), f"f{number}")
    return (second, first, third), INCONSISTENT


def _a_value_changed(source: Source, number: int, chance: Chance) -> tuple[Shares, str]:
    report = source.honest(number, "g")
    place = source.checked[chance.below(len(source.checked))]
    report[place] = (report[place] + chance.nonzero()) % MODULUS
    return source.shared(report, f"g{number}"), NOT_BITS


def _another_reports_proof(source: Source, number: int, _chance: Chance) -> tuple[Shares, str]:
    width = source.plan.width
    report = source.honest(number, "h")[:width] + source.honest(number + 1, "i")[width:]
    # A survey with one possible answer has one record: then a bit goes over to the other side.
    if report[:width] == source.records[(number + 1) % len(source.records)]:
        report[0] ^= 1
    return source.shared(report, f"h{number}"), NOT_BITS


def _no_bits_with_right_sums(source: Source, number: int, chance: Chance) -> tuple[Shares, str]:
    record = list(source.records[number % len(source.records)])
    record[chance.below(source.plan.width)] = 2 + chance.below(MODULUS - 2)
    texts = source.texts[number % len(source.texts)]
    report = forged(source.plan, record, f"j{number}", texts)
    return source.shared(report, f"j{number}"), NOT_BITS


def _a_flipped_bit_proven(source: Source, number: int, chance: Chance) -> tuple[Shares, str]:
    record = list(source.records[number % len(source.records)])
    record[chance.below(source.plan.width)] ^= 1
    report = source.proven(record, number, f"k{number}")
    return source.shared(report, f"k{number}"), CONSTRAINT


def _any_bits_proven(source: Source, number: int, chance: Chance) -> tuple[Shares, str]:
    record = [chance.below(2) for _ in range(source.plan.width)]
    if check_record(source.layout, record):
        record[0] ^= 1
    report = source.proven(record, number, f"l{number}")
    return source.shared(report, f"l{number}"), CONSTRAINT


MUTATIONS: tuple[Callable[[Source, int, Chance], tuple[Shares, str]], ...] = (
    _one_nodes_word,
    _two_nodes_words,
    _two_words_swapped,
    _another_reports_vector,
    _nodes_exchanged,
    _a_value_changed,
    _another_reports_proof,
    _no_bits_with_right_sums,
    _a_flipped_bit_proven,
    _any_bits_proven,
)


def valid(source: Source, count: int) -> list[Shares]:
    """Return the shares of ``count`` valid reports."""
    return [source.shared(source.honest(n, "v"), f"v{n}") for n in range(count)]


def mutated(source: Source, count: int) -> tuple[list[Shares], list[str]]:
    """Return the shares of ``count`` spoilt reports, and the reason for each."""
    made = [
        MUTATIONS[n % len(MUTATIONS)](source, n, Chance(f"{source.layout.slots} {n}"))
        for n in range(count)
    ]
    return [shares for shares, _ in made], [reason for _, reason in made]


def tables(shares: Sequence[Shares]) -> tuple[Vector, Vector, Vector]:
    """Return the three nodes' rows."""
    first, second, third = (
        np.array([one[node] for one in shares], dtype=np.uint64) for node in range(3)
    )
    return first, second, third
