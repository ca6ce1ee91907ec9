//! Plans of whole templates.

use std::collections::BTreeSet;

use rehearsal_template::{Inputs, Stack, read_str};

use super::*;
use crate::Rehearsal;
use crate::gate_inputs::Given;
use crate::revision::Revision;

/// The stack that runs, and the same as the update leaves it.
fn stacks(template: &str) -> (Stack, Stack) {
    let inputs = Inputs::new("shop");
    let old = read_str("template.yaml", template, &inputs).unwrap();
    let functions = old
        .aliases
        .iter()
        .filter_map(|alias| alias.function.known_value());
    let inputs = functions.fold(inputs, |inputs, function| inputs.version(function, 2));
    let new = read_str("template.yaml", template, &inputs).unwrap();
    (old, new)
}

/// A rehearsal without traffic.
fn rehearsal() -> Rehearsal {
    toml::from_str("template = \"template.yaml\"\n[traffic]\nrequests_per_minute = 0\n").unwrap()
}

fn errors(result: Result<impl Sized, Vec<PlanError>>) -> Vec<String> {
    let errors = result.err().expect("it is refused");
    errors.iter().map(ToString::to_string).collect()
}

const SHOP: &str = "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: provided.al2023
    Handler: bootstrap
    CodeUri: s3://code/shop.zip
    AutoPublishAlias: live
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      DeploymentPreference: {Type: Canary10Percent5Minutes}
  Invoices:
    Type: AWS::Serverless::Function
    Properties:
      DeploymentPreference: {Type: AllAtOnce}
      Environment: {Variables: {ORDERS: !Ref Orders.Alias}}
  Mailer:
    Type: AWS::Serverless::Function
  Report:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.13, AutoPublishAlias: daily}
";

#[test]
fn a_function_that_refers_to_anothers_alias_waits_for_its_deployment() {
    let (old, new) = stacks(SHOP);
    let plan = Draft::new(&old, &new, Given::default()).unwrap();
    let plan = plan.plan(&rehearsal(), &[]).unwrap();
    let index = |function: &str| {
        let index = plan.deployments.iter().position(|d| d.function == function);
        index.expect("it is deployed")
    };
    let orders: BTreeSet<usize> = [index("Orders")].into();
    assert_eq!(plan.waits_for.get("Invoices"), Some(&orders));
    assert_eq!(plan.waits_for.get("InvoicesAliaslive"), Some(&orders));
    assert_eq!(plan.waits_for.get("Orders"), None);
    assert_eq!(plan.waits_for.get("MailerAliaslive"), None);
}

#[test]
fn a_function_may_recur_where_its_template_allows_it() {
    let allowed = "Canary10Percent5Minutes}\n      RecursiveLoop: Allow";
    let (old, new) = stacks(&SHOP.replace("Canary10Percent5Minutes}", allowed));
    let plan = Draft::new(&old, &new, Given::default()).unwrap();
    let plan = plan.plan(&rehearsal(), &[]).unwrap();
    let may_recur = |function: &str| {
        let function = plan.functions[function].of(Revision::After);
        function.is_some_and(|function| function.may_recur)
    };
    assert!(may_recur("Orders") && !may_recur("Invoices"));
}

#[test]
fn an_alias_without_a_preference_is_plain() {
    let (old, new) = stacks(SHOP);
    let draft = Draft::new(&old, &new, Given::default()).unwrap();
    let deployed: Vec<_> = draft
        .deployments()
        .iter()
        .map(|d| d.function.as_str())
        .collect();
    assert_eq!(deployed, ["Orders", "Invoices"]);
    let plan = draft.plan(&rehearsal(), &[]).unwrap();
    let mailer = plan.aliases.iter().find(|alias| alias.function == "Mailer");
    let mailer = mailer.expect("its alias is known");
    assert_eq!(
        (
            mailer.name.as_str(),
            mailer.version(Revision::Before),
            mailer.version(Revision::After)
        ),
        ("live", Some("1"), Some("2"))
    );
}

