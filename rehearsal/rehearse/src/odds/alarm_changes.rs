//! The changes of alarms that are tried, each in the words in which a template has it.

use rehearsal_aws::cloudwatch::metric::{Metric, Statistic};
use rehearsal_aws::cloudwatch::metric_alarm::{Alarm, Comparison, Judgement, MissingData, Watched};
use rehearsal_aws::cloudwatch::metrics_of::LAMBDA;
use rehearsal_aws::time::MINUTE_MS;
use rehearsal_deployment::odds::Gates;
use rehearsal_deployment::plan::{Decision, Gate, Judged, WatchedAlarm};
use rehearsal_template::Place;

use super::prepare::Ready;
use super::sweep::Sweep;

/// What an alarm that is not there would be called.
const ADDED: &str = "errors of the new version";

/// A deployment's gates with one alarm changed.
pub struct Candidate {
    /// The gates.
    pub gates: Gates,
    /// What is changed, as the template has it: each property with its value.
    pub what: String,
    /// How many of its properties are changed.
    pub size: usize,
}

/// All changes that are tried.
pub fn candidates(ready: &Ready<'_>, sweep: &Sweep<'_>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for gate in sweep.setting.gates() {
        let alarms = &ready.gates.alarms;
        let Some(place) = alarms.iter().position(|alarm| alarm.id == *gate) else {
            continue;
        };
        let Judged::Metric(alarm) = &alarms[place].after else {
            continue;
        };
        for changed in changes(alarm) {
            let mut gates = ready.gates.clone();
            let one = &mut gates.alarms[place];
            one.after = Judged::Metric(Box::new(changed.alarm.clone()));
            if let Some(Judged::Metric(before)) = &mut one.before {
                changed.onto(before);
            }
            candidates.push(Candidate {
                what: format!("{gate}: {}", changed.what.join(", ")),
                size: changed.what.len(),
                gates,
            });
        }
    }
    candidates.extend(added(ready));
    candidates
}

/// An alarm, changed.
struct Changed {
    alarm: Alarm,
    /// What is changed, a property each.
    what: Vec<String>,
}

impl Changed {
    /// The same change of the alarm as it was before the update, which may watch another version.
    fn onto(&self, before: &mut Alarm) {
        before.threshold = self.alarm.threshold;
        before.comparison = self.alarm.comparison;
        before.judgement = self.alarm.judgement;
        if let (Watched::Metric { statistic, .. }, Watched::Metric { statistic: new, .. }) =
            (&mut before.watched, &self.alarm.watched)
        {
            *statistic = *new;
        }
    }
}

/// Each change that makes an alarm fire more easily: fewer data points, more periods, another threshold or statistic, and these
/// together with fewer data points.
fn changes(alarm: &Alarm) -> Vec<Changed> {
    let mut levels = vec![Changed {
        alarm: alarm.clone(),
        what: Vec::new(),
    }];
    levels.extend(thresholds(alarm));
    levels.extend(counted(alarm));
    let mut changes = Vec::new();
    for level in levels {
        for judgement in judgements(level.alarm.judgement) {
            let mut what = level.what.clone();
            what.extend(judgement_words(level.alarm.judgement, judgement));
            changes.push(Changed {
                alarm: Alarm {
                    judgement,
                    ..level.alarm.clone()
                },
                what,
            });
        }
    }
    changes.retain(|changed| !changed.what.is_empty());
    changes
}

/// The same M of N, fewer of as many, and as many of more.
fn judgements(own: Judgement) -> Vec<Judgement> {
    let of = |datapoints_to_alarm, evaluation_periods| Judgement {
        datapoints_to_alarm,
        evaluation_periods,
        missing_data: own.missing_data,
    };
    let (m, n) = (own.datapoints_to_alarm, own.evaluation_periods);
    let mut all = vec![own];
    all.extend((1..m).rev().map(|fewer| of(fewer, n)));
    all.extend(
        [3, 5, 10]
            .into_iter()
            .filter(|more| *more > n)
            .map(|more| of(m, more)),
    );
    all
}

