//! Which route a request takes.

use percent_encoding::percent_decode_str;

use super::stage::ApiKind;

/// Who may call a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// Callers who sign with `SigV4`. Policies are not evaluated.
    Iam,
    /// Anyone.
    None,
    /// Callers that an authorizer lets in.
    Authorizer {
        /// Its name in a definition, or its type.
        name: String,
        /// What it is, where that is known.
        kind: Option<AuthorizerKind>,
    },
}

/// What lets callers in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthorizerKind {
    /// A user pool of Cognito's, of a REST API.
    UserPool,
    /// What reads JSON web tokens, of an HTTP API.
    Tokens,
    /// A Lambda function.
    Lambda,
}

impl AuthorizerKind {
    /// The kind of this type, as methods, routes, authorizers and definitions name it (API Gateway V1 and V2 API reference, `authorizationType`,
    /// `authorizerType`; API Gateway developer guide, "x-amazon-apigateway-authorizer object").
    pub fn of_type(r#type: &str) -> Option<Self> {
        match r#type.to_ascii_lowercase().as_str() {
            "cognito_user_pools" => Some(Self::UserPool),
            "jwt" => Some(Self::Tokens),
            "custom" | "request" | "token" => Some(Self::Lambda),
            _ => None,
        }
    }
}

/// The shape of the event that a function gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PayloadFormat {
    /// REST APIs, and HTTP APIs that ask for it.
    V1,
    /// HTTP APIs and function URLs.
    V2,
}

/// How a function URL has its function invoked and its answer sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum InvokeMode {
    /// By `Invoke`: the answer is looked into. All APIs do so.
    #[default]
    Buffered,
    /// By `InvokeWithResponseStream`: the answer is passed on as it comes.
    ResponseStream,
}

/// Where a caller's key is (API Gateway developer guide, "Choose an API key source": `HEADER`, the default).
pub const API_KEY_HEADER: &str = "x-api-key";

/// One route of an API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// `GET`, `POST` and so on, or `ANY`.
    pub method: String,
    /// The path, such as `/contacts/{id}` or `/{proxy+}`; `$default` for an HTTP API's catch-all.
    pub path: String,
    /// Who may call it.
    pub authorization: Authorization,
    /// Whether it asks for a key of API Gateway's, in [`API_KEY_HEADER`].
    pub needs_api_key: bool,
    /// The shape of the event.
    pub payload_format: PayloadFormat,
    /// How the function is invoked.
    pub invoke_mode: InvokeMode,
    /// The function behind it: whatever names it to those who invoke it.
    pub function: String,
    /// The version or alias behind it; `None` for the unpublished function.
    pub qualifier: Option<String>,
}

impl Route {
    /// Whether it lets in a request with these headers (name and value): a route that asks for a key wants [`API_KEY_HEADER`] with some value.
    /// Assumed: a key that is sent is one of a usage plan of the stage.
    pub fn takes_key<'h>(&self, mut headers: impl Iterator<Item = (&'h str, &'h [u8])>) -> bool {
        let is_key = |(name, value): (&str, &[u8])| {
            name.eq_ignore_ascii_case(API_KEY_HEADER) && !value.is_empty()
        };
        !self.needs_api_key || headers.any(is_key)
    }
}

/// An API, with the stage that is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// Its id, ten lower-case letters and digits: the first label of its host name.
    pub id: String,
    /// Its kind.
    pub kind: ApiKind,
    /// Its stage: the first segment of a path, but for `$default`.
    pub stage: String,
    /// The account it is in.
    pub account_id: String,
    /// The region it is in.
    pub region: String,
    /// Its stage's variables, each with its value.
    pub variables: Vec<(String, String)>,
    /// The types of media that a REST API takes for binary: `image/png`, `*/*`.
    pub binary_media_types: Vec<String>,
    /// Its routes, in any order.
    pub routes: Vec<Route>,
}

/// Path parameters: name and value, in the order of the path.
pub type Parameters = Vec<(String, String)>;

/// A route with the values of its path parameters: decoded once, but of a REST API as they stand in the path (seen:
/// [SAM CLI 3524](https://github.com/aws/aws-sam-cli/issues/3524), [serverless-offline 271](https://github.com/dherault/serverless-offline/pull/271)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match<'a> {
    /// The route.
    pub route: &'a Route,
    /// Name and value, in the order of the path.
    pub parameters: Parameters,
}

