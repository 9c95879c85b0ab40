"""A services file is read strictly, and refused in one sentence that names the place."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.embedded.services import ROOT
from cli.embedded.services_file import services_read
from cli.errors import BadInput
from mpcengine.protocol.errors import MalformedInput
from mpcengine.protocol.schemas import SERVICES_SCHEMA
from mpcengine.protocol.schemas_check import check_shape, compile_schema

GOOD: dict[str, Any] = {
    "format": "drempel-services/1",
    "postgresql": {"host": "127.0.0.1", "port": 5432, "user": "postgres"},
    "redis": {"host": "127.0.0.1", "port": 6379},
}


def write(folder: Path, value: object) -> Path:
    path = folder / "services.json"
    path.write_text(json.dumps(value))
    return path


def test_it_reads_what_it_needs_and_no_more(tmp_path: Path) -> None:
    found = services_read(write(tmp_path, GOOD))
    assert (found.admin.host, found.admin.port, found.admin.user) == (
        "127.0.0.1",
        5432,
        "postgres",
    )
    assert (found.admin.password, found.redis_password_file, found.templates) == (
        "",
        None,
        None,
    )


def test_it_finds_passwords_beside_it(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("open sesame\n")
    value = {
        **GOOD,
        "postgresql": {**GOOD["postgresql"], "password_file": "secret"},
        "redis": {**GOOD["redis"], "password_file": str(tmp_path / "secret")},
    }
    found = services_read(write(tmp_path, value))
    assert found.admin.password == "open sesame"
    assert found.redis_password_file == tmp_path / "secret"


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("postgresql", "host", ""),
        ("postgresql", "port", 0),
        ("postgresql", "port", "5432"),
        ("postgresql", "user", None),
        ("postgresql", "password", "open sesame"),
        ("redis", "port", 65536),
        ("redis", "host", 7),
        ("redis", "number", 1),
    ],
)
def test_it_refuses_an_odd_member_as_its_schema_does(
    tmp_path: Path, part: str, key: str, value: object
) -> None:
    odd = {**GOOD, part: {**GOOD[part], key: value}}
    with pytest.raises(BadInput) as refused:
        services_read(write(tmp_path, odd))
    assert key in refused.value.sentence
    assert "sesame" not in refused.value.sentence
    with pytest.raises(MalformedInput):
        check_shape(compile_schema(SERVICES_SCHEMA), odd, area="test")


@pytest.mark.parametrize("missing", [*GOOD, "file"])
def test_it_refuses_what_is_not_whole(tmp_path: Path, missing: str) -> None:
    path = write(tmp_path, {key: value for key, value in GOOD.items() if key != missing})
    if missing == "file":
        path.unlink()
    with pytest.raises(BadInput):
        services_read(path)


def test_it_refuses_a_password_file_that_is_not_there(tmp_path: Path) -> None:
    value = {**GOOD, "postgresql": {**GOOD["postgresql"], "password_file": "absent"}}
    with pytest.raises(BadInput, match="password file"):
        services_read(write(tmp_path, value))


def test_its_example_names_a_password_file_beside_it() -> None:
    with pytest.raises(BadInput, match="postgresql-password"):
        services_read(ROOT / "examples" / "formats" / "services.json")
