//! One live request per route or event source of a template.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_aws::apigateway::route::{API_KEY_HEADER, Authorization, AuthorizerKind};
use rehearsal_aws::apigateway::stage::ApiKind;
use rehearsal_deployment::plan::FrontKey;
use rehearsal_deployment::plan::apis::{FrontApi, apis, deciding, takers};
use rehearsal_deployment::plan::claims::PRINCIPAL;
use rehearsal_deployment::request::{Front, HttpRequest};
use rehearsal_template::Stack;
use rehearsal_template::stack::Route;

use super::events::{self, Event, MadeUp};

/// A live request, and what it stands for.
#[derive(Debug, PartialEq, Eq)]
pub struct Example {
    /// What it stands for, in a few words.
    pub stands_for: String,
    /// The same as a verdict has it: `GET /refunds of Api`.
    pub in_short: String,
    /// The function that gets it.
    pub function: String,
    /// The route that it takes: the API's logical id, method and path.
    pub route: Option<[String; 3]>,
    /// Its lines below `[[traffic.request]]`.
    pub lines: Vec<String>,
    /// What is made up of an event, and what the event is of.
    pub made_up: (MadeUp, String),
}

impl Example {
    /// One of an event.
    fn of_event(function: &str, event: Event) -> Self {
        let lines = [
            format!("function = {}", quoted(function)),
            format!("event = {}", event.toml()),
        ];
        Self {
            stands_for: event.what.clone(),
            in_short: event.what,
            function: function.to_owned(),
            route: None,
            lines: lines.into(),
            made_up: (event.made_up, event.of),
        }
    }

    /// Whether a stack, with these APIs, takes what it asks for: by the same route, or by another that has it too.
    pub fn is_taken_by(&self, stack: &Stack, fronts: &[FrontApi]) -> bool {
        let Some([api, method, path]) = &self.route else {
            return stack.function(&self.function).is_some();
        };
        let mut own = fronts.iter().filter(|front| front.logical_id == *api);
        own.any(|front| front.api.route(asked_by(method), &filled(path)).is_some())
    }
}

/// What is sent where a route asks for a key: any will do, in a rehearsal.
const KEY: &str = "a-key-for-the-rehearsal";

/// The requests for a stack: of each route that leads to one of its functions, of each event source of a function that is deployed,
/// and of a deployed function that has neither.
pub fn examples(stack: &Stack) -> Vec<Example> {
    let deployed = stack.deployed_functions();
    let fronts = apis(stack);
    let fronts: Vec<&FrontApi> = fronts.iter().collect();
    let hooks = hooks(stack);
    let mut asked: BTreeSet<&str> = BTreeSet::new();
    let mut examples = Vec::new();
    for api in stack.apis.iter().filter(|api| !api.is_websocket) {
        for route in &api.routes {
            let Some(function) = route.function.known_value() else {
                continue;
            };
            // A preflight is the browser's, and seldom the function's.
            if route.method == "OPTIONS" || hooks.contains(function.as_str()) {
                continue;
            }
            asked.insert(function);
            let mut lines = request(&route.method, &route.path);
            if route.needs_api_key.is(&true) {
                lines.push(format!(
                    "headers = {{ {API_KEY_HEADER} = {} }}",
                    quoted(KEY)
                ));
            }
            lines.extend(claims_of(api.kind, route));
            let way = way(&fronts, &api.logical_id, &route.method, &route.path);
            let mut others = String::new();
            if let Some(way) = way {
                lines.insert(2, format!("{} = {}", way.key.name(), quoted(way.name)));
                if !way.other_stages.is_empty() {
                    others = format!("; other stages: {}", way.other_stages.join(", "));
                }
            }
            let in_short = format!("{} {} of {}", route.method, route.path, api.logical_id);
            examples.push(Example {
                stands_for: format!("{in_short}, to {function}{others}"),
                in_short,
                function: function.clone(),
                route: Some([&api.logical_id, &route.method, &route.path].map(Clone::clone)),
                lines,
                made_up: (MadeUp::Nothing, String::new()),
            });
        }
    }
    for function in &deployed {
        for event in events::of(stack, function) {
            asked.insert(function);
            examples.push(Example::of_event(function, event));
        }
    }
    for function in deployed
        .iter()
        .filter(|function| !asked.contains(*function))
    {
        let what = format!("an invocation of {function}");
        let event = Event::unknown(what, function, MadeUp::Whole);
        let stands_for = format!("no event source of {function} is known");
        examples.push(Example {
            stands_for,
            ..Example::of_event(function, event)
        });
    }
    examples
}

/// What is made up of the events that functions with code get, as a verdict has it.
pub fn made_up(stack: &Stack, has_part: impl Fn(&Example) -> bool) -> Vec<String> {
    let examples = examples(stack);
    let sent = examples.iter().filter(|example| has_part(example));
    events::in_words(sent.map(|example| (example.made_up.0, example.made_up.1.as_str())))
}

