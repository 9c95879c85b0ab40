"""``drempel answer``: one respondent, without a browser."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cli.errors import BadInput

if TYPE_CHECKING:
    from cli.answering import Link, Survey
    from connector.claims import Claim
    from mpcengine.protocol.receipt import Receipt

HELP = "answer a survey, or correct an answer until the survey closes"
_STDIN = "-"
CODE_WARNING = (
    "The organisation that sent your link could make up other respondents and so single out "
    "your answer. If you do not trust it with your answer, do not answer here."
)
KEY_WARNING = (
    "The list of participants was confirmed by three operators; if most participants work "
    "together with the coordinator, they can subtract their own answers."
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the link, the answers, the files to keep, and the ways to send."""
    add = parser.add_argument
    link = "the link you were sent, in quotes; with - it is read from standard input"
    add("link", metavar="LINK", help=link)
    add("answers", metavar="ANSWERS.json", type=Path, nargs="?", help="drempel-answers/1")
    receipt = "where the receipt goes (beside the attempt, as .receipt.json)"
    add("--receipt", metavar="FILE", type=Path, help=receipt)
    attempt = "what is kept to go on, and to correct (SURVEY.attempt in this folder)"
    add("--attempt", metavar="FILE", type=Path, help=attempt)
    direct = (
        "straight to the nodes, who then see from where; if the relay is down, with --nodes"
    )
    add("--direct", action="store_true", help=direct)
    add("--key", metavar="KEY.pem", type=Path, help="a partner's key, for a link without code")
    add("--nodes", metavar="NODES.json", type=Path, help="who the nodes are")
    add("--partners", metavar="FILE", type=Path, help="the list of invited partners, to check")
    add("--finish", action="store_true", help="then erase the attempt: no correction any more")
    add("--json", action="store_true", help="print a machine-readable summary")


def run(arguments: argparse.Namespace) -> int:
    """Answer, correct, send again, or end correction; never print the link or an answer."""
    from cli.answering import link_read, told  # noqa: PLC0415 - arguments are checked before
    from cli.files import check_output  # noqa: PLC0415
    from connector.errors import ConnectorError  # noqa: PLC0415

    text = sys.stdin.readline() if arguments.link == _STDIN else arguments.link
    link = link_read(text)
    attempt = arguments.attempt or Path(f"{link.survey_id}.attempt")
    # Beside its attempt: two people in one folder have two of each.
    receipt = arguments.receipt or attempt.with_suffix(".receipt.json")
    for path in (receipt, attempt):
        check_output(path)
    if arguments.answers is not None or arguments.direct:
        try:
            _answer(arguments, link, receipt, attempt)
        except ConnectorError as error:
            raise told(error, attempt) from None
    elif not arguments.finish:
        raise BadInput("Name ANSWERS.json, or say --direct or --finish.")
    if arguments.finish:
        _finish(attempt, is_quiet=arguments.json)
    return 0


def _finish(attempt: Path, *, is_quiet: bool) -> None:
    from connector.attempt import attempt_erase, attempt_is_sent  # noqa: PLC0415
    from mpcengine.protocol.errors import ProtocolError  # noqa: PLC0415

    try:
        is_sent = attempt_is_sent(attempt)
    except ProtocolError as error:
        raise BadInput(f"{attempt}: {error.sentence}") from None
    if not is_sent:
        raise BadInput(
            f"{attempt} holds no answer that was sent: send it first, or name the right file "
            "with --attempt."
        )
    attempt_erase(attempt)
    if not is_quiet:
        print(f"{attempt} is erased: this answer cannot be corrected any more.")


def _answer(arguments: argparse.Namespace, link: "Link", receipt: Path, attempt: Path) -> None:
    from cli.answering import (  # noqa: PLC0415
        answers_read,
        attempt_look,
        parcel_give,
        parcel_make,
        survey_find,
    )
    from cli.files import read_nodes, read_partners  # noqa: PLC0415
    from cli.partners import partners_check  # noqa: PLC0415
    from connector.attempt import attempt_sent  # noqa: PLC0415

    nodes = None if arguments.nodes is None else read_nodes(arguments.nodes)
    claim = _claim(arguments, link)
    survey = survey_find(link, nodes, attempt)
    answers = None
    if arguments.answers is not None:
        answers = answers_read(arguments.answers, survey.manifest)
    before = attempt_look(attempt, survey.manifest)
    is_sent = before is not None and before.is_sent
    if is_sent and answers is not None and arguments.attempt is None:
        raise BadInput(
            f"{attempt} holds an answer that was sent. To correct it, say --attempt {attempt}; "
            "to answer for somebody else, name another file there."
        )
    if arguments.partners is not None:
        partners_check(survey.manifest, read_partners(arguments.partners), arguments.partners)
    if not arguments.json:
        _introduce(survey, is_identified=nodes is not None)
    parcel = parcel_make(survey, attempt, answers, claim)
    given = parcel_give(survey, parcel, receipt=receipt, is_direct=arguments.direct)
    attempt_sent(attempt, survey.manifest)
    has_waited = before is not None and before.parcel is not None and not is_sent
    is_old = has_waited and answers is not None
    if arguments.json:
        print(json.dumps(_summary(given, receipt, is_old=is_old)))
    else:
        _tell(survey, given, receipt, attempt, is_old=is_old, is_final=arguments.finish)
        _remind(arguments.answers)


