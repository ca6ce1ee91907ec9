//! `DeploymentPreference`
//! (SAM translator, `model/preferences/deployment_preference.py` and `deployment_preference_collection.py`).

use super::early::Early;
use crate::resource::Resource;
use crate::text::{Entry, Map, Node, NodeKind};
use crate::{Diagnostic, Place};

/// SAM makes one application for a stack.
const APPLICATION: &str = "ServerlessDeploymentApplication";
/// And one role, unless every preference brings its own.
const ROLE: &str = "CodeDeployServiceRole";

/// The types that stand for a configuration that CodeDeploy predefines for Lambda.
const PREDEFINED: [&str; 9] = [
    "Canary10Percent5Minutes",
    "Canary10Percent10Minutes",
    "Canary10Percent15Minutes",
    "Canary10Percent30Minutes",
    "Linear10PercentEvery1Minute",
    "Linear10PercentEvery2Minutes",
    "Linear10PercentEvery3Minutes",
    "Linear10PercentEvery10Minutes",
    "AllAtOnce",
];

/// What a function's preference comes to.
pub(super) enum Preference {
    /// There is none.
    None,
    /// It is turned off, here.
    Disabled(Place),
    /// It makes a deployment group, and the alias's update policy.
    Enabled(Box<Group>),
}

/// A deployment group with what the alias needs of it.
pub(super) struct Group {
    pub(super) resource: Resource,
    pub(super) update_policy: Node,
    has_role: bool,
}

