//! What a rehearsal file says, before it is text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use miette::miette;
use rehearsal_aws::account;
use rehearsal_template::{Inputs, Missing, Stack};

use super::runs::Runs;
use crate::file::{FileError, RehearsalFile};
use crate::known::Known;

/// What stands for a value of elsewhere that only AWS knows.
pub const PLACEHOLDER: &str = "rehearsal";

/// The key of the account that the template is deployed to.
pub const ACCOUNT: &str = "account";
/// The key of its region.
pub const REGION: &str = "region";

/// What is written, before it is text.
pub struct Content {
    /// The template, relative to the file.
    pub template: PathBuf,
    /// What runs before the update, where that is named.
    pub runs: Option<Runs>,
    /// What the template is read with.
    pub inputs: Inputs,
    /// Which of `account` and `region` is made up.
    pub made_up_place: Vec<&'static str>,
    /// The values that the deployment needs and only AWS, or a person, knows.
    pub missing: BTreeMap<Missing, String>,
    /// How deployment configurations of elsewhere shift.
    pub configurations: BTreeMap<String, String>,
    /// The hooks that other stacks have.
    pub hooks_elsewhere: BTreeSet<String>,
    /// What could be made up instead, by parameter.
    pub others: BTreeMap<String, Vec<String>>,
    /// The parameters whose given values are not written, for they are `NoEcho`, each with what is written in its place.
    pub hidden: BTreeMap<String, String>,
    /// The variables of the functions that only AWS knows, by function.
    pub environment: BTreeMap<String, BTreeSet<String>>,
    /// The gates that can't be judged here, each with the reason.
    pub not_judged: BTreeMap<String, String>,
    /// The functions that cannot start here, each with the reason.
    pub stubs: BTreeMap<String, String>,
    /// The requests for what the update brings, by what they stand for, each in short: what runs before it has nothing that takes them.
    pub not_asked: BTreeMap<String, String>,
    /// What has been found of the code.
    pub known: Known,
}

impl Content {
    /// For a template that is read with these inputs, of which nothing is known yet.
    pub fn new(template: PathBuf, runs: Option<Runs>, inputs: Inputs) -> Self {
        Self {
            template,
            runs,
            inputs,
            made_up_place: Vec::new(),
            missing: BTreeMap::new(),
            configurations: BTreeMap::new(),
            hooks_elsewhere: BTreeSet::new(),
            others: BTreeMap::new(),
            hidden: BTreeMap::new(),
            environment: BTreeMap::new(),
            not_judged: BTreeMap::new(),
            stubs: BTreeMap::new(),
            not_asked: BTreeMap::new(),
            known: Known::default(),
        }
    }

    /// The rehearsal file of a text, of which the command line names what runs.
    ///
    /// # Errors
    /// It cannot be used.
    pub fn file(&self, path: &Path, text: String) -> Result<RehearsalFile, FileError> {
        let mut file = RehearsalFile::parse(path, text)?;
        if let Some(runs) = &self.runs {
            file.live_is_of(&runs.options);
        }
        file.known.clone_from(&self.known);
        Ok(file)
    }

    /// Makes up a value, unless there is one. Of a parameter that chooses in a mapping it is a key.
    pub fn make_up(&mut self, missing: Missing, new: &Stack) {
        let keys = match &missing {
            Missing::Parameter(name) => new.asked_for.keys(name),
            Missing::Import(_) | Missing::Reference(_) => Vec::new(),
        };
        let value = keys.first().copied().unwrap_or(PLACEHOLDER);
        self.missing
            .entry(missing)
            .or_insert_with(|| value.to_owned());
    }

    /// Makes up an account and a region that the template's mappings know, where none is given and they do not know the assumed one.
    pub fn make_up_place(&mut self, new: &Stack) {
        let inputs = &self.inputs;
        let account = key_of(
            new,
            "AWS::AccountId",
            &inputs.account_id,
            inputs.is_account_assumed,
        );
        let region = key_of(new, "AWS::Region", &inputs.region, inputs.is_region_assumed);
        if let Some(account) = account.filter(|key| account::is_id(key)) {
            self.made_up_place.push(ACCOUNT);
            self.inputs = self.inputs.clone().in_account(account);
        }
        if let Some(region) = region.filter(|key| account::is_region(key)) {
            self.made_up_place.push(REGION);
            self.inputs = self.inputs.clone().in_region(region);
        }
    }

