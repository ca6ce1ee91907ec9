//! From the endpoints to the world: a call becomes an input, its command becomes the answer.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use rehearsal_aws::arn::parameter_name;
use rehearsal_aws::cloudwatch::metrics_of::DYNAMODB;
use rehearsal_aws::codedeploy::refusal::ReportRefused;
use rehearsal_aws::principal::Principal;
use rehearsal_cloud::backend::{
    Backend, DatabaseCall, InvocationType, InvokeCall, Invoked, LambdaError, LifecycleReport,
    Refusal, Service, SsmError, Verdict,
};
use rehearsal_cloud::gateway::ApiRequest;
use rehearsal_deployment::Plan;
use rehearsal_deployment::event::RefusedCall;
use rehearsal_deployment::fault::{Fault, FaultKind, Injected, WhichVersion};
use rehearsal_deployment::world::{Answer, Call, CallId, Called, DatabaseAnswered, Writer};
use rehearsal_host::Caller;
use tokio::sync::{mpsc, oneshot};

use super::surroundings::Surroundings;
use super::{Message, Pending, Reply};

/// The backend of a rehearsal.
pub(super) struct ToWorld {
    surroundings: Weak<Surroundings>,
    post: mpsc::UnboundedSender<Message>,
    /// Services that a fault may act on; calls to others need no word with the world.
    faulty: HashSet<String>,
    /// Whether a fault asks who wrote an item.
    asks_for_writers: bool,
    /// Whether an alarm watches what the database answers.
    counts_database_calls: bool,
    /// The new version of each function that is deployed, by logical id.
    new_versions: HashMap<String, String>,
}

impl ToWorld {
    pub(super) fn new(
        surroundings: Weak<Surroundings>,
        post: mpsc::UnboundedSender<Message>,
        plan: &Plan,
    ) -> Self {
        let faulty = plan
            .faults
            .iter()
            .filter_map(|fault| fault.service.clone())
            .collect();
        Self {
            surroundings,
            post,
            faulty,
            asks_for_writers: plan.faults.iter().any(Fault::needs_writers),
            counts_database_calls: plan.watches(DYNAMODB),
            new_versions: plan
                .deployments
                .iter()
                .map(|planned| (planned.function.clone(), planned.new_version.clone()))
                .collect(),
        }
    }

    /// The places of the items that this version wrote last. What has no versions here, such as a hook, is of the new build.
    fn written_by(&self, which: WhichVersion, writers: &[Option<Writer>]) -> Vec<usize> {
        let is_new = |writer: &Writer| {
            let new = self.new_versions.get(&writer.function);
            new.is_none_or(|version| *version == writer.version)
        };
        let concerned = |writer: &Option<Writer>| match which {
            WhichVersion::Any => true,
            WhichVersion::Old => writer.as_ref().is_some_and(|writer| !is_new(writer)),
            WhichVersion::New => writer.as_ref().is_some_and(is_new),
        };
        let places = writers.iter().enumerate();
        places
            .filter_map(|(place, writer)| concerned(writer).then_some(place))
            .collect()
    }

    /// Asks the world what goes wrong with a call to a service.
    async fn fault(
        &self,
        caller: &Caller,
        service: &str,
        operation: String,
        writers: Vec<Option<Writer>>,
    ) -> Option<Injected> {
        let call = Call::Service {
            service: service.to_owned(),
            operation,
            writers,
        };
        match self.ask(Some(caller), bytes::Bytes::new(), call).await {
            Some(Reply::Answer(Answer::Service(fault))) => fault,
            _ => None,
        }
    }

    /// Tells the world of a call; its answer comes when there is one. `None` when the rehearsal is over.
    fn tell(
        &self,
        caller: Option<&Caller>,
        payload: bytes::Bytes,
        call: Call,
    ) -> Option<oneshot::Receiver<Reply>> {
        let surroundings = self.surroundings.upgrade()?;
        let invocation =
            caller.and_then(|caller| surroundings.invocation_of(&caller.access_key_id));
        let function =
            caller.and_then(|caller| surroundings.functions.named(&caller.function_name));
        let input = Called {
            // The driver numbers calls as they come in.
            id: CallId(0),
            principal: caller.map_or(Principal::Unknown, |caller| Principal::Function {
                function: function.unwrap_or_default().to_owned(),
                version: caller.version.clone(),
            }),
            invocation,
            call,
        };
        let (reply, answer) = oneshot::channel();
        self.post
            .send(Message::Called {
                called: input,
                pending: Pending { reply, payload },
            })
            .ok()?;
        Some(answer)
    }

    /// Asks the world. `None` when the rehearsal is over.
    async fn ask(
        &self,
        caller: Option<&Caller>,
        payload: bytes::Bytes,
        call: Call,
    ) -> Option<Reply> {
        self.tell(caller, payload, call)?.await.ok()
    }

