"""Build what several screens of the page share: headings, buttons, the steps, the summary."""

from collections.abc import Iterable

from booth import moments
from booth.drawings import DONE, WAITING, WARNING, arrow, icon, stair
from booth.markup import Attribute, Child, Markup, element
from booth.questions import error, wrongs
from booth.said import Reader


def screen(name: str, *children: Child) -> Markup:
    """Return one screen, hidden until the script shows it."""
    return element("div", children, class_="screen", id=name, hidden=True)


def heading(text: str) -> Markup:
    """Return a screen's heading, which takes the focus when the screen comes."""
    return element("h1", text, tabindex="-1")


def button(name: str, text: str, kind: str, **more: Attribute) -> Markup:
    """Return a button; the script knows it by its name, or goes where ``data_go`` says."""
    return element("button", text, class_=kind, id=name or None, type="button", **more)


def file_field(name: str) -> Markup:
    """Return a field for a file; its hint has the id ``{name}h``."""
    return element(
        "input",
        type="file",
        id=name,
        accept=".json,application/json",
        aria_describedby=f"{name}h {name}e",
    )


def summary(reader: Reader, name: str) -> Markup:
    """Return the sum of errors: a link to every question, all hidden until one is wrong."""
    rows = [
        element(
            "li",
            button("", reader.words("wrong_at", n=place + 1, text=text), "link", data_to=place),
            data_wrong=place,
            hidden=True,
        )
        for place, text in enumerate(wrongs(reader))
    ]
    return element(
        "div",
        element("h2", icon(WARNING), " ", reader.words("wrong")),
        element("ul", rows),
        class_="sum",
        id=name,
        role="alert",
        tabindex="-1",
        hidden=True,
    )


def choice(
    name: str, tag: str, options: Iterable[tuple[str, Child]], **more: Attribute
) -> Markup:
    """Return texts of which the script shows one, by its key; at first none."""
    texts = [element(tag, text, data_is=key, hidden=True) for key, text in options]
    inside = "span" if tag == "span" else "div"
    return element(inside, texts, id=name, **more)


def note(kind: str, bold: str, rest: str, *more: Child) -> Markup:
    """Return a notice; its first words are bold and complete in themselves."""
    sentence = element("p", element("b", bold), " ", rest)
    return element("div", sentence, *more, class_=f"note {kind}".strip())


def shared(reader: Reader) -> Markup:
    """Return what a second person at one browser must know, hidden until there may be one."""
    words = reader.words
    told = note("wait", words("shared"), words("shared_why"))
    return element("div", told, class_="shared", hidden=True)


def ticks(name: str, rows: Iterable[tuple[str, str]]) -> Markup:
    """Return rows of which the script says how each stands: ``not`` until it is done."""
    return element(
        "ul",
        [
            element(
                "li",
                icon(DONE),
                icon(WAITING),
                element("span", text),
                element("span", class_="end"),
                class_="not",
                id=f"{name}-{key}",
            )
            for key, text in rows
        ],
        class_="ticks",
        id=name,
    )


def nodes_of(reader: Reader) -> list[tuple[str, str]]:
    """Return each node's letter, and its name after it."""
    nodes = reader.document["nodes"]
    return [(node["node"], f"{node['node'].upper()} · {node['name']}") for node in nodes]


def steps(reader: Reader, step: str, at: int, more: str = "") -> Markup:
    """Return the column that says which of the four steps this is."""
    words = reader.words
    line = element("p", element("b", words(step)), class_="small")
    return element(
        "aside",
        element("div", line, stair(reader, at)),
        element("p", more, class_="small soft") if more else None,
        class_="side flow",
        aria_label=words("progress"),
    )


def closes(reader: Reader) -> str:
    """Say when answering ends."""
    return moments.moment(reader.language, reader.document["answering"]["closes"])


def acts(*children: Child) -> Markup:
    """Return a row of buttons."""
    return element("div", children, class_="acts")


def onward(name: str, text: str, kind: str = "button", *, is_off: bool = False) -> Markup:
    """Return the one main button of a screen, which leads onward."""
    return element(
        "button", text, " ", arrow(), class_="btn", id=name, type=kind, disabled=is_off
    )


def labelled(
    reader: Reader, name: str, label: str, control: Markup, **more: Attribute
) -> Markup:
    """Return a field of ours with its label, its hint and a place for its error."""
    return element(
        "div",
        element("label", reader.words(label), class_="label", for_=name),
        element("p", reader.words(f"{label}_hint"), class_="hint", id=f"{name}h"),
        error(reader, name, reader.words(f"wrong_{name}")),
        element("div", control, class_="in"),
        class_="q",
        id=f"{name}q",
        **more,
    )
