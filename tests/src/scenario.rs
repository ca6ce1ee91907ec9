//! Rehearsals, templates and builds made for one test.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::command::{Finished, Rehearse};
use crate::{files, places};

/// The binaries that the project's template names.
const FUNCTIONS: [&str; 4] = [
    "contacts-api",
    "pre-traffic-hook",
    "post-traffic-hook",
    "hook-guard",
];

/// A function with an alias, a linear shift and an alarm, and no hooks: what a test needs that looks at the function alone. Its
/// binary is called `greeter`.
pub const GREETER: &str = "\
Transform: AWS::Serverless-2016-10-31
Globals: {Api: {OpenApiVersion: 3.0.1}}
Resources:
  Greeter:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: rust-cargolambda, BuildProperties: {Binary: greeter}}
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: greeter
      Timeout: 5
      AutoPublishAlias: live
      DeploymentPreference: {Type: Linear10PercentEvery1Minute, Alarms: [!Ref Failures]}
      Events:
        Greeting: {Type: Api, Properties: {Path: /greeting, Method: get}}
  Failures:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Errors
      Dimensions:
        - {Name: FunctionName, Value: !Ref Greeter}
        - {Name: Resource, Value: !Sub '${Greeter}:live'}
        - {Name: ExecutedVersion, Value: !GetAtt Greeter.Version.Version}
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold
      Threshold: 1
      TreatMissingData: notBreaching
";

/// Traffic for [`GREETER`], from its table's header on.
pub const GREETER_TRAFFIC: &str = "\
[traffic]
requests_per_minute = 30
[[traffic.request]]
method = \"GET\"
path = \"/greeting\"
";

/// A folder with a rehearsal file and what else a test puts there; gone when dropped.
///
/// ```no_run
/// use workspace_tests::Scenario;
///
/// let scenario = Scenario::of_contacts("[expect]\noutcome = \"Succeeded\"\n");
/// assert_eq!(scenario.run().code, Some(0));
/// ```
#[derive(Debug)]
pub struct Scenario {
    folder: TempDir,
}

impl Scenario {
    /// A rehearsal file with this text, in a folder of its own.
    pub fn new(rehearsal: &str) -> Self {
        let scenario = Self {
            folder: tempfile::tempdir().expect("a temporary folder can be made"),
        };
        scenario.write("rehearsal.toml", rehearsal);
        scenario
    }

    /// A rehearsal of the project's own template, all at once and with few requests, with more text at its end.
    pub fn of_contacts(more: &str) -> Self {
        Self::new(&contacts("AllAtOnce", more))
    }

    /// A rehearsal of [`GREETER`] whose old version answers and whose new one has this behaviour, with more text at its end.
    pub fn of_greeter(behaviour: &str, more: &str) -> Self {
        let builds = "[builds]\nold = \"old\"\nnew = \"new\"\n";
        let scenario = Self::new(&format!(
            "template = \"greeter.yaml\"\nseed = 7\n{builds}{GREETER_TRAFFIC}{more}"
        ));
        scenario.write("greeter.yaml", GREETER);
        for (build, behaviour) in [("old", "answers"), ("new", behaviour)] {
            scenario.write(&format!("{build}/behaviour"), behaviour);
            scenario.link(
                &places::example("odd_function"),
                &format!("{build}/greeter"),
            );
        }
        scenario
    }

    /// A place in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The rehearsal file.
    pub fn file(&self) -> PathBuf {
        self.path("rehearsal.toml")
    }

    /// Writes a file into its folder.
    pub fn write(&self, name: &str, text: &str) {
        files::write(self.folder.path(), name, text);
    }

    /// Puts an executable file with this content at a place in its folder, instead of what was there.
    pub fn replace(&self, name: &str, content: &str) {
        use std::os::unix::fs::PermissionsExt;
        // There may be a link, which is not to be written through.
        let _ = std::fs::remove_file(self.path(name));
        self.write(name, content);
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.path(name), executable).expect("its mode can be set");
    }

    /// Puts a binary at a place in its folder.
    pub fn link(&self, binary: &Path, name: &str) {
        let path = self.path(name);
        let folder = path.parent().expect("a file is in a folder");
        std::fs::create_dir_all(folder).expect("a folder can be made");
        std::os::unix::fs::symlink(binary, path).expect("a link can be made");
    }

    /// Makes the folder `name` a build of the project's functions, all of them the real ones but those given, by their
    /// binaries' names.
    pub fn build(&self, name: &str, but: &[(&str, PathBuf)]) {
        for function in FUNCTIONS {
            let other = but
                .iter()
                .find(|(name, _)| *name == function)
                .map(|(_, path)| path.clone());
            let binary = other.unwrap_or_else(|| places::binary(function));
            self.link(&binary, &format!("{name}/{function}"));
        }
    }

    /// A call of `rehearse` with its file.
    pub fn rehearse(&self) -> Rehearse {
        Rehearse::new().file(self.file())
    }

    /// Rehearses it.
    pub fn run(&self) -> Finished {
        self.rehearse().run()
    }
}

/// The text of a rehearsal of the project's template with this preference, with more text at its end.
pub fn contacts(preference: &str, more: &str) -> String {
    format!(
        "\
template = '{}'
seed = 7
[parameters]
DeploymentPreference = \"{preference}\"
[traffic]
requests_per_minute = 6
[[traffic.request]]
method = \"GET\"
path = \"/contacts\"
{more}",
        places::template().display()
    )
}
