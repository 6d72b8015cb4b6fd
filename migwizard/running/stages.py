"""The parts of a plan that are committed one by one: all of it at once wherever that is possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..core.plan import Plan, Step


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive steps that are committed together."""

    steps: tuple[int, ...]
    """Indexes of the steps in the plan."""
    atomic: bool = True
    """False for one step that no transaction may hold."""


def parts(steps: Sequence[Step]) -> tuple[Part, ...]:
    """Return the parts of a plan in their order; a plan without steps has one, in which nothing but the check runs."""
    found: list[list[int]] = []
    for index, step in enumerate(steps):
        if step.atomic and found and steps[found[-1][-1]].atomic:
            found[-1].append(index)
        else:
            found.append([index])
    return tuple(Part(tuple(part), steps[part[0]].atomic) for part in found) or (Part(()),)


def is_whole(plan: Plan) -> bool:
    """Tell whether a plan is all or nothing."""
    return len(parts(plan.steps)) == 1 and all(step.atomic for step in plan.steps)
