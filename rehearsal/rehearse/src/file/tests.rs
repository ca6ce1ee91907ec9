//! What is read of a rehearsal file, and what is refused at which place.

use super::*;

const GOOD: &str = r#"
template = "../../template.yaml"
seed = 7
[parameters]
DeploymentPreference = "Canary10Percent5Minutes"
[builds]
old = "cargo"
new = "cargo"
[traffic]
requests_per_minute = 60
minutes_before = 1
minutes_after = 2
[[traffic.request]]
weight = 3
method = "GET"
path = "/contacts"
[[traffic.request]]
method = "POST"
path = "/contacts"
body = { name = "Ada" }
expect_status = 201
[[fault]]
function = "Contacts"
version = "new"
callers = "traffic"
kind = "error"
rate = 0.2
from_minute = 1
[expect]
outcome = "Stopped"
error_code = "ALARM_ACTIVE"
alarm = "VersionErrors"
new_version_served = { at_most = 40 }
last_minute_served_by = "old"
"#;

fn parse(text: &str) -> Result<RehearsalFile, FileError> {
    RehearsalFile::parse(Path::new("tests/rehearsals/example.toml"), text.to_owned())
}

#[test]
fn a_file_that_is_no_toml_says_what_is_by_its_ending() {
    let help = |name: &str| {
        let error = RehearsalFile::parse(Path::new(name), "# Orders\n\nWords".to_owned());
        error.unwrap_err().help().map(|help| help.to_string())
    };
    let said = help("README.md").unwrap();
    assert!(said.contains("a template is named .yaml"), "{said}");
    assert_eq!(help("orders.toml"), None);
}

#[test]
fn a_file_of_another_tool_is_named_as_what_it_is() {
    let refused = |text: &str| match parse(text).unwrap_err() {
        FileError::Wrong { message, help, .. } => {
            format!("{message}; {}", help.unwrap_or_default())
        }
        other => panic!("{other:?}"),
    };
    let of_sam = "version = 0.1\n[default.deploy.parameters]\nstack_name = 's'\n";
    assert_eq!(
        refused(of_sam),
        "this is a samconfig file of SAM's, and no rehearsal file; it goes beside a template: rehearse run TEMPLATE --samconfig FILE"
    );
    let of_cargo = refused("[package]\nname = 'f'\n");
    assert!(
        of_cargo.starts_with("this is a manifest of Cargo's"),
        "{of_cargo}"
    );
    let misspelt = refused(&GOOD.replace("seed", "sede"));
    assert!(misspelt.starts_with("unknown field `sede`"), "{misspelt}");
}

#[test]
fn every_key_of_the_format_is_read() {
    let file = parse(GOOD).unwrap();
    assert_eq!(file.name, "example");
    assert_eq!(file.rehearsal.traffic.requests.len(), 2);
    assert_eq!(
        file.rehearsal.expect.alarm.as_deref(),
        Some("VersionErrors")
    );
    assert_eq!(
        file.template(),
        Path::new("tests/rehearsals/../../template.yaml")
    );
}

#[test]
fn a_misspelt_key_gets_its_place_and_a_suggestion() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("requests_per_minute", "request_per_minute", "requests_per_minute"),
        ("last_minute_served_by", "last_minute_serve_by", "last_minute_served_by"),
        ("from_minute", "form_minute", "from_minute"),
        ("seed", "sead", "seed"),
    ];
    for (good, bad, help) in cases {
        let text = GOOD.replace(good, bad);
        let error = parse(&text).unwrap_err();
        let FileError::Wrong {
            at: Some(at),
            help: Some(suggested),
            ..
        } = &error
        else {
            panic!("{error:?}")
        };
        assert_eq!(&text[at.offset()..at.offset() + at.len()], bad);
        assert_eq!(suggested, &format!("did you mean `{help}`?"));
    }
}

#[test]
fn a_fault_that_makes_no_sense_is_shown_at_its_header() {
    let text = GOOD.replace("rate = 0.2", "rate = 1.2");
    let FileError::Wrong {
        at: Some(at),
        message,
        ..
    } = parse(&text).unwrap_err()
    else {
        panic!()
    };
    assert_eq!(at.offset(), text.find("[[fault]]").unwrap());
    assert!(message.contains("rate"));
}

#[test]
fn values_of_the_wrong_kind_are_refused_at_their_place() {
    for (good, bad) in [
        ("seed = 7", "seed = \"x\""),
        ("outcome = \"Stopped\"", "outcome = \"Exploded\""),
    ] {
        let FileError::Wrong { at, .. } = parse(&GOOD.replace(good, bad)).unwrap_err() else {
            panic!()
        };
        assert!(at.is_some(), "{bad}");
    }
}

#[test]
fn traffic_without_a_request_is_refused() {
    let text = GOOD.replace(
        "[[traffic.request]]\nweight = 3\nmethod = \"GET\"\npath = \"/contacts\"\n",
        "",
    );
    let text = text.replace(
        "[[traffic.request]]\nmethod",
        "[[traffic.request]]\nweight = 0\nmethod",
    );
    assert!(
        matches!(parse(&text).unwrap_err(), FileError::Wrong { message, .. } if message.contains("no request"))
    );
}

#[test]
fn a_file_says_where_old_code_is_until_the_command_line_names_another() {
    let with = |old: &str| parse(&GOOD.replace("old = \"cargo\"", &format!("old = {old:?}")));
    let says = |old: &str| with(old).unwrap().says_where_live_code_is();
    let beside_git = |old: &str| {
        let text = GOOD.replace("old = \"cargo\"", &format!("old = {old:?}"));
        let file = parse(&format!("{text}[live]\ngit = \"v1\"\n")).unwrap();
        file.says_where_live_code_is()
    };
    assert!(!says("auto") && !beside_git("auto"));
    assert!(beside_git("kept") && beside_git("stub"));
    // Beside a template there is one build of each, which is today's.
    for one in ["source", "sam", "cargo", "cdk"] {
        assert!(says(one) && !beside_git(one), "{one}");
    }
    let mut file = with("kept").unwrap();
    file.builds_are_at("sam");
    assert!(!file.says_where_live_code_is());
    for (old, left) in [("kept", "auto"), ("stub", "stub"), ("sam", "sam")] {
        let mut file = with(old).unwrap();
        file.live_is_of(&LiveOptions {
            git: Some("v1".to_owned()),
            ..LiveOptions::default()
        });
        assert!(!file.says_where_live_code_is());
        // A folder that was kept is of what the file names.
        assert_eq!(file.rehearsal.builds.old, left);
    }
}
