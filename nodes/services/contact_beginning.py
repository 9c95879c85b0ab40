"""Begin the contact that follows a released match: a job of its own, with each holder's hit.

Source: docs/protocol.md §19.17.
"""

from django.utils import timezone

from mpcengine.protocol.contact import contact_digest
from mpcengine.protocol.request import POST
from mpcengine.protocol.wordswire import HITS_ARRAY
from nodes.models import Job, JobKind, JobOutput, JobState
from nodes.selectors import request_of

_DIGEST_PREFIX, _ID_DIGITS = "sha256:", 32


def contact_begin(whole: Job) -> None:
    """Write the contact's job, if there is one; in the transaction that releases the match.

    The shared hits are the last of the match that is kept. Of mode ``post`` holders first
    decide; of others they have.
    """
    manifest = request_of(whole)
    if manifest.contact is None:
        return
    name, now = contact_digest(whole.digest), timezone.now()
    decides = manifest.request.contact == POST
    job = Job.objects.create(
        digest=name,
        kind=JobKind.CONTACT,
        parent=whole,
        survey_id=name.removeprefix(_DIGEST_PREFIX)[:_ID_DIGITS],
        manifest=b"",
        coordinator_signature=b"",
        state=JobState.OPEN if decides else JobState.CLOSING,
        opened_at=now,
        closed_at=None if decides else now,
        due_at=now,
    )
    kept = JobOutput.objects.get(job=whole, round=whole.round, name=HITS_ARRAY)
    JobOutput.objects.create(
        job=job, round=kept.round, attempt=kept.attempt, name=HITS_ARRAY, words=kept.words
    )
