"""Write the screens from sending on: sent, replacing, checking a receipt, erasing."""

from booth.drawings import silhouette
from booth.markup import Child, Markup, element
from booth.pieces import (
    acts,
    button,
    choice,
    closes,
    file_field,
    heading,
    labelled,
    nodes_of,
    note,
    screen,
    shared,
    steps,
    ticks,
)
from booth.said import Reader

CAUSES = (
    "code.other",
    "token.unknown_code",
    "token.already_issued",
    "survey.closed",
    "survey.not_open",
    "relay.full",
    "answer.sent",
    "attempt.revisions",
    "attempt.other_manifest",
    "network",
    "store",
    "tab",
    "other",
)
FATES = (
    "counted",
    "superseded",
    "rejected",
    "withheld",
    "seen",
    "on_its_way",
    "missing",
    "unknown",
    "contradicted",
)
GOOD = ("counted", "seen")
LEADS = ("promise", "one", "two", "three")


def sending_write(reader: Reader) -> list[Markup]:
    """Return the screens of sending and of what comes after, hidden."""
    return [_send(reader), _done(reader), _change(reader), _check(reader)]


def _send(reader: Reader) -> Markup:
    words = reader.words
    body = element(
        "div",
        heading(words("send_heading")),
        element("p", words("send_now"), class_="lead"),
        ticks("step", _steps(reader)),
        element("div", _wrong(reader), role="alert"),
        acts(
            button("again", words("send_again"), "btn", hidden=True),
            button("direct", words("send_direct"), "btn alt", hidden=True),
            button("sendback", words("back"), "btn alt", hidden=True, data_go="back"),
        ),
        class_="flow",
    )
    side = steps(reader, "step_last", 3)
    return screen("sending", element("div", side, body, class_="grid two"))


def _steps(reader: Reader) -> list[tuple[str, str]]:
    words = reader.words
    names = [(node["node"], node["name"]) for node in reader.document["nodes"]]
    return [
        *((f"token-{node}", words("step_token", node=name)) for node, name in names),
        ("seal-", words("step_seal")),
        ("send-relay", words("step_send")),
        *((f"deliver-{node}", words("step_deliver", node=name)) for node, name in names),
    ]


def _wrong(reader: Reader) -> Markup:
    code = element("p", reader.words("quote"), " ", element("code", id="why"))
    return element("div", _causes(reader), code, id="wrong", hidden=True)


def _causes(reader: Reader) -> Markup:
    """Return what can have gone wrong, by the code of BoothError or its beginning."""
    words = reader.words
    causes = [(key, words(f"by_{key}"), words(f"by_{key}_why")) for key in CAUSES]
    why = words("by_network_node_why")
    for node in reader.document["nodes"]:
        bold = words("by_network_node", node=node["name"])
        causes.append((f"network.{node['node']}", bold, why))
    notes = [(key, note("stop", f"{bold}.", why)) for key, bold, why in causes]
    return choice("cause", "div", notes)


def _done(reader: Reader) -> Markup:
    words = reader.words
    main = element(
        "div",
        heading(words("stair_sent")),
        shared(reader),
        element("p", words("sent_old"), id="old", hidden=True),
        element("div", _leads(reader), role="status", class_="lead"),
        ticks("store", [("relay", words("relay")), *nodes_of(reader)]),
        element("div", _fates(reader, "outcome"), role="status"),
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


def _leads(reader: Reader) -> list[Markup]:
    words = reader.words
    leads = [(str(signed), words(f"lead_{name}")) for signed, name in enumerate(LEADS)]
    safety = [(name, words(name)) for name in ("safe", "unsafe")]
    return [choice("lead", "p", leads), choice("safety", "p", safety)]


def _fates(reader: Reader, name: str) -> Markup:
    """Return what the nodes' lists can say of a package."""
    words = reader.words
    fates = [
        (
            fate,
            note(
                "ok" if fate in GOOD else "wait",
                words(f"fate_{fate}"),
                words(f"fate_{fate}_why"),
                element("p", element("code", class_="reason")) if fate == "rejected" else None,
            ),
        )
        for fate in FATES
    ]
    return choice(name, "div", fates)


def _code(reader: Reader) -> Markup:
    words = reader.words
    track = element(
        "p",
        element("span", words("done_code_word"), class_="vh"),
        element("span", id="track", class_="track"),
    )
    figure = element(
        "figure",
        silhouette(words("done_shape")),
        element("figcaption", words("done_shape_text"), class_="small soft"),
    )
    said = [(key, words(key)) for key in ("saved", "copied", "copy_not")]
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
        choice("savesaid", "p", said, role="status", class_="soft"),
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
    proof = file_field("proof")
    body = element(
        "div",
        heading(words("check_heading")),
        element("p", words("check_text")),
        labelled(reader, "proof", "check_file", proof),
        acts(button("checkown", words("check_own"), "btn alt")),
        element("div", _fates(reader, "fate"), role="status"),
        ticks("list", nodes_of(reader)),
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
