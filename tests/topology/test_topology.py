"""The topology runs as it says: every command, every user, every health check."""

import pytest

from cli.reachable import Live
from deploy.containers import compose
from deploy.local import Local
from tests.topology.witnesses import publish

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]


def test_it_starts_every_command_of_compose(local: Local) -> None:
    """Both fill in the same command: what differs is places only."""
    started = {one.name: one for one in local.processes.history}
    for name, container in compose(local.topology)["services"].items():
        process = local.topology.process(name)
        assert len(container["command"]) == len(started[name].command) == len(process.command)
        for word, here, there in zip(
            process.command[1:],
            started[name].command[1:],
            container["command"][1:],
            strict=True,
        ):
            assert (word == here == there) or "{" in word
        assert set(container.get("environment", {})) <= set(started[name].environment)


def test_it_runs_each_service_under_a_user_of_its_own(local: Local) -> None:
    for one in local.topology.processes:
        if not one.once:
            for member in local.processes.running[one.name].family():
                assert member.uids().real == one.user


def test_it_is_well_by_its_own_health_checks(local: Local) -> None:
    assert {
        one.name: local.is_healthy(one) for one in local.topology.processes if one.health
    } == {one.name: True for one in local.topology.processes if one.health}


def test_it_answers_a_survey(live: Live) -> None:
    witnesses = publish(live, 9)
    for one in witnesses.answer(range(9)):
        one.result(60)
    witnesses.close()
    witnesses.check(witnesses.wait_for_result())
    witnesses.check_calls()
    witnesses.end()
