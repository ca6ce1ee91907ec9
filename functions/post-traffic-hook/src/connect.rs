//! The API that the environment names, found and ready to be asked.

use aws_clients::{
    Environment, EnvironmentError, HttpClientError, ParameterError, ParameterStore, Signer,
    http_client_from,
};
use contacts_checks::ConfigurationError;
use reqwest::Url;

use crate::https::Https;
use crate::settings::{self, Access, Authorization, UrlSource};

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
    Client(#[from] HttpClientError),
}

/// The API as its callers reach it, by the variables `API_URL` or `API_URL_PARAMETER`, and `API_AUTHORIZATION`, that `lookup` finds, with
/// the AWS endpoints and credentials of `environment`.
///
/// # Errors
/// A variable is missing or malformed, the SSM parameter holds no URL or cannot be read, or there are no credentials to sign with.
///
/// ```no_run
/// use aws_clients::Environment;
/// use contacts_checks::{Request, Transport};
/// use http::Method;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let lookup = |name: &str| std::env::var(name).ok();
/// let api = post_traffic_hook::connect(lookup, Environment::process()).await?;
/// let answer = api.send(Request::new(Method::GET, "/contacts")).await?;
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
        let client = http_client_from(environment)?
            .build()
            .map_err(HttpClientError::from)?;
        let unsigned = Https::new(client.clone(), &url, None);
        Ok(match access.authorization {
            Authorization::None => Self {
                callers: unsigned,
                unsigned: None,
            },
            Authorization::Iam => {
                let signer = Signer::from_environment("execute-api", environment)
                    .map_err(ConnectError::NoSignature)?;
                Self {
                    callers: Https::new(client, &url, Some(signer)),
                    unsigned: Some(unsigned),
                }
            }
        })
    }
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
            ". In the update that first adds this hook to a stack that lives already, the hook runs before its parameter is made: \
             deploy with RunPostTrafficHook=false first, and with true in the next update. Otherwise see what API_URL_PARAMETER names"
        }
        _ => "",
    }
}