    async fn function(
        &self,
        caller: Option<&Caller>,
        payload: bytes::Bytes,
        call: Call,
        arn: String,
    ) -> Result<Invoked, LambdaError> {
        match self.ask(caller, payload, call).await {
            Some(Reply::Invoked(invoked)) => invoked,
            Some(Reply::Answer(Answer::NoSuchFunction)) => {
                Err(LambdaError::ResourceNotFound { arn })
            }
            Some(Reply::Answer(Answer::RecursionStopped)) => Err(LambdaError::RecursiveInvocation),
            Some(Reply::Answer(Answer::Stubbed {
                version,
                is_error,
                payload: Some(payload),
            })) => Ok(Invoked {
                function_error: is_error.then(|| "Unhandled".to_owned()),
                ..Invoked::new(payload, version)
            }),
            Some(Reply::Answer(Answer::Stubbed { payload: None, .. })) => {
                Err(LambdaError::TooManyRequests {
                    reason: "ReservedFunctionConcurrentInvocationLimitExceeded".to_owned(),
                })
            }
            _ => Err(over()),
        }
    }
}

impl Backend for ToWorld {
    fn invoke(
        &self,
        caller: Arc<Caller>,
        call: InvokeCall,
    ) -> BoxFuture<'_, Result<Invoked, LambdaError>> {
        async move {
            let arn = match &call.qualifier {
                Some(qualifier) => format!("{}:{qualifier}", call.function_name),
                None => call.function_name.clone(),
            };
            let surroundings = self.surroundings.upgrade();
            let function = surroundings
                .as_ref()
                .and_then(|surroundings| surroundings.functions.named(&call.function_name))
                .map(str::to_owned);
            drop(surroundings);
            let Some(function) = function else {
                return Err(LambdaError::ResourceNotFound { arn });
            };
            let wanted = Call::Invoke {
                function,
                qualifier: call.qualifier,
                waits: call.invocation_type == InvocationType::RequestResponse,
            };
            match call.invocation_type {
                InvocationType::RequestResponse => {
                    self.function(Some(&caller), call.payload, wanted, arn)
                        .await
                }
                // It runs, and no one waits for it.
                InvocationType::Event => {
                    let _ = self.tell(Some(&caller), call.payload, wanted);
                    Ok(nothing())
                }
                InvocationType::DryRun => Ok(nothing()),
            }
        }
        .boxed()
    }

    fn request(
        &self,
        caller: Option<Arc<Caller>>,
        request: ApiRequest,
    ) -> BoxFuture<'_, Result<Invoked, LambdaError>> {
        async move {
            let surroundings = self.surroundings.upgrade();
            let front = surroundings
                .as_ref()
                .and_then(|surroundings| surroundings.api(&request.api.id));
            let Some(api) = front.map(|front| front.stage(&request.route)) else {
                return Err(over());
            };
            drop(surroundings);
            let call = Call::Request {
                function: request.route.function.clone(),
                qualifier: request.route.qualifier,
                api,
            };
            self.function(
                caller.as_deref(),
                request.event,
                call,
                request.route.function,
            )
            .await
        }
        .boxed()
    }

    fn refused(&self, caller: Option<&Caller>, refusal: Refusal) {
        let surroundings = self.surroundings.upgrade();
        let function = caller
            .zip(surroundings.as_ref())
            .and_then(|(caller, surroundings)| {
                surroundings
                    .functions
                    .named(&caller.function_name)
                    .map(str::to_owned)
            });
        let call = RefusedCall {
            function: function.unwrap_or_default(),
            service: refusal.service,
            operation: refusal.operation,
            code: refusal.code,
            message: refusal.message,
        };
        // Where no one takes it, the rehearsal is over.
        let invocation = caller
            .zip(surroundings)
            .and_then(|(caller, surroundings)| surroundings.invocation_of(&caller.access_key_id));
        let _ = self.post.send(Message::Refused { call, invocation });
    }

    fn put_lifecycle_status(
        &self,
        caller: Arc<Caller>,
        report: LifecycleReport,
    ) -> BoxFuture<'_, Result<(), ReportRefused>> {
        async move {
            let call = Call::Report {
                deployment_id: report.deployment_id,
                execution_id: report.execution_id,
                status: report.status,
            };
            match self.ask(Some(&caller), bytes::Bytes::new(), call).await {
                Some(Reply::Answer(Answer::Report(answer))) => answer,
                _ => Err(ReportRefused::DeploymentDoesNotExist),
            }
        }
        .boxed()
    }

    fn get_parameter(
        &self,
        _: Arc<Caller>,
        name: String,
    ) -> BoxFuture<'_, Result<String, SsmError>> {
        async move {
            let surroundings = self
                .surroundings
                .upgrade()
                .ok_or(SsmError::ParameterNotFound)?;
            surroundings
                .parameter(parameter_name(&name))
                .ok_or(SsmError::ParameterNotFound)
        }
        .boxed()
    }

    fn service_call(
        &self,
        caller: Arc<Caller>,
        service: &str,
        operation: &str,
    ) -> BoxFuture<'_, Verdict> {
        if !self.faulty.contains(service) {
            return std::future::ready(Verdict::Pass).boxed();
        }
        let (service, operation) = (service.to_owned(), operation.to_owned());
        async move {
            let fault = self.fault(&caller, &service, operation, Vec::new()).await;
            fault.map_or(Verdict::Pass, verdict)
        }
        .boxed()
    }

    fn asks_for_writers(&self) -> bool {
        self.asks_for_writers
    }

    fn counts_database_calls(&self) -> bool {
        self.counts_database_calls
    }

    fn database_answered(&self, caller: &Caller, call: DatabaseCall) {
        let Some(surroundings) = self.surroundings.upgrade() else {
            return;
        };
        let answered = DatabaseAnswered {
            invocation: surroundings.invocation_of(&caller.access_key_id),
            operation: call.operation,
            tables: call.tables,
            status: call.status,
            code: call.code,
            delay_ms: i64::try_from(call.delay.as_millis()).unwrap_or(i64::MAX),
        };
        // Where no one takes it, the rehearsal is over.
        let _ = self.post.send(Message::DatabaseAnswered(answered));
    }

    fn key_attributes(&self, table: &str) -> Option<Vec<String>> {
        self.surroundings.upgrade()?.tables().keys(table).cloned()
    }

    fn is_index_being_filled(&self, table: &str, index: &str) -> bool {
        let surroundings = self.surroundings.upgrade();
        surroundings.is_some_and(|around| around.tables().is_being_filled(table, index))
    }

    fn item_call(
        &self,
        caller: Arc<Caller>,
        operation: &str,
        writers: Vec<Option<Arc<Caller>>>,
    ) -> BoxFuture<'_, Verdict> {
        let operation = operation.to_owned();
        let surroundings = self.surroundings.upgrade();
        let writer = |caller: Option<Arc<Caller>>| {
            let caller = caller?;
            let function = surroundings
                .as_ref()?
                .functions
                .named(&caller.function_name)?;
            Some(Writer {
                function: function.to_owned(),
                version: caller.version.clone(),
            })
        };
        let writers: Vec<_> = writers.into_iter().map(writer).collect();
        async move {
            let asked = self.fault(
                &caller,
                Service::DynamoDb.name(),
                operation,
                writers.clone(),
            );
            match asked.await {
                Some(fault) if fault.kind == FaultKind::Corrupt => Verdict::Corrupt {
                    items: self.written_by(fault.written_by, &writers),
                },
                fault => fault.map_or(Verdict::Pass, verdict),
            }
        }
        .boxed()
    }
}

