//! What stands around the functions: tables, parameters, endpoints, APIs.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rehearsal_deployment::plan::{Draft, Target, TargetError};
use rehearsal_deployment::rehearsal::Timing;
use rehearsal_deployment::request::{HttpRequest, Request, RequestKind};
use rehearsal_deployment::sandboxes::SandboxId;
use rehearsal_deployment::service_metrics::{self, ApiStage};
use rehearsal_deployment::world::InvocationId;
use rehearsal_deployment::{Plan, Rehearsal};
use rehearsal_template::{Stack, stack};
use tokio::sync::mpsc;

use super::backend::ToWorld;
use super::functions::{Binaries, Functions};
use super::invoke::{Job, Worker};
use super::{ConductError, Message};
use crate::caller::Callers;
use crate::dynamodb::DynamoDb;
use crate::endpoints::Endpoints;
use crate::gateway::{Api, ApiKind, Authorization, Gateway, Match, Route};
use crate::sandbox::OnLine;
use crate::spawner::Spawner;

/// A request of the rehearsal that goes nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("request {number}: {what}")]
pub struct RequestError {
    /// The request's place in the rehearsal, from 1.
    pub number: usize,
    /// What is wrong with it.
    pub what: TargetError,
}

/// Where each of a rehearsal's requests goes: through a route to what stands behind it, or to a function directly.
///
/// # Errors
/// The requests for which the template has no route, function or alias.
pub fn targets(
    stack: &Stack,
    draft: &Draft<'_>,
    rehearsal: &Rehearsal,
) -> Result<Vec<Target>, Vec<RequestError>> {
    let apis = apis(stack);
    let mut targets = Vec::new();
    let mut errors = Vec::new();
    for (index, request) in rehearsal.traffic.requests.iter().enumerate() {
        let target = match &request.kind {
            RequestKind::Invoke(asked) => {
                draft.target(&asked.function, asked.qualifier.as_deref(), None)
            }
            RequestKind::Http(asked) => match routed(&apis, asked) {
                Some((front, found)) => draft.target(
                    &found.route.function,
                    found.route.qualifier.as_deref(),
                    Some(front.stage()),
                ),
                None => Err(TargetError::NoRoute {
                    method: asked.method.clone(),
                    path: asked.path.clone(),
                    routes: routes(&apis),
                }),
            },
        };
        match target {
            Ok(target) => targets.push(target),
            Err(what) => errors.push(RequestError {
                number: index + 1,
                what,
            }),
        }
    }
    if errors.is_empty() {
        Ok(targets)
    } else {
        Err(errors)
    }
}

/// All routes, as `GET /contacts/{id}`.
fn routes(apis: &[FrontApi]) -> Vec<String> {
    apis.iter()
        .flat_map(|front| &front.api.routes)
        .map(|route| format!("{} {}", route.method, route.path))
        .collect()
}

/// An API with the name that its metrics have.
#[derive(Clone, Debug)]
pub(super) struct FrontApi {
    pub(super) api: Api,
    pub(super) name: String,
}

impl FrontApi {
    /// Its stage, as its metrics name it.
    pub(super) fn stage(&self) -> ApiStage {
        let (kind, api) = match self.api.kind {
            ApiKind::Rest => (service_metrics::ApiKind::Rest, &self.name),
            ApiKind::Http => (service_metrics::ApiKind::Http, &self.api.id),
        };
        ApiStage {
            kind,
            api: api.clone(),
            stage: self.api.stage.clone(),
        }
    }
}

/// The API that has a route for a request, and the route.
pub(super) fn routed<'a>(
    apis: &'a [FrontApi],
    request: &HttpRequest,
) -> Option<(&'a FrontApi, Match<'a>)> {
    let path = request.path.split('?').next().unwrap_or_default();
    apis.iter()
        .find_map(|front| Some((front, front.api.route(&request.method, path)?)))
}

/// The stack's APIs, as far as they are known: a route whose function is not known is no route here.
pub(super) fn apis(stack: &Stack) -> Vec<FrontApi> {
    let api = |api: &stack::Api| {
        let stage = api.stages.first()?.name.known_value()?.clone();
        let routes = api.routes.iter().filter_map(|route| {
            Some(Route {
                method: route.method.clone(),
                path: route.path.clone(),
                authorization: match route.authorization.known_value()? {
                    stack::Authorization::Iam => Authorization::Iam,
                    stack::Authorization::None | stack::Authorization::Authorizer(_) => {
                        Authorization::None
                    }
                },
                function: route.function.known_value()?.clone(),
                qualifier: route.qualifier.clone(),
            })
        });
        let routes = routes.collect();
        Some(FrontApi {
            name: api
                .name
                .known_value()
                .cloned()
                .unwrap_or_else(|| api.id.clone()),
            api: Api {
                id: api.id.clone(),
                kind: match api.kind {
                    stack::ApiKind::Rest => ApiKind::Rest,
                    stack::ApiKind::Http => ApiKind::Http,
                },
                stage,
                account_id: stack.inputs.account_id.clone(),
                region: stack.inputs.region.clone(),
                routes,
            },
        })
    };
    stack.apis.iter().filter_map(api).collect()
}

