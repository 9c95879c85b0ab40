"""Write HTML in which every text and every attribute is escaped.

A page is bytes that three operators make alike, so nothing here depends on a setting, a clock
or an order that is not given.
"""

import html
from collections.abc import Iterable
from typing import TypeAlias

VOID = frozenset({"br", "input", "link", "meta"})

Child: TypeAlias = "str | Iterable[Child] | None"
Attribute: TypeAlias = str | int | bool | None


class Markup(str):
    """Hold text that is HTML already; made by this module only."""

    __slots__ = ()


def markup(*children: Child) -> Markup:
    """Return the children one after another: texts escaped, markup as it is, None left out."""
    return Markup("".join(_pieces(children)))


def element(tag: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """Return one element; ``class_`` is written ``class``, ``data_t`` is written ``data-t``.

    True writes an attribute without a value; None and False leave it out.
    """
    opening = "".join((f"<{tag}", *_attributes(attributes), ">"))
    if tag in VOID:
        return Markup(opening)
    return Markup(f"{opening}{markup(*children)}</{tag}>")


def raw_block(tag: str, /, content: str, **attributes: Attribute) -> Markup:
    """Return a ``script`` whose content is JSON, kept from ending the element early."""
    safe = content.replace("<", "\\u003c")
    return Markup(f"<{tag}{''.join(_attributes(attributes))}>{safe}</{tag}>")


def _pieces(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if child is None:
            continue
        if isinstance(child, Markup):
            yield child
        elif isinstance(child, str):
            yield html.escape(child, quote=False).replace("\r", "&#13;")
        else:
            yield from _pieces(child)


def _attributes(attributes: dict[str, Attribute]) -> Iterable[str]:
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        name = key.rstrip("_").replace("_", "-")
        yield f" {name}" if value is True else f' {name}="{html.escape(str(value))}"'
