"""A pytest plugin: fail a run that has imported a module of ours from outside its own tree."""

import sys
from pathlib import Path

import pytest

from tests.attackers.switched_off import PROOF

_TREE = Path(__file__).resolve().parents[2]
_OURS = {path.name for path in _TREE.iterdir() if (path / "__init__.py").is_file()}
_OURS |= {path.stem for path in _TREE.glob("*.py")}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say where our modules came from."""
    strangers = sorted(
        f"{name} from {module.__file__}"
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in _OURS
        and getattr(module, "__file__", None)
        and not Path(str(module.__file__)).resolve().is_relative_to(_TREE)
    )
    terminalreporter.write_line("; ".join(strangers) if strangers else PROOF)
