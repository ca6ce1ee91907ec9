//! What a template of an assembly is read with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rehearsal_template::stack::NestedTemplate;
use rehearsal_template::{Inputs, Stack, data_of, folder_of, read_str, text_of};
use serde_json::Value;

use super::manifest::{Assembly, AssemblyError, CdkStack};
use super::serverless;

/// Fills in what the inputs leave open of a template that lies in an assembly:
///
/// - of a stack its name, its account and Region where the application says them, the parameters that CDK deploys it with;
/// - of a stack inside another all of that, and what that one gives it;
/// - what other stacks of the assembly export that are deployed beside it, as their templates have it.
///
/// # Errors
/// The assembly cannot be used.
pub fn complete(template: &Path, inputs: &mut Inputs) -> Result<(), AssemblyError> {
    let Some(assembly) = Assembly::of(template)? else {
        serverless::complete(template, inputs);
        return Ok(());
    };
    let mut reading = Reading {
        assembly: &assembly,
        given: inputs.clone(),
        begun: vec![template.to_owned()],
    };
    if let Some(stack) = assembly.stack_of(template) {
        stack.complete(inputs);
        reading.import(stack, template, inputs);
        reading.export(stack, template, inputs);
    } else if let Some((parent, inner)) = reading.nested(template) {
        complete_nested(&inner.inputs, inputs);
        reading.import(parent, template, inputs);
    }
    Ok(())
}

/// What CDK has not looked up for a template, in words: values of CDK's own stand for it.
///
/// # Errors
/// The assembly cannot be used.
pub fn lacking_context(template: &Path) -> Result<Vec<String>, AssemblyError> {
    let lacks = Assembly::of(template)?.map(|assembly| assembly.lacks);
    let lacks = lacks.unwrap_or_default().into_iter();
    Ok(lacks.map(|key| format!("CDK context {key}")).collect())
}

/// Fills in what a stack gives the one inside it.
fn complete_nested(from: &Inputs, inputs: &mut Inputs) {
    if inputs.stack_name.is_empty() {
        inputs.call_stack_as(&from.stack_name, from);
    }
    if inputs.is_account_assumed {
        inputs.account_id.clone_from(&from.account_id);
        inputs.is_account_assumed = from.is_account_assumed;
    }
    if inputs.is_region_assumed {
        inputs.region.clone_from(&from.region);
        inputs.is_region_assumed = from.is_region_assumed;
    }
    for (name, value) in &from.parameters {
        if !inputs.parameters.contains_key(name) {
            inputs.parameters.insert(name.clone(), value.clone());
        }
    }
}

/// The reading of other stacks of an assembly.
struct Reading<'a> {
    assembly: &'a Assembly,
    /// What a person gives: an account and a Region hold for all stacks.
    given: Inputs,
    /// The templates that are being read: none is read for itself.
    begun: Vec<PathBuf>,
}

impl<'a> Reading<'a> {
    /// Another stack of the assembly, where its template can be read.
    fn stack(&mut self, stack: &CdkStack) -> Option<Stack> {
        if self.begun.contains(&stack.template) {
            return None;
        }
        self.begun.push(stack.template.clone());
        let mut inputs = Inputs {
            account_id: self.given.account_id.clone(),
            region: self.given.region.clone(),
            is_account_assumed: self.given.is_account_assumed,
            is_region_assumed: self.given.is_region_assumed,
            root: self.given.root.clone(),
            folder: Some(folder_of(&stack.template)),
            ..Inputs::default()
        };
        stack.complete(&mut inputs);
        self.import(stack, &stack.template, &mut inputs);
        let text = text_of(&stack.template).ok()?;
        let read = read_str(&stack.template.display().to_string(), &text, &inputs).ok();
        self.begun.pop();
        read
    }

