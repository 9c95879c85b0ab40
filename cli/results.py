"""Read a result file; nothing in it is shown that its own signatures do not carry."""

from dataclasses import dataclass
from pathlib import Path

from cli.errors import BadInput, CliError
from cli.files import read_json
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.errors import MalformedInput, MalformedMessage, ProtocolError
from mpcengine.protocol.manifest import parse_manifest
from mpcengine.protocol.nodesfile import NodesFile
from mpcengine.protocol.request import MATCH
from mpcengine.protocol.request_manifest import RequestManifest, parse_request_manifest
from mpcengine.protocol.request_result import PER_INDICATOR, verify_request_result
from mpcengine.protocol.request_statement import VALUE_NAMES
from mpcengine.protocol.result import Verification, verify_result
from mpcengine.protocol.result_parts import RESULT_FORMAT
from mpcengine.protocol.strict import parse_base64
from mpcengine.protocol.survey import Survey

PER_INDICATOR_SAID = (
    "  Its counts per indicator were opened to the requester alone: they are within the rules, "
    "and no node signed them."
)


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
        verify = verify_request_result if is_request(document) else verify_result
        verification = verify(document, nodes)
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


def is_request(document: dict[str, JSON]) -> bool:
    """Tell whether a result is one of a match or a comparison."""
    return document.get("kind") in VALUE_NAMES


def has_own_part(document: dict[str, JSON]) -> bool:
    """Tell whether a result is a requester's own copy, with counts per indicator."""
    return PER_INDICATOR in document.get(MATCH, {})


def request_of(document: dict[str, JSON]) -> RequestManifest:
    """Return the request manifest of a verified result of a match or a comparison."""
    return parse_request_manifest(
        parse_base64(document["proof"]["manifest"]["manifest"]) or b""
    )


def _tampered(path: Path, error: ProtocolError) -> str:
    return f"{path} does not verify: {error.sentence}"
