"""``drempel install``: folders of nodes, portals and relays, keys, nodes and partners files."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from cli.errors import BadInput

if TYPE_CHECKING:
    from cli.installing.service_files import Storage, Web

HELP = "make keys, certificate and service files; never overwrites anything"
POSTGRESQL_PORT = 5432
REDIS_PORT = 6379
LOOPBACK = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - a node is called by its peers; the default is told


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare a kind of thing to make each, and what it is made of."""
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
    node = _service(kinds, "node", "make a node's folder and the entry its operator gives out")
    node.add_argument("--node", choices=("a", "b", "c"), required=True, help="which of three")
    node.add_argument("--name", required=True, help="what people read, such as 'Anna's node'")
    node.add_argument("--party-host", help="where peers' parties reach ours (--url's host)")
    node.add_argument("--party-listen-host", help="where ours listen (the same)")
    node.add_argument("--party-ports", default="9001-9016", help="the ports they listen on")
    node.add_argument(
        "--coordinator",
        metavar="KEY",
        action="append",
        default=[],
        help="the key of a coordinator that may ask; may be given several times",
    )
    node.add_argument("--pin", action="store_true", help="pin the certificate that is given")
    portal = _service(kinds, "portal", "make a portal's folder")
    portal.add_argument("--relay-url", required=True, help="the relay's https address")
    relay = _service(kinds, "relay", "make a relay's folder")
    relay.add_argument(
        "--token-file", type=Path, required=True, help="the portal's relay-token"
    )
    coordinator = kinds.add_parser("coordinator", help="make a coordinator's signing key")
    either = coordinator.add_mutually_exclusive_group(required=True)
    either.add_argument("--out", metavar="KEY.pem", type=Path, help="make a key here")
    either.add_argument("--show", metavar="KEY.pem", type=Path, help="print its public half")
    certificate = kinds.add_parser("certificate", help="make a node's next web certificate")
    certificate.add_argument("--folder", metavar="DIR", type=Path, required=True)
    join = kinds.add_parser("join", help="make a nodes file of three operators' entries")
    join.add_argument("entries", metavar="ENTRY.json", type=Path, nargs=3)
    join.add_argument("--out", metavar="NODES.json", type=Path, required=True)
    partners = kinds.add_parser("partners", help="put partners' entries into one file")
    partners.add_argument("files", metavar="PARTNERS.json", type=Path, nargs="+")
    partners.add_argument("--out", metavar="PARTNERS.json", type=Path, required=True)


def run(arguments: argparse.Namespace) -> int:
    """Make what was asked for and print what may be shown to others."""
    makers = {
        "node": _node,
        "portal": _portal,
        "relay": _relay,
        "coordinator": _coordinator,
        "certificate": _certificate,
        "join": _join,
        "partners": _partners,
    }
    print("\n".join(makers[arguments.kind](arguments)))
    return 0


def _service(
    kinds: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str
) -> argparse.ArgumentParser:
    parser = kinds.add_parser(name, help=text, description=text)
    add = parser.add_argument
    add("--folder", metavar="DIR", type=Path, required=True, help="a new folder for it all")
    add("--url", required=True, help="the https address that people and peers use")
    add("--listen-host", help=f"where its web process listens ({EVERYWHERE})")
    add("--listen-port", type=int, help="and on which port (--url's)")
    add("--certificate", metavar="FILE", type=Path, help="PEM; without one it is made")
    add("--certificate-key", metavar="FILE", type=Path, help="the certificate's key, PEM")
    add("--behind-proxy", action="store_true", help="TLS ends at a proxy of yours")
    add("--database-host", default=LOOPBACK, help="PostgreSQL: a name or a socket's folder")
    add("--database-port", type=int, default=POSTGRESQL_PORT)
    add("--database-ca", metavar="FILE", type=Path, help="PEM; then TLS with full checking")
    add("--database-prefix", default="drempel", help="begins databases' and roles' names")
    add("--redis-host", default=LOOPBACK)
    add("--redis-port", type=int, default=REDIS_PORT)
    add("--redis-ca", metavar="FILE", type=Path, help="PEM; then TLS with full checking")
    return parser


def _node(arguments: argparse.Namespace) -> list[str]:
    from cli.installing.addresses import ports_read  # noqa: PLC0415 - arguments first
    from cli.installing.entries import entry_spoken  # noqa: PLC0415
    from cli.installing.policies import coordinator_key_read  # noqa: PLC0415
    from cli.installing.services import ENTRY, NodePlan, node_install  # noqa: PLC0415

    web = _web(arguments)
    folder = arguments.folder.absolute()
    entry = node_install(
        folder,
        NodePlan(
            node=arguments.node,
            name=_name(arguments.name),
            web=web,
            storage=_storage(arguments),
            party_host=arguments.party_host or web.address.host,
            party_listen_host=arguments.party_listen_host,
            party_ports=ports_read(arguments.party_ports),
            coordinators=tuple(coordinator_key_read(one) for one in arguments.coordinator),
            has_pin=arguments.pin,
        ),
    )
    return [
        f"Node {entry.node} is in {folder}; keep it to yourself.",
        f"Give the other operators {folder / ENTRY}, and read them its fingerprint by phone:",
        entry_spoken(entry),
    ]


