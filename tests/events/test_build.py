"""The build digest covers whatever of ours a service can load."""

import tomllib
from pathlib import Path

from security_events.build import MODULES, ROOMS
from tests.architecture.tree import text


def test_it_covers_every_room_and_module_of_a_service() -> None:
    setup = tomllib.loads(text(Path("pyproject.toml")))["tool"]["setuptools"]
    assert {f"{name}.py" for name in setup["py-modules"]} == set(MODULES)
    rooms = {name.rstrip("*") for name in setup["packages"]["find"]["include"]}
    # Of these a service loads nothing.
    assert rooms - {"benchmarks", "cli", "connector", "deploy"} == set(ROOMS)
