"""Answer requests unattended, as far as can be gone without waiting, once a call.

Source: docs/protocol.md §19.6, §19.7, §19.10; corrections C12. Declining goes the same way as
taking part, in the same calls at the same moments, with a list of nothing but padding: nobody
else can tell. Only whoever reads this computer's disk can.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from connector.contact import Found
from connector.contact_holding import ContactWork
from connector.contributing import Nodes, OwnerKeys, Participant, nonce_now
from connector.errors import Misbehaved, Refused
from connector.hold_files import CONSENTED, ENDED, FIXED, HANDED_IN, Holding, HoldingFolder
from connector.http import JsonObject
from connector.list_words import WordList, nothing_held, words_read
from connector.private_outcomes import hits_read, private_bytes
from connector.splitting import BucketFull, Prepared, Splitter
from connector.standing import DECLINE, Standing
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.consent import MOST_NONCES, SignedNonce
from mpcengine.protocol.contact_details import ContactDetails
from mpcengine.protocol.errors import MalformedInput, ProtocolError
from mpcengine.protocol.hits import Hits
from mpcengine.protocol.request_manifest import (
    RequestManifest,
    parse_signed_request_manifest,
)
from mpcengine.protocol.request_result import assemble_request_result
from mpcengine.protocol.request_statement import RELEASED
from mpcengine.protocol.signing import public_bytes
from mpcengine.protocol.strict import parse_base64

CONSENT_OTHER = "consent.other"


def _no_contact(_: RequestManifest) -> ContactDetails | None:
    return None


def _kept_nowhere(_: RequestManifest, _found: Found) -> None:
    """Keep no card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a holder has at the end: the result as everybody sees it, and its own hits."""

    result: JsonObject
    hits: Hits | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """One holder with its keys and standing terms, towards the three nodes.

    ``keep`` is given the outcome of a request before everything that led to it is erased.
    ``contact``: how the holder wants to be reached about a request, None for not at all;
    ``keep_cards`` is given the cards that come of it.
    """

    standing: Standing
    keys: OwnerKeys
    nodes: Nodes
    tell: Callable[[str], None]
    keep: Callable[[RequestManifest, Outcome], None]
    contact: Callable[[RequestManifest], ContactDetails | None] = _no_contact
    keep_cards: Callable[[RequestManifest, Found], None] = _kept_nowhere
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def owner_in(self, manifest: RequestManifest) -> int | None:
        """Return this holder's number in a request, None if it is not invited."""
        key = public_bytes(self.keys.sign)
        return next((one.owner for one in manifest.owners if one.key == key), None)

    def step(
        self,
        request: JSON,
        manifest: RequestManifest,
        folder: HoldingFolder,
        *,
        takes_part: bool | None = None,
    ) -> None:
        """Do what can be done in a verified request now.

        ``takes_part`` decides this one request, whatever the standing rules say. Raises
        ConnectorError where a node cannot be reached or says no: the same call goes on later;
        MalformedInput or OSError for a list that cannot be read.
        """
        owner = self.owner_in(manifest)
        if owner is None:
            return
        work = _Work(holder=self, manifest=manifest, owner=owner, folder=folder)
        holding = folder.load() or work.begin(request, decided=takes_part)
        if holding is not None and holding.state == FIXED:
            holding = work.consent(holding)
        if holding is not None and holding.state in {CONSENTED, HANDED_IN}:
            work.go_on(holding)
        if manifest.contact is not None and (now := folder.load()) is not None:
            work.contact(now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """One holder's part in one request."""

    holder: Holder
    manifest: RequestManifest
    owner: int
    folder: HoldingFolder

    @property
    def participant(self) -> Participant:
        holder = self.holder
        return Participant(
            manifest=self.manifest, owner=self.owner, keys=holder.keys, nodes=holder.nodes
        )

    def begin(self, request: JSON, *, decided: bool | None) -> Holding | None:
        """Decide and fix the list; None while it is too early, or if nothing is to be sent."""
        now, window = self.holder.now(), self.manifest.consenting
        if now < window.opens or now >= window.closes:
            return None
        standing = self.holder.standing
        takes_part = standing.takes_part(self.manifest) if decided is None else decided
        if not takes_part and decided is None and standing.otherwise != DECLINE:
            return None
        words = self._words() if takes_part else nothing_held()
        self._tell("fixing the list" if takes_part else "declining, with padding alone")
        return self.folder.begin(request, self.manifest, words, takes_part=takes_part)

    def _words(self) -> WordList:
        terms = self.holder.standing.list
        copy = self.folder.copy_list(terms.path)
        source = terms.source(self.manifest.request.identifiers, copy)
        words = words_read(source, self.manifest.federation)
        most = self.manifest.size(self.owner)
        if len(words.words) > most:
            raise MalformedInput(
                "list.length",
                f"The list has {len(words.words)} values; this question takes {most}.",
            )
        for reason, count, rows in words.report.grouped():
            at = ", ".join(map(str, rows))
            self._tell(f"left out {count} (rows {at} …): the value {reason}")
        self._tell(f"{len(words.words)} different values")
        return words

    def consent(self, holding: Holding) -> Holding | None:
        """Give the consent; the same bytes after a kill. None where it is too late."""
        try:
            self.participant.consent(self.folder.words(holding))
        except Refused as refused:
            if refused.code == CONSENT_OTHER or refused.status == HTTPStatus.CONFLICT:
                self._tell(f"over: {refused.sentence}")
                self.folder.end(holding, refused.code)
                return None
            raise
        self._tell("consent given to three nodes")
        return self.folder.save(replace(holding, state=CONSENTED))

    def go_on(self, holding: Holding) -> None:
        """Answer a new nonce, and look for the outcome."""
        if (nonce := self._nonce(holding)) is not None:
            holding = self._contribute(holding, nonce)
        if holding.state == ENDED:
            return
        answers = [self._result(terms.node) for terms in self.manifest.nodes]
        found = [one for one in answers if one is not None]
        if len(found) == len(answers):
            self._end(holding, found)
        else:
            self._give_up(holding)

    def contact(self, holding: Holding) -> None:
        """Say the word on contact when it is due, then look for cards."""
        if holding.state == FIXED:
            return

        def details() -> ContactDetails | None:
            return self.holder.contact(self.manifest) if holding.takes_part else None

        ContactWork(
            participant=self.participant,
            folder=self.folder.path,
            details=details,
            keep=lambda found: self.holder.keep_cards(self.manifest, found),
            tell=self._tell,
        ).step(
            self.holder.now(),
            is_released=holding.state == ENDED and holding.reason == RELEASED,
        )

    def _nonce(self, holding: Holding) -> SignedNonce | None:
        if holding.number == MOST_NONCES:
            return None
        return nonce_now(self.holder.nodes, self.manifest, number=holding.number + 1)

    def _contribute(self, holding: Holding, nonce: SignedNonce) -> Holding:
        prepared = self.folder.kept(nonce.number, self.manifest.buckets)
        if prepared is None:
            splitter = Splitter(
                manifest=self.manifest,
                owner=self.owner,
                key=self.holder.keys.sign,
                nonce=nonce,
            )
            try:
                words = self.folder.words(holding)
                prepared = splitter.prepare(words, self.folder.parts(nonce.number))
            except BucketFull:
                return self._overflow(holding, nonce.number)
            self.folder.keep(prepared)
        self.participant.hand_in(prepared)
        self._tell(f"shares of nonce {nonce.number} handed in to three nodes")
        return self.folder.save(replace(holding, state=HANDED_IN, number=nonce.number))

    def _overflow(self, holding: Holding, number: int) -> Holding:
        self.participant.overflow(number)
        self._tell(f"the list does not fit nonce {number}; nothing was dropped")
        if number == MOST_NONCES:
            return self.folder.end(holding, "overflow")
        return self.folder.save(replace(holding, number=number))

    def _result(self, node: str) -> JsonObject | None:
        try:
            return self.holder.nodes[node].get(f"results/{self.manifest.digest}")
        except Refused as refused:
            if refused.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def _end(self, holding: Holding, answers: list[JsonObject]) -> None:
        signed = parse_signed_request_manifest(self.folder.request())
        try:
            result = assemble_request_result(
                signed,
                [parse_base64(one.get("statement")) or b"" for one in answers],
                [parse_base64(one.get("signature")) or b"" for one in answers],
            )
        except ProtocolError as error:
            raise Misbehaved("The nodes", f"The nodes' statements: {error.sentence}") from None
        hits = None
        if result["state"] == RELEASED and holding.state == HANDED_IN:
            prepared = self.folder.kept(holding.number, self.manifest.buckets)
            hits = None if prepared is None else self._hits(holding, prepared)
        self._tell(f"{result['state']}" + (f": {result['reason']}" if result["reason"] else ""))
        self.holder.keep(self.manifest, Outcome(result=result, hits=hits))
        self.folder.end(holding, str(result["reason"] or result["state"]))

    def _hits(self, holding: Holding, prepared: Prepared) -> Hits | None:
        if self.owner == 0 or self.manifest.kind != "match":
            return None
        if holding.takes_part:
            terms = self.holder.standing.list
            source = terms.source(self.manifest.request.identifiers, self.folder.copy)
            return hits_read(self.participant, prepared, source)
        # Who declined asks for the same, and looks at none of it.
        for bucket in range(self.manifest.buckets):
            if self.manifest.private_bytes(self.owner, bucket):
                private_bytes(self.participant, bucket)
        return None

    def _give_up(self, holding: Holding) -> None:
        days = timedelta(days=self.manifest.give_up_after_days)
        if self.holder.now() > self.manifest.contributing.closes + days:
            self._tell("over: the nodes gave no outcome in time")
            self.folder.end(holding, "no outcome")

    def _tell(self, sentence: str) -> None:
        self.holder.tell(f"{self.manifest.digest[7:15]}: {sentence}")
