"""What is deleted from an embedded database is not in its files any more."""

import sqlite3
from pathlib import Path

import pytest

from config.settings.embedded import sqlite

SECRET = b"a share that nobody may find later " * 300


def files_of(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.iterdir())


@pytest.mark.parametrize("init_command", ["", sqlite("x")["OPTIONS"]["init_command"]])
def test_it_overwrites_what_it_deletes(tmp_path: Path, init_command: str) -> None:
    path = tmp_path / "packages.sqlite3"
    connection = sqlite3.connect(path, isolation_level=None)
    # Some builds of SQLite overwrite by default, others do not.
    connection.execute("PRAGMA secure_delete=OFF")
    connection.executescript("PRAGMA journal_mode=WAL;" + init_command)
    connection.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY, sealed)")
    connection.execute("INSERT INTO kept VALUES (1, ?), (2, ?)", (SECRET, b"stays"))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert SECRET[:100] in files_of(path)
    connection.execute("DELETE FROM kept WHERE id = 1")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    is_found = SECRET[:100] in files_of(path)
    assert b"stays" in files_of(path)
    connection.close()
    # Without the layer's command the value is still there: the search does find it.
    assert is_found == (not init_command)
