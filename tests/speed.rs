//! How long a rehearsal takes, by its traffic: in instructions `make bench-check` counts what a request costs.

use std::time::{Duration, Instant};

use workspace_tests::{Scenario, places};

/// The traffic: 2,400 requests in all, in eight minutes.
const REQUESTS_PER_MINUTE: u32 = 300;

/// How many times as long a rehearsal with this traffic may take as one without any. It is some eight times where nothing else runs; a
/// wait of a few milliseconds for each request, or a cost that grows with the requests before it, makes it many more.
const AT_MOST: f64 = 20.0;

/// What else the machine does only ever adds to a time, so the best of some runs says most. They take turns.
const ROUNDS: usize = 5;

/// How long the rehearsal of a version that works takes, from the command's start to its end.
fn takes(requests_per_minute: u32) -> Duration {
    let file = std::fs::read_to_string(places::rehearsal("healthy")).expect("the file is there");
    let (asked, _expected) = file.split_once("[expect]").expect("it expects something");
    let template = places::template().display().to_string();
    let rehearsal = asked.replace("../../template.yaml", &template).replace(
        "requests_per_minute = 60",
        &format!("requests_per_minute = {requests_per_minute}"),
    );
    let scenario = Scenario::new(&rehearsal);
    let start = Instant::now();
    let finished = scenario.run().with_code(0);
    let takes = start.elapsed();
    let report = finished.report();
    let by_version = report.at("/deployments/0/served").as_object();
    let by_version = by_version.expect("versions are counted").values();
    let served: u64 = by_version.filter_map(serde_json::Value::as_u64).sum();
    assert!(
        served >= 7 * u64::from(requests_per_minute),
        "{served} requests were served"
    );
    takes
}

#[test]
fn traffic_makes_a_rehearsal_longer_by_no_more_than_what_its_requests_cost() {
    let (mut without, mut with) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        without = without.min(takes(0));
        with = with.min(takes(REQUESTS_PER_MINUTE));
        if with <= without.mul_f64(AT_MOST) {
            return;
        }
    }
    panic!(
        "at best {with:?} with {REQUESTS_PER_MINUTE} requests a minute, and {without:?} without any"
    );
}
