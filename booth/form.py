"""Write the form: every question, in the parts that the script shows one by one."""

from booth.drawings import arrow
from booth.markup import Markup, element
from booth.pieces import (
    button,
    choice,
    summary,
)
from booth.questions import parts_of, question_write
from booth.said import Reader


def form_write(reader: Reader) -> Markup:
    """Return the screen "form": every question, in the parts that the script shows."""
    words = reader.words
    parts = [
        element("div", [question_write(reader, place) for place in part], class_="part flow")
        for part in parts_of(reader.survey)
    ]
    acts = element(
        "div",
        element("button", words("next"), " ", arrow(), class_="btn", id="next", type="submit"),
        button("back", words("back"), "btn alt"),
        class_="acts",
        id="formacts",
        hidden=True,
    )
    form = element(
        "form",
        summary(reader, "sum"),
        element("h1", words("questions"), tabindex="-1", id="parth"),
        parts,
        acts,
        class_="flow",
        id="fields",
        # Goes nowhere by itself: without the program nothing filled in is put into an address.
        method="dialog",
        novalidate=True,
        autocomplete="off",
    )
    return element(
        "div",
        element("div", _where(reader), form, class_="grid two"),
        class_="screen",
        id="form",
    )


def _where(reader: Reader) -> Markup:
    """Return how far the respondent is, and where the answers are kept."""
    words = reader.words
    kept = [(place, words(f"kept_{place}")) for place in ("tab", "device", "not")]
    return element(
        "aside",
        element("p", id="where", class_="where"),
        element("progress", id="bar", value="0", max="1", aria_labelledby="where"),
        element("p", id="changed", role="status", class_="small"),
        element(
            "p",
            choice("kept", "span", kept, role="status"),
            " ",
            button("", words("keep_link"), "link", data_go="keep"),
            class_="small soft",
        ),
        class_="side flow",
        id="progress",
        aria_label=words("progress"),
        hidden=True,
    )
