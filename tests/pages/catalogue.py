"""Collect every sentence of the pages, and write the Dutch catalogue anew.

``python -m tests.pages.catalogue`` keeps the translations there are, adds what is missing with
an empty translation, drops what is gone, and compiles ``django.mo``.
"""

import io
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import django
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.template import Engine, Template
from django.template.base import Node
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

ROOT = Path(__file__).resolve().parents[2]
PO = ROOT / "locale" / "nl" / "LC_MESSAGES" / "django.po"
MO = PO.with_suffix(".mo")
APPS = ("accounts", "datarequests", "surveys")
HEAD = "# Dutch of the portal's pages. Written by python -m tests.pages.catalogue."
DATED = re.compile(
    rb'^"(POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Generated-By'
    rb'|Project-Id-Version|Report-Msgid-Bugs-To):[^"]*"\n',
    re.MULTILINE,
)
Words = str | tuple[str, str]
# Sentences of allauth and Django that people meet here, said in this portal's way.
BORROWED: tuple[Words, ...] = (
    "A new set of recovery codes has been generated.",
    "Authenticator app activated.",
    "Authenticator app deactivated.",
    "Backup key",
    "Be patient, you are sending too many requests.",
    "Current Password",
    "Email",
    "Incorrect code.",
    "Incorrect password.",
    "Master key",
    "New Password",
    "New Password (again)",
    "Password (again)",
    "Password successfully changed.",
    "Password successfully set.",
    "Please type your current password.",
    "Security key added.",
    "Security key removed.",
    "Signed out of all other sessions.",
    "The email address and/or password you specified are not correct.",
    "The password is too similar to the %(verbose_name)s.",
    (
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
    "Too many failed login attempts. Try again later.",
    "Use a security key",
    "Use authenticator app or code",
    "Use your password",
    "You must type the same password each time.",
)
KEYWORDS = {"_": None, "gettext": None, "gettext_lazy": None, "ngettext": (1, 2)}


def words() -> set[Words]:
    """Return the sentences of all templates and of the apps' Python."""
    found: set[Words] = set(BORROWED)
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.is_file():
            template = Template(path.read_text("utf-8"), engine=Engine.get_default())
            found |= set(_of_template(template.nodelist))
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            for _, message, _, _ in extract_from_file("python", path, keywords=KEYWORDS):
                found.add(message if isinstance(message, str) else (message[0], message[1]))
    return found


def _of_template(nodes: list[Node]) -> Iterator[Words]:
    for node in nodes:
        if isinstance(node, TranslateNode):
            yield str(node.filter_expression.var.literal)
        elif isinstance(node, BlockTranslateNode):
            one = node.render_token_list(node.singular)[0]
            yield (one, node.render_token_list(node.plural)[0]) if node.plural else one
        for name in node.child_nodelists:
            yield from _of_template(getattr(node, name, None) or [])
        for _, inner in getattr(node, "conditions_nodelists", []):
            yield from _of_template(inner)


def read() -> Catalog:
    """Return the Dutch catalogue as it is in the repository."""
    with PO.open("rb") as file:
        return read_po(file, locale="nl", domain="django")


def compiled(catalogue: Catalog) -> bytes:
    """Return the bytes of ``django.mo``."""
    file = io.BytesIO()
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    write_mo(file, catalogue)
    return file.getvalue()


def renew() -> None:
    """Write both files anew."""
    old = read() if PO.exists() else Catalog(locale="nl")
    # No date and no names: the files change only when a sentence does.
    new = Catalog(locale="nl", domain="django", header_comment=HEAD, fuzzy=False)
    for one in sorted(words(), key=str):
        kept = old.get(one if isinstance(one, str) else one[0])
        new.add(one, kept.string if kept is not None else None)
    PO.parent.mkdir(parents=True, exist_ok=True)
    file = io.BytesIO()
    write_po(file, new, width=96, no_location=True, sort_output=True)
    PO.write_bytes(DATED.sub(b"", file.getvalue()))
    MO.write_bytes(compiled(read()))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    django.setup()
    renew()
