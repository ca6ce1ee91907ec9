use rehearsal_template::stack::NotRehearsedKind;

use super::*;
use crate::test_folder::folder_with;

/// Where the code of a template in `folder` is, by function, or why that is not known.
fn found(place: &str, folder: &Path, template: &str) -> Result<BTreeMap<String, Build>, String> {
    let inputs = rehearsal_template::Inputs::new("s");
    let stack = rehearsal_template::read_str("template.yaml", template, &inputs).unwrap();
    let ids: Vec<_> = stack
        .functions
        .iter()
        .map(|f| f.logical_id.clone())
        .collect();
    let finder = Finder {
        beside: Path::new("beside"),
        template: &folder.join("template.yaml"),
        instead: None,
        source: None,
        stack: &stack,
        packages: &Packages::default(),
    };
    finder
        .find(place, ids.iter())
        .map_err(|error| error.to_string())
}

const FUNCTION: &str = "
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Metadata: {aws:asset:path: asset.0123}
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      Role: arn:aws:iam::123456789012:role/worker
      Code: {S3Bucket: assets, S3Key: 0123.zip}
";

#[test]
fn each_kind_of_place_has_its_layout() {
    for (place, folder, path) in [
        ("sam", "app", "app/.aws-sam/build/Worker/bootstrap"),
        (
            "sam",
            "app/.aws-sam/build",
            "app/.aws-sam/build/asset.0123/bootstrap",
        ),
        ("cdk", "cdk.out", "cdk.out/asset.0123/bootstrap"),
        ("auto", "cdk.out", "cdk.out/asset.0123/bootstrap"),
        ("builds/new", "app", "beside/builds/new/Worker/bootstrap"),
    ] {
        let found = found(place, Path::new(folder), FUNCTION).unwrap();
        assert_eq!(
            found["Worker"].code,
            Code::Executable(path.into()),
            "{place}"
        );
    }
}

#[test]
fn a_folder_may_have_a_binary_by_its_name() {
    let named = FUNCTION.replace(
        "Metadata: {",
        "Metadata: {BuildProperties: {Binary: worker}, ",
    );
    let found = found("builds", Path::new("app"), &named).unwrap();
    assert_eq!(
        found["Worker"].code,
        Code::Executable("beside/builds/worker".into())
    );
}

#[test]
fn code_that_is_in_a_bucket_alone_is_not_here() {
    let uploaded = FUNCTION.replace("    Metadata: {aws:asset:path: asset.0123}\n", "");
    for place in ["cargo", "cdk"] {
        let refused = found(place, Path::new("app"), &uploaded).unwrap_err();
        assert!(
            refused.starts_with("Worker: its code is no folder"),
            "{refused}"
        );
    }
}

/// A package with one file, which is executable.
fn package(path: &Path, name: &str) {
    let mut writer = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
    writer.start_file(name, options).unwrap();
    writer.finish().unwrap();
}

#[test]
fn code_in_a_bucket_is_that_of_the_package_beside_the_template_with_its_name() {
    let root = tempfile::tempdir().unwrap();
    let uploaded = FUNCTION.replace("    Metadata: {aws:asset:path: asset.0123}\n", "");
    let refused = found("auto", root.path(), &uploaded).unwrap_err();
    assert!(
        refused.starts_with(
            "Worker: its code is in a bucket, and the package that was uploaded is not here: "
        ) && refused.contains("0123.zip; name a folder in [builds]"),
        "{refused}"
    );
    package(&root.path().join("0123.zip"), "bootstrap");
    let build = &found("auto", root.path(), &uploaded).unwrap()["Worker"];
    assert_eq!(build.place, Place::Source);
    let Code::Executable(program) = &build.code else {
        panic!("it is a program: {build:?}");
    };
    assert!(program.ends_with("code/bootstrap"), "{}", program.display());
    let other = uploaded
        .replace("  Worker:", "  Other:")
        .replace("0123.zip", "b/0123.zip");
    let two = uploaded.clone() + other.trim_start().trim_start_matches("Resources:");
    let refused = found("auto", root.path(), &two).unwrap_err();
    assert!(
        refused.contains("the object 0123.zip, and that of Other is b/0123.zip"),
        "{refused}"
    );
    // What CDK was to upload under that name is a folder.
    let asset = root.path().join("asset.0123");
    std::fs::create_dir(&asset).unwrap();
    let build = &found("auto", root.path(), &uploaded).unwrap()["Worker"];
    assert_eq!(build.code, Code::Executable(asset.join("bootstrap")));
}

