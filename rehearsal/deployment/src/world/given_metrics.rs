//! Data points that the rehearsal file gives: one a minute, from its minute on.

use rehearsal_aws::time::{MINUTE_MS, VirtualTime};

use super::World;

impl World {
    /// When the first of the update's deployments shifted; minutes of the rehearsal file are counted from it.
    pub(super) fn first_shift(&self) -> Option<VirtualTime> {
        self.codedeploy
            .deployments()
            .filter_map(|deployment| deployment.first_shift)
            .min()
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
