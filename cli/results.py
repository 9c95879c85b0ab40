"""Read a result file; nothing in it is shown that its own signatures do not carry."""

from dataclasses import dataclass
from pathlib import Path

from cli.errors import BadInput, CliError
from cli.files import read_json
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.errors import MalformedInput, MalformedMessage, ProtocolError
from mpcengine.protocol.manifest import parse_manifest
from mpcengine.protocol.nodesfile import NodesFile
from mpcengine.protocol.result import RESULT_FORMAT, Verification, verify_result
from mpcengine.protocol.strict import parse_base64
from mpcengine.protocol.survey import Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResult:
    """A result document and what verifying it said."""

    document: dict[str, JSON]
    verification: Verification


def read_result(path: Path, nodes: NodesFile | None = None) -> ReadResult:
    """Return a result that verifies, against ``nodes`` if given.

    Raises BadInput if the file is no ``drempel-result/1``, CliError if it does not verify.
    """
    document = read_json(path)
    if not isinstance(document, dict) or document.get("format") != RESULT_FORMAT:
        raise BadInput(f"{path}: format must be '{RESULT_FORMAT}'; this is no result file.")
    try:
        verification = verify_result(document, nodes)
    except (MalformedInput, MalformedMessage) as error:
        if error.code.startswith("json."):
            raise BadInput(f"{path}: {error.sentence}") from None
        raise CliError(_tampered(path, error)) from None
    except ProtocolError as error:
        raise CliError(_tampered(path, error)) from None
    return ReadResult(document=document, verification=verification)


def survey_of(document: dict[str, JSON]) -> Survey:
    """Return the survey in a verified result's manifest."""
    data = parse_base64(document["proof"]["manifest"]["manifest"]) or b""
    return parse_manifest(data).survey


def _tampered(path: Path, error: ProtocolError) -> str:
    return f"{path} does not verify: {error.sentence}"
