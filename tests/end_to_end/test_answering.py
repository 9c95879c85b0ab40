"""Rosa and Sam answer at the command line: sent, corrected, dropped, sent directly, checked.

Real processes throughout: the console script, a portal, a relay and three nodes.
"""

import json
import shlex
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cli.embedded.federation import Federation, Options, running
from cli.respondents import Respondents
from cli.survey_run import coordinator_of
from cli.terms import terms_by_orders
from connector.respondent import manifest_fetch
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.orders import CLOSE, OPEN_ANSWERING
from tests.end_to_end.harness import (
    QUIET,
    counts_of,
    drempel,
    one_question,
    sentence_of,
    started,
)
from tests.storage import ask

MIN_COUNT = 4
CODE_ALPHABET = set("0123456789abcdefghjkmnpqrstvwxyz-")


@dataclass(slots=True, kw_only=True)
class Asked:
    """A published survey in normal timing, and what a test does as its respondents."""

    federation: Federation
    folder: Path
    survey_id: str
    codes: Sequence[str]
    manifest: Manifest
    used: int = 0
    told: list[str] = field(default_factory=list)

    def link(self, place: int) -> str:
        """Return the link that the person at ``place`` of the list was sent."""
        return f"{self.federation.relay.url}/answer/{self.survey_id}#{self.codes[place]}"

    def run(self, *arguments: object, code: int = 0) -> str:
        """Run ``drempel``, expect an exit code, and return all it printed."""
        done = drempel(*arguments)
        assert done.returncode == code, done.stdout + done.stderr
        self.told.append(done.stdout + done.stderr)
        return done.stdout if code in {0, 1} and not done.stderr else sentence_of(done)

    def answer(
        self, place: int, pick: str, *more: object, name: str = "", code: int = 0
    ) -> str:
        """Answer as the person at ``place``, with files of this name."""
        name = name or f"person{place}"
        answers = self.folder / f"{name}.json"
        answers.write_text(
            json.dumps({"format": "drempel-answers/1", "answers": {"pick": pick}})
        )
        attempt, receipt = self.folder / f"{name}.attempt", self.receipt(name)
        return self.run(
            *("answer", self.link(place), answers, "--attempt", attempt),
            *("--receipt", receipt, "--nodes", self.nodes, *more),
            code=code,
        )

    def receipt(self, name: str) -> Path:
        return self.folder / f"{name}.receipt.json"

    @property
    def nodes(self) -> Path:
        path = self.folder / "nodes.json"
        path.write_text(json.dumps(self.federation.nodes_file.to_json()))
        return path

    def fate(self, name: str, code: int = 0) -> JSON:
        """Return what ``drempel receipt --json`` says."""
        return json.loads(self.run("receipt", self.receipt(name), "--json", code=code))

    def others(self, count: int, first: int) -> None:
        """Let people from ``first`` on answer blue, without the command line."""
        codes = self.codes[first : first + count]
        respondents = Respondents(federation=self.federation, manifest=self.manifest)
        with QUIET.counting("", count) as counter:
            tickets = respondents.tickets(codes, counter)
            respondents.send(tickets, [{"pick": "blue"}] * count, counter)

    def close(self) -> JSON:
        """Close the survey and return its result."""
        coordinator = coordinator_of(self.federation)
        coordinator.order(self.survey_id, self.manifest, CLOSE)
        coordinator.wait(self.survey_id, ("released", "withheld"), seconds=120)
        return coordinator.result(self.survey_id)


def wait(is_so: Callable[[], bool], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.3)


@pytest.fixture(scope="module")
def federation() -> Iterator[Federation]:
    with running(Options(is_test=True)) as found:
        yield found


@pytest.fixture
def ask_people(federation: Federation, tmp_path: Path) -> Callable[..., Asked]:
    def publish(invited: int, timing: str = "normal") -> Asked:
        survey = one_question(("red", "green", "blue"), min_count=MIN_COUNT)
        coordinator = coordinator_of(federation)
        survey_id = coordinator.create(survey)
        codes = coordinator.invite(survey_id, invited)
        terms = terms_by_orders(survey_id, survey, invited, timing)
        coordinator.publish(survey_id, coordinator.prepare(terms))
        return Asked(
            federation=federation,
            folder=tmp_path,
            survey_id=survey_id,
            codes=codes,
            manifest=manifest_fetch(federation.relay, survey_id, federation.nodes_file),
        )

    return publish


