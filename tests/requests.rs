//! What functions of Node.js get of requests, and what callers get of their answers, through APIs and function URLs of a template.

use serde_json::json;
use tempfile::TempDir;
use workspace_tests::files::write;
use workspace_tests::interpreters::nodejs;
use workspace_tests::{Finished, Rehearse};

/// A project of one function, with more of its properties and more keys of its requests.
fn project(properties: &str, code: &str, request: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let template = format!(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Tales:\n    Type: AWS::Serverless::Function\n    Properties:\n      \
         Runtime: {}\n      Handler: app.handler\n      CodeUri: src\n      AutoPublishAlias: live\n      \
         DeploymentPreference: {{Type: Linear10PercentEvery1Minute}}\n      {properties}\n",
        nodejs()
    );
    let rehearsal = format!(
        "template = \"template.yaml\"\n[traffic]\nrequests_per_minute = 12\n[[traffic.request]]\n{request}\n\
         [expect]\noutcome = \"Succeeded\"\n"
    );
    write(folder.path(), "template.yaml", &template);
    write(folder.path(), "src/app.js", code);
    write(folder.path(), "rehearsal.toml", &rehearsal);
    folder
}

fn run(folder: &TempDir) -> Finished {
    let file = folder.path().join("rehearsal.toml");
    Rehearse::new().file(file).run()
}

#[test]
fn a_function_url_that_streams_passes_on_what_a_function_streams_and_one_that_does_not_refuses_it()
{
    let code = "exports.handler = awslambda.streamifyResponse(async (event, stream) => {
        const out = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { 'Content-Type': 'text/csv' } });
        out.write('a,b'); out.end();
    })";
    let request = "method = \"GET\"\npath = \"/\"\nexpect_status = 201";
    let url = |mode: &str| format!("FunctionUrlConfig: {{AuthType: NONE, InvokeMode: {mode}}}");
    let folder = project(&url("RESPONSE_STREAM"), code, request);
    let report = run(&folder).with_code(0).checked_report();
    assert_eq!(report["failures"], json!([]), "{:#}", report["failures"]);
    let folder = project(&url("BUFFERED"), code, request);
    let report = run(&folder).with_code(1).checked_report();
    let failure = &report["failures"][0];
    assert_eq!(failure["status"], 502, "{failure:#}");
    let message = failure["message"].as_str().unwrap_or_default();
    assert!(
        message.contains("`InvokeMode: RESPONSE_STREAM`"),
        "{message}"
    );
}

#[test]
fn what_a_function_that_does_not_stream_answers_is_the_body_of_a_url_that_does() {
    let code = "exports.handler = async () => ({ statusCode: 404, body: 'no' })";
    let url = "FunctionUrlConfig: {AuthType: NONE, InvokeMode: RESPONSE_STREAM}";
    let request = "method = \"GET\"\npath = \"/\"\nexpect_status = 200";
    let _ = run(&project(url, code, request)).with_code(0);
}

#[test]
fn a_rest_api_gives_in_base64_what_it_takes_for_binary() {
    let code = "exports.handler = async (event) => {
        const body = JSON.parse(Buffer.from(event.body, 'base64').toString());
        return { statusCode: event.isBase64Encoded && body.n === 1 ? 201 : 400 };
    }";
    let event = "Events: {Post: {Type: Api, Properties: {Path: /, Method: post}}}";
    let request = "method = \"POST\"\npath = \"/\"\nbody = { n = 1 }\nexpect_status = 201";
    let folder = project(event, code, request);
    let globals = "Globals: {Api: {BinaryMediaTypes: ['*/*']}}\n";
    let template = folder.path().join("template.yaml");
    let text = std::fs::read_to_string(&template).expect("it is written");
    write(folder.path(), "template.yaml", &format!("{globals}{text}"));
    let _ = run(&folder).with_code(0);
}

#[test]
fn a_request_says_who_asks_and_sends_a_form_or_a_text() {
    let code = "exports.handler = async (event) => {
        const claims = event.requestContext.authorizer.jwt.claims;
        const body = event.isBase64Encoded ? Buffer.from(event.body, 'base64').toString() : event.body;
        const good = ['a=1&b=x+y', 'plain'].includes(body) && claims['custom:tenant'] === 'acme' && !claims.email;
        return { statusCode: good ? 201 : 400 };
    }";
    let event = "Events: {Post: {Type: HttpApi, Properties: {Path: /, Method: post}}}";
    let post = "method = \"POST\"\npath = \"/\"\nexpect_status = 201\n";
    let claims = "claims = { sub = \"one\", \"custom:tenant\" = \"acme\" }\n";
    let form = format!("{post}{claims}form = {{ a = 1, b = \"x y\" }}");
    let requests = format!("{form}\n[[traffic.request]]\n{post}{claims}text = \"plain\"");
    let folder = project(event, code, &requests);
    let refused = run(&folder).with_code(2);
    for words in [
        "`claims` is what an authorizer says",
        "claims = {",
        "take it out",
    ] {
        assert!(refused.stderr.contains(words), "{refused}");
    }
    let globals = "Globals: {HttpApi: {Auth: {DefaultAuthorizer: Users, Authorizers: {Users: {IdentitySource: $request.header.Authorization, \
                   JwtConfiguration: {issuer: 'https://users.example', audience: [shop]}}}}}}\n";
    let template = folder.path().join("template.yaml");
    let text = std::fs::read_to_string(&template).expect("it is written");
    write(folder.path(), "template.yaml", &format!("{globals}{text}"));
    let report = run(&folder).with_code(0).checked_report();
    assert_eq!(report["made_up"], json!([]));
    // One that says nothing of it has a caller that is made up.
    let file = folder.path().join("rehearsal.toml");
    let text = std::fs::read_to_string(&file).expect("it is written");
    let silent =
        "[[traffic.request]]\nmethod = \"POST\"\npath = \"/\"\nexpect_status = 400\n[expect]";
    write(
        folder.path(),
        "rehearsal.toml",
        &text.replace("[expect]", silent),
    );
    let report = run(&folder).with_code(0).checked_report();
    assert_eq!(report["made_up"], json!(["caller of POST /"]));
}
