"""Nodes publish what they have seen in whole groups, padded alike, and nobody can count it."""

import time
from collections.abc import Callable, Sequence

import pytest

from connector.errors import Refused
from mpcengine.protocol import stages
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.nodesfile import NODE_NAMES
from mpcengine.protocol.package import Package
from mpcengine.protocol.padding import early_publisher, padded_ids, padding_seed, verify_seen
from mpcengine.protocol.statement import parse_statement
from mpcengine.protocol.strict import parse_base64
from tests.nodes.harness import Nodes, Survey
from tests.nodes.publishing import colour_survey, package
from tests.nodes.test_three_nodes import colours

INVITED = 20


def seen(nodes: Nodes, node: str, survey: Survey) -> list[str]:
    """Return a node's seen list as anybody reads it, verified; nothing while there is none."""
    digest = survey.manifest.digest
    try:
        found = nodes.receivers[node].get(f"lists/{digest}/seen")
    except Refused as refusal:
        if (refusal.status, refusal.code) != (404, "lists.none"):
            raise
        return []
    ids: list[str] = found["ids"]
    signature = parse_base64(found["signature"]) or b""
    verify_seen(survey.manifest.node(node).identity_key, digest, ids, signature)
    assert (found["node"], found["size"], found["pages"]) == (node, len(ids), 1)
    return ids


def dummies(nodes: Nodes, survey: Survey) -> list[str]:
    """Return all dummies in order, from the seeds in one node's database."""
    bodies = [nodes.said("a", survey, "pad", node) or b"" for node in NODE_NAMES]
    seed = padding_seed(survey.manifest.digest, [stages.parse_pad(one).seed for one in bodies])
    found: list[str] = []
    for size in range(1, survey.draft.invited + 1):
        found += sorted(set(padded_ids((), size, seed)) - set(found))
    return found


def names(packages: Sequence[Package]) -> set[str]:
    return {one.package_id for one in packages}


def wait(is_so: Callable[[], object], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.1)


def epoch(nodes: Nodes, node: str, survey: Survey) -> int:
    query = "SELECT epoch FROM nodes_job WHERE digest = ?"
    return int(nodes.read(node, query, survey.manifest.digest)[0][0])


def looked(nodes: Nodes, survey: Survey) -> None:
    """Wait until every node has surely looked at what came: a look that began after this call.

    A look takes the job and puts it down, which raises the epoch twice; one may be under way.
    """
    began = {node: epoch(nodes, node, survey) for node in NODE_NAMES}
    wait(lambda: all(epoch(nodes, node, survey) >= began[node] + 3 for node in NODE_NAMES))


def wait_padding(nodes: Nodes, survey: Survey) -> None:
    for node in NODE_NAMES:
        for sender in NODE_NAMES:
            nodes.wait_said(node, survey, "pad", sender, 60.0)


def wait_seen(nodes: Nodes, survey: Survey, ids: set[str]) -> list[str]:
    """Wait until the early list holds ``ids``, and return it."""
    wait(lambda: ids <= set(shown(nodes, survey)))
    return shown(nodes, survey)


def shown(nodes: Nodes, survey: Survey) -> list[str]:
    """Return the list of the one node that publishes before closing; the others have none."""
    early = early_publisher(survey.manifest.digest)
    lists = {node: seen(nodes, node, survey) for node in NODE_NAMES}
    assert [node for node, ids in lists.items() if ids] in ([], [early])
    return lists[early]


@pytest.fixture
def survey(nodes: Nodes) -> Survey:
    return nodes.publish(colour_survey(min_count=6), INVITED)


def test_it_publishes_whole_groups_only(nodes: Nodes, survey: Survey) -> None:
    """Fails when ``seen_look`` does not compare with the size of a group."""
    packages = nodes.answers(survey, colours(5, 5, 3))
    nodes.deliver(survey, packages[:5])
    looked(nodes, survey)
    assert shown(nodes, survey) == []
    nodes.deliver(survey, packages[5:6])
    first = wait_seen(nodes, survey, names(packages[:6]))
    nodes.deliver(survey, packages[6:11])
    looked(nodes, survey)
    assert shown(nodes, survey) == first
    nodes.deliver(survey, packages[11:])
    second = wait_seen(nodes, survey, names(packages))
    own = dummies(nodes, survey)
    for ids, held in ((first, packages[:6]), (second, packages)):
        assert set(ids) == names(held) | set(own[: INVITED - len(held)])


def test_it_counts_people_and_not_revisions(nodes: Nodes, survey: Survey) -> None:
    packages = nodes.answers(survey, colours(6, 0, 0))
    owned = nodes.tickets[packages[0].one_time_key]
    given: JSON = {"colour": "blue"}
    revised = [package(survey.manifest, owned, given, revision=n) for n in range(1, 6)]
    nodes.deliver(survey, [*packages[:5], *revised])
    looked(nodes, survey)
    assert shown(nodes, survey) == []
    nodes.deliver(survey, packages[5:])
    found = wait_seen(nodes, survey, names(packages[1:]))
    assert revised[-1].package_id in found
    assert not names([packages[0], *revised[:-1]]) & set(found)


