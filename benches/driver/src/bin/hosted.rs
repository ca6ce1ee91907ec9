//! Serves one function behind a REST API and an alias, until its standard input ends: what `make bench` sends requests to.
//!
//! ```text
//! hosted PROGRAM
//! ```
//!
//! It prints the URL. The alias has a tenth of its requests on a second version, which is the same program; a request that finds no idle
//! sandbox of its version starts one.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt as _};
use rehearsal_aws::apigateway::route::{Api, Authorization, InvokeMode, PayloadFormat, Route};
use rehearsal_aws::apigateway::stage::ApiKind;
use rehearsal_aws::call::{AwsAnswer, AwsCall};
use rehearsal_aws::lambda::alias::Alias;
use rehearsal_aws::lambda::invoke::{Invoked, LambdaError};
use rehearsal_cloud::Backend;
use rehearsal_cloud::gateway::{ApiRequest, Gateway};
use rehearsal_host::{Caller, Callers, Invocation, Sandbox, SandboxSpec};

const API: &str = "a1b2c3d4e5";
const ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:hosted:live";
const BUDGET: Duration = Duration::from_secs(3);

/// The alias, and the sandboxes of its versions that wait for a request.
struct Hosted {
    program: PathBuf,
    callers: Callers,
    alias: Alias,
    requests: AtomicU32,
    idle: Mutex<HashMap<String, Vec<Sandbox>>>,
}

impl Hosted {
    async fn invoke(&self, event: Bytes) -> Result<Invoked, LambdaError> {
        // Every tenth draw is under the second version's weight.
        let draw = f64::from(self.requests.fetch_add(1, Ordering::Relaxed) % 10) / 10.0;
        let version = self.alias.version_for(draw);
        let idle = self.idle().get_mut(version).and_then(Vec::pop);
        let mut sandbox = match idle {
            Some(sandbox) => sandbox,
            None => self.start(version).await?,
        };
        let report = sandbox.invoke(Invocation::new(ARN, event, BUDGET)).await;
        if !sandbox.is_dead() {
            self.idle()
                .entry(version.to_owned())
                .or_default()
                .push(sandbox);
        }
        let mut invoked = Invoked::new(report.payload(), version);
        invoked.function_error = report.outcome.function_error().map(str::to_owned);
        Ok(invoked)
    }

    async fn start(&self, version: &str) -> Result<Sandbox, LambdaError> {
        let spec = SandboxSpec::new(&self.program, self.callers.issue("hosted", version));
        Sandbox::start(spec)
            .await
            .map_err(|_| LambdaError::ResourceNotFound {
                arn: ARN.to_owned(),
            })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, HashMap<String, Vec<Sandbox>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for Hosted {
    fn call(&self, _: Arc<Caller>, _: AwsCall, _: Bytes) -> BoxFuture<'_, Option<AwsAnswer>> {
        async { None }.boxed()
    }

    fn request(
        &self,
        _: Option<Arc<Caller>>,
        request: ApiRequest,
    ) -> BoxFuture<'_, Result<Invoked, LambdaError>> {
        self.invoke(request.event).boxed()
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let program = std::env::args_os().nth(1).ok_or("it takes a program")?;
    // As `rehearse` has it for each rehearsal.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let gateway = runtime.block_on(serve(program.into()))?;
    let url = gateway.url(API).ok_or("the API is served")?;
    writeln!(std::io::stdout(), "{url}/live/hello")?;
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}

async fn serve(program: PathBuf) -> std::io::Result<Gateway> {
    let callers = Callers::default();
    let mut alias = Alias::new("1");
    alias.shift_to("2", 0.1);
    let hosted = Hosted {
        program,
        callers: callers.clone(),
        alias,
        requests: AtomicU32::default(),
        idle: Mutex::default(),
    };
    let route = Route {
        payload_format: PayloadFormat::V1,
        method: "ANY".to_owned(),
        path: "/hello".to_owned(),
        authorization: Authorization::None,
        needs_api_key: false,
        function: "hosted".to_owned(),
        qualifier: Some("live".to_owned()),
        invoke_mode: InvokeMode::Buffered,
    };
    let api = Api {
        id: API.to_owned(),
        kind: ApiKind::Rest,
        stage: "live".to_owned(),
        account_id: "123456789012".to_owned(),
        region: "eu-central-1".to_owned(),
        variables: Vec::new(),
        routes: vec![route],
        binary_media_types: Vec::new(),
    };
    Gateway::start(Arc::new(hosted), callers, vec![api]).await
}