fn judgement_words(before: Judgement, after: Judgement) -> Vec<String> {
    let mut words = Vec::new();
    if before.datapoints_to_alarm != after.datapoints_to_alarm {
        words.push(format!(
            "DatapointsToAlarm {} instead of {}",
            after.datapoints_to_alarm, before.datapoints_to_alarm
        ));
    }
    if before.evaluation_periods != after.evaluation_periods {
        words.push(format!(
            "EvaluationPeriods {} instead of {}",
            after.evaluation_periods, before.evaluation_periods
        ));
        // A template that has none means all of its periods, and would mean all of the new ones.
        if before.datapoints_to_alarm == before.evaluation_periods
            && after.datapoints_to_alarm == before.datapoints_to_alarm
        {
            words.push(format!("DatapointsToAlarm {}", after.datapoints_to_alarm));
        }
    }
    words
}

/// Thresholds that are easier to reach, where more is worse.
fn thresholds(alarm: &Alarm) -> Vec<Changed> {
    let own = alarm.threshold;
    let is_count = matches!(
        alarm.watched,
        Watched::Metric {
            statistic: Statistic::Sum | Statistic::SampleCount,
            ..
        }
    );
    let Some(least) = one_is_enough(alarm.comparison) else {
        return Vec::new();
    };
    let mut easier = if is_count {
        vec![(own / 2.0).floor().max(least), least]
    } else {
        vec![own / 2.0, own / 5.0, own / 10.0]
    };
    easier.dedup();
    let easier = easier.into_iter().filter(|threshold| *threshold < own);
    easier
        .map(|threshold| Changed {
            what: vec![threshold_words(own, threshold)],
            alarm: Alarm {
                threshold,
                ..alarm.clone()
            },
        })
        .collect()
}

/// The threshold that one of a count reaches; `None` where fewer are worse.
fn one_is_enough(comparison: Comparison) -> Option<f64> {
    match comparison {
        Comparison::GreaterThanOrEqualToThreshold => Some(1.0),
        Comparison::GreaterThanThreshold => Some(0.0),
        Comparison::LessThanThreshold | Comparison::LessThanOrEqualToThreshold => None,
    }
}

fn threshold_words(before: f64, after: f64) -> String {
    format!("Threshold {} instead of {}", short(after), short(before))
}

/// A count instead of a rate: one is enough, by the comparison that the alarm has.
fn counted(alarm: &Alarm) -> Option<Changed> {
    let Watched::Metric {
        metric,
        statistic: Statistic::Average,
        period_ms,
    } = &alarm.watched
    else {
        return None;
    };
    let threshold = one_is_enough(alarm.comparison)?;
    let is_share = ["Errors", "5XXError", "5xx", "4XXError", "4xx"].contains(&metric.name.as_str());
    is_share.then(|| Changed {
        what: vec![
            "Statistic Sum instead of Average".to_owned(),
            threshold_words(alarm.threshold, threshold),
        ],
        alarm: Alarm {
            watched: Watched::Metric {
                metric: metric.clone(),
                statistic: Statistic::Sum,
                period_ms: *period_ms,
            },
            threshold,
            ..alarm.clone()
        },
    })
}

