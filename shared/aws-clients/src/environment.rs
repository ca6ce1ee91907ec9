//! What a client needs to know, as every AWS SDK reads it from the environment.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{
    ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future,
};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use rustls::RootCertStore;

use crate::connector::Connections;
use crate::redact::known;
use crate::{connector, endpoint, limit, roots};

const REGION: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];
const ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET_ACCESS_KEY: &str = "AWS_SECRET_ACCESS_KEY";
const SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";
const IGNORE_ENDPOINT_URLS: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
const CA_BUNDLE: &str = "AWS_CA_BUNDLE";

/// What must not be shown. The last is what Lambda's `SnapStart` and containers are given to ask for credentials with.
const SECRETS: [&str; 4] = [
    ACCESS_KEY_ID,
    SECRET_ACCESS_KEY,
    SESSION_TOKEN,
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
];

/// The configuration of one service's client, from the process's environment.
///
/// `service_id` is the service's id as its model spells it: `"CodeDeploy"`, `"Lambda"`, `"DynamoDB"`, `"API Gateway"`.
///
/// Never fails, so that a function always starts. A variable that is missing or malformed fails the first call, before
/// anything is sent, and the error names the variable.
///
/// All configurations of a process share one connector. An attempt may take [`ATTEMPT_TIMEOUT`](crate::ATTEMPT_TIMEOUT); a client
/// whose calls wait longer, as Lambda's `Invoke` waits for the function, sets its own:
///
/// ```
/// use std::time::Duration;
/// use aws_sdk_codedeploy::config::{Builder, timeout::TimeoutConfig};
///
/// let slow = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(15)).build();
/// let config = Builder::from(&aws_clients::sdk_config("CodeDeploy")).timeout_config(slow).build();
/// # let _ = aws_sdk_codedeploy::Client::from_conf(config);
/// ```
pub fn sdk_config(service_id: &str) -> SdkConfig {
    Environment::process().sdk_config(service_id)
}

/// A variable that keeps a client from working.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvironmentError {
    /// A variable that must be there is not, or is empty.
    #[error("{variable} is not set: {purpose}")]
    Missing {
        /// The variable's name.
        variable: String,
        /// What it is needed for.
        purpose: &'static str,
    },
    /// A variable is there, but cannot be used.
    #[error("{variable} cannot be used: {reason}")]
    Malformed {
        /// The variable's name.
        variable: String,
        /// What is wrong with its value, and what was expected.
        reason: String,
    },
}

/// The variables that AWS clients read, and the connections of the clients made from them.
///
/// Clones share their connections. Region comes from `AWS_REGION`, then `AWS_DEFAULT_REGION`; credentials from
/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, which Lambda sets for a sandbox's whole life; the
/// endpoint from `AWS_ENDPOINT_URL_<SERVICE>`, then `AWS_ENDPOINT_URL` (neither with `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true`).
/// `AWS_CA_BUNDLE` names a PEM file that replaces the built-in roots, which are Amazon's five, and in the Regions of `aws-cn` and of the
/// isolated partitions the system's as well.
///
/// From its making on, [`redact`](crate::redact()) takes its credentials out of texts.
///
/// ```
/// let environment = aws_clients::Environment::from_variables([
///     ("AWS_REGION", "eu-central-1"),
///     ("AWS_ENDPOINT_URL_CODEDEPLOY", "http://127.0.0.1:4566"),
/// ]);
/// assert_eq!(environment.endpoint_url("CodeDeploy"), Ok(Some("http://127.0.0.1:4566")));
/// assert_eq!(environment.endpoint_url("Lambda"), Ok(None));
/// assert_eq!(environment.credentials().unwrap_err().to_string(),
///     "AWS_ACCESS_KEY_ID is not set: requests to AWS are signed with it");
/// ```
#[derive(Clone)]
pub struct Environment {
    variables: Arc<BTreeMap<String, String>>,
    roots: Arc<OnceLock<Result<Arc<RootCertStore>, EnvironmentError>>>,
    http_client: Arc<OnceLock<(SharedHttpClient, Connections)>>,
    answer_limit: Option<usize>,
}

