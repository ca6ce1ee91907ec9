//! From the endpoints to the world: a call becomes an input, its command becomes the answer.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use rehearsal_aws::call::{AwsAnswer, AwsCall};
use rehearsal_aws::cloudwatch::metrics_of::DYNAMODB;
use rehearsal_aws::lambda::invoke::{Invoked, LambdaError};
use rehearsal_aws::principal::Principal;
use rehearsal_aws::ssm::Parameter;
use rehearsal_cloud::backend::{Backend, DatabaseCall, Interference, Refusal};
use rehearsal_cloud::gateway::{ApiRequest, Integration};
use rehearsal_deployment::Plan;
use rehearsal_deployment::event::RefusedCall;
use rehearsal_deployment::fault::{Fault, FaultKind, Injected, WhichVersion};
use rehearsal_deployment::world::{
    Answer, Call, CallId, Called, DatabaseAnswered, InvocationId, Writer,
};
use rehearsal_host::Caller;
use tokio::sync::{mpsc, oneshot};

use super::surroundings::Surroundings;
use super::{DriveError, Message, Pending};

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

    /// Asks the world. `None` when the rehearsal has ended.
    async fn ask(&self, caller: Option<&Caller>, payload: Bytes, call: Call) -> Option<Answer> {
        self.ask_through(caller, payload, call, None).await
    }

    /// The same through an API that takes the answer so.
    async fn ask_through(
        &self,
        caller: Option<&Caller>,
        payload: Bytes,
        call: Call,
        integration: Option<Integration>,
    ) -> Option<Answer> {
        let input = Called {
            // The driver numbers calls as they come in.
            id: CallId(0),
            principal: caller.map_or(Principal::Unknown, |caller| Principal::Function {
                function: self.logical_id(caller),
                version: caller.version.clone(),
            }),
            invocation: caller.and_then(|caller| self.invocation_of(caller)),
            call,
        };
        let (reply, answer) = oneshot::channel();
        let pending = Pending {
            reply: Some(reply),
            payload,
            integration,
        };
        let message = Message::Called {
            called: input,
            pending,
        };
        self.post.send(message).ok()?;
        answer.await.ok()
    }

    /// The invocation that a caller runs.
    fn invocation_of(&self, caller: &Caller) -> Option<InvocationId> {
        let surroundings = self.surroundings.upgrade()?;
        surroundings.invocation_of(&caller.access_key_id)
    }

    /// Notes a call that comes while none of its caller's invocations runs.
    fn note_between(&self, caller: &Caller, call: impl FnOnce() -> String) {
        let Some(surroundings) = self.surroundings.upgrade() else {
            return;
        };
        if surroundings.invocation_of(&caller.access_key_id).is_some() {
            return;
        }
        if let Some(function) = surroundings.functions.named(&caller.function_name) {
            surroundings.between.note(function, call);
        }
    }

    /// The logical id of the function that calls; empty for one that this rehearsal does not know.
    fn logical_id(&self, caller: &Caller) -> String {
        let surroundings = self.surroundings.upgrade();
        let named = surroundings
            .as_ref()
            .and_then(|surroundings| surroundings.functions.named(&caller.function_name));
        named.unwrap_or_default().to_owned()
    }

    fn localized_parameter(&self, parameter: Parameter) -> Parameter {
        Parameter {
            value: self.localized(parameter.value),
            ..parameter
        }
    }

    /// A text as it is met here: with the addresses of the rehearsal's APIs made local.
    fn localized(&self, text: String) -> String {
        match self.surroundings.upgrade() {
            Some(surroundings) => surroundings.localized(&text),
            None => text,
        }
    }
}

impl Backend for ToWorld {
    fn call(
        &self,
        caller: Arc<Caller>,
        call: AwsCall,
        payload: Bytes,
    ) -> BoxFuture<'_, Option<AwsAnswer>> {
        async move {
            match self.ask(Some(&caller), payload, Call::Aws(call)).await? {
                Answer::Aws(AwsAnswer::Parameter(Ok(parameter))) => Some(AwsAnswer::Parameter(Ok(
                    self.localized_parameter(parameter),
                ))),
                Answer::Aws(AwsAnswer::Parameters { found, invalid }) => {
                    let found = found.into_iter();
                    let found = found.map(|parameter| self.localized_parameter(parameter));
                    let found = found.collect();
                    Some(AwsAnswer::Parameters { found, invalid })
                }
                Answer::Aws(answer) => Some(answer),
                Answer::Interference(_) => None,
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
                .and_then(|surroundings| surroundings.api(&request.api.id, &request.api.stage));
            let Some(api) = front.map(|front| front.stage(&request.route)) else {
                return Err(has_ended());
            };
            if let Some(surroundings) = surroundings {
                surroundings.made_up.note_caller_of(&request.route);
            }
            let call = Call::Request {
                function: request.route.function,
                qualifier: request.route.qualifier,
                api,
            };
            let integration = Some(request.integration);
            let asked = self.ask_through(caller.as_deref(), request.event, call, integration);
            match asked.await {
                Some(Answer::Aws(AwsAnswer::Invoked(answer))) => answer,
                _ => Err(has_ended()),
            }
        }
        .boxed()
    }

