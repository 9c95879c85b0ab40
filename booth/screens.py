"""Write the screens before sending that only the script shows: keep, check, and messages.

They stand in the page from the start, so that what is said there is signed with the page.
"""

from booth.markup import Markup, element
from booth.pieces import (
    acts,
    button,
    closes,
    file_field,
    heading,
    labelled,
    onward,
    screen,
    steps,
    summary,
)
from booth.said import Reader


def waiting_write(reader: Reader) -> list[Markup]:
    """Return the screens of keeping and checking answers, and the one for messages, hidden."""
    message = element("div", id="toldin", class_="flow narrow")
    return [_keep(reader), _review(reader), screen("told", message)]


def _keep(reader: Reader) -> Markup:
    words = reader.words
    body = element(
        "div",
        heading(words("keep_heading")),
        element("p", words("keep_intro")),
        _keep_where(reader),
        _keep_file(reader),
        element("p", words("keep_sure"), id="sure", role="status", class_="err", hidden=True),
        acts(
            button("keepback", words("keep_back"), "btn"),
            button("keeperase", words("keep_erase"), "btn stop"),
        ),
        class_="flow narrow",
    )
    return screen("keep", body)


def _keep_where(reader: Reader) -> Markup:
    words = reader.words
    choices = [
        element(
            "label",
            element("input", type="radio", name="keep", value=kind),
            element(
                "span",
                words(f"keep_{kind}"),
                element("span", words(f"keep_{kind}_hint"), class_="hint block"),
            ),
            class_="opt",
        )
        for kind in ("tab", "device")
    ]
    return element(
        "fieldset",
        element("legend", words("keep_where")),
        element("div", choices, class_="opts"),
        element("p", id="keepsaid", role="status"),
        class_="q",
    )


def _keep_file(reader: Reader) -> Markup:
    words = reader.words
    passphrase = element(
        "input",
        type="password",
        class_="field",
        id="pass",
        autocomplete="new-password",
        aria_describedby="passh passe",
    )
    return element(
        "section",
        element("h2", words("keep_file")),
        element("p", words("keep_file_text")),
        labelled("pass", words("keep_passphrase"), words("keep_passphrase_hint"), passphrase),
        acts(button("keepsave", words("keep_save"), "btn alt")),
        labelled(
            "keepopen",
            words("keep_open"),
            words("keep_open_hint"),
            file_field("keepopen", ".json,application/json"),
        ),
        element("p", id="keepfile", role="status"),
    )


def _review(reader: Reader) -> Markup:
    words, document = reader.words, reader.document
    change = element("span", words("review_change"), class_="vh")
    heads = (words("review_question"), words("review_answer"), change)
    table = element(
        "table",
        element("thead", element("tr", [element("th", head, scope="col") for head in heads])),
        element("tbody", id="rows"),
        class_="stack review",
    )
    leaves = words("review_leaves_text", n=document["record"]["parcel_length"])
    sentence = element("p", element("b", words("review_leaves")), " ", leaves)
    body = element(
        "div",
        summary("rsum"),
        heading(words("review_heading")),
        table,
        element("div", sentence, class_="note"),
        element("p", words("review_lost"), class_="soft", id="lost"),
        acts(
            onward("send", words("review_send")), button("reviewback", words("back"), "btn alt")
        ),
        class_="flow",
    )
    side = steps(reader, "step_check", 2, words("review_until", closes=closes(reader)))
    return screen("review", element("div", side, body, class_="grid two"))
