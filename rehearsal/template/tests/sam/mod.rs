//! What SAM makes of a template, held against its translator's source and recorded output.

mod apis;
mod preferences;
mod refusals;
mod resources;

use rehearsal_template::stack::Stack;

/// A template with one function, `F`, of these properties, after `extra` sections.
fn template(properties: &str, extra: &str) -> String {
    let properties = properties.replace('\n', "\n      ");
    format!(
        "
Transform: AWS::Serverless-2016-10-31
{extra}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: code
      {properties}
"
    )
}

fn ids(stack: &Stack) -> Vec<&str> {
    stack
        .resources
        .iter()
        .map(|resource| resource.logical_id.as_str())
        .collect()
}
