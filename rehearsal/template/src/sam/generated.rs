//! What SAM generates for events beside routes, and for an API's keys, authorizers and domain
//! (SAM translator, `model/eventsources/push.py`, `pull.py`, `scheduler.py`, `cloudwatchlogs.py`, `model/stepfunctions/events.py`,
//! `model/api/api_generator.py`, `model/api/http_api_generator.py`).
//!
//! None of it acts in a rehearsal. It is there for the names by which templates refer to it, and for the order of an update.

use super::hash;
use crate::resource::Resource;
use crate::text::{Entry, Node, NodeKind};

/// What an event of a function makes. `target` is the function's alias, or the function.
pub(super) fn of_function_event(
    function: &Resource,
    target: &str,
    name: &str,
    event: &Node,
) -> Vec<Resource> {
    let Some(r#type) = event.get("Type").and_then(Node::as_str) else {
        return Vec::new();
    };
    let id = format!("{}{name}", function.logical_id);
    let maker = Maker::new(function, event);
    let place = event.place;
    let target = || Node::reference(target, place);
    let permission = || {
        let prefix = if r#type == "Cognito" {
            format!("{}Cognito", function.logical_id)
        } else {
            id.clone()
        };
        let (service, sources) = sender(&maker, r#type, &id);
        let mut properties = vec![
            ("Action", Node::string("lambda:InvokeFunction", place)),
            ("FunctionName", target()),
            ("Principal", Node::string(service, place)),
        ];
        properties.extend(sources);
        maker.make(
            format!("{prefix}Permission"),
            "AWS::Lambda::Permission",
            &properties,
        )
    };
    let mapping = |id: String| {
        maker.make(
            id,
            "AWS::Lambda::EventSourceMapping",
            &[("FunctionName", target())],
        )
    };
    match r#type {
        "Schedule" | "CloudWatchEvent" | "EventBridgeRule" => {
            let mut made = vec![maker.rule(&id, "LambdaTarget", target())];
            made.extend(maker.dead_letter_queue(&id, true));
            made.push(permission());
            made
        }
        "ScheduleV2" => maker.schedule(&id, ("Target", target())),
        "SNS" => {
            let subscription =
                maker.with_properties(id.clone(), "AWS::SNS::Subscription", ("Endpoint", target()));
            let through = maker
                .property("SqsSubscription")
                .filter(|node| !node.is_empty());
            let Some(through) = through else {
                return vec![permission(), subscription];
            };
            let policy = through.get("QueuePolicyLogicalId").and_then(Node::as_str);
            let policy = policy.map_or_else(|| format!("{id}QueuePolicy"), str::to_owned);
            let mut made = vec![mapping(format!("{id}EventSourceMapping"))];
            if through.as_map().is_none() {
                made.push(maker.make(format!("{id}Queue"), "AWS::SQS::Queue", &[]));
            }
            made.push(maker.make(policy, "AWS::SQS::QueuePolicy", &[]));
            made.push(subscription);
            made
        }
        "IoTRule" => vec![
            permission(),
            maker.with_properties(id.clone(), "AWS::IoT::TopicRule", ("Function", target())),
        ],
        "CloudWatchLogs" => {
            let filter = maker.with_properties(
                id.clone(),
                "AWS::Logs::SubscriptionFilter",
                ("DestinationArn", target()),
            );
            vec![permission(), filter]
        }
        "S3" | "AlexaSkill" | "Cognito" => vec![permission()],
        "SQS" | "Kinesis" | "DynamoDB" | "MQ" | "MSK" | "SelfManagedKafka" | "DocumentDB" => {
            vec![maker.with_properties(
                id.clone(),
                "AWS::Lambda::EventSourceMapping",
                ("FunctionName", target()),
            )]
        }
        _ => Vec::new(),
    }
}

/// What an event of a state machine makes, but for the role of an API's.
pub(super) fn of_machine_event(machine: &Resource, name: &str, event: &Node) -> Vec<Resource> {
    let id = format!("{}{name}", machine.logical_id);
    let maker = Maker::new(machine, event);
    let target = || Node::reference(&machine.logical_id, event.place);
    match event.get("Type").and_then(Node::as_str) {
        Some("ScheduleV2") => maker.schedule(&id, ("Target", target())),
        Some("Schedule" | "CloudWatchEvent" | "EventBridgeRule") => {
            let mut made = vec![maker.rule(&id, "StepFunctionsTarget", target())];
            if maker.property("RoleArn").is_none() {
                made.push(maker.make(format!("{id}Role"), "AWS::IAM::Role", &[]));
            }
            made.extend(maker.dead_letter_queue(&id, true));
            made
        }
        Some("Api") if maker.property("Role").is_none_or(Node::is_empty) => {
            vec![maker.make(format!("{id}Role"), "AWS::IAM::Role", &[])]
        }
        _ => Vec::new(),
    }
}

