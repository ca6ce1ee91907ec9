//! What `rehearse odds` says of a rehearsal file or a template: to people, to programs, and where it is asked wrongly.

use serde_json::Value;
use workspace_tests::Printed;

const TEMPLATE: &str = "tests/gates/metric-math.yaml";

/// What is printed with more arguments, in few rollouts unless they say otherwise.
fn odds(arguments: &[&str]) -> Printed {
    Printed::odds(&[&["--seeds", "60"], arguments].concat())
}

fn json(arguments: &[&str]) -> Value {
    let (code, json) = Printed::odds_json(&[&["--seeds", "60"], arguments].concat());
    assert_eq!(code, Some(0));
    json
}

#[test]
fn a_template_alone_has_odds_in_eighty_columns() {
    let printed = odds(&["template.yaml"]);
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
    for line in printed.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(
        printed.stdout.contains("gates judged: "),
        "{}",
        printed.stdout
    );
    assert!(printed.stdout.contains("Linear10PercentEvery10Minutes"));
}

#[test]
fn the_same_seeds_give_the_same_odds_on_any_number_of_threads() {
    let on = |jobs| {
        let arguments = [
            "tests/rehearsals/healthy.toml",
            "--requests-per-minute",
            "20",
            "--jobs",
            jobs,
        ];
        json(&arguments)
    };
    assert_eq!(on("1"), on("3"));
}

#[test]
fn a_case_is_the_same_whatever_else_is_asked() {
    let cell = |arguments: &[&str]| {
        let json = json(&[&["tests/rehearsals/healthy.toml"], arguments].concat());
        let cells = json["cells"].as_array().cloned().unwrap_or_default();
        let is_it = |cell: &Value| {
            cell["preference"] == "Canary10Percent5Minutes"
                && cell["requests_per_minute"] == 60
                && cell["error_rate"] == 0.2
        };
        cells.into_iter().find(is_it).expect("it is asked for")
    };
    let alone = cell(&[
        "--preferences",
        "Canary10Percent5Minutes",
        "--requests-per-minute",
        "60",
        "--error-rates",
        "20%",
    ]);
    assert_eq!(alone, cell(&["--requests-per-minute", "6,60"]));
    assert_eq!(alone["seeds"], 60);
}

#[test]
fn more_errors_more_traffic_and_more_time_catch_more() {
    let json = json(&[
        TEMPLATE,
        "--requests-per-minute",
        "600",
        "--error-rates",
        "0%,100%",
    ]);
    for cell in json["cells"].as_array().expect("it is a list") {
        let at_once = cell["preference"] == "AllAtOnce";
        let caught = if cell["error_rate"] == 1.0 && !at_once {
            60
        } else {
            0
        };
        assert_eq!(cell["caught"], caught, "{cell}");
        if caught > 0 {
            assert!(cell["minutes_to_rollback"]["median"].is_number(), "{cell}");
        } else {
            assert_eq!(cell["minutes_to_rollback"], Value::Null, "{cell}");
        }
    }
}

#[test]
fn what_is_asked_wrongly_is_said_with_what_to_write() {
    #[rustfmt::skip] // A table.
    let cases = [
        (&["template.yaml", "--error-rates", "5"][..], "write 5% or 0.05"),
        (&["template.yaml", "--error-rates", "101%"], "from 0 to 100%"),
        (&["template.yaml", "--error-rates", "5%,5%"], "there twice"),
        (&["template.yaml", "--requests-per-minute", "0"], "1 to 100000"),
        (&["template.yaml", "--fault", "crash"], "possible values: error, status, delay"),
        (&["template.yaml", "--fault", "delay"], "--delay-ms 3000"),
        (&["template.yaml", "--delay-ms", "10"], "add --fault delay"),
        (&["template.yaml", "--preferences", "Canary10Percent5Minute"], "did you mean Canary10Percent5Minutes?"),
        (&["template.yaml", "--function", "Contact"], "did you mean Contacts?"),
        (&["template.yaml", "--jobs", "0"], "0 is not in 1..=256"),
        (
            &[TWO, "--svg", "target/of-two.svg"],
            "name one of these by --function: Orders, Billing",
        ),
        (&["tests/gates/no-such.yaml"], "no-such.yaml"),
    ];
    for (arguments, says) in cases {
        let printed = odds(arguments);
        assert_eq!(printed.code, Some(2), "{arguments:?}");
        assert_eq!(printed.stdout, "", "{arguments:?}");
        assert!(
            printed.stderr.contains(says),
            "{arguments:?}: {}",
            printed.stderr
        );
    }
}

/// Two deployments, one of them behind an API and with alarms.
const TWO: &str = "tests/plan/new.yaml";

