"""The case of intake takes real parcels, and names everything it does."""

from benchmarks.intake import Clock, intake, keys_make, parcel_make, take
from mpcengine.protocol.package import verify_package
from tests.benchmarks.test_check import FIELDS

PARTS = ("outer", "read", "tokens", "signature", "unseal")


def test_it_takes_what_a_node_would_take() -> None:
    keys = keys_make()
    terms, clock = keys.terms(), Clock()
    package = take(clock, keys, terms, parcel_make(keys, terms))
    verify_package(terms, package)
    assert tuple(clock.seconds) == PARTS


def test_its_figures_have_every_field() -> None:
    figures = intake(2)
    assert figures.keys() >= FIELDS | {f"microseconds_{part}" for part in PARTS}
    assert (figures["case"], figures["n"]) == ("intake", 2)