/// A table's name with the names of its key attributes.
fn key_names(definition: &serde_json::Value) -> Option<(String, Vec<String>)> {
    let name = definition.get("TableName")?.as_str()?;
    let schema = definition.get("KeySchema")?.as_array()?.iter();
    let names = schema.filter_map(|key| Some(key.get("AttributeName")?.as_str()?.to_owned()));
    Some((name.to_owned(), names.collect()))
}

/// Everything that the functions of one rehearsal meet.
pub(super) struct Stage {
    pub(super) spawner: Spawner,
    pub(super) callers: Callers,
    pub(super) functions: Functions,
    pub(super) apis: Vec<FrontApi>,
    pub(super) requests: Vec<Request>,
    pub(super) timing: Timing,
    pub(super) endpoints: OnceLock<Endpoints>,
    pub(super) gateway: OnceLock<Gateway>,
    pub(super) parameters: BTreeMap<String, String>,
    /// The names of each table's key attributes.
    pub(super) table_keys: BTreeMap<String, Vec<String>>,
    /// Which invocation a sandbox runs, by its access key id.
    running: Mutex<HashMap<String, InvocationId>>,
    pub(super) on_line: Option<OnLine>,
    workers: Mutex<HashMap<SandboxId, Worker>>,
    _database: DynamoDb,
}

impl Stage {
    pub(super) async fn set(
        plan: &Plan,
        old: &Stack,
        new: &Stack,
        binaries: Binaries,
        post: mpsc::UnboundedSender<Message>,
        on_line: Option<OnLine>,
    ) -> Result<Arc<Self>, ConductError> {
        let functions = Functions::new(plan, old, new, &binaries)?;
        let database = DynamoDb::start().await?;
        let mut table_keys = BTreeMap::new();
        for table in &new.tables {
            if let Some(definition) = table.create_table.known_value() {
                database.create_table(definition)?;
                table_keys.extend(key_names(definition));
            }
        }
        let address = database.address();
        let parameters = new
            .ssm_parameters
            .iter()
            .filter_map(|parameter| {
                Some((
                    parameter.name.known_value()?.clone(),
                    parameter.value.known_value()?.clone(),
                ))
            })
            .collect();
        let stage = Arc::new(Self {
            spawner: Spawner::new()?,
            callers: Callers::default(),
            functions,
            apis: apis(new),
            requests: plan.traffic.requests.clone(),
            timing: plan.timing,
            endpoints: OnceLock::new(),
            gateway: OnceLock::new(),
            parameters,
            table_keys,
            running: Mutex::default(),
            on_line,
            workers: Mutex::default(),
            _database: database,
        });
        let backend = Arc::new(ToWorld::new(Arc::downgrade(&stage), post, plan));
        let endpoints = Endpoints::start(
            Arc::clone(&backend) as _,
            stage.callers.clone(),
            Some(address),
        )
        .await?;
        let fronts = stage.apis.iter().map(|front| front.api.clone()).collect();
        let gateway = Gateway::start(backend, stage.callers.clone(), fronts).await?;
        // Set once, right here: the backend needs the stage and the stage what the backend serves.
        let _ = stage.endpoints.set(endpoints);
        let _ = stage.gateway.set(gateway);
        Ok(stage)
    }

    /// Hands a job to its sandbox, which runs its jobs one by one, in the order in which they are handed over.
    pub(super) fn dispatch(self: &Arc<Self>, job: Job) {
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        let worker = workers
            .entry(job.invoke.sandbox)
            .or_insert_with(|| Worker::start(Arc::downgrade(self)));
        worker.run(job);
    }

    /// Notes that the sandbox with this access key runs this invocation, or none.
    pub(super) fn runs(&self, access_key_id: &str, invocation: Option<InvocationId>) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match invocation {
            Some(invocation) => running.insert(access_key_id.to_owned(), invocation),
            None => running.remove(access_key_id),
        };
    }

    /// The invocation that the sandbox with this access key runs.
    pub(super) fn invocation_of(&self, access_key_id: &str) -> Option<InvocationId> {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(access_key_id)
            .copied()
    }

    /// A resolved value, with the addresses of the rehearsal's APIs made local.
    pub(super) fn localized(&self, text: &str) -> String {
        self.gateway
            .get()
            .map_or_else(|| text.to_owned(), |gateway| gateway.rewrite_urls(text))
    }
}
