//! From the endpoints to the world: a call becomes an input, its command becomes the answer.

use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use rehearsal_deployment::Plan;
use rehearsal_deployment::fault::{FaultKind, Injected};
use rehearsal_deployment::hook::ReportRefused;
use rehearsal_deployment::world::{Answer, Call, CallId, Called};
use tokio::sync::{mpsc, oneshot};

use super::stage::Stage;
use super::{Message, Pending, Reply};
use crate::backend::{
    Backend, CodeDeployError, HookStatus, InvocationType, InvokeCall, Invoked, LambdaError,
    LifecycleReport, Service, SsmError, Verdict,
};
use crate::caller::Caller;
use crate::gateway::ApiRequest;

/// The backend of a rehearsal.
pub(super) struct ToWorld {
    stage: Weak<Stage>,
    post: mpsc::UnboundedSender<Message>,
    /// Services that a fault may act on; calls to others need no word with the world.
    faulty: HashSet<String>,
}

impl ToWorld {
    pub(super) fn new(
        stage: Weak<Stage>,
        post: mpsc::UnboundedSender<Message>,
        plan: &Plan,
    ) -> Self {
        let faulty = plan
            .faults
            .iter()
            .filter_map(|fault| fault.service.clone())
            .collect();
        Self {
            stage,
            post,
            faulty,
        }
    }

    /// Tells the world of a call; its answer comes when there is one. `None` when the rehearsal is over.
    fn tell(
        &self,
        caller: Option<&Caller>,
        payload: bytes::Bytes,
        call: Call,
    ) -> Option<oneshot::Receiver<Reply>> {
        let stage = self.stage.upgrade()?;
        let invocation = caller.and_then(|caller| stage.invocation_of(&caller.access_key_id));
        let function = caller.and_then(|caller| stage.functions.named(&caller.function_name));
        let input = Called {
            // The conductor numbers calls as they come in.
            id: CallId(0),
            function: function.unwrap_or_default().to_owned(),
            version: caller
                .map(|caller| caller.version.clone())
                .unwrap_or_default(),
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
            _ => Err(LambdaError::Service {
                message: "the rehearsal is over".to_owned(),
            }),
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
            let stage = self.stage.upgrade();
            let function = stage
                .as_ref()
                .and_then(|stage| stage.functions.named(&call.function_name))
                .map(str::to_owned);
            drop(stage);
            let Some(function) = function else {
                return Err(LambdaError::ResourceNotFound { arn });
            };
            let wanted = Call::Invoke {
                function,
                qualifier: call.qualifier,
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
            let stage = self.stage.upgrade();
            let name = stage.as_ref().and_then(|stage| {
                stage
                    .apis
                    .iter()
                    .find(|front| front.api.id == request.api.id)
            });
            let name = name.map_or_else(|| request.api.id.clone(), |front| front.name.clone());
            drop(stage);
            let call = Call::Request {
                function: request.route.function.clone(),
                qualifier: request.route.qualifier,
                api: (name, request.api.stage.clone()),
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

    fn put_lifecycle_status(
        &self,
        caller: Arc<Caller>,
        report: LifecycleReport,
    ) -> BoxFuture<'_, Result<(), CodeDeployError>> {
        async move {
            let status = match report.status {
                HookStatus::Succeeded => "Succeeded",
                HookStatus::Failed => "Failed",
            };
            let call = Call::Report {
                deployment_id: report.deployment_id,
                execution_id: report.execution_id,
                status: status.to_owned(),
            };
            match self.ask(Some(&caller), bytes::Bytes::new(), call).await {
                Some(Reply::Answer(Answer::Report(answer))) => answer.map_err(refused),
                _ => Err(CodeDeployError::DeploymentDoesNotExist),
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
            let stage = self.stage.upgrade().ok_or(SsmError::ParameterNotFound)?;
            // By name, or by ARN, which ends in the name.
            let name = name
                .split_once(":parameter")
                .map_or(name.as_str(), |(_, name)| name);
            let value = stage
                .parameters
                .get(name)
                .ok_or(SsmError::ParameterNotFound)?;
            Ok(stage.localized(value))
        }
        .boxed()
    }

    fn service_call(
        &self,
        caller: Arc<Caller>,
        service: Service,
        operation: &str,
    ) -> BoxFuture<'_, Verdict> {
        if !self.faulty.contains(service.name()) {
            return std::future::ready(Verdict::Pass).boxed();
        }
        let call = Call::Service {
            service: service.name().to_owned(),
            operation: operation.to_owned(),
        };
        async move {
            match self.ask(Some(&caller), bytes::Bytes::new(), call).await {
                Some(Reply::Answer(Answer::Service(Some(fault)))) => verdict(fault),
                _ => Verdict::Pass,
            }
        }
        .boxed()
    }
}

/// What a caller gets that does not wait.
fn nothing() -> Invoked {
    Invoked {
        executed_version: None,
        ..Invoked::new(bytes::Bytes::new(), String::new())
    }
}

fn refused(reason: ReportRefused) -> CodeDeployError {
    match reason {
        ReportRefused::DeploymentIdRequired => CodeDeployError::DeploymentIdRequired,
        ReportRefused::InvalidDeploymentId => CodeDeployError::InvalidDeploymentId,
        ReportRefused::DeploymentDoesNotExist => CodeDeployError::DeploymentDoesNotExist,
        ReportRefused::InvalidStatus => CodeDeployError::InvalidLifecycleEventHookExecutionStatus,
        ReportRefused::InvalidExecutionId => CodeDeployError::InvalidLifecycleEventHookExecutionId,
        ReportRefused::AlreadyCompleted => CodeDeployError::LifecycleEventAlreadyCompleted,
    }
}

fn verdict(fault: Injected) -> Verdict {
    let error = |status| Verdict::Error {
        status,
        code: "InternalServerError".to_owned(),
        message: "a fault of the rehearsal".to_owned(),
    };
    match fault.kind {
        FaultKind::Delay => Verdict::Delay(Duration::from_millis(fault.delay_ms.into())),
        FaultKind::Throttle => Verdict::Throttle,
        FaultKind::Drop => Verdict::Drop,
        FaultKind::Status => error(fault.status.unwrap_or(500)),
        FaultKind::Error | FaultKind::Crash | FaultKind::Hang => error(500),
    }
}
