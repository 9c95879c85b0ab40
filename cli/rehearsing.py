"""Mark a survey as a rehearsal, lest its result be taken for answers of real people."""

from dataclasses import replace

from cli.errors import BadInput
from mpcengine.protocol.errors import ProtocolError
from mpcengine.protocol.questions import Text
from mpcengine.protocol.survey import Survey, parse_survey

WORDS = {"nl": "Oefening", "en": "Rehearsal"}


def rehearsal_of(survey: Survey) -> Survey:
    """Return the survey with ``Rehearsal: `` before its title; raise BadInput if too long."""
    marked = replace(survey, title=_marked(survey.title))
    try:
        return parse_survey(marked.to_json())
    except ProtocolError:
        raise BadInput("The survey's title is too long to be marked; shorten it.") from None


def _marked(title: Text) -> Text:
    words = (WORDS.get(language, WORDS["en"]) for language, _ in title)
    return tuple(
        (language, f"{word}: {text}")
        for word, (language, text) in zip(words, title, strict=True)
    )
