//! Applications that are not the project's own, inspected and rehearsed: one of SAM's, with three functions and an HTTP API, and
//! one of CDK's, without an API.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use workspace_tests::application::{deployment, has};
use workspace_tests::files::{copy, write};
use workspace_tests::{Application, Rehearse, process};

/// For a machine that is busy.
const SOON: Duration = Duration::from_secs(20);

/// The shop: a SAM template, and builds by hand.
fn orders() -> Application {
    let orders = Application::copied("orders");
    for build in ["old", "new"] {
        for (function, example) in [
            ("Orders", "orders"),
            ("Invoices", "invoices"),
            ("Mailer", "mailer"),
            ("OrdersCheck", "version_check"),
        ] {
            orders.build(&format!("builds/{build}/{function}"), example);
        }
    }
    orders
}

/// The thumbnails: what `cdk synth` wrote, with its assets.
fn thumbnails() -> Application {
    let thumbnails = Application::copied("thumbnails");
    let template = thumbnails.text("cdk.out/Thumbnails.template.json");
    let template: Value = serde_json::from_str(&template).expect("a template of CDK is JSON");
    for (function, example) in [
        ("Thumbnailer5F8B738E", "thumbnailer"),
        ("ThumbnailCheck4CC45FC3", "version_check"),
    ] {
        let asset = &template["Resources"][function]["Metadata"]["aws:asset:path"];
        let asset = asset.as_str().expect("CDK says where a function's code is");
        thumbnails.build(&format!("cdk.out/{asset}"), example);
    }
    thumbnails
}

/// The new version's share in each minute from the first shift on.
fn shares(deployment: &Value) -> Vec<f64> {
    let minutes = deployment["minutes"]
        .as_array()
        .expect("minutes are an array");
    minutes
        .iter()
        .filter(|minute| minute["minute"].as_i64() >= Some(0))
        .map(|minute| {
            minute["weights"]["2"]
                .as_f64()
                .expect("a version has a weight")
        })
        .collect()
}

fn not_rehearsed(report: &Value) -> Vec<(&str, &str)> {
    let left_out = report["not_rehearsed"].as_array().expect("it is an array");
    left_out
        .iter()
        .map(|left_out| {
            let text = |key: &str| left_out[key].as_str().expect("it is a text");
            (text("logical_id"), text("why"))
        })
        .collect()
}

#[test]
fn each_function_of_an_update_shifts_by_its_own_configuration_to_the_minute() {
    let report = orders().report("gradual.toml");
    let shift = |function: &str, minutes: usize| {
        let mut shares = shares(deployment(&report.0, function));
        shares.truncate(minutes);
        shares
    };
    // Twenty percent for three minutes, as the template's own configuration says.
    assert_eq!(shift("Orders", 5), [0.2, 0.2, 0.2, 1.0, 1.0]);
    let linear = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.0];
    assert_eq!(shift("Invoices", 11), linear);
    assert_eq!(report.at("/deployments").as_array().map(Vec::len), Some(2));
    for function in ["Orders", "Invoices"] {
        let served = &deployment(&report.0, function)["served"];
        assert!(
            served["1"].as_u64() > Some(50) && served["2"].as_u64() > Some(50),
            "{served}"
        );
    }
    let hooks = &deployment(&report.0, "Orders")["hooks"];
    assert_eq!(hooks[0]["checks"][0]["status"], "Passed", "{hooks:#}");
}

#[test]
fn when_one_function_of_an_update_fails_the_others_go_back() {
    let orders = orders();
    // The orders are done when the invoices fail.
    let report = orders.report("invoices-break.toml");
    assert_eq!(deployment(&report.0, "Orders")["status"], "Succeeded");
    assert_eq!(
        deployment(&report.0, "Invoices")["error_code"],
        "ALARM_ACTIVE"
    );
    // The invoices are on their way when the orders fail.
    let report = orders.report("orders-break.toml");
    assert_eq!(
        deployment(&report.0, "Orders")["error_code"],
        "ALARM_ACTIVE"
    );
    let invoices = deployment(&report.0, "Invoices");
    assert_eq!(
        (&invoices["status"], &invoices["error_code"]),
        (&"Stopped".into(), &"MANUAL_STOP".into())
    );
    assert_eq!(invoices["rollback"]["status"], "Succeeded");
}

