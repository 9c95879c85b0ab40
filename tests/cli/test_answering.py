"""Rosa's command: where things go, what is said, what is refused, and what is never printed."""

import argparse
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cli import answering
from cli.answering import Survey, link_read, told
from cli.commands import answer as command
from cli.errors import BadInput, CliError, NodeRefused
from connector import http
from connector.errors import Refused, Unreachable
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.receipt import parse_receipt
from mpcengine.protocol.roster import code_from_bytes
from mpcengine.protocol.strict import to_base64
from tests.connector.doubles import NodeDouble, Pool, RelayDouble, receiver
from tests.vectors.cast import cast
from tests.vectors.job import answer

CODE = code_from_bytes(bytes(range(17)))
PLACE = f"http://127.0.0.1:9/answer/{cast().manifest.survey_id}"
LINK = f"{PLACE}#{CODE}"


@dataclass
class Rosa:
    """Rosa's folder, the relay she reaches, and her command."""

    folder: Path
    relay: RelayDouble
    pool: Pool
    out: Callable[[], str]
    printed: list[str] = field(default_factory=list)

    def run(self, number: int | None = 0, link: str = LINK, **options: object) -> str:
        """Run ``drempel answer``; ``number`` of the sample answers, None without any."""
        path = None
        if number is not None:
            path = self.folder / "answers.json"
            document = {"format": "drempel-answers/1", "answers": answer(number)}
            path.write_text(json.dumps(document))
        parser = argparse.ArgumentParser()
        command.configure(parser)
        given = parser.parse_args([link])
        vars(given).update({"answers": path, **options})
        try:
            assert command.run(given) == 0
        finally:
            self.printed.append(self.out())
        return self.printed[-1]

    def kept(self, ending: str) -> Path:
        (found,) = self.folder.glob(f"*{ending}")
        return found


