//! Functions, their versions, and what happens to their failed asynchronous events.

use std::collections::BTreeMap;

use super::layer::{Layer, layers};
use super::reader::Reader;
use super::{Condition, VersionHash};
use crate::resource::Resource;
use crate::text::Node;
use crate::{Field, Kind, Place, Value};

/// A Lambda function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its logical id.
    pub logical_id: String,
    /// Its physical name: `FunctionName`, or one derived from the stack's name and the logical id.
    pub name: Field<String>,
    /// Its ARN without a qualifier.
    pub arn: Field<String>,
    /// `Runtime`, such as `provided.al2023`. Missing for a container image.
    pub runtime: Option<Field<String>>,
    /// `Handler`. Missing for a container image.
    pub handler: Option<Field<String>>,
    /// Where the code is: a path relative to the template's folder, or an `s3://` URI. Missing for inline code and images.
    pub code_uri: Option<Field<String>>,
    /// The key of the object that is the code, in whatever bucket (`S3Key`). Missing where the code is in none, or where that is not known.
    pub object_key: Option<String>,
    /// Whether that is an asset that CDK wrote (`Metadata.aws:asset:path`).
    pub is_asset: bool,
    /// The code itself, where the template has it (`ZipFile`, SAM's `InlineCode`).
    pub inline_code: Option<Field<String>>,
    /// Its layers, in their order: of files that several have, the last one's counts.
    pub layers: Vec<Layer>,
    /// `Metadata.BuildMethod`, which tells `sam build` how to build it.
    pub build_method: Option<String>,
    /// `Metadata.BuildProperties.Binary`: the binary that cargo builds for it.
    pub binary: Option<String>,
    /// `Metadata.BuildProperties`, all of them, as they are written: JSON with sorted keys.
    pub build_properties: Option<String>,
    /// `x86_64` (Lambda's default) or `arm64`.
    pub architecture: Field<String>,
    /// `Timeout` in seconds; Lambda's default is 3.
    pub timeout_seconds: Field<u32>,
    /// `MemorySize` in MB; Lambda's default is 128.
    pub memory_mb: Field<u32>,
    /// Its environment variables. Each value may be unknown by itself.
    pub environment: Field<BTreeMap<String, Field<String>>>,
    /// `LoggingConfig`: how and where its log lines are written.
    pub logging: Logging,
    /// `ReservedConcurrentExecutions`: how many of its invocations may run at once. Without it the account's are its limit.
    pub reserved_concurrency: Option<Field<u32>>,
    /// `RecursiveLoop`: `Terminate` or `Allow`. Lambda's default is the first.
    pub recursive_loop: Option<Field<String>>,
    /// What Lambda does with asynchronous events that fail, by qualifier.
    pub event_invoke_configs: Vec<EventInvokeConfig>,
    /// The condition it exists under.
    pub condition: Option<Condition>,
    /// Where it stands.
    pub place: Place,
}

impl Function {
    /// Why a rehearsal cannot run it without being told how, if it cannot: it runs executables (`provided.*`), Node.js and Python.
    pub fn why_not_run(&self) -> Option<String> {
        let Some(runtime) = &self.runtime else {
            return Some(
                "it is a container image, which is rehearsed as a [[stub]] alone".to_owned(),
            );
        };
        match &runtime.value {
            Ok(runtime)
                if runtime == "provided"
                    || ["provided.", "nodejs", "python"]
                        .iter()
                        .any(|family| runtime.starts_with(family)) =>
            {
                None
            }
            Ok(runtime) => Some(format!(
                "a rehearsal does not know how to run {runtime}: it needs a command, [runtimes.\"{runtime}\"] command = [\u{2026}], or a [[stub]]"
            )),
            Err(unknown) => Some(format!("its runtime is not known: {unknown}")),
        }
    }

    /// What Lambda does with failed asynchronous events of a qualifier: `$LATEST`, a version or an alias.
    pub fn event_invoke_config(&self, qualifier: &str) -> Option<&EventInvokeConfig> {
        self.event_invoke_configs
            .iter()
            .find(|config| config.qualifier.is(qualifier))
    }
}

/// `LoggingConfig` (Lambda API, `LoggingConfig`). What is not set is Lambda's default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logging {
    /// `LogFormat`: `Text`, the default, or `JSON`.
    pub format: Option<Field<String>>,
    /// `LogGroup`; by default `/aws/lambda/<name>`.
    pub group: Option<Field<String>>,
    /// `ApplicationLogLevel`, of the JSON format.
    pub application_level: Option<Field<String>>,
    /// `SystemLogLevel`, of the JSON format.
    pub system_level: Option<Field<String>>,
}

