//! Starts functions, one after another in turn, and measures each; or sends requests to a server: `make bench`.
//!
//! ```text
//! bench-driver functions PLAN.json
//! bench-driver load URL CONNECTIONS SECONDS [BODY]
//! ```
//!
//! [`plan`] has what is started; [`runtime_api`] is Lambda's side of it, [`dynamodb`] the database over TLS, [`start`] one start of
//! one function, [`process`] its process, [`load`] the requests. It prints what it measured as JSON: `benches/measure` makes the tables.

mod dynamodb;
mod load;
mod plan;
mod process;
mod runtime_api;
mod start;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, bail};
use plan::Plan;
use start::Measured;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let measured = match arguments.as_slice() {
        ["functions", path] => {
            let text = std::fs::read_to_string(path).with_context(|| (*path).to_owned())?;
            let plan: Plan = serde_json::from_str(&text).with_context(|| (*path).to_owned())?;
            let database = dynamodb::start(&plan.certificates)?;
            serde_json::to_string(&runtime.block_on(measure(&plan, database.port()))?)?
        }
        ["load", url, connections, seconds, body @ ..] if body.len() < 2 => {
            let time = Duration::from_secs(seconds.parse().context("SECONDS is a number")?);
            let connections = connections.parse().context("CONNECTIONS is a number")?;
            let body = body.first().copied();
            serde_json::to_string(&runtime.block_on(load::send(url, body, connections, time))?)?
        }
        _ => bail!("it takes `functions PLAN.json` or `load URL CONNECTIONS SECONDS [BODY]`"),
    };
    println!("{measured}");
    Ok(())
}

/// Starts every function once for its init, then every one for its calls, and all of them again: whatever else the machine does meets all
/// alike, and no start finds the processor's caches as a start of the same function has left them.
async fn measure(plan: &Plan, database: u16) -> anyhow::Result<BTreeMap<&str, Measured>> {
    let mut measured: BTreeMap<&str, Measured> = BTreeMap::new();
    for round in 0..plan.starts {
        // Each round begins with another, so that none always follows the same.
        let (later, first) = plan.functions.split_at(round % plan.functions.len().max(1));
        for function in first.iter().chain(later) {
            let found = measured.entry(&function.name).or_default();
            start::init(plan, function, found)
                .await
                .with_context(|| format!("{}: init", function.name))?;
        }
        for function in first.iter().chain(later) {
            let found = measured.entry(&function.name).or_default();
            start::calls(plan, function, database, found)
                .await
                .with_context(|| format!("{}: calls", function.name))?;
        }
    }
    Ok(measured)
}
