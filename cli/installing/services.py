"""Make the folder of a node, a portal or a relay: keys, certificate, passwords, service files.

A folder appears whole or not at all, with mode 0700 and files of mode 0600, and nothing that is
there already is touched. What may be shown to others is printed; no secret is.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path

from cli.errors import BadInput
from cli.files import read_bytes
from cli.folders import folder_make, folder_new, write_new, write_private
from cli.installing import service_files as names
from cli.installing.addresses import address_read
from cli.installing.certificates import CERTIFICATE, certificate_make, certificate_pin
from cli.installing.entries import entry_read
from cli.installing.keys import (
    IDENTITY,
    SIGNING,
    WRAPPING,
    secret_make,
    signing_key_make,
    wrapping_key_make,
)
from cli.installing.policies import operator_policy
from cli.installing.service_files import Members, Storage, Web
from mpcengine.protocol.canonical import JSON, Digest
from mpcengine.protocol.nodesfile import NODE_NAMES, NodeEntry, entry_document
from mpcengine.protocol.signing import public_bytes

ENTRY = "node-entry.json"
NEXT_ENTRY = "node-entry-next.json"
NEXT = "tls-next-"
# Compiled loops and scratch space: numba runs what it finds, so they are this user's alone.
FOLDERS = ("numba", "tmp")
MIN_TOKEN_CHARACTERS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePlan:
    """What an operator says about a node; ``coordinators`` are the keys allowed to ask.

    ``has_pin`` says whether a certificate that is given is pinned; a made one always is.
    """

    node: str
    name: str
    web: Web
    storage: Storage
    party_host: str
    party_listen_host: str | None
    party_ports: str
    coordinators: tuple[bytes, ...]
    has_pin: bool


def node_install(folder: Path, plan: NodePlan) -> NodeEntry:
    """Make a node's folder and return the entry that its operator gives out."""
    members: Members = {
        **names.common_members(folder, "node", plan.web, plan.storage),
        "node": plan.node,
        "index": NODE_NAMES.index(plan.node) + 1,
        "name": plan.name,
        "identity_key_file": str(folder / IDENTITY),
        "wrapping_key_file": str(folder / WRAPPING),
        "policy_file": str(folder / names.POLICY),
        "party_host": plan.party_host,
        "party_ports": plan.party_ports,
    }
    if plan.party_listen_host is not None:
        members["party_listen_host"] = plan.party_listen_host
    policy = operator_policy(plan.coordinators)
    with folder_new(folder) as draft:
        identity = signing_key_make(draft / IDENTITY)
        wrapping_key_make(draft / WRAPPING)
        _write_json(draft / names.POLICY, policy.to_json())
        entry = NodeEntry(
            node=plan.node,
            index=NODE_NAMES.index(plan.node) + 1,
            name=plan.name,
            url=plan.web.address.url,
            identity_key=public_bytes(identity),
            pin=_certificate(draft, plan),
        )
        _write_json(draft / ENTRY, entry_document(entry))
        _finish(folder, draft, members)
    return entry


def next_certificate_install(folder: Path) -> NodeEntry:
    """Make a node's next certificate and return its entry with both pins.

    Raises BadInput if the node's certificate is not its own, or a next one is there already.
    """
    entry = entry_read(folder / ENTRY)
    if not (folder / CERTIFICATE).is_file() or entry.pin is None:
        raise BadInput(f"{folder} has no certificate of its own; change the one you named.")
    if (folder / NEXT_ENTRY).exists() and not (folder / f"{NEXT}certificate.pem").exists():
        raise BadInput(f"{folder / NEXT_ENTRY} is an earlier one; make it {ENTRY} first.")
    address = address_read(entry.url)

    def write(path: Path, text: str) -> None:
        write_new(path.with_name(path.name.replace("tls-", NEXT, 1)), text)

    certificate_make(folder, address.host, write)
    made = certificate_pin(folder / f"{NEXT}certificate.pem")
    changed = replace(entry, pin=certificate_pin(folder / CERTIFICATE), next_pin=made)
    write_new(folder / NEXT_ENTRY, _json_text(entry_document(changed)))
    return changed


def portal_install(folder: Path, web: Web, storage: Storage, relay_url: str) -> None:
    """Make a portal's folder, with its relay's token and its own keys."""
    members: Members = {
        **names.common_members(folder, "portal", web, storage),
        "relay_url": relay_url,
        "relay_token_file": str(folder / names.RELAY_TOKEN),
        "second_factor_key_file": str(folder / names.SECOND_FACTOR_KEY),
    }
    with folder_new(folder) as draft:
        secret_make(draft / names.RELAY_TOKEN)
        secret_make(draft / names.SECOND_FACTOR_KEY)
        _own_certificate(draft, web)
        _finish(folder, draft, members)


def relay_install(folder: Path, web: Web, storage: Storage, token_file: Path) -> None:
    """Make a relay's folder, with a copy of the token that its portal has."""
    token = read_bytes(token_file).decode("utf-8", "replace").strip()
    if len(token) < MIN_TOKEN_CHARACTERS or not token.isprintable():
        raise BadInput(f"{token_file} holds no relay token; copy relay-token of the portal.")
    members: Members = {
        **names.common_members(folder, "relay", web, storage),
        "signing_key_file": str(folder / SIGNING),
        "portal_token_file": str(folder / names.RELAY_TOKEN),
    }
    with folder_new(folder) as draft:
        signing_key_make(draft / SIGNING)
        write_private(draft / names.RELAY_TOKEN, token)
        _own_certificate(draft, web)
        _finish(folder, draft, members)


def _certificate(draft: Path, plan: NodePlan) -> Digest | None:
    if plan.web.certificate is not None:
        pin = certificate_pin(plan.web.certificate)
        return pin if plan.has_pin else None
    if plan.web.behind_proxy:
        return None
    return certificate_pin(certificate_make(draft, plan.web.address.host))


def _own_certificate(draft: Path, web: Web) -> None:
    if web.certificate is not None:
        certificate_pin(web.certificate)
    elif not web.behind_proxy:
        certificate_make(draft, web.address.host)


def _finish(folder: Path, draft: Path, members: Members) -> None:
    """Write what every service has: secrets, scratch folders and both service files."""
    for name in (names.SECRET_KEY, *names.password_names(members)):
        secret_make(draft / name)
    for name in FOLDERS:
        folder_make(draft / name)
    environment = names.environment_text(folder, str(members["role"]))
    write_private(draft / names.ENVIRONMENT, environment)
    _write_json(draft / names.SERVICE, members)
    _write_json(draft / names.MIGRATE, names.migrate_members(folder, members))


def _write_json(path: Path, value: JSON) -> None:
    write_private(path, _json_text(value))


def _json_text(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
