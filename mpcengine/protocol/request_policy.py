"""Check a request manifest against what one operator allows (``drempel-policy/1``).

Source: docs/protocol.md §19.5. A refusal has a code of its own and says what, and what to do.
"""

from collections.abc import Sequence
from datetime import timedelta

from mpcengine.protocol.errors import PolicyRefused
from mpcengine.protocol.policy import Policy
from mpcengine.protocol.request import ITEMS, MATCH
from mpcengine.protocol.request_manifest import RequestManifest


def check_request_policy(
    policy: Policy, manifest: RequestManifest, approved: Sequence[int]
) -> None:
    """Return nothing if this operator takes part; raise PolicyRefused otherwise.

    ``approved``: the places of who approved the manifest, as ``verify_approvals`` gives them.
    """
    if manifest.kind not in policy.kinds:
        raise _refused("kind", f"does not take part in requests of kind {manifest.kind}")
    if manifest.coordinator.key not in policy.coordinators:
        raise _refused(
            "coordinator",
            "does not know the manifest's coordinator key; ask the operator to add it",
        )
    _check_approvals(policy, manifest, approved)
    _check_floors(policy, manifest)
    _check_sizes(policy, manifest)
    _check_times(policy, manifest)


def _check_approvals(
    policy: Policy, manifest: RequestManifest, approved: Sequence[int]
) -> None:
    """Refuse too few approvals: of approvers the operator knows, and none of who asks.

    Identifiers that stand for persons are few enough to be tried one by one: one more approver,
    and where two are needed, of two organisations (reference/data-requests.md 2.2, 6.1).
    """
    found = [manifest.approvals.approvers[place] for place in approved]
    asker = manifest.requester.name
    known = [one for one in found if policy.approvers is None or one.key in policy.approvers]
    counted = [one for one in known if one.organisation != asker]
    persons = manifest.request.names_persons
    due = policy.min_approvals + persons
    if len(counted) < due:
        raise _refused(
            "min_approvals",
            f"asks for approvals of {due} approvers it knows, of other organisations than the "
            f"requester's; {len(counted)} are given",
        )
    if persons and due > 1 and len({one.organisation for one in counted}) < 2:
        raise _refused(
            "approvers",
            "asks for approvers of two organisations where identifiers stand for persons",
        )


def _check_floors(policy: Policy, manifest: RequestManifest) -> None:
    request = manifest.request
    unit = "person" if request.names_persons else "organisation"
    floor = _floor(policy, unit)
    if request.min_count < floor:
        raise _refused(
            "min_count",
            f"asks for a min_count of at least {floor} where identifiers stand for {unit}s; "
            f"request.min_count is {request.min_count}",
        )
    if request.kind != MATCH:
        return
    organisations = _floor(policy, "organisation")
    if request.min_organisations < organisations:
        raise _refused(
            "min_organisations",
            f"asks for a min_organisations of at least {organisations}; "
            f"request.min_organisations is {request.min_organisations}",
        )


def _floor(policy: Policy, unit: str) -> int:
    floor = policy.floors.get(unit)
    if floor is None:
        raise _refused("unit", f"does not allow requests about {unit}s")
    return floor


def _check_sizes(policy: Policy, manifest: RequestManifest) -> None:
    if len(manifest.owners) > policy.max_owners:
        raise _refused("max_owners", f"allows at most {policy.max_owners} owners of lists")
    if max(manifest.first_size, manifest.other_size) > policy.max_list:
        raise _refused("max_list", f"allows lists of at most {policy.max_list} values")
    request = manifest.request
    if request.kind == MATCH and manifest.first_size > policy.max_indicators:
        raise _refused(
            "max_indicators",
            f"allows a requester's list of at most {policy.max_indicators} values",
        )
    guesses = request.kind == MATCH and request.holder_feedback == ITEMS
    if guesses and request.names_persons and manifest.other_size > policy.max_guesses:
        # A holder learns for each value of her list whether it was asked for (corrections C5).
        raise _refused(
            "max_guesses",
            f"allows lists of at most {policy.max_guesses} values where holders of persons' "
            "identifiers learn which of theirs matched; ask for holder_feedback hit or none",
        )


def _check_times(policy: Policy, manifest: RequestManifest) -> None:
    if manifest.give_up_after_days > policy.max_give_up_after_days:
        raise _refused(
            "give_up_after",
            f"keeps lists at most {policy.max_give_up_after_days} days after closing; "
            f"give_up_after_days is {manifest.give_up_after_days}",
        )
    days = policy.max_answering_days
    if manifest.contributing.closes - manifest.consenting.opens > timedelta(days=days):
        raise _refused(
            "answering_days",
            f"allows at most {days} days from consenting.opens to contributing.closes",
        )


def _refused(code: str, sentence_end: str) -> PolicyRefused:
    return PolicyRefused(f"policy.{code}", f"This node's operator {sentence_end}.")
