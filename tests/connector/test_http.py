"""Call receivers that are slow, gone, rude or wrong: patiently, and never without a limit."""

import threading
import time

import pytest

from connector import http
from connector.errors import ConnectorError, Misbehaved, Refused, Unreachable
from tests.connector.doubles import Answer, Pool, receiver


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setattr(http, "LONGEST_WAIT_SECONDS", 0.01)


def fine(_method: str, _path: str, _body: bytes) -> Answer:
    return 200, {"state": "open"}


@pytest.mark.parametrize("is_lost_on_the_way_back", [False, True])
def test_it_calls_again_when_nobody_answers(is_lost_on_the_way_back: bool) -> None:
    pool = Pool(fine, failures=4, is_lost_on_the_way_back=is_lost_on_the_way_back)
    assert receiver(pool).get("health") == {"state": "open"}
    assert len(pool.calls) == 5


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_it_calls_again_when_asked_to(status: int) -> None:
    answers = iter([(status, {}), (200, {"done": True})])
    pool = Pool(lambda *_: next(answers))
    assert receiver(pool).send_octets("packages", b"x") == {"done": True}
    assert [body for _, _, body in pool.calls] == [b"x", b"x"]


def test_what_may_be_done_only_once_carries_one_key_in_every_try() -> None:
    pool = Pool(fine, failures=2)
    relay = receiver(pool)
    relay.send("POST", "surveys", {}, once=True)
    assert len(pool.keys) == 3
    assert len(set(pool.keys)) == 1
    assert len(pool.keys[0]) >= 16
    relay.send("POST", "surveys", {}, once=True)
    assert pool.keys[3] not in {"", pool.keys[0]}
    relay.send("POST", "surveys", {})
    assert pool.keys[4] == ""


def test_its_patience_ends() -> None:
    pool = Pool(fine, failures=10**6)
    began = time.monotonic()
    with pytest.raises(Unreachable) as error:
        receiver(pool, patience=0.1).get("health")
    assert time.monotonic() - began < 1
    assert error.value.sentence == "The relay cannot be reached."


def test_it_gives_up_at_once_when_told_to_stop() -> None:
    relay = receiver(Pool(fine, failures=10**6), patience=60)
    threading.Timer(0.05, relay.stop.set).start()
    began = time.monotonic()
    with pytest.raises(Unreachable):
        relay.get("health")
    assert time.monotonic() - began < 1


def test_it_keeps_the_code_and_sentence_of_a_refusal() -> None:
    problem = {"code": "policy.min_count", "detail": "Too low.", "where": "survey.min_count"}
    with pytest.raises(Refused) as error:
        receiver(Pool(lambda *_: (403, problem))).get("health")
    found = error.value
    assert (found.status, found.code) == (403, "policy.min_count")
    assert (found.sentence, found.where) == ("Too low.", "survey.min_count")


@pytest.mark.parametrize(
    "content", [b"<html>", b'{"code": "\\u001b[2J", "detail": "\\u001b[2J"}', b"[]"]
)
def test_a_refusal_without_sense_gets_a_sentence_of_ours(content: bytes) -> None:
    with pytest.raises(Refused) as error:
        receiver(Pool(lambda *_: (404, content))).get("health")
    assert (error.value.code, error.value.sentence) == ("refused", "No reason was given.")


@pytest.mark.parametrize(
    ("status", "content"),
    [(200, b"[1]"), (200, b"{"), (200, b'{"a": 1, "a": 2}'), (302, b"{}"), (200, b"")],
)
def test_it_refuses_what_no_interface_says(status: int, content: bytes) -> None:
    with pytest.raises(Misbehaved):
        receiver(Pool(lambda *_: (status, content))).get("health")


def test_it_refuses_an_answer_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_ANSWER_BYTES", 10)
    with pytest.raises(Misbehaved):
        receiver(Pool(lambda *_: (200, {"long": "x" * 20}))).get("health")


def test_it_leaves_who_answers_too_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "CALL_SECONDS", -1.0)
    with pytest.raises(Unreachable, match="too slowly"):
        receiver(Pool(fine), patience=0.01).get("health")


def test_it_refuses_a_refusal_that_is_too_long() -> None:
    with pytest.raises(Misbehaved):
        receiver(Pool(lambda *_: (404, {"detail": "x" * 20_000}))).get("health")


def test_no_error_holds_what_was_sent() -> None:
    for pool in (
        Pool(fine, failures=10**6),
        Pool(lambda *_: (404, {})),
        Pool(lambda *_: (200, [])),
    ):
        with pytest.raises(ConnectorError) as error:
            receiver(pool, patience=0.01).send("POST", "tokens", {"code": "s3cr3t"})
        assert "s3cr3t" not in f"{error.value!r} {error.value.__cause__!r}"