/// The functions that are hooks of a deployment.
pub fn hooks(stack: &Stack) -> BTreeSet<&str> {
    let deployments = stack
        .aliases
        .iter()
        .filter_map(|alias| alias.deployment.as_ref());
    let hooks = deployments.flat_map(|deployment| {
        [
            &deployment.before_allow_traffic_hook,
            &deployment.after_allow_traffic_hook,
        ]
    });
    hooks
        .flatten()
        .filter_map(|hook| hook.function.as_deref())
        .collect()
}

/// What a request has to name, for others take it too.
struct Way<'f> {
    key: FrontKey,
    name: &'f str,
    /// The other stages of the API that would take it, by their logical ids.
    other_stages: Vec<&'f str>,
}

/// What the request for a route of an API has to name; `None` where the API's route is the only one that takes it.
fn way<'f>(fronts: &[&'f FrontApi], api: &str, method: &str, path: &str) -> Option<Way<'f>> {
    let asked = HttpRequest {
        method: asked_by(method).to_owned(),
        path: filled(path),
        to: Front::default(),
        headers: BTreeMap::new(),
        body: None,
        claims: None,
        expect_status: None,
    };
    let takers: Vec<&FrontApi> = takers(fronts, &asked)
        .into_iter()
        .map(|(front, _)| front)
        .collect();
    let own: Vec<&FrontApi> = fronts
        .iter()
        .filter(|front| front.logical_id == api)
        .copied()
        .collect();
    let [first, others @ ..] = own.as_slice() else {
        return None;
    };
    if let [only] = takers.as_slice()
        && only.is_same(first)
    {
        return None;
    }
    let key = if first.is_url() {
        FrontKey::FunctionUrl
    } else {
        deciding(&takers)
    };
    Some(Way {
        key,
        name: first.id(key),
        other_stages: others
            .iter()
            .map(|front| front.id(FrontKey::Stage))
            .collect(),
    })
}

/// Where to say who calls, as a comment: what its authorizer would say is made up, unless it is given.
fn claims_of(api: ApiKind, route: &Route) -> Option<String> {
    let Some(Authorization::Authorizer { kind, .. }) = route.authorization.known_value() else {
        return None;
    };
    let example = match kind {
        Some(AuthorizerKind::Lambda) if api == ApiKind::Rest => PRINCIPAL,
        Some(AuthorizerKind::Lambda) => "user",
        _ => "sub",
    };
    Some(format!(
        "# claims = {{ {example} = \"…\" }}     # what the authorizer says of the caller; made up unless it is given"
    ))
}

/// A method that a route takes.
fn asked_by(method: &str) -> &str {
    if method == "ANY" { "GET" } else { method }
}

/// A request that a route takes.
fn request(method: &str, path: &str) -> Vec<String> {
    let method = asked_by(method);
    let mut lines = vec![
        format!("method = {}", quoted(method)),
        format!("path = {}", quoted(&filled(path))),
    ];
    if matches!(method, "POST" | "PUT" | "PATCH") {
        lines.push("body = {}".to_owned());
    }
    lines
}

/// A path with something in place of its parameters.
fn filled(path: &str) -> String {
    if path == "$default" {
        return "/".to_owned();
    }
    let segments = path.split('/').map(|segment| {
        if segment.starts_with('{') && segment.ends_with('}') {
            "1"
        } else {
            segment
        }
    });
    let filled = segments.collect::<Vec<_>>().join("/");
    // Of a path they are what no request has there as it is.
    let filled = filled.replace('?', "%3F").replace('#', "%23");
    if filled.starts_with('/') {
        filled
    } else {
        format!("/{filled}")
    }
}

/// A text as TOML writes it.
pub fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use rehearsal_template::{Inputs, read_str};

    use super::*;

    const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: nodejs22.x, Handler: index.handler, CodeUri: src, AutoPublishAlias: live}}
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      DeploymentPreference: {Type: Canary10Percent5Minutes, Hooks: {PreTraffic: !Ref Hook}}
      Events:
        Put: {Type: HttpApi, Properties: {Path: '/orders/{id}', Method: put}}
        Any: {Type: HttpApi, Properties: {Path: '/{proxy+}', Method: any}}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      DeploymentPreference: {Type: AllAtOnce}
      Events:
        Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}
        Daily: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
  Alone:
    Type: AWS::Serverless::Function
    Properties: {DeploymentPreference: {Type: AllAtOnce}}
  Hook:
    Type: AWS::Serverless::Function
    Properties: {DeploymentPreference: {Enabled: false}}
