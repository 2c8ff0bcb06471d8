"""`mlxtui doctor`: what is wrong with this installation, and what to do about it."""

import io
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict

import click

from mlxtui import settings
from mlxtui.cli.checks import Finding, check_disk, check_folders, check_settings
from mlxtui.cli.checks_hub import check_hub
from mlxtui.cli.checks_machine import check_memory, check_open_files, check_python
from mlxtui.cli.checks_mlx import check_build, check_device, check_mlx_lm, probe_mlx
from mlxtui.cli.checks_terminal import check_terminal
from mlxtui.errors import SettingsError
from mlxtui.harmless import harmless, one_line
from mlxtui.i18n import _
from mlxtui.settings import Settings

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "problem": ("✗", "red")}


@click.command("doctor", help=_("Say what is wrong here, and what to do."))
@click.option("--json", "as_json", is_flag=True, help=_("As JSON, for scripts"))
def doctor_command(as_json: bool) -> int:
    """Print every finding; exit code 1 when one of them is a problem."""
    found = []
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A locale that lacks ✓ is one of the things to be told about.
        sys.stdout.reconfigure(errors="replace")
    for finding in examine():
        found.append(finding)
        if not as_json:
            _print(finding)
    levels = [finding.level for finding in found]
    if as_json:
        rows = [asdict(finding) for finding in found]
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    elif levels.count("ok") == len(levels):
        click.echo(_("Nothing is wrong here."))
    else:
        click.echo(
            _("Problems: {problems}, warnings: {warnings}").format(
                problems=levels.count("problem"), warnings=levels.count("warning")
            )
        )
    return 1 if "problem" in levels else 0


def examine() -> Iterator[Finding]:
    """All findings, one after the other, as the checks take seconds."""
    yield check_python()
    build = check_build()
    yield build
    yield check_mlx_lm()
    probe = probe_mlx()
    if not (probe.error and build.level == "problem"):
        yield check_device(probe)  # the build says already why it does not start
    try:
        used = settings.load()
    except SettingsError:
        used = Settings()
    yield from check_memory(used, probe.working_set_bytes)
    yield check_open_files()
    yield check_settings()
    yield from check_folders()
    yield from check_disk(used)
    yield from check_terminal()
    yield check_hub(used)


def _print(finding: Finding) -> None:
    mark, colour = _MARKS[finding.level]
    coloured = click.style(mark, fg=colour)
    # None lets Click decide: colours on a terminal only.
    color = False if os.environ.get("NO_COLOR") else None
    click.echo(f"{coloured} {one_line(finding.message)}", color=color)
    if finding.level != "ok" and finding.fix:
        click.echo(f"  {harmless(finding.fix)}")
