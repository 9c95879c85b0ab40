"""Run benchmark cases as processes of their own, and read the JSON lines they print."""

import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from cli.embedded.services import ROOT, Program, base_environment
from cli.embedded.supervisor import Supervisor
from cli.embedded.templates import templates_ready
from cli.errors import CliError
from cli.signals import shielded
from mpcengine.protocol.canonical import JSON, parse_json
from mpcengine.protocol.errors import ProtocolError

FOLDER = ROOT / "benchmarks"
# Cases of one module, `benchmarks.words`, which takes their names.
WORDS_CASES = ("and", "compare", "equality", "merge")
CASES = (
    *("gate", "survey", "check", "prove", "texts", "tokens", "intake", "match"),
    *WORDS_CASES,
)

# What a respondent computes is measured in Python or in a browser's engine.
ENGINES = ("python", "node", "chromium")
ENGINE_CASES = ("prove",)


def case_names() -> tuple[str, ...]:
    """Return the names of the cases that can be run."""
    return tuple(name for name in CASES if (FOLDER / f"{_module(name)}.py").is_file())


def case_run(
    name: str,
    seconds: float,
    *,
    seed: str | None,
    engine: str | None = None,
    throttle: int = 1,
) -> list[dict[str, JSON]]:
    """Run ``python -m benchmarks.<name>`` and return the objects it printed, one a line.

    ``engine``: one of ENGINES, for a case of ENGINE_CASES; ``throttle``: how many times slower
    Chromium is made. Raises CliError if it fails or
    takes longer than ``seconds``.
    """
    templates = templates_ready()
    with ExitStack() as stack:
        with shielded():
            folder = Path(tempfile.mkdtemp(prefix="drempel-bench-"))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            supervisor = Supervisor()
            stack.callback(supervisor.stop)
        shutil.copytree(templates / "numba", folder / "numba")
        options: tuple[str, ...] = (name,) if name in WORDS_CASES else ()
        options += () if seed is None else ("--seed", seed)
        if engine and name in ENGINE_CASES:
            options += ("--engine", engine, "--throttle", str(throttle))
        program = _program(name, folder, options)
        supervisor.run(program, seconds)
        return _figures(name, program.output)


def figures_text(figures: dict[str, JSON]) -> str:
    """Return the figures of a case as lines for people."""
    lines = [f"{figures.get('case', '?')}, n = {figures.get('n', '?')}"]
    for key, value in figures.items():
        if key in {"case", "n", "versions"} or value is None:
            continue
        shown = f"{value:,.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
        lines.append(f"  {key.replace('_', ' '):<24} {shown}")
    return "\n".join(lines)


def _module(name: str) -> str:
    return "words" if name in WORDS_CASES else name


def _program(name: str, folder: Path, options: tuple[str, ...]) -> Program:
    return Program(
        name=f"bench {name}",
        arguments=(sys.executable, "-m", f"benchmarks.{_module(name)}", *options),
        environment={
            **base_environment(folder),
            "NUMBA_CACHE_DIR": str(folder / "numba"),
        },
        output=folder / "figures.jsonl",
        sockets=(),
    )


def _figures(name: str, output: Path) -> list[dict[str, JSON]]:
    found = []
    for line in output.read_bytes().splitlines():
        if not line.startswith(b"{"):
            continue
        try:
            found.append(parse_json(line))
        except ProtocolError as error:
            raise CliError(f"The case {name} printed a line that is not JSON.") from error
    if not found:
        raise CliError(f"The case {name} printed no figures.")
    return found
