"""What a node is called: in sentences for people, and as an attribute of the generated class."""

from __future__ import annotations

import keyword
from collections.abc import Iterable

from workbench.catalogue.blocks import layer_of
from workbench.document.graph import Graph

_TAKEN = """
T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches eval
extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict modules
mtia named_buffers named_children named_modules named_parameters parameters register_backward_hook register_buffer
register_forward_hook register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook
register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module register_parameter
register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule
share_memory state_dict to to_empty train training type xpu zero_grad
"""
MODULE_ATTRIBUTES = frozenset(_TAKEN.split())
"""What `torch.nn.Module` already uses (a test holds this against torch, which is not imported here)."""


LONGEST_NAME = 60
"""Characters of a node's name that stand in a sentence."""


def display_name(graph: Graph, node_id: str) -> str:
    """What people call a node: the name they gave it, else its layer's title and the number in its id ("Conv 3").

    Inputs and outputs are numbered from the second one on. A node that is not there, or whose layer is not known,
    goes by its id.
    """
    node = graph.nodes.get(node_id)
    if node is None:
        return node_id
    if node.name and (name := short(node.name)):
        return name
    layer = layer_of(graph, node.layer)
    if layer is None:
        return node.id
    title = short(layer.title) or node.id
    number = node.id.removeprefix(f"{node.block or node.layer}_")
    if not number.isdigit() or ((layer.is_input or layer.is_output) and number == "1"):
        return title
    return f"{title} {number}"


def short(text: str) -> str:
    """Free text as a name within a sentence: one line, cut where it is long."""
    name = " ".join(text[: 10 * LONGEST_NAME].split())
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"


def attributes(nodes: Iterable[str]) -> dict[str, str]:
    """The attribute of the generated module that stands for each node: its id, with "_" added where Python or
    `nn.Module` has taken that name. Different nodes get different attributes.
    """
    ids = tuple(nodes)
    taken = {node for node in ids if not _reserved(node)}
    names: dict[str, str] = {}
    for node in ids:
        name = node
        while _reserved(name) or (name != node and name in taken):
            name += "_"
        taken.add(name)
        names[node] = name
    return names


def _reserved(name: str) -> bool:
    return keyword.iskeyword(name) or name in MODULE_ATTRIBUTES
