//! One cell: a hook whose check goes one way and whose report goes another, and the guard behind it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rehearsal_host::{Callers, Invocation, InvocationReport, Outcome, Sandbox, SandboxSpec};
use serde_json::{Value, json};

use crate::codedeploy::{CodeDeploy, ReportFault, SPOILT};
use crate::secrets::Secrets;

/// The time-out of hook and guard. Of the hook's, three seconds are for its checks and three for its report.
const TIMEOUT: Duration = Duration::from_secs(6);
/// When a hook whose check hangs, or blocks its thread, begins to report.
const MARGIN_BEGINS: Duration = Duration::from_secs(3);
/// How long connections are refused once a report is begun: by then the second attempt has been refused even if both back-offs were
/// the longest, 0.15 and 0.3 s, and the process was slow to start.
const REFUSED_FOR: Duration = Duration::from_millis(1_100);
/// The attempt at which a report is delivered after two that were refused, or later.
const AFTER_TWO_REFUSED: u64 = 3;
/// How often a cell is run until its fault came to bear.
const RUNS: usize = 5;

/// The memory that a hook may take, in KiB of address space: soon exhausted, even where many cells take theirs at a time.
const MEMORY_KIB: u32 = 96 << 10;

pub const HOOK_ARN: &str =
    "arn:aws:lambda:us-east-1:123456789012:function:CodeDeployHook_faulty:$LATEST";
pub const GUARD_ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:hook-guard:$LATEST";

/// One cell of the matrix.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    pub check: &'static str,
    pub fault: ReportFault,
}

/// How a cell ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    pub check: &'static str,
    pub fault: ReportFault,
    pub what: &'static str,
    /// How often it was run until its fault came to bear.
    pub runs: usize,
}

impl Ended {
    /// Of a cell that was run more than once: which, and how often.
    pub fn repeated(&self) -> Option<String> {
        let Self {
            check, fault, runs, ..
        } = self;
        (*runs > 1).then(|| format!("{check} × {fault}: {runs} runs until its fault came to bear"))
    }
}

/// What processes are started from.
pub struct Sandboxes {
    callers: Callers,
    hook: PathBuf,
    guard: PathBuf,
}

/// A script that runs `program` with no more memory than the matrix allows.
pub fn capped(folder: &Path, program: &Path) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let script = folder.join("capped");
    let text = format!(
        // Glibc reserves 64 MB of address space for each thread that allocates, unless it is told not to.
        "#!/bin/sh\nulimit -c 0\nulimit -v {MEMORY_KIB}\nMALLOC_ARENA_MAX=1 exec '{}'\n",
        program.display()
    );
    std::fs::write(&script, text).expect("the script can be written");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755))
        .expect("the script can be made executable");
    script
}

impl Sandboxes {
    pub fn new(hook: PathBuf, guard: PathBuf) -> Self {
        Self {
            callers: Callers::default(),
            hook,
            guard,
        }
    }

    /// Invokes a function once, in a sandbox of its own; with what it reported to CodeDeploy with.
    async fn invoke(
        &self,
        function: &str,
        binary: &Path,
        check: &str,
        endpoint: &CodeDeploy,
        invocation: Invocation,
    ) -> (Secrets, InvocationReport) {
        let mut credentials = self.callers.issue(function, "$LATEST");
        let secrets = Secrets::of(
            &credentials.access_key_id,
            &credentials.secret_access_key,
            &mut credentials.session_token,
        );
        let mut spec = SandboxSpec::new(binary, credentials);
        spec.timeout = TIMEOUT;
        spec.environment
            .insert("CHECK".to_owned(), check.to_owned());
        spec.endpoints
            .insert("AWS_ENDPOINT_URL_CODEDEPLOY".to_owned(), endpoint.url());
        let mut sandbox = Sandbox::start(spec)
            .await
            .expect("the function can be started");
        (secrets, sandbox.invoke(invocation).await)
    }
}

impl Cell {
    /// Runs the cell; says what went wrong with it, if anything did.
    pub async fn run(self, sandboxes: &Sandboxes) -> Result<Ended, String> {
        for runs in 1..=RUNS {
            if let Some(what) = self.run_once(sandboxes).await? {
                return Ok(Ended {
                    check: self.check,
                    fault: self.fault,
                    what,
                    runs,
                });
            }
        }
        Err(self.wrong(&format!("its fault did not come to bear in {RUNS} runs")))
    }

    /// Whether the hook can report at all.
    fn dies(self) -> bool {
        matches!(self.check, "exits the process" | "exhausts memory")
    }

