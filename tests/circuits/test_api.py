"""What the circuits cannot do: send or hand out a product that is not masked."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import mpcengine.circuits
from mpcengine.circuits.products import MaskedProduct
from mpcengine.circuits.shared import Shared

# Who may send, and why each is safe.
SENDERS = {
    "products.reshare": "takes a MaskedProduct, sends fresh shares of it",
    "products.reveal_masked": "takes a MaskedProduct",
    "shuffle._exchange_piece": "sends fresh shares of a party's own part",
    "shares.deal": "sends fresh shares of a party's own values",
    "openings.reveal_on_line": "takes what OPENERS below hand it",
    "openings.settle": "sends vectors without an element",
}
# Who may open shares of degree 1, and why each is safe.
OPENERS = {
    "shares.reveal_under": "adds a mask of degree 1 that is used once",
    "shares.check_bits": "a fresh coin, a spent factor, and sums that are zero",
    "shuffle._check_unchanged": "a fresh coin, spent factors, and a sum that is zero",
    "texts.answered_texts": "marks in a secret order; how many are 1 was released",
}
# Who may multiply vectors element-wise or inner, and why no unmasked product gets out.
MULTIPLIERS = {
    "products.masked_product": "wraps it in a MaskedProduct",
    "products.inner_product": "wraps it in a MaskedProduct",
    "shares.random_bits": "multiplies by an opened, public vector",
    "shares.check_bits": "multiplies by powers of an opened coin",
    "shared.weighted": "multiplies by public weights",
    "shuffle._check_unchanged": "multiplies by powers of an opened coin and opened factors",
    "tally.add": "keeps it private until mask_sums wraps it",
}


# The same for products of a matrix and a vector.
MATRICES = {
    "draws.deal_draws": "multiplies by public weights",
    "shares.value": "multiplies by public weights",
    "shuffle._check_unchanged": "multiplies by opened, spent factors",
    "shuffle._step": "mask_sums wraps it at once",
    "tally.add": "multiplies by public weights",
}


def functions() -> Iterator[tuple[str, ast.AST]]:
    for module in pkgutil.iter_modules(mpcengine.circuits.__path__):
        source = inspect.getsource(importlib.import_module(f"mpcengine.circuits.{module.name}"))
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{module.name}.{node.name}", node


def callers(*names: str) -> set[str]:
    """Return the functions that call a method or function of one of these names."""
    return {
        name
        for name, function in functions()
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in names
    }


def test_only_six_functions_send_anything() -> None:
    assert callers("exchange") == set(SENDERS)


def test_only_four_functions_open_shares_of_degree_one() -> None:
    opening = {
        name
        for name, function in functions()
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "reveal_on_line"
    }
    assert opening == set(OPENERS)


def test_products_of_shares_are_wrapped_where_they_are_made() -> None:
    assert callers("multiply", "dot") == set(MULTIPLIERS)
    assert callers("matrix_vector") == set(MATRICES)


def test_masked_products_are_opened_by_two_functions_only() -> None:
    assert callers("_take") == {"products.reshare", "products.reveal_masked"}
    public = [name for name in vars(MaskedProduct) if not name.startswith("_")]
    assert public == []


def test_shared_integers_have_no_product_and_no_way_to_their_value() -> None:
    public = {name for name in vars(Shared) if not name.startswith("_")}
    assert public == {
        "vector",
        "weighted",
        "total",
        "prefix_totals",
        "steps",
        "repeated",
        "spread",
        "row_totals",
        "column_totals",
        "without",
        "replaced",
    }
    assert "__matmul__" not in vars(Shared)
