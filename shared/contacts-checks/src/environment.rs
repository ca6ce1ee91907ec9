//! A hook's settings, read from its environment all at once: everything that is wrong is reported, not only the first.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use lifecycle_hook::Target;

/// Reads a hook's variables and collects what is wrong with them.
///
/// A setting that is missing or malformed must become a failed check, not a dead hook; so nothing here ends the process.
///
/// ```
/// use contacts_checks::Variables;
///
/// let mut variables = Variables::new(|name| match name {
///     "NEW_VERSION_ARN" => Some("contacts:8".to_owned()),
///     "SAMPLE_REQUESTS" => Some("many".to_owned()),
///     _ => None,
/// });
/// let target = variables.target("NEW_VERSION_ARN");
/// let sampled = variables.number("SAMPLE_REQUESTS", 1..=1000);
/// assert_eq!(target.as_ref().and_then(|target| target.version()), Some("8"));
/// assert_eq!(sampled, None);
/// assert_eq!(
///     variables.finish(target).unwrap_err().to_string(),
///     r#"SAMPLE_REQUESTS is "many", expected a whole number from 1 to 1000"#
/// );
/// ```
pub struct Variables<F> {
    lookup: F,
    wrong: Vec<String>,
}

/// What is wrong with a hook's environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationError {
    wrong: Vec<String>,
}

impl fmt::Display for ConfigurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.wrong.is_empty() {
            return f.write_str("a setting that the hook needs is missing");
        }
        f.write_str(&self.wrong.join("; "))
    }
}

impl std::error::Error for ConfigurationError {}

impl<F: Fn(&str) -> Option<String>> Variables<F> {
    /// Variables as `lookup` knows them; an empty one counts as not set.
    pub fn new(lookup: F) -> Self {
        Self {
            lookup,
            wrong: Vec::new(),
        }
    }

    /// A variable's text, when it is set.
    pub fn text(&self, name: &str) -> Option<String> {
        (self.lookup)(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    /// Notes something wrong that only the caller can see.
    pub fn wrong(&mut self, what: impl Into<String>) {
        self.wrong.push(what.into());
    }

    /// The function under test; it must be set.
    pub fn target(&mut self, name: &str) -> Option<Target> {
        if self.text(name).is_none() {
            self.wrong(format!(
                "{name} is not set, expected the ARN of the version under test"
            ));
        }
        self.optional_target(name)
    }

    /// A function that need not be set; `None` where it is not, or names none.
    pub fn optional_target(&mut self, name: &str) -> Option<Target> {
        let text = self.text(name)?;
        match Target::from_str(&text) {
            Ok(target) => Some(target),
            Err(error) => {
                self.wrong(format!("{name}: {error}"));
                None
            }
        }
    }

    /// A whole number within `range`; `None` where it is not set, or wrong.
    pub fn number(&mut self, name: &str, range: RangeInclusive<u32>) -> Option<u32> {
        let text = self.text(name)?;
        let number = text.parse().ok().filter(|number| range.contains(number));
        if number.is_none() {
            let (low, high) = (range.start(), range.end());
            self.wrong(format!(
                "{name} is {text:?}, expected a whole number from {low} to {high}"
            ));
        }
        number
    }

    /// The hook's settings, when they could be made and nothing that was read was wrong.
    ///
    /// # Errors
    /// Everything that was wrong, in the order it was read.
    pub fn finish<S>(self, settings: Option<S>) -> Result<S, ConfigurationError> {
        let incomplete = ConfigurationError { wrong: self.wrong };
        match settings {
            Some(settings) if incomplete.wrong.is_empty() => Ok(settings),
            _ => Err(incomplete),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_is_told_at_once() {
        let mut variables =
            Variables::new(|name| (name == "LATENCY_BUDGET_MS").then(|| "-1".to_owned()));
        assert_eq!(variables.target("NEW_VERSION_ARN"), None);
        assert_eq!(variables.number("LATENCY_BUDGET_MS", 1..=10_000), None);
        let message = variables.finish(Some(())).unwrap_err().to_string();
        assert!(message.contains("NEW_VERSION_ARN is not set"), "{message}");
        assert!(
            message.contains(r#"LATENCY_BUDGET_MS is "-1""#),
            "{message}"
        );
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        let mut variables = Variables::new(|_| Some(" ".to_owned()));
        assert_eq!(variables.text("API_URL"), None);
        assert_eq!(variables.number("SAMPLE_REQUESTS", 1..=1000), None);
        assert_eq!(variables.finish(Some(7)), Ok(7));
    }
}