/// Reads a function's preference.
pub(super) fn read(
    function: &Resource,
    early: &Early<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Preference {
    let Some(node) = function.properties.get("DeploymentPreference") else {
        return Preference::None;
    };
    if node.is_no_value() || node.as_map().is_some_and(Map::is_empty) {
        return Preference::None;
    }
    let mut refuse = |message: &str, place: Place| {
        diagnostics.push(
            Diagnostic::error("sam::deployment-preference", message, place)
                .resource(&function.logical_id),
        );
        Preference::None
    };
    if node.as_map().is_none() || node.intrinsic().is_some() {
        return refuse("`DeploymentPreference` must be a map", node.place);
    }
    if let Some(enabled) = node.get("Enabled")
        && is_off(&early.resolve(enabled))
    {
        return Preference::Disabled(enabled.place);
    }
    let Some(r#type) = node.get("Type") else {
        return refuse(
            "'DeploymentPreference' is missing required Property 'Type'",
            node.place,
        );
    };
    if function.properties.get("AutoPublishAlias").is_none() {
        return refuse(
            "'DeploymentPreference' requires AutoPublishAlias property to be specified.",
            node.place,
        );
    }
    if let Some(hooks) = node.get("Hooks")
        && hooks.as_map().is_none()
    {
        return refuse(
            "'Hooks' property of 'DeploymentPreference' must be a dictionary",
            hooks.place,
        );
    }
    let alarms = match node.get("Alarms").map(alarm_configuration) {
        Some(Err(place)) => return refuse("Alarms must be a list", place),
        Some(Ok(alarms)) => alarms,
        None => None,
    };
    Preference::Enabled(Box::new(Group::new(function, node, r#type, alarms, early)))
}

impl Group {
    /// The group of an enabled preference, which has been checked.
    fn new(
        function: &Resource,
        preference: &Node,
        r#type: &Node,
        alarms: Option<Node>,
        early: &Early<'_>,
    ) -> Self {
        let place = preference.place;
        let role = preference.get("Role");
        let mut properties = vec![
            ("ApplicationName", Node::reference(APPLICATION, place)),
            ("AutoRollbackConfiguration", rollback(place)),
            ("DeploymentConfigName", configuration(early.resolve(r#type))),
            ("DeploymentStyle", style(place)),
            (
                "ServiceRoleArn",
                role.cloned()
                    .unwrap_or_else(|| Node::attribute(ROLE, "Arn", place)),
            ),
        ];
        properties.extend(alarms.map(|alarms| ("AlarmConfiguration", alarms)));
        let triggers = preference.get("TriggerConfigurations");
        properties.extend(triggers.map(|triggers| ("TriggerConfigurations", triggers.clone())));
        let logical_id = format!("{}DeploymentGroup", function.logical_id);
        let mut resource = Resource::generated(
            &logical_id,
            "AWS::CodeDeploy::DeploymentGroup",
            Node::map(properties, place),
            function,
        );
        resource.place = place;
        // Without PassthroughCondition SAM makes the group whether or not the function exists.
        let passes = preference
            .get("PassthroughCondition")
            .map(|node| early.resolve(node).to_text());
        if !matches!(passes.flatten().as_deref(), Some("true" | "True")) {
            resource.condition = None;
        }
        let mut update = vec![
            ("ApplicationName", Node::reference(APPLICATION, place)),
            ("DeploymentGroupName", Node::reference(logical_id, place)),
        ];
        for (key, hook) in [
            ("BeforeAllowTrafficHook", "PreTraffic"),
            ("AfterAllowTrafficHook", "PostTraffic"),
        ] {
            update.extend(
                preference
                    .at(&["Hooks", hook])
                    .map(|node| (key, node.clone())),
            );
        }
        Self {
            resource,
            update_policy: Node::map(
                [("CodeDeployLambdaAliasUpdate", Node::map(update, place))],
                place,
            ),
            has_role: role.is_some(),
        }
    }
}

/// SAM rolls back on everything that can end a deployment badly.
fn rollback(place: Place) -> Node {
    let events = [
        "DEPLOYMENT_FAILURE",
        "DEPLOYMENT_STOP_ON_ALARM",
        "DEPLOYMENT_STOP_ON_REQUEST",
    ];
    let events = events.map(|event| Node::string(event, place)).to_vec();
    Node::map(
        [
            ("Enabled", Node::new(NodeKind::Bool(true), place)),
            ("Events", Node::list(events, place)),
        ],
        place,
    )
}

fn style(place: Place) -> Node {
    Node::map(
        [
            ("DeploymentType", Node::string("BLUE_GREEN", place)),
            (
                "DeploymentOption",
                Node::string("WITH_TRAFFIC_CONTROL", place),
            ),
        ],
        place,
    )
}

/// What Python takes for false, and the two texts that SAM does. An intrinsic that is left, such as `!If`, is true.
fn is_off(enabled: &Node) -> bool {
    match &enabled.kind {
        NodeKind::Null | NodeKind::Bool(false) => true,
        NodeKind::Number(number) => number.as_f64() == Some(0.0),
        NodeKind::String(text) => text.is_empty() || text == "false" || text == "False",
        NodeKind::List(items) => items.is_empty(),
        NodeKind::Map(map) => map.is_empty(),
        NodeKind::Bool(true) => false,
    }
}

/// Puts the configuration's full name in place of a predefined type, also inside a function; any other name stays.
fn configuration(node: Node) -> Node {
    let place = node.place;
    match node.kind {
        NodeKind::String(name) if PREDEFINED.contains(&name.as_str()) => {
            Node::string(format!("CodeDeployDefault.Lambda{name}"), place)
        }
        NodeKind::List(items) => Node::list(items.into_iter().map(configuration).collect(), place),
        NodeKind::Map(map) => Node::new(
            NodeKind::Map(
                map.into_iter()
                    .map(|(key, entry)| {
                        let value = configuration(entry.value);
                        (
                            key,
                            Entry {
                                key_place: entry.key_place,
                                value,
                            },
                        )
                    })
                    .collect(),
            ),
            place,
        ),
        kind => Node::new(kind, place),
    }
}

/// The group's `AlarmConfiguration`; the error is where something else than a list stands.
fn alarm_configuration(alarms: &Node) -> Result<Option<Node>, Place> {
    if alarms.is_no_value()
        || alarms.kind == NodeKind::Null
        || alarms.as_list().is_some_and(<[Node]>::is_empty)
    {
        return Ok(None);
    }
    if let Some(("Fn::If", argument)) = alarms.intrinsic() {
        let Some([condition, then, otherwise]) = argument.as_list() else {
            return Err(alarms.place);
        };
        let branches = vec![condition.clone(), listed(then)?, listed(otherwise)?];
        return Ok(Some(Node::map(
            [("Fn::If", Node::list(branches, argument.place))],
            alarms.place,
        )));
    }
    listed(alarms).map(Some)
}

fn listed(alarms: &Node) -> Result<Node, Place> {
    let place = alarms.place;
    let items = alarms.as_list().ok_or(place)?;
    if items.first().is_none_or(Node::is_no_value) {
        return Ok(Node::map::<String>([], place));
    }
    let names = items
        .iter()
        .map(|alarm| Node::map([("Name", alarm.clone())], alarm.place))
        .collect();
    Ok(Node::map(
        [
            ("Enabled", Node::new(NodeKind::Bool(true), place)),
            ("Alarms", Node::list(names, place)),
        ],
        place,
    ))
}

/// The application and the role that the groups share.
pub(super) fn shared(groups: &[Box<Group>]) -> Vec<Resource> {
    let Some(first) = groups.first() else {
        return Vec::new();
    };
    let place = first.resource.place;
    let text = |text: &str| Node::string(text, place);
    let unconditional = |logical_id: &str, r#type: &str, properties: Node| {
        let mut resource = Resource::generated(logical_id, r#type, properties, &first.resource);
        resource.condition = None;
        resource
    };
    let mut shared = vec![unconditional(
        APPLICATION,
        "AWS::CodeDeploy::Application",
        Node::map([("ComputePlatform", text("Lambda"))], place),
    )];
    if groups.iter().any(|group| !group.has_role) {
        let policy = super::sub(
            "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda",
            place,
        );
        shared.push(unconditional(
            ROLE,
            "AWS::IAM::Role",
            Node::map(
                [("ManagedPolicyArns", Node::list(vec![policy], place))],
                place,
            ),
        ));
    }
    shared
}