#[test]
fn an_application_without_an_api_is_rehearsed_by_invoking_its_alias() {
    let thumbnails = thumbnails();
    let finished = thumbnails.run("healthy.toml").with_code(0);
    let report = finished.report();
    let fifths = [0.2, 0.2, 0.4, 0.4, 0.6, 0.6, 0.8, 0.8, 1.0];
    assert_eq!(shares(&report.0["deployments"][0])[..9], fifths);
    let left_out = not_rehearsed(&report.0);
    for (logical_id, why) in [
        ("Images2D38C313", "no part"),
        (
            "BucketNotificationsHandler050a0587b7544547bf325f094a3db8347ECC3691",
            "no deployment",
        ),
        ("ImagesNotifications39FDB6D1", "custom resources"),
    ] {
        let found = left_out
            .iter()
            .find(|(left_out, _)| *left_out == logical_id);
        assert!(
            found.is_some_and(|(_, reason)| reason.contains(why)),
            "{logical_id}: {found:?}"
        );
    }
    let lines: Vec<_> = finished.stderr.lines().collect();
    let first = |text: &str| lines.iter().position(|line| line.contains(text));
    assert!(first("not rehearsed: ") < first(" served "), "{finished}");
}

#[test]
fn a_version_that_hangs_on_direct_invocations_is_stopped_by_its_alarm() {
    let report = thumbnails().report("slow-images.toml");
    assert_eq!(report.ending(), "Stopped ALARM_ACTIVE");
    assert!(report.errors("2") > 0 && report.errors("1") == 0);
}

#[test]
fn inspection_agrees_with_what_is_rehearsed() {
    let orders = orders().inspect("template.yaml", &["Stage=production"]);
    let own = deployment(&orders, "Orders");
    assert_eq!(own["pre_traffic_hook"], "OrdersCheck");
    assert_eq!(own["alarms"], serde_json::json!(["OrdersErrors"]));
    assert_eq!(
        deployment(&orders, "Invoices")["deployment_config"],
        "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"
    );
    let routes = orders["routes"].as_array().expect("routes are an array");
    assert!(
        routes.iter().all(|route| route["alias"] == "live"),
        "{routes:#?}"
    );
    assert_eq!(routes.len(), 2);

    let thumbnails = thumbnails().inspect("cdk.out/Thumbnails.template.json", &[]);
    let deployment = deployment(&thumbnails, "Thumbnailer5F8B738E");
    assert_eq!(deployment["pre_traffic_hook"], "ThumbnailCheck4CC45FC3");
    assert_eq!(deployment["alarms"], serde_json::json!(["ErrorsFA5270DE"]));
    assert!(thumbnails["routes"].as_array().is_some_and(Vec::is_empty));
}

#[test]
fn a_name_that_leads_nowhere_is_refused_with_what_was_meant() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("[expect]", "[expect.deployment.Order]\n[expect]", "did you mean Orders?"),
        ("path = \"/orders/42\"", "path = \"/order/42\"", "did you mean GET /orders/{id}?"),
        ("function = \"Invoices\"", "function = \"Invoice\"", "did you mean Invoices?"),
        ("qualifier = \"live\"", "qualifier = \"alive\"", "did you mean live?"),
        ("events/order-placed.json", "events/order.json", "cannot be read"),
        ("weight = 2\nfunction", "path = \"/\"\nfunction", "`path` belongs to a request through an API"),
    ];
    for (from, to, says) in cases {
        let orders = orders();
        orders.replace("gradual.toml", from, to);
        let finished = orders.run("gradual.toml").with_code(2);
        assert!(finished.stderr.contains(says), "{to}\n{finished}");
    }
}

#[test]
fn a_function_that_cannot_run_here_is_an_error_only_where_a_request_reaches_it() {
    let thumbnails = thumbnails();
    let handler = "BucketNotificationsHandler050a0587b7544547bf325f094a3db8347ECC3691";
    let template = "cdk.out/Thumbnails.template.json";
    let mut changed: Value = serde_json::from_str(&thumbnails.text(template)).expect("it is JSON");
    let resources = &mut changed["Resources"];
    let other = resources["Thumbnailer5F8B738E"].clone();
    resources[handler]["Properties"]["Runtime"] = "ruby3.3".into();
    // Code in the template is of Node.js and Python alone.
    resources[handler]["Properties"]["Code"] = other["Properties"]["Code"].clone();
    resources[handler]["Metadata"] = other["Metadata"].clone();
    write(&thumbnails.path(""), template, &changed.to_string());
    let _ = thumbnails.run("healthy.toml").with_code(0);
    thumbnails.replace(
        "healthy.toml",
        "function = \"Thumbnailer5F8B738E\"",
        &format!("function = \"{handler}\""),
    );
    let finished = thumbnails.run("healthy.toml").with_code(2);
    let says = format!("{handler}: a rehearsal does not know how to run ruby3.3");
    assert!(finished.stderr.contains(&says), "{finished}");
}

