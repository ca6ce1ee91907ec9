//! One start of one function.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use serde::Serialize;

use crate::plan::{Function, Plan};
use crate::process::{self, Process};
use crate::runtime_api::{Observed, RuntimeApi};

/// What a start may take at most, its calls included.
const LIMIT: Duration = Duration::from_mins(2);

/// What was measured of one function, an entry a start.
#[derive(Debug, Default, Serialize)]
pub struct Measured {
    /// From exec to the first `/next`, in milliseconds, with nothing in the environment but what Lambda gives.
    init_ms: Vec<f64>,
    /// The processor time in it.
    init_cpu_ms: Vec<f64>,
    /// From exec to the first answer, whose call went to the database over a connection of its own.
    first_call_ms: Vec<f64>,
    /// The processor time in it.
    first_call_cpu_ms: Vec<f64>,
    /// An invocation of a function that runs: the median of a start's.
    warm_p50_ms: Vec<f64>,
    /// The same that 99 of 100 do not exceed.
    warm_p99_ms: Vec<f64>,
    /// The most memory it had resident, after all its calls.
    peak_rss_kib: Vec<u64>,
}

/// Starts it as Lambda does, until it asks for its first event.
///
/// # Errors
/// It does not start, or asks for none.
pub async fn init(plan: &Plan, function: &Function, found: &mut Measured) -> anyhow::Result<()> {
    let (process, began, observed) = observe(plan, function, 0, &BTreeMap::new()).await?;
    let asked = observed.asked.context("it asked for no event")?;
    found
        .init_cpu_ms
        .push(milliseconds(process::cpu(process.id())?));
    found.init_ms.push(milliseconds(asked - began));
    Ok(())
}

/// Starts it, and sends it events, whose calls go to the database on this port.
///
/// # Errors
/// It does not start, or answers with anything but what is expected.
pub async fn calls(
    plan: &Plan,
    function: &Function,
    database: u16,
    found: &mut Measured,
) -> anyhow::Result<()> {
    let mut environment = function.trust.clone();
    // A name, for certificates are of names: the system's resolver is part of a first call on Lambda, too.
    environment.insert(
        "AWS_ENDPOINT_URL_DYNAMODB".to_owned(),
        format!("https://localhost:{database}"),
    );
    let events = 1 + plan.warm_calls;
    let (process, began, observed) = observe(plan, function, events, &environment).await?;
    let answered = observed.answered.context("it gave no answer")?;
    let mut warm: Vec<f64> = observed.warm.into_iter().map(milliseconds).collect();
    warm.sort_by(f64::total_cmp);
    let cpu = observed
        .answered_cpu
        .context("its processor time was not read")?;
    found.first_call_cpu_ms.push(milliseconds(cpu));
    found.first_call_ms.push(milliseconds(answered - began));
    found.warm_p50_ms.push(share(&warm, 50)?);
    found.warm_p99_ms.push(share(&warm, 99)?);
    found.peak_rss_kib.push(process.peak_rss_kib()?);
    Ok(())
}

async fn observe(
    plan: &Plan,
    function: &Function,
    events: usize,
    environment: &BTreeMap<String, String>,
) -> anyhow::Result<(Process, Instant, Observed)> {
    let event = plan.event.to_string().into();
    let api = RuntimeApi::listen(event, events, function.answers.clone()).await?;
    let (program, arguments) = function
        .command
        .split_first()
        .context("it has no command")?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(&function.directory)
        .env_clear()
        .envs(&plan.environment)
        .envs(&function.environment)
        .envs(environment)
        .env("AWS_LAMBDA_RUNTIME_API", api.address().to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let began = Instant::now();
    let mut process = Process(command.spawn().with_context(|| program.clone())?);
    api.process.store(process.id(), Ordering::Relaxed);
    match tokio::time::timeout(LIMIT, api.observe()).await {
        Ok(Ok(observed)) => Ok((process, began, observed)),
        Ok(Err(error)) => Err(error.context(process.last_words())),
        Err(_) => Err(anyhow!("it is not done after {LIMIT:?}").context(process.last_words())),
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// What so many of a hundred do not exceed, of a sorted list.
fn share(sorted: &[f64], of_hundred: usize) -> anyhow::Result<f64> {
    if sorted.is_empty() {
        bail!("nothing was measured");
    }
    Ok(sorted[(sorted.len() - 1) * of_hundred / 100])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_list_and_an_empty_one_has_none() {
        let list: Vec<f64> = (1..=101).map(f64::from).collect();
        assert!((share(&list, 50).unwrap() - 51.0).abs() < f64::EPSILON);
        assert!((share(&list, 99).unwrap() - 100.0).abs() < f64::EPSILON);
        assert!(share(&[], 50).is_err());
    }
}
