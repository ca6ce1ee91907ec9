//! APIs and their routes.

use super::Condition;
use crate::{Field, Place, Unknown};

/// A REST or an HTTP API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    /// Its logical id.
    pub logical_id: String,
    /// Its id, as in its host name. Made from the stack's name and the logical id.
    pub id: String,
    /// Its name: the `ApiName` dimension of a REST API's metrics.
    pub name: Field<String>,
    /// Which of the two it is.
    pub kind: ApiKind,
    /// Its stages in the template.
    pub stages: Vec<Stage>,
    /// Its routes to functions of this template or elsewhere, in the template's order.
    pub routes: Vec<Route>,
    /// Why the routes are not known, where they stand in a file or a value that is not read.
    pub routes_unknown: Option<Unknown>,
    /// The condition it exists under.
    pub condition: Option<Condition>,
    /// Where it stands.
    pub place: Place,
}

/// Which kind of API it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApiKind {
    /// A REST API: `AWS::ApiGateway::RestApi`, event format 1.0.
    Rest,
    /// An HTTP API: `AWS::ApiGatewayV2::Api`, event format 2.0 unless it says otherwise.
    Http,
}

/// A stage of an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its logical id.
    pub logical_id: String,
    /// Its name: the first segment of a URL, or `$default`.
    pub name: Field<String>,
    /// Where it stands.
    pub place: Place,
}

/// A route from a method and a path to a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The method in upper case, or `ANY`.
    pub method: String,
    /// The path, such as `/contacts/{id}` or `/{proxy+}`; an HTTP API may have `$default`.
    pub path: String,
    /// The logical id of the function.
    pub function: Field<String>,
    /// The alias or version it goes to; `None` means the function itself, past every alias.
    pub qualifier: Option<String>,
    /// Who may call it.
    pub authorization: Field<Authorization>,
    /// `1.0` or `2.0`.
    pub payload_format: PayloadFormat,
    /// Where it stands.
    pub place: Place,
}

/// The shape of the event that a function gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PayloadFormat {
    /// REST APIs, and HTTP APIs that ask for it.
    V1,
    /// HTTP APIs.
    V2,
}

/// Who may call a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// Callers who sign with `SigV4`.
    Iam,
    /// Anyone.
    None,
    /// Callers that an authorizer of this name lets in.
    Authorizer(String),
}
