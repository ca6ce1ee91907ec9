//! `DeploymentPreference`
//! (SAM translator, `model/preferences/deployment_preference.py` and `deployment_preference_collection.py`).

use rehearsal_aws::codedeploy::traffic_routing::{PREDEFINED, PREDEFINED_PREFIX};

use super::refused::Refused;
use super::transform_time::TransformTime;
use crate::resource::Resource;
use crate::text::{Entry, Node, NodeKind};
use crate::{Diagnostic, Place};

/// SAM makes one application for a stack.
const APPLICATION: &str = "ServerlessDeploymentApplication";
/// And one role, unless every preference brings its own.
const ROLE: &str = "CodeDeployServiceRole";

/// The condition of the application and the role where the groups have several.
const CONDITION: &str = "ServerlessCodeDeployCondition";

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
    transform_time: &TransformTime<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Preference {
    let Some(node) = function.properties.get("DeploymentPreference") else {
        return Preference::None;
    };
    if node.as_map().is_none_or(|map| map.is_empty()) {
        // What is no map is refused as a property.
        return Preference::None;
    }
    match checked(function, node, transform_time) {
        Ok(preference) => preference,
        Err(refused) => {
            diagnostics.extend(refused.into_iter().map(|(message, place)| {
                Diagnostic::error("sam::deployment-preference", message, place)
                    .resource(&function.logical_id)
            }));
            Preference::None
        }
    }
}