/// The longest id of a rule's target (EventBridge API, `Target`).
const LONGEST_TARGET_ID: usize = 64;

/// The service that sends an event, and what it may come from alone (SAM translator, `principal` of each type of event).
fn sender(maker: &Maker<'_>, r#type: &str, id: &str) -> (&'static str, Vec<(&'static str, Node)>) {
    let place = maker.event.place;
    let property = |key: &str| maker.property(key).cloned();
    let arn_of = |id: &str| Some(Node::attribute(id, "Arn", place));
    let (service, arn) = match r#type {
        "S3" => {
            let account = Node::reference("AWS::AccountId", place);
            return ("s3.amazonaws.com", vec![("SourceAccount", account)]);
        }
        "AlexaSkill" => {
            let skill = property("SkillId").map(|skill| ("EventSourceToken", skill));
            return ("alexa-appkit.amazon.com", Vec::from_iter(skill));
        }
        "SNS" => ("sns.amazonaws.com", property("Topic")),
        "IoTRule" => {
            let name = ("RuleName", Node::reference(id, place));
            let account = Node::reference("AWS::AccountId", place);
            let arn = arn("iot", "rule/${RuleName}", name);
            let sources = vec![("SourceArn", arn), ("SourceAccount", account)];
            return ("iot.amazonaws.com", sources);
        }
        "CloudWatchLogs" => {
            let group = property("LogGroupName").map(|group| {
                let name = ("__LogGroupName__", group);
                arn("logs", "log-group:${__LogGroupName__}:*", name)
            });
            ("logs.amazonaws.com", group)
        }
        "Cognito" => {
            let pool = maker.property("UserPool").and_then(named_by_ref);
            ("cognito-idp.amazonaws.com", pool.and_then(arn_of))
        }
        _ => ("events.amazonaws.com", arn_of(id)),
    };
    let source = arn.map(|arn| ("SourceArn", arn));
    (service, Vec::from_iter(source))
}

/// The ARN of something of this account and Region, as SAM writes it.
pub(super) fn arn(service: &str, resource: &str, (name, node): (&str, Node)) -> Node {
    let place = node.place;
    let text = format!(
        "arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}"
    );
    let parts = vec![Node::string(text, place), Node::map([(name, node)], place)];
    Node::map([("Fn::Sub", Node::list(parts, place))], place)
}

/// The logical id in a `Ref`.
pub(super) fn named_by_ref(node: &Node) -> Option<&str> {
    match node.intrinsic()? {
        ("Ref", name) => name.as_str(),
        _ => None,
    }
}

struct Maker<'t> {
    owner: &'t Resource,
    event: &'t Node,
}

impl<'t> Maker<'t> {
    fn new(owner: &'t Resource, event: &'t Node) -> Self {
        Self { owner, event }
    }

