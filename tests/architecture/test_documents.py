"""What the documents say about the repository is so."""

import re
import tomllib
from pathlib import Path

import pytest

from config import env
from mpcengine.models import JobState as LedgerState
from nodes.models import JobState as NodeState
from surveys.models import SurveyState
from tests.architecture.tree import ROOMS, ROOT, files, sources, text, tree

README_COMMANDS = ["make demo", "make test"]
MAX_README_LINES = 70
LINK = re.compile(r"\]\(([^)#]+)(#[^)]*)?\)")
TABLE = re.compile(r"^class (\w+)\((?:models\.Model|AbstractBaseUser)\)", re.MULTILINE)
MARKDOWN = [path for path in files() if path.suffix == ".md"]


def pyproject() -> dict[str, object]:
    return tomllib.loads(text(Path("pyproject.toml")))


def test_it_has_two_commands_in_the_readme_and_no_more() -> None:
    readme = text(Path("README.md"))
    assert (
        re.findall(r"`((?:make|drempel|python|pip|docker) ?[^`]*)`", readme) == README_COMMANDS
    )
    assert len(readme.splitlines()) <= MAX_README_LINES


def test_it_says_what_it_does_not_protect_against() -> None:
    readme = text(Path("README.md"))
    first = readme.partition("## What it does not protect against")[2].strip().splitlines()[0]
    assert "collude" in first


def test_it_runs_the_readmes_check_in_ci() -> None:
    steps = text(Path(".ci/run")).splitlines()
    assert "set -euo pipefail" in steps
    made = [step for step in steps if step.startswith("make")]
    assert made == ["make check", "make test", "make test-services"]


def test_it_explains_every_target_in_one_line() -> None:
    makefile = text(Path("Makefile"))
    phony = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[0].split()
    helped = re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE)
    assert sorted(phony) == sorted(helped)
    assert {"help", "demo", "test", "check", "install"} <= set(helped)
    assert helped[0] == "help"


@pytest.mark.parametrize("room", ROOMS)
def test_it_introduces_every_room_in_a_few_lines(room: str) -> None:
    lines = text(Path(room, "README.md")).strip().splitlines()
    assert lines[0].startswith("# ")
    assert 3 <= len(lines) <= 60


@pytest.mark.parametrize("page", MARKDOWN, ids=str)
def test_it_links_to_files_that_are_there(page: Path) -> None:
    targets = [target for target, _ in LINK.findall(text(page)) if "://" not in target]
    broken = [target for target in targets if not (ROOT / page.parent / target).exists()]
    assert broken == []


def test_it_maps_every_folder() -> None:
    architecture = text(Path("ARCHITECTURE.md"))
    folders = {path.parts[0] for path in files() if len(path.parts) > 1}
    unnamed = {
        one for one in folders - {".ci", "requirements"} if f"`{one}" not in architecture
    }
    assert unnamed == set()


def test_it_documents_every_dependency_and_its_licence() -> None:
    page = text(Path("docs/dependencies.md"))
    project = pyproject()["project"]
    assert isinstance(project, dict)
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    names = {re.split(r"[\[<>=]", one)[0] for one in wanted}
    rows = dict(re.findall(r"^\| ([a-z0-9-]+) \| ([^|]+) \|", page, re.MULTILINE))
    assert names == rows.keys() - {"package"}
    assert [
        name for name, licence in rows.items() if re.search(r"(^|[^L])A?GPL", licence)
    ] == []


def test_it_locks_every_dependency() -> None:
    project = pyproject()["project"]
    assert isinstance(project, dict)
    locked = text(Path("requirements/run.txt"))
    for wanted in [*project["dependencies"], "setuptools", "wheel"]:
        name = re.split(r"[\[<>=]", wanted)[0]
        assert re.search(rf"^{re.escape(name)}==", locked, re.MULTILINE)


