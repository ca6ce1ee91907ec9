//! What the hook's environment asks for: pure.

use std::time::Duration;

use contacts_checks::{ConfigurationError, Sample, Variables};
use lifecycle_hook::Target;
use reqwest::Url;

/// How many requests are sampled when `SAMPLE_REQUESTS` is not set.
pub(crate) const SAMPLE_REQUESTS: u32 = 20;

/// The longest bake, in seconds: of Lambda's longest `Timeout`, 900 s, the checks have 860.
const LONGEST_BAKE: u32 = 780;

/// The hook's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub target: Target,
    pub access: Access,
}

/// Where the API is, and what it asks of its callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Access {
    pub url: UrlSource,
    pub authorization: Authorization,
}

/// The settings of single checks, which have a meaning even when the others have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub sample: Sample,
    pub latency_budget: Option<Duration>,
}

/// Where the API's URL comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UrlSource {
    /// It was given.
    Given(Url),
    /// It is the value of this SSM parameter. A reference to the API in the hook's environment would be a circle: the API
    /// waits for the alias, and the alias for the hook.
    Parameter(String),
}

/// What the API asks of its callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authorization {
    /// A signature.
    Iam,
    /// Nothing.
    None,
}

/// Reads all settings; everything that is wrong is reported at once.
pub(crate) fn read(
    lookup: impl Fn(&str) -> Option<String>,
) -> (Result<Settings, ConfigurationError>, Limits) {
    let mut variables = Variables::new(lookup);
    let target = variables.target("NEW_VERSION_ARN");
    let access = read_access(&mut variables);
    let sampled = variables.number("SAMPLE_REQUESTS", 1..=1000);
    let bake = variables.number("BAKE_SECONDS", 0..=LONGEST_BAKE);
    let budget = variables.number("LATENCY_BUDGET_MS", 1..=10_000);
    let settings = target
        .zip(access)
        .map(|(target, access)| Settings { target, access });
    let limits = Limits {
        sample: Sample {
            requests: sampled.unwrap_or(SAMPLE_REQUESTS),
            bake: Duration::from_secs(bake.unwrap_or_default().into()),
        },
        latency_budget: budget.map(|ms| Duration::from_millis(ms.into())),
    };
    (variables.finish(settings), limits)
}

