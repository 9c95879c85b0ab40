"""A stopping signal is heard once, and never while something half-made could be lost."""

import os
import signal
from collections.abc import Iterator

import pytest

from cli import signals
from cli.signals import Stopped, shielded


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(signals, "_state", signals._State())
    before = {number: signal.getsignal(number) for number in signals.STOPPING}
    signals.install()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def _send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", signals.STOPPING)
def test_a_signal_is_raised_where_we_stand(number: signal.Signals) -> None:
    with pytest.raises(Stopped) as stopped:
        _send(number)
    assert stopped.value.number == number


def test_a_shield_lets_it_wait_until_the_block_has_ended() -> None:
    steps = []

    def work() -> None:
        with shielded():
            steps.append("before")
            with shielded():
                _send(signal.SIGTERM)
            steps.append("after")

    with pytest.raises(Stopped):
        work()
    assert steps == ["before", "after"]


def test_only_the_first_one_is_raised() -> None:
    with pytest.raises(Stopped):
        _send(signal.SIGINT)
    _send(signal.SIGINT)
    with shielded():
        _send(signal.SIGTERM)


def test_it_is_no_exception_that_work_could_swallow() -> None:
    assert not issubclass(Stopped, Exception)
