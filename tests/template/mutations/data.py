"""What is kept, and what it is called."""

from __future__ import annotations

from typing import Tuple

from mutations.mutation import Mutation, properties

DATA: Tuple[Mutation, ...] = (
    Mutation(
        "a table that goes with the stack",
        lambda t: t["Resources"]["ContactsTable"].pop("DeletionPolicy"),
        "data_and_logs_are_kept: the table goes",
    ),
    Mutation(
        "a table without point-in-time recovery",
        lambda t: properties(t, "ContactsTable").pop("PointInTimeRecoverySpecification"),
        "data_and_logs_are_kept: the table cannot be restored",
    ),
    Mutation(
        "a table that keeps what checks create",
        lambda t: properties(t, "ContactsTable").pop("TimeToLiveSpecification"),
        "data_and_logs_are_kept: what checks create",
    ),
    Mutation(
        "a function whose logs are kept for ever",
        lambda t: properties(t, "Contacts").pop("LoggingConfig"),
        "data_and_logs_are_kept: Contacts logs",
    ),
    Mutation(
        "a log group of a longer name than is taken",
        lambda t: properties(t, "ContactsLogs").update(LogGroupName={"Fn::Sub": "/".join(["/aws/lambda"] + ["${AWS::StackName}"] * 4)}),
        "names_fit: ContactsLogs has a LogGroupName of",
    ),
    Mutation(
        "a parameter of a name that is not taken",
        lambda t: properties(t, "ApiUrl").update(Name={"Fn::Sub": "/aws/${AWS::StackName}/api-url"}),
        "names_fit: ApiUrl has a Name that is not taken",
    ),
    Mutation(
        "a dashboard of a name that is not taken",
        lambda t: properties(t, "Dashboard").update(DashboardName={"Fn::Sub": "${AWS::StackName}/${AWS::Region}"}),
        "names_fit: Dashboard has a DashboardName that is not taken",
    ),
)
