//! What the tests of plans share.
#![allow(dead_code, reason = "each test takes what it needs")]

use rehearsal_deployment::plan::Draft;
use rehearsal_deployment::{Plan, PlanError, Rehearsal};
use rehearsal_template::{Inputs, read_str};
use serde_json::json;

/// The plan of an update that brings version 2 of the function `F`, without live requests.
pub fn plan(template: &str) -> Result<Plan, Vec<PlanError>> {
    plan_with(template, json!({}))
}

/// The same, with more in the rehearsal file.
pub fn plan_with(template: &str, more: serde_json::Value) -> Result<Plan, Vec<PlanError>> {
    let read = |inputs: &Inputs| read_str("template.yaml", template, inputs).unwrap();
    let inputs = Inputs::new("app");
    let mut file = json!({"template": "template.yaml", "traffic": {"requests_per_minute": 0}});
    if let (Some(file), serde_json::Value::Object(more)) = (file.as_object_mut(), more) {
        file.extend(more);
    }
    let rehearsal: Rehearsal = serde_json::from_value(file).unwrap();
    let (old, new) = (read(&inputs), read(&inputs.clone().version("F", 2)));
    Draft::new(&old, &new, rehearsal.given())?.plan(&rehearsal, &[])
}
