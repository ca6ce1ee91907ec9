//! What the environment tells a hook.

use crate::target::Target;

/// Runs the checks without telling CodeDeploy.
pub(crate) const DRY_RUN: &str = "HOOK_DRY_RUN";
/// The version under test, as an ARN.
pub(crate) const NEW_VERSION_ARN: &str = "NEW_VERSION_ARN";

/// The function's log format, `Text` or `JSON` (Lambda developer guide, "Defined runtime environment variables").
pub(crate) const LOG_FORMAT: &str = "AWS_LAMBDA_LOG_FORMAT";

/// A hook's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Whether to leave CodeDeploy out of it. A value that cannot be understood means no, and is a failed check: a deployment that
    /// waits for this hook must get its answer.
    pub dry_run: Result<bool, String>,
    /// The version's number.
    pub version: Option<String>,
    /// Whether Lambda takes each log line for a JSON document.
    pub json_lines: bool,
}

impl Settings {
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            dry_run: dry_run(variable(DRY_RUN).as_deref()),
            json_lines: variable(LOG_FORMAT).as_deref() == Some("JSON"),
            version: variable(NEW_VERSION_ARN)
                .and_then(|arn| Some(arn.trim().parse::<Target>().ok()?.version()?.to_owned())),
        }
    }

    pub(crate) fn of_process() -> Self {
        Self::read(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }
}

fn dry_run(value: Option<&str>) -> Result<bool, String> {
    let value = value.unwrap_or_default().trim();
    match value.to_ascii_lowercase().as_str() {
        "" | "false" | "0" | "no" | "off" => Ok(false),
        "true" | "1" | "yes" | "on" => Ok(true),
        _ => Err(format!("{DRY_RUN}: expected true or false, got {value:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_what_the_version_under_test_ends_with() {
        let version = |arn: &str| {
            Settings::read(|name| (name == NEW_VERSION_ARN).then(|| arn.to_owned())).version
        };
        let function = "arn:aws:lambda:eu-west-1:123456789012:function:contacts";
        assert_eq!(version(&format!(" {function}:7 ")).as_deref(), Some("7"));
        for other in [
            function,
            &format!("{function}:live"),
            "${Contacts.Version}",
            "",
        ] {
            assert_eq!(version(other), None, "{other}");
        }
    }

    #[test]
    fn a_dry_run_is_asked_for_in_the_usual_words() {
        assert_eq!(dry_run(Some(" True ")), Ok(true));
        assert_eq!(dry_run(Some("0")), Ok(false));
        assert_eq!(dry_run(None), Ok(false));
        assert_eq!(
            dry_run(Some("perhaps")),
            Err("HOOK_DRY_RUN: expected true or false, got \"perhaps\"".to_owned())
        );
    }
}
