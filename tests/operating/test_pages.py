"""The operators' pages say who runs what, with which values, and the same to systemd."""

import re
from pathlib import Path

import pytest

from tests.operating.federation import in_order
from tests.operating.page import NODE_PAGE, PORTAL_PAGE, ROOT, blocks, lines

WHO = {NODE_PAGE: {"root", "operator"}, PORTAL_PAGE: {"root", "portal", "coordinator"}}
HAND = re.compile(r"^ *nohup (.*?) > ", re.MULTILINE)
UNIT = re.compile(r"^ExecStart=(.*)$", re.MULTILINE)


@pytest.mark.parametrize("page", WHO)
def test_it_marks_every_block_for_somebody(page: str) -> None:
    fences = [line for line in lines(page) if line.startswith("```") and line != "```"]
    assert set(fences) <= {"```ini", *(f"```sh {who}" for who in WHO[page])}
    assert {block.who for block in blocks(page)} == WHO[page]


def test_it_follows_every_block_once() -> None:
    assert sorted(map(str, in_order())) == sorted(
        str(block) for page in WHO for block in blocks(page)
    )


def test_it_starts_by_hand_what_systemd_starts() -> None:
    by_hand = {
        line.replace('"', "").replace("$HOME", "/var/lib/drempel")
        for block in blocks(NODE_PAGE)
        for line in HAND.findall(block.text)
    }
    units = "\n".join(block.text for block in blocks(NODE_PAGE, "ini"))
    by_systemd = {
        " ".join([Path(first).name, *rest])
        for first, *rest in (line.split() for line in UNIT.findall(units))
    }
    assert len(by_hand) == 4
    assert by_hand == by_systemd


@pytest.mark.parametrize("page", WHO)
def test_it_keeps_secrets_off_command_lines(page: str) -> None:
    """A password in an argument or the environment is seen by others."""
    for block in blocks(page):
        assert "PGPASSWORD" not in block.text
        for line in block.text.splitlines():
            is_into_file = "requirepass" in line or "printf" in line
            if "password" in line and "$(cat" in line:
                assert is_into_file, line


def test_it_is_linked_from_the_first_pages() -> None:
    for page in ("README.md", "docs/README.md"):
        assert "operating-a-node.md" in (ROOT / page).read_text("utf-8")
