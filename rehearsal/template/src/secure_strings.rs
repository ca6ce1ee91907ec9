//! Secure strings (`{{resolve:ssm-secure:…}}`) where CloudFormation looks none up: `SSM Secure reference is not supported in:
//! [AWS::Lambda::Function/Properties/Environment/Variables/API_KEY]`, before anything is deployed.
//!
//! Sources: CloudFormation user guide, "Resources that support dynamic parameter patterns for secure strings"; cfn-lint, `E1027`; seen: SAM issue
//! 1528, aws-cdk 18747. Custom resources and the types of others are left alone.

use crate::Diagnostic;
use crate::resolve::Resolver;
use crate::text::{Node, NodeKind};

/// How such a reference begins.
const OPENING: &str = "{{resolve:ssm-secure:";

/// The types that have a property for one.
const TYPES: [&str; 10] = [
    "AWS::DirectoryService::MicrosoftAD",
    "AWS::DirectoryService::SimpleAD",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::IAM::User",
    "AWS::KinesisFirehose::DeliveryStream",
    "AWS::OpsWorks::App",
    "AWS::OpsWorks::Stack",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
];

/// Refuses them in the properties of all resources that are there.
pub(crate) fn check(resolver: &Resolver<'_>) {
    for resource in resolver.resources.by_id.values() {
        let r#type = resource.r#type.as_str();
        let is_judged = r#type.starts_with("AWS::")
            && !r#type.starts_with("AWS::CloudFormation::")
            && !r#type.starts_with("AWS::Serverless::")
            && !TYPES.contains(&r#type);
        // What SAM generates has it from what it is generated for.
        if !is_judged || resource.generated_for.is_some() {
            continue;
        }
        let condition = resource.condition.as_ref();
        if condition.is_some_and(|(name, place)| resolver.condition(name, *place) == Ok(false)) {
            continue;
        }
        if let Some(node) = first(resolver, &resource.properties) {
            let message = format!(
                "CloudFormation looks up no secure string for {type}, and refuses the template: SSM Secure reference is not supported"
            );
            let refused = Diagnostic::error("template::secure-string", message, node.place);
            resolver.report(refused.resource(&resource.logical_id).help(
                "have the function read the parameter (ssm:GetParameter), or take a secret: `{{resolve:secretsmanager:…}}`",
            ));
        }
    }
}

/// The first text with such a reference, but in branches that do not hold.
fn first<'n>(resolver: &Resolver<'_>, node: &'n Node) -> Option<&'n Node> {
    if let Some(("Fn::If", argument)) = node.intrinsic()
        && let Some([condition, then, otherwise]) = argument.as_list()
        && let Some(name) = condition.as_str()
    {
        let holds = resolver.condition(name, condition.place);
        let branches = [(then, holds != Ok(false)), (otherwise, holds != Ok(true))];
        let mut branches = branches.into_iter().filter(|(_, may_be)| *may_be);
        return branches.find_map(|(branch, _)| first(resolver, branch));
    }
    match &node.kind {
        NodeKind::String(text) => text.contains(OPENING).then_some(node),
        NodeKind::List(items) => items.iter().find_map(|item| first(resolver, item)),
        NodeKind::Map(map) => map.values().find_map(|entry| first(resolver, &entry.value)),
        _ => None,
    }
}