def _portal(arguments: argparse.Namespace) -> list[str]:
    from cli.installing.addresses import address_read  # noqa: PLC0415
    from cli.installing.service_files import RELAY_TOKEN  # noqa: PLC0415
    from cli.installing.services import portal_install  # noqa: PLC0415

    folder = arguments.folder.absolute()
    relay = address_read(arguments.relay_url, "--relay-url")
    web = _web(arguments)
    if relay.host == web.address.host:
        raise BadInput(
            "--relay-url must have another host name than --url: cookies know no ports."
        )
    portal_install(folder, web, _storage(arguments), relay.url)
    return [
        f"The portal is in {folder}; keep it to yourself.",
        f"Its relay needs the same token: {folder / RELAY_TOKEN}",
    ]


def _relay(arguments: argparse.Namespace) -> list[str]:
    from cli.installing.services import relay_install  # noqa: PLC0415

    folder = arguments.folder.absolute()
    relay_install(folder, _web(arguments), _storage(arguments), arguments.token_file)
    return [f"The relay is in {folder}; keep it to yourself."]


def _coordinator(arguments: argparse.Namespace) -> list[str]:
    from cli.folders import write_new  # noqa: PLC0415
    from cli.installing.keys import signing_key_load, signing_key_make  # noqa: PLC0415
    from mpcengine.protocol.signing import public_bytes  # noqa: PLC0415
    from mpcengine.protocol.strict import to_base64  # noqa: PLC0415

    if arguments.show is not None:
        return [to_base64(public_bytes(signing_key_load(arguments.show)))]
    key = signing_key_make(arguments.out, write_new)
    return [
        f"The key is in {arguments.out}; nobody else may have it, the portal neither.",
        "Give the operators its public half for their policy files:",
        to_base64(public_bytes(key)),
    ]


def _certificate(arguments: argparse.Namespace) -> list[str]:
    from cli.installing.entries import entry_spoken  # noqa: PLC0415 - arguments first
    from cli.installing.services import NEXT_ENTRY, next_certificate_install  # noqa: PLC0415

    folder = arguments.folder.absolute()
    entry = next_certificate_install(folder)
    return [
        f"The next certificate is in {folder}; the old one stays until all have the new pin.",
        f"Give the other operators {folder / NEXT_ENTRY}, and read them its fingerprint:",
        entry_spoken(entry),
    ]


def _join(arguments: argparse.Namespace) -> list[str]:
    import json  # noqa: PLC0415

    from cli.folders import write_new  # noqa: PLC0415
    from cli.installing import entries  # noqa: PLC0415

    given = [entries.entry_read(path) for path in arguments.entries]
    nodes = entries.entries_join(given)
    text = json.dumps(nodes.to_json(), ensure_ascii=False, indent=1) + "\n"
    write_new(arguments.out, text)
    lines = []
    for entry in nodes.nodes:
        lines.append(f"Node {entry.node}, {entry.name}, {entry.url}:")
        lines.append(f"  {entries.entry_spoken(entry)}")
    digest = entries.spoken(entries.document_digest(nodes.to_json()))
    return [
        *lines,
        f"{arguments.out} is made; all three operators must read the same here:",
        f"  {digest}",
    ]


def _partners(arguments: argparse.Namespace) -> list[str]:
    import json  # noqa: PLC0415

    from cli.files import read_partners  # noqa: PLC0415
    from cli.folders import write_new  # noqa: PLC0415
    from cli.installing.entries import partners_join, spoken  # noqa: PLC0415

    joined = partners_join([read_partners(path) for path in arguments.files])
    text = json.dumps(joined.to_json(), ensure_ascii=False, indent=1) + "\n"
    write_new(arguments.out, text)
    return [
        *(f"{one.name}:\n  {spoken(one.fingerprint)}" for one in joined.partners),
        f"{arguments.out} is made. Use it once each partner has read you the same by phone,",
        "on a number that did not come from the portal.",
    ]


def _name(text: str) -> str:
    if not 0 < len(text.strip()) <= 200 or not text.isprintable():
        raise BadInput("--name must be 1 to 200 printable characters.")
    return text.strip()


def _web(arguments: argparse.Namespace) -> "Web":
    from cli.installing.addresses import address_read, port_read  # noqa: PLC0415
    from cli.installing.service_files import Web  # noqa: PLC0415

    address = address_read(arguments.url)
    if (arguments.certificate is None) != (arguments.certificate_key is None):
        raise BadInput("Give --certificate and --certificate-key together, or neither.")
    if arguments.behind_proxy and arguments.certificate is not None:
        raise BadInput("With --behind-proxy the certificate is your proxy's; name none here.")
    port = arguments.listen_port or address.port
    return Web(
        address=address,
        listen_host=arguments.listen_host
        or (LOOPBACK if arguments.behind_proxy else EVERYWHERE),
        port=port_read(port, "--listen-port"),
        certificate=_absolute(arguments.certificate),
        certificate_key=_absolute(arguments.certificate_key),
        behind_proxy=arguments.behind_proxy,
    )


def _storage(arguments: argparse.Namespace) -> "Storage":
    from cli.installing.addresses import port_read  # noqa: PLC0415
    from cli.installing.service_files import Storage  # noqa: PLC0415

    return Storage(
        database_host=arguments.database_host,
        database_port=port_read(arguments.database_port, "--database-port"),
        database_ca=_absolute(arguments.database_ca),
        redis_host=arguments.redis_host,
        redis_port=port_read(arguments.redis_port, "--redis-port"),
        redis_ca=_absolute(arguments.redis_ca),
        prefix=arguments.database_prefix,
    )


def _absolute(path: Path | None) -> Path | None:
    return None if path is None else path.absolute()
