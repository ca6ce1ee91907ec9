//! What stands around the functions: tables, parameters, endpoints, the gateway.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rehearsal_cloud::backend::Backend;
use rehearsal_cloud::gateway::Gateway;
use rehearsal_cloud::services::Endpoints;
use rehearsal_cloud::services::dynamodb::database::DynamoDb;
use rehearsal_deployment::Plan;
use rehearsal_deployment::plan::apis::FrontApi;
use rehearsal_deployment::rehearsal::Timing;
use rehearsal_deployment::request::Request;
use rehearsal_deployment::world::InvocationId;
use rehearsal_host::Callers;
use rehearsal_host::runtimes::CLIENT_VARIABLE;
use rehearsal_host::sandbox::{OnLine, SandboxSpec};
use rehearsal_template::Stack;

use super::DriveError;
use super::functions::{Function, Functions};
use crate::builds::programs::Programs;

/// A table's name with the names of its key attributes.
fn key_names(definition: &serde_json::Value) -> Option<(String, Vec<String>)> {
    let name = definition.get("TableName")?.as_str()?;
    let schema = definition.get("KeySchema")?.as_array()?.iter();
    let names = schema.filter_map(|key| Some(key.get("AttributeName")?.as_str()?.to_owned()));
    Some((name.to_owned(), names.collect()))
}

/// Everything that the functions of one rehearsal meet.
pub(super) struct Surroundings {
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
    database: DynamoDb,
}

impl Surroundings {
    /// The tables and parameters of a stack, and what its functions are started with. Nobody is served yet.
    pub(super) async fn new(
        plan: &Plan,
        old: &Stack,
        new: &Stack,
        programs: &Programs,
        on_line: Option<OnLine>,
    ) -> Result<Arc<Self>, DriveError> {
        let functions =
            Functions::new(plan, old, new, programs).map_err(DriveError::UnusablePrograms)?;
        let database = DynamoDb::start().await?;
        let mut table_keys = BTreeMap::new();
        for table in &new.tables {
            if let Some(definition) = table.create_table.known_value() {
                database.create_table(definition)?;
                table_keys.extend(key_names(definition));
            }
        }
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
        Ok(Arc::new(Self {
            callers: Callers::default(),
            functions,
            apis: plan.apis.clone(),
            requests: plan.traffic.requests.clone(),
            timing: plan.timing,
            endpoints: OnceLock::new(),
            gateway: OnceLock::new(),
            parameters,
            table_keys,
            running: Mutex::default(),
            on_line,
            database,
        }))
    }

    /// Serves the endpoints and the APIs, once: what they are asked, `backend` answers.
    pub(super) async fn serve(&self, backend: Arc<dyn Backend>) -> Result<(), DriveError> {
        let endpoints = Endpoints::start(
            Arc::clone(&backend),
            self.callers.clone(),
            Some(self.database.address()),
        )
        .await
        .map_err(DriveError::Listen)?;
        let fronts = self.apis.iter().map(|front| front.api.clone()).collect();
        let gateway = Gateway::start(backend, self.callers.clone(), fronts)
            .await
            .map_err(DriveError::Listen)?;
        // Not before: the backend needs these surroundings, and they what it serves.
        let _ = self.endpoints.set(endpoints);
        let _ = self.gateway.set(gateway);
        Ok(())
    }

    /// What a sandbox of a function is started with; nothing, where it has no program.
    pub(super) fn spec(&self, function: &Function, version: &str) -> Option<SandboxSpec> {
        let environment = function
            .environment
            .iter()
            .map(|(name, value)| (name.clone(), self.localized(value)))
            .collect();
        let mut program = function.program.clone()?;
        program.environment.extend(self.addresses());
        let path = program.path.clone();
        Some(SandboxSpec {
            program,
            memory_mb: function.memory_mb,
            timeout: function.timeout,
            handler: function.handler.clone(),
            region: self.functions.region.clone(),
            environment,
            endpoints: self
                .endpoints
                .get()
                .map(Endpoints::environment)
                .unwrap_or_default(),
            on_line: self.on_line.clone(),
            ..SandboxSpec::new(path, self.callers.issue(&function.name, version))
        })
    }

    /// Where the APIs are, for clients that meet their names on AWS: `id.region=url`, separated by commas.
    fn addresses(&self) -> Option<(String, String)> {
        let gateway = self.gateway.get()?;
        let apis: Vec<_> = self
            .apis
            .iter()
            .filter_map(|front| {
                let url = gateway.url(&front.api.id)?;
                Some(format!("{}.{}={url}", front.api.id, front.api.region))
            })
            .collect();
        Some((format!("{CLIENT_VARIABLE}APIS"), apis.join(",")))
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
