"""The closed list of security events: nothing else can be emitted.

OCSF classes: 2004 detection finding, 3001 account change, 3002 authentication, 3004 entity
management, 6003 API activity; 0 for a plain count. Severities: 1 for the record, 2 notice,
3 look at it, 4 act today, 5 act now. An *act* is something a person orders; where its event
cannot be written it is refused (``emitting.py``). *Reserved*: nothing can emit it yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

FINDING, ACCOUNT, SIGN_IN, ENTITY, ACTIVITY, COUNT_ONLY = 2004, 3001, 3002, 3004, 6003, 0
ALERT_SEVERITY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event of the catalogue."""

    severity: int
    category: str
    type: str
    ocsf: int
    when: str
    fields: frozenset[str]
    is_act: bool = False
    is_reserved: bool = False

    @property
    def kind(self) -> str:
        """Return ECS's event.kind: a count, something to be alarmed by, or a fact."""
        if self.ocsf == COUNT_ONLY:
            return "metric"
        return "alert" if self.severity >= ALERT_SEVERITY else "event"


def _entry(
    severity: int, category: str, kind: str, ocsf: int, when: str, fields: str = ""
) -> Entry:
    return Entry(
        severity=severity,
        category=category,
        type=kind,
        ocsf=ocsf,
        when=when,
        fields=frozenset(fields.split()),
    )


def _act(
    severity: int, category: str, kind: str, ocsf: int, when: str, fields: str = ""
) -> Entry:
    return replace(_entry(severity, category, kind, ocsf, when, fields), is_act=True)


def _reserved(
    severity: int, category: str, kind: str, ocsf: int, when: str, fields: str = ""
) -> Entry:
    return replace(_entry(severity, category, kind, ocsf, when, fields), is_reserved=True)


_PEOPLE: Mapping[str, Entry] = {
    "auth.login.ok": _act(
        1, "authentication", "start", SIGN_IN, "somebody signed in", "person method"
    ),
    "auth.login.fail": _entry(
        3, "authentication", "start", SIGN_IN, "a sign-in was refused", "person method reason"
    ),
    "auth.login.locked": _entry(
        4, "authentication", "denied", SIGN_IN, "too many refused sign-ins", "person reason"
    ),
    "auth.mfa.enrolled": _act(
        3, "iam", "change", ACCOUNT, "a second factor was added", "person method"
    ),
    "auth.mfa.removed": _act(
        3, "iam", "change", ACCOUNT, "a second factor was removed", "person target method"
    ),
    "auth.mfa.reset": _act(
        3, "iam", "change", ACCOUNT, "an operator removed all factors", "person target"
    ),
    "auth.session.ended": _entry(
        1, "authentication", "end", SIGN_IN, "somebody signed out", "person"
    ),
    "auth.session.killed": _act(
        1, "authentication", "end", SIGN_IN, "sessions were ended by another", "person target"
    ),
    "authz.denied": _entry(
        3, "api", "denied", ACTIVITY, "a signed-in person may not do this", "person reason"
    ),
    "account.created": _act(
        2, "iam", "creation", ACCOUNT, "a person was added", "person target organisation role"
    ),
    "account.disabled": _act(
        2, "iam", "change", ACCOUNT, "a person was shut out", "person target"
    ),
    "account.enabled": _act(
        2, "iam", "change", ACCOUNT, "a person was let in again", "person target"
    ),
    "account.moved": _act(
        3,
        "iam",
        "change",
        ACCOUNT,
        "a person was given another organisation",
        "person target organisation",
    ),
    "account.invited": _act(
        2, "iam", "change", ACCOUNT, "a link for a new password was made", "person target"
    ),
    "account.password_set": _act(
        2, "iam", "change", ACCOUNT, "a person has a new password", "target"
    ),
    "account.role_changed": _act(
        2, "iam", "change", ACCOUNT, "a role was changed", "person target role role_before"
    ),
    "account.token_created": _act(
        2, "iam", "creation", ACCOUNT, "an API token was made", "person target"
    ),
    "account.token_revoked": _act(
        2, "iam", "deletion", ACCOUNT, "an API token was revoked", "person target"
    ),
}

