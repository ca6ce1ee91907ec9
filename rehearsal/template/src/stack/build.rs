//! From resolved resources to the typed stack.

use rehearsal_aws::apigateway::stage::ApiKind;

use super::api::Elsewhere;
use super::reader::{Reader, condition};
use super::{
    Alarm, Alias, Api, AskedFor, CompositeAlarm, DeploymentConfig, DeploymentGroup,
    EventInvokeConfig, Function, MetricFilter, NotRehearsed, Output, Properties, Property,
    Resource, SsmParameter, Stack, Stage, Table, Version, definition, method, nested, passed_over,
    support,
};
use crate::document::is_left_open;
use crate::resolve::Resolver;
use crate::resource;
use crate::text::Node;
use crate::{Diagnostic, Field, Place, Unknown, Value, order};

/// Builds the stack; the diagnostics are the resolver's.
pub(crate) fn build(
    resolver: &Resolver<'_>,
    outputs: Option<&Node>,
    left_open: &[(String, Place)],
    mut not_rehearsed: Vec<NotRehearsed>,
) -> Stack {
    let (existing, absent): (Vec<&resource::Resource>, Vec<&resource::Resource>) = resolver
        .resources
        .by_id
        .values()
        .partition(|resource| exists(resolver, resource));
    let all = Resources {
        resolver,
        resources: &existing,
    };
    let left_out = Resources {
        resolver,
        resources: &absent,
    };
    let functions = all.functions();
    // Aliases that are left out have groups that are.
    let [deployment_groups, groups_left_out] =
        [all, left_out].map(|resources| resources.read(GROUP, DeploymentGroup::read));
    let all_groups: Vec<&DeploymentGroup> =
        deployment_groups.iter().chain(&groups_left_out).collect();
    let tables = all.read_any(
        &["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"],
        Table::read,
    );
    let apis = apis(resolver, &existing, &mut not_rehearsed);
    let alias = |reader: &Reader<'_, '_>| Alias::read(reader, &all_groups);
    let [aliases, aliases_left_out] =
        [all, left_out].map(|resources| resources.read("AWS::Lambda::Alias", alias));
    let resources: Vec<Resource> = existing
        .iter()
        .map(|resource| listed(resolver, resource))
        .collect();
    let dependents: Vec<_> = resources.iter().map(Resource::dependent).collect();
    let update_levels = order::levels(&dependents).unwrap_or_else(|circle| {
        resolver.report(*circle);
        Vec::new()
    });
    not_rehearsed.extend(all.without_part(&deployment_groups));
    let alarms = all.read("AWS::CloudWatch::Alarm", Alarm::read);
    not_rehearsed.extend(alarms.iter().filter_map(support::anomaly_detection));
    not_rehearsed.extend(left_open.iter().map(support::made_at_deployment));
    support::of_each_version(&mut not_rehearsed, &resources);
    not_rehearsed.sort_by_key(|item| item.place);
    Stack {
        name: resolver.inputs.stack_name.clone(),
        inputs: resolver.inputs.clone(),
        versions: all.read("AWS::Lambda::Version", Version::read),
        aliases,
        aliases_left_out,
        deployment_configs: all.read("AWS::CodeDeploy::DeploymentConfig", DeploymentConfig::read),
        alarms,
        composite_alarms: all.read("AWS::CloudWatch::CompositeAlarm", CompositeAlarm::read),
        metric_filters: all.read("AWS::Logs::MetricFilter", MetricFilter::read),
        ssm_parameters: all.read("AWS::SSM::Parameter", SsmParameter::read),
        outputs: outputs
            .map(|outputs| read_outputs(resolver, outputs))
            .unwrap_or_default(),
        nested: nested::nested(resolver, &existing),
        functions,
        deployment_groups,
        apis,
        tables,
        resources,
        update_levels,
        not_rehearsed,
        parameters_without_value: Vec::new(),
        secrets: std::collections::BTreeSet::new(),
        secret_parameters: std::collections::BTreeMap::new(),
        asked_for: AskedFor::default(),
        diagnostics: Vec::new(),
    }
}

const GROUP: &str = "AWS::CodeDeploy::DeploymentGroup";

/// Resources that are yet to be read.
#[derive(Clone, Copy)]
struct Resources<'r, 't> {
    resolver: &'r Resolver<'t>,
    resources: &'r [&'r resource::Resource],
}

