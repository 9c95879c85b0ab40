"""What an invitation says: the link, the code in blocks, its QR code as shapes, the mail."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import formats, translation
from django.utils.translation import gettext as _
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

from mpcengine.protocol.boothpage import page_path

BLOCK = 5
QUIET = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Hold one invitation: its link, its code in blocks, and the shapes of its QR code."""

    link: str
    blocks: tuple[str, ...]
    size: int
    shapes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Hold what every invitation to one survey says."""

    titles: dict[str, str]
    languages: tuple[str, ...]
    coordinator: str
    relay_url: str
    survey_id: str
    opens: datetime | None
    closes: datetime | None


def link_of(occasion: Occasion, code: str) -> str:
    """Return the link with its code after ``#``, which no request carries."""
    return f"{occasion.relay_url}{page_path(occasion.survey_id)}#{code}"


def letter_of(occasion: Occasion, code: str) -> Letter:
    """Return a letter: everything that is printed of one invitation."""
    link = link_of(occasion, code)
    size, shapes = qr_shapes(link)
    return Letter(link=link, blocks=blocks_of(code), size=size, shapes=shapes)


def blocks_of(code: str) -> tuple[str, ...]:
    """Return a code in blocks to read aloud and to type."""
    plain = code.replace("-", "")
    return tuple(plain[at : at + BLOCK] for at in range(0, len(plain), BLOCK))


def qr_shapes(text: str) -> tuple[int, str]:
    """Return a QR code's width in modules and its dark modules as one SVG path."""
    made = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    made.add_data(text)
    made.make(fit=True)
    rows = made.get_matrix()
    parts = [
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    ]
    return len(rows), "".join(parts)


def mail_of(occasion: Occasion, code: str | None) -> tuple[str, str]:
    """Return subject and plain text of an invitation, or of a reminder where code is None.

    In every language of the survey that the portal speaks, the first one first.
    """
    spoken = [one for one in occasion.languages if one in {"nl", "en"}] or ["en"]
    subjects, texts = [], []
    for language in spoken:
        with translation.override(language):
            title = occasion.titles.get(language) or next(iter(occasion.titles.values()))
            words = {"title": title, "name": occasion.coordinator, **_times(occasion)}
            if code is None:
                subjects.append(_("Reminder: %(title)s") % words)
                texts.append(_reminder() % words)
            else:
                subjects.append(_("Invitation: %(title)s") % words)
                given = {"link": link_of(occasion, code), "code": " ".join(blocks_of(code))}
                texts.append(_invitation() % (words | given))
    return subjects[0].replace("\n", " "), "\n\n— — —\n\n".join(texts) + "\n"


def _times(occasion: Occasion) -> dict[str, str]:
    return {
        name: formats.date_format(moment, "DATETIME_FORMAT") + " UTC" if moment else "–"
        for name, moment in (("opens", occasion.opens), ("closes", occasion.closes))
    }


def _invitation() -> str:
    return _(
        "%(name)s asks you to answer “%(title)s”.\n\n"
        "Opens: %(opens)s\nCloses: %(closes)s\n\n"
        "Your link:\n%(link)s\n\n"
        "Or type this code on that page: %(code)s\n\n"
        "The code is yours alone. It gives one answer, which you may correct until closing. "
        "Your answer is cut into three pieces for three independent organisations. One of them "
        "alone sees nothing of it; two together could. Only counts are shown.\n"
        "Opening the link uses nothing up."
    )


def _reminder() -> str:
    return _(
        "%(name)s reminds everybody who was invited to “%(title)s”.\n\n"
        "Closes: %(closes)s\n\n"
        "Your link and code are in the invitation you received. If you answered already, "
        "you need do nothing. Nobody knows who answered, so everybody gets this message."
    )
