//! Who invokes a function, beside the routes of APIs: by name or ARN, in the properties of the template's resources.

use std::collections::BTreeSet;

use rehearsal_aws::lambda::function_name::FunctionName;

use super::Subject;
use super::shifting::Shifting;
use crate::stack::Resource;
use crate::{Kind, Place, Stack, Value};

/// Something that invokes a function of the template.
pub(in crate::lint) struct Caller {
    /// The logical id of the resource.
    pub(in crate::lint) resource: String,
    /// What it is, such as "the rule".
    pub(in crate::lint) what: &'static str,
    /// The logical id of the function.
    pub(in crate::lint) function: String,
    /// The alias or version that it names; `None` means the function itself.
    pub(in crate::lint) qualifier: Option<String>,
    /// How the name of the service begins that needs a permission for it; `None` where the caller has a role of its own.
    pub(in crate::lint) principal: Option<&'static str>,
    /// Where the function is named.
    pub(in crate::lint) place: Place,
}

/// Where a type names what it invokes (CloudFormation template reference, the type's page).
struct Source {
    r#type: &'static str,
    /// The way to the value, `*` for each of a list. All text below it counts.
    path: &'static [&'static str],
    what: &'static str,
    principal: Option<&'static str>,
    /// Whether a text that is a function's name alone is meant for it.
    takes_names: bool,
}

const fn source(
    r#type: &'static str,
    path: &'static [&'static str],
    what: &'static str,
    principal: Option<&'static str>,
    takes_names: bool,
) -> Source {
    Source {
        r#type,
        path,
        what,
        principal,
        takes_names,
    }
}

#[rustfmt::skip] // A table.
const SOURCES: [Source; 21] = [
    source("AWS::ApiGateway::Authorizer", &["AuthorizerUri"], "the authorizer", Some("apigateway."), false),
    source("AWS::ApiGatewayV2::Authorizer", &["AuthorizerUri"], "the authorizer", Some("apigateway."), false),
    source("AWS::AppSync::DataSource", &["LambdaConfig", "LambdaFunctionArn"], "the data source", None, false),
    source("AWS::Cognito::UserPool", &["LambdaConfig"], "the user pool", Some("cognito-idp."), false),
    source("AWS::ElasticLoadBalancingV2::TargetGroup", &["Targets", "*", "Id"], "the target group", Some("elasticloadbalancing."), false),
    source("AWS::Events::Rule", &["Targets", "*", "Arn"], "the rule", Some("events."), false),
    source("AWS::IoT::TopicRule", &["TopicRulePayload"], "the topic rule", Some("iot."), false),
    source("AWS::Lambda::EventSourceMapping", &["FunctionName"], "the event source mapping", None, true),
    source("AWS::Lambda::Function", &["Environment", "Variables"], "a variable of the function", None, true),
    source("AWS::Lambda::Url", &["TargetFunctionArn"], "the function URL", None, true),
    source("AWS::Logs::SubscriptionFilter", &["DestinationArn"], "the log subscription", Some("logs."), false),
    source("AWS::Pipes::Pipe", &["Enrichment"], "the pipe", None, false),
    source("AWS::Pipes::Pipe", &["Target"], "the pipe", None, false),
    source("AWS::S3::Bucket", &["NotificationConfiguration", "LambdaConfigurations", "*", "Function"], "the bucket's notification", Some("s3."), false),
    source("AWS::SES::ReceiptRule", &["Rule", "Actions"], "the receipt rule", Some("ses."), false),
    source("AWS::SNS::Subscription", &["Endpoint"], "the subscription", Some("sns."), false),
    source("AWS::SNS::Topic", &["Subscription", "*", "Endpoint"], "the topic's subscription", Some("sns."), false),
    source("AWS::Scheduler::Schedule", &["Target", "Arn"], "the schedule", None, false),
    source("AWS::StepFunctions::StateMachine", &["Definition"], "the state machine", None, false),
    source("AWS::StepFunctions::StateMachine", &["DefinitionString"], "the state machine", None, false),
    source("AWS::StepFunctions::StateMachine", &["DefinitionSubstitutions"], "the state machine", None, true),
];

/// What names, beside what it invokes, the role in which a caller does so: then it needs no permission.
fn role(r#type: &str) -> Option<&'static str> {
    match r#type {
        "AWS::ApiGateway::Authorizer" => Some("AuthorizerCredentials"),
        "AWS::ApiGatewayV2::Authorizer" => Some("AuthorizerCredentialsArn"),
        "AWS::Events::Rule" => Some("RoleArn"),
        _ => None,
    }
}

/// What a resource says that it invokes.
struct Named {
    function: String,
    place: Place,
    in_a_role: bool,
}

