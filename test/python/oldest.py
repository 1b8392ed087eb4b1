"""Prints a JSON array of what in the given folders the oldest Python that there may be cannot read."""

import ast
import json
import pathlib
import sys

OLDEST = (3, 9)
# Of newer versions, where the runner could reach for them by mistake.
NEWER = {"aiter", "anext", "pairwise", "TaskGroup", "timeout_at", "ExceptionGroup", "BaseExceptionGroup", "StrEnum"}
NEWER |= {"UnionType", "ParamSpec", "Concatenate", "TypeAlias", "TypeGuard", "Self", "Never", "tomllib", "batched"}
wrong = []


def annotations_of(node):
    if isinstance(node, ast.AnnAssign):
        return [node.annotation]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return [node.returns]
    return [node.annotation] if isinstance(node, ast.arg) else []


def check(path, node):
    for annotation in annotations_of(node):
        for part in ast.walk(annotation) if annotation is not None else ():
            if isinstance(part, ast.BinOp):
                wrong.append(f"{path}:{part.lineno} has `X | Y`, which is evaluated")
    if isinstance(node, ast.Name) and node.id in NEWER or isinstance(node, ast.Attribute) and node.attr in NEWER:
        wrong.append(f"{path}:{node.lineno} has a name of a newer Python")
    if isinstance(node, ast.Call) and any(each.arg == "strict" for each in node.keywords):
        wrong.append(f"{path}:{node.lineno} has `strict=`")


count = 0
for folder in sys.argv[1:]:
    for path in sorted(pathlib.Path(folder).rglob("*.py")):
        count += 1
        try:
            tree = ast.parse(path.read_text("utf-8"), feature_version=OLDEST)
        except SyntaxError as error:
            wrong.append(f"{path}:{error.lineno} {error.msg}")
            continue
        for node in ast.walk(tree):
            check(path, node)
print(json.dumps({"count": count, "wrong": wrong}))
