"""What the parties of a survey compute, round by round, and whether what they gave fits.

Source: docs/protocol.md §11, §12 and §16.
"""

from collections.abc import Iterator, Mapping, Sequence

from mpcengine.protocol import stages
from mpcengine.protocol.canonical import digest_bytes
from mpcengine.protocol.field import ELEMENT_BYTES
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.partywire import CAUSE_OTHER, Failure, PartySpec, TextColumns
from mpcengine.protocol.pattern import pattern_size
from nodes.keystore import node_index, node_name
from nodes.models import Job, JobState
from nodes.party_process import PartyAttempt
from nodes.reasons import MustWithhold, Reason
from nodes.selectors import OPENING, accepted_ids, stage_bodies
from nodes.services.attempts import CONNECT_SECONDS, STALL_SECONDS, party_peers
from nodes.services.evaluating import job_unsealed
from nodes.services.fault_choice import party_fault_take
from nodes.services.leases import job_move
from nodes.services.memory import job_memory
from nodes.services.patterns import job_texts, pattern_bits, pattern_say, round_output

_BASE_SECONDS = 120.0
_SECONDS_PER_MILLION_WORDS = 5.0
_MISFIT = Failure(cause=CAUSE_OTHER, peer=0, detail="the arrays are not those of the round")


class SurveyRound:
    """The round in which a survey is: two end in a pattern, the third in the opening itself."""

    def __init__(self, job: Job, manifest: Manifest) -> None:
        self._job, self._manifest = job, manifest
        self._is_texts = job.round == stages.TEXT_ROUND
        self.opened = OPENING if self._is_texts else f"pattern/{job.round}"

    def start(self, party: PartyAttempt) -> None:
        """Start the party with the rows of the accepted reports, or its shares of counts."""
        job, manifest = self._job, self._manifest
        accepted = accepted_ids(job)
        texts = self._columns()
        width = sum(1 + one.words for one in texts) or manifest.width
        rows = iter(()) if job.round == 2 else _rows(job, manifest, accepted)
        spec = PartySpec(
            job=job.digest,
            attempt=job.attempt,
            round=job.round,
            index=node_index(),
            listen_fd=party.listen_fd,
            certificate=party.certificate,
            private_key=party.private_key,
            pin=digest_bytes(party.pin).hex(),
            peers=party_peers(job),
            root=stages.parse_root(stage_bodies(job, "root")[node_name()]).root,
            survey=manifest.survey.to_json(),
            rows=0 if job.round == 2 else len(accepted),
            width=width,
            accepted=len(accepted),
            min_count=manifest.survey.min_count,
            draw_seed=bytes(job.draw_seed),
            deadline_seconds=_deadline(len(accepted), width),
            connect_seconds=CONNECT_SECONDS,
            stall_seconds=STALL_SECONDS,
            counts=tuple(round_output(job, 1, "counts")) if job.round == 2 else (),
            pattern=pattern_bits(job, 1) if job.round == 2 else (),
            texts=texts,
            fault=party_fault_take(),
        )
        party.start(spec, rows)

    def misfit(self, arrays: Mapping[str, bytes]) -> Failure | None:
        """Return a failure if the party's arrays are not those of the round."""
        if self._is_texts:
            return _misfit_texts(self._columns(), arrays)
        plan, number = self._manifest.layout.plan, self._job.round
        sizes = {"pattern": pattern_size(plan, number)}
        if number == 1:
            sizes |= {"counts": plan.width, "squares": len(plan.statistics)}
        wanted = {name: ELEMENT_BYTES * size for name, size in sizes.items()}
        if {name: len(words) for name, words in arrays.items()} == wanted:
            return None
        return _MISFIT

    def check(self, arrays: Mapping[str, bytes]) -> None:
        """Raise MustWithhold for texts of some, but fewer than min_count, before any is opened.

        The release rules show no such count: a node has bent the pattern. How many answered is
        all that anybody has learnt.
        """
        for one in self._columns():
            count = len(arrays[one.array]) // (one.words * ELEMENT_BYTES)
            if 0 < count < self._manifest.survey.min_count:
                raise MustWithhold(
                    Reason.DISCLOSURE, "Fewer texts than min_count came through."
                )

    def fix(self) -> None:
        """Say the round's pattern; after the texts nothing is left but to open."""
        if self._is_texts:
            survey_fix(self._job)
        else:
            pattern_say(self._job, self._manifest)

    def _columns(self) -> tuple[TextColumns, ...]:
        """Return what a row of round 3 holds; nothing in other rounds."""
        if not self._is_texts:
            return ()
        items = job_texts(self._job, self._manifest)
        return tuple(TextColumns(question=one.question, words=one.words) for one in items)


def survey_fix(job: Job) -> None:
    """Compute nothing more: what the rounds gave is opened as it is."""
    job_memory(job.digest).unsealed = None
    job_move(job, JobState.FIXED)


def _rows(job: Job, manifest: Manifest, accepted: Sequence[str]) -> Iterator[bytes]:
    unsealed = job_unsealed(job, manifest)
    # The proofs have been checked: what is counted are the records, what is opened the texts.
    unsealed.keep_answers()
    if job.round == 1:
        return unsealed.records(accepted)
    questions = {item.question for item in job_texts(job, manifest)}
    places = [one for one in manifest.layout.proof.texts if one.question in questions]
    return unsealed.texts(accepted, places)


def _deadline(rows: int, width: int) -> float:
    return _BASE_SECONDS + _SECONDS_PER_MILLION_WORDS * rows * width / 1e6


def _misfit_texts(texts: Sequence[TextColumns], arrays: Mapping[str, bytes]) -> Failure | None:
    """Return a failure unless each question has whole rows; their number is opened later."""
    wanted = {one.array: one.words * ELEMENT_BYTES for one in texts}
    if arrays.keys() != wanted.keys():
        return _MISFIT
    is_whole = all(len(words) % wanted[name] == 0 for name, words in arrays.items())
    return None if is_whole else _MISFIT
