"""No file names a package index, a source host, or a path of somebody's machine."""

import re

from tests.architecture.tree import files, text

HOSTS = ("py" + "pi", "python" + "hosted", "git" + "hub", "git" + "lab", "npm" + "js")
MACHINE = ("/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "/U" + "sers/", "/t" + "mp/")
EXEMPT = {"LICENSE"}


def found(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}: {match.group()}"
        for path in files()
        if str(path) not in EXEMPT
        for match in pattern.finditer(text(path))
    ]


def test_it_names_no_package_or_source_host() -> None:
    assert found(re.compile(rf"\b({'|'.join(HOSTS)})\.(com|org|io|net)", re.IGNORECASE)) == []


def test_it_names_no_place_of_a_machine() -> None:
    """Signing labels end in their version, as in ``…/1``; no folder of ours is called so."""
    assert found(re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, MACHINE))})(?!1)")) == []


def test_it_locks_without_an_index() -> None:
    for path in files():
        if path.parts[0] == "requirements" and path.suffix == ".txt":
            assert "://" not in text(path)
            assert "--index" not in text(path)
            assert "--hash=sha256:" in text(path)
