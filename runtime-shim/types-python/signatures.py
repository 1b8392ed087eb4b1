"""Signatures of functions and of the methods of classes."""

import ast
from typing import List, Optional

from annotations import Types, as_array, item_of
from classes import constructor_of, dotted, fields_of, kind_of, methods_of
from modules import Found

_GENERATORS = ("Generator", "Iterator", "Iterable")
_ASYNC_GENERATORS = ("AsyncGenerator", "AsyncIterator", "AsyncIterable")


def function_type(
    found: Found, types: Types, is_method: bool = False, is_batched: bool = False
) -> str:
    """`(text: string, width?: number) => string[]`."""
    if is_batched:
        return _single(found, types, is_method)
    return f"({_parameters(found, types, is_method)}) => {_result(found, types)}"


def class_type(found: Found, types: Types, is_batched: bool) -> str:
    """`{ params: …; methods: { … } }`."""
    methods = [
        f"{each.name}: {function_type(each, types, is_method=True, is_batched=is_batched)}"
        for each in methods_of(found)
    ]
    params = _constructor(found, types)
    return f"{{ params: {params}; methods: {{ {'; '.join(methods)} }} }}"


def _single(found: Found, types: Types, is_method: bool) -> str:
    """One that takes lists of a whole batch, as it is called: with one item of each."""
    node = found.node
    given = [*node.args.posonlyargs, *node.args.args]
    named = given[1:] if is_method and not _is_static(found) else given
    parts = [
        f"{one.arg}: {types.of(item_of(one.annotation, found.module), found.module, True)}"
        for one in named
    ]
    result = types.of(item_of(node.returns, found.module), found.module, False)
    return f"({', '.join(parts)}) => {result}"


def _constructor(found: Found, types: Types) -> str:
    """Parameters of a class, which are keyword arguments; `undefined` where there are none."""
    init = constructor_of(found)
    if init is not None:
        given = init.node.args
        named = [*given.posonlyargs, *given.args][1:] + given.kwonlyargs
        defaults = [None] * (len(named) - len(given.kwonlyargs) - len(given.defaults))
        parts = [
            _named(one.arg, one.annotation, default is not None, init, types)
            for one, default in zip(named, [*defaults, *given.defaults, *given.kw_defaults])
        ]
    elif kind_of(found) in ("dataclass", "model"):
        parts = [
            _named(each.name, each.annotation, each.has_default, found, types)
            for each in fields_of(found)
        ]
    else:
        parts = []
    if not parts:
        return "undefined"
    text = f"{{ {'; '.join(parts)} }}"
    return f"{text} | undefined" if all("?: " in part for part in parts) else text


def _named(
    name: str, annotation: Optional[ast.expr], is_optional: bool, found: Found, types: Types
) -> str:
    return f"{name}{'?' if is_optional else ''}: {types.of(annotation, found.module, True)}"


def _parameters(found: Found, types: Types, is_method: bool) -> str:
    given = found.node.args
    positional = [*given.posonlyargs, *given.args]
    first_default = len(positional) - len(given.defaults)
    parts: List[str] = []
    for index, one in enumerate(positional):
        if index == 0 and is_method and not _is_static(found):
            continue
        parts.append(_named(one.arg, one.annotation, index >= first_default, found, types))
    if given.vararg is not None:
        rest = types.of(given.vararg.annotation, found.module, True)
        # Nothing can follow a rest parameter.
        parts.append(f"...{given.vararg.arg}: {as_array('unknown' if given.kwonlyargs else rest)}")
    elif given.kwonlyargs:
        parts.append(_options(found, types))
    return ", ".join(parts)


def _options(found: Found, types: Types) -> str:
    """Keyword-only parameters are a trailing object."""
    given = found.node.args
    fields = [
        _named(one.arg, one.annotation, default is not None, found, types)
        for one, default in zip(given.kwonlyargs, given.kw_defaults)
    ]
    names = {one.arg for one in [*given.posonlyargs, *given.args]}
    name = next(each for each in ("options", "keywords", "others") if each not in names)
    mark = "?" if all(default is not None for default in given.kw_defaults) else ""
    return f"{name}{mark}: {{ {'; '.join(fields)} }}"


def _is_static(found: Found) -> bool:
    return any(dotted(one) == "staticmethod" for one in found.node.decorator_list)


def _result(found: Found, types: Types) -> str:
    node = found.node
    is_async = isinstance(node, ast.AsyncFunctionDef)
    returns = node.returns
    if not _yields(node.body):
        return types.of(returns, found.module, False)
    item = None
    if isinstance(returns, ast.Subscript):
        short = found.module.full_name(dotted(returns.value)).rpartition(".")[2]
        if short in (_ASYNC_GENERATORS if is_async else _GENERATORS):
            inner = returns.slice
            item = inner.elts[0] if isinstance(inner, ast.Tuple) else inner
    name = "AsyncGenerator" if is_async else "Generator"
    return f"{name}<{types.of(item, found.module, False)}>"


def _yields(body: List[ast.stmt]) -> bool:
    """True for a generator; what is yielded in a function inside it does not count."""
    waiting: List[ast.AST] = list(body)
    inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(node, inner):
            waiting.extend(ast.iter_child_nodes(node))
    return False
