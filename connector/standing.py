"""Read what a holder decides beforehand (``drempel-hold/1``): its list, and to what it agrees.

A rule names every one of: who asks, who coordinates, which kinds, which types of identifier and
the least count that may be shown. A request that some rule covers is answered with the list;
any other is declined, which looks the same to everybody else, or left unanswered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from connector.imports.misp import misp_file
from connector.imports.stix import stix_file
from connector.imports.tables import COLUMN_TYPES, TableFile
from connector.imports.warninglists import Cleared, warning_list_read
from connector.list_files import ListFile, Source
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.identifiers import TYPES
from mpcengine.protocol.request import KINDS, MATCH
from mpcengine.protocol.request_manifest import RequestManifest
from mpcengine.protocol.signing import PUBLIC_KEY_BYTES
from mpcengine.protocol.strict import Fields, parse_base64

HOLD_FORMAT = "drempel-hold/1"
ANY = "any"
VALUES, TABLE, MISP, STIX = FORMS = ("values", "table", "misp", "stix")
DECLINE, SILENT = "decline", "silent"
SIGHTINGS = (MISP, STIX)
_MOST = 1_000
_KEYS = ("format", "name", "nodes", "list", "consent")
_OPTIONAL = ("otherwise", "requests", "sightings", "contact")
_LIST_OPTIONAL = ("form", "columns", "column", "all_attributes", "warninglists")
_RULE = ("requesters", "coordinators", "kinds", "identifiers", "min_count")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTerms:
    """Say where the holder's list is, how it is read, and what is left out of it."""

    path: Path
    form: str
    columns: Mapping[str, str]
    column: str | None
    is_all: bool
    warninglists: tuple[Path, ...]

    def source(self, identifiers: tuple[str, ...], path: Path | None = None) -> Source:
        """Return the list, read for these types; ``path``: a copy of its file.

        Raises MalformedInput or OSError for a warning list that cannot be read.
        """
        found = self._plain(identifiers, self.path if path is None else path)
        if not self.warninglists:
            return found
        return Cleared(found, [warning_list_read(one) for one in self.warninglists])

    def _plain(self, identifiers: tuple[str, ...], path: Path) -> Source:
        if self.form == MISP:
            return misp_file(path, identifiers, is_all=self.is_all)
        if self.form == STIX:
            return stix_file(path, identifiers)
        if self.form == TABLE:
            return TableFile(path=path, identifiers=identifiers, columns=self.columns)
        return ListFile(path=path, identifiers=identifiers, column=self.column)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Hold one standing consent; keys are None where anybody will do."""

    requesters: frozenset[bytes] | None
    coordinators: frozenset[bytes] | None
    kinds: frozenset[str]
    identifiers: frozenset[str]
    min_count: int
    min_organisations: int

    def covers(self, manifest: RequestManifest) -> bool:
        """Tell whether the holder agreed beforehand to a question like this one."""
        request = manifest.request
        is_asked_by = self.requesters is None or manifest.requester.key in self.requesters
        is_led_by = self.coordinators is None or manifest.coordinator.key in self.coordinators
        enough = request.kind != MATCH or request.min_organisations >= self.min_organisations
        return (
            is_asked_by
            and is_led_by
            and enough
            and request.kind in self.kinds
            and self.identifiers.issuperset(request.identifiers)
            and request.min_count >= self.min_count
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Hold a holder's terms: name, nodes file, list, rules, and what is done otherwise.

    ``contact``: the file of how to be reached, for requests about which the holder says so.
    """

    name: str
    nodes: Path
    list: ListTerms
    rules: tuple[Rule, ...]
    otherwise: str
    requests: tuple[str, ...]
    sightings: tuple[str, ...]
    contact: Path | None = None

    def takes_part(self, manifest: RequestManifest) -> bool:
        """Tell whether some rule covers a request."""
        return any(rule.covers(manifest) for rule in self.rules)


def parse_standing(obj: JSON, folder: Path) -> Standing:
    """Read ``drempel-hold/1``; paths in it are relative to ``folder``.

    Raises MalformedInput with the path of what is wrong.
    """
    top = Fields(obj, required=_KEYS, optional=_OPTIONAL, file=True)
    top.choice("format", (HOLD_FORMAT,))
    return Standing(
        name=top.text("name"),
        nodes=folder / top.text("nodes", longest=4_096),
        list=_list_terms(top, folder),
        rules=tuple(_rule(row) for row in _rules(top)),
        otherwise=top.choice("otherwise", (DECLINE, SILENT))
        if top.has("otherwise")
        else DECLINE,
        requests=_texts(top, "requests"),
        sightings=_chosen(top, "sightings", SIGHTINGS) if top.has("sightings") else (),
        contact=folder / top.text("contact", longest=4_096) if top.has("contact") else None,
    )


def _list_terms(top: Fields, folder: Path) -> ListTerms:
    section = top.fields("list", required=("path",), optional=_LIST_OPTIONAL)
    form = section.choice("form", FORMS) if section.has("form") else VALUES
    columns = section.raw("columns") if section.has("columns") else {}
    is_mapping = isinstance(columns, dict) and all(
        kind in COLUMN_TYPES for kind in columns.values()
    )
    if not is_mapping or bool(columns) != (form == TABLE):
        raise section.refuse(
            "columns", "must say the type of each column that counts, for form 'table' only"
        )
    return ListTerms(
        path=folder / section.text("path", longest=4_096),
        form=form,
        columns=columns,
        column=section.text("column") if section.has("column") else None,
        is_all=section.boolean("all_attributes") if section.has("all_attributes") else False,
        warninglists=tuple(folder / one for one in _texts(section, "warninglists")),
    )


def _rules(top: Fields) -> Sequence[Fields]:
    return top.rows("consent", 0, _MOST, required=_RULE, optional=("min_organisations",))


def _rule(row: Fields) -> Rule:
    return Rule(
        requesters=_keys(row, "requesters"),
        coordinators=_keys(row, "coordinators"),
        kinds=frozenset(_chosen(row, "kinds", KINDS)),
        identifiers=frozenset(_chosen(row, "identifiers", TYPES)),
        min_count=row.integer("min_count", 1, 10**6),
        min_organisations=(
            row.integer("min_organisations", 1, 255) if row.has("min_organisations") else 1
        ),
    )


def _keys(row: Fields, key: str) -> frozenset[bytes] | None:
    if row.raw(key) == ANY:
        return None
    found = [parse_base64(one) for one in row.items(key, 1, _MOST)]
    if any(one is None or len(one) != PUBLIC_KEY_BYTES for one in found):
        raise row.refuse(key, "must be 'any', or a list of public keys in base64")
    return frozenset(one for one in found if one is not None)


def _chosen(row: Fields, key: str, allowed: Sequence[str]) -> tuple[str, ...]:
    found = row.items(key, 1, len(allowed))
    if any(one not in allowed for one in found):
        raise row.refuse(key, f"must be a list of {', '.join(allowed)}")
    return tuple(str(one) for one in found)


def _texts(row: Fields, key: str) -> tuple[str, ...]:
    found = row.items(key, 0, _MOST) if row.has(key) else []
    if not all(isinstance(one, str) and one for one in found):
        raise row.refuse(key, "must be a list of texts")
    return tuple(str(one) for one in found)


def check_list(terms: ListTerms) -> None:
    """Raise MalformedInput if the list's own file or a warning list is not there."""
    for path in (terms.path, *terms.warninglists):
        if not path.is_file():
            raise MalformedInput("hold.list", f"{path} is not there.", where="list.path")
