"""The classes that the blocks of a network become: one for each definition, or for each form that its uses take."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from workbench.catalogue.declaration import Tensor
from workbench.catalogue.expression import Call
from workbench.compiler.arguments import Use
from workbench.compiler.binding import ARRIVING, names_written
from workbench.compiler.body import Body, understood
from workbench.compiler.generalise import generalise, skeleton
from workbench.compiler.inferred import Inferred
from workbench.compiler.inlined import available
from workbench.compiler.naming import attributes
from workbench.compiler.nesting import nesting
from workbench.compiler.paths import step
from workbench.compiler.signatures import Signature, signature
from workbench.compiler.symbols import symbolic
from workbench.document.graph import BLOCK_INPUT, BLOCK_OUTPUT, Block

LONGEST_CLASS = 40
"""Characters of a class's name."""

MOST_POSITIONAL = 3
"""How many arguments of a block's class are written without their names."""

TAKEN = frozenset({"True", "False", "None", "F"})


@dataclass(frozen=True, slots=True)
class BlockClass:
    """One class to write. `path` is that of its first use; `missing` are the attributes that fuller forms have."""

    name: str
    block: Block
    path: str
    calls: Mapping[str, Call]
    nodes: Mapping[str, str]
    arguments: Mapping[str, str]
    body: Body
    missing: tuple[str, ...]
    takes: tuple[str, ...]
    gives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """One different inside of a block: where it stands first, and what is known of it."""

    path: str
    level: Inferred


