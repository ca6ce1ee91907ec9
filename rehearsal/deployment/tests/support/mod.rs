//! What the tests of plans share.

use rehearsal_deployment::plan::Draft;
use rehearsal_deployment::{Plan, PlanError, Rehearsal};
use rehearsal_template::{Inputs, read_str};
use serde_json::json;

/// The plan of an update that brings version 2 of the function `F`, without live requests.
pub fn plan(template: &str) -> Result<Plan, Vec<PlanError>> {
    let read = |inputs: &Inputs| read_str("template.yaml", template, inputs).unwrap();
    let inputs = Inputs::new("app");
    let rehearsal: Rehearsal = serde_json::from_value(
        json!({"template": "template.yaml", "traffic": {"requests_per_minute": 0}}),
    )
    .unwrap();
    let (old, new) = (read(&inputs), read(&inputs.clone().version("F", 2)));
    Draft::new(&old, &new)?.plan(&rehearsal, &[])
}
