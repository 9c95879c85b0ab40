"""The Dockerfile's three images: pinned, without root, without tools, with a health check."""

import re
from collections.abc import Callable

import pytest

from deploy.containers import IMAGES
from deploy.topology import CODE, read_topology
from tests.topology.dockerfile import Stage, is_list, parse, read

TEXT = (CODE / "Dockerfile").read_text("utf-8")
STAGES = read(CODE / "Dockerfile")
FINAL = ("app", "database", "redis")
BASE = re.compile(r"[a-z]+:\d+(\.\d+)+(-[a-z]+)*|postgres:\d+-bookworm")
# What nobody needs who runs a service; a new folder is in the image or here.
LEFT_OUT = {"benchmarks", "datarequests", "docs", "examples", "requirements", "tests"}
# Made here and not ours to keep.
MADE = {"__pycache__", "build", "node_modules", "secrets", "settings", "static-root"}
SHOWN = {
    path.name
    for path in CODE.iterdir()
    if path.is_dir() and path.suffix != ".egg-info" and path.name[0] != "."
} - (LEFT_OUT | MADE)


def breaches(stages: dict[str, Stage]) -> list[str]:
    """Return what an image may not be."""
    found = [f"{one.name}: base" for one in stages.values() if not BASE.fullmatch(one.base)]
    for name in FINAL:
        found += [f"{name}: {what}" for what, is_so in final_breaches(stages[name]) if is_so]
    installs = [text for text in stages["build"].of("RUN") if "pip install" in text]
    if not any(
        "--require-hashes" in text and "--only-binary :all:" in text for text in installs
    ):
        found.append("build: hashes")
    if not all("--require-hashes" in text or "--no-index" in text for text in installs):
        found.append("build: an install without hashes")
    return found


def final_breaches(stage: Stage) -> list[tuple[str, bool]]:
    users = stage.of("USER")
    tools = re.compile(r"pip install|apt-get|curl|wget")
    return [
        ("root", not users or not all(int(part) >= 10000 for part in users[-1].split(":"))),
        ("health", len(stage.of("HEALTHCHECK")) != 1),
        ("shell", not all(is_list(text) for text in stage.of("ENTRYPOINT", "CMD"))),
        ("tools", any(tools.search(text) for text in stage.of("RUN"))),
        ("everything", bool(stage.of("ADD")) or any(x[:2] == ". " for x in stage.of("COPY"))),
    ]


def test_it_keeps_every_rule() -> None:
    assert breaches(STAGES) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("FROM postgres:15-bookworm", "FROM postgres:latest"),
        lambda text: text.replace("USER 10000:10000", "USER 0:0"),
        lambda text: text.replace("USER 10002:10000\n", ""),
        lambda text: text.replace("--require-hashes ", ""),
        lambda text: text.replace(
            'CMD ["python", "-m", "gunicorn"', 'CMD "python -m gunicorn"'
        ),
        lambda text: text.replace(
            "COPY --from=build", "RUN apt-get install gcc\nCOPY --from=build"
        ),
        lambda text: re.sub(r"HEALTHCHECK.*deploy.health.*", "", text),
        lambda text: text.replace("COPY deploy/redis.conf", "COPY . "),
    ],
)
def test_it_notices_a_breach(change: Callable[[str], str]) -> None:
    broken = change(TEXT)
    assert broken != TEXT
    assert breaches(parse(broken)) != []


def test_it_makes_the_images_that_the_topology_names() -> None:
    assert set(FINAL) == set(IMAGES) == {one.image for one in read_topology().processes}


def test_it_copies_what_runs_and_nothing_else() -> None:
    copied = {text.split()[0] for text in STAGES["build"].of("COPY")}
    assert {one for one in copied if (CODE / one).is_dir()} == SHOWN


def test_it_lets_nothing_else_into_the_build() -> None:
    """Secrets, settings and tests are not even sent to what builds."""
    lines = (CODE / ".dockerignore").read_text("utf-8").splitlines()
    lines = [line for line in lines if line and line[0] != "#"]
    assert lines[0] == "*"
    allowed = {line[1:] for line in lines if line[0] == "!"}
    assert allowed == SHOWN | {"pyproject.toml", "README.md", "LICENSE", "*.py"} | {
        "requirements/run.txt"
    }


def test_it_puts_files_where_the_topology_expects_them() -> None:
    for name, files in {
        "database": ("postgresql.conf", "pg_hba.conf"),
        "redis": ("redis.conf",),
    }.items():
        source, target = STAGES[name].of("COPY")[0].rsplit(" ", 1)
        assert source.split() == [f"deploy/{one}" for one in files]
        assert target == "/opt/drempel/app/deploy/"
        assert all((CODE / "deploy" / one).is_file() for one in files)
