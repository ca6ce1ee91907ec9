//! `function-settings-refused`: settings of a function that Lambda refuses together.
//!
//! The stack's update fails when it comes to the function, or to its alias. Sources: Lambda developer guide, "Configuring provisioned
//! concurrency" (not more of it than is reserved; the message: `Requested Provisioned Concurrency should not be greater than the
//! reservedConcurrentExecution for function`), "Improving startup performance with Lambda SnapStart" (its runtimes; "does not support provisioned
//! concurrency, Amazon EFS, or ephemeral storage greater than 512 MB"), "Configuring file system access" (in a VPC); Lambda API,
//! `DeadLetterConfig.TargetArn` ("an Amazon SQS queue or Amazon SNS topic"); aws-sdk-js 1293 (`SubnetIds and SecurityIds must coexist or be both
//! empty list`); Lambda developer guide, "Selecting and configuring an instruction set architecture" (Amazon Linux 2 and later); Lambda API,
//! `Handler` (`[^\s]+`); cfn-lint, `loglevel_logformat`, `zipfile_runtime_enum`; `Two different versions of the same layer are not allowed to be referenced
//! in the same function` (DataDog/serverless-plugin-datadog 195). Destinations: aws-amplify/amplify-js 9869. Lambda API, `Handler`, `Runtime` ("required
//! if the deployment package is a .zip file archive").

use super::execution_role;
use super::policy::INVOKE;
use super::provisioned::{self, not_beside_snapshots, takes_snapshots};
use super::refusals::{Refusal, is_iam_name};
use super::{Lint, Subject};
use crate::stack::{Condition, Function, Resource};
use crate::{Diagnostic, Severity, Value};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "function-settings-refused",
    finds: "settings of a function that Lambda refuses together",
    severity: Severity::Warning,
    check,
};

/// The most MB of memory, and of ephemeral storage.
const MOST_MB: u32 = 10_240;
/// The most MB of ephemeral storage beside `SnapStart`.
const MOST_STORAGE_OF_A_SNAPSHOT: u32 = 512;

/// What a role must allow to send to a service (Lambda developer guide, "Capturing records of Lambda asynchronous invocations"). Of a bucket no
/// document says that Lambda asks before it writes.
const TO_SEND: [(&str, &str); 4] = [
    ("events", "events:PutEvents"),
    ("lambda", INVOKE),
    ("sns", "sns:Publish"),
    ("sqs", "sqs:SendMessage"),
];
/// What takes dead letters.
const LETTERS: [&str; 2] = ["sns", "sqs"];

/// The runtimes on the first Amazon Linux.
const WITHOUT_ARM: [&str; 8] = [
    "dotnetcore2.1",
    "go1.x",
    "java8",
    "nodejs10.x",
    "provided",
    "python3.6",
    "python3.7",
    "ruby2.5",
];

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for function in &subject.stack.functions {
        if !Condition::is_met(function.condition.as_ref()) {
            continue;
        }
        let Some(resource) = subject.stack.resource(&function.logical_id) else {
            continue;
        };
        for (refusal, at) in provisioned::refused(subject, function, resource) {
            LINT.refuse_at(refusal, &function.logical_id, at, found);
        }
        let mut findings = Vec::new();
        findings.extend(snapshots(function, resource));
        findings.extend(network(resource));
        findings.extend(dead_letters(resource));
        findings.extend(words(function, resource));
        findings.extend(layer_twice(subject, resource));
        findings.extend(layers_without_version(resource));
        findings.extend(code_in_template(function, resource));
        findings.extend(without_runtime(subject, function, resource));
        LINT.refuse(findings, &function.logical_id, found);
        // The schema allows more than the quotas' page: the page may be older.
        let not_permitted = beyond_quotas(resource)
            .into_iter()
            .chain(not_allowed(subject, function, resource))
            .chain(named_role(subject, resource));
        LINT.not_permit(not_permitted, &function.logical_id, found);
        destinations(subject, function, found);
    }
}

