"""Run every check of one service, side by side where they wait for others, in fixed order."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from cli.doctoring import machine
from cli.doctoring.finding import Check, Finding, fail
from cli.doctoring.keys import keys
from cli.doctoring.peers import peers
from cli.doctoring.service import Service
from cli.doctoring.standing import SECONDS, standing, worker


def examine(service: Service, seconds: float = SECONDS) -> list[Finding]:
    """Return what every check found, by number; ``seconds`` is for the longest of them."""
    checks: tuple[Check, ...] = (
        machine.versions,
        lambda: machine.files(service),
        lambda: keys(service),
        lambda: standing(service, seconds),
        lambda: worker(service),
        lambda: machine.disk(service),
        lambda: peers(service),
        lambda: machine.party_ports(service),
        lambda: machine.policy(service),
        lambda: machine.certificate(service),
    )
    with ThreadPoolExecutor(len(checks)) as pool:
        found = [one for result in pool.map(_guarded, checks) for one in result]
    return sorted(found, key=lambda one: one.number)


def _guarded(check: Check) -> list[Finding]:
    return list(_each(check))


def _each(check: Check) -> Iterator[Finding]:
    try:
        yield from check()
    except Exception as error:  # noqa: BLE001 - one broken check hides no other
        kind = type(error).__name__
        yield fail("D00", f"A check could not be made ({kind}).", "Please report it.")
