"""The template broken in one place at a time.

Each mutation names the finding that it must lead to; `caught_by.py` prints who else notices.
"""

from __future__ import annotations

from mutations import alarms, api, circles, dashboard, data, deployment, hooks, privileges, versions

CIRCLES = circles.CIRCLES
MUTATIONS = (
    *CIRCLES,
    *deployment.DEPLOYMENT,
    *versions.VERSIONS,
    *hooks.HOOKS,
    *privileges.PRIVILEGES,
    *alarms.ALARMS,
    *dashboard.DASHBOARD,
    *api.API,
    *data.DATA,
)
