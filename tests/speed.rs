//! How long a rehearsal takes.

use workspace_tests::{Rehearse, places};

/// What a canary of five minutes at 60 requests a minute may take on two slow cores, in seconds.
const LIMIT_SECONDS: f64 = 3.0;

/// What else the machine does only ever adds to a time, so the best of some runs says most.
const RUNS: usize = 3;

#[test]
fn a_canary_of_five_minutes_takes_three_seconds_at_most() {
    let file = places::rehearsal("healthy");
    let times = (0..RUNS).map(|_| {
        let report = Rehearse::new().file(&file).run().with_code(0).report();
        assert!(report.at("/virtual_seconds").as_f64() > Some(300.0));
        report
            .at("/wall_seconds")
            .as_f64()
            .expect("wall_seconds is a number")
    });
    let best = times.fold(f64::INFINITY, f64::min);
    assert!(best <= LIMIT_SECONDS, "{best:.2} s at best");
}
