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