#[test]
fn an_application_of_nodejs_runs_from_its_source() {
    let bookings = Application::copied("bookings");
    let inspected = bookings.inspect("template.yaml", &[]);
    assert_eq!(
        deployment(&inspected, "Bookings")["pre_traffic_hook"],
        "BookingsCheck"
    );
    if !has("node") {
        return;
    }
    let report = bookings.report("bookings-healthy.toml");
    assert!(report.errors("2") == 0 && report.served("2") > 0);
    assert_eq!(
        bookings.report("bookings-break.toml").ending(),
        "Stopped ALARM_ACTIVE"
    );
}

#[test]
fn a_version_of_nodejs_that_cannot_start_is_stopped_and_said_why() {
    if !has("node") {
        return;
    }
    let bookings = Application::copied("bookings");
    std::fs::create_dir(bookings.path("new")).expect("a folder can be made");
    copy(&bookings.path("src"), &bookings.path("new/Bookings"));
    copy(&bookings.path("src"), &bookings.path("new/BookingsCheck"));
    bookings.replace("new/Bookings/bookings.mjs", "./aws.mjs", "left-pad");
    bookings.replace(
        "bookings-healthy.toml",
        "[traffic]",
        "[builds]\nnew = \"new\"\n[traffic]",
    );
    bookings.replace("bookings-healthy.toml", "Succeeded", "Failed");
    let finished = bookings.run("bookings-healthy.toml").with_code(0);
    assert_eq!(finished.report().ending(), "Failed HOOK_EXECUTION_FAILURE");
}

#[test]
fn an_application_of_python_runs_from_its_source_and_its_template() {
    let parcels = Application::copied("parcels");
    let inspected = parcels.inspect("template.yaml", &[]);
    assert_eq!(
        deployment(&inspected, "Parcels")["pre_traffic_hook"],
        "ParcelsCheck"
    );
    if !has("python3") {
        return;
    }
    let report = parcels.report("parcels-healthy.toml");
    assert!(report.errors("2") == 0 && report.served("2") > 0);
    assert_eq!(
        parcels.report("parcels-refused.toml").ending(),
        "Failed HOOK_EXECUTION_FAILURE"
    );
    assert!(
        !parcels.path("parcels/__pycache__").exists(),
        "nothing is written into the source"
    );
}

#[test]
fn a_rehearsal_leaves_no_temporary_folder_behind_however_it_ends() {
    if !has("python3") {
        return;
    }
    let parcels = Application::copied("parcels");
    let temporary = parcels.path("temporary");
    std::fs::create_dir(&temporary).expect("a folder can be made");
    let left = || std::fs::read_dir(&temporary).expect("it is there").count();
    let rehearse = || {
        let file = parcels.path("parcels-healthy.toml");
        Rehearse::new().file(file).environment("TMPDIR", &temporary)
    };
    let _ = rehearse().run().with_code(0);
    assert_eq!(left(), 0);
    for signal in ["TERM", "KILL"] {
        let running = rehearse().start();
        process::within(SOON, "its folder has the runtime clients", || {
            let mut folders = std::fs::read_dir(&temporary).ok()?.flatten();
            let has_clients = |folder: std::fs::DirEntry| folder.path().join("python").exists();
            folders.any(has_clients).then_some(())
        });
        process::signal(running.worker(), signal);
        running.finish();
        assert_eq!(left(), 0, "after SIG{signal} to its worker");
    }
}

