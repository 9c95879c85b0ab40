"""Read the page's own sentences: one catalogue a language, for the page and for its script.

A sentence may hold names in braces; where a number decides its form, it is a pair of ``one``
and ``other``. No sentence is glued together from parts.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

LANGUAGES = ("nl", "en")
FOLDER = Path(__file__).parent / "words"

Sentence = str | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Words:
    """Hold one language's sentences, and what most of them name: ``facts``."""

    language: str
    page: Mapping[str, Sentence]
    script: Mapping[str, Sentence]
    facts: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, key: str, **values: str | int) -> str:
        """Return a sentence of the page with its names filled in; ``n`` decides one or more.

        Raises KeyError for a sentence or a name that is not there.
        """
        sentence = self.page[key]
        if not isinstance(sentence, str):
            sentence = sentence["one" if values["n"] == 1 else "other"]
        shown = {
            name: number(self.language, value) if isinstance(value, int) else value
            for name, value in {**self.facts, **values}.items()
        }
        return sentence.format_map(shown)


@cache
def words_of(language: str) -> Words:
    """Return the catalogue of one of LANGUAGES; raise KeyError for another."""
    if language not in LANGUAGES:
        raise KeyError(language)
    read = json.loads((FOLDER / f"{language}.json").read_text("utf-8"))
    return Words(language, read["page"], read["script"])


def number(language: str, value: int) -> str:
    """Write a whole number as the language does: 1.000 in Dutch, 1,000 in English."""
    written = f"{value:,}"
    return written.replace(",", ".") if language == "nl" else written