#[test]
fn of_several_deployments_each_has_the_odds_that_it_has_alone() {
    let few = [TWO, "--requests-per-minute", "6", "--error-rates", "50%"];
    let mut both = json(&few);
    let others = both["others"].take();
    both["others"] = Value::Array(Vec::new());
    let alone = |function| json(&[&few[..], &["--function", function]].concat());
    assert_eq!(both, alone("Orders"));
    assert_eq!(others.as_array().map(Vec::len), Some(1));
    assert_eq!(others[0], alone("Billing"));

    let printed = odds(&few);
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
    let text = &printed.stdout;
    assert!(text.starts_with("new: Orders:live, "), "{text}");
    let (_, last) = text
        .split_once("\nnew: Billing:live, ")
        .expect("it is the second");
    let (_, short) = last
        .split_once("\nnew: 2 deployments, each rolled out alone\n- Orders: ")
        .expect("what to take away comes last");
    assert!(short.contains("\n- Billing: no gate"), "{short}");
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn a_deployment_without_odds_is_named_beside_those_that_have_some_and_a_failure_alone() {
    let few = [TWO, "--requests-per-minute", "6", "--error-rates", "50%"];
    for (more, why) in [
        (["--fault", "status"], "no live request reaches Billing"),
        (["--alarms", "OrdersFail"], "none of --alarms gates"),
    ] {
        let both = json(&[&few[..], &more].concat());
        assert_eq!(both["function"], "Orders");
        let without = &both["without_odds"][0];
        assert_eq!(without["function"], "Billing");
        let reason = without["why"].as_str().expect("a reason is text");
        assert!(reason.contains(why), "{reason}");
        let text = odds(&[&few[..], &more].concat()).stdout;
        assert!(text.contains("\n- Billing: no odds: "), "{text}");

        let alone = odds(&[&few[..], &more, &["--function", "Billing"]].concat());
        assert_eq!((alone.code, alone.stdout.as_str()), (Some(2), ""));
    }
}

#[test]
fn there_is_at_least_one_rollout() {
    let printed = Printed::odds(&["template.yaml", "--seeds", "0"]);
    assert_eq!(printed.code, Some(2));
    assert!(
        printed.stderr.contains("0 is not in 1..=100000"),
        "{printed}"
    );
}

#[test]
fn a_gate_that_no_rehearsal_can_judge_is_named_in_a_line_of_its_own() {
    let printed = odds(&[
        "tests/gates/unmodelled-metric.yaml",
        "--preferences",
        "AllAtOnce",
    ]);
    assert_eq!(printed.code, Some(0), "{printed}");
    let line = "gate NOT judged: Behind (line 11): a rehearsal sends no IteratorAge of Lambda";
    assert!(printed.stdout.contains(line), "{printed}");
}

#[test]
fn a_page_is_written_where_it_is_asked_for_and_said() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("odds.html");
    let printed = odds(&[
        "template.yaml",
        "--html",
        path.to_str().expect("it is UTF-8"),
    ]);
    assert_eq!(printed.code, Some(0), "{printed}");
    assert!(printed.stdout.contains("Page: "), "{printed}");
    let page = std::fs::read_to_string(path).expect("it is there");
    assert!(page.contains("Linear10PercentEvery10Minutes") && page.contains("class=\"sentence\""));
}

#[test]
fn deployments_that_have_the_same_odds_are_printed_once() {
    let function = |name: &str, metric: &str| {
        format!(
            "  {name}:\n    Type: AWS::Serverless::Function\n    Properties: {{Runtime: nodejs22.x, Handler: i.h, InlineCode: x, AutoPublishAlias: live, DeploymentPreference: {{Type: Canary10Percent5Minutes, Alarms: [!Ref {name}Fails]}}}}\n  {name}Fails:\n    Type: AWS::CloudWatch::Alarm\n    Properties: {{Namespace: AWS/Lambda, MetricName: {metric}, Dimensions: [{{Name: FunctionName, Value: !Ref {name}}}], Statistic: Sum, Period: 60, EvaluationPeriods: 1, Threshold: 2, ComparisonOperator: GreaterThanOrEqualToThreshold, TreatMissingData: notBreaching}}\n"
        )
    };
    let resources = [
        function("Orders", "Errors"),
        function("Slow", "Throttles"),
        function("BillingOfOrders", "Errors"),
    ];
    let folder = tempfile::tempdir().expect("there is room");
    let template = folder.path().join("three.yaml");
    let text = format!(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n{}",
        resources.concat()
    );
    std::fs::write(&template, text).expect("there is room");
    let template = template.to_str().expect("it is UTF-8");
    let few = [
        template,
        "--requests-per-minute",
        "6",
        "--error-rates",
        "50%",
    ];
    let text = odds(&few).stdout;
    let titles: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("three: ") && line.contains(":live, "))
        .collect();
    assert_eq!(
        titles,
        [
            "three: Orders:live, Canary10Percent5Minutes",
            "three: Slow:live, Canary10Percent5Minutes"
        ],
        "{text}"
    );
    let (first, second) = text.split_once("\nthree: Slow").expect("it is printed");
    assert!(
        first.ends_with("\n\nThe same holds for this deployment, with its own gates:\n- BillingOfOrders:live: BillingOfOrdersFails\n"),
        "{first}"
    );
    assert!(second.contains("\n- Orders, BillingOfOrders: "), "{second}");
}
