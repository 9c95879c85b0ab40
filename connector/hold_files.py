"""Keep how far a holder is in one request, in a private folder, so that a kill costs nothing.

Before anything is sent, what it was made from is on the disk: the fixed list before its
consent, a finished contribution before its header. What is sent again is the same bytes. When
a request has ended, words, parts and the copy of the list are erased; hits and log stay.
"""

import json
import os
import secrets
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from connector.list_words import WordList
from connector.splitting import Prepared
from mpcengine.protocol.canonical import JSON, Digest, parse_json
from mpcengine.protocol.errors import MalformedInput, ProtocolError
from mpcengine.protocol.request_manifest import RequestManifest
from mpcengine.protocol.strict import Fields, to_base64
from private_files import OWNER_ONLY, folder_settle, private_write

STATE_FORMAT = "drempel-holding/1"
FIXED, CONSENTED, HANDED_IN, ENDED = STATES = ("fixed", "consented", "handed_in", "ended")
_KEYS = ("format", "manifest", "state", "takes_part", "snapshot", "salt", "number", "reason")
_PREPARED = ("header", "signature", "number")
# How far contact is, which goes on after the rest has ended (``contact_holding``).
CONTACT_STATE = "contact.json"
_STATE, _WORDS, _COPY, _REQUEST = "state.json", "words.npy", "list.copy", "request.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Say how far a holder is in a request; ``number`` is the nonce's that was answered last.

    ``takes_part`` False: declined, which is carried out in the same steps.
    """

    manifest: Digest
    state: str
    takes_part: bool
    snapshot: Digest
    salt: bytes
    number: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HoldingFolder:
    """One request's folder."""

    path: Path

    @property
    def copy(self) -> Path:
        """Return where the copy of the list's file is, as it was when the list was fixed."""
        return self.path / _COPY

    def load(self) -> Holding | None:
        """Return how far this is, None for nowhere; raise MalformedInput for another file."""
        path = self.path / _STATE
        if not path.exists():
            return None
        try:
            top = Fields(parse_json(path.read_bytes(), file=True), required=_KEYS, file=True)
            top.choice("format", (STATE_FORMAT,))
            return Holding(
                manifest=top.digest("manifest"),
                state=top.choice("state", STATES),
                takes_part=top.boolean("takes_part"),
                snapshot=top.digest("snapshot"),
                salt=top.data("salt", 32),
                number=top.integer("number", 0, 3),
                reason=str(top.raw("reason")),
            )
        except ProtocolError as error:
            raise MalformedInput("hold.state", f"{path}: {error.sentence}") from None

    def save(self, holding: Holding) -> Holding:
        """Write how far this is, whole and for good, and return it."""
        document: dict[str, JSON] = {
            "format": STATE_FORMAT,
            "manifest": holding.manifest,
            "state": holding.state,
            "takes_part": holding.takes_part,
            "snapshot": holding.snapshot,
            "salt": to_base64(holding.salt),
            "number": holding.number,
            "reason": holding.reason,
        }
        private_write(self.path / _STATE, json.dumps(document))
        return holding

    def begin(
        self, request: JSON, manifest: RequestManifest, words: WordList, *, takes_part: bool
    ) -> Holding:
        """Keep the request and the fixed list; what is sent later is made from them."""
        private_write(self.path / _REQUEST, json.dumps(request))
        self._array(_WORDS, words.words)
        return self.save(
            Holding(
                manifest=manifest.digest,
                state=FIXED,
                takes_part=takes_part,
                snapshot=words.snapshot,
                salt=words.salt,
            )
        )

    def words(self, holding: Holding) -> WordList:
        """Return the fixed list again."""
        words = np.load(self.path / _WORDS, allow_pickle=False)
        return WordList(words=words, salt=holding.salt, snapshot=holding.snapshot)

    def request(self) -> JSON:
        """Return the signed request that this began with."""
        return parse_json((self.path / _REQUEST).read_bytes())

    def parts(self, number: int) -> Path:
        """Return an empty folder for the parts of nonce ``number``."""
        folder = self.path / f"parts-{number}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        return folder

    def keep(self, prepared: Prepared) -> None:
        """Keep a finished contribution before anything of it is sent."""
        name = f"prepared-{prepared.number}"
        for bucket, (slots, real) in enumerate(zip(prepared.slots, prepared.real, strict=True)):
            self._array(f"{name}-slots-{bucket}.npy", slots)
            self._array(f"{name}-real-{bucket}.npy", real)
        for part in prepared.folder.iterdir():
            part.chmod(OWNER_ONLY)
        folder_settle(prepared.folder)
        document: dict[str, JSON] = {
            "header": to_base64(prepared.header),
            "signature": to_base64(prepared.signature),
            "number": prepared.number,
        }
        private_write(self.path / f"{name}.json", json.dumps(document))

    def kept(self, number: int, buckets: int) -> Prepared | None:
        """Return the finished contribution of a nonce, None if there is none."""
        name = f"prepared-{number}"
        path = self.path / f"{name}.json"
        if not path.exists():
            return None
        top = Fields(parse_json(path.read_bytes()), required=_PREPARED)
        arrays = [
            [np.load(self.path / f"{name}-{what}-{bucket}.npy", allow_pickle=False)]
            for what in ("slots", "real")
            for bucket in range(buckets)
        ]
        flat = [one for (one,) in arrays]
        return Prepared(
            header=top.data("header"),
            signature=top.data("signature", 64),
            number=number,
            folder=self.path / f"parts-{number}",
            slots=tuple(flat[:buckets]),
            real=tuple(flat[buckets:]),
        )

    def end(self, holding: Holding, reason: str) -> Holding:
        """Note that this has ended, and erase everything that held the list."""
        ended = self.save(replace(holding, state=ENDED, reason=reason))
        self.clear()
        return ended

    def clear(self) -> None:
        """Erase words, parts and the copy of the list; states and the request stay."""
        for path in self.path.iterdir():
            if path.name in {_STATE, _REQUEST, CONTACT_STATE}:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        folder_settle(self.path)

    def copy_list(self, source: Path) -> Path:
        """Keep a private copy of the list's file, so that hits are told of what was fixed."""
        descriptor = os.open(self.copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
        with source.open("rb") as original, os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(original, file)
            os.fsync(file.fileno())
        return self.copy

    def _array(self, name: str, values: NDArray[Any]) -> None:
        draft = self.path / f".{secrets.token_hex(8)}.npy"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            np.save(file, values, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path / name)
