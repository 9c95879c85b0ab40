"""Nothing in a result can be changed without ``show`` and ``verify`` saying so."""

import base64
import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli import main as script
from cli import signals
from mpcengine.protocol.canonical import JSON
from tests.vectors.job import job

Place = tuple[str | int, ...]


def _places(value: JSON, place: Place = ()) -> Iterator[Place]:
    """Yield the place of every leaf of a document."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, (*place, key))
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from _places(inner, (*place, number))
    else:
        yield place


def _other(value: JSON) -> JSON:
    """Return another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value + 0.5
    if value is None:
        return 12
    if isinstance(value, list):
        return [{"reason": "superseded", "count": 1}]
    return _other_text(value)


def _other_text(value: str) -> str:
    try:
        raw = bytearray(base64.b64decode(value, validate=True))
    except ValueError:
        raw = bytearray()
    if len(raw) >= 32:
        raw[len(raw) // 2] ^= 1
        return base64.b64encode(raw).decode("ascii")
    if value.startswith("sha256:"):
        return value[:-1] + ("0" if value[-1] != "0" else "1")
    return value + "x"


def _changed(document: JSON, place: Place) -> JSON:
    found = copy.deepcopy(document)
    *way, last = place
    inner = found
    for step in way:
        inner = inner[step]
    inner[last] = _other(inner[last])
    return found


@pytest.fixture(scope="module")
def document() -> JSON:
    return job().result


@pytest.fixture(autouse=True)
def no_signal_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "install", lambda: None)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[JSON], Path]:
    def act(value: JSON) -> Path:
        path = tmp_path / "result.json"
        path.write_text(json.dumps(value), "utf-8")
        return path

    return act


def _run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = script.main([str(one) for one in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_both_accept_the_file_as_it_is(
    document: JSON, write: Callable[[JSON], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(document)
    code, out, _ = _run(capsys, "verify", path)
    assert (code, out) == (0, f"{path}: consistent; who the nodes are was not checked.\n")
    code, out, _ = _run(capsys, "show", path, "--language", "en")
    assert code == 0
    assert "answers were counted" in out


def test_verify_refuses_every_single_change(
    document: JSON, write: Callable[[JSON], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    places = list(_places(document))
    assert len(places) > 150
    accepted = []
    for place in places:
        code, out, err = _run(capsys, "verify", write(_changed(document, place)))
        if code not in {1, 2} or out or len(err.splitlines()) != 1:
            accepted.append(place)
    assert not accepted


def test_show_prints_nothing_of_a_changed_file(
    document: JSON, write: Callable[[JSON], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    for place in list(_places(document))[::7]:
        code, out, err = _run(capsys, "show", write(_changed(document, place)))
        assert code in {1, 2}, place
        assert out == ""
        assert len(err.splitlines()) == 1


@pytest.mark.parametrize("key", ["tables", "statistics", "proof", "accepted", "state"])
def test_verify_refuses_a_file_without(
    key: str,
    document: JSON,
    write: Callable[[JSON], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, _, err = _run(
        capsys, "verify", write({k: v for k, v in document.items() if k != key})
    )
    assert code in {1, 2}
    assert key in err


def test_verify_refuses_an_added_key(
    document: JSON, write: Callable[[JSON], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = _run(capsys, "verify", write({**document, "colour": "red"}))
    assert code == 2
    assert "colour" in err


def test_verify_refuses_a_manifest_changed_after_signing(
    document: JSON, write: Callable[[JSON], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    changed = copy.deepcopy(document)
    signed = changed["proof"]["manifest"]
    raw = base64.b64decode(signed["manifest"])
    assert b'"min_count":5' in raw or b'"min_count":10' in raw
    lower = raw.replace(b'"min_count":5', b'"min_count":1').replace(
        b'"min_count":10', b'"min_count":5'
    )
    signed["manifest"] = base64.b64encode(lower).decode("ascii")
    code, _, err = _run(capsys, "verify", write(changed))
    assert code == 1
    assert "signature with label drempel/manifest/1 does not hold" in err


@pytest.mark.parametrize("content", ['{"format": "drempel-survey/1"}', "[]", "{", ""])
def test_what_is_no_result_is_bad_input(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "result.json"
    path.write_text(content, "utf-8")
    for command in ("show", "verify"):
        code, out, err = _run(capsys, command, path)
        assert (code, out) == (2, "")
        assert str(path) in err
