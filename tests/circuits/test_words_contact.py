"""Keys reach the two who both opted in where there is a hit; all else is chance, alike."""

import itertools

import numpy as np
import pytest

from mpcengine.circuits.words_contact import KEY_WORDS, ContactShares, contact_shares
from mpcengine.kernels.words import Words
from tests.circuits.words_parties import LocalWords, opened, run_parties, split_all

# requester in, holder in, hit: every combination, one request each.
COMBINATIONS = list(itertools.product((0, 1), repeat=3))


def contacts(opted: list[int], seed: int = 5) -> Words:
    """Return keys with noise above the opt-in bit, (1 + holders, KEY_WORDS + 1)."""
    words = np.random.default_rng(seed).integers(
        2**64, size=(len(opted), KEY_WORDS + 1), dtype=np.uint64
    )
    words[:, KEY_WORDS] = words[:, KEY_WORDS] & ~np.uint64(1) | np.array(opted, np.uint64)
    return words


def run(
    words: Words, hits: list[int], seed: int = 1, kind: type[LocalWords] = LocalWords
) -> tuple[Words, Words, list[LocalWords]]:
    shared = split_all(words, seed)
    bits = split_all(np.array(hits, dtype=np.uint64) | np.uint64(2), seed + 1)

    async def program(runtime: LocalWords) -> ContactShares:
        return await contact_shares(runtime, shared[runtime.index], bits[runtime.index])

    results, parties = run_parties(program, seed, kind)
    return (
        opened([each.to_requester for each in results]),
        opened([each.to_holders for each in results]),
        parties,
    )


def test_keys_go_where_all_three_bits_are_set_and_nowhere_else() -> None:
    for asks in (0, 1):
        pairs = list(itertools.product((0, 1), repeat=2))
        words = contacts([asks, *(opt for opt, _ in pairs)])
        to_requester, to_holders, _ = run(words, [hit for _, hit in pairs])
        for place, (opt, hit) in enumerate(pairs):
            is_given = bool(asks and opt and hit)
            own, first = words[1 + place, :KEY_WORDS], words[0, :KEY_WORDS]
            assert (to_requester[place] == own).all() == is_given
            assert (to_holders[place] == first).all() == is_given
            if not is_given:
                # Chance: no word of either key is left.
                assert not (to_requester[place] == own).any()
                assert not (to_holders[place] == first).any()


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_every_combination_has_the_same_messages(combination: tuple[int, int, int]) -> None:
    asks, opt, hit = combination
    *_, parties = run(contacts([asks, opt]), [hit])
    assert [[len(one) for one in party.messages] for party in parties] == [[8, 8, 64]] * 3


def test_chance_is_drawn_anew_and_known_to_no_party() -> None:
    words = contacts([1, 0, 0])
    one, other, _ = run(words, [1, 1], seed=1)
    again, _, _ = run(words, [1, 1], seed=9)
    drawn = np.concatenate([one.ravel(), other.ravel(), again.ravel()])
    assert len(set(drawn.tolist())) == len(drawn)


def test_one_lying_party_forces_an_opt_in_but_reaches_no_key_of_another() -> None:
    """What one party that flips bits of an AND can do (docs/protocol.md §19.17): and no more.

    It can make both g of an opted-in holder without a hit: her card is then given. For a
    holder that did not opt in the same lie gives a key to random bytes.
    """

    class Liar(LocalWords):
        sent_ands = 0

        async def send(self, message: np.ndarray) -> None:
            if self.index == 1:
                self.sent_ands += 1
                if self.sent_ands == 2:
                    message[0] ^= 1
            await super().send(message)

    words = contacts([1, 1])
    honest, _, _ = run(words, [0])
    assert not (honest[0] == words[1, :KEY_WORDS]).any()
    lied, to_holder, _ = run(words, [0], kind=Liar)
    assert (lied[0] == words[1, :KEY_WORDS]).all()
    # Only ever the one key to the one receiver.
    assert (to_holder[0] == words[0, :KEY_WORDS]).all()
