//! Updates between two templates: what functions and callers meet of them, and when.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod ends;
mod pace;
mod parts;
mod routes;
#[path = "../support/mod.rs"]
mod support;
mod tables;
mod versions;

use support::Seen;

/// A function behind a REST API whose alias shifts for three minutes; `%` stands for more of its properties, and of its routes.
fn shop(code: &str, timeout: u32, paths: &[&str], more: &str) -> String {
    let routes: Vec<String> = paths
        .iter()
        .enumerate()
        .map(|(number, path)| {
            format!(
                "        Route{number}: {{Type: Api, Properties: {{Path: {path}, Method: get}}}}\n"
            )
        })
        .collect();
    format!(
        "\
Transform: AWS::Serverless-2016-10-31
Globals: {{Api: {{OpenApiVersion: 3.0.1}}}}
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: s3://code/{code}.zip
      Timeout: {timeout}
      AutoPublishAlias: live
      DeploymentPreference: {{Type: Linear10PercentEvery1Minute}}
      Events:
{}{more}",
        routes.concat()
    )
}

/// The shop with a table that has these indexes, each by an attribute of its name, and this key; `more` are further properties.
fn with_table(code: &str, key: &str, indexes: &[&str], more: &str) -> String {
    let attributes: Vec<String> = std::iter::once(&key)
        .chain(indexes)
        .map(|name| format!("{{AttributeName: {name}, AttributeType: S}}"))
        .collect();
    let indexes: Vec<String> = indexes
        .iter()
        .map(|name| {
            format!("{{IndexName: By{name}, KeySchema: [{{AttributeName: {name}, KeyType: HASH}}], Projection: {{ProjectionType: ALL}}}}")
        })
        .collect();
    let indexes = match indexes.as_slice() {
        [] => String::new(),
        indexes => format!("      GlobalSecondaryIndexes: [{}]\n", indexes.join(", ")),
    };
    let table = format!(
        "  Items:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{}]
      KeySchema: [{{AttributeName: {key}, KeyType: HASH}}]
{indexes}{more}",
        attributes.join(", ")
    );
    let events = "      Events:\n";
    shop(code, 3, &["/orders"], &table).replace(
        events,
        &format!("      Environment: {{Variables: {{TABLE: !Ref Items}}}}\n{events}"),
    )
}

const TRAFFIC: &str = "
[traffic]
requests_per_minute = 60
minutes_before = 2
minutes_after = 2
";

fn get(path: &str) -> String {
    format!("[[traffic.request]]\nmethod = 'GET'\npath = '{path}'\n")
}

/// Whether what was seen of a minute is all of it alike in this.
fn all<T: PartialEq + std::fmt::Debug>(seen: &[Seen], minute: i64, of: impl Fn(&Seen) -> T) -> T {
    let mut found = seen.iter().filter(|seen| seen.minute == minute).map(of);
    let first = found.next().expect("there are requests in the minute");
    assert!(
        found.all(|other| other == first),
        "minute {minute}: {seen:?}"
    );
    first
}
