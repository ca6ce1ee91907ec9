//! What a person asks for: the content of a rehearsal file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::expectation::Expectation;
use crate::fault::Fault;
use crate::gate_inputs::{GateSettings, Given, GivenAlarm, GivenMetric};
use crate::made_up::{MadeUp, Said};
pub use crate::parameter::{GivenParameter, ParameterValue};
use crate::release::{Action, Update};
use crate::request::Request;
use crate::stub::{self, Stub, Stubs};

/// A rehearsal file. Keys that no one knows are errors.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rehearsal {
    /// Its name in reports; the file's stem where it is missing.
    pub name: Option<String>,
    /// The template, relative to the rehearsal file.
    pub template: PathBuf,
    /// The stack's name; the template's file stem where it is missing.
    pub stack_name: Option<String>,
    /// The account that it is deployed to, of twelve digits; 123456789012 where it is missing.
    #[serde(default, deserialize_with = "account")]
    pub account: Option<String>,
    /// The region that it is deployed to; us-east-1 where it is missing.
    pub region: Option<String>,
    /// Where all random draws come from.
    #[serde(default)]
    pub seed: u64,
    /// The template's parameters. What is missing takes the template's default.
    #[serde(default)]
    pub parameters: BTreeMap<String, ParameterValue>,
    /// What other stacks export, by the export's name.
    #[serde(default)]
    pub imports: BTreeMap<String, ParameterValue>,
    /// What dynamic references stand for, by their whole text: `{{resolve:ssm:/stage}}`.
    #[serde(default)]
    pub references: BTreeMap<String, ParameterValue>,
    /// SSM parameters that the stack does not write, by their names.
    #[serde(default)]
    pub ssm_parameters: BTreeMap<String, GivenParameter>,
    /// How deployment configurations of elsewhere shift, by their names.
    #[serde(default)]
    pub deployment_configs: BTreeMap<String, String>,
    /// Environment variables of functions, by logical id and name. They replace what the template has under the same name.
    #[serde(default)]
    pub environment: BTreeMap<String, BTreeMap<String, ParameterValue>>,
    /// What of it nobody has given.
    #[serde(default)]
    pub made_up: MadeUp,
    /// Emulators that a person runs, by the signing name of the service that each stands for: see [`emulator`](crate::emulator).
    #[serde(default)]
    pub services: BTreeMap<String, String>,
    /// Where the binaries of the version that runs, and of the one that the update brings, are.
    #[serde(default)]
    pub builds: Builds,
    /// What runs the functions of a runtime, by its name, such as `nodejs22.x`.
    #[serde(default)]
    pub runtimes: BTreeMap<String, Runtime>,
    /// What runs before the update, where it differs from what the update leaves.
    pub live: Option<Live>,
    /// Functions without code, and what they do.
    #[serde(default, rename = "stub")]
    pub stubs: Vec<Stub>,
    /// The live requests.
    pub traffic: Traffic,
    /// What goes wrong, in the order in which it is tried.
    #[serde(default, rename = "fault")]
    pub faults: Vec<Fault>,
    /// Alarms whose state is given.
    #[serde(default, rename = "alarm")]
    pub alarms: Vec<GivenAlarm>,
    /// Metrics whose data points are given.
    #[serde(default, rename = "metric")]
    pub metrics: Vec<GivenMetric>,
    /// Which gates are judged.
    #[serde(default)]
    pub gates: GateSettings,
    /// Modelled durations.
    #[serde(default)]
    pub timing: Timing,
    /// How much of this machine it may take.
    #[serde(default)]
    pub limits: Limits,
    /// What a person does by hand while the deployments run.
    #[serde(default, rename = "action")]
    pub actions: Vec<Action>,
    /// What is kept of what functions write.
    #[serde(default)]
    pub logs: LogSettings,
    /// What should come of it.
    #[serde(default)]
    pub expect: Expectation,
    /// Its updates, one after another; where there is none it is one.
    #[serde(default, rename = "update")]
    pub updates: Vec<Update>,
}

impl Rehearsal {
    /// What it gives where nothing here can know it.
    pub fn given(&self) -> Given<'_> {
        Given {
            alarms: &self.alarms,
            metrics: &self.metrics,
            not_judged: &self.gates.not_judged,
        }
    }

    /// What of it nobody has given, in words: what was made up, and stands there still.
    pub fn still_made_up(&self) -> Vec<String> {
        self.made_up.standing(Said {
            account: &self.account,
            region: &self.region,
            parameters: &self.parameters,
            imports: &self.imports,
            references: &self.references,
            deployment_configs: &self.deployment_configs,
            environment: &self.environment,
            live_parameters: self.live.as_ref().map(|live| &live.parameters),
        })
    }

    /// The functions that have no code: those that are named, and those of a build that is `"stub"`.
    pub fn stubs(&self) -> Stubs {
        let live = self.live.as_ref().and_then(|live| live.builds.as_ref());
        Stubs {
            named: self.stubs.clone(),
            all_old: live.unwrap_or(&self.builds.old) == stub::BUILD,
            all_new: self.builds.new == stub::BUILD,
        }
    }
}

