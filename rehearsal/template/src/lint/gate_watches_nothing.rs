//! `gate-watches-nothing`: a gate that names what this template does not have, or watches something else than what is shifted.
//!
//! CodeDeploy takes any name for an alarm, and CloudWatch any value for a dimension. A name that is a logical id, an ARN, an alias
//! that the function does not have, a version that was published long ago: nothing ever sends data under it, or what sends it is
//! not what the deployment shifts. What may be another stack's is left alone.

use rehearsal_aws::apigateway::stage::ApiKind;

use super::series::Series;
use super::shifting::Shifting;
use super::{Lint, Subject, series, shifting};
use crate::stack::{Alarm, Api, Function};
use crate::{Diagnostic, Place, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "gate-watches-nothing",
    finds: "a gate that names what this template does not have, or watches something else than what is shifted",
    severity: Severity::Warning,
    check,
};

/// What is wrong, what to do, and where.
type Finding = (String, String, Place);

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for shifting in &subject.shifting {
        for (message, help, place) in names(subject, shifting) {
            found.push(
                LINT.report(message, place)
                    .resource(shifting.function_or_alias())
                    .help(help),
            );
        }
    }
    for (alarm, _) in shifting::watching(subject.stack, &subject.shifting) {
        let gated: Vec<&Shifting<'_>> = subject
            .shifting
            .iter()
            .filter(|shifting| {
                let mut alarms = shifting.alarms(subject.stack);
                alarms.any(|other| other.logical_id == alarm.logical_id)
            })
            .collect();
        let series = series::of(alarm);
        let mut findings: Vec<Finding> = series
            .iter()
            .filter_map(|series| {
                Watched {
                    subject,
                    alarm,
                    series,
                }
                .finding(&gated)
            })
            .collect();
        if findings.is_empty() {
            findings.extend(another_function(subject, &series, &gated));
        }
        for (message, help, place) in findings {
            found.push(
                LINT.report(message, place)
                    .resource(&alarm.logical_id)
                    .help(help),
            );
        }
    }
}

/// Names in a group's list of alarms that are no alarm's name.
fn names(subject: &Subject<'_, '_>, shifting: &Shifting<'_>) -> Vec<Finding> {
    let alarms = shifting.group.and_then(|group| group.alarms.known_value());
    let mut findings = Vec::new();
    for alarm in alarms.into_iter().flatten() {
        let (None, Some(name)) = (&alarm.logical_id, alarm.name.known_value()) else {
            continue;
        };
        let is_alarm = subject.stack.resource(name).is_some_and(|resource| {
            matches!(
                resource.r#type.as_str(),
                "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm"
            )
        });
        if is_alarm {
            findings.push((
                format!("`{name}` is an alarm's logical id, not its name: CodeDeploy looks for an alarm that is called so"),
                format!("write `!Ref {name}`"),
                alarm.name.place,
            ));
        } else if name.starts_with("arn:") {
            findings.push((
                format!(
                    "`{name}` is an ARN, and a deployment group names its alarms by their names"
                ),
                "write the name: `!Ref` of the alarm gives it".to_owned(),
                alarm.name.place,
            ));
        }
    }
    findings
}

/// One metric that a gate watches.
struct Watched<'w, 's, 't> {
    subject: &'w Subject<'s, 't>,
    alarm: &'w Alarm,
    series: &'w Series,
}

