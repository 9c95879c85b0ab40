"""The coordinator signs only what she asked for, and tells a node's refusal from others."""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
import urllib3

from cli.coordinator import Coordinator
from cli.errors import CliError, NodeRefused
from cli.terms import Terms
from connector.errors import Refused
from connector.http import Receiver
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.manifest import Manifest, Roster, Window, build_manifest
from mpcengine.protocol.partners import partner_entry
from mpcengine.protocol.roster import roster_root
from mpcengine.protocol.strict import to_base64
from tests.vectors.cast import cast, terms
from tests.vectors.make_partners import NAMES as PARTNERS
from tests.vectors.make_partners import partner

Answer = Callable[[str], dict[str, Any]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PortalDouble(Receiver):
    """A portal that answers every call with what it is made to say."""

    says: Answer

    def get(self, path: str) -> dict[str, Any]:
        return self.says(path)

    def send(
        self, _method: str, path: str, _value: Mapping[str, JSON], *, once: bool = False
    ) -> dict[str, Any]:
        assert not once
        return self.says(path)


def coordinator_with(says: Answer) -> Coordinator:
    portal = PortalDouble(
        name="The portal", url="http://portal", pool=urllib3.PoolManager(), says=says
    )
    cast_ = cast()
    return Coordinator(
        key=cast_.coordinator,
        portal=portal,
        nodes=cast_.nodes,
        relay_url=cast_.manifest.relay.url,
        look=lambda: None,
    )


def terms_of(manifest: Manifest) -> Terms:
    return Terms(
        survey_id=manifest.survey_id,
        survey=manifest.survey,
        invited=manifest.roster.size,
        timing=manifest.timing,
        issuing=manifest.issuing,
        answering=manifest.answering,
        flush_min=manifest.flush_min,
        give_up_after_days=manifest.give_up_after_days,
        max_inconsistent=manifest.max_inconsistent,
    )


def later(window: Window) -> Window:
    return dataclasses.replace(window, closes=window.closes + timedelta(days=1))


MANIFEST = cast().manifest
ASKED = terms_of(MANIFEST)


def answered(_path: str) -> dict[str, Any]:
    return {"manifest": to_base64(MANIFEST.raw)}


def test_it_accepts_a_manifest_that_says_what_was_asked() -> None:
    coordinator = coordinator_with(answered)
    coordinator.check(coordinator.prepare(ASKED), ASKED)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("survey_id", "00" * 16),
        ("survey", dataclasses.replace(ASKED.survey, min_count=11)),
        ("roster", ASKED.invited + 1),
        ("timing", "immediate"),
        ("issuing", later(ASKED.issuing)),
        ("answering", later(ASKED.answering)),
        ("flush_min", ASKED.flush_min + 1),
        ("give_up_after_days", ASKED.give_up_after_days + 1),
        ("max_inconsistent", 50),
    ],
)
def test_a_portal_that_answers_other_terms_gets_no_signature(name: str, value: Any) -> None:
    coordinator = coordinator_with(answered)
    member = "invited" if name == "roster" else name
    asked: Terms = dataclasses.replace(ASKED, **{member: value})
    with pytest.raises(CliError) as error:
        coordinator.check(coordinator.prepare(asked), asked)
    assert error.value.sentence == (
        f"The portal's manifest has another {name} than was asked for; nothing is signed."
    )


def partners_manifest(*names: str) -> tuple[Manifest, str]:
    """Return a manifest whose roster is of these partners, and its root."""
    root = roster_root(sorted(partner_entry(partner(name).key) for name in names))
    kept = Roster(kind="key", size=len(names), roots=(root,) * 3)
    return build_manifest(dataclasses.replace(terms(), roster=kept)), root


def test_a_portal_that_puts_a_puppet_among_the_partners_gets_no_signature() -> None:
    """A6, the coordinator's side. Fails when ``terms._roster`` compares kind and size only."""
    manifest, root = partners_manifest(*PARTNERS)
    swapped, _ = partners_manifest(*PARTNERS[1:], "a puppet")
    asked = dataclasses.replace(terms_of(manifest), partners_root=root)
    coordinator = coordinator_with(answered)
    coordinator.check(manifest, asked)
    for other in (swapped, MANIFEST):
        with pytest.raises(CliError, match="another roster"):
            coordinator.check(other, asked)
    with pytest.raises(CliError, match="another roster"):
        coordinator.check(manifest, dataclasses.replace(asked, partners_root=None))


def test_a_portal_that_names_another_relay_gets_no_signature() -> None:
    coordinator = coordinator_with(answered)
    other = dataclasses.replace(coordinator, relay_url="http://elsewhere")
    with pytest.raises(CliError) as error:
        other.check(MANIFEST, ASKED)
    assert "another relay" in error.value.sentence


@pytest.mark.parametrize(
    ("code", "said", "kind", "sentence"),
    [
        (
            "policy.coordinator",
            "Node a refuses: This node's operator does not know the coordinator key.",
            NodeRefused,
            "Node a refuses: its operator does not know the coordinator key.",
        ),
        (
            "signature.invalid",
            "Node a refuses: The signature does not hold.",
            CliError,
            "The portal refused: Node a refuses: The signature does not hold.",
        ),
    ],
)
def test_only_a_nodes_policy_is_a_nodes_refusal(
    code: str, said: str, kind: type[CliError], sentence: str
) -> None:
    def refuse(_path: str) -> dict[str, Any]:
        raise Refused("The portal", said, status=403, code=code)

    with pytest.raises(CliError) as error:
        coordinator_with(refuse).prepare(ASKED)
    assert (type(error.value), error.value.sentence) == (kind, sentence)


def test_a_job_that_a_node_refuses_is_told_in_one_sentence() -> None:
    reason = "Node b refuses: This node's operator asks for a min_count of at least 5."
    job = {"state": "refused", "reason": reason}
    with pytest.raises(NodeRefused) as error:
        coordinator_with(lambda _: {"job": job}).wait("id", ("open",), seconds=1)
    assert error.value.sentence == (
        "Node b refuses: its operator asks for a min_count of at least 5."
    )
