"""What a check finds, step by step."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import msgspec

from beekeed.control.envelope import ReasonView, maybe_reason
from beekeed.core.model import Reason
from beekeed.errors import BeekeedError, Param

StepState = Literal["ok", "warning", "failed", "not_tried"]


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """One step, what it gave, and what to do where that is not well.

    A step may be there several times: once for each thing that was found.
    """

    step: str
    state: StepState
    facts: Mapping[str, Param]
    reason: ReasonView | None


@dataclass(slots=True)
class Findings:
    """What was found so far."""

    steps: list[StepView] = field(default_factory=list)

    def add(
        self,
        step: str,
        state: StepState,
        reason: Reason | None = None,
        facts: Mapping[str, Param] = MappingProxyType({}),
    ) -> None:
        """Note what a step gave."""
        view = StepView(step=step, state=state, facts=dict(facts), reason=maybe_reason(reason))
        self.steps.append(view)

    def add_error(self, step: str, error: BeekeedError) -> None:
        """Note that a step failed, and why."""
        self.add(step, "failed", Reason(error.code, error.params))

    def not_tried(self, *steps: str) -> None:
        """Note that steps were not tried, because one before them failed."""
        for step in steps:
            self.add(step, "not_tried")

    def failed(self) -> bool:
        """Tell whether any step failed."""
        return any(step.state == "failed" for step in self.steps)
