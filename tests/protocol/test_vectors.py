"""The vector files are what their script makes, today and in every order."""

import json

import pytest

from tests.protocol.vectors import FOLDER
from tests.vectors.generate import FILES, text_of


@pytest.mark.parametrize("name", FILES)
def test_it_makes_the_same_file_again(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text(encoding="utf-8") == text_of(name)


@pytest.mark.parametrize("name", FILES)
def test_it_says_where_it_came_from(name: str) -> None:
    assert "generate.py" in json.loads((FOLDER / f"{name}.json").read_text())["origin"]
