//! What an update does that its author hardly wants: it goes through, and something is not as it seems.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_aws::codedeploy::lifecycle::LifecycleEventName;
use rehearsal_template::stack::{Function, Hashed, Resource};
use rehearsal_template::{Field, Stack, counted};

use super::callers;
use super::changes::{Action, Change};
use super::deployments::DeploymentChange;
use super::failures::index_names;
use super::findings::Finding;
use super::hopeless;
use super::late_gates::{before, waits_for};
use super::replaced;
use super::resources::Compared;
use super::routes::{self, RouteAction, RouteChange};
use super::schema::OF_A_VERSION;
use super::versions::{VersionAction, content_changes};
use crate::gates::Decision;

/// What all of them look at.
pub(super) struct Subject<'a> {
    pub(super) live: Option<&'a Stack>,
    pub(super) new: &'a Stack,
    pub(super) compared: &'a Compared,
    pub(super) deployments: &'a [DeploymentChange],
    /// The resources that wait for deployments, with their indices.
    pub(super) behind: &'a BTreeMap<String, BTreeSet<usize>>,
    pub(super) routes: &'a [RouteChange],
}

/// Everything of the kind. A first creation has none but what is not expanded and what is not known of routes.
pub(super) fn of(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings: Vec<_> = not_expanded(subject.new).collect();
    findings.extend(routes::unknown(subject.live, subject.new));
    let Some(live) = subject.live else {
        return findings;
    };
    findings.extend(subject.latest_alone());
    findings.extend(subject.versions_left_behind());
    findings.extend(subject.at_once());
    findings.extend(hopeless::of(live, subject.compared, subject.deployments));
    findings.extend(callers::of(live, subject.new, subject.compared));
    findings.extend(subject.alarms_without_data());
    findings.extend(subject.gates_too_late());
    findings.extend(subject.hooks_before_their_needs());
    findings.extend(subject.routes_at_once());
    findings.extend(subject.tables(live));
    findings.extend(replaced::of(live, subject.new, subject.compared));
    findings
}

/// The macros and loops that only CloudFormation runs.
fn not_expanded(new: &Stack) -> impl Iterator<Item = Finding> {
    new.not_rehearsed.iter().filter_map(|left_open| {
        let name = left_open.not_expanded()?;
        let message = format!("{name} is not expanded here: what it makes or changes on AWS is not in this plan");
        let mut finding = Finding::warning("plan::not-expanded", message)
            .help("plan the template that CloudFormation makes of it: aws cloudformation get-template --template-stage Processed");
        finding.place = left_open.place;
        Some(finding)
    })
}

