use super::*;

const TWO_OF_FIVE: Alarm = Alarm {
    bad: BadMinute::ErrorsOfNewVersion(1),
    bad_minutes: 2,
    evaluation_periods: 5,
};

const TWO_OF_THREE: Alarm = Alarm {
    bad: BadMinute::PercentOfAll(5),
    bad_minutes: 2,
    evaluation_periods: 3,
};

const GOOD: Minute = Minute {
    missing: 0.0,
    bad: 0.0,
};

fn bad(probability: f64) -> Minute {
    Minute {
        missing: 0.0,
        bad: probability,
    }
}

fn canary(requests_per_minute: u64) -> Canary {
    Canary {
        requests_per_minute,
        share: 0.1,
        minutes: 5,
        begins_at_ms: 0,
    }
}

#[track_caller]
fn assert_close(got: f64, expected: f64) {
    assert!((got - expected).abs() < 1e-12, "{got}, not {expected}");
}

#[test]
fn binomial_tails_are_those_of_small_cases_by_hand() {
    assert_close(binomial_tail(3, 0, 0.5), 1.0);
    assert_close(binomial_tail(3, 1, 0.5), 7.0 / 8.0);
    assert_close(binomial_tail(3, 2, 0.5), 4.0 / 8.0);
    assert_close(binomial_tail(3, 3, 0.5), 1.0 / 8.0);
    assert_close(binomial_tail(3, 4, 0.5), 0.0);
    assert_close(binomial_tail(2, 1, 0.1), 1.0 - 0.9 * 0.9);
    assert_close(binomial_tail(5, 1, 0.0), 0.0);
    assert_close(binomial_tail(5, 5, 1.0), 1.0);
}

#[test]
fn a_binomial_tail_of_many_trials_is_neither_zero_nor_lost() {
    // The median of a symmetric one lies at its middle; the first mass, 0.5^100000, is below every 64-bit float.
    let tail = binomial_tail(100_000, 50_000, 0.5);
    assert!((0.5..0.502).contains(&tail), "{tail}");
}

#[test]
fn two_bad_minutes_of_five_fire_wherever_they_are() {
    let b: f64 = 0.3;
    let none = (1.0 - b).powi(5);
    let one = 5.0 * b * (1.0 - b).powi(4);
    let fired = TWO_OF_FIVE.fires_in(Minute::MISSING, &[bad(b); 5]);
    assert_close(fired, 1.0 - none - one);
}

#[test]
fn two_bad_minutes_of_three_fire_only_near_each_other() {
    let certain = [1.0, 0.0, 0.0, 1.0, 0.0].map(bad);
    assert_close(TWO_OF_THREE.fires_in(GOOD, &certain), 0.0);
    let certain = [1.0, 0.0, 1.0, 0.0, 0.0].map(bad);
    assert_close(TWO_OF_THREE.fires_in(GOOD, &certain), 1.0);
    // Of five minutes none or one may be bad, or two, three minutes or more apart: (1,4), (1,5), (2,5).
    let (b, g): (f64, f64) = (0.3, 0.7);
    let silent = g.powi(5) + 5.0 * b * g.powi(4) + 3.0 * b.powi(2) * g.powi(3);
    assert_close(TWO_OF_THREE.fires_in(GOOD, &[bad(b); 5]), 1.0 - silent);
}

#[test]
fn minutes_without_data_are_passed_over_as_far_as_the_range_reaches() {
    use Point::{Bad, Good, Missing};
    // Two of three with five points in sight: the gap does not part them.
    assert!(TWO_OF_THREE.is_in_alarm(&[Bad, Missing, Missing, Good, Bad]));
    assert!(!TWO_OF_THREE.is_in_alarm(&[Bad, Missing, Good, Good, Bad]));
    // What is missing is not bad.
    assert!(!TWO_OF_THREE.is_in_alarm(&[Missing, Missing, Missing, Missing, Bad]));
    // A sixth minute later the first is out of sight.
    let gap = [Minute::MISSING; 3];
    let row: Vec<_> = [&[bad(1.0)], &gap[..], &[bad(1.0)]].concat();
    assert_close(TWO_OF_THREE.fires_in(GOOD, &row), 1.0);
    let gap = [Minute::MISSING; 4];
    let row: Vec<_> = [&[bad(1.0)], &gap[..], &[bad(1.0)]].concat();
    assert_close(TWO_OF_THREE.fires_in(GOOD, &row), 0.0);
}