";

    #[test]
    fn each_route_and_each_event_source_has_a_request_and_hooks_have_none() {
        let stack = read_str("template.yaml", TEMPLATE, &Inputs::new("s")).unwrap();
        let found = examples(&stack);
        let lines: Vec<_> = found
            .iter()
            .map(|example| {
                example.lines[..2]
                    .join(" ")
                    .chars()
                    .take(60)
                    .collect::<String>()
            })
            .collect();
        assert_eq!(
            lines,
            [
                "method = \"PUT\" path = \"/orders/1\"",
                "method = \"GET\" path = \"/1\"",
                "function = \"Worker\" event = { Records = [{ attributes = { Ap",
                "function = \"Worker\" event = { account = \"123456789012\", deta",
                "function = \"Alone\" event = {}",
            ]
        );
        let in_short: Vec<_> = found
            .iter()
            .map(|example| example.in_short.as_str())
            .collect();
        assert_eq!(
            in_short,
            [
                "PUT /orders/{id} of ServerlessHttpApi",
                "ANY /{proxy+} of ServerlessHttpApi",
                "a message of the queue Jobs",
                "an event of the rule WorkerDaily",
                "an invocation of Alone",
            ]
        );
        let named = made_up(&stack, |example| example.function != "Orders");
        let expected = [
            "content of events (Jobs)",
            "events sent as {}, for none is known (Alone)",
        ];
        assert_eq!(named, expected);
    }

    #[test]
    fn a_route_with_an_authorizer_says_where_the_caller_goes() {
        let auth = "Globals: {HttpApi: {Auth: {DefaultAuthorizer: A, Authorizers: {A: {FunctionArn: f, AuthorizerPayloadFormatVersion: '2.0'}}}}, ";
        let text = TEMPLATE.replace("Globals: {", auth);
        let stack = read_str("template.yaml", &text, &Inputs::new("s")).unwrap();
        let lines = examples(&stack)[0].lines.join("\n");
        assert!(lines.contains("\n# claims = { user = "), "{lines}");
        assert!(!examples(&stack)[2].lines.join("\n").contains("claims"));
    }

    #[test]
    fn a_new_route_is_taken_where_another_of_what_runs_has_its_requests() {
        let before = read_str("template.yaml", TEMPLATE, &Inputs::new("s")).unwrap();
        let new =
            "        New: {Type: HttpApi, Properties: {Path: /refunds, Method: get}}\n        Any:";
        let text = TEMPLATE.replace("        Any:", new);
        let update = read_str("template.yaml", &text, &Inputs::new("s")).unwrap();
        let no_any = TEMPLATE.replace("'/{proxy+}', Method: any", "/others, Method: any");
        let without = read_str("template.yaml", &no_any, &Inputs::new("s")).unwrap();
        let examples = examples(&update);
        let of_new = examples
            .iter()
            .find(|example| example.stands_for.starts_with("GET /refunds "))
            .unwrap();
        assert!(of_new.is_taken_by(&before, &apis(&before)));
        assert!(!of_new.is_taken_by(&without, &apis(&without)));
    }

    #[test]
    fn what_several_take_names_the_one_that_it_is_for() {
        let template = "
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: nodejs22.x, Handler: index.handler, CodeUri: src, AutoPublishAlias: live, DeploymentPreference: {Type: AllAtOnce}}}
Resources:
  Inner: {Type: AWS::Serverless::HttpApi}
  Beta: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Staged, StageName: beta, AutoDeploy: true}}
  Staged: {Type: AWS::Serverless::HttpApi, Properties: {StageName: live}}
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      FunctionUrlConfig: {AuthType: NONE}
      Events:
        Rest: {Type: Api, Properties: {Path: /orders, Method: get}}
        Http: {Type: HttpApi, Properties: {Path: /orders, Method: get, ApiId: !Ref Inner}}
        Only: {Type: HttpApi, Properties: {Path: /only, Method: get, ApiId: !Ref Inner}}
        Twice: {Type: HttpApi, Properties: {Path: /staged, Method: get, ApiId: !Ref Staged}}
        Root: {Type: HttpApi, Properties: {Path: /, Method: get, ApiId: !Ref Inner}}
";
        let stack = read_str("template.yaml", template, &Inputs::new("s")).unwrap();
        let mut found: Vec<_> = examples(&stack)
            .iter()
            .map(|example| example.lines[1..].join(" "))
            .collect();
        found.sort();
        assert_eq!(
            found,
            [
                r#"path = "/""#,
                r#"path = "/" function_url = "OrdersUrl""#,
                r#"path = "/only""#,
                r#"path = "/orders" api = "Inner""#,
                r#"path = "/orders" api = "ServerlessRestApi""#,
                r#"path = "/staged" stage = "Beta""#,
            ]
        );
    }

    #[test]
    fn a_route_that_asks_for_a_key_is_sent_one() {
        let template = "
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: nodejs22.x, Handler: index.handler, CodeUri: src, AutoPublishAlias: live, DeploymentPreference: {Type: AllAtOnce}}}
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Keyed: {Type: Api, Properties: {Path: /keyed, Method: get, Auth: {ApiKeyRequired: true}}}
        Open: {Type: Api, Properties: {Path: /open, Method: get}}
";
        let stack = read_str("template.yaml", template, &Inputs::new("s")).unwrap();
        let found = examples(&stack);
        let headers: Vec<_> = found.iter().map(|example| example.lines.get(2)).collect();
        let key = r#"headers = { x-api-key = "a-key-for-the-rehearsal" }"#.to_owned();
        assert_eq!(headers, [Some(&key), None]);
    }
}