    /// Gives the inputs what the template imports and a stack beside it exports.
    fn import(&mut self, of: &CdkStack, template: &Path, inputs: &mut Inputs) {
        let mut imported = Imported::default();
        imported.read(template);
        let mut wanted = imported.names;
        if imported.has_made {
            // What a name is made of is known where the template is read.
            let text = text_of(template).ok();
            let read = text.and_then(|text| read_str("", &text, inputs).ok());
            wanted.extend(read.into_iter().flat_map(|stack| stack.asked_for.imports));
        }
        wanted.retain(|name| !inputs.imports.contains_key(name));
        // A name that is made of others is written nowhere: those stacks are read where something is still wanted.
        for is_written in [true, false] {
            let assembly = self.assembly;
            for other in &assembly.stacks {
                if wanted.is_empty() {
                    return;
                }
                let exports = |text: &str| {
                    let mut wanted = wanted.iter();
                    wanted.any(|name| text.contains(name.as_str())) == is_written
                        && text.contains("Export")
                };
                if other == of
                    || !other.is_beside(of)
                    || !text_of(&other.template).is_ok_and(|text| exports(&text))
                {
                    continue;
                }
                let exports = self.stack(other).map(|stack| exports_of(&stack));
                for (name, value) in exports.into_iter().flatten() {
                    if wanted.remove(&name) {
                        inputs.imports.insert(name, value);
                    }
                }
            }
        }
    }

    /// Tells the inputs which names that the template exports a stack beside it exports too.
    fn export(&mut self, of: &CdkStack, template: &Path, inputs: &mut Inputs) {
        let own = exported(template);
        let assembly = self.assembly;
        for other in assembly.stacks.iter().filter(|_| !own.is_empty()) {
            let exports = |text: &str| own.iter().any(|name| text.contains(name.as_str()));
            if other == of
                || !other.is_beside(of)
                || !text_of(&other.template).is_ok_and(|text| exports(&text))
            {
                continue;
            }
            let Some(stack) = self.stack(other) else {
                continue;
            };
            let names = stack.outputs.iter().filter_map(|output| {
                let name = output.export.as_ref()?.known_value()?;
                (output.is_there && own.contains(name)).then(|| name.clone())
            });
            let names = names.map(|name| (name, stack.name.clone()));
            inputs.exported_elsewhere.extend(names);
        }
    }

    /// The stack of the assembly that a template is inside of, and what it is there.
    fn nested(&mut self, template: &Path) -> Option<(&'a CdkStack, Stack)> {
        let file = template.file_name()?.to_string_lossy().into_owned();
        let assembly = self.assembly;
        assembly.stacks.iter().find_map(|stack| {
            let names = |text: String| text.contains("AWS::CloudFormation::Stack");
            if !text_of(&stack.template).is_ok_and(names) {
                return None;
            }
            Some((stack, inside(&self.stack(stack)?, &file)?))
        })
    }
}

/// The stack inside another whose template is this file of its folder.
fn inside(stack: &Stack, file: &str) -> Option<Stack> {
    stack.nested.iter().find_map(|nested| {
        let Some(NestedTemplate::Read(inner)) = &nested.template else {
            return None;
        };
        let location = nested.location.as_ref()?.known_value()?;
        if location == file {
            return Some(Stack::clone(inner));
        }
        inside(inner, file)
    })
}

fn exports_of(stack: &Stack) -> BTreeMap<String, String> {
    let exports = stack.outputs.iter().filter_map(|output| {
        let name = output.export.as_ref()?.known_value()?;
        Some((name.clone(), output.value.known_value()?.clone()))
    });
    exports.collect()
}

/// What a template imports, with the stacks inside it.
#[derive(Default)]
struct Imported {
    /// The names, as they are written.
    names: BTreeSet<String>,
    /// Whether the template itself makes one of others (`Fn::Sub`, `Fn::Join`).
    has_made: bool,
    seen: BTreeSet<PathBuf>,
}

impl Imported {
    fn read(&mut self, template: &Path) {
        let is_first = self.seen.is_empty();
        if !self.seen.insert(template.to_owned()) {
            return;
        }
        let is_asked = |text: &String| {
            text.contains("ImportValue") || text.contains("AWS::CloudFormation::Stack")
        };
        let Some(data) = text_of(template)
            .ok()
            .filter(is_asked)
            .and_then(|text| data_of(&text).ok())
        else {
            return;
        };
        let mut files = Vec::new();
        let has_made = self.look(&data, &mut files);
        self.has_made |= is_first && has_made;
        let is_here = |file: &String| !file.contains(['/', '\\']);
        for file in files.into_iter().filter(is_here) {
            self.read(&folder_of(template).join(file));
        }
    }

