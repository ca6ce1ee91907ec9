//! Whatever an event holds: a verdict or a clear refusal, soon, and no panic.

use std::time::Duration;

use crate::support::{CodeDeploy, context};
use lambda_runtime::{Context, LambdaEvent};
use lifecycle_hook::{Check, Failure, Hook, HookError, OnFailureDestination, Status};
use proptest::prelude::*;
use serde_json::{Value, json};
use tower::ServiceExt;

/// How long one event may take; far more than any needs.
const PATIENCE: Duration = Duration::from_secs(20);
const TIMEOUT: Duration = Duration::from_mins(1);

fn passing() -> Hook {
    Hook::before_allow_traffic()
        .log_to(std::io::sink())
        .check("passes", async |_cx: Check| Ok::<(), Failure>(()))
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A lifecycle event of which some fields may be anything, or missing.
fn any_event() -> impl Strategy<Value = Value> {
    let id = || {
        prop_oneof![
            3 => "d-[A-Z0-9]{1,9}".prop_map(|id| Some(Value::from(id))),
            1 => any_json().prop_map(Some),
            1 => Just(None),
        ]
    };
    let near = (id(), id(), any_json()).prop_map(|(deployment, execution, more)| {
        let mut event = json!({"More": more});
        if let Some(id) = deployment {
            event["DeploymentId"] = id;
        }
        if let Some(id) = execution {
            event["LifecycleEventHookExecutionId"] = id;
        }
        event
    });
    prop_oneof![near, any_json()]
}

/// Any deadline: long ago, just now, in an hour, or at the end of time.
fn any_context() -> impl Strategy<Value = Context> {
    let now = context(Duration::ZERO).deadline;
    prop_oneof![
        any::<u64>(),
        (0_i64..10_000).prop_map(move |ms| now.saturating_add_signed(ms - 5_000)),
        Just(now + 3_600_000),
    ]
    .prop_map(|deadline| {
        let mut context = Context::default();
        context.deadline = deadline;
        context
    })
}

fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(async { tokio::time::timeout(PATIENCE, work).await.unwrap() })
}

proptest! {
    #[test]
    fn any_event_with_any_deadline_gives_a_verdict_or_a_clear_refusal(
        event in any_event(),
        context in any_context(),
    ) {
        let outcome = soon(passing().dry_run(true).oneshot(LambdaEvent::new(event.clone(), context)));
        match outcome {
            Ok(verdict) => {
                prop_assert_eq!(&event["DeploymentId"], &verdict.deployment_id);
                prop_assert_eq!(verdict.checks.len(), 1);
            }
            Err(HookError::Event(refusal)) => {
                let text = refusal.to_string();
                prop_assert!(text.contains("expected") && text.contains("got"), "{}", text);
                prop_assert!(text.len() < 1_000, "{}", text);
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}

proptest! {
    // Over real HTTP.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_ids_reach_codedeploy_as_they_came(
        deployment in "d-\\PC{1,40}",
        execution in "[^\\s]\\PC{0,400}",
        from_guard in any::<bool>(),
    ) {
        let codedeploy = CodeDeploy::start();
        let event = json!({"DeploymentId": deployment, "LifecycleEventHookExecutionId": execution});
        let status = if from_guard {
            let guard = OnFailureDestination::new()
                .environment(codedeploy.environment())
                .log_to(std::io::sink());
            let record = json!({"requestPayload": event});
            soon(guard.oneshot(LambdaEvent::new(record, context(TIMEOUT)))).unwrap().status
        } else {
            let hook = passing().environment(codedeploy.environment());
            soon(hook.oneshot(LambdaEvent::new(event, context(TIMEOUT)))).unwrap().status
        };
        prop_assert_eq!(status == Status::Failed, from_guard);
        let reports = codedeploy.reports();
        prop_assert_eq!(reports.len(), 1);
        prop_assert_eq!(&reports[0].deployment_id, &deployment);
        prop_assert_eq!(&reports[0].execution_id, &execution);
        prop_assert_eq!(&reports[0].status, status.as_str());
    }
}
