"""An update of a stack as the scripts see it: a change set, its events, and somebody at a terminal."""

from __future__ import annotations

import os
import pty
from typing import Dict, List

from workplace import Ended, Workplace

ARN = "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/samcli-deploy1700000000/0a1b2c3d-0000-1111-2222-333344445555"
STACK_ID = "arn:aws:cloudformation:eu-west-1:123456789012:stack/contacts/1b2c3d4e-0000-1111-2222-333344445555"


def event(status: str, token: str = "ours", **more: str) -> Dict[str, str]:
    """An event of the stack itself, or of the resource that is named."""
    name = more.get("LogicalResourceId", "contacts")
    common = {"StackId": STACK_ID, "EventId": f"{name}-{status}-{token}", "StackName": "contacts", "Timestamp": "2026-01-01T12:00:00Z"}
    of_the_stack = {"PhysicalResourceId": STACK_ID, "LogicalResourceId": "contacts", "ClientRequestToken": token, "ResourceStatus": status}
    return {**common, **of_the_stack, **more}


def updated(place: Workplace, *pages: List[Dict[str, str]]) -> None:
    """The stack's events are these while a change set is executed. The token is not known before: the shell is made to have one."""
    script = place.root / "scripts" / "change-set.sh"
    script.write_text(script.read_text().replace('"change-set-$(date +%s)-$$"', "ours"))
    place.answer("cloudformation", "describe-change-set", {"StackId": STACK_ID})
    place.answer("cloudformation", "execute-change-set", {})
    place.answer("cloudformation", "describe-stack-events", *[{"StackEvents": page} for page in pages])


def typed(place: Workplace, script: str, answer: str, *arguments: str, **environment: str) -> Ended:
    """Runs a script in a terminal where somebody types an answer."""
    terminal, end = pty.openpty()
    try:
        os.write(terminal, f"{answer}\n".encode())
        return place.run(script, *arguments, stdin=end, **environment)
    finally:
        os.close(terminal)
        os.close(end)
