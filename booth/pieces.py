"""Build what several screens of the page share: headings, buttons, the steps, the summary."""

from booth import moments
from booth.drawings import arrow, icon, stair
from booth.markup import Attribute, Child, Markup, element
from booth.said import Reader

WARNING = "M8 2 1.5 14h13ZM8 6.5v3.5m0 1.6v.4"


def screen(name: str, *children: Child) -> Markup:
    """Return one screen, hidden until the script shows it."""
    return element("div", children, class_="screen", id=name, hidden=True)


def heading(text: str) -> Markup:
    """Return a screen's heading, which takes the focus when the screen comes."""
    return element("h1", text, tabindex="-1")


def button(name: str, text: str, kind: str, **more: Attribute) -> Markup:
    """Return a button; the script knows it by its name, or goes where ``data_go`` says."""
    return element("button", text, class_=kind, id=name or None, type="button", **more)


def file_field(name: str, accept: str) -> Markup:
    """Return a field for a file; its hint has the id ``{name}h``."""
    return element("input", type="file", id=name, accept=accept, aria_describedby=f"{name}h")


def summary(name: str) -> Markup:
    """Return the place where errors are summed up, hidden until there are any."""
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


def labelled(name: str, label: str, hint: str, control: Markup, **more: Attribute) -> Markup:
    """Return a field of ours with its label, its hint and a place for its error."""
    return element(
        "div",
        element("label", label, class_="label", for_=name),
        element("p", hint, class_="hint", id=f"{name}h"),
        element("p", class_="err", id=f"{name}e", hidden=True),
        element("div", control, class_="in"),
        class_="q",
        id=f"{name}q",
        **more,
    )