    /// How long after its event the hook begins to report.
    fn reports_after(self) -> Duration {
        if matches!(self.check, "hangs forever" | "blocks the thread") {
            MARGIN_BEGINS
        } else {
            Duration::ZERO
        }
    }

    fn wrong(self, what: &str) -> String {
        format!("{} × {}: {what}", self.check, self.fault)
    }

    /// Nothing, if the fault did not come to bear.
    async fn run_once(self, sandboxes: &Sandboxes) -> Result<Option<&'static str>, String> {
        let endpoint = CodeDeploy::start(self.fault);
        let event = json!({
            "DeploymentId": "d-A1B2C3D4E",
            "LifecycleEventHookExecutionId": format!("{} {}", self.check, self.fault)
        });
        let invocation = Invocation::new(HOOK_ARN, event.to_string(), TIMEOUT);
        let hook = sandboxes.invoke(
            "CodeDeployHook_faulty",
            &sandboxes.hook,
            self.check,
            &endpoint,
            invocation,
        );
        // A hook that dies reports nothing, so its endpoint waits for the guard.
        let (hook_secrets, hook) = if self.dies() {
            hook.await
        } else {
            let opening = endpoint.open_after(self.reports_after() + REFUSED_FOR);
            while_opening(opening, hook).await
        };

        // An on-failure destination is invoked after a failure alone.
        let mut guard = None;
        if !hook.outcome.is_success() {
            let record = record(&event, &hook);
            let invocation = Invocation::new(GUARD_ARN, record.to_string(), TIMEOUT);
            let guarding =
                sandboxes.invoke("hook-guard", &sandboxes.guard, "", &endpoint, invocation);
            let opening = endpoint.open_after(REFUSED_FOR);
            guard = Some(while_opening(opening, guarding).await);
        }

        let mut invocations = vec![(&hook_secrets, &hook)];
        invocations.extend(guard.as_ref().map(|(secrets, report)| (secrets, report)));
        let hook_key = hook_secrets.access_key_id();
        self.tells_no_secret(&endpoint, &invocations)
            .map_err(|what| self.wrong(&what))?;

        // On a machine that is very busy, a process may take so long to exhaust its memory that it has reported before it dies.
        if self.dies() && endpoint.accepted().iter().any(|by| by.key == hook_key) {
            return Ok(None);
        }
        if self.fault == ReportFault::Refused {
            let reports = [Some(&hook), guard.as_ref().map(|(_, report)| report)];
            let most = reports.into_iter().flatten().filter_map(attempts).max();
            if most.is_none_or(|attempts| attempts < AFTER_TWO_REFUSED) {
                return Ok(None);
            }
        }
        let guard = guard.as_ref().map(|(_, report)| report);
        self.judge(&endpoint, hook_key, &hook, guard)
            .map(Some)
            .map_err(|what| {
                self.wrong(&format!(
                    "{what}\n  hook: {hook:?}\n  guard: {guard:?}\n  accepted: {:?}",
                    endpoint.accepted()
                ))
            })
    }

    /// Nothing that a function said, in its log or its answer, holds what it signs with, though it was quoted to it. Each line is one
    /// that Lambda takes at its time and level.
    fn tells_no_secret(
        self,
        endpoint: &CodeDeploy,
        invocations: &[(&Secrets, &InvocationReport)],
    ) -> Result<(), String> {
        let output: String = invocations
            .iter()
            .map(|(_, report)| text_of(report))
            .collect();
        for (secrets, report) in invocations {
            secrets.are_not_in(&output)?;
            for line in &report.log {
                is_dated(&line.text)?;
            }
        }
        for signature in endpoint.signatures() {
            if output.contains(&signature) {
                return Err(format!("a signature was told: {output}"));
            }
        }
        let quoted =
            matches!(self.check, "fails" | "panics") || self.fault == ReportFault::SignatureRefused;
        if quoted && !output.contains("x-amz-security-token:[redacted]") {
            return Err(format!("nothing was quoted to it: {output}"));
        }
        if self.check == "panics" && !output.contains(", at tests/examples/faulty_hook.rs:") {
            return Err(format!("the panic has no place: {output}"));
        }
        Ok(())
    }

    /// What the cell came to, or why it is not what was promised.
    fn judge(
        self,
        endpoint: &CodeDeploy,
        hook_key: &str,
        hook: &InvocationReport,
        guard: Option<&InvocationReport>,
    ) -> Result<&'static str, String> {
        let accepted = endpoint.accepted();
        if self.check == "exhausts memory"
            && !hook
                .log
                .iter()
                .any(|line| line.text.contains("memory allocation of"))
        {
            return Err("it did not die of its memory".to_owned());
        }
        if matches!(
            self.fault,
            ReportFault::BlackHole | ReportFault::SignatureRefused
        ) {
            for (who, report) in [("hook", Some(hook)), ("guard", guard)] {
                failed_visibly(report).map_err(|what| format!("the {who} {what}"))?;
            }
            return if accepted.is_empty() {
                Ok("both invocations fail")
            } else {
                Err("nobody was to take a status".to_owned())
            };
        }
        if guard.is_some_and(|guard| !guard.outcome.is_success()) {
            return Err("the guard could not answer".to_owned());
        }
        if self.fault == ReportFault::AlreadyCompleted {
            return if endpoint.calls() > 0 && accepted.is_empty() {
                Ok("the first status stands")
            } else {
                Err("nobody met the status that was there".to_owned())
            };
        }
        if matches!(
            self.fault,
            ReportFault::Throttled
                | ReportFault::ServerError
                | ReportFault::Denied
                | ReportFault::NotCodeDeploys
        ) && endpoint.calls() <= SPOILT
        {
            return Err(format!("only {} calls arrived", endpoint.calls()));
        }
        let [status] = &accepted[..] else {
            return Err(format!("{} statuses were taken", accepted.len()));
        };
        let expected = match self.check {
            "passes" | "leaks a task" => "Succeeded",
            _ => "Failed",
        };
        if status.status != expected || (status.key == hook_key) == self.dies() {
            return Err(format!("not the {expected} of who was to report it"));
        }
        Ok(match (self.dies(), expected) {
            (true, _) => "guard: Failed",
            (false, "Failed") => "hook: Failed",
            (false, _) => "hook: Succeeded",
        })
    }
}

