"""A holder's folder: keys, standing terms, requests, and what became of them.

Layout: ``hold.json`` (terms), ``sign.pem`` and ``seal.pem`` (keys, for nobody else),
``requests/`` (signed requests), ``work/`` (how far each is), ``outcomes/`` (results and hits).
"""

import functools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cli.answering import nodes_of
from cli.contacting import contacts_document, details_read
from cli.errors import BadInput, CliError
from cli.files import read_json, read_nodes
from cli.folders import folder_make, folder_new, write_new, write_private
from cli.installing.keys import (
    partner_key_load,
    partner_key_make,
    signing_key_load,
    signing_key_make,
)
from connector.contact import Found
from connector.contributing import OwnerKeys, request_fetch, signed_request_check
from connector.errors import ConnectorError
from connector.hold_files import HoldingFolder
from connector.holding import Holder, Outcome
from connector.http import Receiver, document_get
from connector.imports.sightings import misp_sightings, stix_bundle, typed
from connector.standing import (
    HOLD_FORMAT,
    MISP,
    Standing,
    check_list,
    parse_standing,
)
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.contact_details import ContactDetails
from mpcengine.protocol.envelope import share_public
from mpcengine.protocol.errors import MalformedInput, ProtocolError
from mpcengine.protocol.nodesfile import NodesFile
from mpcengine.protocol.request_manifest import RequestManifest
from mpcengine.protocol.signing import public_bytes
from mpcengine.protocol.strict import to_base64

TERMS, SIGN, SEAL = "hold.json", "sign.pem", "seal.pem"
REQUESTS, WORK, OUTCOMES = "requests", "work", "outcomes"
DECISION, CONTACT = ".decision", ".contact"
YES, NO = "yes", "no"
TAKE_PART, DECLINE = "take part", "decline"
_HEAD = len("sha256:")


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A holder's folder with everything in it read and checked."""

    folder: Path
    standing: Standing
    known: NodesFile
    nodes: dict[str, Receiver]
    keys: OwnerKeys

    @property
    def entry(self) -> JSON:
        """Return what a coordinator is given: name and two public keys."""
        return {
            "name": self.standing.name,
            "key": to_base64(public_bytes(self.keys.sign)),
            "seal_key": to_base64(share_public(self.keys.seal)),
        }

    def work(self, manifest: RequestManifest) -> HoldingFolder:
        """Return the private folder of one request."""
        path = self.folder / WORK / manifest.digest[_HEAD:]
        folder_make(path)
        return HoldingFolder(path)

    def decision(self, manifest: RequestManifest) -> bool | None:
        """Return what was decided about this one request, None if nothing was."""
        path = self.folder / REQUESTS / f"{manifest.digest[_HEAD:]}{DECISION}"
        if not path.exists():
            return None
        said = path.read_text(encoding="utf-8").strip()
        if said not in {TAKE_PART, DECLINE}:
            raise BadInput(f"{path} must say '{TAKE_PART}' or '{DECLINE}'.")
        return said == TAKE_PART

    def decide(self, manifest: RequestManifest, *, takes_part: bool) -> None:
        """Note a decision about one request; raise BadInput once a list was fixed for it."""
        holding = self.work(manifest).load()
        if holding is not None and holding.takes_part != takes_part:
            raise BadInput(
                "This request has been answered already; an answer cannot be taken back."
            )
        path = self.folder / REQUESTS / f"{manifest.digest[_HEAD:]}{DECISION}"
        write_private(path, (TAKE_PART if takes_part else DECLINE) + "\n")

    def contact_decide(self, manifest: RequestManifest, *, opts_in: bool) -> None:
        """Note whether to be found about one request; raise BadInput without details."""
        if manifest.contact is None:
            raise BadInput("This request offers no contact.")
        if opts_in:
            self._details()
        write_private(self._contact_path(manifest), (YES if opts_in else NO) + "\n")

    def contact(self, manifest: RequestManifest) -> ContactDetails | None:
        """Return how we want to be reached about a request; None unless we said yes."""
        path = self._contact_path(manifest)
        said = path.read_text(encoding="utf-8").strip() if path.exists() else NO
        if said not in {YES, NO}:
            raise BadInput(f"{path} must say '{YES}' or '{NO}'.")
        return self._details() if said == YES else None

    def keep_cards(self, manifest: RequestManifest, found: Found) -> None:
        """Write the cards that we may read of a request."""
        stem = self.folder / OUTCOMES / manifest.digest[_HEAD:]
        document = contacts_document(manifest.digest, found)
        write_private(_named(stem, "contacts"), json.dumps(document, indent=1))

    def _contact_path(self, manifest: RequestManifest) -> Path:
        return self.folder / REQUESTS / f"{manifest.digest[_HEAD:]}{CONTACT}"

    def _details(self) -> ContactDetails:
        path = self.standing.contact
        if path is None:
            raise BadInput(
                f"{self.folder / TERMS}: contact must name a file of contact details."
            )
        return details_read(path)

    def request_add(self, named: str) -> RequestManifest:
        """Keep the signed request in a file, at an address or of a digest; return it."""
        signed = self.request_read(named)
        manifest = self.check(signed, named)
        path = self.folder / REQUESTS / f"{manifest.digest[_HEAD:]}.json"
        if not path.exists():
            write_private(path, json.dumps(signed))
        return manifest

    def request_read(self, named: str) -> JSON:
        """Return the signed request that is named, not verified yet."""
        if named.startswith("sha256:"):
            request_fetch(self.nodes, named, self.known)
            return next(iter(self.nodes.values())).get(f"requests/{named}")
        if named.startswith(("http://", "https://")):
            found = document_get(named)
        else:
            found = read_json(self.folder / named)
        if isinstance(found, dict) and isinstance(found.get("signed_request"), dict):
            return found["signed_request"]
        return found

    def check(self, signed: JSON, named: str) -> RequestManifest:
        """Return a request whose every signature holds, at nodes that we know."""
        try:
            return signed_request_check(signed, self.known)
        except ProtocolError as error:
            raise BadInput(f"{named}: {error.sentence}") from None

    def requests(self) -> Iterator[tuple[JSON, RequestManifest]]:
        """Yield every request in the folder, verified."""
        for path in sorted((self.folder / REQUESTS).glob("*.json")):
            signed = read_json(path)
            yield signed, self.check(signed, str(path))

    def keep(self, manifest: RequestManifest, outcome: Outcome) -> None:
        """Write a result, and our own hits in the forms that the terms ask for."""
        stem = self.folder / OUTCOMES / manifest.digest[_HEAD:]
        write_private(_named(stem, "result"), json.dumps(outcome.result, indent=1))
        if outcome.hits is None:
            return
        write_private(_named(stem, "hits"), json.dumps(outcome.hits.to_json(), indent=1))
        items = outcome.hits.items or ()
        for form in self.standing.sightings:
            document = sightings_make(
                form, items, manifest.request.identifiers, self.standing.name
            )
            write_private(_named(stem, form), json.dumps(document, indent=1))


