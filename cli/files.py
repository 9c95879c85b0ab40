"""Read and write people's files: every refusal names the file and says what to do."""

import codecs
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cli.errors import BadInput, CliError
from connector.answers_csv import Answers, read_answers
from mpcengine.protocol.canonical import JSON, parse_json
from mpcengine.protocol.errors import MalformedInput, ProtocolError
from mpcengine.protocol.layout import build_layout, check_openings
from mpcengine.protocol.nodesfile import NodesFile, parse_nodes_file
from mpcengine.protocol.partners import PartnersFile, parse_partners_file
from mpcengine.protocol.receipt import Receipt, parse_receipt
from mpcengine.protocol.request import Request, parse_request
from mpcengine.protocol.survey import Survey, check_limits, parse_survey

LONGEST_SECRET = 1000
Parsed = TypeVar("Parsed")
LARGEST_FILE_BYTES = 1024 * 1024 * 1024


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes; raise BadInput if it is not there or not a readable file."""
    try:
        if path.is_dir():
            raise BadInput(f"{path} is a folder; name a file.")
        if not path.is_file() and path.stat():
            raise BadInput(f"{path} is not a regular file; name one.")
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE_BYTES + 1)
    except FileNotFoundError:
        raise BadInput(f"{path} is not there; check the name.") from None
    except OSError:
        raise BadInput(f"{path} cannot be read; check its permissions.") from None
    if len(data) > LARGEST_FILE_BYTES:
        raise BadInput(f"{path} is larger than a gigabyte; split it.")
    return data


def read_json(path: Path) -> JSON:
    """Return what a JSON file holds, with or without a byte-order mark; raise BadInput."""
    data = read_bytes(path).removeprefix(codecs.BOM_UTF8)
    if not data.strip():
        raise BadInput(f"{path} is empty; it must hold JSON.")
    try:
        return parse_json(data, file=True)
    except ProtocolError as error:
        raise BadInput(f"{path}: {error.sentence} Correct it and try again.") from None


def read_survey(path: Path) -> Survey:
    """Return the survey in a ``drempel-survey/1`` file; raise BadInput."""
    value = read_json(path)
    try:
        # Limits depend on how many are invited, so they wait for the rows.
        survey = parse_survey(value)
    except ProtocolError as error:
        raise BadInput(f"{path}: {error.sentence}") from None
    return survey


def read_answer_rows(path: Path, survey: Survey) -> list[Answers]:
    """Return the rows of an ANSWERS.csv for this survey, each checked; raise BadInput."""
    data = read_bytes(path)
    try:
        rows = read_answers(data, survey)
    except MalformedInput as error:
        raise BadInput(f"{path}: {error.sentence}") from None
    try:
        check_limits(survey, len(rows))
    except MalformedInput as error:
        raise BadInput(f"The survey's {error.sentence}") from None
    try:
        check_openings(build_layout(survey), len(rows))
    except MalformedInput as error:
        raise BadInput(error.sentence) from None
    return rows


def read_request(path: Path) -> Request:
    """Return the request in a ``drempel-request/1`` file; raise BadInput."""
    return _parsed(path, parse_request)


def read_nodes(path: Path) -> NodesFile:
    """Return the nodes in a ``drempel-nodes/1`` file; raise BadInput."""
    return _parsed(path, parse_nodes_file)


def read_partners(path: Path) -> PartnersFile:
    """Return the partners in a ``drempel-partners/1`` file; raise BadInput."""
    return _parsed(path, parse_partners_file)


def read_receipt(path: Path) -> Receipt:
    """Return a ``drempel-receipt/1`` file whose signatures hold; raise BadInput."""
    return _parsed(path, parse_receipt)


def _parsed(path: Path, parse: Callable[[JSON], Parsed]) -> Parsed:
    value = read_json(path)
    try:
        return parse(value)
    except ProtocolError as error:
        raise BadInput(f"{path}: {error.sentence}") from None


def read_secret(path: Path) -> str:
    """Return the one line of a file that only its owner can read; raise BadInput."""
    text = read_bytes(path).decode("utf-8", "replace").strip()
    if path.stat().st_mode & 0o077:
        raise BadInput(f"{path} can be read by others; give it mode 0600.")
    if not text or not text.isprintable() or len(text) > LONGEST_SECRET:
        raise BadInput(f"{path} must hold one line of text.")
    return text


def check_output(path: Path) -> None:
    """Raise BadInput unless a file can be written at ``path``; writes nothing."""
    if path.is_dir():
        raise BadInput(f"{path} is a folder; name a file for --out.")
    folder = path.parent
    if not folder.is_dir():
        raise BadInput(f"The folder {folder} of --out is not there; make it first.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise BadInput(f"The folder {folder} of --out cannot be written to; name another one.")


def write_json(path: Path, value: JSON) -> None:
    """Let a JSON file appear at ``path`` whole, or not at all; raise CliError."""
    text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    write_whole(path, text.encode("utf-8"))


def write_whole(path: Path, content: bytes) -> None:
    """Let a file appear at ``path`` whole, or not at all; raise CliError."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise CliError(f"{path} cannot be written: {os.strerror(error.errno or 0)}.") from error
    finally:
        draft.unlink(missing_ok=True)
