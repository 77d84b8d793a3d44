"""What the canvas's lists offer: layers and blocks to add, and those that would fit at the end of a wire first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from workbench.catalogue.declaration import Layer, Mismatch, Tensor
from workbench.catalogue.values import check
from workbench.compiler.inference import Inferred
from workbench.session.session import Session
from workbench.ui.canvas.chooser import Entry
from workbench.ui.canvas.placing import ports_of, takes_wire
from workbench.ui.palette import trying
from workbench.ui.palette.offers import TITLES, Section, sections

FITS, DOES_NOT = "Fits here", "Would not fit as it is"
_MOST_TRIED = 24
"""Different shapes of the network that a layer is tried with."""


def layers(session: Session | None) -> tuple[Entry, ...]:
    """All that can be added, as the palette has it."""
    return _grouped(sections(session), lambda _layer: True)


def layers_for_wire(session: Session | None) -> tuple[Entry, ...]:
    """The layers that can stand in a wire."""
    return _grouped(sections(session), takes_wire)


def layers_after(session: Session | None, inferred: Inferred | None, node: str, port: str = "") -> tuple[Entry, ...]:
    """The layers that can be fed by an output of a node, those that its shape fits first."""
    tensor = inferred.outputs.get(node) if inferred is not None else None
    if inferred is not None and node in inferred.results:
        tensor = inferred.results[node].outputs.get(port, tensor)
    if tensor is None:
        return _grouped(sections(session), lambda layer: ports_of(layer)[0] is not None)
    possible = [layer for s in sections(session) for layer in s.layers if ports_of(layer)[0] is not None]
    return _judged(possible, {layer.id for layer in possible if trying.takes(session, layer, tensor)})


def layers_before(session: Session | None, inferred: Inferred | None, node: str, port: str) -> tuple[Entry, ...]:
    """The layers that can feed an input port; first those that, fed by something of this network, give what fits.

    Where the node takes several inputs, what arrives at the others counts.
    """
    takes = _taker(inferred, node, port)
    if inferred is None or takes is None:
        return _grouped(sections(session), lambda layer: ports_of(layer)[1] is not None)
    possible = [layer for s in sections(session) for layer in s.layers if ports_of(layer)[1] is not None]
    shapes = dict.fromkeys(t for t in inferred.outputs.values() if t is not None)
    tried = tuple(shapes)[:_MOST_TRIED]
    return _judged(possible, {layer.id for layer in possible if any(map(takes, _given(session, layer, tried)))})


def _taker(inferred: Inferred | None, node: str, port: str) -> Callable[[Tensor], bool] | None:
    """A function that says whether the port takes a tensor; None where the node is not known well enough."""
    result = inferred.results.get(node) if inferred is not None else None
    if result is None or result.layer is None or result.layer.block is not None:
        return None
    layer, values, inputs = result.layer, result.values, result.inputs
    place = next((i for i, p in enumerate(result.ports) if p.id == port), None)
    if place is None:
        return None

    def takes(tensor: Tensor) -> bool:
        arriving = [tensor if i == place or t is None else t for i, t in enumerate(inputs)]
        try:
            layer.infer(values, tuple(arriving))
        except Mismatch:
            return False
        return True

    return takes


def _given(session: Session | None, layer: Layer, shapes: Iterable[Tensor]) -> list[Tensor]:
    """What a layer with its defaults gives: for each of these shapes that it takes."""
    values, _ = check(layer, {})
    tried = shapes if layer.input_ports(values) else tuple(shapes)[:1]
    given = (trying.gives(session, layer, tensor) for tensor in tried)
    return list(dict.fromkeys(tensor for tensor in given if tensor is not None))


def _grouped(found: Iterable[Section], wanted: Callable[[Layer], bool]) -> tuple[Entry, ...]:
    return tuple(_entry(layer, section.title) for section in found for layer in section.layers if wanted(layer))


def _judged(possible: Iterable[Layer], fitting: set[str]) -> tuple[Entry, ...]:
    entries = [_entry(layer, FITS if layer.id in fitting else DOES_NOT, _category(layer)) for layer in possible]
    return tuple(sorted(entries, key=lambda e: e.group != FITS))


def _entry(layer: Layer, group: str, hint: str = "") -> Entry:
    keywords = (*layer.keywords, layer.id, _category(layer))
    return Entry(layer.id, layer.title, hint, str(layer.category), group, layer.summary, keywords=keywords)


def _category(layer: Layer) -> str:
    titles: Mapping[str, str] = {str(key): title for key, title in TITLES.items()}
    return titles.get(str(layer.category), str(layer.category))
