//! How traffic shifts: a deployment configuration, how long it takes, and those that CodeDeploy defines itself.

/// No configuration but CodeDeploy's own has a name that begins so (CodeDeploy user guide, "CodeDeploy quotas").
pub const RESERVED_PREFIX: &str = "CodeDeployDefault.";
/// How the names of CodeDeploy's own configurations for Lambda begin.
pub const PREDEFINED_PREFIX: &str = "CodeDeployDefault.Lambda";

/// The configurations that CodeDeploy defines for Lambda, without the prefix of their names: SAM's names for them
/// (CodeDeploy user guide, "Predefined deployment configurations for an AWS Lambda compute platform").
pub const PREDEFINED: [(&str, TrafficRouting); 9] = [
    ("AllAtOnce", TrafficRouting::AllAtOnce),
    ("Canary10Percent5Minutes", canary(5)),
    ("Canary10Percent10Minutes", canary(10)),
    ("Canary10Percent15Minutes", canary(15)),
    ("Canary10Percent30Minutes", canary(30)),
    ("Linear10PercentEvery1Minute", linear(1)),
    ("Linear10PercentEvery2Minutes", linear(2)),
    ("Linear10PercentEvery3Minutes", linear(3)),
    ("Linear10PercentEvery10Minutes", linear(10)),
];

const fn canary(interval_minutes: u32) -> TrafficRouting {
    TrafficRouting::Canary {
        percentage: 10,
        interval_minutes,
    }
}

const fn linear(interval_minutes: u32) -> TrafficRouting {
    TrafficRouting::Linear {
        percentage: 10,
        interval_minutes,
    }
}

/// How traffic shifts (CodeDeploy API, `TrafficRoutingConfig`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrafficRouting {
    /// Everything at once.
    AllAtOnce,
    /// A part at once, the rest after an interval.
    Canary {
        /// The first part, in percent.
        percentage: u32,
        /// How long the rest waits, in minutes.
        interval_minutes: u32,
    },
    /// Equal parts, each at the start of an interval.
    Linear {
        /// Each part, in percent.
        percentage: u32,
        /// The time between two parts, in minutes.
        interval_minutes: u32,
    },
}

impl TrafficRouting {
    /// One of the [nine configurations](PREDEFINED) that CodeDeploy defines for Lambda, by its full name.
    ///
    /// ```
    /// use rehearsal_aws::codedeploy::traffic_routing::TrafficRouting;
    ///
    /// let canary = TrafficRouting::predefined("CodeDeployDefault.LambdaCanary10Percent5Minutes");
    /// assert_eq!(canary.map(TrafficRouting::minutes), Some(5));
    /// assert_eq!(TrafficRouting::predefined("MyOwn"), None);
    /// ```
    pub fn predefined(name: &str) -> Option<Self> {
        let short = name.strip_prefix(PREDEFINED_PREFIX)?;
        let found = PREDEFINED.iter().find(|(name, _)| *name == short);
        found.map(|(_, routing)| *routing)
    }

    /// One by a name like those, with numbers of its own: `Canary20Percent15Minutes`, `Linear5PercentEvery2Minutes`, with or without
    /// CodeDeploy's prefix. A step is 1 to 99 % and an interval 1 to 2,880 minutes (CodeDeploy user guide, "CodeDeploy quotas").
    ///
    /// ```
    /// use rehearsal_aws::codedeploy::traffic_routing::TrafficRouting;
    ///
    /// let linear = TrafficRouting::named_like("Linear25PercentEvery2Minutes");
    /// assert_eq!(linear.map(TrafficRouting::minutes), Some(6));
    /// assert_eq!(TrafficRouting::named_like("Canary100Percent5Minutes"), None);
    /// ```
    pub fn named_like(name: &str) -> Option<Self> {
        let short = name.strip_prefix(PREDEFINED_PREFIX).unwrap_or(name);
        if short == "AllAtOnce" {
            return Some(Self::AllAtOnce);
        }
        let (kind, rest) = short.split_at_checked("Canary".len())?;
        let minutes = rest.strip_suffix('s').unwrap_or(rest);
        let minutes = minutes.strip_suffix("Minute")?;
        let between = if kind == "Linear" {
            "PercentEvery"
        } else {
            "Percent"
        };
        let (percentage, minutes) = minutes.split_once(between)?;
        let percentage = percentage.parse().ok().filter(|it| (1..=99).contains(it))?;
        let interval_minutes = minutes.parse().ok().filter(|it| (1..=2880).contains(it))?;
        match kind {
            "Canary" => Some(Self::Canary {
                percentage,
                interval_minutes,
            }),
            "Linear" => Some(Self::Linear {
                percentage,
                interval_minutes,
            }),
            _ => None,
        }
    }

    /// Minutes from the first step to the one that gives the new version everything.
    ///
    /// A linear shift moves at the *start* of each interval (CodeDeploy API, `TimeBasedLinear`), so ten steps take nine
    /// intervals. A percentage that does not divide 100 is assumed to end in a shorter step.
    pub fn minutes(self) -> u32 {
        match self {
            Self::AllAtOnce => 0,
            Self::Canary {
                interval_minutes, ..
            } => interval_minutes,
            Self::Linear {
                percentage,
                interval_minutes,
            } => (100_u32.div_ceil(percentage.clamp(1, 100)) - 1).saturating_mul(interval_minutes),
        }
    }
}
