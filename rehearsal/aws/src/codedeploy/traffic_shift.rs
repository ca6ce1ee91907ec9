//! Which share of the traffic the new version has, from which minute on.

use serde::Serialize;

use super::traffic_routing::TrafficRouting;

/// One step of a shift.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Minutes after the first step.
    pub minute: u32,
    /// The new version's share from then on, 0 to 1.
    pub share: f64,
}

/// The steps of a shift, from the first, at minute 0, to the one that gives the new version everything.
///
/// ```
/// use rehearsal_aws::codedeploy::traffic_routing::TrafficRouting;
/// use rehearsal_aws::codedeploy::traffic_shift::TrafficShift;
///
/// let routing = TrafficRouting::predefined("CodeDeployDefault.LambdaCanary10Percent5Minutes").expect("AWS defines it");
/// let shift = TrafficShift::of(routing);
/// let steps: Vec<_> = shift.steps().iter().map(|step| (step.minute, step.share)).collect();
/// assert_eq!(steps, [(0, 0.1), (5, 1.0)]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TrafficShift {
    steps: Vec<Step>,
}

impl TrafficShift {
    /// The steps of a configuration. A linear one shifts at the *start* of each interval (CodeDeploy API,
    /// `TimeBasedLinear`), so ten steps of 10 % take nine intervals. Percentages that do not divide 100 are assumed to end in
    /// a shorter step: 30, 60, 90, 100.
    pub fn of(routing: TrafficRouting) -> Self {
        let steps = match routing {
            TrafficRouting::AllAtOnce => vec![Step {
                minute: 0,
                share: 1.0,
            }],
            TrafficRouting::Canary {
                percentage,
                interval_minutes,
            } => vec![
                Step {
                    minute: 0,
                    share: f64::from(percentage.min(100)) / 100.0,
                },
                Step {
                    minute: interval_minutes,
                    share: 1.0,
                },
            ],
            TrafficRouting::Linear {
                percentage,
                interval_minutes,
            } => {
                let percentage = percentage.clamp(1, 100);
                (1..=100_u32.div_ceil(percentage))
                    .map(|step| Step {
                        minute: (step - 1).saturating_mul(interval_minutes),
                        share: f64::from((step * percentage).min(100)) / 100.0,
                    })
                    .collect()
            }
        };
        Self { steps }
    }

    /// The steps, in order. There is at least one, and the last one's share is 1.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether two versions share the traffic for a time.
    pub fn is_gradual(&self) -> bool {
        self.steps.len() > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The minutes of a shift, and the share of the traffic that the new version has from each on.
    fn steps(shift: &TrafficShift) -> Vec<(u32, f64)> {
        let steps = shift.steps().iter();
        steps.map(|step| (step.minute, step.share)).collect()
    }

    #[test]
    fn the_nine_predefined_configurations_shift_at_their_minutes() {
        let linear = |every: u32| {
            (0..10)
                .map(|step| (step * every, f64::from(step + 1) / 10.0))
                .collect::<Vec<_>>()
        };
        let cases: [(&str, Vec<(u32, f64)>); 9] = [
            ("AllAtOnce", vec![(0, 1.0)]),
            ("Canary10Percent5Minutes", vec![(0, 0.1), (5, 1.0)]),
            ("Canary10Percent10Minutes", vec![(0, 0.1), (10, 1.0)]),
            ("Canary10Percent15Minutes", vec![(0, 0.1), (15, 1.0)]),
            ("Canary10Percent30Minutes", vec![(0, 0.1), (30, 1.0)]),
            ("Linear10PercentEvery1Minute", linear(1)),
            ("Linear10PercentEvery2Minutes", linear(2)),
            ("Linear10PercentEvery3Minutes", linear(3)),
            ("Linear10PercentEvery10Minutes", linear(10)),
        ];
        for (name, expected) in cases {
            let routing =
                TrafficRouting::predefined(&format!("CodeDeployDefault.Lambda{name}")).expect(name);
            let shift = TrafficShift::of(routing);
            assert_eq!(steps(&shift), expected, "{name}");
            assert_eq!(shift.is_gradual(), name != "AllAtOnce", "{name}");
            let last = shift.steps().last().map(|step| step.minute);
            assert_eq!(Some(routing.minutes()), last);
        }
    }

    #[test]
    fn a_configuration_that_aws_does_not_define_is_not_guessed() {
        for name in [
            "CodeDeployDefault.LambdaCanary10Percent7Minutes",
            "Canary10Percent5Minutes",
            "CodeDeployDefault.OneAtATime",
            "",
        ] {
            assert_eq!(TrafficRouting::predefined(name), None, "{name}");
        }
    }

    #[test]
    fn custom_configurations_shift_at_their_minutes() {
        let canary = |percentage, interval_minutes| TrafficRouting::Canary {
            percentage,
            interval_minutes,
        };
        let linear = |percentage, interval_minutes| TrafficRouting::Linear {
            percentage,
            interval_minutes,
        };
        let cases: [(TrafficRouting, &[(u32, f64)]); 6] = [
            (canary(20, 3), &[(0, 0.2), (3, 1.0)]),
            (canary(1, 2_880), &[(0, 0.01), (2_880, 1.0)]),
            (
                linear(20, 2),
                &[(0, 0.2), (2, 0.4), (4, 0.6), (6, 0.8), (8, 1.0)],
            ),
            (linear(50, 1), &[(0, 0.5), (1, 1.0)]),
            (linear(99, 7), &[(0, 0.99), (7, 1.0)]),
            (TrafficRouting::AllAtOnce, &[(0, 1.0)]),
        ];
        for (routing, expected) in cases {
            let shift = TrafficShift::of(routing);
            assert_eq!(steps(&shift), expected, "{routing:?}");
        }
    }

    #[test]
    fn a_percentage_that_does_not_divide_a_hundred_ends_in_a_shorter_step() {
        let shift = TrafficShift::of(TrafficRouting::Linear {
            percentage: 30,
            interval_minutes: 2,
        });
        let steps: Vec<_> = shift
            .steps()
            .iter()
            .map(|step| (step.minute, step.share))
            .collect();
        assert_eq!(steps, [(0, 0.3), (2, 0.6), (4, 0.9), (6, 1.0)]);
    }
}
