//! What `serverless package` says of the stack whose template it writes.

use std::path::Path;

use rehearsal_template::{Inputs, data_of, text_file, text_of};
use serde::Deserialize;

/// The template of an update (Serverless Framework, `lib/plugins/aws/lib/naming.js`, `getCompiledTemplateFileName`), and what stands beside it
/// (`lib/plugins/aws/package/lib/save-service-state.js`).
pub const TEMPLATE: &str = "cloudformation-template-update-stack.json";
const STATE: &str = "serverless-state.json";
/// The longest of that, in bytes: it has the template in it, which has 1 MB at most, twice.
const MAX_STATE_BYTES: usize = 8 << 20;

#[derive(Deserialize)]
struct State {
    service: Service,
}

#[derive(Deserialize)]
struct Service {
    service: String,
    provider: Provider,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Provider {
    stage: Option<String>,
    stack_name: Option<String>,
    region: Option<String>,
}

/// Fills in the name of the stack that a template is deployed as, `greetings-dev` (`naming.js`, `getStackName`), and its Region, where no one
/// gives them. A state that cannot be read says nothing: the template is read without.
pub fn complete(template: &Path, inputs: &mut Inputs) {
    if !template.ends_with(TEMPLATE) {
        return;
    }
    let text = text_file::read(&template.with_file_name(STATE), MAX_STATE_BYTES).ok();
    let said = text.and_then(|text| serde_json::from_str::<State>(&text).ok());
    let Some(Service { service, provider }) = said.map(|said| said.service) else {
        return;
    };
    if inputs.stack_name.is_empty() {
        let in_stage = |stage: String| format!("{service}-{stage}");
        let stage = packaged_for(template, &service).or(provider.stage);
        let of_service = stage.map(in_stage);
        inputs.stack_name = provider.stack_name.or(of_service).unwrap_or_default();
    }
    if let Some(region) = provider.region.filter(|_| inputs.is_region_assumed) {
        *inputs = inputs.clone().in_region(region);
    }
}

/// The stage that it was packaged for, as the artifacts' keys in the compiled template have it: `<prefix>/<service>/<stage>/<time>/<file>`
/// (`lib/plugins/aws/package/lib/generate-artifact-directory-name.js`). Of `--stage prod` the state does not know: `getStage()` takes the option
/// first, and the Region alone is written back.
fn packaged_for(template: &Path, service: &str) -> Option<String> {
    let template = data_of(&text_of(template).ok()?).ok()?;
    let mut resources = template.get("Resources")?.as_object()?.values();
    resources.find_map(|resource| {
        let key = resource.pointer("/Properties/Code/S3Key")?.as_str()?;
        let mut parts = key.rsplit('/').skip(2);
        let stage = parts.next()?;
        (parts.next()? == service).then(|| stage.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_folder::folder_with;

    #[test]
    fn an_application_is_deployed_under_its_services_name_and_stage() {
        let read = |state: &str, mut inputs: Inputs| {
            let folder = folder_with(&[(STATE, state), (TEMPLATE, "{}")]);
            complete(&folder.path().join(TEMPLATE), &mut inputs);
            (inputs.stack_name, inputs.region)
        };
        let found = |name: &str, region: &str| (name.to_owned(), region.to_owned());
        let state = r#"{"service": {"service": "greetings", "provider": {"stage": "dev", "region": "eu-west-1"}}}"#;
        let none = Inputs::default;
        assert_eq!(read(state, none()), found("greetings-dev", "eu-west-1"));
        assert_eq!(
            read(state, Inputs::new("mine").in_region("us-west-2")),
            found("mine", "us-west-2")
        );
        let named = state.replace(r#""stage""#, r#""stackName": "hello", "stage""#);
        assert_eq!(read(&named, none()), found("hello", "eu-west-1"));
        // The state has the stage of the file, and the template that of the option.
        let key = "serverless/greetings/prod/1700000000000-2023-11-14T22:13:20.000Z/greetings.zip";
        let compiled = format!(
            r#"{{"Resources": {{"Hello": {{"Properties": {{"Code": {{"S3Key": "{key}"}}}}}}}}}}"#
        );
        let folder = folder_with(&[(STATE, state), (TEMPLATE, &compiled)]);
        let mut inputs = none();
        complete(&folder.path().join(TEMPLATE), &mut inputs);
        assert_eq!(inputs.stack_name, "greetings-prod");
        assert_eq!(read("[]", none()), found("", &none().region));
    }
}