/// In the order in which SAM asks, as it gives the first reason only, but for alarms, at which it looks later.
fn checked(
    function: &Resource,
    node: &Node,
    transform_time: &TransformTime<'_>,
) -> Result<Preference, Vec<Refused>> {
    let passes = match node.get("PassthroughCondition") {
        Some(passes) if !transform_time.lacks_value(passes) => {
            boolean(&transform_time.resolve(passes)).map_err(|refused| vec![refused])?
        }
        _ => false,
    };
    if let Some(enabled) = node.get("Enabled")
        && is_off(&transform_time.resolve(enabled))
    {
        return Ok(Preference::Disabled(enabled.place));
    }
    let refuse = |message: &str, place: Place| Err(vec![(message.to_owned(), place)]);
    let Some(r#type) = node.get("Type") else {
        return refuse(
            "'DeploymentPreference' is missing required Property 'Type'",
            node.place,
        );
    };
    if let Some(hooks) = node.get("Hooks")
        && hooks.as_map().is_none()
    {
        return refuse(
            "'Hooks' property of 'DeploymentPreference' must be a dictionary",
            hooks.place,
        );
    }
    let alarms = node.get("Alarms").map_or(Ok(None), alarm_configuration);
    if function
        .properties
        .get("AutoPublishAlias")
        .is_none_or(Node::is_empty)
    {
        let reason =
            "'DeploymentPreference' requires AutoPublishAlias property to be specified.".to_owned();
        return Err([(reason, node.place)]
            .into_iter()
            .chain(alarms.err())
            .collect());
    }
    let alarms = alarms.map_err(|refused| vec![refused])?;
    let mut group = Group::new(function, node, r#type, alarms, transform_time);
    if !passes {
        // SAM makes the group whether or not the function exists.
        group.resource.condition = None;
    }
    Ok(Preference::Enabled(Box::new(group)))
}

/// What SAM takes for true and false (`_resolve_property_to_boolean`).
fn boolean(node: &Node) -> Result<bool, Refused> {
    match (&node.kind, node.as_str()) {
        (NodeKind::Bool(value), _) => Ok(*value),
        (_, Some("true" | "True")) => Ok(true),
        (_, Some("false" | "False")) => Ok(false),
        (NodeKind::Number(number), _) if number.as_f64() == Some(1.0) => Ok(true),
        (NodeKind::Number(number), _) if number.as_f64() == Some(0.0) => Ok(false),
        _ if node.intrinsic().is_some() => Err((
            "Unsupported intrinsic: the only intrinsic functions supported for property \
             PassthroughCondition are FindInMap and parameter Refs."
                .to_owned(),
            node.place,
        )),
        _ => Err((
            "Invalid value for property PassthroughCondition.".to_owned(),
            node.place,
        )),
    }
}

impl Group {
    /// The group of an enabled preference, which has been checked, under the function's condition.
    fn new(
        function: &Resource,
        preference: &Node,
        r#type: &Node,
        alarms: Option<Node>,
        transform_time: &TransformTime<'_>,
    ) -> Self {
        let place = preference.place;
        let role = preference.given("Role");
        let mut properties = vec![
            ("ApplicationName", Node::reference(APPLICATION, place)),
            ("AutoRollbackConfiguration", rollback(place)),
            (
                "DeploymentConfigName",
                configuration(transform_time.resolve(r#type)),
            ),
            ("DeploymentStyle", style(place)),
            (
                "ServiceRoleArn",
                role.cloned()
                    .unwrap_or_else(|| Node::attribute(ROLE, "Arn", place)),
            ),
        ];
        properties.extend(alarms.map(|alarms| ("AlarmConfiguration", alarms)));
        let triggers = preference.given("TriggerConfigurations");
        properties.extend(triggers.map(|triggers| ("TriggerConfigurations", triggers.clone())));
        let logical_id = format!("{}DeploymentGroup", function.logical_id);
        let mut resource = Resource::generated(
            &logical_id,
            "AWS::CodeDeploy::DeploymentGroup",
            Node::map(properties, place),
            function,
        );
        resource.place = place;
        let mut update = vec![
            ("ApplicationName", Node::reference(APPLICATION, place)),
            ("DeploymentGroupName", Node::reference(logical_id, place)),
        ];
        for (key, hook) in [
            ("BeforeAllowTrafficHook", "PreTraffic"),
            ("AfterAllowTrafficHook", "PostTraffic"),
        ] {
            let node = preference.at(&["Hooks", hook]);
            update.extend(
                node.filter(|node| node.kind != NodeKind::Null)
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
    enabled.is_empty() || matches!(enabled.as_str(), Some("false" | "False"))
}

/// Puts the configuration's full name in place of a predefined type, also inside a function; any other name stays.
fn configuration(node: Node) -> Node {
    let place = node.place;
    match node.kind {
        NodeKind::String(name) if PREDEFINED.iter().any(|(known, _)| *known == name) => {
            Node::string(format!("{PREDEFINED_PREFIX}{name}"), place)
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

/// The group's `AlarmConfiguration` (`_convert_alarms`).
fn alarm_configuration(alarms: &Node) -> Result<Option<Node>, Refused> {
    if alarms.is_no_value() || alarms.is_empty() {
        return Ok(None);
    }
    if let Some(("Fn::If", argument)) = alarms.intrinsic() {
        let Some([condition, then, otherwise]) = argument.as_list() else {
            return Err(("Fn::If requires 3 arguments".to_owned(), alarms.place));
        };
        let branches = vec![condition.clone(), listed(then)?, listed(otherwise)?];
        return Ok(Some(Node::map(
            [("Fn::If", Node::list(branches, argument.place))],
            alarms.place,
        )));
    }
    listed(alarms).map(Some)
}

fn listed(alarms: &Node) -> Result<Node, Refused> {
    let place = alarms.place;
    let items = alarms
        .as_list()
        .ok_or_else(|| ("Alarms must be a list".to_owned(), place))?;
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

/// The application and the role that the groups share, and the condition that they exist under, where it is one of its own.
pub(super) fn shared(groups: &[Group]) -> (Vec<Resource>, Option<(&'static str, Node)>) {
    let Some(first) = groups.first() else {
        return (Vec::new(), None);
    };
    let place = first.resource.place;
    let text = |text: &str| Node::string(text, place);
    let conditions: Option<Vec<&(String, Place)>> = groups
        .iter()
        .map(|group| group.resource.condition.as_ref())
        .collect();
    let (condition, combined) = match conditions.as_deref() {
        None | Some([]) => (None, None),
        Some([first, others @ ..]) if others.iter().all(|other| other.0 == first.0) => {
            (Some((*first).clone()), None)
        }
        Some(several) => (
            Some((CONDITION.to_owned(), place)),
            Some((CONDITION, super::any(several.iter().copied(), place))),
        ),
    };
    let resource = |logical_id: &str, r#type: &str, properties: Node| {
        let mut resource = Resource::generated(logical_id, r#type, properties, &first.resource);
        resource.condition.clone_from(&condition);
        resource
    };
    let mut shared = vec![resource(
        APPLICATION,
        "AWS::CodeDeploy::Application",
        Node::map([("ComputePlatform", text("Lambda"))], place),
    )];
    if groups.iter().any(|group| !group.has_role) {
        let policy = super::sub(
            "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda",
            place,
        );
        shared.push(resource(
            ROLE,
            "AWS::IAM::Role",
            Node::map(
                [("ManagedPolicyArns", Node::list(vec![policy], place))],
                place,
            ),
        ));
    }
    (shared, combined)
}
