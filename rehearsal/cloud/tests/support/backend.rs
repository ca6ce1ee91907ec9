//! A backend that remembers what it was asked and answers as a test says.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};
use rehearsal_aws::call::{AwsAnswer, AwsCall};
use rehearsal_aws::lambda::invoke::{Invoked, LambdaError};
use rehearsal_aws::ssm::{Parameter, ParameterType, SsmError};
use rehearsal_cloud::backend::{Backend, Interference, Refusal};
use rehearsal_cloud::gateway::ApiRequest;
use rehearsal_host::{Caller, Callers};

type Script<I, O> = Mutex<Option<Box<dyn Fn(&I) -> O + Send>>>;

/// By which function, what, and who wrote each item last.
type Asked = (String, AwsCall, Vec<Option<String>>);

#[derive(Default)]
pub struct Scripted {
    /// The calls that were answered: by which function, what, and with which event.
    pub answered: Mutex<Vec<(String, AwsCall, Bytes)>>,
    pub requests: Mutex<Vec<(Option<String>, ApiRequest)>>,
    /// The calls that something could have gone wrong with: by which function, and what; with the version that wrote each item last.
    pub calls: Mutex<Vec<Asked>>,
    pub on_call: Script<AwsCall, AwsAnswer>,
    pub on_request: Script<ApiRequest, Result<Invoked, LambdaError>>,
    pub interferences: Mutex<Vec<Interference>>,
    pub refused: Mutex<Vec<Refusal>>,
    /// What the database said of its own errors.
    pub database_failures: Mutex<Vec<String>>,
    /// The key attributes of every table, where the writers of items are asked for.
    pub keys: Option<Vec<String>>,
    /// The index that is being filled, as table and index.
    pub filled: Mutex<Option<(String, String)>>,
}

pub fn parameter(name: &str, r#type: ParameterType, value: &str) -> Parameter {
    Parameter {
        arn: format!("arn:aws:ssm:eu-central-1:123456789012:parameter{name}"),
        name: name.to_owned(),
        r#type,
        value: value.to_owned(),
    }
}

/// An invocation answers its event, a report is taken, and one parameter is known. Other calls are passed on.
fn good_answer(call: &AwsCall, payload: &Bytes) -> AwsAnswer {
    match call {
        AwsCall::Invoke { .. } => AwsAnswer::Invoked(Ok(Invoked::new(payload.clone(), "2"))),
        AwsCall::PutLifecycleEventHookExecutionStatus { .. } => AwsAnswer::Reported(Ok(())),
        AwsCall::GetParameter { name, .. } => {
            let known = name == "/contacts/dev/api-url";
            let found = parameter(name, ParameterType::String, "http://127.0.0.1:1/live");
            AwsAnswer::Parameter(known.then_some(found).ok_or(SsmError::ParameterNotFound))
        }
        AwsCall::PutMetricData(_) => AwsAnswer::MetricsTaken,
        _ => AwsAnswer::Passed,
    }
}

impl Backend for Scripted {
    fn call(
        &self,
        caller: Arc<Caller>,
        call: AwsCall,
        payload: Bytes,
    ) -> BoxFuture<'_, Option<AwsAnswer>> {
        let script = self.on_call.lock().unwrap();
        let answer = match &*script {
            Some(script) => script(&call),
            None => good_answer(&call, &payload),
        };
        let caller = caller.function_name.clone();
        self.answered.lock().unwrap().push((caller, call, payload));
        async { Some(answer) }.boxed()
    }

    fn request(
        &self,
        caller: Option<Arc<Caller>>,
        request: ApiRequest,
    ) -> BoxFuture<'_, Result<Invoked, LambdaError>> {
        let script = self.on_request.lock().unwrap();
        let result = match &*script {
            Some(script) => script(&request),
            None => Ok(Invoked::new(r#"{"statusCode":200,"body":"good"}"#, "2")),
        };
        let caller = caller.map(|caller| caller.function_name.clone());
        self.requests.lock().unwrap().push((caller, request));
        async { result }.boxed()
    }

    fn interference(
        &self,
        caller: Arc<Caller>,
        call: &AwsCall,
        writers: Vec<Option<Arc<Caller>>>,
    ) -> BoxFuture<'_, Interference> {
        let version = |caller: Option<Arc<Caller>>| Some(caller?.version.clone());
        let writers = writers.into_iter().map(version).collect();
        let call = (caller.function_name.clone(), call.clone(), writers);
        self.calls.lock().unwrap().push(call);
        let next = self.interferences.lock().unwrap().pop();
        async { next.unwrap_or(Interference::None) }.boxed()
    }

    fn refused(&self, _caller: Option<&Caller>, refusal: Refusal) {
        self.refused.lock().unwrap().push(refusal);
    }

    fn database_failed(&self, why: &str) {
        self.database_failures.lock().unwrap().push(why.to_owned());
    }

    fn asks_for_writers(&self) -> bool {
        self.keys.is_some()
    }

    fn key_attributes(&self, _table: &str) -> Option<Vec<String>> {
        self.keys.clone()
    }

    fn is_index_being_filled(&self, table: &str, index: &str) -> bool {
        let filled = self.filled.lock().unwrap();
        filled
            .as_ref()
            .is_some_and(|(of, name)| of == table && name == index)
    }
}

impl Scripted {
    /// The next calls meet these interferences, in this order.
    pub fn interfere(&self, interferences: impl IntoIterator<Item = Interference>) {
        let mut all: Vec<_> = interferences.into_iter().collect();
        all.reverse();
        *self.interferences.lock().unwrap() = all;
    }

    /// The calls that something could have gone wrong with: by which function, to which service, which operation.
    pub fn called(&self) -> Vec<(String, String, String)> {
        let calls = self.calls.lock().unwrap();
        let called = calls.iter().map(|(function, call, _)| {
            let (service, operation) = (call.service().to_owned(), call.operation().to_owned());
            (function.clone(), service, operation)
        });
        called.collect()
    }

    /// From now on every call gets this answer.
    pub fn answer(&self, answer: AwsAnswer) {
        *self.on_call.lock().unwrap() = Some(Box::new(move |_| answer.clone()));
    }
}

pub fn callers() -> (Callers, rehearsal_host::credentials::Credentials) {
    let callers = Callers::default();
    let credentials = callers.issue("hook", "1");
    (callers, credentials)
}
