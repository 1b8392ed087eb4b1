"""Annotations as types of TypeScript."""

import ast
import json
from typing import Dict, List, Optional, Set

from classes import Field, dotted, enum_values, fields_of, kind_of
from modules import Found, Module, Modules

_NAMES = {
    "int": "number",
    "float": "number",
    "bool": "boolean",
    "str": "string",
    "bytes": "Uint8Array",
    "bytearray": "Uint8Array",
    "memoryview": "Uint8Array",
    "None": "null",
    "object": "unknown",
    "typing.Any": "unknown",
    "typing.NoReturn": "never",
    "typing.Never": "never",
    "typing.AnyStr": "string",
    "typing.Text": "string",
    "typing.LiteralString": "string",
    "datetime.datetime": "Date",
    "re.Pattern": "RegExp",
    "typing.Pattern": "RegExp",
    "dict": "Record<string, unknown>",
    "numpy.ndarray": "NumberArray",
    "numpy.typing.NDArray": "NumberArray",
    "numpy.typing.ArrayLike": "NumberArray",
    "array.array": "NumberArray",
}
_LISTS = {"list", "List", "Sequence", "MutableSequence", "Iterable", "Collection", "tuple", "Tuple"}
_SETS = {"set", "frozenset", "Set", "FrozenSet", "AbstractSet", "MutableSet"}
_DICTS = {"dict", "Dict", "Mapping", "MutableMapping", "OrderedDict", "DefaultDict", "defaultdict"}
_WRAPPERS = {"Annotated", "Final", "Required", "NotRequired", "ReadOnly", "ClassVar", "InitVar"}
_NUMPY = {
    "int8": "Int8Array",
    "int16": "Int16Array",
    "int32": "Int32Array",
    "int64": "BigInt64Array",
    "uint8": "Uint8Array",
    "uint16": "Uint16Array",
    "uint32": "Uint32Array",
    "uint64": "BigUint64Array",
    "float32": "Float32Array",
    "float64": "Float64Array",
    "double": "Float64Array",
    "single": "Float32Array",
    "bool_": "Uint8Array",
}
_MODULES = ("typing.", "typing_extensions.", "collections.abc.", "collections.")
_NUMBER_ARRAY = (
    "type NumberArray = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array"
    " | Float32Array | Float64Array | BigInt64Array | BigUint64Array;"
)


