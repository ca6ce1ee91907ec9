//! What `preference-ignored` tells apart. SAM's translator is the judge: each row is what it makes of such a preference.

use crate::common::deployments::{REPORTS, alarm, assert_warned, hook, orders, warned, warning};
use crate::common::stack_with;
use rehearsal_template::Inputs;

#[test]
fn a_preference_is_on_unless_sam_reads_false() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("true", None),
        ("'True'", None),
        ("'yes'", None),
        ("1", None),
        ("!Ref Stage", Some("`Enabled` is `beta`, text")),
        ("IsProduction", Some("`Enabled` is `IsProduction`, a condition's name")),
        ("'no'", Some("`Enabled` is `no`, text")),
        ("'FALSE'", Some("`Enabled` is `FALSE`, text")),
        ("!If [IsProduction, true, false]", Some("`Enabled` is a `Fn::If`")),
        ("!Equals [!Ref Stage, beta]", Some("`Enabled` is a `Fn::Equals`")),
        ("!Ref Hook", Some("`Enabled` is `!Ref Hook`, which is no parameter")),
        ("!Ref AWS::NoValue", None),
        ("{Condition: IsProduction}", Some("`Enabled` is a map")),
    ];
    for (enabled, expected) in cases {
        let preference =
            format!("Enabled: {enabled}, Type: Canary10Percent5Minutes, Alarms: [shared]");
        let template = orders(&preference, &hook(REPORTS));
        let begins = format!(
            "preference-ignored: Orders: {}",
            expected.unwrap_or_default()
        );
        assert_warned(&template, &begins, expected);
    }
    for off in ["false", "'false'", "'False'", "''", "0", "null"] {
        assert_eq!(
            warned(&orders(&format!("Enabled: {off}, Type: AllAtOnce"), "")),
            [""; 0],
            "{off}"
        );
    }
}

#[test]
fn what_sam_drops_of_a_preference_is_told_what_was_meant() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("Alarm: [shared]", "SAM drops `Alarm`", "did you mean `Alarms`?"),
        ("PreTraffic: !Ref Hook", "SAM drops `PreTraffic`", "`PreTraffic` belongs into `Hooks`"),
        ("Owner: me", "SAM drops `Owner`", "SAM reads Alarms, Enabled, "),
        ("Hooks: {PreTrafficHook: !Ref Hook}", "SAM drops the hook `PreTrafficHook`", "did you mean `PreTraffic`?"),
        ("Hooks: {AfterAllowTraffic: !Ref Hook}", "SAM drops the hook `AfterAllowTraffic`", "did you mean `PostTraffic`?"),
        ("Hooks: {Test: !Ref Hook}", "SAM drops the hook `Test`", "the hooks are `PreTraffic` and `PostTraffic`"),
        (
            "Hooks: !If [IsProduction, {PreTraffic: !Ref Hook}, !Ref AWS::NoValue]",
            "`Hooks` is a `Fn::If`",
            "put the function into `PreTraffic`",
        ),
    ];
    for (part, line, help) in cases {
        let preference = format!("Type: Canary10Percent5Minutes, Alarms: [shared], {part}");
        let text = warning(&orders(&preference, &hook(REPORTS)));
        assert!(
            text.starts_with(&format!("preference-ignored: Orders: {line}")),
            "{text}"
        );
        assert!(text.contains(help), "{text}");
    }
    let without = "Type: Canary10Percent5Minutes, Alarms: [shared], Hooks: !Ref AWS::NoValue";
    assert_eq!(warned(&orders(without, "")), [""; 0]);
}

#[test]
fn a_preference_of_globals_is_warned_of_once() {
    let global = "  Items: {Type: AWS::Serverless::Function, Properties: {AutoPublishAlias: live}}
";
    let template = orders("Alarms: [other]", global).replace(
        "CodeUri: build}",
        "CodeUri: build, DeploymentPreference: {Type: Canary10Percent5Minutes, Alarms: [shared], Hook: x}}",
    );
    assert_eq!(warned(&template), ["preference-ignored"]);
}

#[test]
fn an_alarm_of_globals_that_the_function_names_again_is_there_twice() {
    let template = orders("Alarms: [shared]", "").replace(
        "CodeUri: build}",
        "CodeUri: build, DeploymentPreference: {Type: Canary10Percent5Minutes, Alarms: [shared]}}",
    );
    let text = warning(&template);
    assert!(
        text.starts_with("preference-ignored: Orders: the alarm `shared` is there twice"),
        "{text}"
    );
}

#[test]
fn a_list_of_alarms_that_codedeploy_refuses_is_warned_of() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("[shared, shared]", Some("the alarm `shared` is there twice")),
        ("[!Ref Errors, shop-Errors]", Some("the alarm `shop-Errors` is there twice")),
        ("[shared, !If [IsProduction, other, !Ref AWS::NoValue]]", Some("with these parameters it is an alarm without a name")),
        ("[!Ref AWS::NoValue, shared]", Some("SAM takes a list that begins with `AWS::NoValue` for an empty one")),
        ("!If [IsProduction, [shared, shared], [shared]]", None),
        ("[shared, !ImportValue other, !ImportValue other]", None),
    ];
    for (alarms, expected) in cases {
        let template = orders(
            &format!("Type: Canary10Percent5Minutes, Alarms: {alarms}"),
            &alarm(""),
        );
        let stack = stack_with(&template, &Inputs::new("shop"));
        let found: Vec<_> = stack
            .diagnostics
            .iter()
            .filter(|found| found.code == "preference-ignored")
            .collect();
        assert_eq!(
            found.len(),
            usize::from(expected.is_some()),
            "{alarms}: {found:#?}"
        );
        if let (Some(found), Some(expected)) = (found.first(), expected) {
            assert!(found.message.starts_with(expected), "{}", found.message);
        }
    }
}
