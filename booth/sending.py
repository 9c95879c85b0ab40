"""Write the screens from sending on: sent, replacing, checking a receipt, erasing."""

from booth.markup import Child, Markup, element
from booth.pieces import (
    acts,
    button,
    closes,
    file_field,
    heading,
    labelled,
    screen,
    steps,
)
from booth.said import Reader


def sending_write(reader: Reader) -> list[Markup]:
    """Return the screens of sending and of what comes after, hidden."""
    return [_send(reader), _done(reader), _change(reader), _check(reader)]


def _send(reader: Reader) -> Markup:
    words = reader.words
    body = element(
        "div",
        heading(words("send_heading")),
        element("p", id="sendsaid", role="status", class_="lead"),
        element("progress", id="sendbar", max="5", value="0", aria_label=words("send_steps")),
        element("ul", id="steps", class_="ticks"),
        element("div", id="sendwrong", role="alert"),
        acts(
            button("again", words("send_again"), "btn", hidden=True),
            button("direct", words("send_direct"), "btn alt", hidden=True),
            button("sendback", words("back"), "btn alt", hidden=True, data_go="back"),
        ),
        class_="flow",
    )
    side = steps(reader, "step_send", 3)
    return screen("sending", element("div", side, body, class_="grid two"))


def _done(reader: Reader) -> Markup:
    words = reader.words
    main = element(
        "div",
        heading(words("stair_sent")),
        element("p", id="donelead", class_="lead"),
        element("p", id="donesaid", role="status", class_="vh"),
        element("ul", id="stores", class_="ticks"),
        acts(button("refresh", words("done_refresh"), "btn alt")),
        _code(reader),
        _can(reader),
        _finished(reader),
        class_="flow",
    )
    facts: list[tuple[str, Child]] = [
        (
            words("done_survey"),
            reader.said("span", "title", reader.survey["title"]),
        ),
        (words("done_result"), _result(reader)),
        (words("done_version"), element("span", id="version")),
        (words("done_mark"), element("code", id="mark", class_="fp")),
    ]
    rows = [[element("dt", name), element("dd", value)] for name, value in facts]
    side = element(
        "aside",
        element("dl", rows, class_="kv"),
        class_="side flow",
        aria_label=words("done_facts"),
    )
    return screen("done", element("div", main, side, class_="grid two"))


def _code(reader: Reader) -> Markup:
    words = reader.words
    track = element(
        "p",
        element("span", words("done_code_word"), class_="vh"),
        element("span", id="track", class_="track"),
    )
    figure = element(
        "figure",
        element("div", id="shape", data_label=words("done_shape")),
        element("figcaption", words("done_shape_text"), class_="small soft"),
    )
    return element(
        "section",
        element("h2", words("done_code")),
        track,
        figure,
        acts(
            button("save", words("done_save"), "btn"),
            button("print", words("done_print"), "btn alt"),
            button("copy", words("done_copy"), "btn alt"),
        ),
        element("p", id="savesaid", role="status", class_="soft"),
    )


def _can(reader: Reader) -> Markup:
    words = reader.words
    return element(
        "section",
        element("h2", words("done_can")),
        element(
            "ul",
            element("li", words("done_can_check")),
            element("li", words("done_can_change", closes=closes(reader)), id="canchange"),
        ),
        acts(
            button("", words("done_check"), "btn alt", data_go="check"),
            button("dochange", words("done_change"), "btn alt", data_go="change"),
        ),
        element("h3", words("done_reveals")),
        element("p", words("done_reveals_text")),
    )


def _finished(reader: Reader) -> Markup:
    words = reader.words
    dialog = element(
        "dialog",
        element("h2", words("erase_heading"), id="eraseh"),
        element("p", words("erase_text")),
        acts(
            button("eraseyes", words("erase_yes"), "btn stop"),
            button("eraseno", words("erase_no"), "btn alt"),
        ),
        id="erasing",
        aria_labelledby="eraseh",
    )
    return element(
        "section",
        element("h2", words("done_finished")),
        element("p", words("done_finished_text")),
        acts(button("erase", words("done_erase"), "btn stop")),
        dialog,
        class_="noprint",
        id="finish",
    )


def _change(reader: Reader) -> Markup:
    words = reader.words
    return screen(
        "change",
        element(
            "div",
            heading(words("change_heading")),
            element("p", words("change_text")),
            element("p", words("change_counts")),
            element("p", words("change_link")),
            acts(
                button("changego", words("change_go"), "btn"),
                button("", words("back"), "btn alt", data_go="back"),
            ),
            class_="flow narrow",
        ),
    )


def _check(reader: Reader) -> Markup:
    words = reader.words
    proof = file_field("proof", ".json,application/json")
    body = element(
        "div",
        heading(words("check_heading")),
        element("p", words("check_text")),
        labelled("proof", words("check_file"), words("check_file_hint"), proof),
        acts(button("checkown", words("check_own"), "btn alt")),
        element("div", id="fate", role="status", class_="flow"),
        acts(button("", words("back"), "btn alt", data_go="back")),
        class_="flow narrow",
    )
    return screen("check", body)


def _result(reader: Reader) -> str:
    return reader.words(
        "done_result_text",
        closes=closes(reader),
        name=reader.document["coordinator"]["name"],
    )
