"""Patterns: how a person names variables of a model."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING

from kerastune.backends import nested_layers
from kerastune.errors import InputError, closest
from kerastune.tuning.groups.backbone import find_backbone, used_weights
from kerastune.tuning.groups.graph import has_graph
from kerastune.tuning.groups.grouping import HEAD, layer_groups
from kerastune.tuning.groups.roles import ROLES, weights_of_role
from kerastune.tuning.groups.towers import find_towers
from kerastune.tuning.patterns.grammar import Atom, Node, parse

if TYPE_CHECKING:
    import keras


class NoMatchError(InputError):
    """A pattern, or one name in it, that matches no variable of the model.

    Example:

    >>> import keras
    >>> body = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="body")])
    >>> match(keras.Sequential([body]), "all & ~bodi")
    Traceback (most recent call last):
        ...
    kerastune.tuning.patterns.matching.NoMatchError: Expected a pattern... Did you mean 'body'?
    """


def match(model: "keras.Model", pattern: str) -> "list[keras.Variable]":
    """Returns the weights of a model that a pattern names.

    - `all`: every weight.
    - `head`, `backbone`: what is outside and what is inside the nested backbone, or all towers
      of a model that has several (see `kerastune.tuning.groups.towers.find_towers`). A model
      without one has its last layer group for a head, if that is called so, and the rest
      for a backbone.
    - `norms`, `biases`, `kernels`, `embeddings`: what plays that role, see
      `kerastune.tuning.groups.roles.weights_of_role`.
    - `encoder`, `encoder/kernel`: whole parts of `variable.path`, in `bert/encoder/kernel`
      and not in `bert/encoder_2/kernel`; where no path has it, the layer group of that name,
      or else the nested model, such as `image_tower` or `decoder`.
    - `layer_*`, `layer_[0-3]/**/kernel`: the same by globs. `*`, `?` and `[...]` stay within
      a part, `**` is any number of parts.
    - `re:bias$`, `re:"(query|key)/"`: a regular expression found anywhere in the path, in
      quotes where it has spaces or operators.
    - `last(3)`, `first(2)`, `groups[2:5]`, `groups[-1]`: layer groups, counted from the
      input. Where there are fewer, `last(n)` and `first(n)` take all.
    - `"head"`: in quotes, a name or a layer group, and no role.
    - `a | b`, `a & b`, `~a`, `(a)`: either, both, all but. `~` binds before `&`, and `&`
      before `|`.

    Args:
        model: a built Keras model.
        pattern: str, or a `Pattern` put together in Python.

    Returns:
        List of variables in the model's order, those that are never trained (such as the
        statistics of batch normalization) included, those that take no part in what the
        model computes left out.

    Raises:
        NoMatchError: if the pattern, or any name in it, matches nothing, with the closest
            name that does.
        InputError: if the text is no pattern.

    Example:

    >>> import keras
    >>> body = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="body")])
    >>> model = keras.Sequential([body, keras.layers.Dense(1, name="logits")], name="model")
    >>> [weight.path for weight in match(model, "head")]
    ['model/logits/kernel', 'model/logits/bias']
    >>> len(match(model, "kernels | head & biases"))
    3
    """
    lookup = _Lookup(model, pattern)
    chosen = lookup.select(parse(pattern))
    if not chosen:
        raise NoMatchError(
            f"Expected a pattern that matches a variable of {model.name!r}. "
            f"Received: {pattern!r}, whose parts match, but not together"
        )
    return [weight for weight in lookup.weights if id(weight) in chosen]


@dataclass(frozen=True)
class _Lookup:
    """Lookup of the parts of a pattern in a model.

    Two variables of a model may have the same path, so they are told apart by their ids.
    """

    model: "keras.Model"
    pattern: str

    @cached_property
    def weights(self) -> "list[keras.Variable]":
        """The weights that take part in what the model computes."""
        return used_weights(self.model)

    @cached_property
    def groups(self) -> dict[str, set[int]]:
        """The layer groups by name."""
        return {name: _ids(weights) for name, weights in layer_groups(self.model).items()}

    @cached_property
    def nested(self) -> dict[str, set[int]]:
        """The weights of the nested models by name, which Keras leaves out of paths."""
        found: dict[str, set[int]] = {}
        for layer in nested_layers(self.model):
            if has_graph(layer) and layer.weights:
                found.setdefault(layer.name, set()).update(_ids(layer.weights))
        return found

    def select(self, node: Node) -> set[int]:
        """Returns the weights that a parsed pattern names."""
        if isinstance(node, Atom):
            return self.select_atom(node)
        selections = [self.select(operand) for operand in node.operands]
        if node.operator == "~":
            return _ids(self.weights) - selections[0]
        combine = set.union if node.operator == "|" else set.intersection
        return combine(*selections)

    def select_atom(self, atom: Atom) -> set[int]:
        """Returns the weights that one name, expression or range of groups names."""
        if isinstance(atom.value, slice):
            found = set().union(*list(self.groups.values())[atom.value])
        elif atom.kind == "regex":
            found = self.with_path(re.compile(atom.value).search)
        elif atom.kind == "word" and atom.value in ("all", "backbone", "head"):
            found = self.side(atom.value)
        elif atom.kind == "word" and atom.value in ROLES:
            found = _ids(weights_of_role(self.model, atom.value))
        elif atom.kind == "word" and set(atom.value) & set("*?["):
            parts = atom.value.split("/")
            found = self.with_path(lambda path: _matches_glob(path.split("/"), parts))
        else:
            name = atom.value
            found = self.with_path(lambda path: f"/{name}/" in f"/{path}/")
            found = found or self.groups.get(name, set()) or self.nested.get(name, set())
        used = found & _ids(self.weights)
        if not used:
            raise self.no_match(atom, is_idle=bool(found))
        return used

    def with_path(self, is_wanted: Callable[[str], object]) -> set[int]:
        """Returns the weights whose path is wanted."""
        return _ids(weight for weight in self.model.weights if is_wanted(weight.path))

    def side(self, name: str) -> set[int]:
        """Returns all weights, or those of the head, or those of the backbone."""
        everything = _ids(self.model.weights)
        backbone = find_backbone(self.model)
        parts = find_towers(self.model) if backbone is None else [backbone]
        inside = {id(weight) for part in parts for weight in part.weights}
        head = everything - inside if parts else self.groups.get(HEAD, set())
        return {"all": everything, "head": head, "backbone": everything - head}[name]

    def no_match(self, atom: Atom, is_idle: bool) -> NoMatchError:
        """Returns the error for a part that names nothing, with what it could have been."""
        if is_idle:
            hint = ", whose variables take no part in what the model computes"
        elif isinstance(atom.value, slice):
            hint = f", of {len(self.groups)} layer groups"
        else:
            paths = [weight.path for weight in self.model.weights]
            length = atom.value.count("/") + 1
            known = {*self.groups, *self.nested, *ROLES, HEAD, "backbone"}
            for parts in (path.split("/") for path in paths):
                known.update("/".join(parts[i : i + length]) for i in range(len(parts)))
            hint = "." + closest(atom.text, sorted(known - {atom.text}))
            if hint == ".":
                hint = f", among paths like {', '.join(map(repr, paths[:3]))}"
        within = "" if atom.text == self.pattern.strip() else f" in {self.pattern!r}"
        return NoMatchError(
            f"Expected a pattern of parts that match variables of {self.model.name!r}. "
            f"Received: {atom.text!r}{within}{hint}"
        )


def _ids(weights: "Iterable[keras.Variable]") -> set[int]:
    return {id(weight) for weight in weights}


def _matches_glob(path: list[str], glob: list[str]) -> bool:
    """Returns whether consecutive parts of a path match the parts of a glob."""
    return any(_begins_with_glob(path[start:], glob) for start in range(len(path)))


def _begins_with_glob(path: list[str], glob: list[str]) -> bool:
    """Returns whether the first parts of a path match the parts of a glob."""
    if not glob:
        return True
    if glob[0] == "**":
        return any(_begins_with_glob(path[start:], glob[1:]) for start in range(len(path) + 1))
    return bool(path) and fnmatchcase(path[0], glob[0]) and _begins_with_glob(path[1:], glob[1:])
