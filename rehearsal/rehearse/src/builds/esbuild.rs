//! What `sam build` makes of a handler whose file esbuild bundles.

use std::path::Path;

use rehearsal_template::stack::Function;

/// `Metadata.BuildMethod` of what esbuild bundles.
const ESBUILD: &str = "esbuild";
/// Where layers are: a handler there is no file of the function's.
const LAYERS: &str = "/opt";

/// The handler of a function that is bundled into `folder`, where it is another than its template's: esbuild writes `src/app.ts` to
/// `app.js`, and into the template that `sam build` writes goes `app.handler` for `src/app.handler` (SAM CLI, `samcli/lib/build/bundler.py`,
/// `_update_function_handler`).
pub fn handler(function: &Function, folder: &Path) -> Option<String> {
    let handler = function.handler.as_ref()?.known_value()?;
    if function.build_method.as_deref() != Some(ESBUILD) || handler.starts_with(LAYERS) {
        return None;
    }
    let path = Path::new(handler);
    if folder.join(path.with_extension("js")).is_file() {
        return None;
    }
    path.file_name()?.to_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use rehearsal_template::{Inputs, read_str};

    use super::*;
    use crate::test_folder::folder_with;

    #[test]
    fn a_bundle_at_the_root_has_its_handler_there_and_any_other_is_as_the_template_says() {
        let of = |method: &str, files: &[(&str, &str)]| {
            let text = format!(
                "Transform: AWS::Serverless-2016-10-31\nResources:\n  Orders:\n    Type: AWS::Serverless::Function\n    \
                 Metadata: {{BuildMethod: {method}}}\n    Properties: {{Runtime: nodejs22.x, Handler: src/app.handler, CodeUri: .}}\n"
            );
            let stack = read_str("template.yaml", &text, &Inputs::new("s")).unwrap();
            let folder = folder_with(files);
            handler(stack.function("Orders").unwrap(), folder.path())
        };
        let bundled = [("app.js", "")];
        assert_eq!(of("esbuild", &bundled).as_deref(), Some("app.handler"));
        assert_eq!(of("esbuild", &[("src/app.js", "")]), None);
        assert_eq!(of("makefile", &bundled), None);
    }
}