/// All that invokes a function of the template, in the template's order.
///
/// The variables of hooks are left out: a hook is to invoke what it tests, by whatever name.
pub(in crate::lint) fn all(subject: &Subject<'_, '_>) -> Vec<Caller> {
    let hooks: BTreeSet<&str> = subject
        .shifting
        .iter()
        .flat_map(Shifting::hooks)
        .filter_map(|hook| hook.function.as_deref())
        .collect();
    let resources = subject.stack.resources.iter();
    let no_hooks = resources.filter(|resource| !hooks.contains(resource.logical_id.as_str()));
    let callers = no_hooks.flat_map(|resource| {
        let sources = SOURCES.iter();
        let sources = sources.filter(|source| source.r#type == resource.r#type);
        sources.flat_map(|source| source.callers(resource, subject.stack))
    });
    callers.collect()
}

impl Source {
    /// What a resource of its type invokes of the stack's functions.
    fn callers(&self, resource: &Resource, stack: &Stack) -> Vec<Caller> {
        let named = self.named_by(resource).into_iter();
        let callers = named.filter_map(|named| {
            let called = FunctionName::parse(&named.function)?;
            let function = stack.function_named(called.name)?;
            let qualifier = called.qualifier.map(str::to_owned).or_else(|| {
                // A URL names its alias beside the function.
                let beside = (self.r#type == "AWS::Lambda::Url").then_some("Qualifier");
                resource.property(beside?)?.to_text()
            });
            let is_itself = function.logical_id == resource.logical_id;
            (!is_itself).then(|| Caller {
                resource: resource.logical_id.clone(),
                what: self.what,
                function: function.logical_id.clone(),
                qualifier,
                principal: self.principal.filter(|_| !named.in_a_role),
                place: named.place,
            })
        });
        callers.collect()
    }

    fn named_by(&self, resource: &Resource) -> Vec<Named> {
        let mut named = Vec::new();
        if let [first, rest @ ..] = self.path
            && let Some(value) = resource.property(first)
        {
            let in_a_role = self.is_in_a_role(rest, |role| resource.property(role));
            self.follow(value, rest, in_a_role, &mut named);
        }
        named
    }

    /// The functions that are named at the end of a path.
    fn follow(&self, value: &Value, path: &[&str], in_a_role: bool, named: &mut Vec<Named>) {
        match path {
            [] => {
                let mut functions = Vec::new();
                collect(value, self.takes_names, &mut functions);
                named.extend(functions.into_iter().map(|(function, place)| Named {
                    function,
                    place,
                    in_a_role,
                }));
            }
            ["*", rest @ ..] => {
                for item in value.as_list().into_iter().flatten() {
                    self.follow(item, rest, in_a_role, named);
                }
            }
            [key, rest @ ..] => {
                if let Some(below) = value.get(key) {
                    let in_a_role = self.is_in_a_role(rest, |role| value.get(role));
                    self.follow(below, rest, in_a_role, named);
                }
            }
        }
    }

    /// Whether a role is named beside the key that the path ends with: `rest` is what follows the key.
    fn is_in_a_role<'v>(&self, rest: &[&str], beside: impl Fn(&str) -> Option<&'v Value>) -> bool {
        rest.is_empty() && role(self.r#type).and_then(beside).is_some()
    }
}

/// Each function that a value names, once for each text.
fn collect(value: &Value, takes_names: bool, named: &mut Vec<(String, Place)>) {
    match &value.kind {
        Kind::String(text) => {
            let mut found: BTreeSet<String> = arns(text).map(str::to_owned).collect();
            found.extend(names_in_json(text));
            if found.is_empty() && takes_names {
                found.insert(text.clone());
            }
            named.extend(found.into_iter().map(|name| (name, value.place)));
        }
        Kind::List(items) => items
            .iter()
            .for_each(|item| collect(item, takes_names, named)),
        Kind::Map(map) => {
            for (key, item) in map.iter() {
                // A task of a state machine that invokes by `arn:aws:states:::lambda:invoke`.
                collect(item, takes_names || key == FUNCTION_NAME, named);
            }
        }
        _ => {}
    }
}

/// What names the function in the parameters of a task (Step Functions developer guide, "Invoke Lambda function").
const FUNCTION_NAME: &str = "FunctionName";

/// The functions' ARNs in a text.
fn arns(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("arn:").filter_map(|(start, _)| {
        let rest = &text[start..];
        let is_of_arn = |character: char| {
            character.is_ascii_alphanumeric() || matches!(character, ':' | '-' | '_' | '$')
        };
        let end = rest
            .find(|character| !is_of_arn(character))
            .unwrap_or(rest.len());
        let arn = rest[..end].trim_end_matches(':');
        FunctionName::parse(arn).map(|_| arn)
    })
}

/// The names under `FunctionName` in a definition that is JSON text.
fn names_in_json(text: &str) -> Vec<String> {
    fn collect(value: &serde_json::Value, names: &mut Vec<String>) {
        match value {
            serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
            serde_json::Value::Object(map) => {
                for (key, item) in map {
                    match item.as_str() {
                        Some(name) if key == FUNCTION_NAME => names.push(name.to_owned()),
                        _ => collect(item, names),
                    }
                }
            }
            _ => {}
        }
    }
    let mut names = Vec::new();
    if text.trim_start().starts_with('{')
        && let Ok(definition) = serde_json::from_str(text)
    {
        collect(&definition, &mut names);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_of_a_function_is_found_wherever_it_stands() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:shop-Orders";
        #[rustfmt::skip] // A table.
        let cases = [
            (arn.to_owned(), vec![arn.to_owned()]),
            (format!("{arn}:live"), vec![format!("{arn}:live")]),
            (format!("{{\"Resource\": \"{arn}:$LATEST\"}}"), vec![format!("{arn}:$LATEST")]),
            (format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"), vec![arn.to_owned()]),
            (format!("{arn}, {arn}:7"), vec![arn.to_owned(), format!("{arn}:7")]),
            ("arn:aws:sqs:us-east-1:123456789012:jobs".to_owned(), vec![]),
        ];
        for (text, found) in cases {
            assert_eq!(arns(&text).collect::<Vec<_>>(), found, "{text}");
        }
    }

    #[test]
    fn a_task_names_its_function_in_its_parameters() {
        let text = r#"{"States": {"Pay": {"Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "shop-Pay"}}}}"#;
        assert_eq!(names_in_json(text), ["shop-Pay"]);
        assert_eq!(names_in_json("{no json"), [""; 0]);
    }
}
