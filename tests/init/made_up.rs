//! What `rehearse init` makes up, and what it does not.

use workspace_tests::printed::in_one_line;

use crate::project::{SHIFTS, function, project, rehearse, sam};

#[test]
fn a_template_is_run_without_a_file_and_the_verdict_names_what_was_made_up() {
    let named = "      FunctionName: !Sub '${Stage}-${Group}-orders'\n      Environment: {Variables: {KEY: !ImportValue key, POOL: !Ref Pool}}\n";
    let pool = "  Pool: {Type: AWS::Cognito::UserPool}\n";
    let parameters = "Parameters: {Stage: {Type: String}, Group: {Type: String}}\n";
    let folder = project(&sam(
        parameters,
        &[&function("Orders", &[SHIFTS, named].concat()), pool].concat(),
    ));
    let given = ["run", "template.yaml", "--parameter", "Group=ours"];
    let (code, output) = rehearse(folder.path(), &given);
    assert_eq!(code, Some(0), "{output}");
    let words = in_one_line(&output);
    assert!(
        words.contains("made up: parameter Stage, import key, variable POOL of Orders"),
        "{output}"
    );
    assert!(
        words.contains("as `rehearse init template.yaml` writes it"),
        "{output}"
    );
    assert!(!folder.path().join("rehearsal.toml").exists());
    let (code, output) = rehearse(
        folder.path(),
        &["odds", "template.yaml", "--parameter", "Group=ours"],
    );
    assert_eq!(code, Some(0), "{output}");
    let words = in_one_line(&output);
    assert!(
        words.contains("made up, for none was given: parameter Stage"),
        "{output}"
    );
    // In the file they are named until they are changed, or given; what is taken out is not set.
    let (code, output) = rehearse(folder.path(), &["init", "template.yaml"]);
    assert_eq!(code, Some(0), "{output}");
    let path = folder.path().join("rehearsal.toml");
    let text = std::fs::read_to_string(&path).expect("the file is written");
    let without = text.replace("POOL = \"rehearsal\"\n", "");
    assert_ne!(without, text);
    let changed = without.replacen("key = \"rehearsal\"", "key = \"ours\"", 1);
    std::fs::write(path, changed).expect("it can be written");
    let given = ["run", "rehearsal.toml", "--parameter", "Group=ours"];
    let (code, output) = rehearse(folder.path(), &given);
    assert_eq!(code, Some(0), "{output}");
    let words = in_one_line(&output);
    assert!(
        words.contains("✓ Succeeded; made up: parameter Stage, the version that runs (today's code); not set: POOL of Orders"),
        "{output}"
    );
}

#[test]
fn a_value_that_is_not_to_be_shown_is_not_written() {
    let parameters = "Parameters:\n  Key: {Type: String, NoEcho: true, AllowedPattern: '[a-z0-9]+'}\n  Stage: {Type: String}\n";
    let own = "      Environment: {Variables: {KEY: !Ref Key}}\n";
    let template = sam(parameters, &function("Orders", &[SHIFTS, own].concat()));
    let folder = project(&template);
    let given = [
        "init",
        "template.yaml",
        "--parameter",
        "Key=hunter2",
        "--parameter",
        "Stage=prod",
    ];
    let (code, output) = rehearse(folder.path(), &given);
    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("--parameter Key=VALUE"), "{output}");
    let text =
        std::fs::read_to_string(folder.path().join("rehearsal.toml")).expect("it is written");
    assert!(
        !text.contains("hunter2") && !output.contains("hunter2"),
        "{text}{output}"
    );
    assert!(
        text.contains("Stage = \"prod\"") && text.contains("Key = \"rehearsal\"  # NoEcho"),
        "{text}"
    );
}

#[test]
fn a_value_that_is_not_to_be_shown_and_cannot_be_made_up_is_refused_with_what_to_do() {
    let parameters =
        "Parameters:\n  Key: {Type: String, NoEcho: true, AllowedPattern: 'key-[xyz]{7}'}\n";
    let template = sam(parameters, &function("Orders", SHIFTS));
    let folder = project(&template);
    let given = ["init", "template.yaml", "--parameter", "Key=key-xyzzyxy"];
    let (code, output) = rehearse(folder.path(), &given);
    assert_eq!(code, Some(2), "{output}");
    assert!(output.contains("leave --parameter Key out"), "{output}");
    assert!(!output.contains("key-xyzzyxy"), "{output}");
    assert!(!folder.path().join("rehearsal.toml").exists());
}

