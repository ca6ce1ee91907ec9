//! Environment variables of a function that mean something to Lambda, or to the SDKs and HTTP clients in it.

/// The names that Lambda sets itself. It refuses a function that has one of them: "Lambda was unable to configure your environment
/// variables because the environment variables you have provided contains reserved keys that are currently not supported for
/// modification" (Lambda developer guide, "Defined runtime environment variables"; the message: aws-cdk 28048).
const RESERVED: [&str; 18] = [
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
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
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
];

/// The names of the variables in which SDKs look up where calls go, and with which credentials, beside those of [`ENDPOINT`], [`METADATA`] and
/// [`CONTAINER`] (AWS SDKs and Tools reference guide, "Environment variables list"; botocore, `configprovider.py`).
const OF_SDKS: [&str; 19] = [
    // A certificate authority, of which a local endpoint without TLS has no need.
    "AWS_CA_BUNDLE",
    // Files that may name endpoints, profiles, and programs that give credentials.
    "AWS_CONFIG_FILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_PROFILE",
    "AWS_SDK_LOAD_CONFIG",
    "AWS_SHARED_CREDENTIALS_FILE",
    "BOTO_CONFIG",
    // Monitoring by UDP.
    "AWS_CSM_ENABLED",
    "AWS_CSM_HOST",
    "AWS_XRAY_DAEMON_ADDRESS",
    // The addresses that a service answers with are called next.
    "AWS_ENABLE_ENDPOINT_DISCOVERY",
    "AWS_ENDPOINT_DISCOVERY_ENABLED",
    // The endpoints that are named in `AWS_ENDPOINT_URL` would not be used.
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    // With an endpoint that is named, SDKs refuse these two.
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    // Credentials of another role, by a token.
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    // It makes Node.js heed the proxies' variables.
    "NODE_USE_ENV_PROXY",
    // Proxies of the package `global-agent`.
    "GLOBAL_AGENT_HTTP_PROXY",
    "GLOBAL_AGENT_HTTPS_PROXY",
];

/// `AWS_ENDPOINT_URL`, and with a service's name `AWS_ENDPOINT_URL_S3`.
const ENDPOINT: &str = "AWS_ENDPOINT_URL";
/// What says where and whether EC2's metadata are: those of the machine that rehearses, if it is an instance.
const METADATA: &str = "AWS_EC2_METADATA_";
/// Where a container's credentials are, and by which token.
const CONTAINER: &str = "AWS_CONTAINER_";

/// The proxies that HTTP clients heed, in whatever case (curl(1), "ENVIRONMENT"; Python, `urllib.request.getproxies_environment`), and
/// with npm's prefix, too (`proxy-from-env`, which axios asks).
const PROXIES: [&str; 6] = [
    "all_proxy",
    "ftp_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "socks_proxy",
];

/// Whether Lambda refuses a function that sets this variable.
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// Whether a variable steers where the calls of an SDK or an HTTP client go, or with whose credentials. On AWS that is the
/// template's affair; a rehearsal's calls stay on its machine, so there these are not passed on.
///
/// ```
/// use rehearsal_aws::lambda::variables::steers_calls;
///
/// assert!(steers_calls("AWS_ENDPOINT_URL_S3") && steers_calls("https_proxy"));
/// assert!(steers_calls("npm_config_proxy") && !steers_calls("PROXY"));
/// assert!(!steers_calls("TABLE_NAME") && !steers_calls("RDS_PROXY"));
/// ```
pub fn steers_calls(name: &str) -> bool {
    [ENDPOINT, METADATA, CONTAINER]
        .iter()
        .any(|prefix| name.starts_with(prefix))
        || OF_SDKS.contains(&name)
        || is_proxy(name)
}

fn is_proxy(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let (npm, name) = match name.strip_prefix("npm_config_") {
        Some(name) => (true, name),
        None => (false, name.as_str()),
    };
    PROXIES.contains(&name) || (npm && name == "proxy")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lambda_sets_is_reserved_and_its_defaults_are_not() {
        for name in [
            "AWS_REGION",
            "_HANDLER",
            "AWS_SESSION_TOKEN",
            "LAMBDA_TASK_ROOT",
        ] {
            assert!(is_reserved(name), "{name}");
        }
        for name in [
            "TZ",
            "LANG",
            "PATH",
            "LD_LIBRARY_PATH",
            "aws_region",
            "REGION",
        ] {
            assert!(!is_reserved(name), "{name}");
        }
    }

    #[test]
    fn everything_that_sends_calls_elsewhere_steers_them() {
        for name in [
            "AWS_ENDPOINT_URL",
            "AWS_ENDPOINT_URL_DYNAMODB",
            "AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING",
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
            "HTTP_PROXY",
            "Https_Proxy",
            "NO_PROXY",
            "all_proxy",
            "AWS_CONFIG_FILE",
            "AWS_SHARED_CREDENTIALS_FILE",
            "AWS_PROFILE",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
            "AWS_EC2_METADATA_DISABLED",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_CA_BUNDLE",
            "AWS_USE_FIPS_ENDPOINT",
        ] {
            assert!(steers_calls(name), "{name}");
        }
    }

    #[test]
    fn an_applications_own_variables_steer_nothing() {
        for name in [
            "API_URL",
            "DB_PROXY",
            "HTTP_PROXY_TIMEOUT",
            "AWS_MAX_ATTEMPTS",
            "AWS_RETRY_MODE",
            "AWS_ROLE_ARN",
            "ENDPOINT_URL",
            "HOME",
        ] {
            assert!(!steers_calls(name), "{name}");
        }
    }
}
