"""Write the screens before sending that only the script shows: keep, check, and messages.

They stand in the page from the start, so that what is said there is signed with the page.
"""

from booth.catalogue import Words
from booth.markup import Child, Markup, element
from booth.pieces import (
    acts,
    button,
    choice,
    closes,
    file_field,
    heading,
    labelled,
    note,
    onward,
    screen,
    shared,
    steps,
    summary,
)
from booth.said import Reader

MESSAGES = ("closed", "early", "key", "erased", "declined", "sealed", "stop")


def waiting_write(reader: Reader) -> list[Markup]:
    """Return the screens of keeping and checking answers, and those that only tell, hidden."""
    messages = [_message(reader, name) for name in MESSAGES]
    return [_keep(reader), _review(reader), *messages]


def _message(reader: Reader, name: str) -> Markup:
    words = reader.words
    more: Child = None
    if name == "sealed":
        more = (shared(reader), acts(button("resume", words("retry"), "btn")))
    elif name == "stop":
        code = element("p", element("code", id="stopcode"))
        more = note("stop", words("stop_report"), "", code)
    body = (heading(words(name)), element("p", words(f"{name}_why")), more)
    return screen(name, element("div", body, class_="flow narrow"))


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
            button("", words("keep_back"), "btn", data_go="form"),
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
    said = [(place, words(f"kept_{place}")) for place in ("tab", "device", "not")]
    said.append(("erased", words("keep_erased")))
    return element(
        "fieldset",
        element("legend", words("keep_where")),
        element("div", choices, class_="opts"),
        choice("keepsaid", "p", said, role="status"),
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
    said = [("saved", words("keep_saved")), ("opened", words("keep_opened"))]
    return element(
        "section",
        element("h2", words("keep_file")),
        element("p", words("keep_file_text")),
        element(
            "form",
            labelled(reader, "pass", "keep_passphrase", passphrase),
            acts(element("button", words("keep_save"), class_="btn alt", id="keepsave")),
            class_="flow",
            id="passform",
            method="dialog",
            novalidate=True,
        ),
        labelled(reader, "keepopen", "keep_open", file_field("keepopen")),
        choice("keepfile", "p", said, role="status"),
    )


def _review(reader: Reader) -> Markup:
    words, document = reader.words, reader.document
    change = element("span", words("review_change"), class_="vh")
    heads = (words("review_question"), words("review_answer"), change)
    table = element(
        "table",
        element("thead", element("tr", [element("th", head, scope="col") for head in heads])),
        element("tbody", _rows(reader), id="rows"),
        class_="stack review",
    )
    blank = note("wait", words("blank"), words("blank_why"))
    leaves = words("review_leaves_text", n=document["record"]["parcel_length"])
    body = element(
        "div",
        summary(reader, "rsum"),
        heading(words("review_heading")),
        table,
        note("", words("review_leaves"), leaves),
        element("p", words("review_lost"), class_="soft", id="lost"),
        element("div", blank, id="blank", role="alert", hidden=True),
        acts(
            onward("send", words("review_send")),
            button("", words("back"), "btn alt", data_go="form"),
        ),
        class_="flow",
    )
    side = steps(reader, "step_check", 2, words("review_until", closes=closes(reader)))
    return screen("review", element("div", side, body, class_="grid two"))


def _rows(reader: Reader) -> list[Markup]:
    words = reader.words
    return [
        element(
            "tr",
            element(
                "th",
                f"{place + 1}. ",
                reader.said("span", f"questions.{place}.title", question["title"]),
                scope="row",
                class_="said",
            ),
            element("td"),
            element("td", _change(words, place), class_="n"),
        )
        for place, question in enumerate(reader.survey["questions"])
    ]


def _change(words: Words, place: int) -> Markup:
    label = (words("change"), element("span", words("change_at", n=place + 1), class_="vh"))
    return element("button", label, class_="link", type="button", data_to=place)
