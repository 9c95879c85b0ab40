"""Look at a survey's booth from outside: its manifest first, then what follows from it."""

from dataclasses import dataclass

from cli.answering import PATIENCE, Link
from connector.errors import Misbehaved, Refused
from connector.http import Receiver, new_pool
from connector.respondent import manifest_fetch
from connector.watching import Difference, booth_watch
from mpcengine.protocol.nodesfile import NodesFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was seen: the manifest's digest and release (empty without one), what differs."""

    manifest: str
    release: str
    differences: tuple[Difference, ...]


def booth_look(link: Link, nodes: NodesFile | None) -> Look:
    """Return what one look at a link's booth shows; raise Unreachable.

    With ``nodes`` the manifest must be signed by the nodes of the file. A relay that gives no
    manifest that holds differs by that.
    """
    relay = Receiver(name="The relay", url=link.relay_url, pool=new_pool(2), patience=PATIENCE)
    path = f"/api/v1/manifests/{link.survey_id}"
    try:
        manifest = manifest_fetch(relay, link.survey_id, nodes)
    except (Misbehaved, Refused) as error:
        seen = Difference(what="manifest", where=path, sentence=error.sentence)
        return Look(manifest="", release="", differences=(seen,))
    found = booth_watch(relay, manifest)
    if manifest.relay.url != link.relay_url:
        sentence = "The manifest sends respondents to another relay than this link."
        found.append(Difference(what="manifest", where=path, sentence=sentence))
    return Look(
        manifest=manifest.digest, release=manifest.booth.release, differences=tuple(found)
    )