impl Environment {
    /// The process's environment, read once.
    pub fn process() -> &'static Self {
        static PROCESS: OnceLock<Environment> = OnceLock::new();
        PROCESS.get_or_init(|| {
            // `vars_os`, because one variable that is not UTF-8 must not take the whole function down.
            Self::from_variables(std::env::vars_os().filter_map(|(name, value)| {
                let name = name.into_string().ok()?;
                name.starts_with("AWS_")
                    .then(|| (name, value.to_string_lossy().into_owned()))
            }))
        })
    }

    /// An environment of the given variables alone; an empty value counts as none.
    pub fn from_variables<N, V>(variables: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<String>,
    {
        let variables: BTreeMap<String, String> = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into().trim().to_owned()))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        for secret in SECRETS.iter().filter_map(|name| variables.get(*name)) {
            known::add(secret);
        }
        Self {
            variables: Arc::new(variables),
            roots: Arc::default(),
            http_client: Arc::default(),
            answer_limit: None,
        }
    }

    /// The same variables with a connector of its own.
    ///
    /// A pooled connection is driven by the runtime that opened it. A client on a second runtime, which must go on when the
    /// first is blocked, may therefore not share the first one's pool.
    #[must_use]
    pub fn with_own_connections(&self) -> Self {
        Self {
            http_client: Arc::default(),
            ..self.clone()
        }
    }

    /// The same variables and connections, for clients whose calls fail on an answer of more than `bytes`, with [`TooLong`](crate::TooLong)
    /// among the error's causes. No more than that is read of one, whatever the other end sends.
    ///
    /// Without it an answer is read whole, as long as it is. Operations that stream, such as S3's `GetObject`, are limited by it too.
    #[must_use]
    pub fn with_answer_limit(&self, bytes: usize) -> Self {
        Self {
            answer_limit: Some(bytes),
            ..self.clone()
        }
    }

    /// The configuration of one service's client; see [`sdk_config`].
    pub fn sdk_config(&self, service_id: &str) -> SdkConfig {
        let credentials = EnvironmentCredentials(self.ready(service_id));
        let endpoint = self.endpoint_url(service_id).ok().flatten();
        let mut builder = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(
                self.region()
                    .ok()
                    .map(|region| Region::new(region.to_owned())),
            )
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(self.http_client())
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .timeout_config(connector::timeout_config())
            .retry_config(RetryConfig::standard());
        builder.set_endpoint_url(endpoint.map(ToOwned::to_owned));
        builder.build()
    }

    /// The region.
    ///
    /// # Errors
    /// Neither `AWS_REGION` nor `AWS_DEFAULT_REGION` is set.
    pub fn region(&self) -> Result<&str, EnvironmentError> {
        REGION
            .iter()
            .find_map(|name| self.get(name))
            .ok_or_else(|| EnvironmentError::Missing {
                variable: REGION[0].to_owned(),
                purpose: "it says which region's services to call",
            })
    }

    /// The credentials.
    ///
    /// # Errors
    /// The access key id or the secret key is not set.
    pub fn credentials(&self) -> Result<Credentials, EnvironmentError> {
        let required = |name: &str| {
            self.get(name).ok_or_else(|| EnvironmentError::Missing {
                variable: name.to_owned(),
                purpose: "requests to AWS are signed with it",
            })
        };
        Ok(Credentials::new(
            required(ACCESS_KEY_ID)?,
            required(SECRET_ACCESS_KEY)?,
            self.get(SESSION_TOKEN).map(ToOwned::to_owned),
            None,
            "environment",
        ))
    }

    /// The endpoint that replaces the service's own, if one is set.
    ///
    /// # Errors
    /// The variable's value is not an `http` or `https` URL with a host.
    pub fn endpoint_url(&self, service_id: &str) -> Result<Option<&str>, EnvironmentError> {
        if self
            .get(IGNORE_ENDPOINT_URLS)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
        {
            return Ok(None);
        }
        let of_service = endpoint::variable(service_id);
        let found = [of_service.as_str(), endpoint::URL]
            .into_iter()
            .find_map(|name| Some((name, self.get(name)?)));
        let Some((variable, value)) = found else {
            return Ok(None);
        };
        match endpoint::fault(value) {
            None => Ok(Some(value)),
            Some(reason) => Err(EnvironmentError::Malformed {
                variable: variable.to_owned(),
                reason,
            }),
        }
    }

    /// Begins to open a connection to a service in the background, which the first request of this environment's clients to it will take: while
    /// the server signs for the handshake, what leads to that request is done. `host` is how the service's endpoints begin, such as `dynamodb`.
    ///
    /// Nothing is said of its failure: the request opens another then, and says why. It does nothing where the service's endpoint is not known
    /// without the SDK (in the Regions of `aws-cn`, of `aws-eusc` and of the isolated partitions), or has no TLS.
    ///
    /// # Panics
    /// Outside a Tokio runtime. It is to be that of the requests.
    pub fn open_connection(&self, service_id: &str, host: &str) {
        let Ok(endpoint) = self.endpoint_url(service_id) else {
            return;
        };
        let region = self.region().unwrap_or_default();
        let uri = match endpoint {
            Some(url) => url.parse().ok(),
            None => endpoint::regional(host, region).and_then(|url| url.parse().ok()),
        };
        if let Some(uri) = uri {
            self.connections().1.open_ahead(uri);
        }
    }

    /// The HTTP client that this environment's SDK clients share.
    pub(crate) fn http_client(&self) -> SharedHttpClient {
        let shared = self.connections().0.clone();
        match self.answer_limit {
            None => shared,
            Some(bytes) => limit::limited(shared, bytes),
        }
    }

    fn connections(&self) -> &(SharedHttpClient, Connections) {
        self.http_client.get_or_init(|| {
            // Why a bundle cannot be used is the error of the first call; see `ready`.
            let roots = self.roots().unwrap_or_else(|_| self.built_in_roots());
            connector::http_client(roots)
        })
    }

    /// The root certificates, read once.
    pub(crate) fn roots(&self) -> Result<Arc<RootCertStore>, EnvironmentError> {
        let read =
            || match self.get(CA_BUNDLE) {
                None => Ok(self.built_in_roots()),
                Some(path) => roots::of_bundle(path).map(Arc::new).map_err(|reason| {
                    EnvironmentError::Malformed {
                        variable: CA_BUNDLE.to_owned(),
                        reason,
                    }
                }),
            };
        self.roots.get_or_init(read).clone()
    }

    fn built_in_roots(&self) -> Arc<RootCertStore> {
        Arc::new(roots::of_region(self.region().unwrap_or_default()))
    }

    /// Whether `AWS_CA_BUNDLE` replaces the built-in roots.
    #[cfg(feature = "http")]
    pub(crate) fn has_ca_bundle(&self) -> bool {
        self.get(CA_BUNDLE).is_some()
    }

    /// The credentials, when nothing else keeps the service's client from working.
    fn ready(&self, service_id: &str) -> Result<Credentials, EnvironmentError> {
        self.region()?;
        self.endpoint_url(service_id)?;
        self.roots()?;
        self.credentials()
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }
}

