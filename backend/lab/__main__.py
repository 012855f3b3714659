"""python -m backend.lab: data, training and measuring. An artist's job needs none of it."""

from __future__ import annotations

import sys
from importlib import import_module

#: Words of a command -> (module of this package with main(argv), what it does).
COMMANDS = {
    "texhub align": ("texhub.skins", "bring skins into the canonical atlas"),
    "texhub build": ("texhub.build", "make thousands of textures of them, in shards"),
    "texhub styles": ("texhub.show", "draw the sample sheet of the styles"),
    "texhub check": ("texhub.check", "prove a build: whole shards, reproducible recipes, no held-out face in training"),
    "texhub canonical": ("texhub.canonical", "measure the canonical landmarks on heads"),
    "parse cut": ("training.parse_cut", "cut heads of people with what is known of their pixels"),
    "parse render": ("training.parse_renders", "render heads with painted skins, whose pixels are known"),
    "parse hands": ("training.draw_hands", "render hands in many poses"),
    "parse draw": ("training.draw_parse", "draw hair, beards, glasses, hats and hands onto heads"),
    "glasses render": ("training.render_eyes", "render eyes for the glasses' network"),
    "glasses draw": ("training.draw_glasses", "draw glasses onto rendered eyes"),
    "shapes": ("training.likeness", "measure how faces differ, from ICT-FaceKit, for the registration"),
    "train": ("training.train", "fit the painted prior, fit the samples' distribution, ship what was trained"),
    "train people": ("training.experts", "fit the prior of photographed people beside that of painted skins"),
    "train light": ("training.light", "learn what a part of a face tells wrongly of its light, from people"),
    "train hair": ("training.hair", "fit where hair grows, from people and painted skins"),
    "train stage1": ("training.stage1", "train the network that completes what a portrait shows"),
    "train studio": ("training.studio", "train the network that takes shadows, highlights and colour casts out"),
    "train generator": ("training.generator", "train the texture generator of stage 2, against a discriminator"),
    "train repaint": ("training.repaint", "train the denoiser of stage 3, which paints fine detail"),
    "train glasses": ("training.glasses", "train the network that sees glasses in a portrait"),
    "train parse": ("training.parse_network", "train the network that parses a portrait"),
    "train pack": ("training.packed", "pack the training data small enough for a lent machine"),
    "train lent": ("training.lent", "train all three stages on a lent machine, from packed data"),
    "train pores": ("training.pores", "quilt pores, and measure how strong skin's detail is"),
    "train contrast": ("training.contrast", "measure how strong hair's octaves are, by its tone"),
    "train strands": ("training.strand_figures", "learn how long and curly strands are, from drawn ones"),
    "train lora": ("training.lora", "teach a large profile the atlas, by a low rank change"),
    "graphs": ("training.graphs", "write the networks as ONNX graphs without weights"),
    "portrait-graphs": ("training.portrait_graphs", "write MediaPipe's and YuNet's networks as ONNX graphs"),
    "manifest": ("training.manifest", "write the checksums of the weights"),
    "benchmark": ("benchmark.command", "measure textures beside known truth and baselines, on one page"),
    "bands": ("evaluation.bands", "measure whether generated skin is as sharp as photographed skin beside it"),
    "seams": ("evaluation.seams", "measure colour steps across the borders of UV islands"),
    "faces build": ("faces.build", "observe portraits of real people in the atlas, list, weigh and split them"),
    "faces relight": ("faces.relight", "divide the light out of stored observations again, with other priors"),
    "look": ("look", "draw portraits beside the head that a job textures after them, from four sides"),
    "evaluate verdict": ("evaluation.verdict", "is a registration's score the share of those that are right"),
    "evaluate orientations": ("evaluation.orientations", "is a texture the same however head and portrait are turned"),
    "evaluate hidden": ("evaluation.hidden", "hidden skin of real people, completed and compared"),
    "evaluate pairs": ("evaluation.pairs", "two portraits of one person: one completed, the other asked"),
    "evaluate drawn": ("evaluation.drawn", "what the stages are worth on people painted in the styles"),
    "evaluate hair": ("evaluation.hair", "the scalp of half a head, from the hair that shows on the other half"),
    "evaluate told": ("evaluation.told", "can a classifier recognise made-up skin and hair on finished textures"),
    "evaluate drawn-hair": ("evaluation.drawn_hair", "is hair that no portrait shows like the person's own"),
    "evaluate parity": ("evaluation.parity", "are whole jobs by ONNX graphs what they are by torch modules"),
    "evaluate seeds": ("evaluation.seeds", "do seeds differ as people do"),
    "evaluate kits": ("evaluation.kits", "what a linear prior knows of skins that its kit does not hold"),
    "evaluate memory": ("evaluation.memory", "do completions or samples show a person of the training set"),
    "evaluate identity": ("evaluation.identity", "is the textured head still the portrait's person, from three sides"),
    "evaluate registration": ("evaluation.registration", "every head with every portrait, without and with four pins"),
    "evaluate guard": ("evaluation.guard", "a hundred kinds of rendered portraits, beside older versions' figures"),
    "evaluate rendered": ("evaluation.rendered", "registration against a known camera, by yaw, shading, expression"),
    "evaluate neutral": ("evaluation.neutral", "what an expression of the portrait costs the head at rest"),
    "evaluate studio": ("evaluation.studio", "light taken out of portraits with shadows, highlights, coloured lamps"),
    "evaluate shell": ("evaluation.shell", "the portrait drawn again, with a shell and without"),
    "evaluate parse": ("evaluation.parse", "how well a portrait's pixels are known, by class, make and colour"),
    "evaluate maps": ("evaluation.maps", "relief and roughness of known wrinkles, moles and gloss, by tone and light"),
}


def main(argv: list[str] | None = None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    for count in (2, 1):
        words = " ".join(argv[:count])
        if words in COMMANDS:
            module = import_module(f".{COMMANDS[words][0]}", __package__)
            return module.main(argv[count:])
    print("usage: python -m backend.lab COMMAND [options]; each has --help", file=sys.stderr)
    for name, (_, text) in COMMANDS.items():
        print(f"  {name:24s}{text}", file=sys.stderr)
    return 0 if argv[:1] in (["-h"], ["--help"]) else 2


if __name__ == "__main__":
    raise SystemExit(main())
