"""What must be true of the stack beyond what cfn-lint knows. Each rule returns its findings, none where all is well."""

from __future__ import annotations

from typing import Callable, List, Tuple

from rules import alarms, api, dashboard, data, deployment, hooks, limits, order, privileges, versions, wiring
from stack import Missing, Stack

RULES: Tuple[Callable[[Stack], List[str]], ...] = (
    deployment.one_function_is_shifted,
    deployment.hooks_and_alarms_are_set,
    deployment.people_hear_of_deployments,
    versions.a_version_is_asked_for_only_with_news,
    versions.older_versions_are_kept,
    hooks.hooks_can_be_invoked,
    hooks.hooks_may_do_their_work,
    hooks.hooks_are_answered_for,
    order.everything_referred_to_is_there,
    order.nothing_waits_for_itself,
    order.the_deployment_waits_for_what_it_needs,
    wiring.names_agree,
    limits.names_fit,
    privileges.least_privilege,
    privileges.only_services_assume_roles,
    privileges.functions_stay_within_the_boundary,
    privileges.only_the_api_may_invoke,
    alarms.alarms_have_data,
    alarms.alarms_compute_from_what_is_there,
    alarms.alarms_of_the_deployment_decide_in_time,
    alarms.alarms_of_the_table_see_every_operation,
    alarms.alarms_notify,
    dashboard.widgets_have_data,
    dashboard.widgets_are_laid_out,
    dashboard.every_alarm_is_shown,
    api.one_api,
    data.data_and_logs_are_kept,
)


def check(stack: Stack, asked: Tuple[Callable[[Stack], List[str]], ...] = RULES) -> List[str]:
    """The findings of the rules, each with the rule's name before it."""
    findings = []
    for rule in asked:
        try:
            findings += [f"{rule.__name__}: {finding}" for finding in rule(stack)]
        except Missing as missing:
            findings.append(f"{rule.__name__}: {missing}")
    return findings
