//! The command line of `odds`, and what its values may be.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rehearsal_aws::codedeploy::traffic_routing::PREDEFINED_PREFIX;
use rehearsal_deployment::bounds::{MAX_MILLISECONDS, MAX_REQUESTS_PER_MINUTE};

use super::live::LiveOptions;
use super::{Format, TemplateInputs};

/// How many rollouts a cell may have.
const MOST_SEEDS: u64 = 100_000;
/// How many values a list may have.
const MOST_VALUES: usize = 20;
/// The word for all preferences.
const ALL: &str = "all";

#[derive(Clone, Debug, Args)]
pub struct OddsOptions {
    /// A rehearsal file (TOML), or a template: YAML or JSON, as it is written or as a tool has made it.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The function whose deployment is rolled out, by its logical id; unless given each deployment in turn, alone.
    #[arg(long, value_name = "LOGICAL_ID")]
    pub function: Option<String>,
    /// The alarms to judge, by logical id; all that gate the deployment unless given.
    #[arg(long, value_name = "LOGICAL_IDS", value_delimiter = ',')]
    pub alarms: Vec<String>,
    /// How many rollouts there are of each case.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=MOST_SEEDS))]
    pub seeds: u64,
    /// Which shares of its requests the new version fails.
    #[arg(long, value_name = "RATES", default_value = "1%,5%,20%,50%,100%", value_parser = rates)]
    pub error_rates: Values<Rate>,
    /// How many live requests arrive in a minute.
    #[arg(long, value_name = "NUMBERS", default_value = "6,60,600", value_parser = requests)]
    pub requests_per_minute: Values<u32>,
    /// The deployment preferences, by SAM's names; all: CodeDeploy's nine, and the deployment's own.
    #[arg(long, value_name = "NAMES", default_value = ALL, value_parser = preferences)]
    pub preferences: Preferences,
    /// How the new version fails: a function error, a status of its own (500), or a late answer.
    #[arg(long, value_enum, default_value_t = FaultWord::Error)]
    pub fault: FaultWord,
    /// How late its answers are, in milliseconds; with `--fault delay`.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_MILLISECONDS)))]
    pub delay_ms: Option<u32>,
    /// The share of its requests that a healthy version fails all the same.
    #[arg(long, value_name = "RATE", default_value = "0.1%", value_parser = rate)]
    pub background_error_rate: Rate,
    /// The chance of being stopped that a recommendation has to reach…
    #[arg(long, value_name = "SHARE", default_value = "95%", value_parser = rate)]
    pub catch: Rate,
    /// … for a version that fails this share of its requests.
    #[arg(long, value_name = "RATE", default_value = "5%", value_parser = rate)]
    pub at: Rate,
    /// What to print on standard output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write the odds as a page, too: one HTML file, with nothing from elsewhere.
    #[arg(long, value_name = "PATH")]
    pub html: Option<PathBuf>,
    /// Write the odds of one deployment as a picture, too, an SVG file: curves over the traffic where there is one preference, maps where
    /// there are several.
    #[arg(long, value_name = "PATH")]
    pub svg: Option<PathBuf>,
    /// How many threads to use. All of the machine's unless given; it changes no number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    #[command(flatten)]
    pub runs: LiveOptions,
    #[command(flatten)]
    pub inputs: TemplateInputs,
}

/// A list on the command line, of one value or more, each once.
#[derive(Clone, Debug, PartialEq)]
pub struct Values<T>(pub Vec<T>);

/// A share, 0 to 1, as it was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(pub f64);

/// Which preferences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preferences {
    /// CodeDeploy's nine, and the deployment's own.
    All,
    /// These, by SAM's names.
    Named(Vec<String>),
}

/// How a version fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FaultWord {
    /// It ends in a function error.
    Error,
    /// It answers a status of 500.
    Status,
    /// It answers late.
    Delay,
}

impl FaultWord {
    /// The word on the command line and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Status => "status",
            Self::Delay => "delay",
        }
    }
}

fn list<T: PartialEq>(
    text: &str,
    each: impl Fn(&str) -> Result<T, String>,
) -> Result<Values<T>, String> {
    let mut values = Vec::new();
    for part in text.split(',') {
        let value = each(part.trim())?;
        if values.contains(&value) {
            return Err(format!("{part} is there twice"));
        }
        values.push(value);
    }
    if values.len() > MOST_VALUES {
        return Err(format!(
            "these are {} values; at most {MOST_VALUES} are taken",
            values.len()
        ));
    }
    Ok(Values(values))
}

fn rates(text: &str) -> Result<Values<Rate>, String> {
    list(text, rate)
}

fn rate(text: &str) -> Result<Rate, String> {
    let wrong = || format!("{text:?} is no share: write 5% or 0.05, from 0 to 100%");
    let (number, hundred) = match text.strip_suffix('%') {
        Some(percent) => (percent.trim(), 100.0),
        None => (text, 1.0),
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    if !(0.0..=hundred).contains(&number) {
        return Err(wrong());
    }
    Ok(Rate(number / hundred))
}

fn requests(text: &str) -> Result<Values<u32>, String> {
    list(text, |part| {
        let number = part.parse().ok();
        number
            .filter(|number| (1..=MAX_REQUESTS_PER_MINUTE).contains(number))
            .ok_or_else(|| {
                format!(
                    "{part:?} is no number of requests a minute, 1 to {MAX_REQUESTS_PER_MINUTE}"
                )
            })
    })
}

fn preferences(text: &str) -> Result<Preferences, String> {
    if text == ALL {
        return Ok(Preferences::All);
    }
    let named = list(text, |part| {
        let name = part.strip_prefix(PREDEFINED_PREFIX).unwrap_or(part);
        if name.is_empty() {
            return Err("a name is empty".to_owned());
        }
        Ok(name.to_owned())
    })?;
    Ok(Preferences::Named(named.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_written_in_per_cent_or_as_they_are() {
        for (text, share) in [
            ("5%", 0.05),
            ("0.1%", 0.001),
            ("100%", 1.0),
            ("0.5", 0.5),
            ("0", 0.0),
        ] {
            assert_eq!(rate(text), Ok(Rate(share)), "{text}");
        }
        for text in ["5", "101%", "-1%", "", "%", "x", "NaN", "inf%"] {
            assert!(rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_list_has_each_value_once_and_not_too_many() {
        assert_eq!(requests("6, 60"), Ok(Values(vec![6, 60])));
        for text in ["", "0", "6,", "6,6", "100001", "1.5"] {
            assert!(requests(text).is_err(), "{text}");
        }
        let many: Vec<String> = (1..=21).map(|n| n.to_string()).collect();
        assert!(
            requests(&many.join(","))
                .unwrap_err()
                .contains("at most 20")
        );
    }

    #[test]
    fn a_preference_may_be_written_with_its_whole_name() {
        let full = preferences("CodeDeployDefault.LambdaAllAtOnce,Mine");
        let named = ["AllAtOnce", "Mine"].map(str::to_owned);
        assert_eq!(full, Ok(Preferences::Named(named.to_vec())));
        assert_eq!(preferences("all"), Ok(Preferences::All));
        assert!(preferences("").is_err());
    }
}
