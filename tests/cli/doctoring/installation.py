"""An installed node in a folder, with its peers' entries, for the doctor to look at."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.doctoring.finding import Finding
from cli.doctoring.service import Service, service_read
from cli.main import main


@dataclass(frozen=True, slots=True)
class Installation:
    """Three installed nodes; ``folder`` is node a's, whose doctor is asked."""

    home: Path

    @property
    def folder(self) -> Path:
        """Return node a's folder."""
        return self.home / "a"

    @property
    def service(self) -> Service:
        """Return node a's service file as the doctor reads it."""
        return service_read(self.folder / "service.json")

    def change(self, name: str, **members: object) -> None:
        """Change members of a JSON file in node a's folder."""
        path = self.folder / name
        document = json.loads(path.read_text("utf-8"))
        path.write_text(json.dumps({**document, **members}), "utf-8")

    def entry(self, node: str, **members: object) -> None:
        """Change a node's entry in node a's nodes file."""
        path = self.folder / "nodes.json"
        document = json.loads(path.read_text("utf-8"))
        for one in document["nodes"]:
            if one["node"] == node:
                one.update(members)
        path.write_text(json.dumps(document), "utf-8")


def installation(home: Path, ports: dict[str, int]) -> Installation:
    """Install three nodes under ``home`` that listen on these ports."""
    for node, port in ports.items():
        given: list[Any] = ["--folder", home / node, "--node", node, "--name", node.upper()]
        given += ["--url", f"https://127.0.0.1:{port}", "--party-ports", "21000-21002"]
        key = "GKrgt0C2kHQeloS0SxdlOayY0uqscizHV9AxQk7MBdc="
        assert main(["install", "node", *map(str, given), "--coordinator", key]) == 0
    entries = [str(home / node / "node-entry.json") for node in ports]
    for node in ports:
        assert (
            main(["install", "join", *entries, "--out", str(home / node / "nodes.json")]) == 0
        )
    return Installation(home)


def verdicts(found: Iterable[Finding], number: str) -> set[str]:
    """Return the verdicts of one check."""
    return {one.verdict for one in found if one.number == number}
