"""Write the screens that only the script shows: keep, check, send, sent, and their relatives.

They stand in the page from the start, so that what is said there is signed with the page.
"""

from booth import moments
from booth.drawings import arrow, icon
from booth.markup import Child, Markup, element
from booth.questions import parts_of, question_write
from booth.reading import stair
from booth.said import Reader

WARNING = "M8 2 1.5 14h13ZM8 6.5v3.5m0 1.6v.4"


def form_write(reader: Reader) -> Markup:
    """Return the screen "form": every question, in the parts that the script shows."""
    words = reader.words
    parts = [
        element("div", [question_write(reader, place) for place in part], class_="part flow")
        for part in parts_of(reader.survey)
    ]
    side = element(
        "aside",
        element("p", id="where"),
        element("progress", id="bar", value="0", max="1", aria_labelledby="where"),
        element(
            "p",
            element("span", id="kept", role="status"),
            " ",
            _link("tokeep", words("keep_link")),
            class_="small soft",
        ),
        class_="side flow",
        id="progress",
        aria_label=words("progress"),
        hidden=True,
    )
    acts = element(
        "div",
        element("button", words("next"), " ", arrow(), class_="btn", id="next", type="submit"),
        _button("back", words("back"), "btn alt"),
        class_="acts",
        id="formacts",
        hidden=True,
    )
    form = element(
        "form",
        _summary("sum"),
        element("h1", words("questions"), tabindex="-1", id="parth"),
        parts,
        acts,
        class_="flow",
        id="fields",
        novalidate=True,
        autocomplete="off",
    )
    return element(
        "div", element("div", side, form, class_="grid two"), class_="screen", id="form"
    )


def hidden_screens(reader: Reader) -> list[Markup]:
    """Return the screens that are hidden until the script shows them."""
    return [
        _keep(reader),
        _review(reader),
        _send(reader),
        _done(reader),
        _change(reader),
        _check(reader),
        _screen("told", element("div", id="toldin", class_="flow narrow")),
    ]


def _keep(reader: Reader) -> Markup:
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
    where = element(
        "fieldset",
        element("legend", words("keep_where")),
        element("div", choices, class_="opts"),
        element("p", id="keepsaid", role="status"),
        class_="q",
    )
    passphrase = element(
        "div",
        element("label", words("keep_passphrase"), class_="label", for_="pass"),
        element("p", words("keep_passphrase_hint"), class_="hint", id="passh"),
        element("p", class_="err", id="passe", hidden=True),
        element(
            "div",
            element(
                "input",
                type="password",
                class_="field",
                id="pass",
                autocomplete="new-password",
                aria_describedby="passh passe",
            ),
            class_="in",
        ),
        class_="q",
        id="passq",
    )
    file = element(
        "section",
        element("h2", words("keep_file")),
        element("p", words("keep_file_text")),
        passphrase,
        element("div", _button("keepsave", words("keep_save"), "btn alt"), class_="acts"),
        element(
            "div",
            element("label", words("keep_open"), class_="label", for_="keepopen"),
            element("p", words("keep_open_hint"), class_="hint", id="keepopenh"),
            element("div", _file("keepopen", ".drempel,.json"), class_="in"),
            class_="q",
        ),
    )
    return _screen(
        "keep",
        element(
            "div",
            _heading(words("keep_heading")),
            element("p", words("keep_intro")),
            where,
            file,
            element(
                "div",
                _button("keepback", words("keep_back"), "btn"),
                _button("keeperase", words("keep_erase"), "btn stop"),
                class_="acts",
            ),
            class_="flow narrow",
        ),
    )


def _review(reader: Reader) -> Markup:
    words, document = reader.words, reader.document
    heads = [
        element("th", words(f"review_{name}"), scope="col") for name in ("question", "answer")
    ]
    heads.append(
        element("th", element("span", words("review_change"), class_="vh"), scope="col")
    )
    table = element(
        "table",
        element("thead", element("tr", heads)),
        element("tbody", id="rows"),
        class_="stack review",
    )
    leaves = words("review_leaves_text", n=document["record"]["parcel_length"])
    body = element(
        "div",
        _summary("rsum"),
        _heading(words("review_heading")),
        table,
        element(
            "div",
            element("p", element("b", words("review_leaves")), " ", leaves),
            class_="note",
        ),
        element("p", words("review_lost"), class_="soft", id="lost"),
        element(
            "div",
            element(
                "button",
                words("review_send"),
                " ",
                arrow(),
                class_="btn",
                id="send",
                type="button",
            ),
            _button("reviewback", words("back"), "btn alt"),
            class_="acts",
        ),
        class_="flow",
    )
    side = _steps(reader, "step_check", 2, words("review_until", closes=_closes(reader)))
    return _screen("review", element("div", side, body, class_="grid two"))


