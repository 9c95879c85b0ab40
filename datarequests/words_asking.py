"""What the states of a question mean: where it is on its way, and for whom it waits."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from datarequests.states import RequestState as S

STEPS: tuple[Promise, ...] = (
    _("Written"),
    _("Taken in"),
    _("Signed"),
    _("Approved"),
    _("Lists"),
    _("Answer"),
)
# Which of the steps is under way, from 1; states that end elsewhere have none.
STEP_OF: Mapping[S, int] = {
    S.DRAFT: 1,
    S.RETURNED: 1,
    S.SUBMITTED: 2,
    S.INTAKE: 2,
    S.PREPARED: 3,
    S.REVIEW: 4,
    S.APPROVED: 5,
    S.INVITING: 5,
    S.READY: 5,
    S.COMPUTING: 6,
    S.RELEASED: 6,
    S.CONTACT: 6,
}
WAITS_FOR: Mapping[S, Promise] = {
    S.DRAFT: _("Waits for who asks: change it until it says what you mean, then submit it."),
    S.RETURNED: _("The coordinator gave it back. Change it and submit it again, or stop."),
    S.SUBMITTED: _("Waits for the coordinator to take it in."),
    S.INTAKE: _("Waits for the coordinator to choose holders, approvers and times."),
    S.PREPARED: _("Waits for the signatures of who asks and of the coordinator."),
    S.REVIEW: _("Waits for the approvers."),
    S.APPROVED: _("Approved. Waits for the coordinator to bring it to the nodes."),
    S.INVITING: _("The nodes ask the holders. Who answers how is nobody else's to know."),
    S.READY: _("The nodes take the lists of those who take part."),
    S.COMPUTING: _("The nodes compute. This page shows the answer when all three signed it."),
    S.RELEASED: _("All three nodes signed the answer."),
    S.CONTACT: _("All three nodes signed the answer; those who both want to get in touch can."),
    S.NOT_RELEASED: _("The nodes gave no answer. No number of it exists anywhere."),
    S.INSUFFICIENT: _("Too few lists came in. Nothing was computed."),
    S.ABORTED: _("The nodes refused the question or could not go on."),
    S.REJECTED: _("An approver said no."),
    S.REVOKED: _("An approver took an approval back. The nodes stopped."),
    S.WITHDRAWN: _("Who asked took the question back."),
    S.EXPIRED: _("The time to consent was over before the question was approved."),
    S.CLOSED: _("Closed."),
    S.PURGED: _("Closed, and erased at the nodes."),
}