#[test]
fn an_application_of_a_runtime_that_is_not_here_is_rehearsed_by_stubs_alone() {
    let ledger = Application::copied("ledger");
    assert!(ledger.report("ledger-healthy.toml").served("2") > 0);
    let broken = ledger.report("ledger-break.toml");
    assert_eq!(broken.ending(), "Stopped ALARM_ACTIVE");
    let verdict = broken.text("/verdict");
    assert!(
        verdict.starts_with("Stopped; stubs stood for "),
        "{verdict}"
    );
    let left_out = not_rehearsed(&broken.0);
    let stub = left_out
        .iter()
        .find(|(id, why)| *id == "Ledger" && why.contains("stub"));
    assert!(stub.is_some(), "{left_out:?}");
    let refused = {
        ledger.replace("ledger-healthy.toml", "old = \"stub\"", "old = \"auto\"");
        ledger.run("ledger-healthy.toml").with_code(2)
    };
    assert!(refused.stderr.contains("[[stub]]"), "{refused}");
}

/// What `serverless package` writes of a function behind a canary, as far as a rehearsal reads it.
const PACKAGED: &str = r#"{"Resources": {
  "ServerlessDeploymentBucket": {"Type": "AWS::S3::Bucket"},
  "HelloLambdaFunction": {"Type": "AWS::Lambda::Function", "Properties": {
    "Code": {"S3Bucket": {"Ref": "ServerlessDeploymentBucket"}, "S3Key": "serverless/orders/dev/1795995490953-2026/orders.zip"},
    "Handler": "src/app.handler", "Runtime": "python3.13", "Role": "arn:aws:iam::123456789012:role/orders"}},
  "HelloLambdaVersion0ny5": {"Type": "AWS::Lambda::Version", "DeletionPolicy": "Retain", "Properties": {"FunctionName": {"Ref": "HelloLambdaFunction"}}},
  "HelloLambdaFunctionAliasLive": {"Type": "AWS::Lambda::Alias",
    "Properties": {"FunctionVersion": {"Fn::GetAtt": ["HelloLambdaVersion0ny5", "Version"]}, "FunctionName": {"Ref": "HelloLambdaFunction"}, "Name": "Live"},
    "UpdatePolicy": {"CodeDeployLambdaAliasUpdate": {"ApplicationName": {"Ref": "OrdersApplication"}, "DeploymentGroupName": {"Ref": "HelloDeploymentGroup"}}}},
  "OrdersApplication": {"Type": "AWS::CodeDeploy::Application", "Properties": {"ComputePlatform": "Lambda"}},
  "HelloDeploymentGroup": {"Type": "AWS::CodeDeploy::DeploymentGroup", "Properties": {"ApplicationName": {"Ref": "OrdersApplication"},
    "DeploymentStyle": {"DeploymentType": "BLUE_GREEN", "DeploymentOption": "WITH_TRAFFIC_CONTROL"},
    "DeploymentConfigName": {"Fn::Sub": ["CodeDeployDefault.Lambda${ConfigName}", {"ConfigName": "Canary10Percent5Minutes"}]},
    "ServiceRoleArn": "arn:aws:iam::123456789012:role/deploy"}}
}}"#;

#[test]
fn an_application_of_the_serverless_framework_runs_from_what_it_has_packaged() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let write = |name: &str, text: &str| write(folder.path(), name, text);
    let pack = |code: &str| {
        write("src/app.py", code);
        let mut zip = Command::new("python3");
        zip.args(["-m", "zipfile", "-c", ".serverless/orders.zip", "src"]);
        let zipped = zip.current_dir(folder.path()).status();
        assert!(zipped.is_ok_and(|status| status.success()));
        std::fs::remove_file(folder.path().join("src/app.py")).expect("it was just written");
    };
    let run = || Rehearse::new().file(folder.path()).run();
    write("serverless.yml", "service: orders\nprovider: {name: aws}\n");
    let refused = run().with_code(2);
    assert!(
        refused.stderr.contains("run `serverless package`"),
        "{refused}"
    );
    let template = ".serverless/cloudformation-template-update-stack.json";
    write(template, PACKAGED);
    pack("def handler(event, context):\n    return 1\n");
    let finished = run().with_code(0);
    let report = finished.checked_report();
    assert_eq!(report["stubs"], serde_json::json!([]), "{finished}");
    assert!(
        finished
            .stderr
            .contains("code: source: HelloLambdaFunction"),
        "{finished}"
    );
    pack("def handler(event, context):\n    raise ValueError('no')\n");
    let failed = run().with_code(2);
    assert!(failed.stderr.contains("/var/task/src/app.py"), "{failed}");
}