/// What runs before an update.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Live {
    /// Another template, relative to the rehearsal file.
    pub template: Option<PathBuf>,
    /// The git revision in which the template was what runs.
    pub git: Option<String>,
    /// The command that builds a checkout of the revision, in whose folder everything of what runs is found then.
    pub build_command: Option<String>,
    /// The build that runs; that of `[builds]` where it is missing.
    pub builds: Option<String>,
    /// Which functions the update brings other code for.
    pub code: LiveCode,
    /// Its parameters, where they differ from the new template's.
    pub parameters: BTreeMap<String, ParameterValue>,
}

/// For which functions the update brings other code than what runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LiveCode {
    /// For all of them.
    #[default]
    Changed,
    /// For those whose files differ from the git revision's.
    Compared,
}

/// What runs the functions of a runtime.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Runtime {
    /// The path of an interpreter: of Node.js for `nodejs*`, of Python for `python*`.
    Interpreter(PathBuf),
    /// A command that speaks the Runtime API.
    Command(RuntimeCommand),
}

/// A command that runs the functions of a runtime.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuntimeCommand {
    /// Its words: a program's path, and its arguments. `{task}` stands for the folder of the function's code, `{handler}` for its
    /// handler.
    pub command: Vec<String>,
}

/// Places of builds: `auto`, `cargo`, `sam`, `cdk`, `source`, `stub`, or a folder relative to the rehearsal file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Builds {
    /// The version that runs.
    pub old: String,
    /// The version that the update brings. Hooks are of this build too: an update renews them before it moves the alias.
    pub new: String,
}

impl Default for Builds {
    fn default() -> Self {
        Self {
            old: "auto".to_owned(),
            new: "auto".to_owned(),
        }
    }
}

/// Live requests: before, during and after the deployment.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traffic {
    /// How many arrive in a minute.
    pub requests_per_minute: u32,
    /// Minutes before the deployment is created.
    #[serde(default = "one")]
    pub minutes_before: u32,
    /// Minutes after it ended.
    #[serde(default = "one")]
    pub minutes_after: u32,
    /// What is requested.
    #[serde(default, rename = "request")]
    pub requests: Vec<Request>,
}

fn account<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if rehearsal_aws::account::is_id(&text) {
        return Ok(Some(text));
    }
    Err(serde::de::Error::custom(format!(
        "an account has twelve digits, in quotes, and {text:?} has not"
    )))
}

fn one() -> u32 {
    1
}

/// What is modelled rather than measured: measured times would make no rehearsal like another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timing {
    /// How long an invocation takes, in virtual milliseconds.
    pub base_ms: u32,
    /// What a cold start adds to it.
    pub cold_start_ms: u32,
    /// How long a hook takes from its invocation to its report.
    pub hook_ms: u32,
    /// How long DynamoDB takes for a call, as its metric of latency has it. It adds nothing to an invocation.
    pub dynamodb_ms: u32,
    /// How much later than it happened something is in CloudWatch's metrics.
    pub metric_delay_ms: u32,
    /// After how many wall milliseconds without an answer a function is taken to hang. Unless given, the program that runs it has a default.
    pub hang_after_ms: Option<u32>,
    /// The same for a hook.
    pub hook_hang_after_ms: Option<u32>,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            base_ms: 20,
            cold_start_ms: 150,
            hook_ms: 3_000,
            dynamodb_ms: 5,
            metric_delay_ms: 0,
            hang_after_ms: None,
            hook_hang_after_ms: None,
        }
    }
}

/// How much of the machine a rehearsal may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// How many functions' processes may be alive at once.
    pub processes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { processes: 64 }
    }
}

/// What is kept of what functions write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    /// How much of a sandbox, in KiB, from the end.
    pub keep_kib: u32,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { keep_kib: 64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_up_is_named_until_it_stands_there_otherwise() {
        let file = |key: &str, variable: &str| -> Rehearsal {
            let text = format!(
                "template = 't'\nregion = 'eu-west-1'\n[parameters]\nKey = '{key}'\n[environment.F]\nPOOL = '{variable}'\n\
                 [made_up]\nregion = 'eu-west-1'\n[made_up.parameters]\nKey = 'a'\nGone = 'a'\n[made_up.environment.F]\nPOOL = 'a'\n\
                 [traffic]\nrequests_per_minute = 0\n"
            );
            toml::from_str(&text).unwrap()
        };
        let standing = |key, variable| file(key, variable).still_made_up();
        assert_eq!(
            standing("a", "a"),
            ["region eu-west-1", "parameter Key", "variable POOL of F"]
        );
        assert_eq!(standing("b", "b"), ["region eu-west-1"]);
    }
}
