"""Python files as syntax trees, and what names in them stand for."""

import ast
import os
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple, Union

Node = Union[ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.expr]


class Found(NamedTuple):
    """What a name stands for: a definition, or the value of an assignment, and the module that it is in."""

    module: "Module"
    name: str
    node: Node

    @property
    def is_class(self) -> bool:
        return isinstance(self.node, ast.ClassDef)

    @property
    def is_function(self) -> bool:
        return isinstance(self.node, (ast.FunctionDef, ast.AsyncFunctionDef))


class Module:
    """The top level of a file, including what is behind `if` and `try` there."""

    def __init__(self, modules: "Modules", path: str, tree: ast.Module) -> None:
        self.path = path
        self._modules = modules
        self._definitions: Dict[str, Node] = {}
        # What an import binds: the module, and the name in it or None for the module itself.
        self._imports: Dict[str, Tuple[str, int, Optional[str]]] = {}
        for statement in _top_level(tree.body):
            self._read(statement)

    def definitions(self) -> List[str]:
        kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        return [name for name, node in self._definitions.items() if isinstance(node, kinds)]

    def find(self, symbol: str) -> Optional[Found]:
        """A definition of this project by its dotted name; None for one of a package, or none at all."""
        first, *rest = symbol.split(".")
        found = self._find(first)
        for part in rest:
            if isinstance(found, Module):
                found = found._find(part)
            else:
                found = None if found is None else _member(found, part)
        return found if isinstance(found, Found) else None

    def full_name(self, symbol: str) -> str:
        """The name with its import written out: `np.ndarray` is `numpy.ndarray`."""
        first, dot, rest = symbol.partition(".")
        known = self._imports.get(first)
        if known is None:
            return symbol
        module, _, name = known
        return ".".join(part for part in (module, name, rest) if part)

    def _find(self, name: str) -> Union["Module", Found, None]:
        node = self._definitions.get(name)
        if node is not None:
            return Found(self, name, node)
        if name not in self._imports:
            return None
        module, level, member = self._imports[name]
        target = self._modules.locate(self.path, module, level)
        if member is None:
            return None if target is None else self._modules.read(target)
        inner = self._modules.locate(self.path, f"{module}.{member}" if module else member, level)
        found = None if target is None else self._modules.read(target)._find(member)
        return found if found is not None or inner is None else self._modules.read(inner)

    def _read(self, statement: ast.stmt) -> None:
        if isinstance(statement, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            self._definitions[statement.name] = statement
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            self._definitions[statement.targets[0].id] = statement.value
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            if statement.value is not None:
                self._definitions[statement.target.id] = statement.value
        elif type(statement).__name__ == "TypeAlias":  # `type Name = …` of Python 3.12.
            self._definitions[statement.name.id] = statement.value  # type: ignore[attr-defined]
        elif isinstance(statement, ast.Import):
            for alias in statement.names:
                bound = alias.asname or alias.name.split(".")[0]
                self._imports[bound] = (alias.name if alias.asname else bound, 0, None)
        elif isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                imported = (statement.module or "", statement.level, alias.name)
                self._imports[alias.asname or alias.name] = imported


class Modules:
    """The files that were read."""

    def __init__(self) -> None:
        self._known: Dict[str, Module] = {}

    def read(self, path: str) -> Module:
        """Raises OSError, SyntaxError, and ValueError for bytes that are no text."""
        path = os.path.abspath(path)
        known = self._known.get(path)
        if known is None:
            with open(path, "rb") as file:
                tree = ast.parse(file.read(), path)
            known = self._known[path] = Module(self, path, tree)
        return known

    def locate(self, importer: str, module: str, level: int) -> Optional[str]:
        """The file of a module of the project; None for one that is installed."""
        folder = os.path.dirname(importer)
        if level == 0:
            while os.path.isfile(os.path.join(folder, "__init__.py")):
                folder = os.path.dirname(folder)
        for _ in range(1, level):
            folder = os.path.dirname(folder)
        base = os.path.join(folder, *module.split(".")) if module else folder
        for path in (f"{base}.py", os.path.join(base, "__init__.py")):
            if os.path.isfile(path):
                return path
        return None


def _top_level(body: List[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        yield statement
        for block in ("body", "orelse", "finalbody"):
            if isinstance(statement, (ast.If, ast.Try, ast.With)):
                yield from _top_level(getattr(statement, block, []))


def _member(found: Found, name: str) -> Optional[Found]:
    if not isinstance(found.node, ast.ClassDef):
        return None
    for statement in found.node.body:
        if isinstance(statement, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            if statement.name == name:
                return Found(found.module, f"{found.name}.{name}", statement)
    return None