_LIFE: Mapping[str, Entry] = {
    "survey.published": _act(
        1,
        "api",
        "change",
        ACTIVITY,
        "a coordinator published a signed manifest (portal)",
        "person manifest survey job",
    ),
    "survey.opened": _act(
        1, "api", "start", ACTIVITY, "three signatures opened a survey", "manifest survey job"
    ),
    "survey.answering_opened": _act(
        1,
        "api",
        "change",
        ACTIVITY,
        "a coordinator's order opened answering",
        "person manifest survey job",
    ),
    "survey.closed": _act(
        1,
        "api",
        "end",
        ACTIVITY,
        "intake ended, by order or by time",
        "person manifest survey job reason",
    ),
    "survey.cancelled": _reserved(
        1, "api", "end", ACTIVITY, "a survey was given up before opening", "person manifest"
    ),
    "survey.result_published": _act(
        2, "api", "change", ACTIVITY, "a result became public", "person manifest survey"
    ),
    "survey.result_hidden": _act(
        1, "api", "change", ACTIVITY, "a public page was taken down", "person manifest survey"
    ),
    "survey.result_doubtful": _entry(
        4, "api", "denied", ACTIVITY, "a result does not verify", "manifest survey reason"
    ),
    "survey.withheld": _entry(
        3, "api", "end", ACTIVITY, "a survey ended without a number", "manifest job reason"
    ),
    "manifest.refused": _entry(
        3,
        "api",
        "denied",
        ACTIVITY,
        "this node's policy refused a manifest or its keys",
        "manifest survey reason",
    ),
    "request.opened": _act(
        1, "api", "start", ACTIVITY, "five signatures opened a request", "manifest survey job"
    ),
    "request.consents_closed": _entry(
        1, "api", "change", ACTIVITY, "who takes part is settled", "manifest job count"
    ),
    "request.closed": _act(
        1,
        "api",
        "end",
        ACTIVITY,
        "contributing ended: all are there, by order, or by time",
        "manifest job reason",
    ),
    "request.withheld": _entry(
        3, "api", "end", ACTIVITY, "a request ended without an outcome", "manifest job reason"
    ),
    "request.taken_back": _act(
        3,
        "api",
        "end",
        ACTIVITY,
        "a consent was withdrawn or an approval revoked; reason: which, and what it did",
        "manifest job reason",
    ),
    "request.created": _reserved(1, "api", "creation", ACTIVITY, "a data request was made"),
    "request.approved": _reserved(1, "api", "allowed", ACTIVITY, "a request was approved"),
    "request.rejected": _reserved(1, "api", "denied", ACTIVITY, "a request was rejected"),
    "request.withdrawn": _reserved(1, "api", "end", ACTIVITY, "a request was withdrawn"),
    "request.refused.minimum": _reserved(
        3, "api", "denied", ACTIVITY, "a node refused: under the minimum"
    ),
    "request.refused.budget": _entry(
        3,
        "api",
        "denied",
        ACTIVITY,
        "a node refused: too like an earlier request",
        "manifest job",
    ),
    "request.over_budget": _entry(
        3,
        "api",
        "denied",
        ACTIVITY,
        "an organisation asked more than its budget (portal)",
        "person survey",
    ),
    "request.moved": _act(
        1,
        "api",
        "change",
        ACTIVITY,
        "a data request came into another state (portal)",
        "person survey state",
    ),
    "request.refused.unsigned": _reserved(
        3, "api", "denied", ACTIVITY, "a node refused: signatures are missing"
    ),
    "release.requested": _reserved(2, "api", "info", ACTIVITY, "a release was asked for"),
    "release.approved": _reserved(2, "api", "allowed", ACTIVITY, "a release was approved"),
    "release.done": _entry(
        2, "api", "info", ACTIVITY, "a result was signed or stored", "manifest job result"
    ),
    "token.batch_issued": _entry(
        1,
        "api",
        "info",
        ACTIVITY,
        "how many codes were exchanged, once, when a survey is erased",
        "manifest job count",
    ),
    "validation.batch_failed": _entry(
        3,
        "intrusion_detection",
        "info",
        FINDING,
        "packages were left out because they do not open or do not hold",
        "manifest job excluded",
    ),
}

_COUNTS: Mapping[str, Entry] = {
    "submit.rejected.rate": _reserved(
        2, "api", "denied", COUNT_ONLY, "answers refused for their number", "count hour"
    ),
    "submit.rejected.size": _entry(
        2, "api", "denied", COUNT_ONLY, "answers of a wrong length", "count hour"
    ),
    "submit.rejected.format": _entry(
        2, "api", "denied", COUNT_ONLY, "answers that do not verify", "count hour"
    ),
    "submit.rejected.replay": _entry(
        2, "api", "denied", COUNT_ONLY, "a key's or code's second answer", "count hour"
    ),
}