impl Subject<'_> {
    /// The deployments that start, or may.
    fn starting(&self) -> impl Iterator<Item = (usize, &DeploymentChange)> {
        self.deployments
            .iter()
            .enumerate()
            .filter(|(_, deployment)| deployment.starts != Some(false))
    }

    /// Functions that change although no version of them is published.
    fn latest_alone(&self) -> Vec<Finding> {
        let versions = &self.compared.versions;
        // Another one of the function may be published, and this one kept beside it.
        let stays = versions.iter().filter(|version| {
            let mut of_function = versions
                .iter()
                .filter(|one| one.function == version.function);
            of_function.all(|one| one.action == VersionAction::NotPublished)
        });
        stays
            .filter(|version| {
                content_changes(self.compared.change(&version.function)) == Some(true)
            })
            .map(|version| {
                Finding::warning(
                    "plan::version-not-published",
                    format!(
                        "{}: no version is published, although {}",
                        version.function, version.why
                    ),
                )
                .at(&version.function, version.place)
                .help(self.way_to_publish(&version.logical_id))
            })
            .collect()
    }

    /// Versions that go on with what others take the place of: no version is published that names those.
    fn versions_left_behind(&self) -> Vec<Finding> {
        let versions = self.compared.versions.iter();
        let stays = versions.filter(|version| version.action == VersionAction::NotPublished);
        stays
            .flat_map(|version| {
                let change = self.compared.change(&version.function).into_iter();
                let resource = self.new.resource(&version.function);
                let named: BTreeSet<&String> = change
                    .flat_map(Change::changed)
                    .filter(|property| OF_A_VERSION.contains(&property.name.as_str()))
                    .filter_map(|property| resource?.properties.get(&property.name))
                    .flat_map(|property| &property.references)
                    .collect();
                let replaced = named.into_iter().filter_map(|id| self.compared.change(id));
                let replaced = replaced.filter(|named| named.action == Action::Replace && !named.stays);
                replaced.map(|named| {
                    Finding::warning(
                        "plan::version-left-behind",
                        format!(
                            "the version of {} that serves goes on with the {} of before, which is deleted when the update is over",
                            version.function, named.logical_id
                        ),
                    )
                    .at(&version.function, version.place)
                    .help(self.way_to_publish(&version.logical_id))
                })
            })
            .collect()
    }

    /// What publishes a version that the update does not.
    fn way_to_publish(&self, version: &str) -> &'static str {
        let mut versions = self.new.versions.iter();
        let version = versions.find(|known| known.resource == version);
        match version
            .and_then(|version| version.hash.as_ref())
            .map(|hash| hash.of)
        {
            None => "give the AWS::Lambda::Version another logical id in the same update",
            Some(Hashed::CodeSha256) => {
                "give AutoPublishCodeSha256 another value in the same update"
            }
            Some(Hashed::AllProperties) => {
                "change a text that SAM hashes in the same update, such as a variable of Environment"
            }
            Some(Hashed::CodeAndSome) => {
                "AutoPublishAliasAllProperties publishes one for any change of the function's properties"
            }
        }
    }

    /// Aliases whose callers meet the new version all at once.
    fn at_once(&self) -> Vec<Finding> {
        let moved = self
            .deployments
            .iter()
            .filter(|deployment| deployment.at_once);
        moved
            .map(|deployment| {
                let function = deployment.function.as_deref().unwrap_or("its function");
                let alias = deployment.alias.as_deref().unwrap_or("an alias");
                let message = format!(
                    "all callers of {function}, alias {alias}, meet the new version at once: {}",
                    deployment.why
                );
                Finding::note("plan::moves-at-once", message)
                    .at(&deployment.alias_logical_id, deployment.place)
            })
            .collect()
    }

    /// Gates that are new: they begin in `INSUFFICIENT_DATA`, which stops nothing.
    fn alarms_without_data(&self) -> Vec<Finding> {
        let gates = self.starting().flat_map(|(_, deployment)| {
            let gates = deployment.gates.iter();
            gates.filter(|gate| gate.is_here && gate.decision != Decision::NotJudged)
        });
        let ids: BTreeSet<&str> = gates.filter_map(|gate| gate.alarm.as_deref()).collect();
        let new = ids
            .into_iter()
            .filter_map(|id| self.compared.change(id))
            .filter(|alarm| alarm.is_new());
        new.map(|alarm| {
            Finding::note(
                "plan::alarm-without-data",
                format!(
                    "{} is new with this update: it begins in INSUFFICIENT_DATA, which stops no deployment, until it has data",
                    alarm.logical_id
                ),
            )
            .at(&alarm.logical_id, alarm.place)
        })
        .collect()
    }

    /// Gates that change, or come, when the deployment that they should stop is over: they wait for its alias.
    fn gates_too_late(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (_, deployment) in self.starting() {
            let here = deployment.gates.iter().filter(|gate| gate.is_here);
            let ids = here.filter_map(|gate| gate.alarm.as_deref());
            for change in ids.filter_map(|id| self.compared.change(id)) {
                let alias = &deployment.alias_logical_id;
                if !change.is_some() || !waits_for(self.new, &change.logical_id, alias) {
                    continue;
                }
                let (id, function) = (&change.logical_id, deployment.function.as_deref());
                let function = function.unwrap_or("its function");
                let message = if change.is_new() {
                    format!(
                        "{id} is created when all traffic of {function} has shifted, for it waits for the alias {alias}: it cannot stop the deployment, which its group says it does"
                    )
                } else {
                    format!(
                        "{id} changes when all traffic of {function} has shifted, for it waits for the alias {alias}: until then it is as before the update"
                    )
                };
                findings.push(
                    Finding::warning("plan::gate-too-late", message)
                        .at(id, change.place)
                        .help("let it refer to the function and its version, and name the alias as text"),
                );
            }
        }
        findings
    }

    /// Hooks that run before something that they need: what comes with the same update and waits for the alias.
    fn hooks_before_their_needs(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (index, deployment) in self.starting() {
            let ids = deployment.hooks.iter().filter(|hook| hook.is_here);
            for hook in ids {
                let Some(function) = hook
                    .function
                    .as_deref()
                    .and_then(|id| self.new.function(id))
                else {
                    continue;
                };
                findings.extend(self.needs_of(index, deployment, hook.event, function));
            }
        }
        findings
    }

    fn needs_of(
        &self,
        index: usize,
        deployment: &DeploymentChange,
        event: LifecycleEventName,
        hook: &Function,
    ) -> Vec<Finding> {
        let before = before(self.new, &deployment.alias_logical_id);
        let roles = self
            .new
            .resource(&hook.logical_id)
            .and_then(|resource| resource.properties.get("Role"))
            .map(|role| role.references.clone())
            .unwrap_or_default();
        let coming = self.compared.changes.iter().filter(|change| {
            matches!(
                change.action,
                Action::Create | Action::Update | Action::Replace | Action::Unknown
            )
        });
        coming
            .filter_map(|change| {
                let waits = self
                    .behind
                    .get(&change.logical_id)
                    .is_some_and(|behind| behind.contains(&index));
                if !waits && before.contains(change.logical_id.as_str()) {
                    return None;
                }
                let resource = self.new.resource(&change.logical_id)?;
                let need = need(hook, &roles, resource)?;
                let (runs, why) = if waits {
                    ("runs", "it waits for the alias")
                } else {
                    ("may run", "nothing orders the two")
                };
                let done = match change.action {
                    Action::Create => "created",
                    _ => "changed",
                };
                let message = format!(
                    "{} {runs} ({event} of {}) before {}, {need}, is {done}: {why}",
                    hook.logical_id,
                    deployment.function.as_deref().unwrap_or("its function"),
                    change.logical_id,
                );
                let finding = if waits {
                    Finding::warning("plan::hook-before-its-need", message)
                } else {
                    Finding::note("plan::hook-before-its-need", message)
                };
                Some(
                    finding
                        .at(&hook.logical_id, change.place)
                        .help("two updates: the first brings it, the second the hook or the change that needs it"),
                )
            })
            .collect()
    }

    /// Routes belong to no version, and what waits for the alias changes when all traffic has shifted.
    fn routes_at_once(&self) -> Vec<Finding> {
        if self.routes.is_empty() {
            return Vec::new();
        }
        let mut findings: Vec<_> = routes::not_deployed(self.routes).collect();
        let starts = self.starting().next().is_some();
        for route in self.routes {
            // Of an API that comes or goes `callers` says it.
            let api = self.compared.change(&route.api);
            if api.is_none_or(|api| api.action == Action::Create) || !route.is_deployed {
                continue;
            }
            let after = self.behind.contains_key(&route.api);
            let name = route.name();
            let when = match (starts, after) {
                (false, _) => "for all callers at once",
                (true, true) => "for all callers at once, when all traffic has shifted",
                (true, false) => {
                    "for all callers at once, and nothing makes it wait for the deployment: the old version may meet it"
                }
            };
            let message = format!("the route {name} is {}: {when}", route.action.name());
            let finding = if route.action == RouteAction::Added && (after || !starts) {
                Finding::note("plan::route-at-once", message)
            } else {
                Finding::warning("plan::route-at-once", message)
            };
            findings.push(finding.at(&route.api, route.place));
        }
        for (index, deployment) in self.starting() {
            let Some(hook) = deployment
                .hooks
                .iter()
                .find(|hook| hook.event == LifecycleEventName::AfterAllowTraffic)
            else {
                continue;
            };
            let count = self
                .routes
                .iter()
                .filter(|route| {
                    let behind = self.behind.get(&route.api).filter(|_| route.is_deployed);
                    behind.is_some_and(|behind| behind.contains(&index))
                })
                .count();
            if count > 0 {
                let routes = counted(count, "route");
                let message = format!(
                    "{} meets the API as it was before the update: {routes} of it change only after it",
                    hook.function.as_deref().unwrap_or("the PostTraffic hook")
                );
                findings.push(
                    Finding::note("plan::post-traffic-meets-old-routes", message)
                        .at(&deployment.alias_logical_id, deployment.place),
                );
            }
        }
        findings
    }

    /// Tables that are replaced, or leave, and indexes that go.
    fn tables(&self, live: &Stack) -> Vec<Finding> {
        let is_table = |change: &&Change| {
            matches!(
                change.r#type.as_str(),
                "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable"
            )
        };
        let mut findings = Vec::new();
        for change in self.compared.changes.iter().filter(is_table) {
            let id = &change.logical_id;
            let may = change.replacement.is_none() && change.is_some();
            let before = live.resource(id);
            match change.action {
                Action::Replace => findings.push(
                    Finding::warning(
                        "plan::table-replaced",
                        format!(
                            "{id} is replaced: functions meet a new, empty table from the moment when they name it, and {}",
                            kept(before)
                        ),
                    )
                    .at(id, change.place)
                    .help("make a second table beside it, copy the items, and change over in an update of its own"),
                ),
                Action::Delete if change.stays => {
                    let mut changes = self.compared.changes.iter().filter(is_table);
                    let comes = changes.find(|other| other.action == Action::Create);
                    let comes = comes.map_or_else(String::new, |other| {
                        format!("; {} is new, and empty", other.logical_id)
                    });
                    findings.push(
                        Finding::warning(
                            "plan::table-let-go",
                            format!("{id} leaves the stack and stays outside it, with its items{comes}"),
                        )
                        .at(id, rehearsal_template::Place::default())
                        .help("keep its logical id; one that is to have another is imported into the stack under that (CloudFormation user guide, \"Import existing resources\")"),
                    );
                }
                Action::Delete => findings.push(
                    Finding::warning(
                        "plan::table-deleted",
                        format!("{id} leaves the stack, and is deleted with its items when the update is over"),
                    )
                    .at(id, rehearsal_template::Place::default()),
                ),
                _ if may => findings.push(
                    Finding::warning(
                        "plan::table-may-be-replaced",
                        format!("{id} may be replaced by a new, empty table: that is not known here"),
                    )
                    .at(id, change.place),
                ),
                Action::Update => {
                    let names = |table: Option<&Resource>| table.and_then(index_names);
                    let (Some(old), Some(now)) = (names(before), names(self.new.resource(id)))
                    else {
                        continue;
                    };
                    for index in old.iter().filter(|index| !now.contains(index)) {
                        findings.push(
                            Finding::warning(
                                "plan::index-deleted",
                                format!("{id} loses its index {index} before the old version has served its last request"),
                            )
                            .at(id, change.place)
                            .help("an update of its own, once no version in service reads it"),
                        );
                    }
                    // CloudFormation does not wait for it (CloudFormation user guide, `AWS::DynamoDB::Table`,
                    // `GlobalSecondaryIndexes`).
                    let deploys = self.starting().next().is_some();
                    for index in now.iter().filter(|index| deploys && !old.contains(index)) {
                        findings.push(
                            Finding::warning(
                                "plan::index-being-filled",
                                format!("{id} gains the index {index}, which is filled while the update goes on: every query of it is refused until then"),
                            )
                            .at(id, change.place)
                            .help("an update of its own, before the one whose code reads it"),
                        );
                    }
                }
                _ => {}
            }
        }
        findings
    }
}

fn kept(table: Option<&Resource>) -> &'static str {
    let policy = table
        .and_then(|table| table.update_replace_policy.as_ref())
        .and_then(Field::known_value);
    match policy.map(String::as_str) {
        Some("Retain" | "Snapshot" | "RetainExceptOnCreate") => {
            "the old one stays, outside the stack"
        }
        _ => "the old one goes with its items when the update is over",
    }
}

/// What of a hook's needs a resource is.
fn need(hook: &Function, roles: &BTreeSet<String>, resource: &Resource) -> Option<&'static str> {
    match resource.r#type.as_str() {
        "AWS::IAM::Policy" | "AWS::IAM::RolePolicy" | "AWS::IAM::ManagedPolicy" => {
            let of_role = ["Roles", "RoleName"].into_iter().any(|property| {
                resource
                    .properties
                    .get(property)
                    .is_some_and(|property| !property.references.is_disjoint(roles))
            });
            of_role.then_some("a policy of its role")
        }
        "AWS::SSM::Parameter" => {
            let name = resource.properties.get("Name")?.value.to_text()?;
            let environment = hook.environment.known_value()?;
            environment
                .values()
                .any(|value| value.is(&name))
                .then_some("the parameter that it reads")
        }
        _ => None,
    }
}
