"""Surveys at a running federation, published as a coordinator does, for people to answer."""

from dataclasses import dataclass, replace

from cli.coordinator import Coordinator
from cli.embedded.federation import Federation
from cli.survey_run import coordinator_of
from cli.terms import terms_by_orders
from connector.respondent import manifest_fetch
from mpcengine.protocol.boothpage import origin, page_path
from mpcengine.protocol.canonical import JSON
from mpcengine.protocol.manifest import Manifest
from mpcengine.protocol.orders import CLOSE, OPEN_ANSWERING
from mpcengine.protocol.partners import PartnersFile
from mpcengine.protocol.survey import parse_survey


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSurvey:
    """A published survey: its manifest, its invitations, and what its coordinator does next."""

    federation: Federation
    manifest: Manifest
    codes: list[str]

    @property
    def coordinator(self) -> Coordinator:
        return coordinator_of(self.federation)

    @property
    def origins(self) -> set[str]:
        """The only origins that a respondent's browser may call."""
        nodes = {origin(node.url) for node in self.manifest.nodes}
        return {origin(self.manifest.relay.url), *nodes}

    def page(self, language: str | None = "en") -> str:
        """Return the address of the page, without a code."""
        return self.manifest.relay.url + page_path(self.manifest.survey_id, language)

    def link(self, place: int = 0, language: str | None = "en") -> str:
        """Return the invitation of the person at ``place``."""
        return f"{self.page(language)}#{self.codes[place]}"

    def open_answering(self) -> None:
        """Order strict timing's second half."""
        self._order(OPEN_ANSWERING)

    def close(self) -> None:
        """Order the end of answering; what waits at the relay leaves it."""
        self._order(CLOSE)

    def result(self, seconds: float = 120.0) -> JSON:
        """Wait for the signed result and return it."""
        survey_id = self.manifest.survey_id
        self.coordinator.wait(survey_id, ("released", "withheld"), seconds=seconds)
        return self.coordinator.result(survey_id)

    def _order(self, kind: str) -> None:
        self.coordinator.order(self.manifest.survey_id, self.manifest, kind)


def publish(
    federation: Federation,
    definition: JSON,
    *,
    invited: int = 3,
    timing: str = "immediate",
    partners: PartnersFile | None = None,
) -> OpenSurvey:
    """Publish a survey that is open now and stays so until its coordinator closes it."""
    coordinator, survey = coordinator_of(federation), parse_survey(definition)
    survey_id = coordinator.create(survey)
    terms = terms_by_orders(survey_id, survey, invited, timing)
    codes: list[str] = []
    if partners:
        terms = replace(terms, partners_root=coordinator.invite_partners(survey_id, partners))
    else:
        codes = coordinator.invite(survey_id, invited)
    proposed = coordinator.prepare(terms)
    coordinator.check(proposed, terms)
    coordinator.publish(survey_id, proposed)
    manifest = manifest_fetch(federation.relay, survey_id, federation.nodes_file)
    return OpenSurvey(federation=federation, manifest=manifest, codes=codes)