_ATTEMPT = "manifest job round attempt"
_PEER = f"{_ATTEMPT} peer"
_COMPUTING: Mapping[str, Entry] = {
    "mpc.started": _entry(1, "process", "start", ACTIVITY, "a party was started", _ATTEMPT),
    "mpc.finished": _entry(
        1, "process", "end", ACTIVITY, "a party has its outcome", f"{_ATTEMPT} duration"
    ),
    "mpc.attempt_failed": _entry(
        1,
        "process",
        "error",
        ACTIVITY,
        "an attempt ended without an outcome",
        f"{_PEER} reason duration",
    ),
    "mpc.peer_lost": _entry(4, "network", "end", FINDING, "a peer's party went away", _PEER),
    "mpc.peer_stalled": _entry(
        4, "network", "error", FINDING, "a peer's party fell silent", _PEER
    ),
    "mpc.peer_unknown_cert": _entry(
        5, "intrusion_detection", "denied", FINDING, "an unpinned certificate called", _PEER
    ),
    "mpc.impersonation_refused": _entry(
        5, "intrusion_detection", "denied", FINDING, "a node called as another one", _PEER
    ),
    "mpc.frame_rejected": _entry(
        5, "intrusion_detection", "denied", FINDING, "a peer sent what nobody sends", _PEER
    ),
    "mpc.digest_mismatch": _entry(
        4, "intrusion_detection", "denied", FINDING, "a peer has other code or input", _PEER
    ),
    "mpc.bad_share": _entry(
        5, "intrusion_detection", "info", FINDING, "three shares are not on one line", _PEER
    ),
    "mpc.texts_changed": _entry(
        5, "intrusion_detection", "info", FINDING, "texts were changed while mixed", _PEER
    ),
    "mpc.tally_liar": _reserved(
        5, "intrusion_detection", "info", FINDING, "a node's tally is proven wrong", _PEER
    ),
    "job.lease_taken_over": _entry(
        3,
        "process",
        "change",
        FINDING,
        "one job's lease was taken over more than three times",
        "manifest job takeovers",
    ),
}

_HOUSE: Mapping[str, Entry] = {
    "tls.pin_mismatch": _entry(
        5, "network", "denied", FINDING, "a node's certificate is not the pinned one", "peer"
    ),
    "clock.skew": _entry(
        3, "host", "info", FINDING, "a peer's clock differs by over 5 seconds", "peer seconds"
    ),
    "key.created": _entry(
        2, "configuration", "creation", ENTITY, "a key was made", "key key_kind survey"
    ),
    "key.registered": _act(
        3,
        "configuration",
        "creation",
        ENTITY,
        "a person registered a key of an organisation (portal)",
        "person key",
    ),
    "key.withdrawn": _act(
        3,
        "configuration",
        "deletion",
        ENTITY,
        "a person took a key of an organisation out of use (portal)",
        "person key",
    ),
    "key.rotated": _reserved(
        2, "configuration", "change", ENTITY, "a key was replaced", "key key_kind"
    ),
    "key.used_after_end": _reserved(
        5, "configuration", "access", ENTITY, "a key was used after its end", "key key_kind"
    ),
    "key.destroyed": _entry(
        2, "configuration", "deletion", ENTITY, "a key was destroyed", "key key_kind survey"
    ),
    "config.changed": _entry(
        3,
        "configuration",
        "change",
        ACTIVITY,
        "a configuration file differs from the last start's",
        "file hash_before hash_after",
    ),
    "config.debug_log_enabled": _reserved(
        3, "configuration", "change", ACTIVITY, "a debug log was switched on", "person"
    ),
    "config.debug_log_ended": _reserved(
        3, "configuration", "change", ACTIVITY, "a debug log was switched off", "person"
    ),
    "backup.done": _reserved(1, "host", "info", FINDING, "a backup was made"),
    "backup.failed": _reserved(4, "host", "error", FINDING, "a backup was not made"),
    "backup.restored": _reserved(4, "host", "change", FINDING, "a backup was put back"),
    "node.rollback_detected": _entry(
        5,
        "host",
        "info",
        FINDING,
        "a peer holds what this node said and lost",
        "manifest job peer",
    ),
    "log.sink_down": _entry(4, "host", "error", FINDING, "the events file cannot be written"),
    "log.sink_up": _entry(
        2, "host", "info", FINDING, "the events file is written again", "kept lost"
    ),
    "log.checkpoint_signed": _reserved(2, "host", "info", FINDING, "a checkpoint was signed"),
    "log.cosignature_missing": _reserved(
        4, "host", "error", FINDING, "a peer has not co-signed in time", "peer"
    ),
    "log.chain_broken": _reserved(
        5, "host", "error", FINDING, "the log does not continue", "peer"
    ),
    "build.started": _entry(
        1, "process", "start", ACTIVITY, "a process was started", "version"
    ),
}

CATALOGUE: Mapping[str, Entry] = {**_PEOPLE, **_LIFE, **_COUNTS, **_COMPUTING, **_HOUSE}
