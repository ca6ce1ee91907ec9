//! The lines that Lambda itself writes into a function's log group.
//!
//! Sources: Lambda developer guide, "Working with Lambda function logs" (plain text), "Lambda Telemetry API `Event` schema reference"
//! (JSON), "Configuring advanced logging controls for Lambda functions" (which lines a level leaves out).
//!
//! Durations are modelled. Memory is not measured, so that lines say nothing of what was used: `Max Memory Used` is left out.

use serde_json::json;

/// `LoggingConfig`'s `LogFormat`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// `Text`, Lambda's default.
    #[default]
    Text,
    /// `JSON`
    Json,
}

impl LogFormat {
    /// Reads `LogFormat`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "Text" => Some(Self::Text),
            "JSON" => Some(Self::Json),
            _ => None,
        }
    }
}

/// How an invocation ended, as far as Lambda writes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It answered.
    Success,
    /// It ended in an error that the function reported.
    Error,
    /// Its time-out was over.
    TimedOut,
    /// Its process ended.
    Exited,
}

/// An invocation, as Lambda writes of it.
#[derive(Clone, Copy, Debug)]
pub struct Ran<'a> {
    /// Its request id.
    pub request_id: &'a str,
    /// The version that ran.
    pub version: &'a str,
    /// How long it ran, without the init phase, in milliseconds.
    pub duration_ms: i64,
    /// How long the init phase took, where there was one.
    pub init_ms: Option<i64>,
    /// The function's memory.
    pub memory_mb: u32,
    /// The function's time-out, in milliseconds.
    pub timeout_ms: i64,
    /// How it ended.
    pub ending: Ending,
}

impl Ran<'_> {
    /// The line before the function's own.
    pub fn start(&self, format: LogFormat) -> String {
        let Self {
            request_id,
            version,
            ..
        } = self;
        match format {
            LogFormat::Text => format!("START RequestId: {request_id} Version: {version}"),
            LogFormat::Json => {
                let record = json!({"requestId": request_id, "version": version});
                json!({"type": "platform.start", "record": record}).to_string()
            }
        }
    }

    /// The lines after the function's own.
    pub fn end(&self, format: LogFormat) -> Vec<String> {
        match format {
            LogFormat::Text => self.end_in_text(),
            LogFormat::Json => vec![self.report_in_json()],
        }
    }

    /// Assumed of the order: what went wrong comes before `END` where the process died, and after `REPORT` where time was over (so
    /// published logs have it).
    #[expect(
        clippy::cast_precision_loss,
        reason = "a time-out is shorter than 2^53 ms"
    )]
    fn end_in_text(&self) -> Vec<String> {
        let Self {
            request_id,
            duration_ms,
            memory_mb,
            ..
        } = self;
        let mut lines = Vec::new();
        if self.ending == Ending::Exited {
            lines.push(format!(
                "RequestId: {request_id} Error: Runtime exited with error: exit status 1\rRuntime.ExitError"
            ));
        }
        lines.push(format!("END RequestId: {request_id}"));
        let billed_ms = duration_ms + self.init_ms.unwrap_or(0);
        let init = self.init_ms;
        let init = init.map_or(String::new(), |init| {
            format!("Init Duration: {init}.00 ms\t")
        });
        let mut report = format!(
            "REPORT RequestId: {request_id}\tDuration: {duration_ms}.00 ms\tBilled Duration: {billed_ms} ms\tMemory Size: {memory_mb} MB\t{init}"
        );
        match self.ending {
            Ending::TimedOut => report.push_str("Status: timeout"),
            Ending::Exited => report.push_str("Status: error\tError Type: Runtime.ExitError"),
            Ending::Success | Ending::Error => {}
        }
        lines.push(report);
        if self.ending == Ending::TimedOut {
            let seconds = self.timeout_ms as f64 / 1_000.0;
            lines.push(format!(
                "{request_id} Task timed out after {seconds:.2} seconds"
            ));
        }
        lines
    }

    fn report_in_json(&self) -> String {
        let mut metrics = json!({
            "durationMs": self.duration_ms,
            "billedDurationMs": self.duration_ms + self.init_ms.unwrap_or(0),
            "memorySizeMB": self.memory_mb,
        });
        if let Some(init_ms) = self.init_ms {
            metrics["initDurationMs"] = init_ms.into();
        }
        let mut record = json!({"requestId": self.request_id, "metrics": metrics});
        record["status"] = match self.ending {
            Ending::Success => "success",
            Ending::Error => "error",
            Ending::TimedOut => "timeout",
            Ending::Exited => "failure",
        }
        .into();
        if self.ending == Ending::Exited {
            record["errorType"] = "Runtime.ExitError".into();
        }
        json!({"type": "platform.report", "record": record}).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudwatch::log_filter::Pattern;

    const ID: &str = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";

    fn ran(ending: Ending, init_ms: Option<i64>) -> Ran<'static> {
        Ran {
            request_id: ID,
            version: "2",
            duration_ms: 20,
            init_ms,
            memory_mb: 256,
            timeout_ms: 3_000,
            ending,
        }
    }

    #[test]
    fn the_text_format_has_start_end_and_report() {
        let cold = ran(Ending::Success, Some(150));
        assert_eq!(
            cold.start(LogFormat::Text),
            format!("START RequestId: {ID} Version: 2")
        );
        let report = format!(
            "REPORT RequestId: {ID}\tDuration: 20.00 ms\tBilled Duration: 170 ms\tMemory Size: 256 MB\tInit Duration: 150.00 ms\t"
        );
        let end = format!("END RequestId: {ID}");
        assert_eq!(cold.end(LogFormat::Text), [end, report]);
    }

    #[test]
    fn filters_that_people_write_find_time_outs_and_exits_in_the_text_format() {
        let finds = |pattern: &str, ending| {
            let pattern = Pattern::parse(pattern).unwrap();
            let lines = ran(ending, None).end(LogFormat::Text);
            lines.iter().any(|line| pattern.find(line).is_some())
        };
        assert!(finds("\"Task timed out\"", Ending::TimedOut));
        assert!(!finds("\"Task timed out\"", Ending::Success));
        assert!(finds("\"Runtime exited with error\"", Ending::Exited));
        assert!(
            !finds("Error", Ending::Error),
            "what a function reports it writes itself"
        );
    }

    #[test]
    fn the_json_format_has_start_and_report_with_the_status() {
        let finds = |pattern: &str, ending| {
            let pattern = Pattern::parse(pattern).unwrap();
            let lines = ran(ending, Some(150)).end(LogFormat::Json);
            lines.iter().any(|line| pattern.find(line).is_some())
        };
        let timeout = r#"{ $.type = "platform.report" && $.record.status = "timeout" }"#;
        assert!(finds(timeout, Ending::TimedOut));
        assert!(!finds(timeout, Ending::Success));
        assert!(finds(
            "{ $.record.metrics.initDurationMs > 100 }",
            Ending::Success
        ));
        assert!(
            ran(Ending::Success, None)
                .start(LogFormat::Json)
                .contains("platform.start")
        );
    }
}
