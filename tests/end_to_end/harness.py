"""Run the console script and whole surveys, and compare results with plain counts."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from cli.embedded.federation import Federation
from cli.embedded.services import ROOT
from cli.progress import Progress
from cli.survey_run import Outcome, survey_run
from connector.answers_csv import Answers
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.encoding import encode_answers, plain_counts
from mpcengine.protocol.layout import Layout, build_layout
from mpcengine.protocol.pattern import Pattern
from mpcengine.protocol.statement import parse_statement, pattern_from_names
from mpcengine.protocol.strict import parse_base64
from mpcengine.protocol.survey import Survey, parse_survey
from mpcengine.protocol.tables import MultipleTable, OneWayTable, RankingTable, TwoWayTable
from tests import services

EXAMPLES = ROOT / "examples"
QUIET = Progress(is_quiet=True)
SCRIPT = (sys.executable, "-m", "cli.main")


def environment(**more: str) -> dict[str, str]:
    """Return a small environment; ``more`` may mark a test's processes."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    return {**kept, "LANG": "C.UTF-8", **more}


def drempel(
    *arguments: object, timeout: float = 120, on_files: bool = False
) -> "subprocess.CompletedProcess[str]":
    """Run ``drempel`` to its end; ``on_files`` lends it nothing, whatever this run has."""
    return subprocess.run(
        [*SCRIPT, *map(str, arguments), *([] if on_files else on_services(arguments))],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


def on_services(arguments: Sequence[object]) -> list[str]:
    """Return the option that lends a command this run's PostgreSQL and Redis, if any."""
    path = services.named()
    takes = bool(arguments) and arguments[0] in {"local", "serve", "demo"}
    is_said = "--services" in arguments
    return ["--services", str(path)] if path is not None and takes and not is_said else []


def sentence_of(done: "subprocess.CompletedProcess[str]") -> str:
    """Return the last line of stderr: the one sentence an error is told in."""
    lines = [line for line in done.stderr.splitlines() if line.startswith("drempel: ")]
    assert len(lines) == 1, done.stderr
    return lines[0]


def run(
    federation: Federation,
    survey: Survey,
    answers: Sequence[Answers],
    progress: Progress = QUIET,
) -> Outcome:
    """Run a whole survey in this process, against a running federation."""
    return survey_run(federation, survey, answers, progress)


def one_question(options: Sequence[str], *, min_count: int) -> Survey:
    """Return a survey of one required question."""
    question: dict[str, JSON] = {
        "id": "pick",
        "kind": "single",
        "title": {"en": "Pick"},
        "required": True,
        "options": list(options),
    }
    return parse_survey(
        {
            "format": "drempel-survey/1",
            "title": {"en": "One question"},
            "min_count": min_count,
            "questions": [{**question, "extremes": "show", "nonresponse": "show"}],
        }
    )


def counts_of(document: JSON) -> dict[tuple[str, tuple[JSON, ...]], int | None]:
    """Return the counts of a result by (table, key); None where a cell is hidden."""
    return {
        (table["id"], tuple(cell["key"])): cell["count"]
        for table in document["tables"]
        for cell in table["cells"]
    }


def expected_counts(
    layout: Layout, answers: Sequence[Answers]
) -> dict[tuple[str, tuple[JSON, ...]], int]:
    """Return the true count of every cell that a result has, from the answers in the clear."""
    totals = totals_of(layout, answers)
    plan = layout.plan
    expected: dict[tuple[str, tuple[JSON, ...]], int] = {}
    optional: tuple[MultipleTable | RankingTable, ...] = (*plan.multiple, *plan.ranking)
    asked: tuple[OneWayTable | MultipleTable | RankingTable, ...] = (*plan.one_way, *optional)
    everything: tuple[OneWayTable | MultipleTable | RankingTable | TwoWayTable, ...]
    everything = (*asked, *plan.two_way)
    for table in everything:
        for key, slot in zip(table.keys, table.slots, strict=True):
            expected[table.id, key] = totals[slot]
    for one in optional:
        if one.null_slot is not None:
            expected[one.id, (None,)] = totals[one.null_slot]
    one_way = {table.id: table for table in plan.one_way}
    for shown in asked:
        if shown.condition is not None:
            parent = one_way[shown.condition.table]
            size = sum(totals[parent.slots[cell]] for cell in shown.condition.cells)
            expected[shown.id, ("not_shown",)] = len(answers) - size
    return expected


def totals_of(layout: Layout, answers: Sequence[Answers]) -> list[int]:
    """Return the true sum of every slot."""
    return plain_counts(layout, [encode_answers(layout, row) for row in answers])


def layout_of(survey: Survey) -> Layout:
    """Return the layout of a survey."""
    return build_layout(survey)


def pattern_of(layout: Layout, document: JSON) -> Pattern:
    """Return the pattern under which a result was released."""
    data = parse_base64(document["proof"]["nodes"][0]["statement"]) or b""
    return pattern_from_names(layout.plan, parse_statement(data).released)


def marked(mark: str) -> list[psutil.Process]:
    """Return the living processes that carry ``mark`` in environment or arguments."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            texts = [*process.environ().values(), *process.cmdline()]
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if any(mark in text for text in texts):
            found.append(process)
    return found


@contextmanager
def started(*arguments: object, scratch: Path) -> Iterator["subprocess.Popen[str]"]:
    """Start ``drempel`` with ``scratch`` for its temporary folders, and kill it at the end."""
    process = subprocess.Popen(
        [*SCRIPT, *map(str, arguments), *on_services(arguments)],
        cwd=ROOT,
        env=environment(TMPDIR=str(scratch)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