impl Watched<'_, '_, '_> {
    fn value(&self, name: &str) -> Option<&str> {
        self.series.dimensions.as_ref()?.get(name)?.as_deref()
    }

    fn place(&self, name: &str) -> Place {
        let place = self.series.value_places.get(name).copied();
        place.unwrap_or(self.series.dimensions_place)
    }

    fn finding(&self, gated: &[&Shifting<'_>]) -> Option<Finding> {
        match self.series.namespace.as_deref()? {
            "AWS/Lambda" => self
                .logical_id("FunctionName", "AWS::Lambda::Function")
                .or_else(|| self.qualifier(gated)),
            "AWS/ApiGateway" => self.api(),
            "AWS/DynamoDB" => self.logical_id("TableName", "AWS::DynamoDB::Table"),
            _ => None,
        }
    }

    /// A logical id in the place of a name.
    fn logical_id(&self, dimension: &str, r#type: &str) -> Option<Finding> {
        let value = self.value(dimension)?;
        let resource = self.subject.resolver.resources.by_id.get(value)?;
        let own = self
            .subject
            .resolver
            .attribute(resource, None, resource.place);
        if resource.r#type != r#type || own.to_text().as_deref() == Some(value) {
            return None;
        }
        Some((
            format!("`{value}` is a logical id: the {dimension} of its metrics is another"),
            format!("write `!Ref {value}`"),
            self.place(dimension),
        ))
    }

    /// An alias that the function does not have or that is not shifted, or a version by its number.
    fn qualifier(&self, gated: &[&Shifting<'_>]) -> Option<Finding> {
        let name = self.value("FunctionName")?;
        let function = self.subject.stack.function_named(name)?;
        if let Some(finding) = self.arn_of_version() {
            return Some(finding);
        }
        if let Some(version) = self.value("ExecutedVersion") {
            let place = self.place("ExecutedVersion");
            if version == LATEST {
                return Some(latest(place));
            }
            if self.is_written(place, version) {
                return Some(pinned(version, place));
            }
        }
        let place = self.place("Resource");
        let qualifier = self.value("Resource")?.strip_prefix(name)?;
        if qualifier.is_empty() {
            return Some(unqualified(name, place));
        }
        let qualifier = qualifier.strip_prefix(':')?;
        if qualifier == LATEST {
            return Some(latest(place));
        }
        if qualifier.bytes().all(|byte| byte.is_ascii_digit()) {
            let is_written = self.is_written(place, qualifier);
            return is_written.then(|| pinned(qualifier, place));
        }
        self.alias(function, qualifier, gated, place)
    }

    /// A version's ARN in the place of its number: `!Ref` of a version.
    fn arn_of_version(&self) -> Option<Finding> {
        let place = *self.series.value_places.get("ExecutedVersion")?;
        let by_id = &self.subject.resolver.resources.by_id;
        let alarm = by_id.get(&self.alarm.logical_id)?;
        let (intrinsic, argument) = alarm.properties.find(place)?.intrinsic()?;
        let named = argument.to_text().filter(|_| intrinsic == "Ref")?;
        let is_version = match named.strip_suffix(".Version") {
            Some(function) => self.subject.stack.function(function).is_some(),
            None => by_id.get(named.as_str())?.r#type == "AWS::Lambda::Version",
        };
        is_version.then(|| {
            (
                format!("`!Ref {named}` is a version's ARN, and `ExecutedVersion` is its number"),
                format!("write `!GetAtt {named}.Version`"),
                place,
            )
        })
    }

    fn alias(
        &self,
        function: &Function,
        qualifier: &str,
        gated: &[&Shifting<'_>],
        place: Place,
    ) -> Option<Finding> {
        let id = &function.logical_id;
        if self.subject.resolver.resources.is_open {
            return None;
        }
        let aliases: Option<Vec<&str>> = self
            .subject
            .stack
            .aliases
            .iter()
            .filter(|alias| alias.function.known_value().is_none_or(|of| of == id))
            .map(|alias| alias.name.known_value().map(String::as_str))
            .collect();
        let aliases = aliases?;
        if !aliases.contains(&qualifier) {
            let known = match &aliases[..] {
                [] => "it has none".to_owned(),
                aliases => format!("it has `{}`", aliases.join("`, `")),
            };
            return Some((
                format!("`{id}` has no alias `{qualifier}` in this template: {known}"),
                aliases.first().map_or_else(
                    || "watch the function: leave `Resource` out".to_owned(),
                    |alias| format!("write `<function name>:{alias}`"),
                ),
                place,
            ));
        }
        // Of the function's own deployments, the aliases that they shift.
        let shifted: Vec<&str> = gated
            .iter()
            .filter(|shifting| shifting.alias.function.is(id))
            .filter_map(|shifting| shifting.alias.name.known_value().map(String::as_str))
            .collect();
        let [first, ..] = shifted[..] else {
            return None;
        };
        (!shifted.contains(&qualifier)).then(|| {
            (
                format!("it watches the alias `{qualifier}`, and the deployment that it gates shifts `{first}`"),
                format!("write `<function name>:{first}`"),
                place,
            )
        })
    }

    /// Whether a text stands in the template as it is, in a plain value or at the end of a `Fn::Sub`.
    fn is_written(&self, place: Place, text: &str) -> bool {
        let by_id = &self.subject.resolver.resources.by_id;
        let alarm = by_id.get(&self.alarm.logical_id);
        let node = alarm.and_then(|alarm| alarm.properties.find(place));
        let written = node.and_then(|node| match node.intrinsic() {
            Some(("Fn::Sub", argument)) => argument.to_text(),
            Some(_) => None,
            None => node.to_text(),
        });
        written.is_some_and(|written| written == text || written.ends_with(&format!(":{text}")))
    }

    /// A stage, or a method of a path, that the API does not have; or metrics by method that it does not send.
    fn api(&self) -> Option<Finding> {
        let stack = self.subject.stack;
        let (api, dimension) = match (self.value("ApiName"), self.value("ApiId")) {
            (Some(name), _) => {
                let named = |api: &&Api| api.name.is(name);
                let Some(api) = stack.apis.iter().find(named) else {
                    let meant = stack.apis.iter().find(|api| api.logical_id == name)?;
                    let own = meant.name.known_value()?;
                    return Some((
                        format!("`{name}` is a logical id: the API's name is `{own}`"),
                        format!("write `{own}`"),
                        self.place("ApiName"),
                    ));
                };
                (api, ApiKind::Rest)
            }
            (None, Some(id)) => (stack.apis.iter().find(|api| api.id == id)?, ApiKind::Http),
            (None, None) => return None,
        };
        if api.kind != dimension {
            return None;
        }
        self.stage(api).or_else(|| self.method(api))
    }

    fn stage(&self, api: &Api) -> Option<Finding> {
        let stage = self.value("Stage")?;
        let names: Option<Vec<&str>> = api
            .stages
            .iter()
            .map(|stage| stage.name.known_value().map(String::as_str))
            .collect();
        let names = names.filter(|names| !names.is_empty())?;
        // The second stage that SAM's REST APIs have, and one that a deployment makes, are no resources.
        let is_made = self
            .subject
            .resolver
            .resources
            .by_id
            .values()
            .any(|resource| {
                resource.r#type == "AWS::ApiGateway::Deployment"
                    && resource.properties.get("StageName").is_some_and(|name| {
                        let name = self.subject.resolver.value(name);
                        name.to_text().is_none_or(|name| name == stage)
                    })
            });
        if names.contains(&stage) || stage == "Stage" || is_made {
            return None;
        }
        Some((
            format!(
                "`{}` has no stage `{stage}` in this template: it has `{}`",
                api.logical_id,
                names.join("`, `")
            ),
            format!("write `{}`", names[0]),
            self.place("Stage"),
        ))
    }

    fn method(&self, api: &Api) -> Option<Finding> {
        let (method, path) = (self.value("Method")?, self.value("Resource")?);
        let is_left_out = self
            .subject
            .stack
            .not_rehearsed
            .iter()
            .any(|item| item.logical_id == api.logical_id && item.r#type.starts_with("route "));
        if api.routes.is_empty() || api.routes_unknown.is_some() || is_left_out {
            return None;
        }
        let at_path: Vec<_> = api
            .routes
            .iter()
            .filter(|route| route.path == path)
            .collect();
        if at_path.is_empty() {
            return Some((
                format!("`{}` has no path `{path}` in this template", api.logical_id),
                "write the path as the route has it, parameters in braces".to_owned(),
                self.place("Resource"),
            ));
        }
        // What a route for any method sends is its caller's, or `ANY`: no document says which.
        let has_method = at_path
            .iter()
            .any(|route| route.method == "ANY" || route.method == method);
        (!has_method).then(|| {
            let methods: Vec<&str> = at_path.iter().map(|route| route.method.as_str()).collect();
            (
                format!(
                    "`{}` has no {method} on `{path}` in this template: it has {}",
                    api.logical_id,
                    methods.join(", ")
                ),
                format!("write `{}`", methods[0]),
                self.place("Method"),
            )
        })
    }
}

/// What an invocation without a qualifier runs.
const LATEST: &str = "$LATEST";

fn latest(place: Place) -> Finding {
    (
        format!("it watches `{LATEST}`, which no alias runs"),
        "watch the alias: `<function name>:<alias>`".to_owned(),
        place,
    )
}

/// Assumed, as in a rehearsal: without a qualifier `Resource` is the function's name.
fn unqualified(name: &str, place: Place) -> Finding {
    (
        format!("it watches what invokes `{name}` without a qualifier, and that runs `{LATEST}`"),
        "watch the alias: `<function name>:<alias>`".to_owned(),
        place,
    )
}

fn pinned(version: &str, place: Place) -> Finding {
    (
        format!("it watches version {version}, and each deployment brings another"),
        "let the template give the number, such as `!GetAtt Function.Version.Version`, or watch the alias".to_owned(),
        place,
    )
}

/// An alarm on functions alone, none of which is what its deployments shift.
fn another_function(
    subject: &Subject<'_, '_>,
    series: &[Series],
    gated: &[&Shifting<'_>],
) -> Option<Finding> {
    let mut watched = Vec::new();
    for series in series {
        if series.namespace.as_deref() != Some("AWS/Lambda") {
            return None;
        }
        let name = series
            .dimensions
            .as_ref()?
            .get("FunctionName")?
            .as_deref()?;
        // An ARN is no function's name: another lint reports that it has no data.
        if name.starts_with("arn:") {
            return None;
        }
        watched.push(name);
    }
    let first = series.first()?;
    let mut shifted = Vec::new();
    for shifting in gated {
        let id = shifting.alias.function.known_value()?;
        let name = subject.stack.function(id)?.name.known_value()?;
        if watched.contains(&name.as_str()) {
            return None;
        }
        shifted.push(id.as_str());
    }
    let place = first.value_places.get("FunctionName").copied();
    Some((
        format!(
            "it watches the function `{}` alone, and the deployment that it gates shifts `{}`",
            watched.first()?,
            shifted.first()?
        ),
        format!("watch `!Ref {}`", shifted.first()?),
        place.unwrap_or(first.dimensions_place),
    ))
}
