"""Say in the reader's language what an import, a check or a change has as a code."""

from collections.abc import Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mpcengine.protocol.canonical import JSON
from surveys.drafting.readiness import Finding as ToDo
from surveys.formats.report import Finding, Place

Sentence = Promise | str
# What a kind of question is for: what a person wants to learn, and how it is counted.
KINDS: Mapping[str, tuple[Sentence, Sentence]] = {
    "single": (_("Share of people: one answer"), _("Counted per answer.")),
    "multiple": (_("Share of people: several answers"), _("Counted per answer ticked.")),
    "number": (_("An amount"), _("Counted in bands; total and mean if there are two or more.")),
    "scale": (_("A mark on a scale"), _("Counted per point.")),
    "ranking": (_("An order"), _("Counted per answer and place; at most 8 answers.")),
    "matrix": (
        _("The same question about several things"),
        _("Each row counts as a question."),
    ),
    "date": (_("A day"), _("Counted in bands, such as quarters.")),
    "text": (
        _("A text in one's own words"),
        _("Shown shuffled and whole: who writes names, shows names. A choice says more."),
    ),
}
REPORT: Mapping[str, Sentence] = {
    "question": _("Question, kind %(kind)s."),
    "introduction": _("The note before the first question is the introduction."),
    "hint": _("The note explains the question after it."),
    "id": _("Name “%(old)s” is now “%(new)s”."),
    "option_ids": _("Answers have new names, such as “%(new)s” for “%(old)s”."),
    "decimals": _("Asked in whole numbers; decimals cannot be added up here."),
    "bounds": _("Limits were missing: from %(low)s to %(high)s. Set your own."),
    "bins": _("Counted in bands from %(bins)s. Set your own."),
    "text_size": _("A text of at most %(bytes)s bytes."),
    "other_added": _("“Other” is an answer like the others, without a text."),
    "choices_not_filtered": _("All answers are offered; they do not depend on another answer."),
    "required_in_part": _("Only some rows were obligatory; now none is."),
    "condition_without_answer": _("Who skipped the question before is not asked this one."),
    "words_mention_answers": _(
        "The text mentions an earlier answer; it stands there as it was."
    ),
    "markup": _("Bold, links and pictures in the text are gone; the words are kept."),
    "no_page": _("The heading of this group is gone; pages are made when answering."),
    "title": _("There was no text; the name stands in its place."),
    "kind": _("Questions of type “%(kind)s” cannot be counted without seeing them."),
    "repeat": _("Questions asked again and again cannot be counted here."),
    "column": _("“%(column)s” has no meaning here."),
    "condition": _("This condition looks at more than one earlier answer; all are asked."),
    "condition_never": _("Under its condition nobody would ever be asked."),
    "constraint": _("This limit cannot be checked here."),
    "too_many_options": _("More than %(most)s answers."),
    "too_few_options": _("Fewer than two answers."),
    "too_many_rows": _("More than %(most)s rows."),
    "too_many_questions": _("More than %(most)s questions."),
    "language": _("Language “%(language)s” is not known; write it as “Nederlands (nl)”."),
    "missing_list": _("The list “%(list)s” is missing."),
    "appearance": _("How the question looked is not kept."),
    "setting": _("Setting “%(name)s” has no meaning here."),
}
CHECKS: Mapping[str, Sentence] = {
    "title": _("Has a title"),
    "questions": _("Asks something"),
    "languages": _("Is complete in every language"),
    "answers": _("Every question has its answers"),
    "rules": _("Every rule can be met"),
    "limits": _("Can be counted"),
    "people": _("Enough people for what is asked"),
    "period": _("Has a period"),
    "identity": _("Identifies nobody without need"),
}
TO_DO: Mapping[str, Sentence] = {
    "no_title": _("Give it a title."),
    "no_questions": _("Add your first question."),
    "gap_title": _("The title is missing in %(language)s."),
    "gap_introduction": _("The introduction is missing in %(language)s."),
    "gap": _("A text is missing in %(language)s."),
    "few_options": _("Give at least two answers."),
    "no_rows": _("Give at least one row."),
    "wide_matrix": _("More than five columns do not fit on a small screen."),
    "long_option": _("An answer of over 80 characters is hard to read."),
    "rule_gone": _("Its rule looks at “%(other)s”, which is no longer there."),
    "rule_later": _("Its rule looks at “%(other)s”, which is asked later or cannot be used."),
    "rule_answer_gone": _("Its rule names an answer of “%(other)s” that was removed."),
    "unreachable": _("Nobody can reach this question: its rule can never be met."),
    "refused": "%(sentence)s",
    "no_expected": _("Say how many will be invited."),
    "too_few_people": _("%(expected)s invited are fewer than the smallest count %(least)s."),
    "floor": _("No operator may show counts below %(floor)s; yours is %(least)s."),
    "too_fine": _(
        "With %(expected)s invited, most of the %(cells)s cells of “%(table)s” stay hidden: "
        "each needs %(least)s answers."
    ),
    "no_period": _("Say when it opens and closes."),
    "period_backwards": _("It closes before it opens."),
    "period_past": _("The closing time is past."),
    "asks_text": _("A text in one's own words can name somebody. Is it needed?"),
    "asks_person": _("This seems to ask who somebody is. Is it needed?"),
}
CHANGES: Mapping[str, Sentence] = {
    "created": _("Made"),
    "duplicated": _("Copied"),
    "restored": _("Restored"),
    "added": _("Question added"),
    "edited": _("Question changed"),
    "moved": _("Question moved"),
    "copied": _("Question copied"),
    "deleted": _("Question deleted"),
    "head": _("Title or terms changed"),
    "languages": _("Languages changed"),
    "tables": _("Tables changed"),
}


def finding_said(finding: Finding) -> str:
    """Return an import's finding as a sentence."""
    return str(REPORT[finding.code]) % dict(finding.values)


def place_said(place: Place) -> str:
    """Return a place in a file in words, or an empty text."""
    parts = [place.sheet]
    if place.row is not None:
        parts.append(str(_("row %(row)s")) % {"row": place.row})
    if place.column:
        parts.append(str(_("column %(column)s")) % {"column": place.column})
    return ", ".join(part for part in parts if part)


def to_do_said(found: ToDo) -> str:
    """Return what is missing, or an advice, as a sentence."""
    return str(TO_DO[found.code]) % dict(found.values)


def text_said(text: Mapping[str, JSON], language: str, order: Iterable[str]) -> str:
    """Return a text in the reader's language, else in the first that it has."""
    for one in (language, *order):
        if text.get(one):
            return str(text[one])
    return next((str(words) for words in text.values() if words), "")
