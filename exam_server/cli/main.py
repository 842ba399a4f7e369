"""The command ``kaohe``; every subcommand is a module of this package, loaded when it is called."""

import gc
import importlib
import sys
from typing import Any

import click

COMMANDS = {
    "serve": "exam_server.cli.serve",
    "seed": "exam_server.cli.seed",
    "demo": "exam_server.cli.demo",
    "rehearse": "exam_server.cli.rehearse",
    "audit": "exam_server.cli.audit",
    "attempts": "exam_server.cli.attempts",
    "accounts": "exam_server.cli.accounts",
    "bank": "exam_server.cli.bank",
    "papers": "exam_server.cli.papers",
    "cards": "exam_server.cli.cards",
    "room": "exam_server.cli.room",
    "worker": "exam_server.cli.worker",
}
ON_GREENLETS = (
    ("serve",),
    ("room", "serve"),
)  # these run on gevent, which must be the first thing loaded


class Commands(click.Group):
    """Finds a subcommand by name and loads only that one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load the module of a subcommand."""
        if cmd_name not in COMMANDS:
            return None
        gc.disable()  # what is loaded now stays: neither now nor later is it looked through
        try:
            module: Any = importlib.import_module(COMMANDS[cmd_name])
            gc.freeze()
        finally:
            gc.enable()
        command: click.Command = module.command
        return command


@click.group(cls=Commands, help="专项职业能力考核 · Kaohe")
@click.version_option(package_name="kaohe")
def kaohe() -> None:
    """Hold the subcommands together."""


def main() -> None:
    """Run the command line."""
    if any(tuple(sys.argv[1 : 1 + len(words)]) == words for words in ON_GREENLETS):
        monkey = importlib.import_module("gevent.monkey")
        monkey.patch_all()
    kaohe()


if __name__ == "__main__":
    main()
