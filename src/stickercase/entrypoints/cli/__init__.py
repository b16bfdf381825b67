"""The command line: `stickercase`."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from stickercase.entrypoints.cli.case_files import BadInput
from stickercase.entrypoints.settings import BadSettings
from stickercase.ports.failures import (
    BadKey,
    ExtraMissing,
    OutcomeUnknown,
    QueueUnavailable,
    StoreUnavailable,
    VendorUnavailable,
)

COMMANDS = {
    "up": "serving",
    "api": "serving",
    "worker": "working",
    "scheduler": "working",
    "sandbox": "serving",
    "migrate": "tools",
    "audit": "checks",
    "reconcile": "reconcile:reconcile_house",
    "stock": "stock",
    "cases": "case_desk:case_desk",
    "players": "players",
    "pictures": "pictures",
    "log": "operator_log",
    "tasks": "tasks",
    "schedule": "tasks",
    "prices": "prices",
    "withdrawals": "withdrawals",
    "deliveries": "deliveries",
    "verify": "checks",
    "simulate": "simulate",
    "risk": "risk",
    "rebalance": "rebalance:rebalance_cases",
    "token": "tools",
    "wallet": "demo_wallet",
    "settings": "tools",
}
"""Every command, in the order of the help, and the module in this folder that has it (under another name: `:name`)."""


class Commands(click.Group):
    """Imports a command when it is asked for: a short one need not wait for the servers of the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Their names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        """The command of this name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found: click.Command = getattr(import_module(f"{__name__}.{module}"), name or cmd_name)
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="stickercase")
def cli() -> None:
    """Open cases of sticker packs with published, provably fair odds."""


FAILURES = (
    BadInput,
    BadKey,
    BadSettings,
    ExtraMissing,
    StoreUnavailable,
    OutcomeUnknown,
    QueueUnavailable,
    VendorUnavailable,
)
"""What goes wrong for a reason that its words tell."""


def main() -> None:
    """Run the command line; what goes wrong for a reason is one sentence and exit status 2."""
    try:
        # Click returns the exit status that a command asked for instead of raising it here.
        sys.exit(cli.main(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        sys.exit(130)
    except FAILURES as error:
        click.echo(f"stickercase: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        # The reader of our output (head, less) has enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
