//! A stage of an API.

use serde::{Deserialize, Serialize};

/// A stage of an API, as its metrics name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ApiStage {
    /// Which kind of API: their metrics have other names.
    pub kind: ApiKind,
    /// `ApiName` of a REST API, `ApiId` of an HTTP API, the function's name of a function URL.
    pub api: String,
    /// `Stage`; of a function URL the alias that it invokes, empty where it invokes the function itself.
    pub stage: String,
    /// The method, where the stage has detailed metrics on for it.
    pub detailed: Option<ApiMethod>,
}

/// A method of a REST API's resource, or a route of an HTTP API, as metrics name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ApiMethod {
    /// `Method`: as the API has it, so `ANY` where that is its method.
    pub method: String,
    /// `Resource`: its path, such as `/orders/{id}`.
    pub resource: String,
}

/// Which kind of API it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ApiKind {
    /// A REST API: `AWS::ApiGateway::RestApi`, event format 1.0.
    Rest,
    /// An HTTP API: `AWS::ApiGatewayV2::Api`, event format 2.0 unless it says otherwise.
    Http,
    /// A function URL: `AWS::Lambda::Url`, event format 2.0 (Lambda developer guide, "Creating and managing Lambda function URLs").
    FunctionUrl,
}

/// What a REST API takes of a function's answer, and nothing else: an answer that has another member is malformed. None of them has to be there. Seen on AWS:
/// `LocalStack`'s tests, `test_aws_proxy_response_payload_format_validation`; with `cookies` [lamby 78](https://github.com/rails-lambda/lamby/issues/78). Of
/// `base64Encoded` SAM CLI says that it is taken too (`local/apigw/local_apigw_service.py`, `get_base_64_encoded`).
const OF_REST_ANSWERS: [&str; 6] = [
    "statusCode",
    "headers",
    "multiValueHeaders",
    "body",
    "isBase64Encoded",
    "base64Encoded",
];

impl ApiKind {
    /// Whether an answer may have a member of this name. What HTTP APIs and function URLs do not know they ignore (the same tests, `…_v1` and `…_v2`).
    ///
    /// ```
    /// use rehearsal_aws::apigateway::stage::ApiKind;
    ///
    /// assert!(!ApiKind::Rest.takes_member("cookies"));
    /// assert!(ApiKind::Http.takes_member("cookies"));
    /// ```
    pub fn takes_member(self, name: &str) -> bool {
        self != Self::Rest || OF_REST_ANSWERS.contains(&name)
    }
}