def check_silence(asked: Asked) -> None:
    """Nothing that was printed or kept holds a code or an answer."""
    texts = [*asked.told]
    for path in asked.folder.iterdir():
        if path.suffix == ".attempt" or path.name.endswith(".receipt.json"):
            assert path.stat().st_mode & 0o077 == 0
            texts.append(path.read_text())
    for code in asked.codes:
        for form in (code, code.replace("-", "")):
            assert not any(form in text for text in texts)
    assert not any('"pick"' in text for text in texts)


def check_counted(asked: Asked, document: JSON) -> None:
    """What Rosa corrected and what Sam sent directly is in the lists behind the result."""
    told = asked.run("receipt", asked.receipt("rosa"), "--nodes", asked.nodes)
    assert told.splitlines()[0] == (
        "Counted: your answer is in the signed list of nodes a, b and c."
    )
    assert asked.fate("sam")["outcome"] == "counted"
    result = asked.folder / "result.json"
    result.write_text(json.dumps(document))
    told = asked.run("verify", result, "--nodes", asked.nodes, "--lists")
    assert (
        told.count("its lists give the root and the verdict it signed (8 counted, 1 not)") == 3
    )
    old = asked.fate("old", code=1)
    assert old["sentence"] == "Not counted: a later answer of yours took its place."


def test_an_answer_is_followed_from_sending_to_counted(
    ask_people: Callable[..., Asked],
) -> None:
    asked = ask_people(8)
    text = asked.answer(0, "red", name="rosa")
    assert "The relay has promised to deliver it; it is safe once a node has it, too." in text
    assert "could make up other respondents" in text
    first = json.loads(asked.receipt("rosa").read_text())
    assert f"Tracking code: {first['package']}" in text
    assert asked.fate("rosa")["outcome"] == "on its way"
    asked.receipt("old").write_text(json.dumps(first))
    asked.receipt("old").chmod(0o600)
    text = asked.answer(0, "green", name="rosa")
    assert "Sent: correction 1." in text
    second = json.loads(asked.receipt("rosa").read_text())
    assert (second["revision"], second["manifest"]) == (1, first["manifest"])
    assert second["package"] != first["package"]
    text = asked.answer(1, "green", "--direct", name="sam")
    assert "Signed for by nodes a, b and c." in text
    assert len(json.loads(asked.receipt("sam").read_text())["nodes"][2]["confirmation"]) == 88
    asked.others(6, first=2)
    wait(lambda: asked.fate("rosa")["outcome"] == "seen")
    lines = sorted(asked.fate("rosa")["nodes"].values())
    assert lines == ["no list yet", "no list yet", "seen"]
    document = asked.close()
    assert counts_of(document)["pick", ("green",)] is None
    assert document["accepted"] == 8
    assert document["rejected"] == [{"reason": "superseded", "count": 1}]
    check_counted(asked, document)
    late = asked.answer(0, "blue", name="rosa", code=3)
    assert "has closed" in late
    assert "What was sent before stands" in late
    check_silence(asked)


def test_what_the_relay_drops_is_seen_and_counts_when_sent_directly(
    ask_people: Callable[..., Asked],
) -> None:
    asked = ask_people(7)
    asked.answer(0, "red", name="rosa")
    asked.answer(1, "red", name="sam")
    relay = asked.federation.house.service_folder("relay")
    drop = "DELETE FROM relay_waitingparcel WHERE survey_id = ?"
    assert ask(relay, drop, asked.manifest.digest)[1] == 2
    # Where the relay does not even answer, the nodes give the survey's terms.
    away = f"http://127.0.0.1:1/answer/{asked.survey_id}"
    text = asked.run(
        *("answer", away, "--direct", "--nodes", asked.nodes),
        *("--attempt", asked.folder / "sam.attempt", "--receipt", asked.receipt("sam")),
    )
    assert "Signed for by the relay and nodes a, b and c." in text
    asked.others(5, first=2)
    document = asked.close()
    assert document["accepted"] == 6
    assert asked.fate("sam")["outcome"] == "counted"
    told = asked.fate("rosa", code=1)
    assert told["outcome"] == "missing"
    assert told["sentence"] == (
        "Missing: the relay promised to deliver your answer, and no list of nodes a, b and c "
        f"has it. {asked.receipt('rosa')} shows that to you, not to others."
    )
    check_silence(asked)


