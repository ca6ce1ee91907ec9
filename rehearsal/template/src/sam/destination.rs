//! `EventInvokeConfig`: what happens to asynchronous events that fail
//! (SAM translator, `model/sam_resources.py`, `_construct_event_invoke_config`).

use crate::resource::Resource;
use crate::text::Node;
use crate::{Diagnostic, Place};

/// `EventInvokeConfig`, with the queues and topics that SAM makes for destinations that are not given.
pub(super) fn event_invoke_config(
    function: &Resource,
    config: &Node,
    alias: Option<&str>,
    alias_name: Option<&Node>,
    role_policies: &mut Vec<Node>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Resource> {
    let place = config.place;
    let id = format!("{}EventInvokeConfig", function.logical_id);
    let mut resources = Vec::new();
    let mut destinations = Vec::new();
    let mut refuse = |message: String, at: Place| {
        diagnostics.push(
            Diagnostic::error("sam::destination", message, at).resource(&function.logical_id),
        );
    };
    let wrong =
        |property: &str| format!("Property 'EventInvokeConfig.{property}' should be a map.");
    let given = config.given("DestinationConfig");
    if let Some(node) = given.filter(|node| node.as_map().is_none()) {
        refuse(wrong("DestinationConfig"), node.place);
    }
    for event in ["OnSuccess", "OnFailure"] {
        let Some(destination) = given.and_then(|node| node.non_null(event)) else {
            continue;
        };
        if destination.as_map().is_none() {
            refuse(
                wrong(&format!("DestinationConfig.{event}")),
                destination.place,
            );
            continue;
        }
        match destination_arn(function, destination, &format!("{id}{event}")) {
            Ok((arn, generated)) => {
                resources.extend(generated);
                role_policies.push(policy(destination, &arn));
                destinations.push((event, Node::map([("Destination", arn)], destination.place)));
            }
            Err((message, at)) => refuse(message, at),
        }
    }
    let mut properties = vec![
        ("FunctionName", Node::reference(&function.logical_id, place)),
        (
            "Qualifier",
            alias_name
                .cloned()
                .unwrap_or_else(|| Node::string("$LATEST", place)),
        ),
        ("DestinationConfig", Node::map(destinations, place)),
    ];
    for key in ["MaximumEventAgeInSeconds", "MaximumRetryAttempts"] {
        properties.extend(config.get(key).map(|node| (key, node.clone())));
    }
    let mut resource = Resource::generated(
        id,
        "AWS::Lambda::EventInvokeConfig",
        Node::map(properties, place),
        function,
    );
    resource.place = place;
    resource.depends_on = alias
        .map(|alias| (alias.to_owned(), place))
        .into_iter()
        .collect();
    resources.push(resource);
    resources
}

/// The policy by which the function's role may send to a destination (SAM translator, `model/iam.py`, `IAMRolePolicies`).
fn policy(destination: &Node, arn: &Node) -> Node {
    let place = destination.place;
    let actions: &[&str] = match destination.get("Type").and_then(Node::as_str) {
        Some("SQS") => &["sqs:SendMessage"],
        Some("SNS") => &["sns:publish"],
        Some("EventBridge") => &["events:PutEvents"],
        Some("Lambda") => &["lambda:InvokeFunction"],
        _ => &["s3:PutObject", "s3:ListBucket"],
    };
    let actions = actions
        .iter()
        .map(|action| Node::string(*action, place))
        .collect();
    let statement = Node::map(
        [
            ("Effect", Node::string("Allow", place)),
            ("Action", Node::list(actions, place)),
            // In a list, for a condition may take it away.
            ("Resource", Node::list(vec![arn.clone()], place)),
        ],
        place,
    );
    let document = Node::map([("Statement", Node::list(vec![statement], place))], place);
    Node::map([("PolicyDocument", document)], place)
}

fn destination_arn(
    function: &Resource,
    destination: &Node,
    id: &str,
) -> Result<(Node, Option<Resource>), (String, Place)> {
    let place = destination.place;
    let types = ["SQS", "SNS", "EventBridge", "Lambda", "S3Bucket"];
    let r#type = destination
        .get("Type")
        .and_then(Node::as_str)
        .unwrap_or("None");
    if !types.contains(&r#type) {
        return Err((
            format!("'Type: {type}' must be one of ['{}']", types.join("', '")),
            place,
        ));
    }
    if let Some(arn) = destination.get("Destination") {
        return Ok((arn.clone(), None));
    }
    let (suffix, made) = match r#type {
        "SQS" => ("Queue", "AWS::SQS::Queue"),
        "SNS" => ("Topic", "AWS::SNS::Topic"),
        _ => {
            return Err((
                "Destination is required if Type is not ['SQS', 'SNS']".to_owned(),
                place,
            ));
        }
    };
    let id = format!("{id}{suffix}");
    let arn = if r#type == "SQS" {
        Node::attribute(&id, "Arn", place)
    } else {
        Node::reference(&id, place)
    };
    Ok((
        arn,
        Some(Resource::generated(
            id,
            made,
            Node::map::<String>([], place),
            function,
        )),
    ))
}
