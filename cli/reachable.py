"""A federation as its coordinator and respondents reach it: on this machine, or anywhere."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connector.http import Receiver, new_pool
from mpcengine.protocol.nodesfile import NodesFile

CONNECTIONS = 16


class Reachable(Protocol):
    """What running a survey needs: receivers to call, whom to believe, who asks."""

    @property
    def portal(self) -> Receiver:
        """Return the portal, called with the coordinator's token."""

    @property
    def relay(self) -> Receiver:
        """Return the relay."""

    @property
    def nodes(self) -> Mapping[str, Receiver]:
        """Return the nodes by name."""

    @property
    def nodes_file(self) -> NodesFile:
        """Return who the nodes are."""

    @property
    def coordinator_key(self) -> Ed25519PrivateKey:
        """Return the coordinator's signing key."""

    @property
    def stop(self) -> threading.Event:
        """Return what ends all patience once it is set."""

    def look(self) -> None:
        """Raise CliError if waiting has no sense any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A federation that others run: we only call it."""

    portal: Receiver
    relay: Receiver
    nodes: Mapping[str, Receiver]
    nodes_file: NodesFile
    coordinator_key: Ed25519PrivateKey
    stop: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        """Return at once: nobody here watches its processes."""


def live(
    *,
    portal_url: str,
    relay_url: str,
    nodes_file: NodesFile,
    coordinator_key: Ed25519PrivateKey,
    token: str,
) -> Live:
    """Return a live federation by its addresses; nothing is called yet.

    Nodes are called under the pins of the nodes file, portal and relay under the system's
    authorities.
    """
    stop = threading.Event()
    pool = new_pool(CONNECTIONS)
    return Live(
        portal=Receiver(name="The portal", url=portal_url, pool=pool, token=token, stop=stop),
        relay=Receiver(name="The relay", url=relay_url, pool=pool, stop=stop),
        nodes={
            entry.node: Receiver(
                name=f"Node {entry.node}",
                url=entry.url,
                pool=new_pool(CONNECTIONS, entry.pins),
                stop=stop,
            )
            for entry in nodes_file.nodes
        },
        nodes_file=nodes_file,
        coordinator_key=coordinator_key,
        stop=stop,
    )
