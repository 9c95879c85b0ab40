"""``python -m deploy.generate``: write compose.yaml and its companion from the topology."""

import sys
from pathlib import Path

import yaml

from deploy.containers import Yaml, compose, separate
from deploy.topology import CODE, read_topology

COMPOSE = CODE / "compose.yaml"
SEPARATE = CODE / "deploy" / "compose.separate.yaml"
_HEADER = """\
# Written by `python -m deploy.generate` from deploy/topology.toml: change that, not this.
# {what}
"""


def texts() -> dict[Path, str]:
    """Return every generated file with its text."""
    topology = read_topology()
    whole = "deploy/README.md says how it is used. Images are made here: docker compose build."
    more = "For an operator whose node has a host of its own: -f compose.yaml -f this file."
    return {
        COMPOSE: _text(compose(topology), whole),
        SEPARATE: _text(separate(topology), more),
    }


def main() -> int:
    """Write the files."""
    for path, text in texts().items():
        path.write_text(text, "utf-8")
        sys.stdout.write(f"{path.relative_to(CODE)}\n")
    return 0


def _text(value: Yaml, what: str) -> str:
    body = yaml.dump(value, Dumper=_Plain, sort_keys=False, width=96, allow_unicode=True)
    return _HEADER.format(what=what) + body


class _Plain(yaml.SafeDumper):
    """Write every value out: no anchors, which readers and diffs find hard to follow."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - yaml's signature
        """Return that no value is an alias of another."""
        return True


if __name__ == "__main__":
    sys.exit(main())
