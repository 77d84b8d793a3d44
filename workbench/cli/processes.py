"""`workbench train` in several processes: its options, what other machines do, and what each process does."""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

from workbench.core.diagnostic import Problem
from workbench.session.processes.launching import Machines, arguments, layout_of


def configure(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("several processes", "One process a GPU, or a few on the cores of a CPU.")
    group.add_argument("--nproc", type=int, metavar="N", help="processes on this machine, each with a batch of its own")
    group.add_argument("--nnodes", type=int, default=1, metavar="M", help="machines; start the command on each of them")
    group.add_argument("--node-rank", type=int, default=0, metavar="K", help="which of them this one is, from 0")
    group.add_argument("--rdzv-endpoint", default="", metavar="HOST:PORT", help="where they meet: on machine 0")
    group.add_argument("--shard", action="store_true", help="share the network itself out: for one that does not fit")
    parser.add_argument("--join", metavar="RUN", help=argparse.SUPPRESS)  # how this program starts its processes


def machines(args: argparse.Namespace) -> Machines | None:
    """Which machines take part; None for this one alone."""
    if args.nnodes == 1 and args.node_rank == 0:
        return None
    return Machines(args.nnodes, args.node_rank, args.rdzv_endpoint)


def take_part(args: argparse.Namespace) -> int | None:
    """The whole command where this process does not begin the run itself: one of its processes, or a machine that only
    lends its own. None where it is an ordinary run. Raises `Problem`."""
    from workbench.training.distributed.ranks import of_environment

    if args.join is not None:
        from workbench.session.processes.worker import work

        return work(Path(args.project).resolve(), args.join)
    if not of_environment().alone:
        raise Problem.of(
            "training.torchrun",
            "This process was started by torchrun, and workbench starts torchrun itself: say --nproc, and for several "
            "machines --nnodes, --node-rank and --rdzv-endpoint.",
        )
    if args.node_rank > 0:
        return _lend(args)
    return None


def _lend(args: argparse.Namespace) -> int:
    """Run this machine's processes; the first machine says what is trained."""
    from workbench.training.distributed.launching import command, environment

    layout = layout_of(args.nproc or 1, machines(args))
    folder = Path(args.project).resolve()
    project = folder.parent if folder.name == "project.json" else folder
    done = subprocess.run(command(layout, arguments(project, "leader")), env=environment(layout), check=False)
    return 0 if done.returncode == 0 else 1
