"""Read the arguments of ``drempel local match`` and ``local compare``: whose list is where."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from cli.contacting import contact_path
from cli.errors import BadInput
from cli.request_run import REQUESTER_NAME, Listed
from connector.list_files import ListFile
from mpcengine.protocol.request import COMPARE, MATCH, Request
from mpcengine.protocol.schemas_request import MOST_OWNERS

HITS_SUFFIX = ".hits.json"
_LONGEST_NAME = 100


def lists_of(arguments: argparse.Namespace, request: Request) -> list[Listed]:
    """Return all lists in order: a match's requester first; raise BadInput.

    Looks whether each file can be read, and says nothing of its contents yet.
    """
    if request.kind != arguments.kind:
        raise BadInput(
            f"{arguments.request} asks for a {request.kind}; "
            f"run it with 'drempel local {request.kind}'."
        )
    if request.kind == COMPARE:
        pairs = _named(arguments.list, "--list")
        if len(pairs) < 2:
            raise BadInput("Name at least two lists, each as --list NAME=FILE.")
    else:
        pairs = _named(arguments.holding, "--holding") + _folder(arguments.holdings)
        if not pairs:
            raise BadInput("Name at least one holder, as --holding NAME=FILE.")
    _check_names([name for name, _ in pairs])
    if request.kind == MATCH:
        pairs.insert(0, (REQUESTER_NAME, arguments.indicators))
    if len(pairs) > MOST_OWNERS:
        raise BadInput(f"A request has at most {MOST_OWNERS} lists; these are {len(pairs)}.")
    return _listed(request, pairs, arguments.column)


def lists_named(request: Request, indicators: Path, holdings: Path) -> list[Listed]:
    """Return a match's lists: the requester's, and a folder's, each by its file's name."""
    pairs = [(REQUESTER_NAME, indicators), *_folder(holdings)]
    return _listed(request, pairs, None)


def _listed(
    request: Request, pairs: Sequence[tuple[str, Path]], column: str | None
) -> list[Listed]:
    listed = [
        Listed(
            name=name,
            source=ListFile(path=path, identifiers=request.identifiers, column=column),
        )
        for name, path in pairs
    ]
    for one in listed:
        _check_readable(one.source.path)
    return listed


def hits_path(out: Path, name: str) -> Path:
    """Return where a holder's private outcome is written: beside the result."""
    return out.parent / f"{name}{HITS_SUFFIX}"


def check_hits(out: Path, lists: Sequence[Listed]) -> None:
    """Raise BadInput if a holder's file would take the place of the result's."""
    for listed in lists:
        for path, what in (
            (hits_path(out, listed.name), "hits"),
            (contact_path(out, listed.name), "cards"),
        ):
            if path.absolute() == out.absolute():
                raise BadInput(
                    f"{out} of --out is where {listed.name}'s {what} go; name another."
                )


def _named(values: Sequence[str], option: str) -> list[tuple[str, Path]]:
    pairs = []
    for value in values:
        name, separator, file = value.partition("=")
        if not separator or not name or not file:
            raise BadInput(f"{option} must be NAME=FILE.")
        pairs.append((name, Path(file)))
    return pairs


def _folder(folder: Path | None) -> list[tuple[str, Path]]:
    """Return every file of a folder, named by what stands before its last dot."""
    if folder is None:
        return []
    try:
        files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:
        raise BadInput(f"The folder {folder} of --holdings cannot be read.") from None
    return [(path.stem, path) for path in files if path.is_file()]


def _check_names(names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        is_file_name = name.isprintable() and not set(name) & {"/", os.sep, "\\"}
        if not is_file_name or name.startswith(".") or len(name) > _LONGEST_NAME:
            raise BadInput(
                "A name must be printable, at most 100 characters, without a slash, and not "
                "begin with a dot."
            )
        if name.casefold() in seen:
            raise BadInput(f"Two lists have the name {name}; give each its own.")
        seen.add(name.casefold())


def _check_readable(path: Path) -> None:
    try:
        with path.open("rb"):
            return
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise BadInput(f"{path} cannot be read: {reason}.") from None
