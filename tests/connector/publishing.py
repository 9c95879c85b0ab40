"""A node that publishes what a test gives it: signed, whole, in pages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mpcengine.protocol.batch import (
    SUPERSEDED,
    Rejected,
    Verdict,
    batch_root,
    verdict_digest,
)
from mpcengine.protocol.canonical import JSON, digest
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.padding import padded_ids, padding_seed, seen_body
from mpcengine.protocol.signing import LABEL_SEEN, LABEL_STATEMENT, sign
from mpcengine.protocol.statement import (
    RELEASED,
    Statement,
    build_statement,
    withheld_statement,
)
from mpcengine.protocol.strict import to_base64
from tests.connector.doubles import Answer
from tests.vectors.cast import cast

ROSTER_SIZE = 8


@dataclass
class Publishing:
    """A node that publishes what a test gives it, in pages, signed with its key."""

    index: int
    digest: str
    pages: dict[str, list[JSON]] = field(default_factory=dict)
    statement: bytes = b""
    list_signature: bytes = b""
    asked: list[str] = field(default_factory=list)
    page_size: int = 3
    roster_size: int = ROSTER_SIZE
    # How many calls fail, where a test makes a pool of this.
    failures: int = 0
    change: Callable[[str, JSON], JSON] = lambda _path, found: found

    @property
    def name(self) -> str:
        return NODE_NAMES[self.index - 1]

    def see(self, *ids: str) -> None:
        joint = padding_seed(self.digest, [bytes(32)] * 3)
        padded = padded_ids(sorted(ids), self.roster_size, joint)
        self.pages["seen"] = list(padded)
        body = seen_body(self.digest, padded)
        self.list_signature = sign(cast().identity[self.index - 1], LABEL_SEEN, body)

    def release(self, accepted: tuple[str, ...], rejected: Mapping[str, str]) -> None:
        entries = [Rejected(package=p, reason=rejected[p]) for p in sorted(rejected)]
        verdict = Verdict(accepted=tuple(sorted(accepted)), rejected=tuple(entries))
        failed = [one.package for one in entries if one.reason != SUPERSEDED]
        self.pages["accepted"] = list(verdict.accepted)
        self.pages["rejected"] = [{"id": o.package, "reason": o.reason} for o in entries]
        self.statement = build_statement(
            Statement(
                node=self.name,
                manifest=self.digest,
                state=RELEASED,
                reason=None,
                root=batch_root(self.digest, sorted([*accepted, *failed])),
                verdict=verdict_digest(self.digest, verdict),
                coin=digest(b"a coin"),
                lines=digest(b"three bodies"),
                accepted=len(accepted),
                rejected=verdict.totals(),
                released=(),
                shares={},
            )
        )

    def withhold(self, reason: str) -> None:
        self.statement = build_statement(
            withheld_statement(node=self.name, manifest=self.digest, reason=reason)
        )

    def answer(self, _method: str, path: str, _body: bytes) -> Answer:
        self.asked.append(path)
        status, found = self._answer(path)
        return status, self.change(path, found)

    def _answer(self, path: str) -> Answer:
        missing: Answer = (404, {"code": "lists.none", "detail": "There is none."})
        if path.startswith("results/"):
            if not self.statement:
                return missing
            signature = sign(cast().identity[self.index - 1], LABEL_STATEMENT, self.statement)
            return 200, {
                "state": "x",
                "reason": None,
                "statement": to_base64(self.statement),
                "signature": to_base64(signature),
            }
        name, _, page = path.removeprefix(f"lists/{self.digest}/").partition("?page=")
        if name not in self.pages:
            return missing
        entries, number = self.pages[name], int(page or 1)
        key = "rejected" if name == "rejected" else "ids"
        part = entries[(number - 1) * self.page_size : number * self.page_size]
        return 200, {
            "manifest": self.digest,
            "size": len(entries),
            "page": number,
            "pages": max(1, -(-len(entries) // self.page_size)),
            "node": self.name,
            "signature": to_base64(self.list_signature),
            key: part,
        }
