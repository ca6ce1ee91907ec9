//! Faults that act on nothing: what came of a rehearsal says nothing of them.

use miette::{LabeledSpan, MietteDiagnostic, Severity};
use rehearsal_aws::service::Service;
use rehearsal_cloud::services::operations;
use rehearsal_deployment::bounds::Step;
use rehearsal_deployment::fault::Fault;
use rehearsal_report::ExpectationReport;
use rehearsal_template::suggest::closest;

use crate::file::RehearsalFile;

/// An operation that a fault names and its service does not have.
struct NoOperation {
    message: String,
    help: String,
}

/// What was expected of a fault of the file, from 0, that acted on so many calls: each is to act.
pub fn acts(file: &RehearsalFile, number: usize, calls: u64) -> ExpectationReport {
    let key = format!("fault {}", number + 1);
    let line = file.line_in_words(&["fault".into(), number.into()]);
    let nothing = || {
        let why = match no_operation(&file.rehearsal.faults[number]) {
            Some(NoOperation { message, help }) => format!(": {message}; {help}"),
            None => String::new(),
        };
        format!("{key}{line} acted on nothing{why}")
    };
    ExpectationReport {
        function: None,
        difference: (calls == 0).then(nothing),
        key,
        expected: "acts on a call".to_owned(),
        got: format!("acted on {calls}"),
    }
}

/// What is wrong with a file's faults before anything runs: operations that no service has. Each is reported once, also where several
/// updates share it.
pub fn warnings(file: &RehearsalFile) -> Vec<miette::Report> {
    let mut found = of_file(file, |_| true);
    for update in file
        .each_update()
        .into_iter()
        .filter(|one| one.is_of_several())
    {
        found.extend(of_file(update, |at| update.is_own(at)));
    }
    found
}

fn of_file(file: &RehearsalFile, is_meant: impl Fn(&[Step]) -> bool) -> Vec<miette::Report> {
    let faults = file.rehearsal.faults.iter().enumerate();
    let found = faults.filter_map(|(number, fault)| {
        let table: [Step; 2] = ["fault".into(), number.into()];
        if !is_meant(&table[..1]) {
            return None;
        }
        let NoOperation { message, help } = no_operation(fault)?;
        let [fault, number] = table;
        let (text, place) = file.source_at(&[fault, number, "operation".into()]);
        let place = place.map(|place| LabeledSpan::new_with_span(Some("here".to_owned()), place));
        let warning = MietteDiagnostic::new(format!("{message}: this fault acts on nothing"))
            .with_severity(Severity::Warning)
            .with_help(help)
            .and_labels(place);
        Some(miette::Report::new(warning).with_source_code(text))
    });
    found.collect()
}

/// What is wrong with the operation that a fault names. Nothing is known of what an emulator serves.
fn no_operation(fault: &Fault) -> Option<NoOperation> {
    let service = Service::from_name(fault.service.as_deref()?)?;
    let wanted = fault.operation.as_deref()?;
    let served = operations(service);
    if served.contains(&wanted) {
        return None;
    }
    let help = match closest(wanted, served.iter().copied()) {
        Some(like) => format!("did you mean {like}?"),
        None if service == Service::DynamoDb => {
            "the DynamoDB API reference lists them, such as PutItem".to_owned()
        }
        None => format!("these are served: {}", served.join(", ")),
    };
    let message = match service {
        Service::DynamoDb => format!("{service} has no operation {wanted}"),
        _ => format!("a rehearsal serves no operation {wanted} of {service}"),
    };
    Some(NoOperation { message, help })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::problem::Problem;

    use super::*;

    fn file(faults: &str) -> RehearsalFile {
        let text = format!(
            "template = \"t.yaml\"\n[services]\ns3 = \"http://127.0.0.1:5000\"\n[traffic]\nrequests_per_minute = 0\n{faults}"
        );
        RehearsalFile::parse(Path::new("r.toml"), text).unwrap()
    }

    fn fault(service: &str, operation: &str) -> String {
        format!(
            "[[fault]]\nservice = \"{service}\"\noperation = \"{operation}\"\nkind = \"error\"\n"
        )
    }

    #[test]
    fn an_operation_that_no_service_has_is_said_with_what_was_meant_and_its_line() {
        #[rustfmt::skip] // A table.
        let cases = [
            ("dynamodb", "PutItm", "dynamodb has no operation PutItm; did you mean PutItem?"),
            ("ssm", "GetParametes", "a rehearsal serves no operation GetParametes of ssm; did you mean GetParameters?"),
            (
                "codedeploy",
                "StopDeployment",
                "a rehearsal serves no operation StopDeployment of codedeploy; these are served: PutLifecycleEventHookExecutionStatus",
            ),
            ("monitoring", "putMetricData", "a rehearsal serves no operation putMetricData of monitoring; did you mean PutMetricData?"),
            ("lambda", "Invokes", "a rehearsal serves no operation Invokes of lambda; did you mean Invoke?"),
        ];
        for (service, operation, said) in cases {
            let file = file(&fault(service, operation));
            let difference = acts(&file, 0, 0).difference.unwrap();
            assert_eq!(
                difference,
                format!("fault 1 (line 6) acted on nothing: {said}")
            );
            let [warning] = &warnings(&file)[..] else {
                panic!("{service} {operation}")
            };
            let shown = Problem::of(warning).render(false);
            assert!(shown.contains("r.toml:8:13"), "{shown}");
        }
    }

    #[test]
    fn of_an_operation_that_is_there_and_of_an_emulators_nothing_is_said() {
        for (service, operation) in [
            ("dynamodb", "DescribeTable"),
            ("lambda", "Invoke"),
            ("s3", "PutObjekt"),
        ] {
            let file = file(&fault(service, operation));
            assert!(warnings(&file).is_empty(), "{service} {operation}");
            assert_eq!(
                acts(&file, 0, 0).difference.as_deref(),
                Some("fault 1 (line 6) acted on nothing")
            );
        }
        assert!(acts(&file(&fault("dynamodb", "PutItm")), 0, 1).is_met());
    }

    #[test]
    fn what_several_updates_share_is_said_once_and_each_updates_own_at_its_line() {
        let updates = format!(
            "{}[[update]]\n[[update]]\n[[update.fault]]\nservice = \"dynamodb\"\noperation = \"Quary\"\nkind = \"error\"\n",
            fault("dynamodb", "PutItm")
        );
        let shown: Vec<_> = warnings(&file(&updates))
            .iter()
            .map(|warning| Problem::of(warning).render(false))
            .collect();
        assert_eq!(shown.len(), 2, "{shown:?}");
        assert!(
            shown[0].contains("PutItm") && shown[0].contains("r.toml:8:13"),
            "{}",
            shown[0]
        );
        assert!(
            shown[1].contains("Query") && shown[1].contains("r.toml:14:13"),
            "{}",
            shown[1]
        );
    }
}
