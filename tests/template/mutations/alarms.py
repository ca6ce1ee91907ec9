"""Alarms that have no data, come too late, never let go, or tell no one."""

from __future__ import annotations

from typing import Tuple

from mutations.mutation import MAILED, Mutation, properties, statement

ALARMS: Tuple[Mutation, ...] = (
    Mutation(
        "an alarm on a metric that does not exist",
        lambda t: properties(t, "AliasErrors").update(MetricName="Error"),
        "alarms_have_data: AliasErrors watches AWS/Lambda Error by",
    ),
    Mutation(
        "an alarm over dimensions that are never emitted",
        lambda t: properties(t, "VersionErrors")["Dimensions"].pop(1),
        "alarms_have_data: VersionErrors watches",
    ),
    Mutation(
        "an alarm on a table's errors by the table alone",
        lambda t: properties(t, "TableSystemErrors")["Metrics"][1]["MetricStat"]["Metric"]["Dimensions"].pop(),
        "alarms_have_data: TableSystemErrors watches AWS/DynamoDB SystemErrors by TableName",
    ),
    Mutation(
        "an alarm on a function of a written name",
        lambda t: properties(t, "AliasErrors")["Dimensions"][0].update(Value="Contacts"),
        "alarms_have_data: AliasErrors watches AWS/Lambda Errors of FunctionName",
    ),
    Mutation(
        "an alarm on another alias",
        lambda t: properties(t, "AliasErrors")["Dimensions"][1].update(Value={"Fn::Sub": "${Contacts}:prod"}),
        "alarms_have_data: AliasErrors watches AWS/Lambda Errors of Resource",
    ),
    Mutation(
        "an alarm on another stage",
        lambda t: properties(t, "ApiServerErrors")["Dimensions"][1].update(Value="prod"),
        "alarms_have_data: ApiServerErrors watches AWS/ApiGateway 5XXError of Stage",
    ),
    Mutation(
        "an API of another name than the alarms watch",
        lambda t: properties(t, "ContactsApi").update(Name="contacts"),
        "alarms_have_data: ApiServerErrors watches AWS/ApiGateway 5XXError of ApiName",
    ),
    Mutation(
        "an alarm on a statistic that says nothing",
        lambda t: properties(t, "ApiServerErrors").update(Statistic="Maximum"),
        "alarms_have_data: ApiServerErrors watches the Maximum",
    ),
    Mutation(
        "an alarm that computes from what it does not have",
        lambda t: properties(t, "TableThrottles")["Metrics"][0].update(Expression="FILL(getItem, 0) + FILL(query, 0)"),
        "alarms_compute_from_what_is_there: TableThrottles computes from query",
    ),
    Mutation(
        "an alarm of two series",
        lambda t: properties(t, "TableThrottles")["Metrics"][1].update(ReturnData=True),
        "alarms_compute_from_what_is_there: TableThrottles returns",
    ),
    Mutation(
        "an alarm slower than the shortest canary",
        lambda t: properties(t, "AliasErrors").update(Period=300),
        "alarms_of_the_deployment_decide_in_time: AliasErrors needs more than",
    ),
    Mutation(
        "an alarm on a single data point",
        lambda t: properties(t, "VersionErrors").update(EvaluationPeriods=1, DatapointsToAlarm=1),
        "alarms_of_the_deployment_decide_in_time: VersionErrors fires on a single",
    ),
    Mutation(
        "an alarm for which silence is failure",
        lambda t: properties(t, "AliasErrors").update(TreatMissingData="breaching"),
        "alarms_of_the_deployment_decide_in_time: AliasErrors does not return",
    ),
    Mutation(
        "an alarm of the deployment that counts what the hooks invoke",
        lambda t: properties(t, "AliasErrors").update(Dimensions=[{"Name": "FunctionName", "Value": {"Ref": "Contacts"}}]),
        "alarms_of_the_deployment_decide_in_time: AliasErrors counts invocations",
    ),
    Mutation(
        "an operation on the table that no alarm sees",
        lambda t: statement(t, "Contacts")["Action"].append("dynamodb:Query"),
        "alarms_of_the_table_see_every_operation: TableSystemErrors does not see Query",
    ),
    Mutation(
        "an operation on the table that is watched and never called",
        lambda t: statement(t, "Contacts")["Action"].remove("dynamodb:Scan"),
        "alarms_have_data: TableSystemErrors watches AWS/DynamoDB SystemErrors of Operation Scan",
    ),
    Mutation(
        "an alarm on the table that never lets go",
        lambda t: properties(t, "TableSystemErrors")["Metrics"][0].update(Expression="SUM(METRICS())"),
        "alarms_of_the_table_see_every_operation: TableSystemErrors stays in ALARM",
    ),
    Mutation(
        "an alarm that does not say it is over",
        lambda t: properties(t, "ApiLatency").pop("OKActions"),
        "alarms_notify: ApiLatency tells",
        MAILED,
    ),
)