impl Api {
    /// The route for a method and a path without its stage, as API Gateway finds it: the most specific path decides (a
    /// literal segment before a parameter, a parameter before a greedy one), then the method before `ANY`, then, in an HTTP
    /// API, `$default`. Source: API Gateway developer guide, "Working with routes for HTTP APIs"; the same precedence holds
    /// for the resources of a REST API.
    ///
    /// In a REST API a resource that matches but lacks the method ends the search: the answer is 403.
    pub fn route(&self, method: &str, path: &str) -> Option<Match<'_>> {
        let segments: Vec<&str> = segments(path);
        let mut found: Vec<(Vec<Rank>, Match<'_>)> = self
            .routes
            .iter()
            .filter(|route| route.path != "$default")
            .filter_map(|route| {
                let (ranks, parameters) = match_path(&route.path, &segments)?;
                Some((ranks, Match { route, parameters }))
            })
            .collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        let best = found.first().map(|(ranks, _)| ranks.clone());
        let of_method = |wanted: &str| {
            found
                .iter()
                .filter(|(ranks, _)| self.kind != ApiKind::Rest || Some(ranks) == best.as_ref())
                .find(|(_, found)| found.route.method.eq_ignore_ascii_case(wanted))
                .map(|(ranks, found)| (ranks, found.clone()))
        };
        let chosen = match (of_method(method), of_method("ANY")) {
            // On one path the method wins; on different paths the more specific path.
            (Some((exact, by_method)), Some((any, by_any))) => {
                Some(if exact <= any { by_method } else { by_any })
            }
            (exact, any) => exact.or(any).map(|(_, found)| found),
        };
        let chosen = chosen.map(|found| match self.kind {
            ApiKind::Rest => Match {
                parameters: as_written(&found.route.path, path),
                ..found
            },
            ApiKind::Http | ApiKind::FunctionUrl => found,
        });
        chosen.or_else(|| {
            let default = self.routes.iter().find(|route| route.path == "$default")?;
            Some(Match {
                route: default,
                parameters: Vec::new(),
            })
        })
    }

    /// Whether a REST API takes media of this type for binary (API Gateway developer guide, "Binary media types for REST APIs in API Gateway": "you can use
    /// the wildcard character (`*`) to cover multiple media types"). Parameters of the type (`; charset=utf-8`) count for nothing.
    pub fn is_binary(&self, media_type: &str) -> bool {
        let asked = media_type.split(';').next().unwrap_or_default().trim();
        let fits = |known: &str, asked: &str| known == "*" || known.eq_ignore_ascii_case(asked);
        let mut known = self.binary_media_types.iter();
        known.any(
            |known| match (known.split_once('/'), asked.split_once('/')) {
                (Some(known), Some(asked)) => fits(known.0, asked.0) && fits(known.1, asked.1),
                _ => known == "*/*",
            },
        )
    }

    /// The path of a request without the stage it begins with; `None` where it begins with another.
    pub fn without_stage<'p>(&self, path: &'p str) -> Option<&'p str> {
        if self.stage == "$default" {
            return Some(path);
        }
        let rest = path.strip_prefix('/')?.strip_prefix(self.stage.as_str())?;
        match rest {
            "" => Some("/"),
            rest => rest.starts_with('/').then_some(rest),
        }
    }
}

/// How specific a segment of a route is, most specific first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Literal,
    Parameter,
    Greedy,
}

fn segments(path: &str) -> Vec<&str> {
    // A trailing slash is no segment.
    path.trim_matches('/')
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect()
}

/// How well a route fits a path, and the parameters it finds there.
fn match_path(route: &str, path: &[&str]) -> Option<(Vec<Rank>, Parameters)> {
    let route = segments(route);
    let (mut ranks, mut parameters) = (Vec::new(), Parameters::new());
    for (index, segment) in route.iter().enumerate() {
        let name = segment
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        match (name, name.and_then(|name| name.strip_suffix('+'))) {
            (_, Some(greedy)) => {
                let rest = path.get(index..).filter(|rest| !rest.is_empty())?;
                ranks.push(Rank::Greedy);
                parameters.push((greedy.to_owned(), decode(&rest.join("/"))));
                return (index + 1 == route.len()).then_some((ranks, parameters));
            }
            (Some(name), None) => {
                ranks.push(Rank::Parameter);
                parameters.push((name.to_owned(), decode(path.get(index)?)));
            }
            (None, None) => {
                path.get(index).filter(|found| decode(found) == **segment)?;
                ranks.push(Rank::Literal);
            }
        }
    }
    (route.len() == path.len()).then_some((ranks, parameters))
}

/// The parameters of a route as they stand in a path that it fits.
fn as_written(route: &str, path: &str) -> Parameters {
    let mut parameters = Parameters::new();
    let mut rest = path.trim_matches('/');
    for segment in route.trim_matches('/').split('/') {
        let (value, behind) = rest.split_once('/').unwrap_or((rest, ""));
        let name = segment.strip_prefix('{');
        if let Some(name) = name.and_then(|name| name.strip_suffix('}')) {
            parameters.push(match name.strip_suffix('+') {
                Some(greedy) => (greedy.to_owned(), rest.to_owned()),
                None => (name.to_owned(), value.to_owned()),
            });
        }
        rest = behind.trim_start_matches('/');
    }
    parameters
}

