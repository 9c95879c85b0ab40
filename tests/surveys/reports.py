"""Signed results of invented surveys, made with the release rules and the test nodes' keys."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from accounts.models import Organisation
from mpcengine.models import MpcJob, SignedResult
from mpcengine.protocol.batch import batch_root, join_verdicts, verdict_digest
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.canonical import digest as made_digest
from mpcengine.protocol.disclosure import reference_pattern
from mpcengine.protocol.draws import draw_labels
from mpcengine.protocol.encoding import encode_answers
from mpcengine.protocol.field import MODULUS
from mpcengine.protocol.layout import Layout
from mpcengine.protocol.manifest import Manifest, build_manifest
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.pattern import Pattern, opened_texts
from mpcengine.protocol.result import assemble_result
from mpcengine.protocol.signing import LABEL_STATEMENT, sign
from mpcengine.protocol.statement import (
    RELEASED,
    WITHHELD,
    Statement,
    build_statement,
)
from mpcengine.protocol.tables import Statistic
from mpcengine.protocol.texts import pack_text
from surveys.models import Survey, SurveyState
from tests.vectors.cast import cast, element, sign_manifest, terms
from tests.vectors.job import opened, share_of

Answers = Sequence[dict[str, JSON]]
DEFINITION: dict[str, JSON] = {
    "format": "drempel-survey/1",
    "title": {
        "nl": "Hoe goed kan uw instelling herstellen van ransomware?",
        "en": "How well can your organisation recover from ransomware?",
    },
    "introduction": {"nl": "Over back-ups en oefenen.", "en": "About backups and exercises."},
    "min_count": 10,
    "unit": "organisation",
    "questions": [
        {
            "id": "sector",
            "kind": "single",
            "required": True,
            "title": {"nl": "Wat voor instelling bent u?", "en": "What are you?"},
            "options": [
                {"id": "hospital", "title": {"nl": "Ziekenhuis", "en": "Hospital"}},
                {"id": "mental", "title": {"nl": "Geestelijke zorg", "en": "Mental care"}},
                {"id": "other", "title": {"nl": "Andere instelling", "en": "Other"}},
            ],
        },
        {
            "id": "backup",
            "kind": "single",
            "title": {
                "nl": "Hoe oud is de laatste back-up die u echt hebt teruggezet?",
                "en": "How old is the last backup that you really restored?",
            },
            "options": [
                {"id": "m1", "title": {"nl": "Jonger dan 1 maand", "en": "Under a month"}},
                {"id": "m3", "title": {"nl": "1 tot 3 maanden", "en": "1 to 3 months"}},
                {"id": "y1", "title": {"nl": "Ouder dan een jaar", "en": "Over a year"}},
                {
                    "id": "never",
                    "title": {
                        "nl": "Nog nooit een back-up van een heel systeem teruggezet",
                        "en": "Never restored the backup of a whole system at all",
                    },
                },
            ],
        },
        {
            "id": "incidents",
            "kind": "number",
            "min": 0,
            "max": 500,
            "bins": [0, 1, 5, 20],
            "title": {"nl": "Hoeveel incidenten in 2025?", "en": "How many incidents in 2025?"},
        },
        {
            "id": "trust",
            "kind": "scale",
            "min": 1,
            "max": 5,
            "title": {"nl": "Vertrouwen in uw plan?", "en": "Trust in your plan?"},
        },
        {
            "id": "tools",
            "kind": "multiple",
            "title": {"nl": "Welke maatregelen?", "en": "Which measures?"},
            "options": [
                {"id": "net", "title": {"nl": "Netwerk opgedeeld", "en": "Network split"}},
                {"id": "mfa", "title": {"nl": "Meerfactor", "en": "Two factors"}},
                {"id": "watch", "title": {"nl": "Bewaking", "en": "Monitoring"}},
            ],
            "min": 0,
            "max": 3,
        },
        {
            "id": "order",
            "kind": "ranking",
            "required": True,
            "title": {"nl": "Wat eerst?", "en": "What first?"},
            "options": [
                {"id": "people", "title": {"nl": "Mensen", "en": "People"}},
                {"id": "money", "title": {"nl": "Geld", "en": "Money"}},
                {"id": "law", "title": {"nl": "Regels", "en": "Rules"}},
            ],
        },
        {
            "id": "grid",
            "kind": "matrix",
            "title": {"nl": "Hoe staat het met …", "en": "How about …"},
            "rows": [
                {"id": "mail", "title": {"nl": "E-mail", "en": "Mail"}},
                {"id": "web", "title": {"nl": "Website", "en": "Web site"}},
            ],
            "options": [
                {"id": "low", "title": {"nl": "slecht", "en": "bad"}},
                {"id": "mid", "title": {"nl": "redelijk", "en": "fair"}},
                {"id": "high", "title": {"nl": "goed", "en": "good"}},
            ],
        },
        {
            "id": "remarks",
            "kind": "text",
            "max_bytes": 80,
            "title": {"nl": "Nog iets kwijt?", "en": "Anything else?"},
        },
    ],
    "show_if": {"trust": {"var": "sector", "op": "!=", "value": "other"}},
    "tables": [{"questions": ["sector", "backup"]}],
}


def answers(number: int = 120) -> list[dict[str, JSON]]:
    """Return invented answers that leave something to hide, and texts that mean harm."""
    return [_answer(place) for place in range(number)]


def _answer(n: int) -> dict[str, JSON]:
    sector = "hospital" if n % 10 < 5 else "mental" if n % 10 < 8 else "other"
    given: dict[str, JSON] = {"sector": sector, "order": ["people", "money", "law"]}
    if n % 3 == 1:
        given["order"] = ["law", "people", "money"]
    given["backup"] = ("m1", "m3", "m3", "y1")[n % 4] if n % 30 else "never"
    if n % 9:
        given["incidents"] = (0, 2, 3, 7, 12, 33)[n % 6]
    if sector != "other" and n % 7:
        given["trust"] = (2, 3, 3, 4, 4, 4, 5)[n % 7] if n % 40 else 1
    if n % 8:
        given["tools"] = (["net"], ["net", "mfa"], ["watch"])[n % 3]
    given["grid"] = {"mail": ("low", "mid", "high")[n % 3], "web": ("mid", "high")[n % 2]}
    if n % 6 == 0:
        given["remarks"] = ("=1+1", "<b>Meer tijd</b>", "Goed zo", "-2+3", "Hulp bij NIS2")[
            n % 5
        ]
    return given


@cache
def manifest_of(size: int) -> Manifest:
    """Return the manifest of DEFINITION for so many invited."""
    return manifest_for(DEFINITION, size)


def manifest_for(definition: dict[str, JSON], size: int) -> Manifest:
    """Return a manifest of the test federation."""
    given = terms(definition)
    return build_manifest(replace(given, roster=replace(given.roster, size=size)))


def signed_result(manifest: Manifest, given: Answers) -> dict[str, JSON]:
    """Return what three nodes would sign about these answers."""
    layout, k = manifest.layout, manifest.survey.min_count
    records = [encode_answers(layout, one) for one in given]
    counts = tuple(map(sum, zip(*records, strict=True)))
    squares = [_squares(statistic, records) for statistic in layout.plan.statistics]
    draws = {
        label: element(f"draw {label}") >> 21
        for r in (1, 2)
        for label in draw_labels(layout.plan, r)
    }
    pattern = reference_pattern(layout.plan, counts, squares, len(given), k, draws)
    values = opened(layout.plan, pattern, counts, squares)
    texts = [_texts(layout, pattern, given, index) for index in (1, 2, 3)]
    ids = tuple(sorted(hashlib.sha256(str(n).encode()).hexdigest() for n in range(len(given))))
    verdict = join_verdicts(ids, (), [(), (), ()])
    statements = [
        Statement(
            node=NODE_NAMES[index - 1],
            manifest=manifest.digest,
            state=RELEASED,
            reason=None,
            root=batch_root(manifest.digest, ids),
            verdict=verdict_digest(manifest.digest, verdict),
            coin=made_digest(b"coin"),
            lines=made_digest(b"lines"),
            accepted=len(given),
            rejected=(),
            released=tuple(values),
            shares={name: share_of(name, value, index) for name, value in values.items()},
            texts=texts[index - 1],
        )
        for index in (1, 2, 3)
    ]
    return _assembled(manifest, statements)


def withheld_result(manifest: Manifest, reason: str) -> dict[str, JSON]:
    """Return what three nodes sign where nothing is released."""
    return _assembled(
        manifest,
        [
            Statement(
                node=name,
                manifest=manifest.digest,
                state=WITHHELD,
                reason=reason,
                root=None,
                verdict=None,
                coin=None,
                lines=None,
                accepted=None,
                rejected=(),
                released=(),
                shares={},
            )
            for name in NODE_NAMES
        ],
    )


def _assembled(manifest: Manifest, statements: Sequence[Statement]) -> dict[str, JSON]:
    data = [build_statement(one) for one in statements]
    keys = cast().identity
    signatures = [sign(keys[n], LABEL_STATEMENT, one) for n, one in enumerate(data)]
    return assemble_result(sign_manifest(manifest), data, signatures)


def _squares(statistic: Statistic, records: Sequence[Sequence[int]]) -> int:
    return sum(
        sum(w * record[slot] for slot, w in statistic.weights) ** 2 for record in records
    )


def _texts(layout: Layout, pattern: Pattern, given: Answers, index: int) -> dict[str, bytes]:
    found = {}
    for item in opened_texts(layout.plan, pattern):
        words = [
            word
            for one in given
            if one.get(item.question)
            for word in pack_text(str(one[item.question]), item.max_bytes)
        ]
        shares = [
            (word + index * element(f"{item.question} {place}")) % MODULUS
            for place, word in enumerate(words)
        ]
        found[item.question] = b"".join(share.to_bytes(8, "little") for share in shares)
    return found


def store_result(
    organisation: Organisation, manifest: Manifest, document: dict[str, JSON]
) -> Survey:
    """Keep a survey of this organisation with a released job and its result."""
    survey = Survey.objects.create(
        organisation=organisation,
        state=SurveyState.CLOSED,
        definition=manifest.survey.to_json(),
        invited=manifest.roster.size,
        manifest=manifest.raw,
        manifest_digest=manifest.digest,
    )
    job = MpcJob.objects.create(
        manifest_digest=manifest.digest,
        manifest=manifest.raw,
        coordinator_signature=b"",
        state=document["state"],
        closes_at=manifest.answering.closes,
    )
    SignedResult.objects.create(job=job, document=document)
    return survey


def nodes_file(folder: Path) -> str:
    """Write the test federation's nodes file and return its path."""
    path = folder / "nodes.json"
    path.write_text(json.dumps(cast().nodes.to_json()), "utf-8")
    return str(path)