#[test]
fn a_package_needs_nothing_installed_beside_it() {
    let root = folder_with(&[("package.json", r#"{"dependencies": {"left-pad": "1"}}"#)]);
    package(&root.path().join("web.zip"), "app.js");
    let template = nodejs("Handler: app.handler, CodeUri: web.zip");
    let build = &found("auto", root.path(), &template).unwrap()["Web"];
    assert_eq!(build.place, Place::Source);
    assert!(matches!(&build.code, Code::Folder(folder) if folder.ends_with("code")));
}

#[test]
fn a_program_of_no_package_of_cargos_is_refused_with_where_else_it_may_be() {
    let root = folder_with(&[("src/bootstrap", "")]);
    let template = "
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: {Runtime: provided.al2023, Handler: bootstrap, CodeUri: src}
";
    let refused = found("auto", root.path(), template).unwrap_err();
    assert!(refused.contains("src has no Cargo.toml"), "{refused}");
    assert!(
        refused.contains("rehearse with --builds source"),
        "{refused}"
    );
    assert!(found("source", root.path(), template).is_ok());
}

#[test]
fn without_a_name_the_only_binary_of_the_package_is_meant() {
    let package = [
        (
            "app/worker/Cargo.toml",
            "[package]\nname = \"worker-fn\"\nedition = \"2024\"\n[workspace]\n",
        ),
        ("app/worker/src/main.rs", "fn main() {}\n"),
        ("app/worker/src/bin/other.rs", "fn main() {}\n"),
    ];
    let template = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties: {Runtime: provided.al2023, Handler: bootstrap, CodeUri: worker}
";
    let [one, two] = [&package[..2], &package].map(folder_with);
    let place = |root: &tempfile::TempDir| found("auto", &root.path().join("app"), template);
    let Code::Executable(binary) = place(&one).unwrap()["Worker"].code.clone() else {
        panic!("it is a binary");
    };
    assert!(
        binary.ends_with("rehearse/worker-fn"),
        "{}",
        binary.display()
    );
    let refused = place(&two).unwrap_err();
    assert!(refused.contains("2 binaries"), "{refused}");
}

/// A template with one function of Node.js.
fn nodejs(properties: &str) -> String {
    format!(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Web:\n    Type: AWS::Serverless::Function\n    Properties: {{Runtime: nodejs20.x, {properties}}}\n"
    )
}

#[test]
fn source_that_needs_no_build_is_taken_as_it_is() {
    let root = folder_with(&[
        ("src/app.mjs", ""),
        (
            "src/package.json",
            r#"{"dependencies": {"@aws-sdk/client-s3": "3"}}"#,
        ),
    ]);
    let template = nodejs("Handler: app.handler, CodeUri: src");
    let found = found("auto", root.path(), &template).unwrap();
    assert_eq!(found["Web"].place, Place::Source);
    assert_eq!(found["Web"].code, Code::Folder(root.path().join("src")));
}

#[test]
fn source_that_cannot_run_as_it_is_is_refused_with_what_to_do() {
    let template = nodejs("Handler: app.handler, CodeUri: src");
    for (files, what) in [
        (
            &[("src/app.ts", "")][..],
            "its handler app.handler is TypeScript in",
        ),
        (
            &[("src/other.js", "")],
            "there is no file for its handler app.handler in",
        ),
        (&[("other/app.js", "")], "is not there"),
        (
            &[
                ("src/app.js", ""),
                (
                    "src/package.json",
                    r#"{"dependencies": {"left-pad": "1", "aws-sdk": "2"}}"#,
                ),
            ],
            "its package.json asks for aws-sdk, left-pad, which is not installed: run `npm install` in",
        ),
    ] {
        let refused = found("auto", folder_with(files).path(), &template).unwrap_err();
        assert!(
            refused.starts_with("Web: ") && refused.contains(what),
            "{refused}"
        );
    }
}

#[test]
fn inline_code_is_there_wherever_builds_are() {
    let template = nodejs("Handler: index.handler, InlineCode: exports.handler = 1");
    let builds = folder_with(&[("Other/app.js", "")]);
    let builds = builds.path().to_str().unwrap();
    for place in ["auto", "sam", "source", builds] {
        let found = found(place, Path::new("nowhere"), &template).unwrap();
        assert_eq!(
            found["Web"].code,
            Code::Inline("exports.handler = 1".to_owned()),
            "{place}"
        );
    }
    let misspelt = found("biulds", Path::new("nowhere"), &template).unwrap_err();
    assert!(misspelt.contains("there is no folder"), "{misspelt}");
}

#[test]
fn layers_whose_content_is_here_are_found_and_the_others_are_named() {
    let root = folder_with(&[("src/app.js", ""), ("layers/one/nodejs/x.js", "")]);
    let mut template = nodejs(
        "Handler: app.handler, CodeUri: src, Layers: [!Ref One, !Ref Two, 'arn:aws:lambda:us-east-1:1:layer:x:1']",
    );
    template +=
        "  One: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layers/one}}\n";
    template += "  Two: {Type: AWS::Lambda::LayerVersion, Properties: {Content: {S3Bucket: b, S3Key: k}}}\n";
    let found = found("auto", root.path(), &template).unwrap();
    assert_eq!(found["Web"].layers, [root.path().join("layers/one")]);
    assert_eq!(
        found["Web"].layers_elsewhere,
        ["arn:aws:lambda:us-east-1:1:layer:x:1", "Two"]
    );
}

#[test]
fn an_image_is_told_to_be_a_stub() {
    let image = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Web:
    Type: AWS::Serverless::Function
    Properties: {PackageType: Image, ImageUri: x}
";
    let refused = found("auto", Path::new("app"), image).unwrap_err();
    assert!(refused.contains("make it a [[stub]]"), "{refused}");
}

#[test]
fn extensions_and_a_wrapper_that_do_not_run_are_noted_with_their_names() {
    let root = folder_with(&[
        ("src/app.js", ""),
        ("layers/one/extensions/agent", ""),
        ("layers/one/extensions/lib/no-extension", ""),
        ("layers/two/nodejs/x.js", ""),
    ]);
    let properties = "Handler: app.handler, CodeUri: src, Layers: [!Ref One, !Ref Two], Environment: {Variables: {AWS_LAMBDA_EXEC_WRAPPER: /opt/wrap}}";
    let mut template = nodejs(properties);
    template +=
        "  One: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layers/one}}\n";
    template +=
        "  Two: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layers/two}}\n";
    let inputs = rehearsal_template::Inputs::new("s");
    let stack = rehearsal_template::read_str("template.yaml", &template, &inputs).unwrap();
    let builds = found("auto", root.path(), &template).unwrap();
    let runtime = stack.functions[0].runtime.as_ref().unwrap();
    let runtime = runtime.known_value().unwrap().clone();
    // Whatever starts it: no interpreter is needed here.
    let command = toml::from_str::<BTreeMap<String, rehearsal_deployment::rehearsal::Runtime>>(
        &format!("\"{runtime}\" = {{ command = [\"/bin/true\"] }}"),
    );
    let settings = command.unwrap();
    let mut runtimes = programs::Runtimes::new(&settings, root.path());
    let (_, without) = runtimes.programs(&builds, &stack, root.path());
    assert!(without.is_empty());
    let notes = runtimes.notes.iter();
    let notes: Vec<_> = notes.map(|note| (note.kind, note.why.as_str())).collect();
    assert_eq!(
        notes,
        [
            (
                NotRehearsedKind::WithoutExtensions,
                "its external extensions do not run: agent"
            ),
            (
                NotRehearsedKind::WithoutWrapper,
                "its wrapper script does not run: AWS_LAMBDA_EXEC_WRAPPER is /opt/wrap"
            ),
        ]
    );
}
