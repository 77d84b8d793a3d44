"""`workbench train`: a run, with one line an epoch."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

from workbench.catalogue.metrics import of_key
from workbench.cli import processes, recipe_flags
from workbench.cli.find_rate import find_rate
from workbench.cli.folds import follow_folds
from workbench.cli.interrupts import STATUS, Interrupts
from workbench.cli.output import Bar, Output, complain
from workbench.core.words import count, duration, number, rate

if TYPE_CHECKING:
    from workbench.core.diagnostic import Diagnostic
    from workbench.session.processes.launching import Machines
    from workbench.session.session import Session
    from workbench.session.state import RunState
    from workbench.training.messages import EpochEnd

HELP = "train a project"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT")
    parser.add_argument("--data", metavar="FOLDER", help="labelled data, in place of the project's")
    recipe_flags.configure(parser)
    parser.add_argument("--image-size", type=int, metavar="N", help="pixels on a side the network sees")
    parser.add_argument("--folds", type=int, metavar="N", help="validate on one of N equal parts of the data")
    parser.add_argument("--fold", type=int, metavar="K", help="which of the N parts, from 1 on")
    parser.add_argument("--all-folds", action="store_true", help="one run for each of the N parts, and their mean")
    parser.add_argument(
        "--balance",
        choices=("none", "sampling", "weights"),
        help="show samples of rare classes more often, or weigh them more in the objective",
    )
    parser.add_argument(
        "--resume", nargs="?", const=True, default=False, metavar="RUN", help="go on exactly where a run stopped"
    )
    parser.add_argument(
        "--find-rate", action="store_true", help="only look for a good learning rate, and say why it is one"
    )
    processes.configure(parser)


def run(args: argparse.Namespace, out: Output) -> int:
    from workbench.session.session import Session

    part = processes.take_part(args)
    if part is not None:
        return part
    overrides = {
        name: value for name in ("data", "image_size", "folds", "balance") if (value := getattr(args, name)) is not None
    }
    overrides |= recipe_flags.overrides(args)
    if args.fold is not None:
        overrides["fold"] = args.fold - 1  # people count from 1
    if args.nproc is not None:
        overrides["processes"] = args.nproc
    if args.shard:
        overrides["shard"] = True
    with Session.open(args.project) as session:
        session.notice.connect(_tell)
        if args.find_rate:
            return find_rate(session, out, **overrides)
        if args.all_folds:
            return follow_folds(session, out, resume=args.resume, **overrides)
        return follow(session, out, resume=args.resume, machines=processes.machines(args), **overrides)


def _tell(notice: Diagnostic) -> None:
    complain(notice.message)


def follow(
    session: Session,
    out: Output,
    *,
    resume: bool | str = False,
    machines: Machines | None = None,
    **overrides: Any,
) -> int:
    """Start a run and print it until its end; Ctrl+C stops it with a checkpoint."""
    session.start_training(resume=resume, machines=machines, **overrides)
    bar = Bar("Training", quiet=out.json)
    shown = started = asked = changes = noted = 0
    one = session.results.kind.one
    try:
        with Interrupts(patient=True) as interrupts:  # a stop between steps keeps everything; an exception might not
            while True:
                session.pump()
                state = session.run
                assert state is not None
                if state.train_pictures and not started:  # a run that could not begin has nothing to tell
                    started = 1
                    _start(state, out, one)
                for epoch in state.epochs_log[shown:]:
                    _epoch(epoch, state.epochs, out, one)
                shown = len(state.epochs_log)
                for note in state.notes[noted:]:
                    complain(note.message)
                noted = len(state.notes)
                for change in state.thread_changes[changes:]:
                    words = f"{count(change.threads, 'thread')} since step {number(change.step)}"
                    out.say(f"Computes with {words}: {change.why}.")
                changes = len(state.thread_changes)
                bar.show(state.step, state.steps, rate(state.images_per_second, f"{one}s"))
                if not state.is_live:
                    break
                if interrupts.count > asked:
                    asked = interrupts.count
                    if asked > 1:
                        raise KeyboardInterrupt
                    session.stop()
                time.sleep(0.02)
    finally:
        bar.close()
    out.row({"event": "end", "state": state.phase, "run": state.id, "best_val_accuracy": state.best_val_accuracy})
    if state.phase == "failed":
        out.problems(state.diagnostics)
        return 1
    if not state.is_saved:
        complain(
            f"The last weights of {state.id} could not be written and are lost with this program; the checkpoint "
            "before them, if there is one, still stands. Mend what was told above, then resume it or train again."
        )
    best = f", best validation accuracy {state.best_val_accuracy:.2%}" if state.best_val_accuracy is not None else ""
    out.say(f"{state.id} {state.phase}{best}.")
    return STATUS if asked else 0 if state.is_saved else 1


def _start(state: RunState, out: Output, one: str) -> None:
    out.row(
        {
            "event": "start",
            "run": state.id,
            "parameters": state.parameters,
            "train": state.train_pictures,
            "val": state.val_pictures,
            "device": state.device,
        }
    )
    out.say(
        f"{state.id}: {number(state.parameters)} parameters, {count(state.train_pictures, one)} to train on, "
        f"{number(state.val_pictures)} to validate, on {state.device}"
    )


def _epoch(epoch: EpochEnd, epochs: int, out: Output, one: str) -> None:
    more = {"metrics": dict(epoch.metrics)} if epoch.metrics else {}
    out.row(
        {
            "event": "epoch",
            "epoch": epoch.epoch,
            "train_loss": epoch.train_loss,
            "train_accuracy": epoch.train_accuracy,
            "val_loss": epoch.val_loss,
            "val_accuracy": epoch.val_accuracy,
            "images_per_second": epoch.images_per_second,
            "seconds": epoch.seconds,
            **more,
        }
    )
    is_right_or_wrong = epoch.val_accuracy is not None or epoch.val_loss is None
    accuracy = f", accuracy {epoch.train_accuracy:.2%}" if is_right_or_wrong else ""
    out.say(
        f"epoch {epoch.epoch}/{epochs}: loss {epoch.train_loss:.4f}{accuracy} · "
        f"{_validation(epoch, one)} · {rate(epoch.images_per_second, f'{one}s')} · {duration(epoch.seconds)}"
    )


def _validation(epoch: EpochEnd, one: str) -> str:
    """The figures of validation: loss, accuracy, and what else was counted."""
    if epoch.val_loss is None:
        return f"no validation {one}s"
    parts = [f"validation loss {epoch.val_loss:.4f}"]
    if epoch.val_accuracy is not None:
        parts.append(f"accuracy {epoch.val_accuracy:.2%}")
    for key, value in epoch.metrics.items():
        metric, output = of_key(key), key.partition(".")[2]
        name = metric.title if metric is not None else "loss"
        parts.append(f"{name}{f' of {output}' if output else ''} {value:.4g}")
    return ", ".join(parts)