/// Reads where the API is alone.
pub(crate) fn access(
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<Access, ConfigurationError> {
    let mut variables = Variables::new(lookup);
    let access = read_access(&mut variables);
    variables.finish(access)
}

fn read_access<F: Fn(&str) -> Option<String>>(variables: &mut Variables<F>) -> Option<Access> {
    // Both, for both may be wrong.
    let (url, authorization) = (url_source(variables), authorization(variables));
    url.zip(authorization)
        .map(|(url, authorization)| Access { url, authorization })
}

/// A URL that requests can be sent to, from `source`.
pub(crate) fn parse_url(source: &str, text: &str) -> Result<Url, String> {
    let expected =
        "expected one such as https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/live";
    // Not the text, here or below: what is no URL may be anything, a password too.
    let url = Url::parse(text.trim())
        .map_err(|error| format!("{source} holds no URL ({error}): {expected}"))?;
    let usable = matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some_and(|host| !host.is_empty())
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if usable {
        Ok(url)
    } else {
        Err(format!(
            "{source} is no plain http or https URL: {expected}"
        ))
    }
}

fn url_source<F: Fn(&str) -> Option<String>>(variables: &mut Variables<F>) -> Option<UrlSource> {
    if let Some(text) = variables.text("API_URL") {
        return match parse_url("API_URL", &text) {
            Ok(url) => Some(UrlSource::Given(url)),
            Err(wrong) => {
                variables.wrong(wrong);
                None
            }
        };
    }
    let parameter = variables
        .text("API_URL_PARAMETER")
        .map(UrlSource::Parameter);
    if parameter.is_none() {
        variables.wrong(
            "API_URL_PARAMETER is not set, expected the name of the SSM parameter that holds the API's URL \
             (or the URL itself in API_URL)",
        );
    }
    parameter
}

fn authorization<F: Fn(&str) -> Option<String>>(
    variables: &mut Variables<F>,
) -> Option<Authorization> {
    let text = variables.text("API_AUTHORIZATION");
    match text.as_deref() {
        Some("AWS_IAM") => Some(Authorization::Iam),
        Some("NONE") => Some(Authorization::None),
        other => {
            let is = other.map_or("not set".to_owned(), |other| format!("{other:?}"));
            variables.wrong(format!(
                "API_AUTHORIZATION is {is}, expected AWS_IAM or NONE"
            ));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [(&str, &str); 3] = [
        (
            "NEW_VERSION_ARN",
            "arn:aws:lambda:us-east-1:123456789012:function:contacts:8",
        ),
        ("API_URL_PARAMETER", "/contacts/production/api-url"),
        ("API_AUTHORIZATION", "AWS_IAM"),
    ];

    fn with(changes: &[(&str, &str)]) -> (Result<Settings, ConfigurationError>, Limits) {
        read(|name| {
            let mut all = changes.iter().chain(&GOOD);
            all.find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_templates_environment_is_enough() {
        let (settings, limits) = with(&[]);
        let settings = settings.unwrap();
        assert_eq!(settings.target.version(), Some("8"));
        assert_eq!(
            settings.access.url,
            UrlSource::Parameter("/contacts/production/api-url".to_owned())
        );
        assert_eq!(settings.access.authorization, Authorization::Iam);
        let sample = Sample {
            requests: 20,
            bake: Duration::ZERO,
        };
        assert_eq!((limits.sample, limits.latency_budget), (sample, None));
    }

    #[test]
    fn a_given_url_overrides_the_parameter() {
        let (settings, _) = with(&[("API_URL", "http://127.0.0.1:9000/live")]);
        let url = Url::parse("http://127.0.0.1:9000/live").unwrap();
        assert_eq!(settings.unwrap().access.url, UrlSource::Given(url));
    }

    #[test]
    fn each_malformed_variable_is_named_with_what_was_expected() {
        #[rustfmt::skip] // A table.
        let cases = [
            ("NEW_VERSION_ARN", "", "NEW_VERSION_ARN is not set"),
            ("NEW_VERSION_ARN", "arn:aws:s3:::bucket", "names no Lambda function"),
            ("API_URL", "contacts", "no URL"),
            ("API_URL", "ftp://example.com", "no plain http or https URL"),
            ("API_URL", "https://example.com/live?x=1", "no plain http or https URL"),
            ("API_URL_PARAMETER", "", "API_URL_PARAMETER is not set"),
            ("API_AUTHORIZATION", "aws_iam", r#"API_AUTHORIZATION is "aws_iam", expected AWS_IAM or NONE"#),
            ("API_AUTHORIZATION", "", "API_AUTHORIZATION is not set"),
            ("SAMPLE_REQUESTS", "twenty", r#"SAMPLE_REQUESTS is "twenty""#),
            ("SAMPLE_REQUESTS", "0", "from 1 to 1000"),
            ("BAKE_SECONDS", "781", r#"BAKE_SECONDS is "781", expected a whole number from 0 to 780"#),
            ("BAKE_SECONDS", "5m", "from 0 to 780"),
            ("LATENCY_BUDGET_MS", "1s", "LATENCY_BUDGET_MS"),
        ];
        for (name, value, expected) in cases {
            let message = with(&[(name, value)]).0.unwrap_err().to_string();
            assert!(message.contains(expected), "{name}={value}: {message}");
        }
    }

    #[test]
    fn what_is_no_url_is_refused_and_not_repeated() {
        for (text, expected) in [
            ("https://ada:hunter2@example.com", "no plain"),
            ("hunter2", "API_URL holds no URL"),
            ("https://[hunter2]", "API_URL holds no URL"),
        ] {
            let message = with(&[("API_URL", text)]).0.unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
    }
}