    fn interference(
        &self,
        caller: Arc<Caller>,
        call: &AwsCall,
        writers: Vec<Option<Arc<Caller>>>,
    ) -> BoxFuture<'_, Interference> {
        self.note_between(&caller, || {
            format!("{} {}", call.service(), call.operation())
        });
        if !self.faulty.contains(call.service()) {
            return std::future::ready(Interference::None).boxed();
        }
        let call = call.clone();
        async move {
            let writer = |caller: Option<Arc<Caller>>| {
                let caller = caller?;
                let function = self.logical_id(&caller);
                (!function.is_empty()).then(|| Writer {
                    function,
                    version: caller.version.clone(),
                })
            };
            let writers: Vec<_> = writers.into_iter().map(writer).collect();
            let asked = Call::Interference {
                call,
                writers: writers.clone(),
            };
            match self.ask(Some(&caller), Bytes::new(), asked).await {
                Some(Answer::Interference(Some(fault))) if fault.kind == FaultKind::Corrupt => {
                    Interference::Corrupt {
                        items: self.written_by(fault.written_by, &writers),
                    }
                }
                Some(Answer::Interference(Some(fault))) => interference(fault),
                _ => Interference::None,
            }
        }
        .boxed()
    }

    fn refused(&self, caller: Option<&Caller>, refusal: Refusal) {
        if let Some(caller) = caller {
            self.note_between(caller, || {
                format!("{} {}", refusal.service, refusal.operation)
            });
        }
        let function = caller.map(|caller| self.logical_id(caller));
        let call = RefusedCall {
            function: function.unwrap_or_default(),
            service: refusal.service,
            operation: refusal.operation,
            code: refusal.code,
            message: refusal.message,
        };
        let invocation = caller.and_then(|caller| self.invocation_of(caller));
        // Where no one takes it, the rehearsal is over.
        let _ = self.post.send(Message::Refused { call, invocation });
    }

    fn asks_for_writers(&self) -> bool {
        self.asks_for_writers
    }

    fn counts_database_calls(&self) -> bool {
        self.counts_database_calls
    }

    fn database_answered(&self, caller: &Caller, call: DatabaseCall) {
        let answered = DatabaseAnswered {
            invocation: self.invocation_of(caller),
            operation: call.operation,
            tables: call.tables,
            status: call.status,
            code: call.code,
            delay_ms: i64::try_from(call.delay.as_millis()).unwrap_or(i64::MAX),
        };
        // Where no one takes it, the rehearsal is over.
        let _ = self.post.send(Message::DatabaseAnswered(answered));
    }

    fn database_failed(&self, why: &str) {
        let error = DriveError::DatabaseFailed(why.to_owned());
        // Where no one takes it, the rehearsal is over.
        let _ = self.post.send(Message::Broken(error));
    }

    fn key_attributes(&self, table: &str) -> Option<Vec<String>> {
        self.surroundings.upgrade()?.tables().keys(table).cloned()
    }

    fn is_index_being_filled(&self, table: &str, index: &str) -> bool {
        let surroundings = self.surroundings.upgrade();
        surroundings.is_some_and(|around| around.tables().is_being_filled(table, index))
    }
}

/// What a caller gets that comes too late.
fn has_ended() -> LambdaError {
    LambdaError::Service {
        message: "the rehearsal has ended".to_owned(),
    }
}

fn interference(fault: Injected) -> Interference {
    let error = |status, code: Option<String>| Interference::Error {
        status,
        code: code.unwrap_or_else(|| "InternalServerError".to_owned()),
        message: "a fault of the rehearsal".to_owned(),
    };
    match fault.kind {
        FaultKind::Delay => Interference::Delay(Duration::from_millis(fault.delay_ms.into())),
        FaultKind::Throttle => Interference::Throttle,
        FaultKind::Drop => Interference::Drop,
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
            revision: Some(Revision::After),
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
        match interference(acted.unwrap()) {
            Interference::Error { status, code, .. } => (status, code),
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
