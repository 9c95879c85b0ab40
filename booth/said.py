"""Find the asker's words in the reader's language; mark where in the manifest they stand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from booth import moments
from booth.catalogue import Words, words_of
from booth.markup import Attribute, Markup, element
from mpcengine.protocol.canonical import JSON


class Reader:
    """Hold one survey and the language in which it is read."""

    def __init__(self, document: JSON, language: str) -> None:
        self.document = document
        self.survey: JSON = document["survey"]
        self.language = language
        answering = document["answering"]
        facts = {key: moments.moment(language, answering[key]) for key in ("opens", "closes")}
        facts["name"] = document["coordinator"]["name"]
        self.words: Words = replace(words_of(language), facts=facts)

    def said(self, name: str, path: str, text: Mapping[str, str], **more: Attribute) -> Markup:
        """Return an element that holds exactly one text of the survey.

        ``path`` says where in ``survey`` it stands; the booth compares. Where the text lacks
        the reader's language it is given in the survey's first that it has, and marked so.
        """
        found = language_of(text, self.language, self.survey["languages"])
        attributes: dict[str, Attribute] = {"class_": "said", "data_t": path, **more}
        if found != self.language:
            attributes["lang"] = found
        return element(name, text[found], **attributes)

    def plain(self, text: Mapping[str, str]) -> str:
        """Return a text without an element, for the page's title."""
        return text[language_of(text, self.language, self.survey["languages"])]


def language_of(text: Mapping[str, str], language: str, order: Sequence[str]) -> str:
    """Return ``language`` if the text has it, else the first of ``order`` that it has."""
    return language if language in text else next(one for one in order if one in text)
