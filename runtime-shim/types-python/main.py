"""
What Python functions and classes take and give, as TypeScript: reads files without running them.

Its argument is `[{"key": …, "file": …, "symbol": …, "kind": "function" | "cls", "batch": …}, …]`; it prints
`{"types": {key: text}, "declarations": […], "notes": […], "errors": […]}`.
"""

import json
import os
import sys

# Isolated from the user's environment, Python does not look here by itself.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from annotations import Types  # noqa: E402
from modules import Modules  # noqa: E402
from signatures import class_type, function_type  # noqa: E402


class _Mistake(Exception):
    """A handler whose type cannot be told."""


def main() -> None:
    types = Types(Modules())
    result = {"types": {}, "declarations": [], "notes": [], "errors": []}
    for asked in json.loads(sys.argv[1]):
        try:
            result["types"][asked["key"]] = _type_of(types, **asked)
        except _Mistake as mistake:
            result["errors"].append({"key": asked["key"], "message": str(mistake)})
    result["declarations"] = types.declarations
    result["notes"] = types.notes
    json.dump(result, sys.stdout)


def _type_of(types: Types, key: str, file: str, symbol: str, kind: str, batch: bool) -> str:
    try:
        module = types.modules.read(file)
    except SyntaxError as cause:
        raise _Mistake(f"line {cause.lineno} has a syntax error: {cause.msg}") from cause
    except (OSError, ValueError) as cause:
        raise _Mistake(f"it cannot be read: {cause}") from cause
    found = module.find(symbol)
    if found is None:
        names = ", ".join(sorted(module.definitions())) or "none"
        raise _Mistake(f'it defines no "{symbol}" at its top level; it has: {names}')
    types.at(key)
    if kind == "cls":
        if not found.is_class:
            raise _Mistake(f'"{symbol}" is no class')
        return class_type(found, types, batch)
    if not found.is_function:
        raise _Mistake(f'"{symbol}" is no function that is defined there by `def`')
    return function_type(found, types, is_batched=batch)


if __name__ == "__main__":
    main()