impl Logging {
    fn read(reader: &Reader<'_, '_>) -> Self {
        let text = |key: &str| {
            let config = reader.value("LoggingConfig")?;
            match config.as_unknown() {
                Some(unknown) => Some(Field::unknown(unknown.clone(), config.place)),
                None => Some(reader.text_of(config.get(key)?, key)),
            }
        };
        Self {
            format: text("LogFormat"),
            group: text("LogGroup"),
            application_level: text("ApplicationLogLevel"),
            system_level: text("SystemLogLevel"),
        }
    }
}

/// What Lambda does with asynchronous events that fail (Lambda API, `PutFunctionEventInvokeConfig`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventInvokeConfig {
    /// Its logical id.
    pub logical_id: String,
    /// `$LATEST`, a version or an alias.
    pub qualifier: Field<String>,
    /// How often a failed event is tried again, 0 to 2; Lambda's default is 2.
    pub maximum_retry_attempts: Field<u32>,
    /// How long an event may wait, 60 to 21,600 seconds; Lambda's default is 21,600.
    pub maximum_event_age_seconds: Field<u32>,
    /// Where the record of a success goes.
    pub on_success: Option<Destination>,
    /// Where the record of a failure goes.
    pub on_failure: Option<Destination>,
    /// Where it stands.
    pub place: Place,
}

/// Where Lambda sends the record of an asynchronous invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The destination's ARN.
    pub arn: Field<String>,
    /// The logical id of the function that it is, when it is one of this template's.
    pub function: Option<String>,
}

/// A version that the update publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its id among [`Stack::resources`](super::Stack::resources).
    pub resource: String,
    /// Its logical id in the deployed stack. `None` where the code is local: SAM's hash in it needs the S3 key.
    pub logical_id: Option<String>,
    /// The logical id of its function.
    pub function: Field<String>,
    /// What SAM hashes for its logical id; `None` for a version that SAM does not make.
    pub hash: Option<VersionHash>,
    /// Its number, from the inputs.
    pub number: u32,
    /// Where it stands.
    pub place: Place,
}

impl Function {
    pub(super) fn read(reader: &Reader<'_, '_>) -> Self {
        let metadata = |path: &[&str]| reader.resource.metadata.as_ref()?.at(path)?.to_text();
        let build_properties = || {
            let metadata = reader.resource.metadata.as_ref()?;
            Some(metadata.get("BuildProperties")?.to_json().to_string())
        };
        // CDK keeps in its metadata where the code is that the deployment uploads (CDK CLI, `aws:asset:path`).
        let asset = metadata(&["aws:asset:path"]).map(|path| Field::known(path, reader.place()));
        Self {
            logical_id: reader.logical_id(),
            name: reader.own(None),
            arn: reader.own(Some("Arn")),
            runtime: reader.text("Runtime"),
            handler: reader.text("Handler"),
            is_asset: asset.is_some(),
            code_uri: asset.or_else(|| code_uri(reader)),
            object_key: object_key(reader),
            inline_code: inline_code(reader),
            layers: layers(reader),
            build_method: metadata(&["BuildMethod"]),
            binary: metadata(&["BuildProperties", "Binary"]),
            build_properties: build_properties(),
            architecture: architecture(reader),
            timeout_seconds: reader.whole_or("Timeout", 3),
            memory_mb: reader.whole_or("MemorySize", 128),
            environment: environment(reader),
            logging: Logging::read(reader),
            reserved_concurrency: reader.whole("ReservedConcurrentExecutions"),
            recursive_loop: reader.text("RecursiveLoop"),
            event_invoke_configs: Vec::new(),
            condition: reader.condition(),
            place: reader.place(),
        }
    }
}

fn code_uri(reader: &Reader<'_, '_>) -> Option<Field<String>> {
    let code = reader.value("Code")?;
    if code.as_map().is_none() {
        return Some(reader.text_of(code, "CodeUri"));
    }
    let part = |one: &str, other: &str| Some(code.get(one).or_else(|| code.get(other))?.to_text());
    match (part("S3Bucket", "Bucket")?, part("S3Key", "Key")?) {
        (Some(bucket), Some(key)) => Some(Field::known(format!("s3://{bucket}/{key}"), code.place)),
        _ => code
            .first_unknown()
            .map(|unknown| Field::unknown(unknown.clone(), code.place)),
    }
}