fn decode(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn api(kind: ApiKind, routes: &[(&str, &str)]) -> Api {
        let route = |(method, path): &(&str, &str)| Route {
            method: (*method).to_owned(),
            path: (*path).to_owned(),
            authorization: Authorization::None,
            needs_api_key: false,
            payload_format: PayloadFormat::V1,
            invoke_mode: InvokeMode::Buffered,
            function: "f".to_owned(),
            qualifier: None,
        };
        Api {
            id: "abcdefghij".to_owned(),
            kind,
            stage: "live".to_owned(),
            account_id: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            variables: Vec::new(),
            binary_media_types: Vec::new(),
            routes: routes.iter().map(route).collect(),
        }
    }

    fn found(api: &Api, method: &str, path: &str) -> String {
        api.route(method, path).map_or("none".to_owned(), |found| {
            format!("{} {}", found.route.method, found.route.path)
        })
    }

    #[test]
    fn the_most_specific_path_wins_whatever_the_order() {
        let api = api(
            ApiKind::Rest,
            &[
                ("ANY", "/{proxy+}"),
                ("ANY", "/contacts/{id}"),
                ("ANY", "/contacts/all"),
                ("ANY", "/contacts"),
            ],
        );
        assert_eq!(found(&api, "GET", "/contacts"), "ANY /contacts");
        assert_eq!(found(&api, "GET", "/contacts/"), "ANY /contacts");
        assert_eq!(found(&api, "GET", "/contacts/all"), "ANY /contacts/all");
        assert_eq!(found(&api, "GET", "/contacts/7"), "ANY /contacts/{id}");
        assert_eq!(found(&api, "GET", "/contacts/7/x"), "ANY /{proxy+}");
        assert_eq!(found(&api, "GET", "/"), "none");
    }

    #[test]
    fn a_method_wins_over_any_on_the_same_path() {
        let api = api(ApiKind::Rest, &[("ANY", "/a"), ("POST", "/a")]);
        assert_eq!(found(&api, "POST", "/a"), "POST /a");
        assert_eq!(found(&api, "GET", "/a"), "ANY /a");
    }

    #[test]
    fn a_rest_resource_without_the_method_ends_the_search_and_an_http_route_does_not() {
        let routes = [("GET", "/a"), ("ANY", "/{proxy+}")];
        assert_eq!(found(&api(ApiKind::Rest, &routes), "POST", "/a"), "none");
        assert_eq!(
            found(&api(ApiKind::Http, &routes), "POST", "/a"),
            "ANY /{proxy+}"
        );
    }

    #[test]
    fn an_http_api_has_a_default_route() {
        let api = api(ApiKind::Http, &[("ANY", "$default"), ("GET", "/a")]);
        assert_eq!(found(&api, "GET", "/a"), "GET /a");
        assert_eq!(found(&api, "GET", "/b"), "ANY $default");
    }

    #[test]
    fn path_parameters_are_decoded_once_and_those_of_a_rest_api_are_not() {
        let routes = [("ANY", "/contacts/{id}"), ("ANY", "/files/{rest+}")];
        let rest = api(ApiKind::Rest, &routes);
        for (path, name, value) in [
            ("/contacts/a%2Fb%2525/", "id", "a%2Fb%2525"),
            ("/files/a%20b/c/", "rest", "a%20b/c"),
        ] {
            let expected = [(name.to_owned(), value.to_owned())];
            assert_eq!(rest.route("GET", path).unwrap().parameters, expected);
        }
        let api = api(ApiKind::Http, &routes);
        assert_eq!(
            api.route("GET", "/contacts/a%2Fb%2525").unwrap().parameters,
            [("id".to_owned(), "a/b%25".to_owned())]
        );
        assert_eq!(
            api.route("GET", "/files/a/b").unwrap().parameters,
            [("rest".to_owned(), "a/b".to_owned())]
        );
    }

    #[test]
    fn a_type_of_media_is_binary_where_a_rest_api_names_it_or_all_of_its_kind() {
        let mut api = api(ApiKind::Rest, &[]);
        let is_binary = |api: &Api, asked: &[&str]| -> Vec<bool> {
            asked.iter().map(|asked| api.is_binary(asked)).collect()
        };
        let asked = ["image/png", "Application/PDF; q=1", "*/*", "text/plain", ""];
        assert_eq!(is_binary(&api, &asked), [false; 5]);
        api.binary_media_types = ["image/*", "application/pdf"].map(str::to_owned).to_vec();
        assert_eq!(is_binary(&api, &asked), [true, true, false, false, false]);
        api.binary_media_types = vec!["*/*".to_owned()];
        assert_eq!(is_binary(&api, &asked), [true; 5]);
    }

    #[test]
    fn the_stage_is_the_first_segment_but_for_default() {
        let mut api = api(ApiKind::Http, &[]);
        assert_eq!(api.without_stage("/live/contacts"), Some("/contacts"));
        assert_eq!(api.without_stage("/live"), Some("/"));
        assert_eq!(api.without_stage("/lively/contacts"), None);
        assert_eq!(api.without_stage("/contacts"), None);
        api.stage = "$default".to_owned();
        assert_eq!(api.without_stage("/contacts"), Some("/contacts"));
    }

    proptest! {
        #[test]
        fn no_path_panics_and_a_greedy_route_takes_all_but_the_root(path in "/[a-z%/{}+]{0,20}") {
            let api = api(ApiKind::Rest, &[("ANY", "/{proxy+}")]);
            let has_segment = path.split('/').any(|segment| !segment.is_empty());
            prop_assert_eq!(api.route("GET", &path).is_some(), has_segment);
        }
    }
}