#[test]
fn a_direct_request_goes_to_the_alias_that_is_deployed() {
    let (old, new) = stacks(SHOP);
    let draft = Draft::new(&old, &new, Given::default()).unwrap();
    let qualifier = |function: &str, asked: Option<&str>| {
        draft
            .target(function, asked, None)
            .map(|target| target.qualifier)
    };
    let of = |text: &str| Ok(Some(text.to_owned()));
    assert_eq!(qualifier("Orders", None), of("live"));
    assert_eq!(qualifier("Orders", Some("$LATEST")), of("$LATEST"));
    assert_eq!(qualifier("Orders", Some("2")), of("2"));
    assert_eq!(qualifier("Mailer", None), Ok(None));
    assert_eq!(qualifier("Mailer", Some("live")), of("live"));
    for (function, asked, wrong, candidate) in [
        ("Order", None, "Order", "Orders"),
        ("Orders", Some("lively"), "lively", "live"),
        ("Orders", Some("7"), "7", "live"),
    ] {
        let error = qualifier(function, asked).expect_err("there is none");
        assert!(error.to_string().contains(wrong), "{error}");
        let (asked, there) = error.wanted_and_there();
        assert_eq!(asked, wrong);
        assert!(there.iter().any(|name| name == candidate), "{there:?}");
    }
}

#[test]
fn a_function_is_planned_whatever_its_runtime_and_named_where_nothing_leads_to_it() {
    let (old, new) = stacks(&SHOP.replace("provided.al2023", "java21"));
    let draft = Draft::new(&old, &new, Given::default()).unwrap();
    let to_report = draft.target("Report", Some("daily"), None).unwrap();
    let plan = draft.plan(&rehearsal(), &[to_report]).unwrap();
    let why = |id: &str| {
        let left_out = plan
            .not_rehearsed
            .iter()
            .filter(|left_out| left_out.logical_id == id);
        left_out
            .map(|left_out| left_out.why.as_str())
            .collect::<Vec<_>>()
            .join("; ")
    };
    assert!(plan.functions.contains_key("Orders") && plan.functions.contains_key("Report"));
    assert!(why("Mailer").contains("no deployment"), "{}", why("Mailer"));
    assert_eq!(why("Orders"), "");
}

#[test]
fn an_alias_on_a_fixed_version_has_nothing_to_shift() {
    let fixed = "
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties: {Runtime: provided.al2023, Handler: bootstrap, Role: arn:aws:iam::123456789012:role/r, Code: {S3Bucket: b, S3Key: k}}
  Live:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: !Ref Worker, Name: live, FunctionVersion: '7'}
    UpdatePolicy:
      CodeDeployLambdaAliasUpdate: {ApplicationName: !Ref Application, DeploymentGroupName: !Ref Group}
  Application:
    Type: AWS::CodeDeploy::Application
    Properties: {ComputePlatform: Lambda}
  Group:
    Type: AWS::CodeDeploy::DeploymentGroup
    Properties:
      ApplicationName: !Ref Application
      DeploymentConfigName: CodeDeployDefault.LambdaAllAtOnce
      ServiceRoleArn: arn:aws:iam::123456789012:role/r
";
    let (old, new) = stacks(fixed);
    let refused = errors(Draft::new(&old, &new, Given::default()));
    assert!(
        refused[0].contains("version 7 before the update and after it"),
        "{refused:?}"
    );
}

const URLS: &str = "
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: provided.al2023, Handler: b, AutoPublishAlias: live}}
Resources:
  Web:
    Type: AWS::Serverless::Function
    Properties:
      FunctionUrlConfig: {AuthType: NONE}
      DeploymentPreference: {Type: AllAtOnce}
      Events: {Get: {Type: HttpApi, Properties: {Path: /api, Method: get}}}
  Other:
    Type: AWS::Serverless::Function
    Properties: {FunctionUrlConfig: {AuthType: NONE}}
";

/// Where the one request of a rehearsal goes: its function, API and stage; or the first error.
fn target(template: &str, request: &str) -> Result<(String, String, String), String> {
    let (old, new) = stacks(template);
    let text = format!(
        "template = 't'\n[traffic]\nrequests_per_minute = 1\n[[traffic.request]]\nmethod = 'GET'\n{request}\n"
    );
    let rehearsal: Rehearsal = toml::from_str(&text).unwrap();
    let draft = Draft::new(&old, &new, Given::default()).unwrap();
    requests::targets(&draft, &rehearsal)
        .map(|targets| {
            let api = targets[0].api.clone().expect("it goes through one");
            (targets[0].function.clone(), api.api, api.stage)
        })
        .map_err(|errors| errors[0].to_string())
}