class Classes:
    """Every block class of a network, those used by others first, and the constructor calls of every level.

    Raises `Problem` where something is not known.
    """

    def __init__(self, inferred: Inferred, taken: Iterable[str]) -> None:
        self._taken = {*TAKEN, *available(), *taken}
        self._graph = inferred.graph
        self._found: dict[str, list[_Found]] = {}
        self._uses: dict[int, Call] = {}
        self._signatures: dict[str, Signature] = {}
        self._calls: dict[int, dict[str, Call]] = {}
        self._kept: list[Inferred] = [inferred]  # their identities stay their own as long as they are held
        self.attributes: dict[int, dict[str, str]] = {}
        self.classes: list[BlockClass] = []
        self._collect(inferred, "")
        depth = nesting(inferred.graph.blocks).depth
        for block_id in sorted(self._found, key=lambda block: depth[block]):
            self._define(inferred.graph.blocks[block_id], self._found[block_id])
        self._level(inferred)

    def calls(self, level: Inferred) -> Mapping[str, Call]:
        """The constructor call of each node of a level that has one, in order."""
        return {node: self._spelled(call) for node, call in self._calls[id(level)].items()}

    # --- what there is -----------------------------------------------------------------------------------------------

    def _collect(self, level: Inferred, prefix: str) -> None:
        """Every different inside of every block that is computed, in reading order."""
        for node in level.order:
            result = level.results[node]
            if node not in level.live or result.state or result.layer is None or result.layer.block is None:
                continue
            understood(level, node)
            for number, inner in enumerate(result.inside):
                if id(inner) not in self._uses:
                    path = f"{prefix}{step(node, number)}/"
                    self._uses[id(inner)] = Call("nn.Identity")
                    self._kept.append(inner)
                    self._found.setdefault(result.layer.block.id, []).append(_Found(path, inner))
                    self._collect(inner, path)

    def _level(self, level: Inferred) -> Mapping[str, Call]:
        """The calls of a level, by node; the blocks it uses are defined already."""
        found: dict[str, Call] = {}
        for node in level.order:
            result = level.results[node]
            if node not in level.live or result.state:
                continue
            layer, values, given = understood(level, node)
            if layer.block is not None:
                inside = [self._uses[id(inner)] for inner in result.inside]
                found[node] = inside[0] if len(inside) == 1 else Call("nn.Sequential", *inside)
            elif (call := layer.build(values, given)) is not None:
                found[node] = call
        self._calls[id(level)] = found
        self.attributes[id(level)] = attributes(found)
        return found

    # --- one block ---------------------------------------------------------------------------------------------------

    def _define(self, block: Block, found: Sequence[_Found]) -> None:
        """One class for all uses that are built alike, the fullest first."""
        forms: dict[object, list[tuple[_Found, Body]]] = {}
        inputs = [node.id for node in block.graph if node.layer == BLOCK_INPUT]
        outputs = [node.id for node in block.graph if node.layer == BLOCK_OUTPUT]
        for one in found:
            calls = self._level(one.level)
            body = Body(one.level, self.attributes, inputs, outputs, inside=True)
            built = tuple((node, skeleton(call)) for node, call in calls.items())
            forms.setdefault((built, *body.statements(), *body.ending()), []).append((one, body))
        fullest: dict[str, str] = {}
        for form in sorted(forms.values(), key=lambda form: -len(self._calls[id(form[0][0].level)])):
            own = self._form(block, form, fullest)
            fullest = fullest or own

    def _form(self, block: Block, form: Sequence[tuple[_Found, Body]], fullest: Mapping[str, str]) -> dict[str, str]:
        """Write one class for these uses and remember how it is called; gives its attributes."""
        first, body = form[0]
        levels = [one.level for one, _body in form]
        named = self.attributes[id(first.level)]
        written = {named[node]: names_written(block.graph.nodes[node]) for node in named}
        own = [param.id for param in block.params]
        inputs = body.arguments
        uses = [
            Use(
                {named[node]: call for node, call in self._calls[id(level)].items()},
                {name: level.names[name] for name in own if name in level.names},
                _arriving(level, inputs),
            )
            for level in levels
        ]
        defaults = {param.id: param.default for param in block.params}
        general = generalise(uses, written, defaults, self._signature)
        name = self._name(block)
        self._signatures[name] = Signature(tuple(general.arguments), {})
        for place, level in enumerate(levels):
            self._uses[id(level)] = Call(name, *(values[place] for values in general.arguments.values()))
        takes, gives = symbolic(_ends(levels, body.arguments), _ends(levels, body.results), general.arguments)
        self.classes.append(
            BlockClass(
                name=name,
                block=block,
                path=first.path,
                calls={attribute: self._spelled(call) for attribute, call in general.calls.items()},
                nodes={attribute: node for node, attribute in named.items()},
                arguments={argument: _kinds(values) for argument, values in general.arguments.items()},
                body=body,
                missing=tuple(attribute for node, attribute in fullest.items() if node not in named),
                takes=takes,
                gives=gives,
            )
        )
        return named

    def _signature(self, name: str) -> Signature:
        return self._signatures.get(name) or signature(name)

    def _spelled(self, call: Call) -> Call:
        """The call with the names of its arguments, where it makes a block and they are many."""
        args = [self._spelled(value) if isinstance(value, Call) else value for value in call.args]
        known = self._signatures.get(call.name)
        if known is None or len(args) <= MOST_POSITIONAL:
            return Call(call.name, *args, **dict(call.kwargs))
        return Call(call.name, **dict(zip(known.positional, args, strict=True)))

    def _name(self, block: Block) -> str:
        """The block's title in CamelCase, with a number where another class has it."""
        stem = camel_case(block.title) or camel_case(block.id) or "Block"
        name, number = stem, 1
        while name in self._taken:
            number += 1
            name = f"{stem}{'_' if stem[-1].isdigit() else ''}{number}"
        self._taken.add(name)
        return name


def camel_case(text: str) -> str:
    """The ASCII words of a text as the name of a class: "small net" is SmallNet; "" if there are none."""
    words = re.findall(r"[A-Za-z0-9]+", text[: 10 * LONGEST_CLASS])
    name = "".join(word[0].upper() + word[1:] for word in words)[:LONGEST_CLASS].lstrip("0123456789")
    return name[:1].upper() + name[1:]


def _ends(levels: Sequence[Inferred], nodes: Sequence[str]) -> list[list[Tensor]]:
    """What every use has at some of its ports."""
    known = [[level.outputs.get(node) for level in levels] for node in nodes]
    return [[tensor for tensor in row if tensor is not None] for row in known]


def _arriving(level: Inferred, inputs: Sequence[str]) -> dict[str, int]:
    """Numbers with a name for what arrives at a block: those its expressions read, and the channels of a picture."""
    found = {name: int(value) for name, value in level.names.items() if name in ARRIVING}
    first = level.given.get(inputs[0]) if inputs else None
    if first is not None and len(first.shape) == 3:
        found["in_channels"] = first.shape[0]
    return found


def _kinds(values: Sequence[object]) -> str:
    """The annotation of an argument: "int", "bool | int"."""
    kinds = {"tuple[int, ...]" if isinstance(value, tuple) else type(value).__name__ for value in values}
    return " | ".join(sorted("None" if kind == "NoneType" else kind for kind in kinds))
