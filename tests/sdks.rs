//! Applications on the SDKs that people use, as npm and `PyPI` have them: the AWS SDK for JavaScript v2 and v3, boto3; TypeScript that
//! `sam build` compiles; CDK's output; a command of the person's own.
//!
//! Each is inspected, planned, and rehearsed as it should be and with something wrong. Packages of npm come from `tests/sdks`
//! (`scripts/sdks.sh`), those of `PyPI` from `.venv` (`scripts/venv.sh`); `make test` installs both, and counts what is left out without
//! Node.js.

use std::process::Command;

use serde_json::Value;
use workspace_tests::application::{deployment, has};
use workspace_tests::moto::Moto;
use workspace_tests::{Application, places};

/// The variable `PATH` of a process, with another folder before it.
fn path_with(folders: &[std::path::PathBuf]) -> std::ffi::OsString {
    let own = std::env::var_os("PATH").unwrap_or_default();
    let folders = folders.iter().cloned().chain(std::env::split_paths(&own));
    std::env::join_paths(folders).expect("no folder has a colon")
}

/// Both read the deployment of a function, with its hook and its alarm.
fn is_read(application: &Application, template: &str, of: [&str; 3]) {
    is_read_after(application, template, template, of);
}

/// The same, with another template before the update.
fn is_read_after(application: &Application, live: &str, template: &str, of: [&str; 3]) {
    let [function, hook, alarm] = of;
    let inspected = application.inspect(template, &[]);
    let own = deployment(&inspected, function);
    assert_eq!(own["pre_traffic_hook"], hook, "{own:#}");
    assert_eq!(own["alarms"], serde_json::json!([alarm]), "{own:#}");
    let planned = application.plan(live, template);
    let own = deployment(&planned, function);
    assert_eq!(own["starts"], Value::Bool(true), "{own:#}");
    assert_eq!(own["hooks"][0]["function"], hook, "{own:#}");
    assert_eq!(own["gates"][0]["decision"], "evaluated", "{own:#}");
}

/// What is rehearsed to its end, without an error, and with the hook's own report.
fn is_healthy(application: &Application, rehearsal: &str, hook: &str) {
    let report = application.report(rehearsal);
    assert_eq!(report.ending(), "Succeeded");
    assert!(report.errors("1") + report.errors("2") == 0 && report.served("2") > 0);
    assert_eq!(report.text("/deployments/0/hooks/0/reported_by"), hook);
    assert_eq!(report.at("/refused_calls"), &serde_json::json!([]));
}

#[test]
fn the_sdk_for_javascript_v3_meets_the_rehearsals_own_services() {
    let visits = Application::copied("visits");
    let of = ["Visits", "VisitsCheck", "VisitErrors"];
    is_read(&visits, "template.yaml", of);
    if !has("node") {
        return;
    }
    visits.install_sdks();
    is_healthy(&visits, "visits-healthy.toml", "VisitsCheck");
    let broken = visits.report("visits-break.toml");
    assert_eq!(broken.ending(), "Stopped ALARM_ACTIVE");
    let failures = broken.at("/failures").to_string();
    assert!(failures.contains("ResourceNotFoundException"), "{failures}");
}

/// The archive, with its bucket and its queue.
fn archive() -> (Application, Moto) {
    let archive = Application::copied("archive");
    let moto = Moto::start();
    let files = [
        "archive-healthy.toml",
        "archive-break.toml",
        "archive-v3.toml",
    ];
    moto.serves(&archive, &files);
    moto.make_bucket("archive-documents");
    moto.make_queue("archive-index");
    (archive, moto)
}

#[test]
fn the_sdk_for_javascript_v2_is_redirected_to_an_emulator_and_to_the_rehearsals_own_services() {
    let (archive, moto) = archive();
    let of = ["Archive", "ArchiveCheck", "ArchiveErrors"];
    is_read(&archive, "template.yaml", of);
    if !has("node") {
        return;
    }
    archive.install_sdks();
    is_healthy(&archive, "archive-healthy.toml", "ArchiveCheck");
    assert_eq!(moto.keys("archive-documents"), ["a%20b", "check"]);
    let sent = moto.waiting("archive-index");
    assert!(sent > 200, "each request sends a message: {sent}");
    let broken = archive.report("archive-break.toml");
    assert_eq!(broken.ending(), "Stopped ALARM_ACTIVE");
}

