//! The order of an update of the project's template, as pages show it: a block with the info string
//! `text order-of-the-update [LOGICAL ID…]`, of all that matters or of these resources.

use std::collections::BTreeMap;

use rehearsal_template::{Inputs, Stack, read};
use workspace_tests::places;

use crate::pages;

/// How the info string of such a block begins.
const INFO: &str = "text order-of-the-update";

/// How a line's continuation is indented.
const INDENT: usize = 4;
const WIDTH: usize = 110;

fn stack() -> Stack {
    read(&places::template(), &Inputs::default()).expect("the project's template is one")
}

/// The levels of an update, a paragraph each: those of the given resources alone, where some are given. Log groups and permissions
/// are in the way of what matters.
fn levels(stack: &Stack, alone: &[&str]) -> String {
    let kind: BTreeMap<_, _> = stack
        .resources
        .iter()
        .map(|resource| (resource.logical_id.as_str(), resource.r#type.as_str()))
        .collect();
    let matters = |id: &&String| {
        !matches!(
            kind.get(id.as_str()),
            Some(&("AWS::Logs::LogGroup" | "AWS::Lambda::Permission"))
        )
    };
    let mut text = String::new();
    let levels = stack
        .update_levels
        .iter()
        .map(|level| level.iter().filter(matters).collect::<Vec<_>>());
    for (number, level) in levels.filter(|level| !level.is_empty()).enumerate() {
        let shown = |id: &&&String| alone.is_empty() || alone.contains(&id.as_str());
        let level: Vec<_> = level.iter().filter(shown).collect();
        if level.is_empty() {
            continue;
        }
        let mut line = format!("{:<INDENT$}", number + 1);
        for (index, id) in level.iter().enumerate() {
            let comma = if index + 1 < level.len() { ", " } else { "" };
            if line.len() + id.len() > WIDTH {
                text += line.trim_end();
                text += "\n";
                line = " ".repeat(INDENT);
            }
            line += id;
            line += comma;
        }
        text += &line;
        text += "\n";
    }
    text
}

#[test]
fn the_order_of_an_update_is_what_pages_show() {
    let stack = stack();
    let mut shown = 0;
    for page in pages::of_docs() {
        let text = pages::text(&page);
        for info in pages::infos(&text, INFO) {
            let alone: Vec<_> = info[INFO.len()..].split_whitespace().collect();
            for block in pages::blocks(&text, info) {
                shown += 1;
                pages::hold(&page, info, block, &levels(&stack, &alone), str::to_owned);
            }
        }
    }
    assert!(shown >= 2, "the order is shown {shown} times");
}

#[test]
fn the_api_is_deployed_after_the_alias_and_its_hooks() {
    let stack = stack();
    let level = |id: &str| {
        let found = stack
            .update_levels
            .iter()
            .position(|level| level.iter().any(|other| other == id));
        found.unwrap_or_else(|| panic!("{id} is in no level of {:?}", stack.update_levels))
    };
    let deployment = stack
        .resources
        .iter()
        .find(|resource| resource.r#type == "AWS::ApiGateway::Deployment")
        .expect("the API is deployed");
    let order = [
        "ContactsTable",
        "Contacts",
        "PostTrafficHook",
        "ContactsAliaslive",
        "ContactsApi",
    ]
    .map(level);
    assert!(
        order.is_sorted_by(|before, after| before < after),
        "{order:?}"
    );
    assert!(level("PreTrafficHook") < level("ContactsAliaslive"));
    assert!(level(&deployment.logical_id) > level("ContactsAliaslive"));
}