def test_it_documents_every_setting() -> None:
    page = text(Path("config/README.md"))
    read = {
        name
        for path in sources(
            "accounts", "config", "datarequests", "mpcengine", "nodes", "relay", "surveys"
        )
        for name in re.findall(r"\bsettings\.([A-Z][A-Z_]+)", text(path))
    }
    djangos = {"AUTH_USER_MODEL", "DATABASES", "DATABASE_ROUTERS", "DEBUG", "INSTALLED_APPS"}
    djangos |= {"MIDDLEWARE"}
    assert {name for name in read - djangos if f"`{name}`" not in page} == set()


def test_it_documents_every_key_of_a_service_file() -> None:
    page = text(Path("config/service-file.md"))
    keys = {
        name
        for kind in (env.PortalService, env.RelayService, env.NodeService)
        for name in kind.__dataclass_fields__
    }
    assert {key for key in keys if f"`{key}`" not in page} == set()


@pytest.mark.parametrize(
    ("module", "tests"),
    [
        ("checks", "test_system_checks"),
        ("checks_services", "test_service_checks"),
        ("checks_events", "test_events_checks"),
    ],
)
def test_it_numbers_every_check(module: str, tests: str) -> None:
    source = text(Path(f"config/{module}.py"))
    listed = re.findall(r"^drempel\.E\d{3}", source, re.MULTILINE)
    raised = set(re.findall(r'id="(drempel\.E\d{3})"', source))
    tested = set(re.findall(r"drempel\.E\d{3}", text(Path(f"tests/roles/{tests}.py"))))
    assert listed == sorted(raised) == sorted(tested)


def test_it_cites_sections_that_are_there() -> None:
    headings = re.findall(r"^#{1,2} §?(\d+)\b", text(Path("docs/protocol.md")), re.MULTILINE)
    cited = {
        number
        for path in sources()
        for line in re.findall(r"docs/protocol\.md((?:[ ,]| and | to )*§[^.;)\n]*)", text(path))
        for number in re.findall(r"§(\d+)", line)
    }
    assert headings == [str(number) for number in range(1, len(headings) + 1)]
    assert len(cited) > 10
    assert cited <= set(headings)


def test_it_lists_every_decision() -> None:
    index = text(Path("docs/decisions/README.md"))
    pages = [path for path in files() if re.fullmatch(r"docs/decisions/\d.*\.md", str(path))]
    assert sorted(path.name for path in pages) == re.findall(r"\]\((\d[^)]+)\)", index)
    numbers = [int(path.name[:4]) for path in pages]
    assert numbers == sorted(set(numbers))


def test_it_draws_every_state() -> None:
    page = text(Path("docs/data-lifecycle.md"))
    drawn = page.split("```mermaid")[1:]
    for kind, diagram in zip((SurveyState, LedgerState, NodeState), drawn, strict=True):
        words = set(re.findall(r"\b[a-z]+\b", diagram.partition("```")[0]))
        assert set(kind.values) <= words


def test_it_names_every_table() -> None:
    page = text(Path("docs/data-lifecycle.md"))
    named = {"NodeRecord", "MpcJob", "JobOrder", "OrderDelivery", "SignedResult"}  # the ledger
    named |= {"Organisation", "User", "ApiToken", "Survey", "RelayedSurvey", "RelayedOrder"}
    named |= {"IssuerKey", "RosterEntry", "CoordinatorOrder"}  # by what they hold
    for app in ("accounts", "datarequests", "mpcengine", "nodes", "relay", "surveys"):
        source = text(Path(app, "models.py"))
        tables = set(
            re.findall(r"^class (\w+)\((?:models\.Model|AbstractBaseUser)\)", source, re.M)
        )
        assert {table for table in tables - named if table not in page} == set()


def test_it_keeps_the_engines_door_bare() -> None:
    """A static checker does not see that importing a child runs its parent."""
    for package in (
        "mpcengine",
        "mpcengine/protocol",
        "mpcengine/circuits",
        "nodes",
        "connector",
    ):
        body = tree(Path(package, "__init__.py")).body
        assert [type(node).__name__ for node in body] in ([], ["Expr"])