/// One alarm more, on the errors of the new version alone. It is a larger change than any of an alarm that is there.
fn added(ready: &Ready<'_>) -> Vec<Candidate> {
    let own = ready.planned();
    let function = ready.plan.functions.get(&own.function);
    let Some(function) = function.and_then(|function| function.after.as_ref()) else {
        return Vec::new();
    };
    let of_version = |version: &str| {
        let resource = format!("{}:{}", function.name, own.alias);
        Metric::new(
            LAMBDA,
            "Errors",
            &[
                ("FunctionName", &function.name),
                ("Resource", &resource),
                ("ExecutedVersion", version),
            ],
        )
    };
    let alarm = |version: &str, datapoints_to_alarm, evaluation_periods| {
        Judged::Metric(Box::new(Alarm {
            name: ADDED.to_owned(),
            logical_id: ADDED.to_owned(),
            watched: Watched::Metric {
                metric: of_version(version),
                statistic: Statistic::Sum,
                period_ms: MINUTE_MS,
            },
            threshold: 1.0,
            comparison: Comparison::GreaterThanOrEqualToThreshold,
            judgement: Judgement {
                evaluation_periods,
                datapoints_to_alarm,
                missing_data: MissingData::NotBreaching,
            },
        }))
    };
    let candidate = |(datapoints_to_alarm, evaluation_periods)| {
        let mut gates = ready.gates.clone();
        gates.gates.push(Gate {
            alarm: ADDED.to_owned(),
            decision: Decision::Evaluated,
            why: String::new(),
            line: 0,
            place: Place::default(),
        });
        gates.added.push(ADDED.to_owned());
        gates.alarms.push(WatchedAlarm {
            id: ADDED.to_owned(),
            name: ADDED.to_owned(),
            before: Some(alarm(
                &own.old_version,
                datapoints_to_alarm,
                evaluation_periods,
            )),
            after: alarm(&own.new_version, datapoints_to_alarm, evaluation_periods),
        });
        Candidate {
            gates,
            what: format!(
                "one alarm more, on Errors of the new version (ExecutedVersion): Sum at or above 1 in {datapoints_to_alarm} of {evaluation_periods} minutes"
            ),
            size: 4,
        }
    };
    [(2, 5), (1, 1)].map(candidate).into()
}

/// A number without more digits than it has.
fn short(value: f64) -> String {
    format!("{}", (value * 1e6).round() / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a person makes of an alarm who changes what the words say, and has no `DatapointsToAlarm` where it is all of the periods.
    fn by_hand(before: Judgement, words: &[String]) -> (usize, usize) {
        let (mut m, mut n) = (
            Some(before.datapoints_to_alarm).filter(|m| *m != before.evaluation_periods),
            before.evaluation_periods,
        );
        for change in words {
            let mut parts = change.split(' ');
            let (property, value) = (parts.next(), parts.next());
            let value = value.and_then(|value| value.parse().ok());
            match property {
                Some("DatapointsToAlarm") => m = value,
                Some("EvaluationPeriods") => n = value.expect("it has a value"),
                other => panic!("{other:?}"),
            }
        }
        (m.unwrap_or(n), n)
    }

    #[test]
    fn whoever_changes_what_a_recommendation_says_has_the_alarm_that_was_counted() {
        let mut tried = 0;
        for evaluation_periods in 1..=12 {
            for datapoints_to_alarm in 1..=evaluation_periods {
                let before = Judgement {
                    evaluation_periods,
                    datapoints_to_alarm,
                    missing_data: MissingData::Missing,
                };
                for after in judgements(before) {
                    let words = judgement_words(before, after);
                    let expected = (after.datapoints_to_alarm, after.evaluation_periods);
                    assert_eq!(by_hand(before, &words), expected, "{before:?}: {words:?}");
                    tried += 1;
                }
            }
        }
        assert!(tried > 200, "{tried}");
    }

    #[test]
    fn one_error_is_enough_by_whatever_comparison_the_alarm_has() {
        for (comparison, threshold) in [
            (Comparison::GreaterThanOrEqualToThreshold, 1.0),
            (Comparison::GreaterThanThreshold, 0.0),
        ] {
            let alarm = Alarm {
                name: "rate".to_owned(),
                logical_id: "Rate".to_owned(),
                watched: Watched::Metric {
                    metric: Metric::new(LAMBDA, "Errors", &[("FunctionName", "orders")]),
                    statistic: Statistic::Average,
                    period_ms: MINUTE_MS,
                },
                threshold: 0.05,
                comparison,
                judgement: Judgement {
                    evaluation_periods: 1,
                    datapoints_to_alarm: 1,
                    missing_data: MissingData::Missing,
                },
            };
            let changed = counted(&alarm).expect("it is a rate");
            assert_eq!(changed.alarm.comparison, comparison);
            assert!((changed.alarm.threshold - threshold).abs() < 1e-9);
            assert!(comparison.breaches(1.0, threshold) && !comparison.breaches(0.0, threshold));
        }
    }
}
