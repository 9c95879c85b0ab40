"""Run tests in a copy of this tree in which one mitigation is switched off.

The copy has the tracked files only, and an environment of its own: this one's packages, but
the copy's rooms. A path in a ``.pth`` file does it, not PYTHONPATH, because parties are started
by ``python -I``. ``tests.attackers.own_modules`` runs along and fails a run that has imported
one of our modules from anywhere else.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.tree import files
from tests.attackers.mitigations import ROOT, Check

SECONDS = 420
PROOF = "every module of ours is the copy's"
# Errors that a change makes which breaks the code instead of leaving a mitigation out.
_BROKEN = re.compile(
    r"^E +(?:\w+\.)*(?:NameError|ImportError|ModuleNotFoundError|SyntaxError"
    r"|IndentationError|UnboundLocalError)\b",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Say how a run of pytest in the copy ended."""

    status: int
    output: str

    @property
    def has_passed(self) -> bool:
        """Tell whether all tests ran and passed, on the copy's modules."""
        return self.status == 0 and PROOF in self.output

    def has_failed(self, test: str) -> bool:
        """Tell whether ``test`` itself failed, on the copy's modules, for no broken code."""
        failed = re.search(rf"^FAILED {re.escape(test)}(?![\w])", self.output, re.MULTILINE)
        is_sound = PROOF in self.output and _BROKEN.search(self.output) is None
        return self.status == 1 and failed is not None and is_sound


@dataclass(frozen=True, slots=True)
class TreeCopy:
    """A copy of the tracked files with an environment of its own."""

    root: Path

    @classmethod
    def make(cls, root: Path) -> "TreeCopy":
        """Copy what git tracks, as it is on disk now, and what ``make install`` built."""
        for name in _tracked():
            if (ROOT / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, root / name)
        if (ROOT / "build" / "embedded").is_dir():
            shutil.copytree(ROOT / "build" / "embedded", root / "build" / "embedded")
        venv.EnvBuilder(symlinks=True).create(root / ".venv")
        packages = root / ".venv" / Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
        # Lines of a .pth file are paths; a .pth file in one of those is not read again.
        lines = (str(root), sysconfig.get_path("purelib"))
        (packages / "copy.pth").write_text("".join(f"{line}\n" for line in lines), "utf-8")
        return cls(root)

    @contextmanager
    def without(self, check: Check) -> Iterator[None]:
        """Switch one mitigation off for a while."""
        path = self.root / check.file
        before = path.read_text("utf-8")
        assert before.count(check.old) == 1, f"{check.name}: the text stands there once"
        path.write_text(before.replace(check.old, check.new), "utf-8")
        try:
            yield
        finally:
            path.write_text(before, "utf-8")

    def run(self, tests: Iterable[str], *, seconds: int = SECONDS) -> Outcome:
        """Run tests in the copy, slow ones too, for at most so long."""
        command = [
            str(self.root / ".venv" / "bin" / "python"),
            *("-m", "pytest", "-q", "-m", "not services", "-p", "tests.attackers.own_modules"),
            *("-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist", "-rfE"),
            *("--timeout", str(SECONDS - 60), *tests),
        ]
        done = subprocess.run(
            command,
            cwd=self.root,
            env=_environment(self.root),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=seconds,
        )
        return Outcome(status=done.returncode, output=done.stdout)


def _tracked() -> list[str]:
    """Return the tracked files; where this is no repository, our files and folders."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode == 0:
        return [name for name in listed.stdout.split("\0") if name]
    return [str(path) for path in files()]


def _environment(root: Path) -> dict[str, str]:
    left_out = {"PYTHONPATH", "PYTHONHOME", "PYTEST_ADDOPTS", "VIRTUAL_ENV"}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in left_out and not name.startswith(("PYTEST_", "DREMPEL_"))
    }
    # Changed code must not meet compiled code of another text with the same time and length.
    cache = root / "build" / "embedded" / "numba"
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", "NUMBA_CACHE_DIR": str(cache)}
