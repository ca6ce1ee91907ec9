//! What a process sees of its surroundings: Lambda's environment, and nothing of the person's.

use rehearsal_host::Sandbox;
use rehearsal_host::confined::{self, Confinement};
use serde_json::json;

use crate::support::{Fixture, event, payload};

#[tokio::test]
async fn the_environment_is_lambdas_and_nothing_is_inherited() {
    let fixture = Fixture::new();
    let mut spec = fixture.spec();
    spec.environment
        .insert("TABLE_NAME".to_owned(), "contacts".to_owned());
    spec.endpoints.insert(
        "AWS_ENDPOINT_URL_CODEDEPLOY".to_owned(),
        "http://127.0.0.1:1".to_owned(),
    );
    let key = spec.credentials.access_key_id.clone();
    let mut sandbox = Sandbox::start(spec).await.unwrap();
    let answer = payload(&sandbox.invoke(event(&json!({ "do": "environment" }))).await);
    let set = answer["environment"].as_object().unwrap();
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", key.as_str()),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_DEFAULT_REGION", "eu-central-1"),
        ("AWS_DISABLE_REQUEST_COMPRESSION", "true"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_ENDPOINT_URL_CODEDEPLOY", "http://127.0.0.1:1"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_FUNCTION_NAME", "fixture"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "7"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/fixture"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("HOME", "/home/sbx_user1051"),
        ("LANG", "en_US.UTF-8"),
        ("TABLE_NAME", "contacts"),
        ("TZ", ":UTC"),
        ("_HANDLER", "bootstrap"),
    ] {
        assert_eq!(
            set.get(name).and_then(|v| v.as_str()),
            Some(value),
            "{name}"
        );
    }
    let expected = [
        "AWS_ACCESS_KEY_ID",
        "AWS_CONFIG_FILE",
        "AWS_DEFAULT_REGION",
        "AWS_DISABLE_REQUEST_COMPRESSION",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_ENDPOINT_URL_CODEDEPLOY",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_XRAY_CONTEXT_MISSING",
        "HOME",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "LANG",
        "PATH",
        "TABLE_NAME",
        "TZ",
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
    ];
    // `lambda_runtime` itself sets the trace id for each invocation.
    let found: Vec<&str> = set
        .keys()
        .map(String::as_str)
        .filter(|name| *name != "SHLVL" && !name.starts_with("LD_") && !name.starts_with("LLVM_"))
        .collect();
    let mut sorted = found.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    assert_eq!(set["LAMBDA_TASK_ROOT"], answer["directory"]);
}

/// On Linux, where it can be; elsewhere as its person may.
#[tokio::test]
async fn a_function_writes_in_tmp_alone() {
    let mut sandbox = Fixture::new().start().await;
    let temporary = tempfile::tempdir_in("/tmp").unwrap();
    // Not in the checkout, which may be in /tmp itself.
    let beside = tempfile::tempdir_in("/var/tmp").unwrap();
    for (folder, is_permitted) in [(&temporary, true), (&beside, !confined::is_enforced())] {
        let path = folder.path().join("written");
        let write = event(&json!({ "do": "write", "path": path }));
        assert_eq!(
            payload(&sandbox.invoke(write).await),
            is_permitted,
            "{path:?}"
        );
        assert_eq!(path.exists(), is_permitted);
    }
    let null = event(&json!({ "do": "write", "path": "/dev/null" }));
    assert_eq!(payload(&sandbox.invoke(null).await), true);
}

#[tokio::test]
async fn code_in_tmp_and_a_persons_command_are_not_kept_from_writing_beside_it() {
    let [in_tmp, outside] = ["/tmp", "/var/tmp"].map(|at| tempfile::tempdir_in(at).unwrap());
    let of_tmp = || vec![in_tmp.path().to_owned()];
    for (code, layers, is_of_command, expected) in [
        (&outside, vec![], false, Confinement::Whole),
        (&in_tmp, vec![], false, Confinement::WithoutCode(of_tmp())),
        (
            &outside,
            of_tmp(),
            false,
            Confinement::WithoutCode(of_tmp()),
        ),
        (&outside, vec![], true, Confinement::None),
    ] {
        let expected = if confined::is_enforced() {
            expected
        } else {
            Confinement::None
        };
        let mut spec = Fixture::new().spec();
        code.path().clone_into(&mut spec.program.task_root);
        spec.program.layers = layers;
        spec.program.is_of_command = is_of_command;
        let mut sandbox = Sandbox::start(spec).await.unwrap();
        assert_eq!(sandbox.confinement(), expected);
        let folder = match &expected {
            Confinement::WithoutCode(code) => &code[0],
            Confinement::Whole | Confinement::None => code.path(),
        };
        let write = event(&json!({ "do": "write", "path": folder.join("written") }));
        let is_written = payload(&sandbox.invoke(write).await);
        assert_eq!(is_written, expected != Confinement::Whole, "{expected:?}");
    }
}

/// A real HTTP client in a real function: it would heed the proxies' variables.
#[tokio::test]
async fn no_call_of_a_function_goes_where_its_templates_variables_say() {
    let elsewhere = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let trap = format!("http://{}", elsewhere.local_addr().unwrap());
    let here = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", here.local_addr().unwrap());
    let fixture = Fixture::new();
    let mut spec = fixture.spec();
    for name in [
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
        "HTTPS_PROXY",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "AWS_ENDPOINT_URL_SSM",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ] {
        spec.environment.insert(name.to_owned(), trap.clone());
    }
    spec.environment.insert(
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS".to_owned(),
        "true".to_owned(),
    );
    spec.endpoints
        .insert("AWS_ENDPOINT_URL".to_owned(), endpoint.clone());
    let mut sandbox = Sandbox::start(spec).await.unwrap();
    let call = event(&json!({ "do": "call", "service": "S3" }));
    let answered = async {
        let (mut stream, _) = here.accept().await.unwrap();
        let mut asked = [0; 1024];
        let read = tokio::io::AsyncReadExt::read(&mut stream, &mut asked).await;
        assert!(read.unwrap() > 0);
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nhere";
        tokio::io::AsyncWriteExt::write_all(&mut stream, answer.as_bytes())
            .await
            .unwrap();
        std::future::pending::<()>().await;
    };
    let report = tokio::select! {
        report = sandbox.invoke(call) => report,
        () = answered => unreachable!("it waits"),
        _ = elsewhere.accept() => panic!("it was called elsewhere"),
    };
    assert_eq!(payload(&report), json!("here"));
    let set = payload(&sandbox.invoke(event(&json!({ "do": "environment" }))).await);
    let values = set["environment"].as_object().unwrap().values();
    assert!(
        values.into_iter().all(|value| *value != json!(trap)),
        "{set:#}"
    );
}