#[test]
fn an_update_from_one_major_version_of_the_sdk_to_the_next_is_rehearsed_with_an_emulator() {
    if !has("node") {
        return;
    }
    let (archive, moto) = archive();
    archive.install_sdks();
    is_healthy(&archive, "archive-v3.toml", "ArchiveCheck");
    assert_eq!(moto.keys("archive-documents"), ["a%20b", "check"]);
}

/// The receipts, with their bucket and their queue, on the Python that has boto3.
fn receipts(files: &[&str]) -> (Application, Moto) {
    let receipts = Application::copied("receipts");
    let moto = Moto::start();
    moto.serves(&receipts, files);
    moto.make_bucket("receipts-archive");
    moto.make_queue("receipts-sent");
    let python = places::venv("python");
    for file in files {
        let runtime = format!("[runtimes]\n\"python3.12\" = \"{}\"", python.display());
        receipts.append(file, &runtime);
    }
    (receipts, moto)
}

#[test]
fn boto3_meets_an_emulator_and_the_rehearsals_own_services() {
    let (receipts, moto) = receipts(&["receipts-healthy.toml", "receipts-forbidden.toml"]);
    let of = ["Receipts", "ReceiptsCheck", "ReceiptErrors"];
    is_read(&receipts, "template.yaml", of);
    is_healthy(&receipts, "receipts-healthy.toml", "ReceiptsCheck");
    let keys = moto.keys("receipts-archive");
    assert_eq!(keys, ["receipts/a.json", "receipts/check.json"]);
    let sent = moto.waiting("receipts-sent");
    let broken = receipts.report("receipts-forbidden.toml");
    assert_eq!(broken.ending(), "Stopped ALARM_ACTIVE");
    let failures = broken.at("/failures").to_string();
    assert!(failures.contains("AccessDenied"), "{failures}");
    let errors = broken.errors("2");
    assert!(errors > 0);
    let served = broken.served("1") + broken.served("2");
    // The hook's too; what was forbidden has sent nothing.
    assert_eq!(moto.waiting("receipts-sent") - sent, served - errors + 1);
}

#[test]
fn a_call_without_an_emulator_is_refused_by_name_and_told_once_with_the_line_that_sends_it_on() {
    let (receipts, _moto) = receipts(&["receipts-healthy.toml"]);
    receipts.replace("receipts-healthy.toml", "s3 = ", "sns = ");
    receipts.replace(
        "receipts-healthy.toml",
        "[expect]",
        "[expect]\nold_version_fails = true",
    );
    let finished = receipts.run("receipts-healthy.toml").with_code(1);
    let line = "`[services] s3 = \"http://127.0.0.1:PORT\"`";
    let lines = finished
        .stdout
        .matches("Receipts: s3 PutObject refused")
        .count();
    assert_eq!(lines, 1, "{finished}");
    assert!(finished.stdout.contains(line), "{finished}");
    let report = finished.report();
    let refused = report.at("/refused_calls");
    assert_eq!(refused.as_array().map(Vec::len), Some(1), "{refused:#}");
    assert_eq!(refused[0]["operation"], "PutObject");
    assert!(refused[0]["count"].as_u64() > Some(1), "{refused:#}");
    assert!(
        refused[0]["message"]
            .as_str()
            .is_some_and(|text| text.contains(line))
    );
    let verdict = report.text("/verdict");
    assert!(verdict.ends_with("; no one served s3"), "{verdict}");
    // The SDK has understood it.
    let failures = report.at("/failures").to_string();
    assert!(
        failures.contains("calling the PutObject operation"),
        "{failures}"
    );
}

