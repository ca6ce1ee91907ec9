//! A live request, from its arrival to the metrics and the event that it leaves.

use std::ops::ControlFlow;

use anyhow::{anyhow, bail};
use rehearsal_deployment::event::Happening;
use rehearsal_deployment::plan::Draft;
use rehearsal_deployment::plan::requests::targets;
use rehearsal_deployment::{Input, Rehearsal, World};
use rehearsal_template::{Inputs, read_str};

const TEMPLATE: &str = include_str!("request.yaml");

/// Rehearses a canary on stubs with so many requests a minute. Gives how many requests were served.
pub fn take(times: u32) -> anyhow::Result<u64> {
    let read = |inputs: &Inputs| {
        read_str("request.yaml", TEMPLATE, inputs).map_err(|errors| anyhow!("{errors:?}"))
    };
    let inputs = Inputs::new("app");
    let (old, new) = (read(&inputs)?, read(&inputs.clone().version("F", 2))?);
    let rehearsal: Rehearsal = toml::from_str(&format!(
        "template = 'request.yaml'\nseed = 7\n[builds]\nold = 'stub'\nnew = 'stub'\n[traffic]\nrequests_per_minute = {times}\n\
         [[traffic.request]]\nmethod = 'GET'\npath = '/things'\n"
    ))?;
    let draft =
        Draft::new(&old, &new, rehearsal.given()).map_err(|errors| anyhow!("{errors:?}"))?;
    let targets = targets(&draft, &rehearsal).map_err(|errors| anyhow!("{errors:?}"))?;
    let plan = draft
        .plan(&rehearsal, &targets)
        .map_err(|errors| anyhow!("{errors:?}"))?;
    let mut world = World::new(plan);
    let mut served = 0;
    world.step_observed(Input::Begin, |event| {
        served += u64::from(matches!(event.happening, Happening::RequestServed { .. }));
        ControlFlow::Continue(())
    });
    if !world.is_finished() {
        bail!("it waits for something outside, where all functions are stubs");
    }
    Ok(served)
}