/// What a caller gets that comes too late.
fn over() -> LambdaError {
    LambdaError::Service {
        message: "the rehearsal is over".to_owned(),
    }
}

/// What a caller gets that does not wait.
fn nothing() -> Invoked {
    Invoked {
        executed_version: None,
        ..Invoked::new(bytes::Bytes::new(), String::new())
    }
}

fn verdict(fault: Injected) -> Verdict {
    let error = |status, code: Option<String>| Verdict::Error {
        status,
        code: code.unwrap_or_else(|| "InternalServerError".to_owned()),
        message: "a fault of the rehearsal".to_owned(),
    };
    match fault.kind {
        FaultKind::Delay => Verdict::Delay(Duration::from_millis(fault.delay_ms.into())),
        FaultKind::Throttle => Verdict::Throttle,
        FaultKind::Drop => Verdict::Drop,
        FaultKind::Status => error(fault.status.unwrap_or(500), fault.code),
        FaultKind::Error
        | FaultKind::Crash
        | FaultKind::Exit
        | FaultKind::OutOfMemory
        | FaultKind::Hang
        | FaultKind::Corrupt => error(500, None),
    }
}

#[cfg(test)]
mod tests {
    use rehearsal_aws::principal::OnBehalfOf;
    use rehearsal_aws::random::{Draws, Key};
    use rehearsal_deployment::Revision;
    use rehearsal_deployment::fault::{Call, Faults, ServiceCall};
    use serde_json::json;

    use super::*;

    /// The status and code that a fault makes of the call of a parameter.
    fn answered(fault: serde_json::Value) -> (u16, String) {
        let key = Key {
            stream: String::new(),
            index: 0,
        };
        let call = Call {
            function: "F",
            revision: Revision::After,
            on_behalf_of: OnBehalfOf::Deployment,
            minute: 0,
            key: &key,
            service: Some(ServiceCall {
                service: "ssm",
                operation: "GetParameter",
                writers: &[],
            }),
        };
        let fault = serde_json::from_value(fault).unwrap();
        let acted = Faults::new(&[fault]).select(Draws::new(0), call);
        match verdict(acted.unwrap()) {
            Verdict::Error { status, code, .. } => (status, code),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_service_answers_a_status_with_the_code_that_the_fault_names() {
        assert_eq!(
            answered(
                json!({"service": "ssm", "kind": "status", "status": 400, "code": "ParameterNotFound"})
            ),
            (400, "ParameterNotFound".to_owned())
        );
        for fault in [
            json!({"service": "ssm", "kind": "status", "status": 500}),
            json!({"service": "ssm", "kind": "error"}),
        ] {
            assert_eq!(answered(fault), (500, "InternalServerError".to_owned()));
        }
    }
}
