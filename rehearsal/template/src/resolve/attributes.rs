//! What `Ref` and `GetAtt` give for a resource: what CloudFormation would, as far as it follows from the template.

use rehearsal_aws::arn::Arn;
use rehearsal_aws::lambda::function_name::FunctionName;

use super::identity::{Identity, Reference, Scope, identity, physical_id, physical_name};
use super::substitution::{Piece, pieces};
use super::{Resolver, attribute_names};
use crate::resource::Resource;
use crate::text::QuickMap;
use crate::{Diagnostic, Kind, Place, Severity, Unknown, Value, schemas, suggest};

/// What SAM makes for its own types, by the names that templates have for it (SAM translator, `model/sam_resources.py`, `referable_properties`).
const OF_SAM: [&str; 9] = [
    "ApiKey",
    "Deployment",
    "DestinationQueue",
    "DestinationTopic",
    "DomainName",
    "DomainNameV2",
    "Stage",
    "UsagePlan",
    "UsagePlanKey",
];

/// What it makes of a function with `AutoPublishAlias` alone. Where it makes them, these names have been resolved to them before.
const OF_ALIAS: [&str; 2] = ["Alias", "Version"];

impl Resolver<'_> {
    /// What `Ref` (no attribute) or `GetAtt` gives for a resource, as a value at `place`.
    pub(crate) fn attribute(
        &self,
        resource: &Resource,
        attribute: Option<&str>,
        place: Place,
    ) -> Value {
        if let Err(unknown) = self.existing(resource) {
            return Value::new(unknown.into(), place);
        }
        let key = match attribute {
            Some(attribute) => [resource.logical_id.as_str(), ".", attribute].concat(),
            None => resource.logical_id.clone(),
        };
        if let Some(known) = self.known_attributes.borrow().get(&key) {
            return Value::new(known.kind.clone(), place);
        }
        if !self.attributes_under_way.borrow_mut().insert(key.clone()) {
            return Value::unknown(format!("`{key}` is made of itself"), place);
        }
        if let Some(attribute) = attribute {
            self.check_attribute(resource, attribute, place);
        }
        let value = match self.compute(resource, attribute) {
            Ok(text) => Value::string(text, place),
            Err(Some(unknown)) => Value::new(unknown.into(), place),
            Err(None) => {
                let what = match attribute {
                    Some(attribute) => {
                        format!("the attribute `{attribute}` of `{}`", resource.logical_id)
                    }
                    None => format!("`!Ref {}`", resource.logical_id),
                };
                Value::unknown(
                    format!(
                        "{what} ({}) is made when the stack is deployed",
                        resource.r#type
                    ),
                    place,
                )
            }
        };
        self.attributes_under_way.borrow_mut().remove(&key);
        self.known_attributes
            .borrow_mut()
            .insert(key, value.clone());
        value
    }

    /// Reports an attribute that the resource's type does not have. The list has a date: what is neither like one of it nor a property of the
    /// type may be newer, and is warned of.
    fn check_attribute(&self, resource: &Resource, attribute: &str, place: Place) {
        // A layer of SAM's is not expanded, and has the attributes of the plain one that SAM makes of it.
        let of_layer = (resource.r#type == "AWS::Serverless::LayerVersion")
            .then_some("AWS::Lambda::LayerVersion");
        let Some(known) = attribute_names::of(of_layer.unwrap_or(&resource.r#type)) else {
            return;
        };
        if known.contains(&attribute) {
            return;
        }
        let (id, r#type) = (&resource.logical_id, &resource.r#type);
        let near = suggest::did_you_mean(attribute, known.iter().copied());
        let is_property =
            schemas::names(r#type).is_some_and(|mut names| names.any(|name| name == attribute));
        let is_certain = near.is_some() || is_property || known.is_empty();
        // What SAM makes for its own types is named like their attributes.
        if !resource.is_as_written() {
            let made = attribute
                .split_once('.')
                .map_or(attribute, |(made, _)| made);
            if OF_ALIAS.contains(&made) && r#type == "AWS::Lambda::Function" {
                return self.not_published(resource, made, place);
            }
            if OF_SAM.contains(&attribute) {
                return;
            }
        }
        let help = near.unwrap_or_else(|| match known {
            [] => "nothing but `!Ref` of it".to_owned(),
            known => format!("it has {}; `!Ref` gives its name or id", known.join(", ")),
        });
        let mut diagnostic = Diagnostic::warning(
            "template::unknown-attribute",
            format!(
                "`{id}` ({type}) has no attribute `{attribute}`: CloudFormation refuses `Fn::GetAtt` of it"
            ),
            place,
        );
        if is_certain {
            diagnostic.severity = Severity::Error;
        } else {
            diagnostic = diagnostic.not_permitted();
        }
        self.report(diagnostic.resource(id).help(help));
    }

    /// Reports the version or the alias of a function that has none.
    fn not_published(&self, function: &Resource, name: &str, place: Place) {
        if function.has_open_properties() || self.resources.is_open {
            return;
        }
        let id = &function.logical_id;
        let message = format!(
            "there is no `{id}.{name}`, for `{id}` has no `AutoPublishAlias`: CloudFormation refuses the reference"
        );
        let refused = Diagnostic::error("template::unknown-attribute", message, place);
        self.report(refused.resource(id).help("add `AutoPublishAlias: live`"));
    }

    /// The physical name of a resource whose type has one.
    pub(crate) fn name_of(
        &self,
        resource: &Resource,
        property: &str,
        longest: usize,
    ) -> Result<String, Unknown> {
        let given = resource
            .properties
            .get(property)
            .and_then(|node| self.optional(node));
        match given {
            Some(value) => match (value.to_text(), value.kind) {
                (Some(name), _) => Ok(name),
                (None, Kind::Unknown(unknown)) => Err(*unknown),
                (None, _) => Err(Unknown::new(
                    format!("`{property}` is not text"),
                    value.place,
                )),
            },
            None => Ok(physical_name(self.inputs, &resource.logical_id, longest)),
        }
    }

    /// `Err(None)` is what only a deployment makes.
    fn compute(
        &self,
        resource: &Resource,
        attribute: Option<&str>,
    ) -> Result<String, Option<Unknown>> {
        let inputs = self.inputs;
        match (resource.r#type.as_str(), attribute) {
            ("AWS::Lambda::Version", None | Some("FunctionArn")) => {
                let (arn, number) = self.version(resource)?;
                Ok(format!("{arn}:{number}"))
            }
            ("AWS::Lambda::Version", Some("Version")) => Ok(self.version(resource)?.1.to_string()),
            ("AWS::Lambda::Alias", None | Some("AliasArn")) => {
                let arn = self.function_arn(resource)?;
                Ok(format!("{arn}:{}", self.property(resource, "Name")?))
            }
            (
                "AWS::ApiGateway::RestApi"
                | "AWS::ApiGateway::Resource"
                | "AWS::ApiGateway::Deployment"
                | "AWS::ApiGatewayV2::Api"
                | "AWS::ApiGatewayV2::Integration"
                | "AWS::ApiGatewayV2::Route",
                None,
            )
            | ("AWS::ApiGateway::RestApi", Some("RestApiId"))
            | ("AWS::ApiGateway::Resource", Some("ResourceId"))
            | ("AWS::ApiGateway::Deployment", Some("DeploymentId"))
            | ("AWS::ApiGatewayV2::Api", Some("ApiId")) => {
                Ok(physical_id(inputs, &resource.logical_id))
            }
            ("AWS::ApiGateway::RestApi", Some("RootResourceId")) => {
                Ok(physical_id(inputs, &format!("{}/", resource.logical_id)))
            }
            ("AWS::ApiGatewayV2::Api", Some("ApiEndpoint")) => Ok(format!(
                "https://{}.execute-api.{}.{}",
                physical_id(inputs, &resource.logical_id),
                inputs.region,
                inputs.url_suffix()
            )),
            ("AWS::Lambda::Url", Some("FunctionUrl")) => Ok(format!(
                "https://{}.lambda-url.{}.on.aws/",
                physical_id(inputs, &resource.logical_id),
                inputs.region
            )),
            ("AWS::ApiGateway::Stage" | "AWS::ApiGatewayV2::Stage", None) => {
                self.property(resource, "StageName")
            }
            ("AWS::SSM::Parameter", Some(attribute @ ("Value" | "Type"))) => {
                self.property(resource, attribute)
            }
            ("AWS::SQS::Queue", None | Some("QueueUrl")) => {
                let name = self.named_by(resource)?.1;
                let suffix = inputs.url_suffix();
                Ok(format!(
                    "https://sqs.{}.{suffix}/{}/{name}",
                    inputs.region, inputs.account_id
                ))
            }
            ("AWS::S3::Bucket", Some("DomainName")) => Ok(format!(
                "{}.s3.{}",
                self.named_by(resource)?.1,
                inputs.url_suffix()
            )),
            ("AWS::S3::Bucket", Some("RegionalDomainName")) => {
                let name = self.named_by(resource)?.1;
                Ok(format!(
                    "{name}.s3.{}.{}",
                    inputs.region,
                    inputs.url_suffix()
                ))
            }
            (_, None) => {
                let (identity, name) = self.named_by(resource)?;
                match identity.reference {
                    Reference::Name => Ok(name),
                    Reference::Arn => self.arn(resource, identity, &name),
                }
            }
            (_, Some("Arn" | "TopicArn")) => {
                let (identity, name) = self.named_by(resource)?;
                self.arn(resource, identity, &name)
            }
            (_, Some("TopicName" | "QueueName" | "Name")) => Ok(self.named_by(resource)?.1),
            _ => Err(None),
        }
    }

    fn named_by(&self, resource: &Resource) -> Result<(Identity, String), Option<Unknown>> {
        let identity = identity(&resource.r#type).ok_or(None)?;
        let name = self
            .name_of(resource, identity.name, identity.longest)
            .map_err(Some)?;
        let given = resource.properties.get(identity.name).is_some();
        // A bucket's name has no capitals, an SSM parameter's and a log group's default none of ours to add.
        let name = if identity.service == "s3" && !given {
            name.to_lowercase()
        } else {
            name
        };
        Ok((identity, name))
    }

    fn arn(
        &self,
        resource: &Resource,
        identity: Identity,
        name: &str,
    ) -> Result<String, Option<Unknown>> {
        let (region, account) = match identity.scope {
            Scope::Regional => (self.inputs.region.as_str(), self.inputs.account_id.as_str()),
            Scope::Account => ("", self.inputs.account_id.as_str()),
            Scope::Global => ("", ""),
        };
        let what = match identity.service {
            "iam" => {
                let path = match resource.properties.get("Path") {
                    Some(_) => self.property(resource, "Path")?,
                    None => "/".to_owned(),
                };
                format!("{}{path}{name}", identity.prefix)
            }
            "ssm" => format!("{}{}", identity.prefix, name.trim_start_matches('/')),
            "logs" => format!("{}{name}:*", identity.prefix),
            _ => format!("{}{name}", identity.prefix),
        };
        let arn = Arn {
            partition: self.inputs.partition(),
            service: identity.service,
            region,
            account,
            resource: &what,
        };
        Ok(arn.to_string())
    }

    fn property(&self, resource: &Resource, property: &str) -> Result<String, Option<Unknown>> {
        let node = resource.properties.get(property).ok_or(None)?;
        let value = self.value(node);
        match value.as_unknown() {
            Some(unknown) => Err(Some(unknown.clone())),
            None => value.to_text().ok_or(None),
        }
    }

    /// The ARN of the function that a version's or an alias's `FunctionName` names, and the function's logical id if it is here.
    fn function_arn(&self, resource: &Resource) -> Result<String, Option<Unknown>> {
        let name = self.property(resource, "FunctionName")?;
        Ok(if name.starts_with("arn:") {
            name
        } else {
            let inputs = self.inputs;
            Arn {
                partition: inputs.partition(),
                service: "lambda",
                region: &inputs.region,
                account: &inputs.account_id,
                resource: &format!("function:{name}"),
            }
            .to_string()
        })
    }

    fn version(&self, resource: &Resource) -> Result<(String, u32), Option<Unknown>> {
        let arn = self.function_arn(resource)?;
        let function = resource
            .properties
            .get("FunctionName")
            .and_then(|node| self.function_named_by(node));
        let number = function.map_or(1, |function| self.inputs.version_of(&function));
        Ok((arn, number))
    }

    /// The logical id of the function that a node names, by reference, by name or by ARN.
    pub(crate) fn function_named_by(&self, node: &crate::text::Node) -> Option<String> {
        self.referred(node, "AWS::Lambda::Function").or_else(|| {
            let text = self.value(node).to_text()?;
            self.function_called(&text)
        })
    }

    /// The logical id of the resource of a type that a `Ref` or a `GetAtt` names, also where a condition chooses it.
    pub(crate) fn referred(&self, node: &crate::text::Node, r#type: &str) -> Option<String> {
        let name = match node.intrinsic()? {
            ("Ref", name) => name.as_str()?,
            ("Fn::If", argument) => {
                let [condition, then, otherwise] = argument.as_list()? else {
                    return None;
                };
                let holds = self.condition(condition.as_str()?, condition.place).ok()?;
                return self.referred(if holds { then } else { otherwise }, r#type);
            }
            ("Fn::Sub", argument) => {
                let [Piece::Text(""), Piece::Name(name), Piece::Text("")] =
                    pieces(argument.as_str()?)[..]
                else {
                    return None;
                };
                name
            }
            ("Fn::GetAtt", argument) => match argument.as_list() {
                Some(parts) => parts.first()?.as_str()?,
                None => argument.as_str()?.split_once('.')?.0,
            },
            _ => return None,
        };
        let (logical_id, _) = self.resources.resolve_name(name);
        let resource = self.resources.by_id.get(logical_id)?;
        (resource.r#type == r#type).then(|| logical_id.to_owned())
    }

    /// The logical id of the function with a physical name, also inside an ARN or with a qualifier.
    pub(crate) fn function_called(&self, text: &str) -> Option<String> {
        self.called(Named::Function, FunctionName::parse(text)?.name)
    }

    /// The logical id of the alarm, metric or composite, with a name.
    pub(crate) fn alarm_called(&self, name: &str) -> Option<String> {
        self.called(Named::Alarm, name)
    }

    /// The logical id of the deployment configuration with a name.
    pub(crate) fn config_called(&self, name: &str) -> Option<String> {
        self.called(Named::DeploymentConfig, name)
    }

    fn called(&self, kind: Named, name: &str) -> Option<String> {
        if let Some(names) = self.names.borrow().get(&kind) {
            return names.get(name).cloned();
        }
        // A name that is made of a name being looked up is not found: the circle is refused by its references.
        if !self.names_under_way.borrow_mut().insert(kind) {
            return None;
        }
        let mut names = QuickMap::default();
        for resource in self
            .resources
            .by_id
            .values()
            .filter(|resource| kind.is(&resource.r#type))
        {
            let own = self.attribute(resource, None, resource.place);
            if let Some(name) = own.as_str() {
                names
                    .entry(name.to_owned())
                    .or_insert_with(|| resource.logical_id.clone());
            }
        }
        let found = names.get(name).cloned();
        self.names_under_way.borrow_mut().remove(&kind);
        self.names.borrow_mut().insert(kind, names);
        found
    }
}

/// What resources are looked up by their physical name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Named {
    Function,
    Alarm,
    DeploymentConfig,
}

impl Named {
    fn is(self, r#type: &str) -> bool {
        match self {
            Self::Function => r#type == "AWS::Lambda::Function",
            Self::DeploymentConfig => r#type == "AWS::CodeDeploy::DeploymentConfig",
            Self::Alarm => matches!(
                r#type,
                "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm"
            ),
        }
    }
}