/// Memory or storage that only a function on capacity of one's own has (Lambda developer guide, "Lambda quotas": 10,240 MB of each).
fn beyond_quotas(resource: &Resource) -> Vec<Refusal> {
    if resource.properties.contains_key("CapacityProviderConfig") {
        return Vec::new();
    }
    let memory = resource
        .properties
        .get("MemorySize")
        .map(|memory| &memory.value);
    let storage = resource
        .properties
        .get("EphemeralStorage")
        .and_then(|storage| storage.value.get("Size"));
    [("memory", memory), ("storage", storage)]
        .into_iter()
        .filter_map(|(what, value)| {
            let mb: u32 = value?.to_text()?.parse().ok()?;
            (mb > MOST_MB).then(|| {
                let message = format!("its {what} is {mb} MB, and Lambda gives {MOST_MB} at most without a capacity provider");
                (message, format!("take {MOST_MB} at most"), value.map_or(resource.place, |value| value.place))
            })
        })
        .collect()
}

/// A network interface, or dead letters, that the role does not allow: Lambda asks for that when the function is made or changed (`The provided
/// execution role does not have permissions to call CreateNetworkInterface on EC2`; Lambda developer guide, "Giving Lambda functions access to resources in
/// an Amazon VPC", "Dead-letter queues").
fn not_allowed(
    subject: &Subject<'_, '_>,
    function: &Function,
    resource: &Resource,
) -> Vec<Refusal> {
    let is_filled = |value: &Value| value.as_list().is_some_and(|list| !list.is_empty());
    let subnets = resource.properties.get("VpcConfig").map(|vpc| &vpc.value);
    let subnets = subnets.and_then(|vpc| vpc.get("SubnetIds"));
    let in_vpc = subnets.filter(|subnets| is_filled(subnets));
    let letters = resource.properties.get("DeadLetterConfig");
    let letters = letters.and_then(|config| config.value.get("TargetArn"));
    let send = letters.and_then(|letters| to_send_letters(&letters.to_text()?));
    let needed = [
        ("is in a VPC", in_vpc, Some("ec2:CreateNetworkInterface")),
        ("has a dead-letter target", letters, send),
    ];
    let lacking = needed.into_iter().filter_map(|(what, value, action)| {
        let place = value?.place;
        let (role, action) = execution_role::lacks(subject, &function.logical_id, &[action?])?;
        let message = format!(
            "it {what}, and its role `{role}` does not allow `{action}`: Lambda refuses it"
        );
        Some((message, format!("allow `{action}` in the role"), place))
    });
    lacking.collect()
}

/// The service of something that is sent to, and the action that this takes.
fn to_send(arn: &str) -> Option<(&'static str, &'static str)> {
    let service = arn.split(':').nth(2)?;
    TO_SEND.into_iter().find(|(of, _)| *of == service)
}

/// The action by which dead letters are sent, to what takes them.
fn to_send_letters(arn: &str) -> Option<&'static str> {
    let (service, action) = to_send(arn)?;
    LETTERS.contains(&service).then_some(action)
}

/// Destinations of a function's asynchronous events that its role does not allow: Lambda asks for that when the configuration is made.
fn destinations(subject: &Subject<'_, '_>, function: &Function, found: &mut Vec<Diagnostic>) {
    let id = &function.logical_id;
    for config in &function.event_invoke_configs {
        let resource = subject.stack.resource(&config.logical_id);
        let condition = resource.and_then(|resource| resource.condition.as_ref());
        let written = subject.resolver.resources.by_id.get(&config.logical_id);
        let Some(written) = written.filter(|_| Condition::is_met(condition)) else {
            continue;
        };
        let ends = [&config.on_failure, &config.on_success]
            .into_iter()
            .flatten();
        let lacking = ends.filter_map(|end| {
            let (_, action) = to_send(end.arn.known_value()?)?;
            let (role, action) = execution_role::lacks(subject, id, &[action])?;
            let message = format!(
                "`{id}` has this destination, and its role `{role}` does not allow `{action}`: Lambda refuses the destination"
            );
            let help = format!("allow `{action}` in the role");
            Some((message, help, end.arn.place))
        });
        LINT.not_permit(lacking, written.owner(), found);
    }
}

/// What cannot stand beside snapshots of the published versions.
fn snapshots(function: &Function, resource: &Resource) -> Option<Refusal> {
    if !takes_snapshots(resource) {
        return None;
    }
    let storage = resource
        .properties
        .get("EphemeralStorage")
        .and_then(|storage| {
            let size = storage.value.get("Size")?;
            let mb: u32 = size.to_text()?.parse().ok()?;
            (mb > MOST_STORAGE_OF_A_SNAPSHOT).then_some(size.place)
        });
    let files = resource.properties.get("FileSystemConfigs");
    let files = files.filter(|files| files.value.as_list().is_some_and(|list| !list.is_empty()));
    let runtime = function.runtime.as_ref();
    let runtime = runtime.and_then(|runtime| Some((runtime.known_value()?, runtime.place)));
    let (what, place) =
        if let Some((runtime, place)) = runtime.filter(|(name, _)| !has_snapshots(name)) {
            (format!("a function of `{runtime}`"), place)
        } else if let Some(files) = files {
            ("a file system".to_owned(), files.value.place)
        } else {
            (
                format!("more than {MOST_STORAGE_OF_A_SNAPSHOT} MB of storage"),
                storage?,
            )
        };
    Some(not_beside_snapshots(&what, place))
}

