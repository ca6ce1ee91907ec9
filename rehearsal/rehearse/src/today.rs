//! Which day it is.

use std::env;
use std::ffi::OsStr;

use time::OffsetDateTime;

/// The moment that a build takes for now, in seconds since 1970, where a person says so (Reproducible Builds, "`SOURCE_DATE_EPOCH` specification").
const SOURCE_DATE_EPOCH: &str = "SOURCE_DATE_EPOCH";

/// Today, as `2026-11-29`: by `SOURCE_DATE_EPOCH`, or else by this machine's clock.
pub fn today() -> String {
    let now = given(env::var_os(SOURCE_DATE_EPOCH).as_deref());
    let now = now.ok().flatten().unwrap_or_else(OffsetDateTime::now_utc);
    now.date().to_string()
}

/// Whether it can be known which day it is.
///
/// # Errors
/// `SOURCE_DATE_EPOCH` is no moment. The clock instead would be another day than the one that was meant.
pub fn check() -> miette::Result<()> {
    given(env::var_os(SOURCE_DATE_EPOCH).as_deref()).map(drop)
}

/// The moment that is given, if one is.
fn given(text: Option<&OsStr>) -> miette::Result<Option<OffsetDateTime>> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let seconds = text.to_str().and_then(|text| text.trim().parse().ok());
    let moment = seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    moment.map(Some).ok_or_else(|| {
        miette::miette!(
            help = "give seconds since 1970, as `date +%s` prints them, or unset it for this machine's clock",
            "the environment variable {SOURCE_DATE_EPOCH} is `{}`, which is no moment",
            text.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_the_given_one_and_what_is_no_moment_is_refused() {
        let of = |text: &str| {
            given(Some(text.as_ref())).map(|moment| moment.map(|moment| moment.date().to_string()))
        };
        assert_eq!(of("1819756800").unwrap().as_deref(), Some("2027-09-01"));
        assert_eq!(of("0").unwrap().as_deref(), Some("1970-01-01"));
        assert_eq!(given(None).unwrap(), None);
        for wrong in ["no number", "1.5", "99999999999999999"] {
            let refused = of(wrong).unwrap_err().to_string();
            assert!(refused.contains(&format!("`{wrong}`")), "{refused}");
        }
    }
}