def _claim(arguments: argparse.Namespace, link: "Link") -> "Claim | None":
    from cli.installing.keys import partner_key_load  # noqa: PLC0415

    if arguments.key is None:
        return link.code or None
    if link.code:
        raise BadInput("LINK has a code; --key goes with a link that has none.")
    return partner_key_load(arguments.key)


def _introduce(survey: "Survey", *, is_identified: bool) -> None:
    """Say who asks, who counts, and what each of them could do."""
    from cli.phrases import reader_language  # noqa: PLC0415
    from cli.titles import Titles  # noqa: PLC0415
    from mpcengine.protocol.manifest import ROSTER_KEY  # noqa: PLC0415

    manifest = survey.manifest
    titles = Titles(manifest.survey, reader_language())
    asker = titles.text((("en", manifest.coordinator.name),))
    nodes = [titles.text((("en", terms.name),)) for terms in manifest.nodes]
    print(f"{titles.text(manifest.survey.title)}, asked by {asker}.")
    print(
        f"Your answer goes in three parts to {nodes[0]}, {nodes[1]} and {nodes[2]}. One of "
        "them alone learns nothing of it; two together could read it, though not whose it is."
    )
    is_key = manifest.roster.kind == ROSTER_KEY
    invited = f"{manifest.roster.size} {'participants' if is_key else 'people'} are invited."
    print(f"{invited} {KEY_WARNING if is_key else CODE_WARNING}")
    if not is_identified:
        print("Who the three are was not checked; --nodes NODES.json does that.")


def _tell(
    survey: "Survey",
    given: "Receipt",
    receipt: Path,
    attempt: Path,
    *,
    is_old: bool,
    is_final: bool,
) -> None:
    """Say what was sent, who signed for it, and what can be done next."""
    from mpcengine.protocol.envelope import HIGHEST_REVISION  # noqa: PLC0415

    closes = f"{survey.manifest.answering.closes:%Y-%m-%d %H:%M} UTC"
    if is_old:
        print(
            "An answer that was interrupted before is sent as it was then. If this one "
            f"differs, run the same again with --attempt {attempt}."
        )
    what = f"correction {given.revision}" if given.revision else "your answer"
    print(f"Sent: {what}. Tracking code: {given.package}")
    print(_signed(given))
    print(f"The receipt is in {receipt}; what became of it: drempel receipt {receipt}")
    if is_final:
        return
    if given.revision == HIGHEST_REVISION:
        print("It was the last correction: seven are taken. --finish erases the attempt.")
        return
    print(
        f"Until {closes}, unless it is closed earlier, you can correct it: the same command "
        f"with other answers and --attempt {attempt}. A second message makes it easier to tell "
        "by time and address whose it is. Whoever has that file can correct, too; --finish "
        "erases it."
    )


def _remind(answers: Path | None) -> None:
    if answers is not None:
        print(f"{answers} still holds your answers; erase it if others can read it.")


def _signed(given: "Receipt") -> str:
    nodes = [one.node for one in given.nodes if one.confirmation]
    if not nodes:
        return "The relay has promised to deliver it; it is safe once a node has it, too."
    from connector.receipts import said  # noqa: PLC0415

    who = f"the relay and {said(nodes)}" if given.promise else said(nodes)
    end = "" if given.is_safe else "; it is safe once a second store has it"
    return f"Signed for by {who}{end}. These nodes saw from which address it came."


def _summary(given: "Receipt", receipt: Path, *, is_old: bool) -> dict[str, object]:
    return {
        "package": given.package,
        "revision": given.revision,
        "promised": bool(given.promise),
        "confirmed": [one.node for one in given.nodes if one.confirmation],
        "safe": given.is_safe,
        "interrupted_before": is_old,
        "receipt": str(receipt),
    }
