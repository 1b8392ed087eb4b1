"""Fields, bases and methods of classes."""

import ast
from typing import Dict, Iterator, List, NamedTuple, Optional, Set

from modules import Found, Module

_TYPED_DICT = {"typing.TypedDict", "typing_extensions.TypedDict"}
_NAMED_TUPLE = {"typing.NamedTuple"}
_ENUM = {f"enum.{name}" for name in ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag")}
_MODEL = {"pydantic.BaseModel", "pydantic.main.BaseModel", "pydantic.v1.BaseModel"}
_DATACLASS = {"dataclasses.dataclass", "pydantic.dataclasses.dataclass"}
_METHOD = {"windlass.method"}


class Field(NamedTuple):
    name: str
    annotation: ast.expr
    module: Module
    # May be left out where the class is made.
    has_default: bool
    # May be missing in the value itself.
    is_optional: bool


def dotted(node: Optional[ast.AST]) -> str:
    """`a.b.c` of a name or attribute, also where it is called or subscripted; empty for anything else."""
    if isinstance(node, ast.Call):
        return dotted(node.func)
    if isinstance(node, ast.Subscript):
        return dotted(node.value)
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return before and f"{before}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def kind_of(found: Found) -> Optional[str]:
    """`dict`, `tuple`, `enum`, `model` or `dataclass`; None for a class whose objects cannot travel."""
    for each in ancestry(found):
        for base in each.node.bases:
            name = each.module.full_name(dotted(base))
            for kind, names in _KINDS:
                if name in names:
                    return kind
        if any(each.module.full_name(dotted(one)) in _DATACLASS for one in each.node.decorator_list):
            return "dataclass"
    return None


_KINDS = (("dict", _TYPED_DICT), ("tuple", _NAMED_TUPLE), ("enum", _ENUM), ("model", _MODEL))


def ancestry(found: Found) -> Iterator[Found]:
    """The class and those of the project that it derives from, itself first."""
    seen: Set[int] = set()
    waiting = [found]
    while waiting:
        each = waiting.pop(0)
        if not isinstance(each.node, ast.ClassDef) or id(each.node) in seen:
            continue
        seen.add(id(each.node))
        yield each
        bases = (each.module.find(dotted(base)) for base in each.node.bases)
        waiting.extend(base for base in bases if base is not None)


def fields_of(found: Found) -> List[Field]:
    """Fields by annotations, those of bases first; of several with one name the last counts."""
    fields: Dict[str, Field] = {}
    for each in reversed(list(ancestry(found))):
        is_total = not any(
            keyword.arg == "total" and getattr(keyword.value, "value", True) is False
            for keyword in each.node.keywords
        )
        for statement in each.node.body:
            if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
                continue
            name, annotation = statement.target.id, statement.annotation
            if each.module.full_name(dotted(annotation)).endswith(".ClassVar") or name == "model_config":
                continue
            has_default = statement.value is not None and not _is_required(statement.value)
            fields[name] = Field(name, annotation, each.module, has_default, not is_total)
    return list(fields.values())


def _is_required(value: ast.expr) -> bool:
    """`Field(...)`, and `field()` without a default."""
    if not isinstance(value, ast.Call) or dotted(value.func).split(".")[-1] not in ("Field", "field"):
        return isinstance(value, ast.Constant) and value.value is Ellipsis
    first = value.args[0] if value.args else None
    if first is not None:
        return isinstance(first, ast.Constant) and first.value is Ellipsis
    return not any(keyword.arg in ("default", "default_factory", "init") for keyword in value.keywords)


def methods_of(found: Found) -> List[Found]:
    """Remote methods by name, sorted, those of bases too; the class itself comes before them."""
    methods: Dict[str, Found] = {}
    for each in ancestry(found):
        for statement in each.node.body:
            if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            names = {each.module.full_name(dotted(one)) for one in statement.decorator_list}
            if names & _METHOD:
                methods.setdefault(statement.name, Found(each.module, statement.name, statement))
    return [methods[name] for name in sorted(methods)]


def constructor_of(found: Found) -> Optional[Found]:
    for each in ancestry(found):
        for statement in each.node.body:
            if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
                return Found(each.module, "__init__", statement)
    return None


def enum_values(found: Found) -> List[object]:
    """Values of an enum that are written as constants."""
    assigned = [one for one in found.node.body if isinstance(one, ast.Assign)]
    return [one.value.value for one in assigned if isinstance(one.value, ast.Constant)]
