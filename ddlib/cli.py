"""Command line: list experiments, compute one config or a batch of a sweep, pack, audit."""

from __future__ import annotations

import argparse
from pathlib import Path

from ddlib.listing import listing


def main(argv: list[str] | None = None) -> int:
    """Run one command; 2 with one line on stderr when it is refused."""
    parser = argparse.ArgumentParser(prog="python -m ddlib", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, summary: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=summary, description=summary)
        added.set_defaults(command=name)
        return added

    def folder(added: argparse.ArgumentParser) -> None:
        added.add_argument("--results", type=Path, help="folder of stored rows")

    def results(added: argparse.ArgumentParser) -> None:
        folder(added)
        added.add_argument("--replace", action="store_true", help="recompute a damaged file")

    command("list", "show each experiment with its parameters, columns and rough cost")
    one = command("run", "compute one config, unless the store has it, and print its rows")
    one.add_argument("experiment")
    one.add_argument("parameters", nargs="*", metavar="name=value")
    results(one)
    plan = command("check", "say what a grid would compute, and about how long that takes")
    plan.add_argument("grid", type=Path)
    results(plan)
    many = command("batch", "compute the configs of one batch of a sweep that the store lacks")
    many.add_argument("grid", type=Path)
    many.add_argument("start", type=int)
    many.add_argument("stop", type=int)
    many.add_argument("--failures", type=Path, required=True, help="folder of failures' logs")
    results(many)
    folded = command("pack", "fold the single files of experiments into one file an experiment")
    folded.add_argument("experiments", nargs="*", metavar="experiment")
    folder(folded)
    again = command("audit", "recompute a random sample of the stored configs, and compare")
    again.add_argument(
        "--seconds", type=float, default=60.0, help="about how long it may compute; inf for all"
    )
    again.add_argument("--count", type=int, help="how many configs of an experiment, at most")
    again.add_argument("--seed", help="text that decides the sample (the commit unless told)")
    again.add_argument(
        "--loose",
        action="store_true",
        help="also compare what another arithmetic computed, within tolerances",
    )
    folder(again)

    arguments, others = parser.parse_known_args(argv)
    # What stands behind an option is cut off from what stood before it.
    if others and (arguments.command != "run" or any(text.startswith("-") for text in others)):
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    if others:
        arguments.parameters += others
    if arguments.command == "list":
        print(listing(), end="")
        return 0
    from ddlib.commands import execute  # brings torch, which help and the list can do without

    return execute(arguments)