def _send(reader: Reader) -> Markup:
    words = reader.words
    body = element(
        "div",
        _heading(words("send_heading")),
        element("p", id="sendsaid", role="status", class_="lead"),
        element("progress", id="sendbar", max="5", value="0", aria_label=words("send_steps")),
        element("ul", id="steps", class_="ticks"),
        element("div", id="sendwrong", role="alert"),
        element(
            "div",
            _button("again", words("send_again"), "btn", is_hidden=True),
            _button("direct", words("send_direct"), "btn alt", is_hidden=True),
            _button("sendback", words("back"), "btn alt", is_hidden=True),
            class_="acts",
        ),
        class_="flow",
    )
    side = _steps(reader, "step_send", 3)
    return _screen("sending", element("div", side, body, class_="grid two"))


def _done(reader: Reader) -> Markup:
    words = reader.words
    main = element(
        "div",
        element("h1", tabindex="-1", id="doneh"),
        element("p", id="donelead", class_="lead"),
        element("p", id="donesaid", role="status", class_="vh"),
        element("ul", id="stores", class_="ticks"),
        element("div", _button("refresh", words("done_refresh"), "btn alt"), class_="acts"),
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
    return _screen("done", element("div", main, side, class_="grid two"))


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
        element(
            "div",
            _button("save", words("done_save"), "btn"),
            _button("print", words("done_print"), "btn alt"),
            _button("copy", words("done_copy"), "btn alt"),
            class_="acts",
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
            element("li", words("done_can_change", closes=_closes(reader)), id="canchange"),
        ),
        element(
            "div",
            _button("docheck", words("done_check"), "btn alt"),
            _button("dochange", words("done_change"), "btn alt"),
            class_="acts",
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
        element(
            "div",
            _button("eraseyes", words("erase_yes"), "btn stop"),
            _button("eraseno", words("erase_no"), "btn alt"),
            class_="acts",
        ),
        id="erasing",
        aria_labelledby="eraseh",
    )
    return element(
        "section",
        element("h2", words("done_finished")),
        element("p", words("done_finished_text")),
        element("div", _button("erase", words("done_erase"), "btn stop"), class_="acts"),
        dialog,
        class_="noprint",
        id="finish",
    )


def _change(reader: Reader) -> Markup:
    words = reader.words
    return _screen(
        "change",
        element(
            "div",
            _heading(words("change_heading")),
            element("p", words("change_text")),
            element("p", words("change_counts")),
            element("p", words("change_link")),
            element(
                "div",
                _button("changego", words("change_go"), "btn"),
                _button("changeback", words("back"), "btn alt"),
                class_="acts",
            ),
            class_="flow narrow",
        ),
    )


def _check(reader: Reader) -> Markup:
    words = reader.words
    file = element(
        "div",
        element("label", words("check_file"), class_="label", for_="proof"),
        element("p", words("check_file_hint"), class_="hint", id="proofh"),
        element("p", class_="err", id="proofe", hidden=True),
        element("div", _file("proof", ".json,application/json"), class_="in"),
        class_="q",
        id="proofq",
    )
    return _screen(
        "check",
        element(
            "div",
            _heading(words("check_heading")),
            element("p", words("check_text")),
            file,
            element("div", _button("checkown", words("check_own"), "btn alt"), class_="acts"),
            element("div", id="fate", role="status", class_="flow"),
            element("div", _button("checkback", words("back"), "btn alt"), class_="acts"),
            class_="flow narrow",
        ),
    )


def _steps(reader: Reader, step: str, at: int, more: str = "") -> Markup:
    words = reader.words
    line = element("p", element("b", words(step)), class_="small")
    return element(
        "aside",
        element("div", line, stair(reader, at)),
        element("p", more, class_="small soft") if more else None,
        class_="side flow",
        aria_label=words("progress"),
    )


def _summary(name: str) -> Markup:
    heading = element("h2", icon(WARNING), " ", element("span", id=f"{name}h"))
    return element(
        "div",
        heading,
        element("ul", id=f"{name}l"),
        class_="sum",
        id=name,
        role="alert",
        tabindex="-1",
        hidden=True,
    )


def _screen(name: str, *children: Child) -> Markup:
    return element("div", children, class_="screen", id=name, hidden=True)


def _heading(text: str) -> Markup:
    return element("h1", text, tabindex="-1")


def _button(name: str, text: str, kind: str, *, is_hidden: bool = False) -> Markup:
    return element("button", text, class_=kind, id=name, type="button", hidden=is_hidden)


def _link(name: str, text: str) -> Markup:
    return element("button", text, class_="link", id=name, type="button")


def _file(name: str, accept: str) -> Markup:
    return element("input", type="file", id=name, accept=accept, aria_describedby=f"{name}h")


def _closes(reader: Reader) -> str:
    return moments.moment(reader.language, reader.document["answering"]["closes"])


def _result(reader: Reader) -> str:
    return reader.words(
        "done_result_text",
        closes=_closes(reader),
        name=reader.document["coordinator"]["name"],
    )
