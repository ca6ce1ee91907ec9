//! The environment of a function, as Lambda sets it.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use rehearsal_aws::lambda::variables::{is_reserved, steers_calls};

use super::SandboxSpec;
use super::folders::{libraries, programs, with_own_folders};
use crate::runtimes::CLIENT_VARIABLE;

/// Where Lambda's own user has its home, which is not there, on Lambda and here: so no SDK finds the `.aws` of whoever rehearses.
/// (Without `HOME`, Python and Node.js ask the system for it. Functions' messages show the path: "Read-only file system:
/// `/home/sbx_user1051`".) A template may set its own, as on Lambda.
const HOME: &str = "/home/sbx_user1051";

/// A file that says nothing, instead of the one in `HOME`, whatever that is.
const NOTHING: &str = "/dev/null";

/// The environment variables of a sandbox whose Runtime API listens at `runtime_api`.
///
/// In the order of who wins, least first: Lambda's defaults and the runtime's, which a function's configuration may replace; the
/// template's variables, but for those that steer where calls go ([`steers_calls`]); what Lambda and the runtime reserve; the
/// endpoints, and what keeps SDKs from looking for others. An OS-only runtime has neither `AWS_EXECUTION_ENV` nor
/// `_X_AMZN_TRACE_ID`. Source: Lambda developer guide, "Defined runtime environment variables".
pub(super) fn environment(
    spec: &SandboxSpec,
    runtime_api: SocketAddr,
    log_stream: &str,
) -> BTreeMap<String, String> {
    let task_root = spec.program.task_root.display().to_string();
    let is_runtimes = |name: &str| is_reserved(name) || name.starts_with(CLIENT_VARIABLE);
    let mut all = BTreeMap::new();
    let mut set = |name: &str, value: &str| {
        all.insert(name.to_owned(), value.to_owned());
    };
    set("HOME", HOME);
    set("LANG", "en_US.UTF-8");
    set("PATH", &programs(&spec.program));
    if let Some(libraries) = libraries(&spec.program) {
        set("LD_LIBRARY_PATH", &libraries);
    }
    set("TZ", ":UTC");
    // Without it older SDKs of X-Ray throw where there is no segment.
    set("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR");
    for (name, value) in &spec.program.environment {
        set(name, value);
    }
    for (name, value) in &spec.environment {
        if !steers_calls(name) {
            set(name, &with_own_folders(value, &spec.program));
        }
    }
    let of_runtime = spec.program.environment.iter();
    for (name, value) in of_runtime.filter(|(name, _)| is_runtimes(name)) {
        set(name, value);
    }
    set("AWS_REGION", &spec.region);
    set("AWS_DEFAULT_REGION", &spec.region);
    set("AWS_ACCESS_KEY_ID", &spec.credentials.access_key_id);
    set("AWS_SECRET_ACCESS_KEY", &spec.credentials.secret_access_key);
    set("AWS_SESSION_TOKEN", &spec.credentials.session_token);
    set("AWS_LAMBDA_FUNCTION_NAME", &spec.function_name);
    set("AWS_LAMBDA_FUNCTION_VERSION", &spec.version);
    set(
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        &spec.memory_mb.to_string(),
    );
    set("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
    let own_group = format!("/aws/lambda/{}", spec.function_name);
    set(
        "AWS_LAMBDA_LOG_GROUP_NAME",
        spec.log_group.as_ref().unwrap_or(&own_group),
    );
    // Lambda developer guide, "Configuring advanced logging controls for Lambda functions".
    for (name, value) in [
        ("AWS_LAMBDA_LOG_FORMAT", &spec.log_format),
        ("AWS_LAMBDA_LOG_LEVEL", &spec.log_level),
    ] {
        if let Some(value) = value {
            set(name, value);
        }
    }
    set("AWS_LAMBDA_LOG_STREAM_NAME", log_stream);
    set("AWS_LAMBDA_RUNTIME_API", &runtime_api.to_string());
    set("LAMBDA_RUNTIME_DIR", "/var/runtime");
    set("LAMBDA_TASK_ROOT", &task_root);
    set("_HANDLER", &spec.handler);
    set("AWS_CONFIG_FILE", NOTHING);
    set("AWS_SHARED_CREDENTIALS_FILE", NOTHING);
    // This machine may be an EC2 instance, whose metadata have credentials of a role.
    set("AWS_EC2_METADATA_DISABLED", "true");
    // What an endpoint reads here is as the SDK's caller wrote it (AWS SDKs and Tools reference guide, "Request compression").
    set("AWS_DISABLE_REQUEST_COMPRESSION", "true");
    for (name, value) in &spec.endpoints {
        set(name, value);
    }
    all
}

/// A log stream's name: `2026/11/24/[2]0123…`, the day, the version and 32 hexadecimal digits.
pub(super) fn log_stream(version: &str, today: time::Date, id: uuid::Uuid) -> String {
    format!(
        "{:04}/{:02}/{:02}/[{version}]{}",
        today.year(),
        u8::from(today.month()),
        today.day(),
        id.simple()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Callers;
    use crate::runtimes::Program;

    fn spec() -> SandboxSpec {
        let credentials = Callers::default().issue("contacts", "2");
        SandboxSpec::new("/build/bootstrap", credentials)
    }

    #[test]
    fn what_lambda_reserves_wins_over_the_template_and_its_defaults_do_not() {
        let mut spec = spec();
        for (name, value) in [
            ("AWS_REGION", "mine"),
            ("TZ", "Europe/Paris"),
            ("TABLE_NAME", "t"),
            ("AWS_ENDPOINT_URL", "http://mine"),
        ] {
            spec.environment.insert(name.to_owned(), value.to_owned());
        }
        spec.endpoints.insert(
            "AWS_ENDPOINT_URL".to_owned(),
            "http://127.0.0.1:1".to_owned(),
        );
        let set = environment(&spec, ([127, 0, 0, 1], 9).into(), "s");
        assert_eq!(set["AWS_REGION"], "us-east-1");
        assert_eq!(set["TZ"], "Europe/Paris");
        assert_eq!(set["TABLE_NAME"], "t");
        assert_eq!(set["AWS_ENDPOINT_URL"], "http://127.0.0.1:1");
        assert_eq!(set["AWS_LAMBDA_RUNTIME_API"], "127.0.0.1:9");
        assert_eq!(set["LAMBDA_TASK_ROOT"], "/build");
    }

    #[test]
    fn the_task_root_leads_to_the_functions_folder_from_there_too() {
        let mut spec = spec();
        spec.program = Program::new("builds/F/bootstrap");
        let set = environment(&spec, ([127, 0, 0, 1], 9).into(), "s");
        let here = std::env::current_dir().unwrap();
        assert_eq!(
            set["LAMBDA_TASK_ROOT"],
            here.join("builds/F").display().to_string()
        );
    }

    #[test]
    fn a_runtimes_defaults_are_the_templates_to_replace_and_its_own_variables_are_not() {
        let mut spec = spec();
        for name in ["NODE_PATH", "AWS_EXECUTION_ENV", "REHEARSE_APIS"] {
            spec.program
                .environment
                .insert(name.to_owned(), "runtime".to_owned());
            spec.environment
                .insert(name.to_owned(), "template".to_owned());
        }
        let set = environment(&spec, ([127, 0, 0, 1], 9).into(), "s");
        assert_eq!(set["NODE_PATH"], "template");
        assert_eq!(set["AWS_EXECUTION_ENV"], "runtime");
        assert_eq!(set["REHEARSE_APIS"], "runtime");
    }

    #[test]
    fn no_variable_of_a_template_steers_a_call() {
        let names = [
            "AWS_ENDPOINT_URL_S3",
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
            "AWS_PROFILE",
            "AWS_CONFIG_FILE",
            "AWS_EC2_METADATA_DISABLED",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "HTTPS_PROXY",
            "no_proxy",
        ];
        let mut spec = spec();
        for name in names {
            spec.environment
                .insert(name.to_owned(), "http://elsewhere.example".to_owned());
        }
        spec.environment
            .insert("HOME".to_owned(), "/tmp".to_owned());
        let set = environment(&spec, ([127, 0, 0, 1], 9).into(), "s");
        for name in names {
            assert_ne!(
                set.get(name).map(String::as_str),
                Some("http://elsewhere.example"),
                "{name}"
            );
        }
        assert_eq!(set["AWS_EC2_METADATA_DISABLED"], "true");
        assert_eq!(set["AWS_CONFIG_FILE"], "/dev/null");
        assert_eq!(set["HOME"], "/tmp", "it is the template's to set");
    }

    #[test]
    fn a_log_stream_is_named_after_day_and_version() {
        let day = time::Date::from_calendar_date(2026, time::Month::March, 4).unwrap();
        let name = log_stream("2", day, uuid::Uuid::from_u128(0xabc));
        assert_eq!(name, "2026/03/04/[2]00000000000000000000000000000abc");
    }
}
