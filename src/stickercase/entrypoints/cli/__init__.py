"""The command line: `stickercase`."""

from __future__ import annotations

import os
import sys

import click

from stickercase.entrypoints.cli.case_desk import case_desk
from stickercase.entrypoints.cli.case_files import BadInput
from stickercase.entrypoints.cli.checks import audit, verify
from stickercase.entrypoints.cli.operator_log import log
from stickercase.entrypoints.cli.pictures import pictures
from stickercase.entrypoints.cli.players import players
from stickercase.entrypoints.cli.rebalance import rebalance_cases
from stickercase.entrypoints.cli.risk import risk
from stickercase.entrypoints.cli.serving import api, sandbox, up
from stickercase.entrypoints.cli.simulate import simulate
from stickercase.entrypoints.cli.stock import stock
from stickercase.entrypoints.cli.tasks import schedule, tasks
from stickercase.entrypoints.cli.tools import migrate, settings, token
from stickercase.entrypoints.cli.working import scheduler, worker
from stickercase.entrypoints.settings import BadSettings
from stickercase.ports.failures import (
    ExtraMissing,
    OutcomeUnknown,
    QueueUnavailable,
    StoreUnavailable,
    VendorUnavailable,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="stickercase")
def cli() -> None:
    """Open cases of sticker packs with published, provably fair odds."""


COMMANDS = (
    up,
    api,
    worker,
    scheduler,
    sandbox,
    migrate,
    audit,
    stock,
    case_desk,
    players,
    pictures,
    log,
    tasks,
    schedule,
    verify,
    simulate,
    risk,
    rebalance_cases,
    token,
    settings,
)
for command in COMMANDS:
    cli.add_command(command)


FAILURES = (
    BadInput,
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
