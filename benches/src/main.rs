//! Runs one hot path so many times, for a tool that counts instructions (`scripts/bench_check.py`).
//!
//! ```text
//! hot_paths NAME TIMES
//! ```
//!
//! It prints how often the path was taken: what two calls differ in, by what their numbers differ in, is one time's cost, whatever the
//! process needs to start.
//!
//! | path | what is done once |
//! |---|---|
//! | [`alarm`](paths::alarm) | an alarm of five points is evaluated |
//! | [`event`](paths::event) | API Gateway's event is made of a request |
//! | [`request`](paths::request) | a live request goes through the world of a canary with two alarms |
//! | [`response`](paths::response) | API Gateway's event goes through router, store and DynamoDB's client to its response |
//! | [`template`](paths::template) | the project's template is read |

mod paths;

use anyhow::{Context, bail};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, times] = arguments.as_slice() else {
        bail!("it takes a path's name and how many times: hot_paths template 10");
    };
    let times: u32 = times
        .parse()
        .with_context(|| format!("{times} is no number of times"))?;
    let taken = match name.as_str() {
        "alarm" => paths::alarm::take(times),
        "event" => paths::event::take(times)?,
        "request" => paths::request::take(times)?,
        "response" => paths::response::take(times)?,
        "template" => paths::template::take(times)?,
        _ => {
            bail!("there is no path {name}: it may be alarm, event, request, response or template")
        }
    };
    println!("{taken}");
    Ok(())
}
