//! Which metrics each service sends, a file for each: [`lambda`], [`apigateway`], [`dynamodb`].

pub mod apigateway;
pub mod dynamodb;
pub mod lambda;

/// CloudWatch's namespace for Lambda.
pub const LAMBDA: &str = "AWS/Lambda";
/// CloudWatch's namespace for REST and HTTP APIs.
pub const API_GATEWAY: &str = "AWS/ApiGateway";
/// CloudWatch's namespace for tables. An alarm on it always ignores missing data.
pub const DYNAMODB: &str = "AWS/DynamoDB";