#[test]
fn a_value_that_is_made_up_for_a_configuration_is_made_up_for_nothing_else() {
    let shifts = SHIFTS.replace("Linear10PercentEvery1Minute", "!Ref Pace");
    let template = format!(
        "Transform: AWS::Serverless-2016-10-31\nParameters:\n  Parent: {{Type: String}}\n  Pace: {{Type: String}}\n  MemorySize: {{Type: Number}}\nResources:\n{}",
        function(
            "Orders",
            &format!(
                "      FunctionName: !Sub '${{Parent}}-orders'\n      MemorySize: !Ref MemorySize\n{shifts}"
            )
        )
    );
    let folder = project(&template);
    let (code, said) = rehearse(folder.path(), &["run", "--quiet", "template.yaml"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("parameter Pace"), "{said}");
}

#[test]
fn what_is_made_up_of_keys_of_mappings_is_one_that_they_have() {
    let mappings = "Mappings:
  Accounts: {'210987654321': {Size: 256}, '310987654321': {Size: 128}}
  Regions: {eu-west-2: {Size: 256}}
  Stages: {dev: {Size: 256}, build: {Size: 128}, prod: {Size: 128}}
  Seconds: {orders: {prod: 5}}
Parameters:
  Stage: {Type: String}
  Team: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /team}
";
    let found = "      MemorySize: !FindInMap [Stages, !Ref Stage, Size]
      Timeout: !FindInMap [Seconds, !Ref Team, !Ref Stage]
      ReservedConcurrentExecutions: !FindInMap [Accounts, !Ref AWS::AccountId, Size]
      Description: !Sub ['${Size}', {Size: !FindInMap [Regions, !Ref AWS::Region, Size]}]
";
    let folder = project(&sam(
        mappings,
        &function("Orders", &[SHIFTS, found].concat()),
    ));
    let (code, output) = rehearse(folder.path(), &["run", "--quiet", "template.yaml"]);
    assert_eq!(code, Some(0), "{output}");
    let words = in_one_line(&output);
    assert!(
        words.contains(
            "made up: account 210987654321, region eu-west-2, parameter Stage, parameter Team"
        ),
        "{output}"
    );
    let (code, output) = rehearse(
        folder.path(),
        &["init", "template.yaml", "--account", "310987654321"],
    );
    assert_eq!(code, Some(0), "{output}");
    let text =
        std::fs::read_to_string(folder.path().join("rehearsal.toml")).expect("it is written");
    for line in [
        "account = \"310987654321\"\n",
        "region = \"eu-west-2\"  # made up: one that the template's mappings know\n",
        "Stage = \"prod\"\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn a_value_that_is_made_up_is_another_where_aws_refuses_the_first() {
    let parameters = "Parameters:\n  Boundary: {Type: String}\n  Name: {Type: String}\nRules:\n  Named:\n    Assertions: [{Assert: !Not [!Equals [!Ref Name, unnamed]]}]\n";
    let bounded = "      PermissionsBoundary: !Ref Boundary\n      Description: !Ref Name\n";
    let template = sam(parameters, &function("Orders", &[SHIFTS, bounded].concat()));
    let folder = project(&template);
    let (code, output) = rehearse(folder.path(), &["init", "template.yaml"]);
    assert_eq!(code, Some(0), "{output}");
    let path = folder.path().join("rehearsal.toml");
    let text = std::fs::read_to_string(&path).expect("it is written");
    assert!(text.contains("Boundary = \"arn:aws:"), "{text}");
    assert!(text.contains("Name = \"rehearsal\""), "{text}");
    let (code, output) = rehearse(folder.path(), &["run", "rehearsal.toml"]);
    assert_eq!(code, Some(0), "{output}");
    // A rule that is broken keeps the update from beginning.
    let given = ["run", "template.yaml", "--parameter", "Name=unnamed"];
    let (code, output) = rehearse(folder.path(), &given);
    assert_eq!(code, Some(2), "{output}");
    assert!(
        output.contains("the rule `Named` refuses the parameters"),
        "{output}"
    );
    let given = ["plan", "template.yaml", "--parameter", "Name=unnamed"];
    let (_, output) = rehearse(folder.path(), &given);
    assert!(output.contains("the rule `Named` refuses the"), "{output}");
}

#[test]
fn what_other_stacks_have_of_a_deployment_is_made_up_and_named_unless_it_is_a_slip() {
    let named = |hook: &str| {
        let shifts = format!("{{Type: team-pace, Hooks: {{PreTraffic: {hook}}}}}\n");
        let shifts = SHIFTS.replace("{Type: Linear10PercentEvery1Minute}\n", &shifts);
        project(&sam("", &function("Orders", &shifts)))
    };
    let folder = named("CodeDeployHook_team");
    let (code, said) = rehearse(folder.path(), &["run", "--quiet", "template.yaml"]);
    assert_eq!(code, Some(0), "{said}");
    let verdict =
        "a stub stood for CodeDeployHook_team; made up: deployment configuration team-pace";
    let words = in_one_line(&said);
    assert!(words.contains(verdict), "{said}");
    let (code, said) = rehearse(named("Order").path(), &["run", "template.yaml"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("did you mean `!Ref Orders`?"), "{said}");
}