@pytest.fixture
def rosa(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Rosa:
    manifest: Manifest = cast().manifest
    relay = RelayDouble(manifest)
    pool = Pool(relay.answer)
    nodes = {n: Pool(NodeDouble(i, manifest).answer) for i, n in enumerate("abc", start=1)}
    monkeypatch.setattr(http, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setattr(
        answering,
        "survey_find",
        lambda *_: Survey(
            manifest=manifest,
            relay=receiver(pool, patience=0.01),
            nodes={name: receiver(one, f"Node {name}") for name, one in nodes.items()},
        ),
    )
    monkeypatch.chdir(tmp_path)
    return Rosa(tmp_path, relay, pool, lambda: capsys.readouterr().out)


def test_it_keeps_receipt_and_attempt_beside_each_other(rosa: Rosa) -> None:
    text = rosa.run()
    receipt = parse_receipt(json.loads(rosa.kept(".receipt.json").read_text()))
    assert f"Tracking code: {receipt.package}" in text
    assert "answers.json still holds your answers" in text
    for ending in (".receipt.json", ".attempt"):
        assert rosa.kept(ending).stat().st_mode & 0o077 == 0
        assert cast().manifest.survey_id in rosa.kept(ending).name


def test_it_corrects_only_what_is_named(rosa: Rosa) -> None:
    rosa.run()
    with pytest.raises(BadInput) as caught:
        rosa.run(40)
    assert "To correct it, say --attempt" in caught.value.sentence
    assert len(rosa.relay.parcels) == 1
    text = rosa.run(40, attempt=rosa.kept(".attempt"))
    assert "Sent: correction 1." in text
    assert len(set(rosa.relay.parcels)) == 2


def test_it_sends_what_was_interrupted_as_it_was_and_says_so(rosa: Rosa) -> None:
    rosa.pool.failures = 10_000
    with pytest.raises(CliError) as caught:
        rosa.run(0)
    assert caught.value.sentence.startswith("The relay cannot be reached. What was begun is")
    kept = json.loads(rosa.kept(".attempt").read_text())
    rosa.pool.failures = 0
    text = rosa.run(40)
    assert "An answer that was interrupted before is sent as it was then." in text
    assert f"Tracking code: {kept['package']}" in text


def test_it_gives_the_nodes_the_bytes_that_the_relay_had(rosa: Rosa) -> None:
    rosa.run()
    promised = json.loads(rosa.kept(".receipt.json").read_text())
    text = rosa.run(None, link=PLACE, direct=True)
    both = json.loads(rosa.kept(".receipt.json").read_text())
    assert "Signed for by the relay and nodes a, b and c." in text
    assert (both["content"], both["relay"]) == (promised["content"], promised["relay"])
    assert [set(one) > {"confirmation"} for one in both["nodes"]] == [True] * 3


def test_it_reads_the_link_from_its_input(rosa: Rosa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(LINK + "\n"))
    assert "Sent: your answer." in rosa.run(link="-")


def test_it_erases_the_attempt_when_told_to(rosa: Rosa) -> None:
    text = rosa.run(finish=True)
    assert "cannot be corrected any more" in text
    assert "you can correct it" not in text
    assert list(rosa.folder.glob("*.attempt")) == []
    # Her code is spent, and nothing is left that could answer with it.
    with pytest.raises(NodeRefused) as caught:
        rosa.run(1)
    assert "Only the attempt that was begun then can go on" in caught.value.sentence


def test_it_erases_an_attempt_without_sending_anything(rosa: Rosa) -> None:
    rosa.run()
    assert "is erased" in rosa.run(None, finish=True)
    assert list(rosa.folder.glob("*.attempt")) == []
    assert len(rosa.relay.parcels) == 1


def test_it_says_the_same_to_a_machine(rosa: Rosa) -> None:
    told_once = json.loads(rosa.run(json=True, direct=True))
    assert told_once == {
        "package": json.loads(rosa.kept(".receipt.json").read_text())["package"],
        "revision": 0,
        "promised": False,
        "confirmed": ["a", "b", "c"],
        "safe": True,
        "interrupted_before": False,
        "receipt": f"{cast().manifest.survey_id}.receipt.json",
    }


@pytest.mark.parametrize("content", ["", "{", '{"format": "drempel-attempt/2"}', "[]"])
def test_it_touches_no_attempt_that_it_cannot_read(rosa: Rosa, content: str) -> None:
    path = rosa.folder / "old.attempt"
    path.write_text(content)
    with pytest.raises(BadInput):
        rosa.run(attempt=path)
    assert path.read_text() == content
    assert rosa.relay.parcels == []


def test_it_prints_neither_code_nor_answer(rosa: Rosa) -> None:
    rosa.run()
    rosa.run(40, attempt=rosa.kept(".attempt"), json=True)
    rosa.run(None, direct=True, finish=True)
    for text in rosa.printed:
        assert CODE not in text
        assert CODE.replace("-", "") not in text
        assert "hospital" not in text
    assert CODE not in repr(link_read(LINK))


@pytest.mark.parametrize(
    "link",
    ["", "rosa", "https://portal.example/", PLACE[:-1] + "#" + CODE, f"ftp:{LINK}", LINK + "0"],
)
def test_it_refuses_what_is_no_link_without_repeating_it(link: str) -> None:
    with pytest.raises(BadInput) as caught:
        link_read(link)
    assert CODE not in caught.value.sentence


@pytest.mark.parametrize(
    ("text", "relay", "code"),
    [
        (LINK, "http://127.0.0.1:9", CODE),
        (PLACE + "/", "http://127.0.0.1:9", ""),
        (f"https://asks.example{PLACE[18:]}#{CODE.upper()}", "https://asks.example", "same"),
    ],
)
def test_it_reads_a_link(text: str, relay: str, code: str) -> None:
    link = link_read(f" {text}\n")
    assert (link.relay_url, link.survey_id) == (relay, cast().manifest.survey_id)
    assert link.code == (CODE.upper() if code == "same" else code)


def test_it_tells_a_node_s_no_from_others(tmp_path: Path) -> None:
    path = tmp_path / "x.attempt"
    refused = Refused("Node b", "This code is not on the list.", status=403, code="token.x")
    assert isinstance(told(refused, path), NodeRefused)
    assert "run the same again" not in told(refused, path).sentence
    path.write_text("x")
    silent = told(Unreachable("The relay", "The relay cannot be reached."), path)
    assert not isinstance(silent, NodeRefused)
    assert silent.sentence.endswith("run the same again to go on.")
    wrong = Refused("Node b", "Not on the list.", status=403, code="token.unknown_code")
    assert told(wrong, path).sentence.endswith("copy the link once more.")
    closed = Refused("The relay", "It has closed.", status=409, code="survey.closed")
    assert told(closed, path).sentence == "It has closed. What was sent before stands as it is."
    # The relay and a node refuse a closed survey alike.
    assert isinstance(told(closed, path), NodeRefused)


def test_it_erases_nothing_that_was_not_sent(rosa: Rosa) -> None:
    begun = rosa.folder / "begun.attempt"
    begun.write_text(
        json.dumps(
            {
                "format": "drempel-attempt/3",
                "manifest": cast().manifest.digest,
                "one_time_key": to_base64(bytes(31) + b"\x01"),
            }
        )
    )
    for attempt in (begun, rosa.folder / "misspelt"):
        with pytest.raises(BadInput, match="holds no answer that was sent"):
            rosa.run(None, finish=True, attempt=attempt)
    assert begun.exists()


def test_it_keeps_the_receipts_of_two_people_apart(rosa: Rosa) -> None:
    rosa.run()
    first = rosa.kept(".receipt.json").read_text()
    other = f"{PLACE}#{code_from_bytes(bytes(16) + bytes([7]))}"
    rosa.run(0, link=other, attempt=rosa.folder / "second.attempt")
    assert (rosa.folder / f"{cast().manifest.survey_id}.receipt.json").read_text() == first
    assert (rosa.folder / "second.receipt.json").exists()
