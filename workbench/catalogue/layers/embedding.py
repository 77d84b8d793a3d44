"""What turns tokens, patches and positions into vectors."""

from __future__ import annotations

from workbench.catalogue.declaration import Category, Layer, Mismatch, Tensor, Values
from workbench.catalogue.expression import Call
from workbench.catalogue.layers.recurrent import SEQUENCE
from workbench.catalogue.layers.windows import cross, short
from workbench.catalogue.memory import PASSED
from workbench.catalogue.parameters import integer, integers
from workbench.catalogue.refusals import take_rank


def _patches(p: Values, x: tuple[Tensor, ...]) -> Tensor:
    take_rank("Patch Embedding", x[0], 3)
    _, height, width = x[0].shape
    rows, columns = p.patch
    if height % rows or width % columns:
        raise Mismatch(
            f"Patch Embedding cuts the picture into patches of {cross(p.patch)}, this wire carries {x[0].words}, "
            "which they do not fill evenly. Choose a patch size that divides height and width, or another picture "
            "size.",
            param="patch",
            stricter=True,
        )
    return Tensor((height // rows * (width // columns), p.units))


def _build_patches(p: Values, x: tuple[Tensor, ...]) -> Call:
    return Call("nn.Conv2d", x[0].shape[0], p.units, short(p.patch), stride=short(p.patch))


def _same_sequence(title: str, x: tuple[Tensor, ...]) -> Tensor:
    take_rank(title, x[0], 2, words=SEQUENCE)
    return x[0]


def _with_token(_p: Values, x: tuple[Tensor, ...]) -> Tensor:
    take_rank("Class Token", x[0], 2, words=SEQUENCE)
    return Tensor((x[0].shape[0] + 1, x[0].shape[1]))


LAYERS = (
    Layer(
        id="embedding",
        title="Embedding",
        category=Category.SEQUENCE,
        summary="Gives every token of the vocabulary a vector of its own, which is learned.",
        help="The first layer after Tokens: tokens used alike end up with similar vectors. The size of the "
        "vocabulary comes with the wire. 32 to 128 features suit small data; more can tell finer differences.",
        params=(integer("features", "Features", "How many numbers describe a token.", 64, 1, 65_536),),
        keywords=("lookup", "word vectors", "tokens", "text"),
        takes="index",
        shape=lambda p, x: Tensor((*x[0].shape, p.features)),
        build=lambda p, x: Call("nn.Embedding", x[0].levels, p.features),
        weights=lambda p, x, _y: x[0].levels * p.features,
        words=lambda p: f"{p.features:,} features",
    ),
    Layer(
        id="patch_embedding",
        title="Patch Embedding",
        category=Category.SEQUENCE,
        summary="Cuts a picture into square patches and turns each into one vector.",
        help="The beginning of a vision transformer (Dosovitskiy et al. 2021): the patches become the steps of a "
        "sequence, row by row. Smaller patches see finer detail and make longer sequences, whose cost grows with the "
        "square of the length.",
        params=(
            integers("patch", "Patch", "Height and width of a patch.", (8, 8), 2, 1, 255, unit="px"),
            integer("units", "Features", "How many numbers describe a patch.", 128, 1, 65_536),
        ),
        keywords=("vit", "vision transformer", "tokens"),
        shape=_patches,
        build=_build_patches,
        forward="{self}({x}).flatten(2).transpose(1, 2)",
        weights=lambda p, x, _y: (x[0].shape[0] * p.patch[0] * p.patch[1] + 1) * p.units,
        flops=lambda p, x, y: 2 * y.size * x[0].shape[0] * p.patch[0] * p.patch[1],
        window=lambda p: (p.patch[0], p.patch[0], 1),
        words=lambda p: f"{cross(p.patch)}, {p.units:,} features",
    ),
    Layer(
        id="learned_position",
        title="Learned Position",
        category=Category.SEQUENCE,
        summary="Adds a learned vector to each step, so that attention can tell first from last.",
        help="Attention alone does not know in which order steps come. This gives every place its own vector and "
        "learns it; usual in vision transformers. It is bound to the length it was trained with.",
        keywords=("positional encoding", "position embedding", "transformer"),
        shape=lambda _p, x: _same_sequence("Learned Position", x),
        build=lambda _p, x: Call("LearnedPosition", *x[0].shape),
        keeps=PASSED,
        weights=lambda _p, x, _y: x[0].size,
    ),
    Layer(
        id="sinusoidal_position",
        title="Sinusoidal Position",
        category=Category.SEQUENCE,
        summary="Adds fixed waves to each step, so that attention can tell first from last.",
        help="The position layer of the first transformer (Vaswani et al. 2017): sines and cosines of many lengths, "
        "nothing to learn and nothing to set. A good choice for little data; Learned Position may fit better with "
        "much.",
        keywords=("positional encoding", "sine", "transformer"),
        shape=lambda _p, x: _same_sequence("Sinusoidal Position", x),
        build=lambda _p, x: Call("SinusoidalPosition", *x[0].shape),
        keeps=PASSED,
    ),
    Layer(
        id="class_token",
        title="Class Token",
        category=Category.SEQUENCE,
        summary="Puts one learned step in front of a sequence, in which transformer layers gather the answer.",
        help="After the transformer blocks, Pick Step takes this first step out for the decision. The mean of all "
        "steps works about as well without it.",
        keywords=("cls", "vit", "bert", "transformer"),
        shape=_with_token,
        build=lambda _p, x: Call("ClassToken", x[0].shape[1]),
        keeps=PASSED,
        weights=lambda _p, x, _y: x[0].shape[1],
    ),
)
