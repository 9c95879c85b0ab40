"""Refuse files that are too large, too deep or made to blow up, before anything reads them."""

import json
import zipfile
from io import BytesIO
from typing import NoReturn
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.errors import MalformedInput

LARGEST_FILE = 4 * 1024 * 1024
LARGEST_UNZIPPED = 24 * 1024 * 1024
MOST_MEMBERS = 400
MOST_RATIO = 200
DEEPEST = 40
MOST_ELEMENTS = 100_000


def refuse(code: str, sentence: str, where: str = "") -> NoReturn:
    """Raise MalformedInput with the code ``import.<code>``."""
    raise MalformedInput(f"import.{code}", sentence, where=where)


def check_size(data: bytes) -> None:
    """Return nothing if the file is neither empty nor over 4 MiB; raise MalformedInput."""
    if not data:
        refuse("empty", "The file is empty; choose another.")
    if len(data) > LARGEST_FILE:
        refuse("too_large", f"The file is over {LARGEST_FILE >> 20} MiB; send a smaller one.")


def check_zip(data: bytes) -> None:
    """Return nothing if a zip file unpacks to a bounded size; raise MalformedInput.

    The sizes are those that the zip says of itself; its reader stops at them.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError):
        refuse("not_xlsx", "The file is no Excel workbook (.xlsx); save it as one and retry.")
    total = sum(one.file_size for one in members)
    if len(members) > MOST_MEMBERS or total > LARGEST_UNZIPPED:
        refuse("unpacks_too_large", "The workbook unpacks to too much; remove what is unused.")
    if total > 1 << 20 and total > MOST_RATIO * len(data):
        refuse("unpacks_too_large", "The workbook unpacks to too much; remove what is unused.")


def parse_json(data: bytes) -> JSON:
    """Return what a JSON file holds, at most 40 levels deep; raise MalformedInput."""
    try:
        found = json.loads(data.decode("utf-8-sig"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        refuse("not_utf8", "The file is not UTF-8 text; save it as UTF-8 and retry.")
    except RecursionError:
        refuse("too_deep", f"The file is nested over {DEEPEST} levels deep.")
    except json.JSONDecodeError as error:
        refuse(
            "not_json",
            f"The file is no JSON: line {error.lineno}, column {error.colno} cannot be read.",
            where=f"line {error.lineno}, column {error.colno}",
        )
    except ValueError:
        refuse("not_json", "The file holds a number that cannot be read.")
    if _depth(found) > DEEPEST:
        refuse("too_deep", f"The file is nested over {DEEPEST} levels deep.")
    return found


def parse_xml(data: bytes) -> Element:
    """Return an XML file's root, without entities or doctypes; raise MalformedInput."""
    try:
        root: Element = ElementTree.fromstring(data, forbid_dtd=True)
    except (DefusedXmlException, ValueError):
        refuse("unsafe_xml", "The file declares entities or a doctype; it is not read.")
    except ParseError as error:
        line, column = error.position
        refuse(
            "not_xml",
            f"The file is no XML: line {line}, column {column + 1} cannot be read.",
            where=f"line {line}, column {column + 1}",
        )
    if sum(1 for _ in root.iter()) > MOST_ELEMENTS:
        refuse("too_large", f"The file has over {MOST_ELEMENTS} elements.")
    return root


def _no_constant(_name: str) -> NoReturn:
    raise ValueError


def _depth(value: JSON) -> int:
    deepest, level = 0, [value]
    while level:
        deepest += 1
        if deepest > DEEPEST:
            break
        inner: list[JSON] = []
        for one in level:
            inner += one.values() if isinstance(one, dict) else []
            inner += one if isinstance(one, list) else []
        level = inner
    return deepest