#[test]
fn a_function_url_gets_what_no_api_has_a_route_for_and_is_named_where_there_are_several() {
    let target = |request: &str| target(URLS, request);
    let through_api = target("path = '/api'").unwrap();
    assert_eq!(
        (through_api.0.as_str(), through_api.2.as_str()),
        ("Web", "$default")
    );
    assert_eq!(
        target("path = '/x'").unwrap_err(),
        "request 1: several function URLs take GET /x, so the request needs `function_url`: WebUrl, OtherUrl"
    );
    let named = target("path = '/api'\nfunction_url = 'OtherUrl'").unwrap();
    assert_eq!(
        named,
        (
            "Other".to_owned(),
            "shop-Other".to_owned(),
            "live".to_owned()
        )
    );
    assert_eq!(
        target("path = '/'\nfunction_url = 'Nope'").unwrap_err(),
        "request 1: the template has no function URL Nope that is known here"
    );
}

const TWO_APIS: &str = "
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: provided.al2023, Handler: b, AutoPublishAlias: live}}
Resources:
  Staged: {Type: AWS::Serverless::HttpApi, Properties: {StageName: prod}}
  Beta: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Staged, StageName: beta, AutoDeploy: true}}
  Web:
    Type: AWS::Serverless::Function
    Properties:
      DeploymentPreference: {Type: AllAtOnce}
      Events:
        Rest: {Type: Api, Properties: {Path: /both, Method: get}}
        Http: {Type: HttpApi, Properties: {Path: /both, Method: get, ApiId: !Ref Staged}}
        Own: {Type: HttpApi, Properties: {Path: /staged, Method: get, ApiId: !Ref Staged}}
";

#[test]
fn a_request_that_several_apis_or_stages_take_has_to_name_one() {
    let target = |request: &str| target(TWO_APIS, request).map(|(_, _, stage)| stage);
    #[rustfmt::skip] // A table.
    let cases = [
        (
            "path = '/both'",
            Err(
                "several stages take GET /both, so the request needs `stage`: StagedprodStage, Beta, ServerlessRestApiProdStage",
            ),
        ),
        ("path = '/staged'", Err("several stages take GET /staged, so the request needs `stage`: StagedprodStage, Beta")),
        ("path = '/both'\napi = 'ServerlessRestApi'", Ok("Prod")),
        ("path = '/both'\nstage = 'Beta'", Ok("beta")),
        ("path = '/staged'\napi = 'Staged'\nstage = 'StagedprodStage'", Ok("prod")),
        ("path = '/staged'\napi = 'ServerlessRestApi'", Err("no API of the template has a route for GET /staged")),
        ("path = '/staged'\napi = 'Stage'", Err("the template has no API Stage that is known here")),
        ("path = '/staged'\napi = 'ServerlessRestApi'\nstage = 'Beta'", Err("the template has no stage Beta that is known here")),
    ];
    for (request, what) in cases {
        let what = what
            .map(str::to_owned)
            .map_err(|error: &str| format!("request 1: {error}"));
        assert_eq!(target(request), what, "{request}");
    }
}

#[test]
fn a_configuration_of_aws_is_taken_by_its_whole_name_and_a_misspelt_one_is_refused_with_what_may_be_meant()
 {
    let with = |preference: &str| {
        let (old, new) = stacks(&SHOP.replace("Type: AllAtOnce", &format!("Type: {preference}")));
        Draft::new(&old, &new, Given::default()).map(|draft| {
            let deployments = draft.deployments().iter();
            let mut invoices = deployments.filter(|deployment| deployment.function == "Invoices");
            invoices.next().map(|deployment| deployment.shift.clone())
        })
    };
    let short = with("Canary10Percent5Minutes").unwrap();
    assert!(short.is_some());
    let whole = with("CodeDeployDefault.LambdaCanary10Percent5Minutes").unwrap();
    assert_eq!(whole, short);
    let misspelt = with("Canary10Percent5Minute").unwrap_err();
    let help = misspelt[0].help.as_deref();
    assert_eq!(help, Some("did you mean `Canary10Percent5Minutes`?"));
    // One that is like none that is known may be another stack's, and a file says how it shifts.
    let elsewhere = with("TenPercentForTwoHours").unwrap_err();
    let help = elsewhere[0].help.as_deref().unwrap();
    assert!(
        help.contains("[deployment_configs] \"TenPercentForTwoHours\" ="),
        "{help}"
    );
}

