"""What commands that make a plan share: their arguments, and the plan for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from .options import Command

if TYPE_CHECKING:
    from ..core.finding import Finding
    from ..core.plan import Plan
    from ..workbench import Reading, Workbench


answers_option = click.option(
    "--set", "answers", multiple=True, metavar="KEY=VALUE", help="Answer what a repair asks."
)


def planning_options(command: Command) -> Command:
    """Add the arguments and options of the commands that make a plan."""
    for option in reversed(
        (
            click.argument("what", nargs=-1),
            click.option(
                "--with", "repair", metavar="REPAIR", help="Another repair than the recommended one."
            ),
            answers_option,
            click.option(
                "--into", default="", metavar="PACKAGE", help="The package that an override is written in."
            ),
        )
    ):
        command = option(command)
    return command


def make(
    bench: Workbench,
    reading: Reading,
    what: Sequence[str],
    repair: str | None,
    answers: Sequence[str],
    into: str = "",
) -> Plan:
    """Return the plan for a finding's id, or for an action with its arguments."""
    from ..core.plan import Plan

    settings = answered(answers, into)
    finding = find(reading, what[0])
    if finding is None:
        if ":" in what[0]:
            raise click.UsageError(f"There is no finding '{what[0]}' (see migwizard check).")
        if repair is not None:
            raise click.UsageError("--with is for findings; an action names its repair itself.")
        return planned(bench, None, what[0], tuple(what[1:]), settings)
    if len(what) > 1:
        raise click.UsageError(f"A finding takes no arguments: '{what[1]}'.")
    offers = [offer.name for offer in sorted(finding.repairs, key=lambda offer: not offer.recommended)]
    if repair is not None and repair not in offers:
        raise click.UsageError(
            f"'{repair}' is no repair of {finding.id} (it has: {', '.join(offers) or 'none'})."
        )
    if not offers:
        refusal = "There is no repair for this that migwizard can do by itself."
        return Plan("none", finding.summary, "safe", (), finding.id, refusal=refusal)
    return planned(bench, finding, repair or offers[0], (), settings)


def answered(answers: Sequence[str], into: str) -> dict[str, str]:
    """Return everything that a repair is told, by the keys of its questions."""
    return settings_of(answers) | ({"into": into} if into else {})


def settings_of(answers: Sequence[str]) -> dict[str, str]:
    """Return the answers that were given as KEY=VALUE, by their keys."""
    settings = {}
    for answer in answers:
        key, separator, value = answer.partition("=")
        if not separator:
            raise click.UsageError(f"--set takes KEY=VALUE, not '{answer}'.")
        settings[key] = value
    return settings


def planned(
    bench: Workbench,
    finding: Finding | None,
    name: str,
    arguments: tuple[str, ...],
    settings: dict[str, str],
) -> Plan:
    """Return a plan; where the situation forbids one, a plan without steps that says why."""
    from ..core.plan import Plan
    from ..repairs import info
    from ..workbench import Refused

    try:
        return bench.plan(finding, name, arguments, settings)
    except Refused as error:
        known = info(name)
        if known is None:
            raise
        action = " ".join((name, *arguments)) if finding is None else None
        about = finding.id if finding is not None else None
        return Plan(name, known.title, known.safety, (), about, action, refusal=str(error))


def find(reading: Reading, text: str) -> Finding | None:
    """Return the finding with this id."""
    return next((finding for finding in reading.findings if finding.id == text), None)