def test_in_strict_timing_she_comes_back_when_answering_has_begun(
    ask_people: Callable[..., Asked],
) -> None:
    asked = ask_people(5, timing="strict")
    early = asked.answer(0, "red", name="rosa", code=1)
    assert "What was begun is kept in" in early
    assert not asked.receipt("rosa").exists()
    coordinator_of(asked.federation).order(asked.survey_id, asked.manifest, OPEN_ANSWERING)
    path = f"surveys/{asked.manifest.digest}"
    wait(lambda: asked.federation.relay.get(path)["state"] == "open")
    assert "An answer that was interrupted before is sent" in asked.answer(
        0, "red", name="rosa"
    )
    assert asked.fate("rosa")["outcome"] == "on its way"
    check_silence(asked)


def test_what_serve_says_to_type_answers_its_sample_survey(tmp_path: Path) -> None:
    with started("serve", "--port", 0, scratch=tmp_path) as serving:
        assert serving.stdout is not None
        lines = iter(serving.stdout.readline, "")
        typed = next(line for line in lines if "drempel answer" in line)
        _, *arguments = shlex.split(typed)
        next(line for line in lines if "Ctrl-C" in line)
        kept = ("--attempt", tmp_path / "x.attempt", "--receipt", tmp_path / "x.receipt.json")
        done = drempel(*arguments, *kept)
        assert done.returncode == 0, done.stderr
        assert "Sent: your answer." in done.stdout
        serving.send_signal(signal.SIGTERM)
        assert serving.wait(60) == 0


def test_a_withheld_survey_says_so_to_everybody(ask_people: Callable[..., Asked]) -> None:
    asked = ask_people(6)
    assert "you can correct" not in asked.answer(0, "red", "--direct", "--finish", name="rosa")
    assert not (asked.folder / "rosa.attempt").exists()
    asked.close()
    told = asked.fate("rosa", code=1)
    assert told["sentence"] == (
        "Not counted: the survey ended without a result (fewer than min_count), and nobody was "
        "counted. Your answer had arrived: nodes a, b and c had it."
    )
    check_silence(asked)


def test_it_refuses_what_cannot_be_meant_in_one_sentence(
    ask_people: Callable[..., Asked], tmp_path: Path
) -> None:
    asked = ask_people(2)
    answers = tmp_path / "a.json"
    answers.write_text('{"format": "drempel-answers/1", "answers": {"pick": "purple"}}')
    place, good = tmp_path / "x.attempt", asked.link(0)
    kept = ("--attempt", place, "--receipt", tmp_path / "x.receipt.json")
    no_code = good.partition("#")[0]
    wrong = asked.run("answer", good, answers, *kept, code=2)
    assert "pick" in wrong
    assert "purple" not in wrong
    answers.write_text('{"format": "drempel-answers/1", "answers": {"pick": "red"}}')
    assert "no code" in asked.run("answer", no_code, answers, *kept, code=2)
    assert "26 letters" in asked.run("answer", no_code + "#abc", answers, *kept, code=2)
    assert "LINK must" in asked.run("answer", "https://portal.example/", answers, code=2)
    assert "--direct or --finish" in asked.run("answer", good, *kept, code=2)
    unknown = no_code + "#" + asked.codes[1][:-1] + ("0" if asked.codes[1][-1] != "0" else "1")
    assert "not on the list" in asked.run("answer", unknown, answers, *kept, code=3)
    (tmp_path / "r.json").write_text("{}")
    assert "r.json" in asked.run("receipt", tmp_path / "r.json", code=2)
    check_silence(asked)