#[test]
fn an_alarm_that_is_in_alarm_at_the_beginning_has_fired() {
    assert_close(TWO_OF_THREE.fires_in(bad(1.0), &[GOOD; 5]), 1.0);
    let b: f64 = 0.1;
    let at_the_beginning = 3.0 * b.powi(2) * (1.0 - b) + b.powi(3);
    let fired = TWO_OF_THREE.fires_in(bad(b), &[]);
    assert_close(fired, at_the_beginning);
}

#[test]
fn a_request_whose_slot_the_shift_cuts_counts_in_part() {
    let minute = Requests::of_a_minute;
    // Six slots of ten seconds: after 25 s three are whole, and the third from the left has half of its time left.
    assert_eq!(
        minute(6).from(25_000),
        Requests {
            whole: 3,
            part: 0.5
        }
    );
    assert_eq!(minute(12).from(5_000), minute(11));
    assert_eq!(minute(60).from(0), minute(60));
    assert_eq!(minute(60).from(60_000), Requests::NONE);
    let cut = Requests {
        whole: 1,
        part: 0.5,
    };
    assert_close(cut.at_least(1, 0.2), 1.0 - 0.8 * 0.9);
    assert_close(cut.at_least(2, 0.2), 0.2 * 0.1);
}

#[test]
fn one_request_a_minute_is_a_case_for_a_pencil() {
    // It fails with 0.1 · 0.5, and an error among no more than twenty requests is 5 % of them.
    let b: f64 = 0.05;
    let quiet = (1.0 - b).powi(5) + 5.0 * b * (1.0 - b).powi(4);
    let fired = fires(TWO_OF_FIVE, canary(1), ErrorRate::OfNewVersion(0.5));
    assert_close(fired, 1.0 - quiet);
    let apart = 3.0 * b.powi(2) * (1.0 - b).powi(3);
    let fired = fires(TWO_OF_THREE, canary(1), ErrorRate::OfNewVersion(0.5));
    assert_close(fired, 1.0 - quiet - apart);
}

#[test]
fn the_old_versions_errors_are_none_of_the_new_versions() {
    let errors = ErrorRate::OfOldVersion(1.0);
    assert_close(fires(TWO_OF_FIVE, canary(60), errors), 0.0);
    let fired = fires(TWO_OF_THREE, canary(60), errors);
    assert!(fired > 0.999_999, "{fired}");
}

#[test]
fn a_share_of_all_is_bad_from_the_next_whole_request_on() {
    // 5 % of 21 requests are 1.05, so one error is within the threshold and two are not.
    let errors = ErrorRate::OfNewVersion(1.0);
    let of = |requests| fires(TWO_OF_THREE, canary(requests), errors);
    assert!(of(20) > of(21), "{} {}", of(20), of(21));
    let b = binomial_tail(21, 2, 0.1);
    let g = 1.0 - b;
    let silent = g.powi(5) + 5.0 * b * g.powi(4) + 3.0 * b.powi(2) * g.powi(3);
    assert_close(of(21), 1.0 - silent);
}

#[test]
fn a_minute_less_makes_an_alarm_less_likely() {
    let whole = fires(TWO_OF_FIVE, canary(60), ErrorRate::OfNewVersion(0.1));
    let late = Canary {
        begins_at_ms: MINUTE_MS,
        ..canary(60)
    };
    let four = fires(TWO_OF_FIVE, late, ErrorRate::OfNewVersion(0.1));
    let b = binomial_tail(60, 1, 0.01);
    let silent = (1.0 - b).powi(4) + 4.0 * b * (1.0 - b).powi(3);
    assert_close(four, 1.0 - silent);
    assert!(four < whole);
}
