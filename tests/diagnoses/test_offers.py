"""What a finding offers can be planned, is as safe as it says, and touches no more than the finding is about."""

from __future__ import annotations

import pytest

from migwizard.core.situation import ProjectInfo, Situation
from migwizard.diagnoses import diagnose
from migwizard.repairs import Request, make_plan

from .build import RUN_PYTHON, Migration, chain, migration, op, situation

NAMES = ("shop.0001", "shop.0002", "shop.0003", "shop.0004")
ABSENT = op("no", "column shop_order.x does not exist")
UNSURE = op("yes", "it exists", confirmed=False)


def at_second(*operations: object) -> list[Migration]:
    """A chain whose second migration is made of these operations."""
    second = migration("shop.0002", "shop.0001", *operations)
    return [
        *chain("shop.0001"),
        second,
        migration("shop.0003", "shop.0002"),
        migration("shop.0004", "shop.0003"),
    ]


SITUATIONS: dict[str, Situation] = {
    "record deleted": situation(chain(*NAMES), "shop.0001 shop.0003 shop.0004"),
    "two records deleted": situation(chain(*NAMES), "shop.0001 shop.0004"),
    "never run": situation(at_second(ABSENT), "shop.0001 shop.0003 shop.0004"),
    "half run": situation(at_second(op("yes", "a"), ABSENT), "shop.0001 shop.0003 shop.0004"),
    "half an operation": situation(at_second(op("partly", "a")), "shop.0001 shop.0003 shop.0004"),
    "unseen": situation(at_second(RUN_PYTHON), "shop.0001 shop.0003 shop.0004"),
    "not certain": situation(at_second(UNSURE), "shop.0001 shop.0003 shop.0004"),
    "faked, the last": situation(
        [*chain("shop.0001"), migration("shop.0002", "shop.0001", ABSENT)], "shop.0001 shop.0002"
    ),
    "faked, in the middle": situation(at_second(ABSENT), " ".join(NAMES)),
    "not recorded, the last": situation(chain(*NAMES), "shop.0001 shop.0002 shop.0003"),
    "not recorded, the last two": situation(chain(*NAMES), "shop.0001 shop.0002"),
    "not recorded, after one that is pending": situation(at_second(ABSENT), "shop.0001"),
    "not recorded, after one that nobody saw": situation(at_second(RUN_PYTHON), "shop.0001"),
    "not recorded, and the first": situation([*chain(*NAMES), *chain("blog.0001")], " ".join(NAMES)),
    "nothing recorded": situation([*chain(*NAMES), migration("shop.0005", "shop.0004", ABSENT)]),
    "nothing recorded, and some not seen": situation(at_second(RUN_PYTHON)),
    "pending": situation(at_second(ABSENT)[:2], "shop.0001"),
    "ghost": situation(chain(*NAMES), " ".join(NAMES) + " shop.0099 blog.0001"),
    "removed app": situation(chain(*NAMES), " ".join(NAMES) + " old.0001 old.0002 shop.0099 older.0001"),
    "broken project": situation(
        chain(*NAMES), "shop.0001 old.0001 shop.0099", project=ProjectInfo("/srv", "x", errors=("No.",))
    ),
}


@pytest.mark.parametrize("made", SITUATIONS.values(), ids=SITUATIONS)
def test_every_offer_can_be_planned_and_is_as_safe_as_it_says(made):
    findings = diagnose(made, strict=True)
    assert findings
    for finding in findings:
        for offer in finding.repairs:
            plan = make_plan(made, offer.name, Request(finding))
            assert (plan.refusal, plan.safety) == ("", offer.safety), (finding.id, offer.name)
        assert [offer.recommended for offer in finding.repairs] == [True, False, False][
            : len(finding.repairs)
        ]


@pytest.mark.parametrize("made", SITUATIONS.values(), ids=SITUATIONS)
def test_pruning_deletes_only_the_records_that_the_finding_names(made):
    for finding in diagnose(made, strict=True):
        if finding.name == "missing-file" and finding.repairs:
            plan = make_plan(made, "prune", Request(finding))
            named = {step.migration for step in plan.steps}
            assert {key[0] for key in named if key} == {finding.subject.app}
            assert all(any(".".join(key) in line for line in finding.evidence) for key in named if key)


def test_the_action_named_for_a_removed_app_deletes_its_records_alone():
    plan = make_plan(SITUATIONS["removed app"], "prune", Request(arguments=("old",)))
    assert [step.migration for step in plan.steps] == [("old", "0001"), ("old", "0002")]