def test_who_delivers_differently_has_no_lists_to_compare(nodes: Nodes, survey: Survey) -> None:
    """Fails when every node publishes before closing (``early_publisher``)."""
    wait_padding(nodes, survey)
    packages = nodes.answers(survey, colours(5, 2, 0))
    for node, some in zip("abc", (packages[:6], packages[1:], packages[:6]), strict=True):
        nodes.deliver(survey, some, to=node)
    wait(lambda: shown(nodes, survey))
    looked(nodes, survey)
    assert sum(bool(seen(nodes, node, survey)) for node in NODE_NAMES) == 1


def test_it_publishes_while_another_node_is_away(nodes: Nodes, survey: Survey) -> None:
    wait_padding(nodes, survey)
    packages = nodes.answers(survey, colours(6, 0, 0))
    early = early_publisher(survey.manifest.digest)
    away = next(node for node in NODE_NAMES if node != early)
    nodes.processes[away, "web"].kill()
    nodes.processes[away, "web"].wait()
    nodes.deliver(survey, packages, to=[node for node in NODE_NAMES if node != away])
    wait(lambda: names(packages) <= set(seen(nodes, early, survey)))
    assert len(seen(nodes, early, survey)) == INVITED


def test_a_withheld_survey_has_one_list_of_the_rosters_size(
    nodes: Nodes, survey: Survey
) -> None:
    """Fails when ``seen_publish`` does not pad."""
    packages = nodes.answers(survey, colours(2, 1, 0))
    nodes.deliver(survey, packages)
    nodes.order(survey, "close")
    outcomes = nodes.end(survey)
    assert {one["reason"] for one in outcomes.values()} == {"fewer than min_count"}
    # With a digest of the ids anybody could try which entries of the list they are.
    for one in outcomes.values():
        statement = parse_statement(parse_base64(one["statement"]) or b"")
        assert (statement.root, statement.verdict) == (None, None)
    lists = [seen(nodes, node, survey) for node in NODE_NAMES]
    assert lists == [lists[0]] * 3
    assert len(lists[0]) == INVITED
    assert names(packages) <= set(lists[0])
    for name in ("accepted", "rejected"):
        with pytest.raises(Refused):
            nodes.receivers["a"].get(f"lists/{survey.manifest.digest}/{name}")


def test_a_survey_that_lost_a_node_shows_no_two_lists(nodes: Nodes, survey: Survey) -> None:
    wait_padding(nodes, survey)
    packages = nodes.answers(survey, colours(2, 0, 0))
    nodes.deliver(survey, packages[:1], to="a")
    nodes.deliver(survey, packages[1:], to="b")
    nodes.order(survey, "close", to="ab")
    for node in "ab":
        nodes.write(
            node,
            "UPDATE nodes_job SET closed_at = '2020-01-01 00:00:00' WHERE digest = ?",
            survey.manifest.digest,
        )
    outcomes = nodes.end(survey, nodes=("a", "b"))
    assert {one["reason"] for one in outcomes.values()} == {"node lost"}
    early = early_publisher(survey.manifest.digest)
    lists = {node: len(seen(nodes, node, survey)) for node in NODE_NAMES}
    expected = {node: INVITED * (node == early != "c") for node in NODE_NAMES}
    assert lists == expected


def test_a_survey_that_nobody_answered_looks_like_any_other(
    nodes: Nodes, survey: Survey
) -> None:
    nodes.order(survey, "close")
    nodes.end(survey)
    assert len(seen(nodes, "a", survey)) == INVITED


def test_the_seeds_are_told_to_nobody_else(nodes: Nodes, survey: Survey) -> None:
    packages = nodes.answers(survey, colours(6, 0, 0))
    nodes.deliver(survey, packages)
    wait_seen(nodes, survey, names(packages))
    nodes.order(survey, "close")
    nodes.end(survey)
    digest = survey.manifest.digest
    bodies = [nodes.said("a", survey, "pad", node) or b"" for node in NODE_NAMES]
    secrets = [stages.parse_pad(body).seed.hex() for body in bodies]
    assert len(set(secrets)) == 3
    for path in ("manifests/{}", "lists/{}/seen", "lists/{}/accepted", "lists/{}/rejected"):
        told = str(nodes.receivers["a"].get(path.format(digest)))
        assert not any(secret in told for secret in secrets)
    for path in ("results/{}", "jobs/{}"):
        told = str(nodes.receivers["a"].get(path.format(digest)))
        assert not any(secret in told for secret in secrets)