    fn property(&self, key: &str) -> Option<&'t Node> {
        self.event.get("Properties")?.non_null(key)
    }

    fn make(&self, id: String, r#type: &str, properties: &[(&str, Node)]) -> Resource {
        let entries = properties.iter().map(|(key, node)| (*key, node.clone()));
        let properties = Node::map(entries, self.event.place);
        let mut resource = Resource::generated(id, r#type, properties, self.owner);
        resource.place = self.event.place;
        resource.is_of_event = true;
        resource
    }

    /// A resource that gets what the event says, and `(key, node)`.
    fn with_properties(&self, id: String, r#type: &str, (key, node): (&str, Node)) -> Resource {
        let mut resource = self.make(id, r#type, &[(key, node)]);
        let own = self.event.get("Properties").and_then(Node::as_map);
        if let NodeKind::Map(properties) = &mut resource.properties.kind {
            for (key, entry) in own.into_iter().flatten() {
                properties.get_or_insert_with(key.clone(), || entry.clone());
            }
        }
        resource
    }

    /// The rule of a schedule or a pattern (SAM translator, `Schedule` and `CloudWatchEvent`): a schedule has the name that it is given as
    /// `Name`, a pattern's rule as `RuleName`.
    fn rule(&self, id: &str, suffix: &str, arn: Node) -> Resource {
        let place = self.event.place;
        let is_schedule = self.event.get("Type").and_then(Node::as_str) == Some("Schedule");
        let length = LONGEST_TARGET_ID.saturating_sub(suffix.len());
        let own: String = id.chars().take(length).collect();
        let given_id = self.property("Target").and_then(|target| target.get("Id"));
        let made_id = || Node::string(format!("{own}{suffix}"), place);
        let mut target = vec![
            ("Arn", arn),
            ("Id", given_id.cloned().unwrap_or_else(made_id)),
        ];
        let take = |key: &'static str| Some((key, self.property(key)?.clone()));
        let of_target = ["Input", "InputPath", "InputTransformer", "RetryPolicy"];
        target.extend(of_target.into_iter().filter_map(take));
        let letters = self.property("DeadLetterConfig").and_then(|config| {
            let given = config.get("Arn").cloned();
            given.or_else(|| Some(Node::attribute(&self.queue(id)?, "Arn", place)))
        });
        let letters = letters.map(|queue| Node::map([("Arn", queue)], place));
        target.extend(letters.map(|letters| ("DeadLetterConfig", letters)));
        let renamed = |to: &'static str, from: &str| Some((to, self.property(from)?.clone()));
        let of_kind = if is_schedule {
            [
                renamed("ScheduleExpression", "Schedule"),
                renamed("Name", "Name"),
                take("Description"),
            ]
        } else {
            [
                renamed("EventPattern", "Pattern"),
                renamed("Name", "RuleName"),
                take("EventBusName"),
            ]
        };
        let mut properties: Vec<(&str, Node)> = of_kind.into_iter().flatten().collect();
        if let Some(enabled) = self.property("Enabled") {
            let state = if enabled.is_empty() {
                "DISABLED"
            } else {
                "ENABLED"
            };
            properties.push(("State", Node::string(state, enabled.place)));
        }
        properties.extend(take("State"));
        let targets = Node::list(vec![Node::map(target, place)], place);
        properties.push(("Targets", targets));
        self.make(id.to_owned(), "AWS::Events::Rule", &properties)
    }

    /// The logical id of the queue that is made for dead letters.
    fn queue(&self, id: &str) -> Option<String> {
        let config = self.property("DeadLetterConfig")?;
        if config.get("Type").and_then(Node::as_str) != Some("SQS") {
            return None;
        }
        let queue = config.get("QueueLogicalId").and_then(Node::as_str);
        Some(queue.map_or_else(|| format!("{id}Queue"), str::to_owned))
    }

    fn dead_letter_queue(&self, id: &str, has_policy: bool) -> Vec<Resource> {
        let Some(queue) = self.queue(id) else {
            return Vec::new();
        };
        let mut made = vec![self.make(queue, "AWS::SQS::Queue", &[])];
        if has_policy {
            made.push(self.make(format!("{id}QueuePolicy"), "AWS::SQS::QueuePolicy", &[]));
        }
        made
    }

    fn schedule(&self, id: &str, target: (&str, Node)) -> Vec<Resource> {
        let mut made = self.dead_letter_queue(id, false);
        made.push(self.with_properties(id.to_owned(), "AWS::Scheduler::Schedule", target));
        if self.property("RoleArn").is_none() {
            made.push(self.make(format!("{id}Role"), "AWS::IAM::Role", &[]));
        }
        made
    }
}

/// What an API's `Auth` makes: permissions for authorizers, and a usage plan with its key. `auth` is resolved as far as SAM does;
/// the second of each pair is the name by which a template refers to it, after the API's.
pub(super) fn of_auth(
    api: &Resource,
    is_http: bool,
    auth: Option<&Node>,
) -> Vec<(Resource, Option<&'static str>)> {
    let id = &api.logical_id;
    let Some(auth) = auth else { return Vec::new() };
    let mut made = Vec::new();
    let mut add = |logical_id: String, r#type: &str, name| {
        let resource =
            Resource::generated(logical_id, r#type, Node::map::<String>([], auth.place), api);
        made.push((resource, name));
    };
    let is_true = |node: Option<&Node>| node.is_some_and(|node| !node.is_empty());
    for (name, entry) in auth
        .get("Authorizers")
        .and_then(Node::as_map)
        .into_iter()
        .flatten()
    {
        let gets = |key: &str| entry.value.get(key);
        let permits = if is_http {
            is_true(gets("EnableFunctionDefaultPermissions"))
        } else {
            !is_true(gets("DisableFunctionDefaultPermissions"))
        };
        let has_function = is_true(gets("FunctionArn"));
        if has_function && permits {
            add(
                format!("{id}{name}AuthorizerPermission"),
                "AWS::Lambda::Permission",
                None,
            );
        }
    }
    let plan = auth
        .at(&["UsagePlan", "CreateUsagePlan"])
        .and_then(Node::as_str);
    let prefix = match plan {
        Some("PER_API") => id.as_str(),
        Some("SHARED") => "Serverless",
        _ => return made,
    };
    add(
        format!("{prefix}UsagePlan"),
        "AWS::ApiGateway::UsagePlan",
        Some("UsagePlan"),
    );
    add(
        format!("{prefix}ApiKey"),
        "AWS::ApiGateway::ApiKey",
        Some("ApiKey"),
    );
    add(
        format!("{prefix}UsagePlanKey"),
        "AWS::ApiGateway::UsagePlanKey",
        Some("UsagePlanKey"),
    );
    made
}

/// What an API's `Domain` makes. `domain` is resolved as far as SAM does.
pub(super) fn of_domain(
    api: &Resource,
    is_http: bool,
    domain: &Node,
) -> Vec<(Resource, Option<&'static str>)> {
    let Some(name) = domain.get("DomainName") else {
        return Vec::new();
    };
    let is_private = domain.get("EndpointConfiguration").and_then(Node::as_str) == Some("PRIVATE");
    let (prefix, r#type, mapping, mapping_type) = match (is_http, is_private) {
        (true, _) => (
            "ApiGatewayDomainNameV2",
            "AWS::ApiGatewayV2::DomainName",
            "ApiMapping",
            "AWS::ApiGatewayV2::ApiMapping",
        ),
        (false, true) => (
            "ApiGatewayDomainNameV2",
            "AWS::ApiGateway::DomainNameV2",
            "BasePathMapping",
            "AWS::ApiGateway::BasePathMappingV2",
        ),
        (false, false) => (
            "ApiGatewayDomainName",
            "AWS::ApiGateway::DomainName",
            "BasePathMapping",
            "AWS::ApiGateway::BasePathMapping",
        ),
    };
    let generated = |id: String, r#type: &str| {
        let mut resource =
            Resource::generated(id, r#type, Node::map::<String>([], domain.place), api);
        resource.place = domain.place;
        resource
    };
    let id = &api.logical_id;
    let mut made = vec![(
        generated(format!("{prefix}{}", hash_of(name)), r#type),
        Some("DomainName"),
    )];
    let paths: Vec<String> = match domain.get("BasePath").map(|path| (path, path.as_list())) {
        Some((_, Some(paths))) if !paths.is_empty() => {
            paths.iter().filter_map(Node::to_text).collect()
        }
        Some((path, None)) if path.as_str().is_some_and(|path| !path.is_empty()) => {
            path.to_text().into_iter().collect()
        }
        _ => vec![String::new()],
    };
    for path in paths {
        let word: String = path.chars().filter(|c| c.is_alphanumeric()).collect();
        made.push((
            generated(format!("{id}{word}{mapping}"), mapping_type),
            None,
        ));
    }
    if let Some(route) = domain.get("Route53") {
        let zone = ["HostedZoneId", "HostedZoneName"]
            .into_iter()
            .find_map(|key| route.get(key));
        let is_separate = route.given("SeparateRecordSetGroup").is_some();
        if let Some(zone) = zone {
            let of = if is_separate {
                Node::list(vec![zone.clone(), name.clone()], zone.place)
            } else {
                zone.clone()
            };
            made.push((
                generated(
                    format!("RecordSetGroup{}", hash_of(&of)),
                    "AWS::Route53::RecordSetGroup",
                ),
                None,
            ));
        }
    }
    made
}

fn hash_of(node: &Node) -> String {
    match node.as_str() {
        Some(text) => hash::of_text(text),
        None => hash::of_node(node),
    }
}

/// What a GraphQL API keeps of its own; the rest is of the resources that SAM makes besides.
const OF_GRAPHQL_API: [&str; 8] = [
    "Name",
    "Tags",
    "XrayEnabled",
    "Visibility",
    "OwnerContact",
    "IntrospectionConfig",
    "QueryDepthLimit",
    "ResolverCountLimit",
];

/// A GraphQL API: the API and its schema. Data sources, functions and resolvers wait for it and are not expanded.
pub(super) fn graphql_api(mut api: Resource) -> Vec<Resource> {
    let schema = Resource::generated(
        format!("{}Schema", api.logical_id),
        "AWS::AppSync::GraphQLSchema",
        Node::map(
            [(
                "ApiId",
                Node::attribute(&api.logical_id, "ApiId", api.place),
            )],
            api.place,
        ),
        &api,
    );
    "AWS::AppSync::GraphQLApi".clone_into(&mut api.r#type);
    if let NodeKind::Map(properties) = &mut api.properties.kind {
        properties.retain(|key, _: &mut Entry| OF_GRAPHQL_API.contains(&key.as_str()));
    }
    vec![api, schema]
}
