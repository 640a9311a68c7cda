"""What is exported shows how to use it, and no file is long. Summaries are ruff's matter."""

import ast
from pathlib import Path

import pytest

import kerastune

pytestmark = pytest.mark.any_backend

ROOT = Path(kerastune.__file__).parent.parent
MODULES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
    # In a checkout `recipes` is a link, which `rglob` does not follow.
    for room in ("kerastune", "kerastune/recipes")
    for file in sorted((ROOT / room).rglob("*.py"))
}

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def parse(module: str) -> ast.Module:
    """The syntax tree of a module of this project."""
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def public(body: list[ast.stmt]) -> list[Definition]:
    """The public functions and classes of a module, or the public methods of a class."""
    definitions = [node for node in body if isinstance(node, Definition)]
    return [node for node in definitions if not node.name.startswith("_")]


def has_example(node: Definition) -> bool:
    docstring = ast.get_docstring(node) or ""
    return ">>> " in docstring.partition("Example:\n")[2]


def exported(package: str) -> dict[str, Definition]:
    """What `__all__` of a package exports, by full name; constants have no docstrings.

    An exported module stands for all its public names, an exported package for itself.
    """
    tree = parse(package)
    imported_from = {
        alias.name: f"{node.module}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    names = [name for name in all_of(tree) if not name.isupper()]
    found = {}
    for name in names:
        module = imported_from[name]
        if f"{module}.{name}" in MODULES:
            module = f"{module}.{name}"
            chosen = public(parse(module).body)
        else:
            chosen = [node for node in public(parse(module).body) if node.name == name]
        passed_on = name in all_of(parse(module)) or MODULES[module].name == "__init__.py"
        assert chosen or passed_on, f"{package} exports {name}, which {module} does not define"
        found |= {f"{module}.{node.name}": node for node in chosen}
    return found


def all_of(tree: ast.Module) -> list[str]:
    """The names in `__all__`."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            # That of the recipes, which train for minutes, is what their folder holds.
            return ast.literal_eval(node.value) if isinstance(node.value, ast.List) else []
    return []


def test_no_file_is_long():
    lengths = {
        module: len(file.read_text("utf-8").splitlines()) for module, file in MODULES.items()
    }
    assert {module: length for module, length in lengths.items() if length > 300} == {}


@pytest.mark.parametrize("package", [name for name in MODULES if all_of(parse(name))])
def test_exported_names_have_an_example(package):
    found = exported(package)
    lacking = {name for name, node in found.items() if not has_example(node)}
    assert not lacking, sorted(lacking)


def test_every_room_is_looked_at():
    """Fails when the walk above misses what it should check."""
    names = set().union(*(exported(name) for name in MODULES if all_of(parse(name))))
    assert names >= {
        "kerastune.backends.choice.select",
        "kerastune.errors.InputError",
        "kerastune.heads.classification.Classification",
        "kerastune.models.lenet.lenet",
        "kerastune.jobs.loading.load",
        "kerastune.tuning.plans.plan.Plan",
    }


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        ("One line.", False),
        ("One line.\n\nExample:\n\nSee elsewhere.", False),
        ("One line.\n\n>>> 1\n1", False),
        ("One line.\n\nExample:\n\n>>> 1\n1", True),
    ],
)
def test_what_is_an_example(docstring, expected):
    (node,) = public(ast.parse(f"def documented():\n    {docstring!r}").body)
    assert has_example(node) is expected
