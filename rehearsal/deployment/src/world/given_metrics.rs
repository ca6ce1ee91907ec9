//! What the rehearsal file gives: data points, one a minute, from its minute on; and which of it a deployment met, data points and states.

use std::collections::BTreeSet;

use rehearsal_aws::cloudwatch::metric::Metric;
use rehearsal_aws::cloudwatch::metric_alarm::AlarmState;
use rehearsal_aws::time::{MINUTE_MS, VirtualTime};

use super::World;
use super::state::GivenMet;
use crate::gates::Judged;
use crate::plan::WatchedAlarm;

impl World {
    /// When the first of the update's deployments shifted; minutes of the rehearsal file are counted from it.
    pub(super) fn first_shift(&self) -> Option<VirtualTime> {
        self.codedeploy
            .deployments()
            .filter_map(|deployment| deployment.first_shift)
            .min()
    }

    /// A deployment's alarms are polled: what is given by now it has met. A given alarm counts while it is in ALARM, itself a gate or named
    /// by the rule of one.
    pub(super) fn meet_given(&mut self, deployment: usize) {
        let mut planned = self.plan.alarms.iter();
        let has_given_alarm = planned.any(|alarm| matches!(alarm.after, Judged::Given(_)));
        if self.plan.given_metrics.is_empty() && !has_given_alarm {
            return;
        }
        let gates = &self.plan.deployments[deployment].alarms;
        let mut named: BTreeSet<&str> = BTreeSet::new();
        let mut alarms: BTreeSet<String> = BTreeSet::new();
        // Each comes after those that its rule names.
        let watched = self.plan.alarms.iter().zip(&self.cloudwatch.alarms).rev();
        for (WatchedAlarm { id, name, .. }, watch) in watched {
            if !gates.contains(id) && !named.contains(name.as_str()) {
                continue;
            }
            match watch.judged() {
                Some(Judged::Composite(rule)) => named.extend(rule.alarms()),
                Some(Judged::Given(given)) if watch.state() == AlarmState::Alarm => {
                    alarms.insert(given.name.clone());
                }
                _ => {}
            }
        }
        let met = self
            .cloudwatch
            .given_met
            .get_or_insert_with(GivenMet::default);
        met.alarms.extend(alarms);
        met.points.clone_from(&self.cloudwatch.given_points);
    }

    /// The names of the alarms that the file has in ALARM and that no deployment met so. None where no deployment began: what is not judged
    /// at all is in the verdict anyway.
    pub(super) fn alarms_not_met(&self) -> Vec<String> {
        let Some(met) = &self.cloudwatch.given_met else {
            return Vec::new();
        };
        let mut names = Vec::new();
        for planned in &self.plan.alarms {
            if let Judged::Given(given) = &planned.after
                && given.in_alarm.is_some()
                && !met.alarms.contains(&given.name)
            {
                names.push(given.name.clone());
            }
        }
        names
    }

    /// Whether a metric is given and none of its points came while a deployment ran.
    pub(super) fn is_given_in_vain(&self, metric: &Metric) -> bool {
        let mut given = self.plan.given_metrics.iter();
        let Some(index) = given.position(|given| given.metric() == *metric) else {
            return false;
        };
        let met = self.cloudwatch.given_met.as_ref();
        met.is_none_or(|met| met.points.get(index).is_none_or(|points| *points == 0))
    }

    /// Records the given data points up to now that are not there yet. They come before what is evaluated now.
    pub(super) fn give_due_data_points(&mut self) {
        for index in 0..self.plan.given_metrics.len() {
            let given = &self.plan.given_metrics[index];
            let origin = match given.values.from_minute {
                None => self.traffic.began,
                Some(minute) => match self.first_shift() {
                    Some(shift) => shift + minute.saturating_mul(MINUTE_MS),
                    None => continue,
                },
            };
            let metric = given.metric();
            while let Some(value) = given
                .values
                .every_minute
                .get(self.cloudwatch.given_points[index])
            {
                let minutes =
                    i64::try_from(self.cloudwatch.given_points[index]).unwrap_or(i64::MAX);
                let at = origin + minutes.saturating_mul(MINUTE_MS);
                if at >= self.now {
                    break;
                }
                // A minute before the traffic began is past.
                self.cloudwatch.metrics.record(metric.clone(), at, *value);
                self.cloudwatch.given_points[index] += 1;
            }
        }
    }
}
