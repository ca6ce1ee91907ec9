//! How long a test contact may live.

use crate::limits::TEST_TTL_SECONDS;
use crate::problem::quoted;

/// The request header that gives a new contact a short life.
pub const HEADER: &str = "X-Test-Ttl";

/// The life of a test contact in seconds, from 1 to 3600: even a killed test leaves nothing for long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestTtl(u16);

/// The header does not hold a number of seconds from 1 to 3600.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{HEADER} must be a whole number of seconds from 1 to {TEST_TTL_SECONDS}, not {0:?}.")]
pub struct TestTtlError(String);

impl TestTtl {
    /// Reads the header's value.
    ///
    /// # Errors
    /// When it is anything but a whole number from 1 to 3600.
    pub fn parse(text: &str) -> Result<Self, TestTtlError> {
        crate::page::whole_number(text)
            .and_then(|seconds| u16::try_from(seconds).ok())
            .filter(|seconds| (1..=TEST_TTL_SECONDS).contains(seconds))
            .map(Self)
            .ok_or_else(|| TestTtlError(quoted(text).into_owned()))
    }

    /// When a contact made at `now_ms` expires, in seconds of the epoch: the unit of DynamoDB's time to live
    /// (developer guide, "Using time to live").
    pub fn expires_at(self, now_ms: i64) -> i64 {
        now_ms.div_euclid(1000) + i64::from(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_from_a_second_to_an_hour() {
        assert_eq!(TestTtl::parse("1").unwrap().expires_at(1_999), 2);
        assert_eq!(TestTtl::parse("3600").unwrap().expires_at(0), 3600);
        for text in [
            "0",
            "3601",
            "-1",
            "+5",
            "1.5",
            "",
            "soon",
            "99999999999999999999",
        ] {
            assert!(TestTtl::parse(text).is_err(), "{text}");
        }
    }
}