    /// Makes up another value, and keeps it where what comes of it is better. Whether it is.
    pub fn make_up_instead(
        &mut self,
        missing: Missing,
        value: String,
        is_better: impl FnOnce(&Self) -> Result<bool, Vec<miette::Report>>,
    ) -> Result<bool, Vec<miette::Report>> {
        let before = self.missing.insert(missing.clone(), value);
        let is_better = is_better(self)?;
        if !is_better {
            self.missing.extend(before.map(|value| (missing, value)));
        }
        Ok(is_better)
    }

    /// Has other values stand in the file for those that were given to `NoEcho` parameters: a file is kept, and CloudFormation shows them to
    /// no one (user guide, "Parameters").
    pub fn hide_secrets(&mut self, new: &Stack) -> Result<(), miette::Report> {
        for (name, example) in &new.secret_parameters {
            if !self.inputs.parameters.contains_key(name) {
                continue;
            }
            let Some(example) = example else {
                return Err(miette!(
                    help = format!(
                        "leave --parameter {name} out and write it into the file yourself, or give it to each run: rehearse run TEMPLATE --parameter {name}=VALUE"
                    ),
                    "the value of {name}, which is NoEcho, is not written into a file, and none could be made up that its declaration takes"
                ));
            };
            self.inputs.parameters.remove(name);
            self.hidden.insert(name.clone(), example.clone());
        }
        Ok(())
    }

    /// Has stubs stand for functions, which need no variables.
    pub fn stub(&mut self, stubs: BTreeMap<String, String>) {
        self.environment
            .retain(|function, _| !stubs.contains_key(function));
        self.stubs = stubs;
    }

    /// What a file that was written does not rehearse, a line each.
    pub fn left_out(&self) -> String {
        let names = |of: &BTreeMap<String, String>| {
            let names: Vec<&str> = of.keys().map(String::as_str).collect();
            names.join(", ")
        };
        let mut lines = Vec::new();
        if !self.hidden.is_empty() {
            let (parameters, each) = (names(&self.hidden), self.hidden.keys());
            let options: Vec<_> = each
                .map(|name| format!("--parameter {name}=VALUE"))
                .collect();
            lines.push(format!(
                "Not written, for they are NoEcho: the values of {parameters}. Give them to the run: {}\n",
                options.join(" ")
            ));
        }
        if !self.stubs.is_empty() {
            let functions = names(&self.stubs);
            lines.push(format!(
                "Not startable here, so stubs answer for: {functions}. The file says why; mend that and take their [[stub]] out.\n"
            ));
        }
        if let Some(runs) = self.runs.as_ref().filter(|runs| !runs.stubs.is_empty()) {
            let functions = names(&runs.stubs);
            let build = match runs.unbuilt() {
                Some(revision) => format!(
                    " To have code of {revision}, write it again with --live-build COMMAND, which runs in a checkout of {revision}."
                ),
                None => String::new(),
            };
            lines.push(format!(
                "Only the new version starts here, so stubs answer for the old version of: {functions}. The file says why.{build}\n"
            ));
        }
        if !self.not_judged.is_empty() {
            let gates = names(&self.not_judged);
            lines.push(format!(
                "Not judged: {gates}. The file says what else can be done.\n"
            ));
        }
        lines.concat()
    }

    /// How many values nobody gave.
    pub fn made_up_count(&self) -> usize {
        let of_functions = self.environment.values().map(BTreeSet::len);
        let of_runs = self.runs.as_ref().map_or(0, |runs| runs.made_up.len());
        self.made_up_place.len()
            + self.missing.len()
            + self.configurations.len()
            + of_functions.sum::<usize>()
            + of_runs
    }
}

/// The key of mappings that stands for an assumed value which they do not know.
fn key_of(new: &Stack, name: &str, assumed: &str, is_assumed: bool) -> Option<String> {
    let keys = new.asked_for.keys(name);
    let is_needed = is_assumed && !keys.contains(&assumed);
    keys.first()
        .filter(|_| is_needed)
        .map(|key| (*key).to_owned())
}