impl std::fmt::Debug for Environment {
    // Names alone: the values hold the secret key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment")
            .field("variables", &self.variables.keys())
            .finish_non_exhaustive()
    }
}

/// Credentials read once. An SDK asks for them before it resolves an endpoint and sends, so whatever is wrong with the
/// environment is said here.
#[derive(Debug)]
struct EnvironmentCredentials(Result<Credentials, EnvironmentError>);

impl ProvideCredentials for EnvironmentCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(
            self.0
                .clone()
                .map_err(CredentialsError::invalid_configuration),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_services_own_endpoint_goes_before_the_general_one() {
        let environment = Environment::from_variables([
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL_API_GATEWAY", "http://127.0.0.1:2"),
        ]);
        assert_eq!(
            environment.endpoint_url("API Gateway"),
            Ok(Some("http://127.0.0.1:2"))
        );
        assert_eq!(
            environment.endpoint_url("CodeDeploy"),
            Ok(Some("http://127.0.0.1:1"))
        );
    }

    #[test]
    fn configured_endpoints_can_be_ignored() {
        let environment = Environment::from_variables([
            ("AWS_ENDPOINT_URL", "nonsense"),
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
        ]);
        assert_eq!(environment.endpoint_url("Lambda"), Ok(None));
    }

    #[test]
    fn a_malformed_endpoint_names_its_variable_and_is_not_repeated() {
        for value in [
            "127.0.0.1:4566",
            "localhost",
            "ftp://host",
            "hunter2://",
            "http://a b",
        ] {
            let environment = Environment::from_variables([("AWS_ENDPOINT_URL_SSM", value)]);
            let error = environment.endpoint_url("SSM").unwrap_err().to_string();
            assert!(
                error.starts_with("AWS_ENDPOINT_URL_SSM cannot be used: "),
                "{value}: {error}"
            );
            assert!(!error.contains(value), "{error}");
        }
    }

    #[test]
    fn credentials_in_an_endpoint_are_refused_and_not_repeated() {
        let environment =
            Environment::from_variables([("AWS_ENDPOINT_URL", "http://me:hunter2@host")]);
        let error = environment.endpoint_url("SSM").unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn the_default_region_stands_in_for_the_region() {
        let environment =
            Environment::from_variables([("AWS_REGION", " "), ("AWS_DEFAULT_REGION", "eu-west-1")]);
        assert_eq!(environment.region(), Ok("eu-west-1"));
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let environment = Environment::from_variables([
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ]);
        let text = format!("{environment:?} {:?}", environment.credentials());
        assert!(!text.contains("hunter2"), "{text}");
    }
}
