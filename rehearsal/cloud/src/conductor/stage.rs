//! What stands around the functions: tables, parameters, endpoints, the gateway.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rehearsal_aws::lambda::sandboxes::SandboxId;
use rehearsal_deployment::Plan;
use rehearsal_deployment::rehearsal::Timing;
use rehearsal_deployment::request::Request;
use rehearsal_deployment::world::InvocationId;
use rehearsal_template::Stack;
use tokio::sync::mpsc;

use super::apis::{FrontApi, apis};
use super::backend::ToWorld;
use super::functions::{Binaries, Functions};
use super::invoke::{Job, Worker};
use super::{ConductError, Message};
use crate::caller::Callers;
use crate::dynamodb::DynamoDb;
use crate::endpoints::Endpoints;
use crate::gateway::Gateway;
use crate::sandbox::OnLine;

/// A table's name with the names of its key attributes.
fn key_names(definition: &serde_json::Value) -> Option<(String, Vec<String>)> {
    let name = definition.get("TableName")?.as_str()?;
    let schema = definition.get("KeySchema")?.as_array()?.iter();
    let names = schema.filter_map(|key| Some(key.get("AttributeName")?.as_str()?.to_owned()));
    Some((name.to_owned(), names.collect()))
}

/// Everything that the functions of one rehearsal meet.
pub(super) struct Stage {
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
        let functions =
            Functions::new(plan, old, new, &binaries).map_err(ConductError::UnusableBinaries)?;
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
