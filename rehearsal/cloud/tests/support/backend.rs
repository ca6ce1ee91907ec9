//! A backend that remembers what it was asked and answers as it was told.

use std::sync::{Arc, Mutex};

use futures::future::{BoxFuture, FutureExt};
use rehearsal_aws::codedeploy::refusal::ReportRefused;
use rehearsal_cloud::backend::{
    Backend, InvokeCall, Invoked, LambdaError, LifecycleReport, Refusal, SsmError, Verdict,
};
use rehearsal_cloud::gateway::ApiRequest;
use rehearsal_host::{Caller, Callers};

type Script<I, O> = Mutex<Option<Box<dyn Fn(&I) -> O + Send>>>;

#[derive(Default)]
pub struct Told {
    pub invocations: Mutex<Vec<(String, InvokeCall)>>,
    pub requests: Mutex<Vec<(Option<String>, ApiRequest)>>,
    pub reports: Mutex<Vec<(String, LifecycleReport)>>,
    pub calls: Mutex<Vec<(String, String, String)>>,
    pub on_invoke: Script<InvokeCall, Result<Invoked, LambdaError>>,
    pub on_request: Script<ApiRequest, Result<Invoked, LambdaError>>,
    pub on_report: Script<LifecycleReport, Result<(), ReportRefused>>,
    pub verdicts: Mutex<Vec<Verdict>>,
    pub refused: Mutex<Vec<Refusal>>,
    /// The key attributes of every table, where the writers of items are asked for.
    pub keys: Option<Vec<String>>,
    /// Calls about items, by operation, with the version that wrote each item last.
    pub item_calls: Mutex<Vec<(String, Vec<Option<String>>)>>,
}

fn answer<I, O>(script: &Script<I, O>, input: &I, default: O) -> O {
    script
        .lock()
        .unwrap()
        .as_ref()
        .map_or(default, |script| script(input))
}

impl Backend for Told {
    fn invoke(
        &self,
        caller: Arc<Caller>,
        call: InvokeCall,
    ) -> BoxFuture<'_, Result<Invoked, LambdaError>> {
        let result = answer(
            &self.on_invoke,
            &call,
            Ok(Invoked::new(call.payload.clone(), "2")),
        );
        self.invocations
            .lock()
            .unwrap()
            .push((caller.function_name.clone(), call));
        async { result }.boxed()
    }

    fn request(
        &self,
        caller: Option<Arc<Caller>>,
        request: ApiRequest,
    ) -> BoxFuture<'_, Result<Invoked, LambdaError>> {
        let good = Invoked::new(r#"{"statusCode":200,"body":"good"}"#, "2");
        let result = answer(&self.on_request, &request, Ok(good));
        let caller = caller.map(|caller| caller.function_name.clone());
        self.requests.lock().unwrap().push((caller, request));
        async { result }.boxed()
    }

    fn put_lifecycle_status(
        &self,
        caller: Arc<Caller>,
        report: LifecycleReport,
    ) -> BoxFuture<'_, Result<(), ReportRefused>> {
        let result = answer(&self.on_report, &report, Ok(()));
        self.reports
            .lock()
            .unwrap()
            .push((caller.function_name.clone(), report));
        async move { result }.boxed()
    }

    fn get_parameter(
        &self,
        _caller: Arc<Caller>,
        name: String,
    ) -> BoxFuture<'_, Result<String, SsmError>> {
        let known = name == "/contacts/dev/api-url";
        let value = "http://127.0.0.1:1/live".to_owned();
        async move { known.then_some(value).ok_or(SsmError::ParameterNotFound) }.boxed()
    }

    fn service_call(
        &self,
        caller: Arc<Caller>,
        service: &str,
        operation: &str,
    ) -> BoxFuture<'_, Verdict> {
        let (function, service) = (caller.function_name.clone(), service.to_owned());
        let call = (function, service, operation.to_owned());
        self.calls.lock().unwrap().push(call);
        let verdict = self.verdict();
        async { verdict }.boxed()
    }

    fn refused(&self, _caller: Option<&Caller>, refusal: Refusal) {
        self.refused.lock().unwrap().push(refusal);
    }

    fn asks_for_writers(&self) -> bool {
        self.keys.is_some()
    }

    fn key_attributes(&self, _table: &str) -> Option<Vec<String>> {
        self.keys.clone()
    }

    fn item_call(
        &self,
        _caller: Arc<Caller>,
        operation: &str,
        writers: Vec<Option<Arc<Caller>>>,
    ) -> BoxFuture<'_, Verdict> {
        let version = |caller: Option<Arc<Caller>>| Some(caller?.version.clone());
        let writers = writers.into_iter().map(version).collect();
        let call = (operation.to_owned(), writers);
        self.item_calls.lock().unwrap().push(call);
        let verdict = self.verdict();
        async { verdict }.boxed()
    }
}

impl Told {
    fn verdict(&self) -> Verdict {
        self.verdicts.lock().unwrap().pop().unwrap_or(Verdict::Pass)
    }

    /// The next calls meet these verdicts, in this order.
    pub fn fail_with(&self, verdicts: impl IntoIterator<Item = Verdict>) {
        let mut all: Vec<_> = verdicts.into_iter().collect();
        all.reverse();
        *self.verdicts.lock().unwrap() = all;
    }
}

pub fn callers() -> (Callers, rehearsal_host::credentials::Credentials) {
    let callers = Callers::default();
    let credentials = callers.issue("hook", "1");
    (callers, credentials)
}
