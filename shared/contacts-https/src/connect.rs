//! The API that the environment names, found and ready to be asked.

use std::time::Duration;

use aws_clients::{Environment, EnvironmentError, ParameterError, ParameterStore, Signer};
use contacts_checks::{ConfigurationError, LONGEST_ANSWER};
use lifecycle_hook::{Https, Response, TransportError};
use reqwest::Url;

use crate::settings::{self, Access, Authorization, UrlSource};

/// How long an answer may take: the contacts function's own time-out is 10 s, and API Gateway's answer that it was reached must still
/// arrive.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(12);

/// What keeps the API from being asked.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Variables are missing or malformed.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// The SSM parameter cannot be read.
    #[error("the API's URL is not known: {source}{}", hint(source))]
    UnknownUrl {
        /// Why.
        source: ParameterError,
    },
    /// The SSM parameter holds something else.
    #[error("{0}")]
    MalformedUrl(String),
    /// There are no credentials, or no region.
    #[error("requests cannot be signed: {0}")]
    NoSignature(#[source] EnvironmentError),
    /// `AWS_CA_BUNDLE` cannot be used.
    #[error(transparent)]
    Client(#[from] TransportError),
}

/// The API as its callers reach it, by the variables `API_URL` or `API_URL_PARAMETER`, and `API_AUTHORIZATION`, that `lookup` finds, with
/// the AWS endpoints and credentials of `environment`.
///
/// # Errors
/// A variable is missing or malformed, the SSM parameter holds no URL or cannot be read, or there are no credentials to sign with.
///
/// ```no_run
/// use aws_clients::Environment;
/// use lifecycle_hook::{Request, Transport};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let lookup = |name: &str| std::env::var(name).ok();
/// let api = contacts_https::connect(lookup, Environment::process()).await?;
/// let answer = api.send(Request::get("/contacts")).await?;
/// # let _ = answer;
/// # Ok(()) }
/// ```
pub async fn connect(
    lookup: impl Fn(&str) -> Option<String>,
    environment: &Environment,
) -> Result<Https, ConnectError> {
    let access = settings::access(lookup)?;
    Ok(Roads::to(access, environment).await?.callers)
}

/// The ways to the API.
pub(crate) struct Roads {
    /// As its callers reach it.
    pub callers: Https,
    /// Without the signature that it asks for; none where it asks for none.
    pub unsigned: Option<Https>,
}

impl Roads {
    pub(crate) async fn to(
        access: Access,
        environment: &Environment,
    ) -> Result<Self, ConnectError> {
        let url = find_url(access.url, environment).await?;
        let unsigned = road(url.as_str(), environment)?;
        Ok(match access.authorization {
            Authorization::None => Self {
                callers: unsigned,
                unsigned: None,
            },
            Authorization::Iam => {
                let signer = Signer::from_environment("execute-api", environment)
                    .map_err(ConnectError::NoSignature)?;
                Self {
                    callers: unsigned.clone().signed(signer),
                    unsigned: Some(unsigned),
                }
            }
        })
    }
}

/// The road to the contacts API at `url`, without a signature.
///
/// # Errors
/// As [`Https::new`].
pub fn road(url: &str, environment: &Environment) -> Result<Https, TransportError> {
    let road = Https::new(url, environment)?
        .answer_timeout(ANSWER_TIMEOUT)
        .answer_limit(LONGEST_ANSWER)
        .retry_reads_on(says_nothing);
    Ok(road)
}

/// Whether an answer is API Gateway's own and says nothing of the function: the function's own failures have its envelope.
fn says_nothing(answer: &Response) -> bool {
    answer.may_be_gateways_own() && !has_envelope(&answer.body)
}

fn has_envelope(body: &[u8]) -> bool {
    let document: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    document.is_some_and(|document| document.pointer("/metadata/function_version").is_some())
}

async fn find_url(source: UrlSource, environment: &Environment) -> Result<Url, ConnectError> {
    match source {
        UrlSource::Given(url) => Ok(url),
        UrlSource::Parameter(name) => {
            let text = ParameterStore::new(environment)
                .get(&name)
                .await
                .map_err(|source| ConnectError::UnknownUrl { source })?;
            settings::parse_url(&format!("SSM parameter {name}"), &text)
                .map_err(ConnectError::MalformedUrl)
        }
    }
}

/// What to do where there is no parameter. CloudFormation makes it after the alias, because it refers to the API: an update that brings
/// both meets the hook without it.
fn hint(error: &ParameterError) -> &'static str {
    match error {
        ParameterError::Refused { code, .. } if code == "ParameterNotFound" => {
            ". In the update that first adds this hook to an existing stack, the hook runs before its parameter is made: deploy \
             with RunPostTrafficHook=false first, and with true in the next update. Otherwise see what API_URL_PARAMETER names"
        }
        _ => "",
    }
}
