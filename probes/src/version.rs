//! A function's version, as people write it.

use std::fmt;

/// The version of a function that says it answered. The lower number comes first, and what is no number last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FunctionVersion {
    /// One that was published; written with a `v`.
    Published(u64),
    /// Another, such as `$LATEST`; written as it is.
    Other(String),
}

impl From<String> for FunctionVersion {
    fn from(text: String) -> Self {
        text.parse().map_or(Self::Other(text), Self::Published)
    }
}

impl fmt::Display for FunctionVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Published(number) => f.pad(&format!("v{number}")),
            Self::Other(text) => f.pad(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_in_their_order_and_written_with_a_v_and_others_come_last_as_they_are() {
        let mut versions =
            ["$LATEST", "10", "9"].map(|text| FunctionVersion::from(text.to_owned()));
        versions.sort();
        assert_eq!(
            versions.map(|version| format!("{version:<4}|")),
            ["v9  |", "v10 |", "$LATEST|"]
        );
    }
}
