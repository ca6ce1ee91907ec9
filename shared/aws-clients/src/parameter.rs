//! One SSM parameter, without the SSM client: that crate is 2 MB of source for one call.

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{
    HttpStatusCodeClassifier, TransientErrorClassifier,
};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use http::{HeaderMap, HeaderValue, Method};

use crate::cause::causes;
use crate::connector;
use crate::endpoint;
use crate::environment::{Environment, EnvironmentError};
use crate::retry::{AccessDeniedClassifier, error_type};
use crate::signer::{Signer, SigningError};

/// The value of an SSM parameter of type `String` or `StringList`, with the process's environment.
///
/// # Errors
/// See [`ParameterStore::get`].
///
/// ```no_run
/// # async fn example() -> Result<(), aws_clients::ParameterError> {
/// let url = aws_clients::get_parameter("/contacts/production/api-url").await?;
/// # Ok(()) }
/// ```
pub async fn get_parameter(name: &str) -> Result<String, ParameterError> {
    ParameterStore::new(Environment::process()).get(name).await
}

/// The most that is read of an answer. A parameter has 8 KB at most (Systems Manager API reference, "`PutParameter`"), of which each byte
/// may take six to write.
const LONGEST_ANSWER: usize = 64 << 10;

/// Why a parameter has no value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// Region, credentials or endpoint cannot be used.
    #[error("SSM parameter {name} cannot be read: {source}")]
    Environment {
        /// The parameter's name.
        name: String,
        /// The variable and what is wrong with it.
        source: EnvironmentError,
    },
    /// SSM refused.
    #[error("SSM parameter {name} cannot be read: {code}{}{}", after_colon(message.as_deref()), request(request_id.as_deref()))]
    Refused {
        /// The parameter's name.
        name: String,
        /// The error's code, e.g. `ParameterNotFound`, or the HTTP status where the answer holds none.
        code: String,
        /// SSM's own words.
        message: Option<String>,
        /// The request id to look up or to tell AWS's support.
        request_id: Option<String>,
    },
    /// SSM could not be reached, or its answer could not be read.
    #[error("SSM parameter {name} cannot be read: {reason}")]
    Unreachable {
        /// The parameter's name.
        name: String,
        /// What happened, with its causes.
        reason: String,
    },
}

fn after_colon(message: Option<&str>) -> String {
    message.map(|m| format!(": {m}")).unwrap_or_default()
}

fn request(id: Option<&str>) -> String {
    id.map(|id| format!(" (request {id})")).unwrap_or_default()
}

/// SSM's Parameter Store, as far as reading one parameter goes.
///
/// A call is tried three times on throttling, 5xx, a lost connection and `AccessDenied`, by the SDK's standard retry.
#[derive(Clone, Debug)]
pub struct ParameterStore {
    environment: Environment,
}

impl ParameterStore {
    /// The Parameter Store that `environment` names.
    pub fn new(environment: &Environment) -> Self {
        Self {
            environment: environment.clone(),
        }
    }

    /// The value of the parameter `name`; a `SecureString` comes as its ciphertext.
    ///
    /// # Errors
    /// The environment names no region, credentials or usable endpoint; SSM refuses (no such parameter, no permission); or
    /// it cannot be reached. Each names the parameter.
    pub async fn get(&self, name: &str) -> Result<String, ParameterError> {
        let unusable = |source| ParameterError::Environment {
            name: name.to_owned(),
            source,
        };
        let endpoint = self.endpoint().map_err(unusable)?;
        let signer = Signer::from_environment("ssm", &self.environment).map_err(unusable)?;
        self.environment.roots().map_err(unusable)?;

        let body = serde_json::json!({ "Name": name }).to_string();
        let url = endpoint.clone();
        let operation = Operation::builder()
            .service_name("SSM")
            .operation_name("GetParameter")
            .http_client(
                self.environment
                    .with_answer_limit(LONGEST_ANSWER)
                    .http_client(),
            )
            .endpoint_url(&endpoint)
            .no_auth()
            .sleep_impl(TokioSleep::new())
            .timeout_config(connector::timeout_config())
            .standard_retry(&RetryConfig::standard())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(TransientErrorClassifier::<Refusal>::new())
            .retry_classifier(ThrottlingClassifier)
            .retry_classifier(AccessDeniedClassifier)
            .with_connection_poisoning()
            .serializer(move |body: String| Ok(signed_request(&signer, &url, body)?))
            .deserializer(read_answer)
            .build();
        operation
            .invoke(body)
            .await
            .map_err(|error| failure(name, error))
    }