fn object_key(reader: &Reader<'_, '_>) -> Option<String> {
    let code = reader.value("Code")?;
    match code.to_text() {
        Some(uri) => Some(uri.strip_prefix("s3://")?.split_once('/')?.1.to_owned()),
        None => code.get("S3Key").or_else(|| code.get("Key"))?.to_text(),
    }
}

fn inline_code(reader: &Reader<'_, '_>) -> Option<Field<String>> {
    let code = reader.value("Code")?.get("ZipFile")?;
    Some(reader.text_of(code, "ZipFile"))
}

fn architecture(reader: &Reader<'_, '_>) -> Field<String> {
    match reader.value("Architectures") {
        None => Field::known("x86_64".to_owned(), reader.place()),
        Some(list) => match list.as_list().and_then(<[Value]>::first) {
            Some(first) => reader.text_of(first, "Architectures"),
            None => reader.not_a_list(list, "Architectures"),
        },
    }
}

fn environment(reader: &Reader<'_, '_>) -> Field<BTreeMap<String, Field<String>>> {
    let variables = match reader.value("Environment") {
        Some(environment) if environment.as_unknown().is_some() => Some(environment),
        Some(environment) => environment.get("Variables"),
        None => None,
    };
    let Some(variables) = variables else {
        return Field::known(BTreeMap::new(), reader.place());
    };
    if let Some(unknown) = variables.as_unknown() {
        return Field::unknown(unknown.clone(), variables.place);
    }
    let variables_by_name = variables
        .as_map()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), reader.text_of(value, name)))
        .collect();
    Field::known(variables_by_name, variables.place)
}

impl EventInvokeConfig {
    /// The configuration, with the logical id of its function.
    pub(super) fn read(reader: &Reader<'_, '_>) -> (Field<String>, Self) {
        let destination = |event: &str| destination(reader, event);
        let config = Self {
            logical_id: reader.logical_id(),
            qualifier: reader.required_text("Qualifier"),
            maximum_retry_attempts: reader.whole_or("MaximumRetryAttempts", 2),
            maximum_event_age_seconds: reader.whole_or("MaximumEventAgeInSeconds", 21_600),
            on_success: destination("OnSuccess"),
            on_failure: destination("OnFailure"),
            place: reader.place(),
        };
        (reader.function("FunctionName"), config)
    }
}

/// Where the records of `OnSuccess` or `OnFailure` go. What is not known of it is an unknown ARN, not a missing destination.
fn destination(reader: &Reader<'_, '_>, event: &str) -> Option<Destination> {
    let config = reader.value("DestinationConfig")?;
    let unknown = |value: &Value| {
        let unknown = value.as_unknown()?.clone();
        Some(Destination {
            arn: Field::unknown(unknown, value.place),
            function: None,
        })
    };
    if let Some(whole) = unknown(config) {
        return Some(whole);
    }
    let event_config = config.get(event)?;
    if let Some(whole) = unknown(event_config) {
        return Some(whole);
    }
    let value = event_config
        .get("Destination")
        .filter(|value| value.kind != Kind::Null)?;
    let resolver = reader.resolver;
    let named = || {
        let node = reader
            .node("DestinationConfig")?
            .at(&[event, "Destination"])?;
        resolver.function_named_by(node)
    };
    Some(Destination {
        arn: reader.text_of(value, "Destination"),
        // By its name where the reference stands inside a condition.
        function: named().or_else(|| resolver.function_called(&value.to_text()?)),
    })
}

impl Version {
    pub(super) fn read(reader: &Reader<'_, '_>) -> Self {
        let function = reader.function("FunctionName");
        let number = function
            .known_value()
            .map_or(1, |function| reader.resolver.inputs.version_of(function));
        Self {
            resource: reader.logical_id(),
            logical_id: final_id(reader.resource),
            function,
            hash: reader
                .resolver
                .resources
                .version_hashes
                .get(&reader.resource.logical_id)
                .cloned(),
            number,
            place: reader.place(),
        }
    }
}

/// The logical id, where it does not lack its hash.
pub(super) fn final_id(resource: &Resource) -> Option<String> {
    resource.has_final_id().then(|| resource.logical_id.clone())
}

/// The version resource that a node refers to.
pub(super) fn version_of(reader: &Reader<'_, '_>, node: &Node) -> Option<String> {
    reader.resolver.referred(node, "AWS::Lambda::Version")
}
