//! Secure strings (`{{resolve:ssm-secure:…}}`) where CloudFormation looks none up: `SSM Secure reference is not supported in:
//! [AWS::Lambda::Function/Properties/Environment/Variables/API_KEY]`, before anything is deployed.
//!
//! Sources: CloudFormation user guide, "Resources that support dynamic parameter patterns for secure strings"; cfn-lint, `E1027`; seen: SAM issue
//! 1528, aws-cdk 18747. Custom resources and the types of others are left alone.

use crate::Diagnostic;
use crate::resolve::Resolver;
use crate::schemas::inside;
use crate::text::{Node, NodeKind};

const CODE: &str = "template::secure-string";

/// How such a reference begins.
const OPENING: &str = "{{resolve:ssm-secure:";

/// The properties for one, each with its type, as cfn-lint has them (`DynamicReferenceSecureString.py`).
const PROPERTIES: [&str; 11] = [
    "AWS::DirectoryService::MicrosoftAD/Password",
    "AWS::DirectoryService::SimpleAD/Password",
    "AWS::ElastiCache::ReplicationGroup/AuthToken",
    "AWS::IAM::User/LoginProfile/Password",
    "AWS::KinesisFirehose::DeliveryStream/RedshiftDestinationConfiguration/Password",
    "AWS::OpsWorks::App/AppSource/Password",
    "AWS::OpsWorks::Stack/CustomCookbooksSource/Password",
    "AWS::OpsWorks::Stack/RdsDbInstances/*/DbPassword",
    "AWS::RDS::DBCluster/MasterUserPassword",
    "AWS::RDS::DBInstance/MasterUserPassword",
    "AWS::Redshift::Cluster/MasterUserPassword",
];

/// Refuses them in the properties of all resources that are there. Where it is not known whether one is, it is not permitted.
pub(crate) fn check(resolver: &Resolver<'_>) {
    for resource in resolver.resources.by_id.values() {
        let r#type = resource.r#type.as_str();
        let is_judged = r#type.starts_with("AWS::")
            && !r#type.starts_with("AWS::CloudFormation::")
            && !r#type.starts_with("AWS::Serverless::");
        // What SAM generates has it from what it is generated for.
        if !is_judged || resource.generated_for.is_some() {
            continue;
        }
        let condition = resource.condition.as_ref();
        let is_there = condition.map_or(Ok(true), |(name, place)| resolver.condition(name, *place));
        if is_there == Ok(false) {
            continue;
        }
        let mut search = Search {
            resolver,
            found: Vec::new(),
        };
        let path = &mut r#type.to_owned();
        search.look(&resource.properties, path, is_there == Ok(true));
        let found = search.found;
        let certain = found.iter().find(|(_, is_certain)| *is_certain);
        let Some((node, is_certain)) = certain.or(found.first()) else {
            continue;
        };
        let finding = if *is_certain {
            let message = format!(
                "CloudFormation looks up no secure string for {type} here, and refuses the template: SSM Secure reference is not supported"
            );
            Diagnostic::error(CODE, message, node.place)
        } else {
            let message = format!(
                "CloudFormation looks up no secure string for {type} here, and refuses the template where the conditions that lead to it hold, which is not known"
            );
            Diagnostic::warning(CODE, message, node.place).not_permitted()
        };
        resolver.report(finding.resource(&resource.logical_id).help(
            "have the function read the parameter (ssm:GetParameter), or take a secret: `{{resolve:secretsmanager:…}}`",
        ));
    }
}

/// The texts with such a reference, but in branches that do not hold and in the properties for it.
struct Search<'r, 't, 'n> {
    resolver: &'r Resolver<'t>,
    /// Each with whether it is there for certain.
    found: Vec<(&'n Node, bool)>,
}

impl<'n> Search<'_, '_, 'n> {
    /// Looks for them in a node. `path`: the type, and the names down to it.
    fn look(&mut self, node: &'n Node, path: &mut String, is_certain: bool) {
        if PROPERTIES.contains(&path.as_str()) {
            return;
        }
        if let Some(("Fn::If", argument)) = node.intrinsic()
            && let Some([condition, then, otherwise]) = argument.as_list()
            && let Some(name) = condition.as_str()
        {
            let holds = self.resolver.condition(name, condition.place);
            let is_certain = is_certain && holds.is_ok();
            if holds != Ok(false) {
                self.look(then, path, is_certain);
            }
            if holds != Ok(true) {
                self.look(otherwise, path, is_certain);
            }
            return;
        }
        match &node.kind {
            NodeKind::String(text) if text.contains(OPENING) => self.found.push((node, is_certain)),
            NodeKind::List(items) => {
                for item in items {
                    inside(path, "*", |path| self.look(item, path, is_certain));
                }
            }
            NodeKind::Map(map) => {
                for (name, entry) in map {
                    inside(path, name, |path| self.look(&entry.value, path, is_certain));
                }
            }
            _ => {}
        }
    }
}