def sightings_make(
    form: str, items: tuple[str, ...], identifiers: tuple[str, ...], name: str
) -> JSON:
    """Return hits as MISP sightings or as a STIX 2.1 bundle."""
    write = misp_sightings if form == MISP else stix_bundle
    return write(typed(items, identifiers), source=name, moment=datetime.now(UTC))


def house_open(folder: Path) -> House:
    """Read a holder's folder; raise BadInput for anything in it that is wrong."""
    path = folder / TERMS
    document = read_json(path)
    try:
        standing = parse_standing(document, folder)
        check_list(standing.list)
    except MalformedInput as error:
        raise BadInput(f"{path}: {error.sentence}") from None
    known = read_nodes(standing.nodes)
    for name in (REQUESTS, WORK, OUTCOMES):
        folder_make(folder / name)
    return House(
        folder=folder,
        standing=standing,
        known=known,
        nodes=nodes_of(known.nodes, known),
        keys=OwnerKeys(
            sign=signing_key_load(folder / SIGN), seal=partner_key_load(folder / SEAL)
        ),
    )


def house_make(folder: Path, *, name: str, nodes: Path, listed: Path) -> None:
    """Make a holder's folder with fresh keys and terms that agree to nothing yet."""
    read_nodes(nodes)
    terms = {
        "format": HOLD_FORMAT,
        "name": name,
        "nodes": str(nodes.absolute()),
        "list": {"path": str(listed.absolute()), "form": "values"},
        "consent": [],
        "otherwise": "silent",
    }
    try:
        parse_standing(terms, folder)
    except MalformedInput as error:
        raise BadInput(error.sentence) from None
    with folder_new(folder) as draft:
        signing_key_make(draft / SIGN, write_new)
        partner_key_make(draft / SEAL, write_new)
        write_private(draft / TERMS, json.dumps(terms, ensure_ascii=False, indent=1) + "\n")


def round_go(house: House, tell: Callable[[str], None]) -> int:
    """Go as far as can be gone in every request; return how many could not be."""
    holder = Holder(
        standing=house.standing,
        keys=house.keys,
        nodes=house.nodes,
        tell=tell,
        keep=house.keep,
        contact=house.contact,
        keep_cards=house.keep_cards,
    )
    faults = 0
    for named in house.standing.requests:
        faults += not _tried(named, tell, functools.partial(house.request_add, named))
    for signed, manifest in house.requests():

        def one(signed: JSON = signed, manifest: RequestManifest = manifest) -> None:
            decided = house.decision(manifest)
            holder.step(signed, manifest, house.work(manifest), takes_part=decided)

        faults += not _tried(manifest.digest[_HEAD:][:8], tell, one)
    return faults


def _tried(named: str, tell: Callable[[str], None], work: Callable[[], object]) -> bool:
    """Do something of one request; what goes wrong with it does not stop the others."""
    try:
        work()
    except (ConnectorError, CliError, MalformedInput) as error:
        tell(f"{named}: {error.sentence}")
        return False
    except OSError as error:
        tell(f"{named}: {error.strerror or 'a file cannot be read'}.")
        return False
    return True


def _named(stem: Path, kind: str) -> Path:
    return stem.with_name(f"{stem.name}.{kind}.json")