/// The runtimes that SnapStart has: Java 11, Python 3.12, .NET 8, each and later. One that is not named like those before them may be newer.
fn has_snapshots(runtime: &str) -> bool {
    let too_old = [
        "dotnet5",
        "dotnet6",
        "dotnet7",
        "dotnetcore",
        "java8",
        "python2",
        "python3.6",
        "python3.7",
        "python3.8",
        "python3.9",
        "python3.10",
        "python3.11",
        "nodejs",
        "provided",
        "go1.x",
        "ruby",
    ];
    !too_old.iter().any(|family| runtime.starts_with(family))
}

/// Half a VPC, or a file system without one.
fn network(resource: &Resource) -> Option<Refusal> {
    let vpc = resource.properties.get("VpcConfig");
    // How many items a list has is not known where one of them is not.
    let count = |name: &str| match vpc.and_then(|vpc| vpc.value.get(name)) {
        Some(list) if list.as_unknown().is_some() => None,
        Some(list) => list.as_list().map(<[Value]>::len),
        None => Some(0),
    };
    if vpc.is_some_and(|vpc| vpc.value.as_unknown().is_some()) {
        return None;
    }
    let (subnets, groups) = (count("SubnetIds"), count("SecurityGroupIds"));
    if let (Some(vpc), Some(subnets), Some(groups)) = (vpc, subnets, groups)
        && (subnets == 0) != (groups == 0)
    {
        let (has, lacks) = if subnets == 0 {
            ("SecurityGroupIds", "SubnetIds")
        } else {
            ("SubnetIds", "SecurityGroupIds")
        };
        let message = format!("its `VpcConfig` has `{has}` and no `{lacks}`: Lambda refuses it");
        return Some((message, format!("add `{lacks}`"), vpc.value.place));
    }
    let files = resource.properties.get("FileSystemConfigs")?;
    let has_files = files.value.as_list().is_some_and(|list| !list.is_empty());
    (has_files && subnets == Some(0)).then(|| {
        let message = "it has a file system and no VPC: Lambda refuses it".to_owned();
        let help = "add `VpcConfig`: the file system's mount targets are in a VPC".to_owned();
        (message, help, files.value.place)
    })
}

/// A handler that is no name, a level that plain text has not, an architecture that the runtime has not.
fn words(function: &Function, resource: &Resource) -> Option<Refusal> {
    if let Some(handler) = &function.handler
        && let Some(name) = handler.known_value()
        && name.contains(char::is_whitespace)
    {
        let message = format!("its handler `{name}` has a space in it: Lambda refuses it");
        return Some((message, "a handler has none".to_owned(), handler.place));
    }
    let logging = &function.logging;
    if let (Some(format), Some(level)) = (&logging.format, &logging.system_level)
        && format.is("Text")
    {
        let message = "it has a `SystemLogLevel` and logs text: Lambda refuses it".to_owned();
        let help = "write `LogFormat: JSON`, or remove the level".to_owned();
        return Some((message, help, level.place));
    }
    let runtime = function.runtime.as_ref()?.known_value()?;
    let architectures = &resource.properties.get("Architectures")?.value;
    let is_arm = function.architecture.is("arm64");
    (is_arm && WITHOUT_ARM.contains(&runtime.as_str())).then(|| {
        let message = format!("`{runtime}` does not run on arm64: Lambda refuses it");
        let help = "take `x86_64`, or a runtime on Amazon Linux 2 or later".to_owned();
        (message, help, architectures.place)
    })
}