impl Resources<'_, '_> {
    /// Those of one type.
    fn read<T>(self, r#type: &str, read: impl Fn(&Reader<'_, '_>) -> T) -> Vec<T> {
        self.read_any(&[r#type], read)
    }

    /// Those of any of these types, in the template's order.
    fn read_any<T>(self, types: &[&str], read: impl Fn(&Reader<'_, '_>) -> T) -> Vec<T> {
        let resources = self.resources.iter();
        let of_type = resources.filter(|resource| types.contains(&resource.r#type.as_str()));
        of_type
            .map(|resource| read(&Reader::new(self.resolver, resource)))
            .collect()
    }

    /// The functions, each with what says how it is invoked asynchronously.
    fn functions(self) -> Vec<Function> {
        let mut functions = self.read("AWS::Lambda::Function", Function::read);
        let configs = self.read("AWS::Lambda::EventInvokeConfig", EventInvokeConfig::read);
        for (function, config) in configs {
            let mut known = functions.iter_mut();
            let named = known.find(|known| Some(&known.logical_id) == function.known_value());
            if let Some(function) = named {
                function.event_invoke_configs.push(config);
            }
        }
        functions
    }

    /// What has no part in a rehearsal: properties, then whole resources, then what of deployment groups has none.
    fn without_part(self, groups: &[DeploymentGroup]) -> Vec<NotRehearsed> {
        let all = || self.resources.iter();
        let properties = all().flat_map(|resource| passed_over::of(self.resolver, resource));
        let resources = all().filter_map(|resource| support::left_out(resource));
        let of_type = all().filter(|resource| resource.r#type == GROUP);
        let of_groups = of_type.zip(groups).flat_map(|(resource, group)| {
            support::left_out_of_group(group, &Reader::new(self.resolver, resource))
        });
        properties.chain(resources).chain(of_groups).collect()
    }
}

fn exists(resolver: &Resolver<'_>, resource: &resource::Resource) -> bool {
    condition(resolver, resource).is_none_or(|condition| condition.holds != Some(false))
}

fn listed(resolver: &Resolver<'_>, resource: &resource::Resource) -> Resource {
    let policy = |node: &Option<Node>| {
        let value = resolver.optional(node.as_ref()?)?;
        Some(Field {
            value: match (value.to_text(), value.first_unknown()) {
                (Some(text), _) => Ok(text),
                (None, Some(unknown)) => Err(unknown.clone()),
                (None, None) => Err(Unknown::new("it is no text", value.place)),
            },
            place: value.place,
        })
    };
    Resource {
        logical_id: resource.logical_id.clone(),
        r#type: resource.r#type.clone(),
        place: resource.place,
        generated: resource.generated_for.is_some(),
        references: resolver.references_of(resource),
        condition: condition(resolver, resource),
        // Everything is resolved, also what no one else reads: an error anywhere refuses the template.
        properties: properties(resolver, resource),
        deletion_policy: policy(&resource.deletion_policy),
        update_replace_policy: policy(&resource.update_replace_policy),
    }
}

/// The name under which properties stand that are not known one by one.
pub(super) const WHOLE: &str = "Properties";

fn properties(resolver: &Resolver<'_>, resource: &resource::Resource) -> Properties {
    let whole = &resource.properties;
    let Some(map) = whole.as_map() else {
        return Properties::default();
    };
    let references = resolver.references_of_properties(whole);
    if map.keys().any(|key| is_left_open(key)) || whole.intrinsic().is_some() {
        // What is in them is not known one by one.
        let property = Property {
            value: resolver.value(whole),
            written: Some(whole.to_json().to_string()),
            references: references.all.keys().cloned().collect(),
        };
        return Properties::from_iter([(WHOLE.to_owned(), property)]);
    }
    let each = map
        .iter()
        .zip(&references.by_property)
        .filter_map(|((name, entry), references)| {
            let value = resolver.inside(&entry.value)?;
            let written = value
                .first_unknown()
                .map(|_| entry.value.to_json().to_string());
            let property = Property {
                value,
                written,
                references: references.clone(),
            };
            Some((name.clone(), property))
        });
    let mut properties = Properties::with_capacity(map.len());
    properties.extend(each);
    properties
}

fn apis(
    resolver: &Resolver<'_>,
    existing: &[&resource::Resource],
    not_rehearsed: &mut Vec<NotRehearsed>,
) -> Vec<Api> {
    let mut apis = Vec::new();
    let mut with_keys_of_authorizers = Vec::new();
    for resource in existing {
        let kind = match resource.r#type.as_str() {
            "AWS::ApiGateway::RestApi" => ApiKind::Rest,
            "AWS::ApiGatewayV2::Api" => ApiKind::Http,
            "AWS::Lambda::Url" => {
                apis.push(Api::of_url(&Reader::new(resolver, resource)));
                continue;
            }
            _ => continue,
        };
        let reader = Reader::new(resolver, resource);
        let mut api = Api::read(&reader, kind);
        let (routes, elsewhere) = definition::routes(&reader, kind);
        api.routes = routes;
        if has_keys_of_authorizers(&reader) {
            with_keys_of_authorizers.push(api.id.clone());
        }
        if api.is_websocket {
            let why = "a WebSocket API has no part in a rehearsal: its functions get the events that the rehearsal file gives";
            let (id, of) = (&api.logical_id, &resource.r#type);
            not_rehearsed.push(NotRehearsed::new(id, of, why, api.place));
        }
        let quick = api.quick_create(&reader);
        not_rehearsed.extend(
            elsewhere
                .into_iter()
                .chain(quick)
                .map(|route| leads_elsewhere(&api.logical_id, route)),
        );
        apis.push(api);
    }
    let paths = method::paths(resolver, existing);
    for resource in existing {
        // To make a reader resolves all properties.
        let reader = || Reader::new(resolver, resource);
        let found = match resource.r#type.as_str() {
            "AWS::ApiGateway::Method" => method::rest(&reader(), &paths),
            "AWS::ApiGatewayV2::Route" => method::http(&reader()),
            "AWS::ApiGateway::Stage"
            | "AWS::ApiGatewayV2::Stage"
            | "AWS::ApiGateway::Deployment" => {
                let reader = reader();
                // A deployment may make its own stage (CloudFormation template reference, `StageName` of `AWS::ApiGateway::Deployment`).
                let is_deployment = resource.r#type == "AWS::ApiGateway::Deployment";
                if is_deployment && reader.value("StageName").is_none() {
                    continue;
                }
                let id = reader
                    .value("RestApiId")
                    .or_else(|| reader.value("ApiId"))
                    .and_then(Value::to_text);
                if let Some(api) = apis.iter_mut().find(|api| Some(&api.id) == id.as_ref()) {
                    api.stages.push(Stage::read(&reader));
                }
                continue;
            }
            _ => continue,
        };
        let Some(found) = found else { continue };
        let Some(api) = apis.iter_mut().find(|api| api.id == found.api_id) else {
            continue;
        };
        match found.route {
            Ok(route) => api.routes.push(route),
            Err(route) => not_rehearsed.push(leads_elsewhere(&api.logical_id, route)),
        }
    }
    for api in &mut apis {
        api.resolve_stage_variables(resolver);
        if with_keys_of_authorizers.contains(&api.id) {
            let routes = api.routes.iter_mut();
            routes.for_each(|route| route.needs_api_key.value = Ok(false));
        }
    }
    apis
}

/// Whether an API takes its keys from authorizers (API Gateway API, `RestApi.apiKeySource`), which let everyone in here.
fn has_keys_of_authorizers(reader: &Reader<'_, '_>) -> bool {
    let body = reader.value("Body");
    let sources = [
        reader.value("ApiKeySourceType"),
        body.and_then(|body| body.get("x-amazon-apigateway-api-key-source")),
    ];
    let mut sources = sources.into_iter().flatten();
    sources.any(|source| source.as_str() == Some("AUTHORIZER"))
}

fn leads_elsewhere(api: &str, elsewhere: Elsewhere) -> NotRehearsed {
    let r#type = format!("route {}", elsewhere.route);
    NotRehearsed::new(api, &r#type, elsewhere.why, elsewhere.place)
}

fn read_outputs(resolver: &Resolver<'_>, outputs: &Node) -> Vec<Output> {
    let Some(map) = outputs.as_map() else {
        resolver.report(Diagnostic::error(
            "template::outputs",
            "`Outputs` must be a map",
            outputs.place,
        ));
        return Vec::new();
    };
    let mut read = Vec::new();
    for (name, entry) in map {
        if is_left_open(name) {
            continue;
        }
        let node = &entry.value;
        let place = entry.key_place;
        let condition = node.get("Condition").and_then(Node::as_str);
        let holds = condition.map(|condition| resolver.condition(condition, place));
        if holds == Some(Ok(false)) {
            continue;
        }
        let Some(value) = node.get("Value") else {
            let message = format!("the output `{name}` has no `Value`");
            resolver.report(Diagnostic::error("template::output", message, place));
            continue;
        };
        let references = resolver.references_in(value);
        let value = resolver.value(value);
        let field = match (value.first_unknown(), value.to_text()) {
            (Some(unknown), _) => Field::unknown(unknown.clone(), value.place),
            (None, Some(text)) => Field::known(text, value.place),
            (None, None) => {
                let message = format!("the output `{name}` must be text, not {}", value.describe());
                resolver.report(Diagnostic::error("template::output", message, value.place));
                continue;
            }
        };
        let export_name = node.at(&["Export", "Name"]);
        // A function or a macro may bring the name.
        let is_made =
            |export: &&Node| export.intrinsic().is_some() || export.get("Fn::Transform").is_some();
        let export = node.get("Export").filter(|export| !is_made(export));
        if let Some(export) = export.filter(|_| export_name.is_none()) {
            // The name must be specified: aws-cdk 28563.
            let message = format!("the export of the output `{name}` has no `Name`");
            let diagnostic = Diagnostic::error("template::output", message, export.place);
            resolver.report(diagnostic.help("write `Export: {Name: …}`"));
        }
        let export_refers_to =
            export_name.and_then(|name| resolver.references_in(name).into_keys().next());
        let export = export_name.and_then(|name| {
            let name = resolver.value(name);
            Some(match name.first_unknown() {
                Some(unknown) => Field::unknown(unknown.clone(), name.place),
                None => Field::known(name.to_text()?, name.place),
            })
        });
        read.push(Output {
            name: name.clone(),
            value: field,
            export,
            export_refers_to,
            export_is_of_stack: export_name.is_some_and(Node::is_of_stack),
            description: node.get("Description").and_then(Node::to_text),
            references,
            is_there: holds.is_none_or(|holds| holds == Ok(true)),
            place,
        });
    }
    read
}