class Types:
    """Turns annotations into types, and notes what classes they name and what it does not understand."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.declarations: List[str] = []
        self.notes: List[str] = []
        self._key = ""
        # Names of interfaces by file, class, and whether they are what a caller gives.
        self._interfaces: Dict[object, str] = {}
        self._taken: Set[str] = {"NumberArray"}

    def at(self, key: str) -> None:
        """What follows belongs to this handler."""
        self._key = key

    def of(self, node: Optional[ast.expr], module: Module, is_given: bool) -> str:
        """The type of an annotation; `is_given`: of what a caller gives, and not of what it gets."""
        if node is None:
            return "unknown"
        if isinstance(node, ast.Constant):
            return self._constant(node, module, is_given)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self._union([node.left, node.right], module, is_given)
        if isinstance(node, ast.Subscript):
            return self._subscript(node, module, is_given)
        return self._name(node, module, is_given)

    def _constant(self, node: ast.Constant, module: Module, is_given: bool) -> str:
        if node.value is None:
            return "null"
        if isinstance(node.value, str):
            try:
                return self.of(ast.parse(node.value, mode="eval").body, module, is_given)
            except SyntaxError:
                pass
        return self._unknown(node)

    def _union(self, nodes: List[ast.expr], module: Module, is_given: bool) -> str:
        members: List[str] = []
        for node in nodes:
            member = self.of(node, module, is_given)
            if member not in members:
                members.append(member)
        return " | ".join(members)

    def _name(self, node: ast.expr, module: Module, is_given: bool) -> str:
        name = dotted(node)
        found = module.find(name) if name else None
        if found is not None:
            return self._defined(found, node, is_given)
        full = module.full_name(name)
        if full in _NAMES or full.replace("typing_extensions", "typing") in _NAMES:
            return self._known(_NAMES[full.replace("typing_extensions", "typing")])
        short = _short(full)
        if short in _LISTS:
            return "unknown[]"
        if short in _SETS:
            return "Set<unknown>"
        return "Record<string, unknown>" if short in _DICTS else self._unknown(node)

    def _known(self, text: str) -> str:
        if text == "NumberArray" and _NUMBER_ARRAY not in self.declarations:
            self.declarations.append(_NUMBER_ARRAY)
        return text

    def _defined(self, found: Found, node: ast.expr, is_given: bool) -> str:
        if isinstance(found.node, ast.expr):
            return self._alias(found, node, is_given)
        kind = kind_of(found) if found.is_class else None
        if kind is None:
            return self._unknown(node)
        if kind == "enum":
            values = [literal(value) for value in enum_values(found)]
            return " | ".join(dict.fromkeys(values)) or self._unknown(node)
        if kind == "tuple":
            items = [self.of(each.annotation, each.module, is_given) for each in fields_of(found)]
            return f"[{', '.join(items)}]"
        return self._interface(found, is_given)

    def _alias(self, found: Found, node: ast.expr, is_given: bool) -> str:
        value = found.node
        if isinstance(value, ast.Call):
            full = found.module.full_name(dotted(value.func))
            if _short(full) == "NewType" and len(value.args) == 2:
                return self.of(value.args[1], found.module, is_given)
            return "unknown" if _short(full) == "TypeVar" else self._unknown(node)
        if isinstance(value, (ast.Name, ast.Attribute, ast.Subscript, ast.BinOp)):
            return self.of(value, found.module, is_given)
        return self._unknown(node)

    def _interface(self, found: Found, is_given: bool) -> str:
        fields = fields_of(found)
        # One for both, unless something may be left out by who makes it.
        key = (found.module.path, found.name, is_given and any(each.has_default for each in fields))
        if key in self._interfaces:
            return self._interfaces[key]
        base = found.name.replace(".", "") + ("Input" if key[2] else "")
        name, number = base, 2
        while name in self._taken:
            name, number = f"{base}{number}", number + 1
        self._taken.add(name)
        self._interfaces[key] = name
        lines = [self._field(each, is_given) for each in fields]
        self.declarations.append(f"interface {name} {{\n{''.join(lines)}}}")
        return name

    def _field(self, field: Field, is_given: bool) -> str:
        wrapper = _short(field.module.full_name(dotted(field.annotation)))
        is_optional = field.is_optional and wrapper != "Required" or wrapper == "NotRequired"
        mark = "?" if is_optional or is_given and field.has_default else ""
        return f"  {field.name}{mark}: {self.of(field.annotation, field.module, is_given)};\n"

    def _subscript(self, node: ast.Subscript, module: Module, is_given: bool) -> str:
        full = module.full_name(dotted(node.value))
        short = _short(full)
        arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if short == "Literal":
            return " | ".join(self._literal(one, module) for one in arguments)
        if short == "Optional":
            return self._union([arguments[0], ast.Constant(None)], module, is_given)
        if short == "Union":
            return self._union(arguments, module, is_given)
        if short in _WRAPPERS:
            return self.of(arguments[0], module, is_given)
        if full in ("numpy.typing.NDArray", "numpy.ndarray"):
            return self._array(arguments[-1], module)
        if short in ("tuple", "Tuple"):
            return self._tuple(arguments, module, is_given)
        if short in _LISTS:
            return as_array(self.of(arguments[0], module, is_given))
        if short in _SETS:
            return f"Set<{self.of(arguments[0], module, is_given)}>"
        if short in _DICTS and len(arguments) == 2:
            return self._dict(arguments, module, is_given)
        return self._name(node.value, module, is_given)

    def _literal(self, node: ast.expr, module: Module) -> str:
        found = module.find(dotted(node).rpartition(".")[0]) if dotted(node) else None
        if found is not None and found.is_class and kind_of(found) == "enum":
            name = dotted(node).rpartition(".")[2]
            for one in found.node.body:
                if isinstance(one, ast.Assign) and dotted(one.targets[0]) == name:
                    return literal(ast.literal_eval(one.value))
        try:
            return literal(ast.literal_eval(node))
        except ValueError:
            return self._unknown(node)

    def _array(self, dtype: ast.expr, module: Module) -> str:
        # Of `ndarray[shape, dtype[float32]]` what is inside.
        inner = dtype.slice if isinstance(dtype, ast.Subscript) else dtype
        name = module.full_name(dotted(inner))
        return _NUMPY.get(name.rpartition(".")[2]) or self._known("NumberArray")

    def _tuple(self, items: List[ast.expr], module: Module, is_given: bool) -> str:
        if len(items) == 2 and isinstance(items[1], ast.Constant) and items[1].value is Ellipsis:
            return as_array(self.of(items[0], module, is_given))
        return f"[{', '.join(self.of(item, module, is_given) for item in items)}]"

    def _dict(self, arguments: List[ast.expr], module: Module, is_given: bool) -> str:
        key, value = (self.of(one, module, is_given) for one in arguments)
        is_text = all(part == "string" or part.startswith('"') for part in key.split(" | "))
        if not is_text:
            return f"Map<{key}, {value}>"
        return f"Record<string, {value}>" if key == "string" else f"Partial<Record<{key}, {value}>>"

    def _unknown(self, node: ast.AST) -> str:
        note = f"{self._key}: `{ast.unparse(node)}` became `unknown`"
        if note not in self.notes:
            self.notes.append(note)
        return "unknown"


def item_of(node: Optional[ast.expr], module: Module) -> Optional[ast.expr]:
    """The annotation of the items of a list; None for any other."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        node = ast.parse(node.value, mode="eval").body
    if not isinstance(node, ast.Subscript) or _short(module.full_name(dotted(node.value))) not in _LISTS:
        return None
    return node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice


def as_array(item: str) -> str:
    return f"({item})[]" if " | " in item else f"{item}[]"


def literal(value: object) -> str:
    """A constant of Python as a literal type."""
    if value is None:
        return "null"
    if isinstance(value, bytes):
        return "Uint8Array"
    return json.dumps(value)


def _short(full: str) -> str:
    for module in _MODULES:
        if full.startswith(module):
            return full[len(module) :]
    return full