/// All that an invocation said.
fn text_of(report: &InvocationReport) -> String {
    let mut output = String::from_utf8_lossy(&report.payload()).into_owned();
    for line in &report.log {
        output.push('\n');
        output.push_str(&line.text);
    }
    output
}

/// A log line of the library's, with the time and the level that Lambda's JSON format asks for; or one that Rust prints of memory
/// that it cannot have.
fn is_dated(line: &str) -> Result<(), String> {
    let Ok(value) = serde_json::from_str::<Value>(line) else {
        let is_rusts = line.contains("memory allocation of") || line.contains("RUST_BACKTRACE");
        return if is_rusts {
            Ok(())
        } else {
            Err(format!("a line that is no JSON: {line}"))
        };
    };
    let time =
        regex_lite::Regex::new(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$").expect("it is one");
    let dated = value["timestamp"]
        .as_str()
        .is_some_and(|at| time.is_match(at));
    let level = matches!(value["level"].as_str(), Some("INFO" | "WARN" | "ERROR"));
    if dated && level {
        Ok(())
    } else {
        Err(format!("a line without time or level: {line}"))
    }
}

/// Waits for the invocation, with the other going on beside it.
async fn while_opening<T>(
    opening: impl Future<Output = ()>,
    invocation: impl Future<Output = T>,
) -> T {
    tokio::pin!(invocation);
    tokio::select! {
        () = opening => invocation.await,
        ended = &mut invocation => ended,
    }
}

/// An error before the time-out.
fn failed_visibly(report: Option<&InvocationReport>) -> Result<(), String> {
    match report {
        None => Err("was not invoked".to_owned()),
        Some(report) if report.outcome.is_success() => Err("succeeded".to_owned()),
        Some(report) if report.outcome == Outcome::TimedOut || report.wall >= TIMEOUT => {
            Err("ran into its time-out".to_owned())
        }
        Some(_) => Ok(()),
    }
}

/// At which attempt this invocation's report was delivered, if it was: as its response says, or the log of one that could not respond.
fn attempts(report: &InvocationReport) -> Option<u64> {
    if let Outcome::Response { payload, .. } = &report.outcome {
        let response: Value = serde_json::from_slice(payload).ok()?;
        return response["report"]["attempts"].as_u64();
    }
    report.log.iter().find_map(|line| {
        let (_, after) = line.text.split_once("delivered at attempt ")?;
        let digits = after.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse().ok()
    })
}

/// Lambda's record of the hook's failure (Lambda developer guide, "Capturing records of Lambda asynchronous invocations").
pub fn record(event: &Value, hook: &InvocationReport) -> Value {
    let payload = hook.payload();
    json!({
        "version": "1.0",
        "timestamp": "2026-11-14T18:16:05.568Z",
        "requestContext": {
            "requestId": hook.request_id,
            "functionArn": HOOK_ARN,
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 1
        },
        "requestPayload": event,
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": hook.outcome.function_error()
        },
        "responsePayload": serde_json::from_slice::<Value>(&payload).unwrap_or_default()
    })
}
