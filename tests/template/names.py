"""The logical ids and names that the rules speak of."""

from __future__ import annotations

FUNCTION = "Contacts"
ALIAS = "ContactsAliaslive"
GROUP = "ContactsDeploymentGroup"
APPLICATION = "ServerlessDeploymentApplication"
API = "ContactsApi"
STAGE = "ContactsApiliveStage"
TABLE = "ContactsTable"
URL = "ApiUrl"
TOPIC = "AlarmTopic"
DASHBOARD = "Dashboard"

PRE_TRAFFIC = "PreTrafficHook"
POST_TRAFFIC = "PostTrafficHook"
HOOKS = (PRE_TRAFFIC, POST_TRAFFIC)
GUARD = "HookGuard"

# The alarms that stop a deployment, in the order in which its preference names them.
WATCHED = ("AliasErrors", "VersionErrors", "ApiServerErrors")

ALIAS_NAME = "live"
STAGE_NAME = "live"

REPORT = "codedeploy:PutLifecycleEventHookExecutionStatus"
