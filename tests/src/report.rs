//! The JSON report, by what a test asks of it.

use serde_json::Value;

/// The report of one rehearsal.
#[derive(Clone, Debug, PartialEq)]
pub struct Report(pub Value);

impl Report {
    /// The reports of a JSON text, which is an array of them.
    pub fn all(text: &str) -> Vec<Self> {
        let all: Value = serde_json::from_str(text).expect("a report is JSON");
        let Value::Array(all) = all else {
            panic!("a report is an array: {all}")
        };
        all.into_iter().map(Self).collect()
    }

    /// The value at a JSON pointer.
    pub fn at(&self, pointer: &str) -> &Value {
        self.0
            .pointer(pointer)
            .unwrap_or_else(|| panic!("{pointer} is not in {:#}", self.0))
    }

    /// The text at a JSON pointer.
    pub fn text(&self, pointer: &str) -> &str {
        self.at(pointer)
            .as_str()
            .unwrap_or_else(|| panic!("{pointer} is no text in {:#}", self.0))
    }

    /// The verdict without what it says of interpreters: which of them a machine has is its own.
    pub fn verdict(&self) -> String {
        let items = self.text("/verdict").split("; ");
        let of_machine = |item: &str| {
            item.starts_with("another version ran ") || item.ends_with(" outside /tmp")
        };
        let items = items.filter(|item| !of_machine(item));
        items.collect::<Vec<_>>().join("; ")
    }

    /// Whether everything went as expected.
    pub fn is_as_expected(&self) -> bool {
        self.at("/as_expected") == true
    }

    /// The first deployment's status and error code, `Succeeded` or `Stopped ALARM_ACTIVE`.
    pub fn ending(&self) -> String {
        let code = self.at("/deployments/0/error_code").as_str();
        [Some(self.text("/deployments/0/status")), code]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// How many live requests a version of the first deployment served.
    pub fn served(&self, version: &str) -> u64 {
        count(self.at("/deployments/0/served"), version)
    }

    /// How many errors of a version of the first deployment callers saw.
    pub fn errors(&self, version: &str) -> u64 {
        count(self.at("/deployments/0/errors"), version)
    }

    /// The first deployment's minutes.
    pub fn minutes(&self) -> Vec<Minute> {
        let minutes = self
            .at("/deployments/0/minutes")
            .as_array()
            .expect("minutes are an array");
        minutes
            .iter()
            .map(|minute| Minute {
                minute: minute["minute"].as_i64().expect("a minute has a number"),
                value: minute.clone(),
            })
            .collect()
    }

    /// The first deployment's hook for a lifecycle event.
    pub fn hook(&self, lifecycle_event: &str) -> &Value {
        let hooks = self
            .at("/deployments/0/hooks")
            .as_array()
            .expect("hooks are an array");
        hooks
            .iter()
            .find(|hook| hook["lifecycle_event"] == lifecycle_event)
            .unwrap_or_else(|| panic!("there is no {lifecycle_event} hook in {hooks:#?}"))
    }

    /// The states that an alarm went through, each with its virtual second.
    pub fn alarm(&self, name: &str) -> Vec<(f64, String)> {
        let alarms = self.at("/alarms").as_array().expect("alarms are an array");
        let alarm = alarms.iter().find(|alarm| alarm["name"] == name);
        let alarm = alarm.unwrap_or_else(|| panic!("there is no alarm {name} in {alarms:#?}"));
        let transitions = alarm["transitions"]
            .as_array()
            .expect("transitions are an array");
        transitions
            .iter()
            .map(|transition| {
                let at = transition["at_seconds"]
                    .as_f64()
                    .expect("a transition has a time");
                (
                    at,
                    transition["state"]
                        .as_str()
                        .expect("a state is a text")
                        .to_owned(),
                )
            })
            .collect()
    }

    /// The report without what may differ between two runs with one seed: durations, ids, paths, and what functions print. A text that
    /// has a duration or an id in it goes as a whole.
    #[must_use]
    pub fn without_durations_and_ids(mut self) -> Self {
        blank(&mut self.0);
        self
    }
}

/// One minute of a deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct Minute {
    /// Its number, counted from the first shift.
    pub minute: i64,
    value: Value,
}

impl Minute {
    /// A version's share at its start.
    pub fn weight(&self, version: &str) -> f64 {
        self.value["weights"][version]
            .as_f64()
            .expect("every version has a weight")
    }

    /// How many of its live requests a version served.
    pub fn requests(&self, version: &str) -> u64 {
        count(&self.value["requests"], version)
    }

    /// How many of their callers saw an error.
    pub fn errors(&self, version: &str) -> u64 {
        count(&self.value["errors"], version)
    }
}

fn count(counts: &Value, version: &str) -> u64 {
    counts[version]
        .as_u64()
        .unwrap_or_else(|| panic!("version {version} has no count in {counts}"))
}

/// The names of a hook's checks that have this status.
pub fn checks(hook: &Value, status: &str) -> Vec<String> {
    let checks = hook["checks"].as_array().expect("checks are an array");
    let of_status = checks.iter().filter(|check| check["status"] == status);
    of_status
        .map(|check| {
            check["name"]
                .as_str()
                .expect("a check has a name")
                .to_owned()
        })
        .collect()
}

fn blank(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(blank),
        Value::Object(members) => {
            for (name, value) in members {
                match name.as_str() {
                    "log" | "sample" => *value = Value::Null,
                    "wall_seconds" | "command" | "duration_ms" | "id" | "detail" | "errors"
                        if !value.is_object() =>
                    {
                        *value = Value::Null;
                    }
                    _ => blank(value),
                }
            }
        }
        _ => {}
    }
}
