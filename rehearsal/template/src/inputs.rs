//! What the template does not say: parameters, where it is deployed, and which versions exist.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use rehearsal_aws::account::{Account, partition, url_suffix};

/// What a template is read with.
///
/// ```
/// use rehearsal_template::Inputs;
///
/// let inputs = Inputs::new("contacts")
///     .parameter("DeploymentPreference", "Canary10Percent5Minutes")
///     .version("Contacts", 2);
/// assert_eq!(inputs.stack_id(), "arn:aws:cloudformation:us-east-1:123456789012:stack/contacts/51af3dc0-da77-11e4-872e-1234567db123");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Parameter overrides by name. What is missing takes the template's default. One of an SSM type takes the value itself: its
    /// default is the name of an SSM parameter, whose value is not known here.
    pub parameters: BTreeMap<String, String>,
    /// Those of the parameters whose value is what CloudFormation is given: of an SSM type the name of an SSM parameter, so that
    /// the value itself is not known.
    pub as_deployed: BTreeSet<String>,
    /// What other stacks export (`Fn::ImportValue`), by the export's name.
    pub imports: BTreeMap<String, String>,
    /// What other stacks of the account and Region are known to export, by the export's name: which stack it is. No other may export that.
    pub exported_elsewhere: BTreeMap<String, String>,
    /// What dynamic references stand for, by their whole text: `{{resolve:ssm:/stage}}`.
    pub references: BTreeMap<String, String>,
    /// `AWS::StackName`. Empty means: the template's file stem.
    pub stack_name: String,
    /// `AWS::AccountId`, twelve digits.
    pub account_id: String,
    /// `AWS::Region`.
    pub region: String,
    /// Whether the account is not given: what a template says of one account alone is then unknown.
    pub is_account_assumed: bool,
    /// Whether the region is not given.
    pub is_region_assumed: bool,
    /// Whether the stack's name is not given, and is that of the template's file: reading sets it.
    pub is_stack_name_assumed: bool,
    /// The template's folder, to which files that it names are relative. Nothing but the template is read without it.
    pub folder: Option<PathBuf>,
    /// The folder that such files must be in, once links are followed; the template's where it is missing.
    pub root: Option<PathBuf>,
    /// How many stacks this one is in.
    pub nesting: usize,
    /// How often a resource without a name of its own was replaced and is another now, by its logical id: CloudFormation gives the new
    /// one another name. What is missing is the first.
    pub replacements: BTreeMap<String, u32>,
    /// The version that an update publishes, by the function's logical id. What is missing publishes version 1.
    pub versions: BTreeMap<String, u32>,
    /// The day on which the stack is deployed, as `2026-11-29`: what AWS refuses from some day on, it refuses by then. Empty where nobody says
    /// which it is.
    pub today: String,
    /// The last part of `AWS::StackId`. Fixed, so that a rehearsal is the same twice.
    pub stack_uuid: String,
}

impl Default for Inputs {
    fn default() -> Self {
        Self {
            parameters: BTreeMap::new(),
            as_deployed: BTreeSet::new(),
            imports: BTreeMap::new(),
            exported_elsewhere: BTreeMap::new(),
            references: BTreeMap::new(),
            stack_name: String::new(),
            account_id: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            folder: None,
            root: None,
            nesting: 0,
            is_account_assumed: true,
            is_region_assumed: true,
            is_stack_name_assumed: false,
            replacements: BTreeMap::new(),
            versions: BTreeMap::new(),
            today: String::new(),
            stack_uuid: "51af3dc0-da77-11e4-872e-1234567db123".to_owned(),
        }
    }
}

impl Inputs {
    /// Inputs for a stack of this name, with everything else at its default.
    pub fn new(stack_name: impl Into<String>) -> Self {
        Self {
            stack_name: stack_name.into(),
            ..Self::default()
        }
    }

    /// Overrides one parameter. Of an SSM type it is the value itself.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        self.as_deployed.remove(&name);
        self.parameters.insert(name, value.into());
        self
    }

    /// Says what another stack exports under a name.
    #[must_use]
    pub fn import(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.imports.insert(name.into(), value.into());
        self
    }

    /// Says what a dynamic reference stands for: `{{resolve:ssm:/stage}}`.
    #[must_use]
    pub fn reference(mut self, text: impl Into<String>, value: impl Into<String>) -> Self {
        self.references.insert(text.into(), value.into());
        self
    }

    /// Says which version the update publishes for one function.
    #[must_use]
    pub fn version(mut self, function_logical_id: impl Into<String>, number: u32) -> Self {
        self.versions.insert(function_logical_id.into(), number);
        self
    }

    /// Says how often a resource was replaced.
    #[must_use]
    pub fn replaced(mut self, logical_id: impl Into<String>, times: u32) -> Self {
        self.replacements.insert(logical_id.into(), times);
        self
    }

    /// Deploys to another region.
    #[must_use]
    pub fn in_region(mut self, region: impl Into<String>) -> Self {
        self.region = region.into();
        self.is_region_assumed = false;
        self
    }

    /// Deploys to another account, of twelve digits.
    #[must_use]
    pub fn in_account(mut self, account_id: impl Into<String>) -> Self {
        self.account_id = account_id.into();
        self.is_account_assumed = false;
        self
    }

    /// Calls the stack as another template's is called, which was read with these inputs. Whether anyone gave that name goes with it.
    pub fn call_stack_as(&mut self, name: &str, read_with: &Self) {
        name.clone_into(&mut self.stack_name);
        self.is_stack_name_assumed =
            read_with.is_stack_name_assumed || read_with.stack_name.is_empty();
    }

    /// The account and Region that the stack is in.
    pub fn account(&self) -> Account {
        Account {
            id: self.account_id.clone(),
            region: self.region.clone(),
        }
    }

    /// `AWS::Partition` of the region.
    pub fn partition(&self) -> &'static str {
        partition(&self.region)
    }

    /// `AWS::URLSuffix` of the region (CloudFormation user guide, "Pseudo parameters reference").
    pub fn url_suffix(&self) -> &'static str {
        url_suffix(&self.region)
    }

    /// `AWS::StackId`.
    pub fn stack_id(&self) -> String {
        let resource = format!("stack/{}/{}", self.stack_name, self.stack_uuid);
        self.account().arn("cloudformation", &resource)
    }

    /// The version that the update publishes for a function.
    pub(crate) fn version_of(&self, function_logical_id: &str) -> u32 {
        self.versions.get(function_logical_id).copied().unwrap_or(1)
    }
}
