"""Old to new: a Mix node before the surface's colour, there only while the texture shows less than wholly.

What the head had before AvatarTex is known (`Object.avatartex_previous`), so nothing has to be remembered: the nodes
themselves say whether a mix is on, a copied object or a saved file brings it along, and taking them out leaves the
graph as it was. Everything that relinks (Compare, Restore, another result) takes the mix out first.
"""

import bpy

from .graph import IMAGE_NODE
from .memory import changed_tree, find_former

#: Names of the nodes, by which they are found again.
MIX_NODE, BEFORE_NODE = "AvatarTex Mix", "AvatarTex Before"


def set_mix(head: bpy.types.Object) -> None:
    """Let the graphs show what `Object.avatartex_mix` says."""
    if head.avatartex_compared.active:
        return
    if head.avatartex_mix.factor >= 1.0:
        take_out(head)
        return
    for previous in head.avatartex_previous:
        tree = changed_tree(previous)
        mix = tree and (tree.nodes.get(MIX_NODE) or put_in(previous, tree))
        if mix is not None:
            # "A" holds the new colour, so that whoever looks for the nearest image upstream finds ours first
            mix.inputs["Factor"].default_value = 1.0 - head.avatartex_mix.factor


def put_in(previous, tree: bpy.types.NodeTree) -> bpy.types.Node | None:
    """The Mix node between our texture and all that it feeds; None where the artist took our nodes away."""
    ours = tree.nodes.get(IMAGE_NODE if previous.inserted else previous.node)
    if ours is None or not ours.outputs["Color"].is_linked:
        return None
    mix = tree.nodes.new("ShaderNodeMix")
    mix.name = mix.label = MIX_NODE
    mix.data_type, mix.clamp_factor = "RGBA", True
    mix.location = (ours.location.x + 20, ours.location.y + 200)
    mix.hide = True
    redirect(tree, ours.outputs["Color"], color(mix.outputs))
    new, old = color(mix.inputs)
    tree.links.new(ours.outputs["Color"], new)
    if previous.inserted:
        connect_inserted(tree, previous, old)
    else:
        tree.links.new(add_before(tree, ours, previous.image).outputs["Color"], old)
    return mix


def redirect(tree: bpy.types.NodeTree, source: bpy.types.NodeSocket, other: bpy.types.NodeSocket) -> None:
    """Whatever the one socket feeds is fed by the other."""
    for target, muted in [(link.to_socket, link.is_muted) for link in source.links]:
        tree.links.new(other, target).is_muted = muted


def connect_inserted(tree: bpy.types.NodeTree, previous, old: bpy.types.NodeSocket) -> None:
    """What was linked, or else set, at the input that our texture was put before."""
    out, entry = find_former(tree, previous)
    if out is not None:
        if previous.exchanged and out.node.name == previous.node:
            out = add_before(tree, out.node, previous.image).outputs[out.name]
        tree.links.new(out, old)
        return
    if entry is not None and entry.type == old.type:  # an output's Surface has no value
        old.default_value = entry.default_value


def add_before(
    tree: bpy.types.NodeTree, like: bpy.types.ShaderNodeTexImage, image: bpy.types.Image | None
) -> bpy.types.ShaderNodeTexImage:
    """A twin of an image node that shows the image from before."""
    before = tree.nodes.new("ShaderNodeTexImage")
    before.name = before.label = BEFORE_NODE
    before.image = image
    before.location, before.hide = (like.location.x, like.location.y + 80), True
    for name in ("interpolation", "projection", "projection_blend", "extension"):
        setattr(before, name, getattr(like, name))
    for link in like.inputs["Vector"].links:
        tree.links.new(link.from_socket, before.inputs["Vector"])
    return before


def take_out(head: bpy.types.Object) -> None:
    """The graphs as they are without a mix; nothing where there is none."""
    for previous in head.avatartex_previous:
        if (tree := changed_tree(previous)) is not None:
            take_out_of(tree)


def take_out_of(tree: bpy.types.NodeTree) -> None:
    mix = tree.nodes.get(MIX_NODE)
    if mix is None:
        return
    new, _ = color(mix.inputs)
    if new.is_linked:
        redirect(tree, color(mix.outputs), new.links[0].from_socket)
    tree.nodes.remove(mix)
    if (before := tree.nodes.get(BEFORE_NODE)) is not None:
        tree.nodes.remove(before)


def color(sockets):
    """The colour's of a Mix node, which has one set of sockets per type: one output, or the two inputs."""
    found = [socket for socket in sockets if socket.type == "RGBA"]
    return found[0] if len(found) == 1 else found