    /// Notes the names of a part of a template, and the files of the stacks inside it. Whether a name is made of others.
    fn look(&mut self, data: &Value, files: &mut Vec<String>) -> bool {
        let mut has_made = false;
        match data {
            Value::Array(items) => {
                for item in items {
                    has_made |= self.look(item, files);
                }
            }
            Value::Object(map) => {
                let text = |key: &str| map.get(key).and_then(Value::as_str).map(str::to_owned);
                let name = text("Fn::ImportValue");
                has_made |= name.is_none() && map.contains_key("Fn::ImportValue");
                self.names.extend(name);
                if text("aws:asset:property").as_deref() == Some("TemplateURL") {
                    files.extend(text("aws:asset:path"));
                }
                for value in map.values() {
                    has_made |= self.look(value, files);
                }
            }
            _ => {}
        }
        has_made
    }
}

/// The names that a template exports, as they are written.
fn exported(template: &Path) -> BTreeSet<String> {
    let text = text_of(template).ok();
    let data = text
        .filter(|text| text.contains("Export"))
        .and_then(|text| data_of(&text).ok());
    let outputs = data
        .as_ref()
        .and_then(|data| data.get("Outputs")?.as_object());
    let names = outputs.into_iter().flatten().filter_map(|(_, output)| {
        let name = output.get("Export")?.get("Name")?.as_str()?;
        Some(name.to_owned())
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A manifest with these stacks, each with its environment.
    fn manifest(stacks: &[(&str, &str)]) -> String {
        let artifacts: Vec<String> = stacks
            .iter()
            .map(|(name, environment)| {
                format!(
                    r#""{name}": {{"type": "aws:cloudformation:stack", "environment": "aws://{environment}",
                    "properties": {{"templateFile": "{name}.template.json", "stackName": "shop-{name}", "requiresBootstrapStackVersion": 6}}}}"#
                )
            })
            .collect();
        format!(
            r#"{{"version": "55.0.0", "artifacts": {{{}}}, "missing": [{{"key": "vpc-provider:shop", "provider": "vpc-provider", "props": {{}}}}]}}"#,
            artifacts.join(", ")
        )
    }

    const DATA: &str = r#"{"Resources": {"Table": {"Type": "AWS::DynamoDB::Table",
        "Properties": {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "StreamSpecification": {"StreamViewType": "NEW_IMAGE"}}}},
        "Outputs": {"Name": {"Value": {"Ref": "Table"}, "Export": {"Name": "Data:Table"}},
                    "Stream": {"Value": {"Fn::GetAtt": ["Table", "StreamArn"]}, "Export": {"Name": "Data:Stream"}}}}"#;
    const API: &str = r#"{"Parameters": {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/v"}}, "Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String",
        "Value": {"Fn::ImportValue": "Data:Table"}, "Description": {"Fn::ImportValue": "Data:Stream"}}}}}"#;
    const OUTER: &str = r#"{"Resources": {"Inner": {"Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": {"Fn::Sub": "https://s3/${AWS::AccountId}/1.json"}, "Parameters": {"Size": "9"}},
        "Metadata": {"aws:asset:path": "Inner.nested.template.json", "aws:asset:property": "TemplateURL"}}}}"#;
    const INNER: &str = r#"{"Parameters": {"Size": {"Type": "Number"}},
        "Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::ImportValue": "Data:Table"}}}}}"#;

    const MADE: &str = r#"{"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String",
        "Value": {"Fn::ImportValue": {"Fn::Sub": "${AWS::Region}:Table"}}, "Description": {"Fn::ImportValue": {"Fn::Join": [":", ["Data", "Table"]]}}}}},
        "Outputs": {"Own": {"Value": "v", "Export": {"Name": "Data:Table"}}}}"#;
    const MORE: &str = r#"{"Resources": {"T": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"O": {"Value": "made", "Export": {"Name": {"Fn::Sub": "${AWS::Region}:Table"}}}}}"#;

    fn completed(stacks: &[(&str, &str)], template: &str, given: Inputs) -> Inputs {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("manifest.json", manifest(stacks).as_str()),
            ("cdk.out", "{}"),
            ("Data.template.json", DATA),
            ("Api.template.json", API),
            ("Made.template.json", MADE),
            ("More.template.json", MORE),
            ("Outer.template.json", OUTER),
            ("Inner.nested.template.json", INNER),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let template = folder.path().join(template);
        let mut inputs = given;
        complete(&template, &mut inputs).unwrap();
        assert_eq!(
            lacking_context(&template).unwrap(),
            ["CDK context vpc-provider:shop"]
        );
        inputs
    }

    const OPEN: &str = "unknown-account/unknown-region";
    const SHOP: &str = "111122223333/eu-west-1";

    #[test]
    fn what_a_stack_beside_it_exports_is_known_as_far_as_its_template_says() {
        let stacks = [("Api", SHOP), ("Data", SHOP)];
        let inputs = completed(&stacks, "Api.template.json", Inputs::default());
        assert_eq!(inputs.stack_name, "shop-Api");
        assert_eq!(inputs.account_id, "111122223333");
        assert_eq!(inputs.parameters["BootstrapVersion"], "6");
        assert_eq!(
            inputs.imports,
            BTreeMap::from([("Data:Table".to_owned(), "shop-Data-Table".to_owned())]),
            "a stream's ARN is AWS's own"
        );
        let given = Inputs::default().import("Data:Table", "mine");
        let inputs = completed(&stacks, "Api.template.json", given);
        assert_eq!(inputs.imports["Data:Table"], "mine");
    }

    #[test]
    fn names_that_are_made_of_others_are_matched_and_an_export_of_another_stack_is_known_as_taken()
    {
        let stacks = [("Made", SHOP), ("Data", SHOP), ("More", SHOP)];
        let inputs = completed(&stacks, "Made.template.json", Inputs::default());
        let imports = [
            ("Data:Table", "shop-Data-Table"),
            ("eu-west-1:Table", "made"),
        ];
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        assert_eq!(inputs.imports, BTreeMap::from(imports.map(owned)));
        let taken = BTreeMap::from([("Data:Table", "shop-Data")].map(owned));
        assert_eq!(inputs.exported_elsewhere, taken);
        let apart = [("Made", OPEN), ("Data", SHOP)];
        let inputs = completed(&apart, "Made.template.json", Inputs::default());
        assert!(inputs.imports.is_empty() && inputs.exported_elsewhere.is_empty());
    }

    #[test]
    fn exports_of_another_region_are_none_and_a_stack_imports_nothing_of_itself() {
        let apart = [("Api", OPEN), ("Data", SHOP)];
        let inputs = completed(&apart, "Api.template.json", Inputs::default());
        assert!(inputs.imports.is_empty());
        assert!(inputs.is_account_assumed && inputs.is_region_assumed);
        let alone = completed(&[("Data", OPEN)], "Data.template.json", Inputs::default());
        assert!(alone.imports.is_empty());
    }

    #[test]
    fn a_stack_inside_another_has_what_that_one_gives_it() {
        let stacks = [("Data", SHOP), ("Outer", SHOP)];
        let inputs = completed(&stacks, "Inner.nested.template.json", Inputs::default());
        assert_eq!(inputs.stack_name, "shop-Outer-Inner");
        assert_eq!(inputs.region, "eu-west-1");
        assert_eq!(inputs.parameters["Size"], "9");
        assert_eq!(inputs.imports["Data:Table"], "shop-Data-Table");
        let given = Inputs::default().parameter("Size", "7");
        let inputs = completed(&stacks, "Inner.nested.template.json", given);
        assert_eq!(inputs.parameters["Size"], "7");
    }
}