#[test]
fn a_gate_with_a_property_that_nothing_here_follows_is_refused_at_its_line() {
    let shop = SHOP.replace(
        "Canary10Percent5Minutes}",
        "Canary10Percent5Minutes, Alarms: [!Ref Slow]}",
    );
    let decided = |more: &str| {
        let template = format!(
            "{shop}  Slow:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Duration
      Dimensions: [{{Name: FunctionName, Value: !Ref Orders}}]
      ExtendedStatistic: p99
{more}"
        );
        let (_, new) = stacks(&template);
        let gates = Judge::new(&new, Given::default()).gates(&new.aliases[0]);
        let [gate] = &gates.unwrap()[..] else {
            panic!("one alarm, one gate")
        };
        (gate.decision, gate.why.clone(), gate.line)
    };
    let plain = "      Period: 60\n      EvaluationPeriods: 2\n      Threshold: 500\n      ComparisonOperator: GreaterThanThreshold\n";
    let line = 7 + u32::try_from(shop.lines().count()).unwrap();
    #[rustfmt::skip] // A table.
    let cases = [
        (format!("{plain}      EvaluateLowSampleCountPercentile: ignore\n"), "its EvaluateLowSampleCountPercentile changes", 5),
        (format!("{plain}      EvaluationWindow: wallClock\n"), "its EvaluationWindow changes", 5),
        ("      EvaluationCriteria: {PromQLCriteria: {Query: up}}\n".to_owned(), "its EvaluationCriteria changes", 1),
        (plain.replace("60", "10"), "its period of 10 seconds is for metrics of high resolution", 1),
        (plain.replace("60", "90"), "its period is 90 seconds, and CloudWatch takes 10, 20, 30 and whole minutes", 1),
    ];
    for (more, why, below) in cases {
        let (decision, said, at) = decided(&more);
        assert_eq!((decision, at), (Decision::Refused, line + below), "{said}");
        assert!(said.starts_with(why), "{said}");
    }
    for default in [
        "EvaluateLowSampleCountPercentile: evaluate",
        "EvaluationWindow: SLIDING",
    ] {
        let (decision, said, _) = decided(&format!("{plain}      {default}\n"));
        assert_eq!(decision, Decision::Evaluated, "{said}");
    }
}

#[test]
fn a_group_that_codedeploy_refuses_ends_a_run_before_it_starts() {
    let own = "
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties: {Runtime: provided.al2023, Handler: bootstrap, Role: arn:aws:iam::123456789012:role/r, Code: {S3Bucket: b, S3Key: k}}
  Version: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Worker}}
  Live:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: !Ref Worker, Name: live, FunctionVersion: !GetAtt Version.Version}
    UpdatePolicy: {CodeDeployLambdaAliasUpdate: {ApplicationName: !Ref Application, DeploymentGroupName: !Ref Group}}
  Application: {Type: AWS::CodeDeploy::Application, Properties: {ComputePlatform: Lambda}}
  Config: {Type: AWS::CodeDeploy::DeploymentConfig, Properties: {ComputePlatform: Lambda, TrafficRoutingConfig: {Type: TimeBasedLinear, TimeBasedLinear: {LinearPercentage: 10, LinearInterval: 5}}}}
  Group:
    Type: AWS::CodeDeploy::DeploymentGroup
    Properties:
      ApplicationName: !Ref Application
      DeploymentConfigName: !Ref Config
      ServiceRoleArn: arn:aws:iam::123456789012:role/r
      AutoRollbackConfiguration: {Enabled: true, Events: [DEPLOYMENT_FAILURE]}
