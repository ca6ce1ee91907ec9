//! The command that repeats a rehearsal.

use std::path::Path;

use crate::arguments::live::LiveOptions;
use crate::arguments::{RunOptions, TemplateInputs};
use crate::shell::quoted;

/// What stands for the value of a parameter, which may be a secret.
const NOT_SHOWN: &str = "…";

/// The command line that runs one file again as it was run, for a shell to read. Parameters' values are left out of it.
pub fn command(file: &Path, seed: u64, options: &RunOptions) -> String {
    let path = |path: &Path| path.display().to_string();
    let mut words = vec!["rehearse".to_owned(), "run".to_owned(), path(file)];
    let mut option = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            words.extend([name.to_owned(), value]);
        }
    };
    option("--seed", Some(seed.to_string()));
    option("--builds", options.builds.clone());
    let LiveOptions {
        template,
        git,
        build,
        parameters,
    } = &options.runs;
    option("--live", template.as_deref().map(path));
    option("--live-git", git.clone());
    option("--live-build", build.clone());
    for parameter in parameters {
        let assignment = format!("{}={NOT_SHOWN}", parameter.name);
        option("--live-parameter", Some(assignment));
    }
    let TemplateInputs {
        parameters,
        samconfig,
        config_env,
        account,
        root,
        region,
    } = &options.inputs;
    for parameter in parameters {
        let assignment = format!("{}={NOT_SHOWN}", parameter.name);
        option("--parameter", Some(assignment));
    }
    option("--samconfig", samconfig.as_deref().map(path));
    option(
        "--config-env",
        samconfig.as_ref().map(|_| config_env.clone()),
    );
    option("--account", account.clone());
    option("--root", root.as_deref().map(path));
    option("--region", region.clone());
    let words: Vec<_> = words.iter().map(|word| quoted(word)).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::arguments::{Arguments, Command};

    fn repeated(words: &[&str]) -> String {
        let arguments = Arguments::try_parse_from(words).unwrap();
        let Command::Run(options) = arguments.command else {
            panic!("it is a run");
        };
        command(&options.files[0], 7, &options)
    }

    #[test]
    fn a_command_repeats_one_file_with_the_seed_and_the_inputs_that_it_had() {
        let words = [
            "rehearse",
            "run",
            "a b.toml",
            "--builds",
            "sam",
            "--region",
            "eu-west-1",
        ];
        assert_eq!(
            repeated(&words),
            "rehearse run 'a b.toml' --seed 7 --builds sam --region eu-west-1"
        );
    }

    #[test]
    fn a_parameters_value_is_not_in_it() {
        let words = [
            "rehearse",
            "run",
            "a.toml",
            "--parameter",
            "Password=hunter2",
        ];
        let command = repeated(&words);
        assert_eq!(
            command,
            "rehearse run a.toml --seed 7 --parameter Password=…"
        );
    }
}
