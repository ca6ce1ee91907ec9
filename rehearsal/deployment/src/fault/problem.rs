//! What is wrong with a fault that someone wrote.

use rehearsal_aws::dynamodb::READS;
use rehearsal_aws::service::Service;

use super::{Fault, FaultKind};

impl Fault {
    /// What is wrong with it, in words for its author; `None` when nothing is. `emulated` are the services, by signing name, that have
    /// an emulator.
    pub fn problem(&self, emulated: &[&str]) -> Option<String> {
        use FaultKind::{Corrupt, Crash, Delay, Drop, Exit, Hang, OutOfMemory, Status};
        let kind = self.kind;
        if self.function.is_none() && self.service.is_none() {
            return Some("a fault needs `function` (a logical id) or `service`".to_owned());
        }
        if let Some(service) = &self.service {
            if Service::from_name(service).is_none() && !emulated.contains(&service.as_str()) {
                return Some(format!(
                    "`{service}` is no service a rehearsal serves; these are: {}, and those that [services] sends to an emulator",
                    Service::names()
                ));
            }
            if matches!(kind, Crash | Exit | OutOfMemory | Hang) {
                return Some("a service neither ends nor hangs here; use `drop`, `error`, `throttle` or `delay`".to_owned());
            }
        } else if kind == Drop {
            return Some(
                "`drop` closes a service's connection; for a function use `crash` or `hang`"
                    .to_owned(),
            );
        } else if self.operation.is_some() {
            return Some("`operation` goes with `service`".to_owned());
        }
        if self.needs_writers() && self.service.as_deref() != Some(Service::DynamoDb.name()) {
            return Some(
                "`written_by` and the kind `corrupt` go with `service = \"dynamodb\"`".to_owned(),
            );
        }
        let reads = |operation: &String| READS.contains(&operation.as_str());
        if kind == Corrupt && !self.operation.as_ref().is_none_or(reads) {
            return Some(format!(
                "`corrupt` changes what is read; these operations read: {}",
                READS.join(", ")
            ));
        }
        if self.rate.is_some() && self.times.is_some() {
            return Some("`rate` and `times` exclude each other".to_owned());
        }
        if self.rate.is_some_and(|rate| !(0.0..=1.0).contains(&rate)) {
            return Some("`rate` is a share from 0 to 1".to_owned());
        }
        if (kind == Status) != self.status.is_some() {
            return Some("`status` is needed for the kind `status`, and for no other".to_owned());
        }
        if self
            .status
            .is_some_and(|status| !(100..=599).contains(&status))
        {
            return Some("`status` is an HTTP status, 100 to 599".to_owned());
        }
        if (kind == Delay) != self.delay_ms.is_some() {
            return Some("`delay_ms` is needed for the kind `delay`, and for no other".to_owned());
        }
        self.problem_of_code()
    }

    /// What is wrong with its error code.
    fn problem_of_code(&self) -> Option<String> {
        let code = self.code.as_ref()?;
        if self.service.is_none() || self.kind != FaultKind::Status {
            return Some(
                "`code` names a service's error: it goes with `service` and the kind `status`"
                    .to_owned(),
            );
        }
        if self.status.is_some_and(|status| status < 400) {
            return Some("`code` names an error, so `status` is 400 to 599".to_owned());
        }
        if code.is_empty() || !code.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Some(format!(
                "{code:?} is no error code: it is a name of letters and digits, such as ParameterNotFound"
            ));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(toml_like: serde_json::Value) -> Fault {
        serde_json::from_value(toml_like).unwrap()
    }

    #[test]
    fn a_fault_that_makes_no_sense_says_why() {
        #[rustfmt::skip] // A table.
        let cases = [
            (serde_json::json!({"kind": "error"}), "function"),
            (serde_json::json!({"service": "s3", "kind": "error"}), "s3"),
            (serde_json::json!({"service": "ssm", "kind": "hang"}), "drop"),
            (serde_json::json!({"function": "F", "kind": "drop"}), "crash"),
            (serde_json::json!({"function": "F", "kind": "error", "rate": 2.0}), "rate"),
            (serde_json::json!({"function": "F", "kind": "status"}), "status"),
            (serde_json::json!({"function": "F", "kind": "delay"}), "delay_ms"),
            (serde_json::json!({"function": "F", "kind": "error", "rate": 0.1, "times": 1}), "times"),
            (serde_json::json!({"service": "ssm", "kind": "out-of-memory"}), "drop"),
            (serde_json::json!({"function": "F", "kind": "corrupt"}), "dynamodb"),
            (serde_json::json!({"service": "lambda", "kind": "error", "written_by": "old"}), "dynamodb"),
            (serde_json::json!({"service": "dynamodb", "operation": "PutItem", "kind": "corrupt"}), "GetItem"),
            (serde_json::json!({"function": "F", "kind": "status", "status": 400, "code": "Gone"}), "service"),
            (serde_json::json!({"service": "ssm", "kind": "error", "code": "Gone"}), "status"),
            (serde_json::json!({"service": "ssm", "kind": "status", "status": 200, "code": "Gone"}), "400"),
            (
                serde_json::json!({"service": "ssm", "kind": "status", "status": 400, "code": "com.amazonaws.ssm#Gone"}),
                "com.amazonaws.ssm#Gone",
            ),
            (serde_json::json!({"service": "ssm", "kind": "status", "status": 400, "code": ""}), "letters"),
        ];
        for (text, word) in cases {
            let problem = fault(text.clone()).problem(&[]).unwrap_or_default();
            assert!(problem.contains(word), "{text}: {problem}");
        }
    }

    #[test]
    fn an_error_code_goes_with_a_service_whose_calls_fail() {
        for text in [
            serde_json::json!({"service": "ssm", "kind": "status", "status": 400, "code": "ParameterNotFound"}),
            serde_json::json!({"function": "F", "service": "lambda", "kind": "status", "status": 404, "code": "ResourceNotFoundException"}),
        ] {
            assert_eq!(fault(text).problem(&[]), None);
        }
    }

    #[test]
    fn a_fault_acts_on_a_service_that_an_emulator_stands_for() {
        let text =
            serde_json::json!({"service": "s3", "operation": "PutObject", "kind": "throttle"});
        assert!(fault(text.clone()).problem(&["sqs"]).is_some());
        assert_eq!(fault(text).problem(&["s3"]), None);
    }
}