/// Two versions of one layer. Of what only AWS knows, and of the template's own, two references to one are the same.
fn layer_twice(subject: &Subject<'_, '_>, resource: &Resource) -> Option<Refusal> {
    let written = subject.resolver.resources.by_id.get(&resource.logical_id)?;
    let mut known: Vec<String> = Vec::new();
    for layer in written.properties.get("Layers")?.as_list()? {
        let value = subject.resolver.value(layer).to_text();
        let arn = value.as_ref().and_then(|arn| arn.rsplit_once(':'));
        let name = match (arn, layer.intrinsic()) {
            (Some((name, _)), _) => name,
            (None, Some(("Ref", name))) if !layer.is_no_value() => name.as_str()?,
            _ => continue,
        };
        if known.iter().any(|known| known == name) {
            let message = format!("it has the layer `{name}` twice: Lambda refuses it");
            let help = "name one version of it".to_owned();
            return Some((message, help, layer.place));
        }
        known.push(name.to_owned());
    }
    None
}

/// Layers whose ARN names no version (Lambda API, `CreateFunction`, the pattern of `Layers`).
fn layers_without_version(resource: &Resource) -> Vec<Refusal> {
    let layers = resource.properties.get("Layers");
    let layers = layers.and_then(|layers| layers.value.as_list());
    let layers = layers.into_iter().flatten();
    layers
        .filter_map(|layer| {
            let arn = layer.to_text()?;
            let parts: Vec<&str> = arn.split(':').collect();
            let ["arn", _, "lambda", _, _, "layer", name] = parts[..] else {
                return None;
            };
            let message =
                format!("the ARN of its layer `{name}` names no version: Lambda refuses it");
            let help = format!("name one: `{arn}:1`");
            Some((message, help, layer.place))
        })
        .collect()
}

/// A role that the template writes by its name. `CloudFormation` holds it to the pattern of an ARN; what is a placeholder is put in before it comes
/// there.
fn named_role(subject: &Subject<'_, '_>, resource: &Resource) -> Option<Refusal> {
    let written = subject.resolver.resources.by_id.get(&resource.logical_id)?;
    let role = written.properties.get("Role")?;
    let text = role.as_str()?;
    is_iam_name(text).then(|| {
        let message = format!("its `Role` is `{text}`, and a function has the ARN of one");
        let help = format!(
            "write `arn:aws:iam::ACCOUNT:role/{text}`, or refer to a role of this template by `!GetAtt`"
        );
        (message, help, role.place)
    })
}

/// Code that stands in the template, of a runtime that takes it in a package alone.
fn code_in_template(function: &Function, resource: &Resource) -> Option<Refusal> {
    let code = resource.properties.get("Code")?.value.get("ZipFile")?;
    let runtime = function.runtime.as_ref()?.known_value()?;
    let takes = ["nodejs", "python"];
    (!takes.iter().any(|family| runtime.starts_with(family))).then(|| {
        let message = format!(
            "its code stands in the template, and it is of `{runtime}`: CloudFormation refuses it"
        );
        let help =
            "only Node.js and Python have their code in `ZipFile` or `InlineCode`; package it"
                .to_owned();
        (message, help, code.place)
    })
}

/// A package without a runtime or a handler, which an image alone has.
fn without_runtime(
    subject: &Subject<'_, '_>,
    function: &Function,
    resource: &Resource,
) -> Option<Refusal> {
    let written = subject.resolver.resources.by_id.get(&resource.logical_id)?;
    let code = &resource.properties.get("Code")?.value;
    let package = resource.properties.get("PackageType");
    let is_package = package.is_none_or(|package| package.value.as_str() == Some("Zip"))
        && (code.get("ZipFile").is_some() || code.get("S3Key").is_some());
    if !is_package || !written.is_as_written() || written.has_open_properties() {
        return None;
    }
    let lacking = match (&function.runtime, &function.handler) {
        (None, _) => "Runtime",
        (_, None) => "Handler",
        _ => return None,
    };
    let message = format!("its code is a package, and it has no `{lacking}`: Lambda refuses it");
    Some((message, format!("add `{lacking}`"), resource.place))
}

/// A dead-letter queue that is no queue and no topic.
fn dead_letters(resource: &Resource) -> Option<Refusal> {
    // SAM's function has it by its own name.
    let config = resource.properties.get("DeadLetterConfig");
    let config = &config
        .or_else(|| resource.properties.get("DeadLetterQueue"))?
        .value;
    let target = config.get("TargetArn")?;
    let arn = target.to_text().filter(|arn| !arn.is_empty())?;
    if to_send_letters(&arn).is_some() {
        return None;
    }
    let message = format!("its dead letters go to `{arn}`: Lambda refuses it");
    let help = "it is the ARN of an SQS queue or an SNS topic".to_owned();
    Some((message, help, target.place))
}
