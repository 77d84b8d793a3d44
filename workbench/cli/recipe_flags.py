"""What `workbench train` may be asked for in place of the project's recipe: the usual by flag, all of it by name."""

from __future__ import annotations

import argparse
from typing import Any

from workbench.core.diagnostic import Problem

_FLAGS = (
    "epochs", "batch_size", "device", "seed", "threads", "optimizer", "learning_rate", "schedule", "clip", "accumulate",
    "average", "patience", "watch", "precision", "initialisation",
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the flags."""
    parser.add_argument("--epochs", type=int, metavar="N")
    parser.add_argument("--batch-size", type=int, metavar="N")
    parser.add_argument("--optimizer", metavar="NAME", help="sgd, adam, adamw, muon, …")
    parser.add_argument("--learning-rate", "--lr", type=float, metavar="RATE")
    parser.add_argument("--schedule", metavar="NAME", help="constant, cosine, one_cycle, plateau, …")
    parser.add_argument("--initialisation", metavar="NAME", help="default, he_normal, orthogonal, …")
    parser.add_argument("--clip", type=float, metavar="NORM", help="the largest norm of all gradients together")
    parser.add_argument("--accumulate", type=int, metavar="N", help="batches added up for one step")
    parser.add_argument("--average", type=float, metavar="DECAY", help="moving average of the weights, 0.999 say")
    parser.add_argument("--patience", type=int, metavar="N", help="epochs without a better one that end the run")
    parser.add_argument("--watch", metavar="FIGURE", help="what best means: auto, val_loss, val_f1, …")
    parser.add_argument("--precision", choices=("full", "bf16", "fp16", "auto"))
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"))
    parser.add_argument("--seed", type=int, metavar="N")
    parser.add_argument("--threads", type=int, metavar="N", help="a fixed number makes runs repeat bit for bit")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any setting of the recipe or a layer: weight_decay=0.01, schedule.warmup=1, conv2d_1.frozen=on",
    )


def overrides(args: argparse.Namespace) -> dict[str, Any]:
    """What was asked for, as `Session.start_training` takes it. Raises `Problem` for what is no "name=value"."""
    found = {name: value for name in _FLAGS if (value := getattr(args, name)) is not None}
    settings: dict[str, str] = {}
    for given in args.set:
        name, equals, value = given.partition("=")
        if not equals or not name.strip():
            raise Problem.of("cli.set", f"“--set {given[:80]}” sets nothing. Write it as name=value: --set clip=1.")
        settings[name.strip()] = value.strip()
    return {**found, "settings": settings} if settings else found