";
    let read = |template: &str| {
        let (old, new) = stacks(template);
        Draft::new(&old, &new, Given::default()).map(drop)
    };
    assert!(read(own).is_ok());
    let many = "      AlarmConfiguration: {Enabled: true, Alarms: [{Name: a}, {Name: a}]}\n";
    for (written, otherwise, part) in [
        (", Events: [DEPLOYMENT_FAILURE]", "", "names no event"),
        (
            "DEPLOYMENT_FAILURE",
            "DEPLOYMENT_FAIL",
            "`DEPLOYMENT_FAIL` is no event",
        ),
        (
            ", Properties: {ComputePlatform: Lambda}}",
            "}",
            "is for servers",
        ),
        (
            "{ComputePlatform: Lambda, T",
            "{ComputePlatform: ECS, T",
            "is for ECS",
        ),
        (
            "LinearPercentage: 10",
            "LinearPercentage: 100",
            "a step of 100 percent",
        ),
        ("LinearInterval: 5", "LinearInterval: 400", "3600 minutes"),
        (
            "      DeploymentConfigName",
            &format!("{many}      DeploymentConfigName"),
            "is there twice",
        ),
        (
            "      DeploymentConfigName",
            "      AlarmConfiguration: {Enabled: true}\n      DeploymentConfigName",
            "its alarms are on and it names none",
        ),
        (
            "ApplicationName: !Ref Application, ",
            "ApplicationName: theirs, ",
            "is of the application `shop-Application`, and the alias names `theirs`",
        ),
    ] {
        let template = own.replacen(written, otherwise, 1);
        assert_ne!(template, own, "{written}");
        let refused = errors(read(&template));
        assert!(
            refused.iter().any(|error| error.contains(part)),
            "{part}: {refused:?}"
        );
    }
}

#[test]
fn an_alias_of_which_nobody_knows_the_weights_is_named_and_serves_its_main_version() {
    let with = |weights: &str| {
        format!(
            "{SHOP}  Weighted: {{Type: AWS::Lambda::Alias, Properties: {{FunctionName: !Ref Mailer, FunctionVersion: '1', Name: weighted, RoutingConfig: {weights}}}}}\n"
        )
    };
    let planned = |weights: &str| {
        let (old, new) = stacks(&with(weights));
        let draft = Draft::new(&old, &new, Given::default()).unwrap();
        draft.plan(&rehearsal(), &[]).unwrap()
    };
    let named = |plan: &Plan| -> Vec<String> {
        let all = plan.not_rehearsed.iter();
        let of_kind = all.filter(|item| item.kind == NotRehearsedKind::UnknownWeights);
        of_kind.map(|item| item.logical_id.clone()).collect()
    };
    for weights in [
        "!ImportValue all",
        "{AdditionalVersionWeights: [{FunctionVersion: !ImportValue one, FunctionWeight: 0.5}]}",
    ] {
        let plan = planned(weights);
        assert_eq!(named(&plan), ["Weighted"], "{weights}");
        let mut aliases = plan.aliases.iter();
        let weighted = aliases.find(|alias| alias.name == "weighted").unwrap();
        assert_eq!(weighted.version(Revision::After), Some("1"));
    }
    let known = "{AdditionalVersionWeights: [{FunctionVersion: '2', FunctionWeight: 0.5}]}";
    assert_eq!(named(&planned(known)), [""; 0]);
    // What only the live template does not say is named at the alias of the new one.
    let (old, _) = stacks(&format!("\n\n{}", with("!ImportValue all")));
    let (_, new) = stacks(&with(known));
    let draft = Draft::new(&old, &new, Given::default()).unwrap();
    let plan = draft.plan(&rehearsal(), &[]).unwrap();
    let mut all = plan.not_rehearsed.iter();
    let weights = all.find(|item| item.kind == NotRehearsedKind::UnknownWeights);
    let weights = weights.unwrap();
    let line = new.resource("Weighted").unwrap().place.line;
    assert_eq!(weights.place.line, line);
    let of_live = format!("(line {} of the live template)", line + 2);
    assert!(weights.why.ends_with(&of_live), "{}", weights.why);
}