#[test]
fn where_no_emulator_answers_nothing_runs() {
    let receipts = Application::copied("receipts");
    let port = {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("there is a port");
        socket.local_addr().expect("it is bound").port()
    };
    receipts.replace("receipts-healthy.toml", ":5000", &format!(":{port}"));
    let finished = receipts.run("receipts-healthy.toml").with_code(2);
    let says = format!("nothing answers at http://127.0.0.1:{port}");
    assert!(finished.stderr.contains(&says), "{finished}");
    for (from, to, says) in [
        ("http://127.0.0.1", "http://10.1.2.3", "loopback"),
        ("s3 =", "eventbridge =", "events"),
        ("s3 =", "dynamodb =", "the rehearsal's own"),
    ] {
        let receipts = Application::copied("receipts");
        receipts.replace("receipts-healthy.toml", from, to);
        let finished = receipts.run("receipts-healthy.toml").with_code(2);
        assert!(finished.stderr.contains(says), "{to}: {finished}");
    }
}

#[test]
fn typescript_runs_as_sam_build_compiles_it() {
    let quotes = Application::copied("quotes");
    let of = ["Quotes", "QuotesCheck", "QuoteErrors"];
    is_read(&quotes, "template.yaml", of);
    let unbuilt = quotes.run("quotes-healthy.toml").with_code(2);
    assert!(unbuilt.stderr.contains("sam build"), "{unbuilt}");
    if !has("node") {
        return;
    }
    quotes.install_sdks();
    let tools = [places::venv("sam"), places::sdks().join(".bin/esbuild")];
    let folders = tools.map(|tool| tool.parent().expect("it is in a folder").to_owned());
    let built = Command::new(places::venv("sam"))
        .args(["build", "--region", "us-east-1"])
        .current_dir(quotes.path(""))
        .env("PATH", path_with(&folders))
        .env("SAM_CLI_TELEMETRY", "0")
        .output()
        .expect("sam starts");
    let stderr = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{stderr}");
    is_healthy(&quotes, "quotes-healthy.toml", "QuotesCheck");
    assert_eq!(
        quotes.report("quotes-break.toml").ending(),
        "Stopped ALARM_ACTIVE"
    );
}

#[test]
fn an_application_of_cdk_on_nodejs_runs_from_its_assets() {
    let greeter = Application::copied("greeter");
    let of = ["GreeterA41DC22A", "GreeterCheck53D1D78B", "ErrorsFA5270DE"];
    // CDK's assets have the hash of the code for a name, and versions too.
    let template = "cdk.out/Greeter.template.json";
    std::fs::copy(greeter.path(template), greeter.path("live.json")).expect("it can be copied");
    greeter.replace("live.json", "GreeterCurrentVersion", "GreeterVersionBefore");
    greeter.replace("live.json", "8acacafb08122a4b", "0123456789abcdef");
    is_read_after(&greeter, "live.json", template, of);
    if !has("node") {
        return;
    }
    greeter.install_sdks();
    is_healthy(&greeter, "greeter-healthy.toml", "GreeterCheck53D1D78B");
    let broken = greeter.report("greeter-break.toml");
    assert_eq!(broken.ending(), "Failed HOOK_EXECUTION_FAILURE");
    let log = broken.at("/deployments/0/hooks/0/log").to_string();
    assert!(log.contains("greeted Goodbye, you!"), "{log}");
}

#[test]
fn a_runtime_that_nothing_here_runs_runs_by_a_command() {
    let tides = Application::copied("tides");
    let without = {
        let tides = Application::copied("tides");
        tides.replace(
            "tides-healthy.toml",
            "[runtimes.\"ruby3.3\"]",
            "[runtimes.\"ruby3.2\"]",
        );
        tides.run("tides-healthy.toml").with_code(2)
    };
    let says = "a rehearsal does not know how to run ruby3.3";
    assert!(without.stderr.contains(says), "{without}");
    // A name is looked for on the machine, a path beside the file.
    tides.replace("tides-healthy.toml", "\"python3\"", "\"no-such-program\"");
    let unfound = tides.run("tides-healthy.toml").with_code(2);
    assert!(unfound.stderr.contains("no-such-program"), "{unfound}");
    if !has("python3") {
        return;
    }
    tides.replace("tides-healthy.toml", "\"no-such-program\"", "\"python3\"");
    let report = tides.report("tides-healthy.toml");
    assert!(report.errors("2") == 0 && report.served("2") > 0);
    tides.replace("tides-healthy.toml", "weight = 0", "weight = 1");
    let sinks = tides.run("tides-healthy.toml").with_code(2);
    assert!(
        sinks.stderr.contains("NoSuchPort: atlantis is under water"),
        "{sinks}"
    );
}
