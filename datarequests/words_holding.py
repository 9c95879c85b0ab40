"""What a question means for a holder, in plain words: types, states, who learns what."""

from collections.abc import Callable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datarequests.states import RequestState as S
from mpcengine.protocol.request import COMPARE, HIT, ITEMS, MATCH
from mpcengine.protocol.request_manifest import RequestManifest

TYPES: Mapping[str, Promise] = {
    "ipv4": _("IPv4 addresses"),
    "ipv6": _("IPv6 addresses"),
    "cidr": _("networks"),
    "domain": _("domain names"),
    "url": _("web addresses"),
    "email": _("mail addresses"),
    "hash": _("hashes of files"),
    "asn": _("numbers of networks (AS)"),
    "cve": _("numbers of vulnerabilities (CVE)"),
    "attack-technique": _("techniques of MITRE ATT&CK"),
    "ja3": _("JA3 fingerprints"),
    "ja4": _("JA4 fingerprints"),
    "filename": _("names of files"),
    "mutex": _("names of mutexes"),
    "user-agent": _("user agents"),
    "phone": _("telephone numbers"),
    "iban": _("account numbers (IBAN)"),
    "bsn": _("citizen service numbers (BSN)"),
    "opaque": _("texts that only the askers explain"),
}
BADGES: Mapping[S, str] = {
    **dict.fromkeys(S, "off"),
    S.APPROVED: "wait",
    S.INVITING: "info",
    S.READY: "info",
    S.COMPUTING: "wait",
    S.RELEASED: "ok",
    S.CONTACT: "ok",
    S.NOT_RELEASED: "stop",
    S.INSUFFICIENT: "stop",
    S.ABORTED: "stop",
    S.REVOKED: "stop",
}
_ASKER, _YOU = _("Who asks"), _("You, alone")
_HOLDERS, _NODE = _("The other holders, the coordinator"), _("One node")
_TWO = _("Two nodes together")
# Who, and which sentence is theirs.
LEARNS: Mapping[str, tuple[tuple[Promise, str], ...]] = {
    MATCH: (
        (_ASKER, "asker"),
        (_YOU, "you"),
        (_HOLDERS, "others"),
        (_NODE, "node"),
        (_TWO, "two"),
    ),
    COMPARE: (
        (_("Everybody who sees the result"), "common"),
        (_NODE, "node"),
        (_TWO, "two"),
    ),
}


def sentence_of(manifest: RequestManifest, key: str) -> str:
    """Return what one party learns of this request."""
    return _SENTENCES[key](manifest)


def _asker(manifest: RequestManifest) -> str:
    request = manifest.request
    return gettext(
        "How many organisations have a match, if at least %(organisations)d have; how many of "
        "the asked values were seen, if at least %(count)d were; for each value by how many, "
        "under the same bounds. Not who."
    ) % {"organisations": request.min_organisations, "count": request.min_count}


def _you(manifest: RequestManifest) -> str:
    feedback = manifest.request.holder_feedback
    if feedback == ITEMS:
        return gettext("Which of your own values were asked for.")
    if feedback == HIT:
        return gettext("Whether any of your own values was asked for; not which.")
    return gettext("Nothing of your own values: this question tells holders nothing.")


def _others(_manifest: RequestManifest) -> str:
    return gettext(
        "The released numbers. Nothing of your list, and not whether you took part or declined."
    )


def _node(_manifest: RequestManifest) -> str:
    return gettext(
        "That your organisation answered, and the padded size, the same for everybody."
    )


def _two(_manifest: RequestManifest) -> str:
    return gettext("They could recognise the values of your list, not only count them.")


def _common(manifest: RequestManifest) -> str:
    return gettext(
        "How many values all lists have in common, if at least %(count)d, and as many less "
        "than each list has."
    ) % {"count": manifest.request.min_count}


_SENTENCES: Mapping[str, Callable[[RequestManifest], str]] = {
    "asker": _asker,
    "you": _you,
    "others": _others,
    "node": _node,
    "two": _two,
    "common": _common,
}
