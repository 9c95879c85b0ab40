"""Results in a browser, as coordinator and as anybody, in both languages and widths."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from surveys.publicity import result_publish
from tests.accounts.cast import person
from tests.pages.conftest import Open
from tests.pages.test_accessible import Inspector, pictures
from tests.surveys.reports import (
    answers,
    manifest_of,
    nodes_file,
    signed_result,
    store_result,
    withheld_result,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("language", "width"), [("nl", 320), ("en", 640), ("nl", 1280)])
def test_it_is_accessible(
    window: Open, settings: Settings, tmp_path: Path, language: str, width: int
) -> None:
    settings.NODES_FILE = nodes_file(tmp_path)
    carol = person()
    manifest = manifest_of(200)
    survey = store_result(carol.organisation, manifest, signed_result(manifest, answers()))
    other = manifest_of(190)
    none = store_result(
        carol.organisation, other, withheld_result(other, "fewer than min_count")
    )
    result_publish(survey=survey, by=carol.pk)
    browser = window(language=language, width=width)
    inspector = Inspector(browser, width, pictures(language, width))
    inspector.visit(
        f"results/{survey.pk}", f"results/{none.pk}", "results", "results?survey=x", "verify"
    )
    browser.sign_in(carol.email)
    inspector.visit(
        f"surveys/{survey.pk}/results",
        f"surveys/{survey.pk}/results?sort=count&show=share",
    )
    browser.go(f"/surveys/{none.pk}/results")
    inspector.look("withheld")
    browser.page.emulate_media(color_scheme="dark", forced_colors="none")
    inspector.visit(f"results/{survey.pk}/nl")
    assert inspector.found == {}
