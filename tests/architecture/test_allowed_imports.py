"""Short lists of what the pure rooms may import; and every contract, broken on purpose."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, files, sources, text, tree

PLAIN = {
    "abc",
    "ast",
    "base64",
    "bisect",
    "binascii",
    "collections",
    "contextlib",
    "copy",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "hashlib",
    "hmac",
    "inspect",
    "itertools",
    "json",
    "math",
    "operator",
    "re",
    "string",
    "struct",
    "types",
    "typing",
    "unicodedata",
}
"""Standard modules that neither look around nor act: values in, values out."""

ALLOWED = {
    "mpcengine/protocol": PLAIN
    | {"cryptography", "idna", "rfc8785", "jsonschema", "mpcengine.protocol"}
    | {"ipaddress", "urllib.parse"},
    "mpcengine/kernels": PLAIN
    | {"sys", "numpy", "numba", "mpcengine.kernels"}
    | {"mpcengine.protocol.errors", "mpcengine.protocol.field"},
    "mpcengine/circuits": PLAIN
    | {"numpy", "mpcengine.circuits", "mpcengine.kernels", "mpcengine.protocol"},
}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            for one in node.names:
                yield f"{node.module}.{one.name}"


@pytest.mark.parametrize("room", ALLOWED)
def test_it_imports_what_is_on_the_list_only(room: str) -> None:
    allowed = ALLOWED[room]
    found = {
        f"{path}: {name}"
        for path in sources(room)
        for name in imported(path)
        if not any(name == one or name.startswith(f"{one}.") for one in allowed)
    }
    assert found == set()


def test_it_imports_nobodys_private_names() -> None:
    found = {
        f"{path}: {name}"
        for path in sources()
        if path.parts[0] != "tests"
        for name in imported(path)
        if any(part.startswith("_") and part != "__future__" for part in name.split("."))
    }
    assert found == set()


def test_it_loads_the_protocol_without_a_framework() -> None:
    """A static graph cannot see what importing really runs."""
    modules = [
        ".".join(path.with_suffix("").parts)
        for path in sources("mpcengine/protocol")
        if path.name != "__init__.py"
    ]
    program = (
        f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\n"
        "bad = {'django', 'celery', 'mpyc', 'numpy', 'numba', 'urllib3', 'config'}\n"
        "sys.exit(', '.join(sorted(bad & set(sys.modules))) or 0)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


# For each contract one import that it must refuse: the file it is written into, and the line.
PROBES = {
    "portal-tower": ("mpcengine/services.py", "import surveys.selectors"),
    "node-apart": ("nodes/policy.py", "import mpcengine.models"),
    "portal-apart": ("surveys/services.py", "import nodes.models"),
    "relay-apart": ("relay/flush.py", "import accounts.selectors"),
    "events-below": ("security_events/fields.py", "import nodes.models"),
    "booth-apart": ("booth/files.py", "import relay.models"),
    "reporting-pure": ("surveys/reporting/words.py", "import django"),
    "reporting-order": ("surveys/reporting/model.py", "import surveys.reporting.charts"),
    "formats-order": ("surveys/formats/logic.py", "import surveys.formats.registry"),
    "formats-pure": ("surveys/formats/report.py", "import django"),
    "booth-order": ("booth/files.py", "import booth.terms"),
    "protocol-pure": ("mpcengine/protocol/field.py", "import random"),
    "kernels-pure": ("mpcengine/kernels/field61.py", "import time"),
    "circuits-pure": ("mpcengine/circuits/shares.py", "import mpyc"),
    "party-bare": ("mpcengine/party/session.py", "import django"),
    "mpyc-in-party-only": ("nodes/services/computing.py", "import mpcengine.party.session"),
    "bare-init": ("mpcengine/__init__.py", "import mpcengine.models"),
    "connector-bare": ("connector/http.py", "import django"),
    "cli-outside": ("cli/errors.py", "import config.env"),
    "deploy-outside": ("deploy/databases.py", "import config.env"),
    "product-without-tests": ("relay/keys.py", "import tests.people"),
    "pure-tests": ("tests/protocol/test_sharing.py", "import nodes.models"),
    "accounts-models": ("surveys/selectors.py", "import accounts.models"),
    "surveys-models": ("accounts/selectors.py", "import surveys.models"),
    "datarequests-models": ("surveys/selectors.py", "import datarequests.models"),
    "job-models": ("surveys/views.py", "import mpcengine.models"),
    "relay-models": ("nodes/selectors.py", "import relay.models"),
    "node-models": ("mpcengine/selectors.py", "import nodes.models"),
    "no-cycles": ("accounts/models.py", "import accounts.services"),
    "engine-floors": ("mpcengine/services.py", "import mpcengine.tasks"),
    "protocol-order": ("mpcengine/protocol/errors.py", "import mpcengine.protocol.result"),
    "kernels-order": ("mpcengine/kernels/compiled.py", "import mpcengine.kernels.field61"),
    "circuits-order": ("mpcengine/circuits/runtime.py", "import mpcengine.circuits.release"),
    "party-order": ("mpcengine/party/failure.py", "import mpcengine.party.program"),
    "node-floors": ("nodes/models.py", "import nodes.tasks"),
    "node-service-order": ("nodes/services/leases.py", "import nodes.services.driving"),
    "relay-floors": ("relay/services.py", "import relay.views"),
    "surveys-floors": ("surveys/services.py", "import surveys.views"),
    "datarequests-floors": ("datarequests/selectors.py", "import datarequests.views"),
    "accounts-floors": ("accounts/services.py", "import accounts.authentication"),
    "connector-order": ("connector/errors.py", "import connector.attempt"),
}
STRAY = ("mpcengine/helpers.py", "nodes/utils.py", "mpcengine/protocol/common.py")


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Lint a copy of the tree with every probe in it, once, and return what was said."""
    copy = tmp_path_factory.mktemp("tree")
    probes: dict[str, list[str]] = {}
    for name, line in PROBES.values():
        probes.setdefault(name, []).append(line)
    for path in files():
        if path.suffix == ".py" or path.name == "pyproject.toml":
            target = copy / path
            target.parent.mkdir(parents=True, exist_ok=True)
            lines = probes.get(str(path), [])
            target.write_text("\n".join([text(path), *lines]), "utf-8")
    program = "from importlinter.cli import lint_imports_command as lint; lint()"
    ended = subprocess.run(
        [sys.executable, "-c", program, "--no-cache"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(copy), "COLUMNS": "200"},
    )
    assert ended.returncode == 1, ended.stderr
    return ended.stdout


def contracts() -> dict[str, str]:
    linter = tomllib.loads(text(Path("pyproject.toml")))["tool"]["importlinter"]
    return {one["id"]: one["name"] for one in linter["contracts"]}


def test_it_probes_every_contract() -> None:
    assert set(PROBES) == set(contracts())


@pytest.mark.parametrize("contract", PROBES)
def test_it_breaks_when_it_should(contract: str, broken: str) -> None:
    assert f"{contracts()[contract]} BROKEN" in " ".join(broken.split())