    fn endpoint(&self) -> Result<String, EnvironmentError> {
        let region = self.environment.region()?;
        let configured = self.environment.endpoint_url("SSM")?.map(str::to_owned);
        let in_china = || format!("https://ssm.{region}.amazonaws.com.cn");
        let url = configured
            .or_else(|| endpoint::regional("ssm", region))
            .or_else(|| region.starts_with("cn-").then(in_china));
        let url = url.ok_or_else(|| EnvironmentError::Missing {
            variable: endpoint::variable("SSM"),
            purpose: "this Region's endpoint is not among those that are known here",
        })?;
        // A signed URL has a path.
        Ok(format!("{}/", url.trim_end_matches('/')))
    }
}

/// AWS JSON 1.1: `POST /`, the operation in `X-Amz-Target`. The signature lasts five minutes, so every attempt uses the same.
fn signed_request(signer: &Signer, url: &str, body: String) -> Result<HttpRequest, SigningError> {
    let mut headers = HeaderMap::new();
    headers.insert(
        "content-type",
        HeaderValue::from_static("application/x-amz-json-1.1"),
    );
    headers.insert(
        "x-amz-target",
        HeaderValue::from_static("AmazonSSM.GetParameter"),
    );
    headers.extend(signer.sign(&Method::POST, url, &headers, body.as_bytes())?);
    let malformed = |reason: String| SigningError::Request {
        method: Method::POST,
        url: url.to_owned(),
        reason,
    };
    let mut request = http::Request::builder()
        .method(Method::POST)
        .uri("/")
        .body(SdkBody::from(body))
        .map_err(|error| malformed(error.to_string()))?;
    *request.headers_mut() = headers;
    HttpRequest::try_from(request).map_err(|error| malformed(error.to_string()))
}

/// SSM's refusal, as the retry classifiers and the caller read it.
#[derive(Debug, thiserror::Error)]
#[error("{code}")]
struct Refusal {
    code: String,
    message: Option<String>,
    request_id: Option<String>,
}

fn read_answer(response: &HttpResponse) -> Result<String, OrchestratorError<Refusal>> {
    #[derive(Default, serde::Deserialize)]
    struct Error {
        #[serde(alias = "Message")]
        message: Option<String>,
    }
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        let answer: serde_json::Value =
            serde_json::from_slice(body).map_err(OrchestratorError::other)?;
        let value = answer
            .pointer("/Parameter/Value")
            .and_then(|value| value.as_str());
        // Not in the words of a deserializer, which quotes what it did not expect: a value that nobody may print.
        return value
            .map(str::to_owned)
            .ok_or_else(|| OrchestratorError::other("the answer has no text in Parameter.Value"));
    }
    let error: Error = serde_json::from_slice(body).unwrap_or_default();
    Err(OrchestratorError::operation(Refusal {
        code: error_type(response.headers().get("x-amzn-errortype"), Some(body))
            .unwrap_or_else(|| format!("HTTP {}", response.status().as_u16())),
        message: error.message,
        request_id: response
            .headers()
            .get("x-amzn-requestid")
            .map(ToOwned::to_owned),
    }))
}

fn failure(name: &str, error: SdkError<Refusal, HttpResponse>) -> ParameterError {
    match error {
        SdkError::ServiceError(refused) => {
            let Refusal {
                code,
                message,
                request_id,
            } = refused.into_err();
            ParameterError::Refused {
                name: name.to_owned(),
                code,
                message,
                request_id,
            }
        }
        error => ParameterError::Unreachable {
            name: name.to_owned(),
            reason: causes(&error),
        },
    }
}

/// Takes SSM's throttling codes for errors that pass; they come as 400.
#[derive(Debug)]
struct ThrottlingClassifier;

impl ClassifyRetry for ThrottlingClassifier {
    fn classify_retry(&self, ctx: &InterceptorContext) -> RetryAction {
        let throttled = ctx.response().is_some_and(|response| {
            error_type(
                response.headers().get("x-amzn-errortype"),
                response.body().bytes(),
            )
            .is_some_and(|code| matches!(code.as_str(), "ThrottlingException" | "TooManyUpdates"))
        });
        if throttled {
            RetryAction::throttling_error()
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "throttling"
    }
}
