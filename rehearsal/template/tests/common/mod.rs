//! What the tests share.

pub mod deployments;

use rehearsal_template::stack::DeploymentGroup;
use rehearsal_template::{Diagnostic, Field, Inputs, Stack, read_str};

/// Reads a template that must be accepted.
pub fn stack(template: &str) -> Stack {
    stack_with(template, &Inputs::new("app"))
}

/// Reads a template that must be accepted, with inputs.
pub fn stack_with(template: &str, inputs: &Inputs) -> Stack {
    read_str("template.yaml", template, inputs)
        .unwrap_or_else(|refusal| panic!("{:?}", miette::Report::new(refusal)))
}

/// Reads a template that must be refused.
pub fn refused(template: &str) -> Vec<Diagnostic> {
    refused_with(template, &Inputs::new("app"))
}

/// Reads a template that must be refused, with inputs.
pub fn refused_with(template: &str, inputs: &Inputs) -> Vec<Diagnostic> {
    match read_str("template.yaml", template, inputs) {
        Ok(_) => panic!("the template is accepted"),
        Err(refusal) => refusal.diagnostics,
    }
}

/// The messages of the diagnostics with their lines.
pub fn messages(diagnostics: &[Diagnostic]) -> Vec<String> {
    diagnostics
        .iter()
        .map(|diagnostic| format!("{}: {diagnostic}", diagnostic.place.line))
        .collect()
}

/// The known text of a field.
pub fn text(field: &Field<String>) -> &str {
    field
        .value
        .as_deref()
        .unwrap_or_else(|unknown| panic!("{unknown}"))
}

/// The deployment group of the template's first alias.
pub fn group(stack: &Stack) -> &DeploymentGroup {
    let deployment = stack.aliases[0].deployment.as_ref();
    let group = &deployment.expect("the alias is deployed").group;
    group
        .value
        .as_ref()
        .unwrap_or_else(|unknown| panic!("{unknown}"))
}

/// A template around an expression, which becomes the output `It`.
///
/// It has the parameters `Stage` (`beta`), `Names` (`a,b,c`), `Secret` (an SSM parameter), the mapping `Sizes`, the conditions
/// `Holds`, `Fails` and `Maybe`, the table `Contacts` and the topic `Absent`, which is under `Fails`.
pub fn around(expression: &str) -> String {
    format!(
        "
Parameters:
  Stage: {{Type: String, Default: beta}}
  Names: {{Type: CommaDelimitedList, Default: 'a, b,c'}}
  Secret: {{Type: 'AWS::SSM::Parameter::Value<String>', Default: /secret}}
Mappings:
  Sizes:
    beta: {{memory: 256}}
    prod: {{memory: 1024}}
Conditions:
  Holds: !Equals [!Ref Stage, beta]
  Fails: !Not [{{Condition: Holds}}]
  Maybe: !Equals [!Ref Secret, x]
Resources:
  Contacts:
    Type: AWS::DynamoDB::Table
    Properties:
      KeySchema: [{{AttributeName: id, KeyType: HASH}}]
      AttributeDefinitions: [{{AttributeName: id, AttributeType: S}}]
      BillingMode: PAY_PER_REQUEST
  Absent: {{Type: AWS::SNS::Topic, Condition: Fails}}
Outputs:
  It:
    Value: {expression}
Transform: AWS::LanguageExtensions
"
    )
}

/// What an expression gives: its text, or `?` and the reason.
pub fn value(expression: &str) -> String {
    let stack = stack(&around(expression));
    match &stack.outputs[0].value.value {
        Ok(text) => text.clone(),
        Err(unknown) => format!("? {}", unknown.reason),
    }
}
