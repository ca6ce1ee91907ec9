//! What hosts a function: Lambda, or something that acts like it.

use lambda_runtime::{Context, Error};

/// The variables without which `lambda_runtime` panics, which says less than this crate does.
const VARIABLES: [&str; 4] = [
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
];

/// That the process was started by Lambda, or by a host like `cargo lambda watch`.
pub(crate) fn is_there(what: &str) -> Result<(), Error> {
    for name in VARIABLES {
        if std::env::var_os(name).is_none() {
            return Err(format!(
                "{name} is not set: {what} is started by Lambda, or locally by `cargo lambda watch`"
            )
            .into());
        }
    }
    Ok(())
}

/// The function's name, as a metric's dimension: empty in a test without Lambda, which a dimension must not be.
pub(crate) fn function_name(context: &Context) -> &str {
    Some(context.env_config.function_name.as_str())
        .filter(|name| !name.is_empty())
        .unwrap_or("local")
}
