//! Measures the hooks: what processor time and what memory they take, how soon a failure is reported.
//!
//! ```sh
//! cargo build --release -p pre-traffic-hook -p post-traffic-hook -p hook-guard
//! cargo build --release -p workspace-tests --example hello --example faulty_hook
//! cargo run --release -p workspace-tests --example hook_figures
//! ```
//!
//! All of the profile that is deployed: that of the rehearsals does not optimise hooks.
//!
//! Processes are started in turn, so that whatever else the machine does meets all of them alike. Figures are medians. Of the processor's time, for
//! what else runs meanwhile would count in the clock's; but a failure's way to its status is by the clock, and wants a machine that is idle.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, SystemTime};

use rehearsal_host::{Callers, Invocation, InvocationReport, Outcome, Sandbox, SandboxSpec};
use serde_json::{Value, json};

/// How many processes of each function are started.
const STARTS: usize = 21;
/// How many events the warm hook gets.
const EVENTS: u32 = 300;
const TIMEOUT: Duration = Duration::from_secs(20);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (endpoint, arrivals) = codedeploy()?;
    let bench = Bench {
        callers: Callers::default(),
        endpoint,
    };
    let example = |name: &str| std::env::current_exe().map(|this| this.with_file_name(name));
    // Of this program's own profile: it is one folder below the functions.
    let function = |name: &str| example("..").map(|folder| folder.join(name));
    let functions = [
        ("lambda_runtime hello", example("hello")?),
        ("hook-guard", function("hook-guard")?),
        ("pre-traffic-hook", function("pre-traffic-hook")?),
        ("post-traffic-hook", function("post-traffic-hook")?),
    ];
    let mut measured = functions.each_ref().map(|_| (Vec::new(), Vec::new()));
    for _ in 0..STARTS {
        for ((_, binary), (taken, memory)) in functions.iter().zip(&mut measured) {
            let (mut sandbox, _) = bench.first(binary, "").await?;
            taken.push(processor_time(sandbox.process_id())?);
            memory.push(peak_memory_kib(sandbox.process_id())?);
            sandbox.kill().await;
        }
    }
    println!("| function | processor time | peak memory |\n|---|---|---|");
    for ((name, _), (taken, memory)) in functions.iter().zip(measured) {
        println!(
            "| {name} | {:.1} ms | {:.1} MB |",
            ms(median(taken)),
            mib(median(memory))
        );
    }

    let hook = example("faulty_hook")?;
    let (mut cold, mut warm, mut event_takes) = (Vec::new(), Vec::new(), Duration::ZERO);
    // What the hooks above have reported.
    while arrivals.try_recv().is_ok() {}
    for start in 0..STARTS {
        let (mut sandbox, report) = bench.first(&hook, "says when it fails").await?;
        cold.push(delivery(&report, &arrivals)?);
        if start == 0 {
            let before = processor_time(sandbox.process_id())?;
            for _ in 0..EVENTS {
                let report = sandbox.invoke(event()).await;
                warm.push(delivery(&report, &arrivals)?);
            }
            let taken = processor_time(sandbox.process_id())?.saturating_sub(before);
            event_takes = taken / EVENTS;
        }
        sandbox.kill().await;
    }
    println!(
        "\nfrom a check's failure to the status at the endpoint: {:.2} ms in a new sandbox, {:.2} ms in a warm one, whose event takes {:.2} ms of the \
         processor's time",
        ms(median(cold)),
        ms(median(warm)),
        ms(event_takes)
    );
    Ok(())
}

struct Bench {
    callers: Callers,
    endpoint: String,
}

impl Bench {
    /// Starts a process and invokes it once.
    async fn first(
        &self,
        binary: &PathBuf,
        check: &str,
    ) -> Result<(Sandbox, InvocationReport), Box<dyn Error>> {
        let mut spec = SandboxSpec::new(binary, self.callers.issue("measured", "$LATEST"));
        spec.environment
            .insert("CHECK".to_owned(), check.to_owned());
        spec.endpoints
            .insert("AWS_ENDPOINT_URL".to_owned(), self.endpoint.clone());
        let mut sandbox = Sandbox::start(spec).await?;
        let report = sandbox.invoke(event()).await;
        if report.outcome.is_success() {
            Ok((sandbox, report))
        } else {
            Err(format!("{}: {report:?}", binary.display()).into())
        }
    }
}

/// A hook's event, and at the same time the record of one.
fn event() -> Invocation {
    let mut event =
        json!({"DeploymentId": "d-A1B2C3D4E", "LifecycleEventHookExecutionId": "execution"});
    event["requestPayload"] = event.clone();
    Invocation::new(
        "arn:aws:lambda:us-east-1:123456789012:function:measured",
        event.to_string(),
        TIMEOUT,
    )
}

/// How long a status took to arrive after its check had failed; the check's detail says when.
fn delivery(
    report: &InvocationReport,
    arrivals: &Receiver<SystemTime>,
) -> Result<Duration, Box<dyn Error>> {
    let Outcome::Response { payload, .. } = &report.outcome else {
        return Err(format!("{report:?}").into());
    };
    let verdict: Value = serde_json::from_slice(payload)?;
    let failed = verdict["checks"][0]["detail"]
        .as_str()
        .ok_or("the check says when it failed")?
        .parse()?;
    let arrived = arrivals.recv()?.duration_since(SystemTime::UNIX_EPOCH)?;
    arrived
        .checked_sub(Duration::from_micros(failed))
        .ok_or_else(|| "a status arrived before its check had failed".into())
}

/// An endpoint that takes every status, and when they arrive.
fn codedeploy() -> Result<(String, Receiver<SystemTime>), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let (arrived, arrivals) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let arrived = arrived.clone();
            std::thread::spawn(move || {
                let note = || arrived.send(SystemTime::now()).is_ok();
                // A connection ends as the function does.
                let _ = serve(stream, note);
            });
        }
    });
    Ok((url, arrivals))
}

fn serve(stream: TcpStream, note: impl Fn() -> bool) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or(0);
            }
            if line == "\r\n" {
                break;
            }
        }
        reader.read_exact(&mut vec![0; length])?;
        note();
        writer.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: 2\r\n\r\n{}")?;
    }
}

/// The processor time that the process has taken, with all threads that live. (/proc/PID/stat counts in hundredths of a second.)
fn processor_time(process: u32) -> Result<Duration, Box<dyn Error>> {
    let mut nanoseconds = 0;
    for task in std::fs::read_dir(format!("/proc/{process}/task"))? {
        let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
        let first = text.split(' ').next().unwrap_or_default();
        nanoseconds += first.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// The most memory that the process has had resident.
fn peak_memory_kib(process: u32) -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .ok_or("Linux tells a process's peak memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

fn median<T: Ord + Copy>(mut values: Vec<T>) -> T {
    values.sort_unstable();
    values[values.len() / 2]
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
