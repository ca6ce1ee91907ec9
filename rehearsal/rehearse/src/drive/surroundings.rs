//! What stands around the functions: parameters, endpoints, the gateway, and tables, which `tables` has.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rehearsal_aws::apigateway::route::Api;
use rehearsal_cloud::backend::Backend;
use rehearsal_cloud::gateway::Gateway;
use rehearsal_cloud::services::Endpoints;
use rehearsal_cloud::services::dynamodb::database::DynamoDbError;
use rehearsal_deployment::plan::Logs;
use rehearsal_deployment::plan::apis::{ChangingApi, FrontApi};
use rehearsal_deployment::request::Request;
use rehearsal_deployment::world::{InvocationId, Logged};
use rehearsal_deployment::{Plan, Revision};
use rehearsal_host::Callers;
use rehearsal_host::runtimes::CLIENT_VARIABLE;
use rehearsal_host::sandbox::{LogLine, OnLine, SandboxSpec};
use rehearsal_template::Stack;
use tokio::sync::mpsc;

use super::between_invocations::Between;
use super::functions::{Function, Functions};
use super::lasting::Database;
use super::memory::Memory;
use super::noted::{NotConfined, Noted};
use super::patience::Patience;
use super::tables::Tables;
use super::{DriveError, Message};
use crate::builds::programs::Programs;

/// A stage of an API, and which revision of it functions meet.
struct ApiNow {
    api: ChangingApi,
    /// What the update has come to of what it changes with.
    reached: BTreeSet<String>,
}

impl ApiNow {
    fn before_update(api: ChangingApi) -> Self {
        Self {
            api,
            reached: BTreeSet::new(),
        }
    }

    /// Notes that the update, or its rollback, has come to resources. Whether it changes with them.
    fn changes(&mut self, resources: &[String], to: Revision) -> bool {
        let own = resources
            .iter()
            .filter(|id| self.api.changes_with.contains(*id));
        let mut changes = false;
        for id in own {
            changes |= match to {
                Revision::After => self.reached.insert(id.clone()),
                Revision::Before => self.reached.remove(id),
            };
        }
        changes
    }

    /// As it is now; `None` where it does not exist.
    fn front(&self) -> Option<&FrontApi> {
        let revision = self.api.revision(|id| self.reached.contains(id));
        self.api.front.of(revision)
    }

    /// In one of its revisions: its id and its place are the same in both.
    fn some(&self) -> Option<&Api> {
        let front = self.api.front.before.as_ref();
        let front = front.or(self.api.front.after.as_ref())?;
        Some(&front.api)
    }
}

/// Has the gateway serve an API with the stages that it has now.
fn serve(apis: &[ApiNow], id: &str, gateway: &Gateway) {
    let own = apis.iter().filter_map(ApiNow::front);
    let stages = own.filter(|front| front.api.id == id);
    gateway.deploy(id, stages.map(|front| front.api.clone()).collect());
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

/// What every document of the embedded metric format has in it.
const EMBEDDED: &str = "CloudWatchMetrics";

/// What becomes of the lines that functions write.
pub(super) struct Lines {
    /// What the world makes of them.
    pub(super) logs: Logs,
    /// The way to the world.
    pub(super) post: mpsc::UnboundedSender<Message>,
    /// How much is kept of each sandbox.
    pub(super) keep_bytes: usize,
    /// Whether anyone looks at them.
    pub(super) are_shown: bool,
}

/// Everything that the functions of one rehearsal meet.
pub(super) struct Surroundings {
    pub(super) callers: Callers,
    pub(super) functions: Functions,
    /// The APIs as they are now.
    apis: RwLock<Vec<ApiNow>>,
    pub(super) requests: Vec<Request>,
    /// How long they are waited for.
    pub(super) patience: Patience,
    pub(super) endpoints: OnceLock<Endpoints>,
    pub(super) gateway: OnceLock<Gateway>,
    /// What functions do while none of their invocations runs.
    pub(super) between: Between,
    /// What they need of memory.
    pub(super) memory: Memory,
    /// The functions of which processes could write outside `/tmp`.
    pub(super) not_confined: NotConfined,
    /// What they were told that nobody has given.
    pub(super) made_up: Noted,
    tables: Tables,
    /// Which invocation a sandbox runs, by its access key id.
    running: Arc<Mutex<HashMap<String, InvocationId>>>,
    lines: Lines,
}

impl Surroundings {
    /// The tables and parameters of a stack, and what its functions are started with. Nobody is served yet.
    pub(super) fn new(
        plan: &Plan,
        old: &Stack,
        new: &Stack,
        programs: &Programs,
        database: Database,
        lines: Lines,
    ) -> Result<Arc<Self>, DriveError> {
        let functions =
            Functions::new(plan, old, new, programs).map_err(DriveError::UnusablePrograms)?;
        let tables = Tables::new(plan, database)?;
        let apis = plan.apis.iter().cloned().map(ApiNow::before_update);
        Ok(Arc::new(Self {
            callers: Callers::default(),
            functions,
            apis: RwLock::new(apis.collect()),
            requests: plan.traffic.requests.clone(),
            patience: Patience::new(plan.timing),
            endpoints: OnceLock::new(),
            gateway: OnceLock::new(),
            between: Between::of(new),
            memory: Memory::of(new),
            not_confined: NotConfined::default(),
            made_up: Noted::default(),
            tables,
            running: Arc::default(),
            lines,
        }))
    }

    /// The database of its tables.
    pub(super) fn database(&self) -> Database {
        self.tables.database()
    }

    /// Serves the endpoints and the APIs, once: what they are asked, `backend` answers, and `emulators` for their services.
    pub(super) async fn serve(
        &self,
        backend: Arc<dyn Backend>,
        emulators: BTreeMap<String, SocketAddr>,
    ) -> Result<(), DriveError> {
        let endpoints = Endpoints::start(
            Arc::clone(&backend),
            self.callers.clone(),
            Some(self.tables.proxy()),
            emulators,
        )
        .await
        .map_err(DriveError::Listen)?;
        let apis = read(&self.apis)
            .iter()
            .filter_map(ApiNow::some)
            .cloned()
            .collect();
        let gateway = Gateway::start(backend, self.callers.clone(), apis)
            .await
            .map_err(DriveError::Listen)?;
        let apis = read(&self.apis);
        for api in apis.iter().filter_map(ApiNow::some) {
            serve(&apis, &api.id, &gateway);
        }
        drop(apis);
        // Not before: the backend needs these surroundings, and they what it serves.
        let _ = self.endpoints.set(endpoints);
        let _ = self.gateway.set(gateway);
        Ok(())
    }

    /// The update, or its rollback, has come to these resources: from now on functions meet them as they are in this revision.
    ///
    /// # Errors
    /// A table that cannot be had.
    pub(super) fn alter(&self, resources: &[String], to: Revision) -> Result<(), DynamoDbError> {
        for id in resources {
            self.tables.alter(id, to)?;
        }
        let mut apis = write(&self.apis);
        let mut changed = BTreeSet::new();
        for api in &mut *apis {
            if api.changes(resources, to) {
                changed.extend(api.some().map(|api| api.id.clone()));
            }
        }
        if let Some(gateway) = self.gateway.get() {
            for id in &changed {
                serve(&apis, id, gateway);
            }
        }
        Ok(())
    }

    /// The tables.
    pub(super) fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The stage of an API, by the API's id and the stage's name, as it is now.
    pub(super) fn api(&self, id: &str, stage: &str) -> Option<FrontApi> {
        let apis = read(&self.apis);
        let mut fronts = apis.iter().filter_map(ApiNow::front);
        fronts
            .find(|front| front.api.id == id && front.api.stage == stage)
            .cloned()
    }

    /// What a sandbox of a function is started with; nothing, where it has no program.
    pub(super) fn spec(
        &self,
        logical_id: &str,
        function: &Function,
        version: &str,
    ) -> Option<SandboxSpec> {
        let environment = function
            .environment
            .iter()
            .map(|(name, value)| (name.clone(), self.localized(value)))
            .collect();
        let mut program = function.program.clone()?;
        program.environment.extend(self.addresses());
        let path = program.path.clone();
        let credentials = self.callers.issue(&function.name, version);
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
            log_format: function.logging.format.clone(),
            log_level: function.logging.level.clone(),
            log_group: function.logging.group.clone(),
            keep_bytes: self.lines.keep_bytes,
            on_line: self.on_line(logical_id, &credentials.access_key_id),
            ..SandboxSpec::new(path, credentials)
        })
    }

    /// Tells the world of each line that something is made of; nothing, where no alarm waits for what lines make.
    fn on_line(&self, logical_id: &str, access_key_id: &str) -> Option<OnLine> {
        let Lines { logs, post, .. } = &self.lines;
        let log = logs.functions.get(logical_id)?;
        let all = !log.filters.is_empty();
        let (post, running) = (post.clone(), Arc::clone(&self.running));
        let (function, key) = (logical_id.to_owned(), access_key_id.to_owned());
        Some(Arc::new(move |line: &LogLine| {
            if !all && !line.text.contains(EMBEDDED) {
                return;
            }
            let running = running.lock().unwrap_or_else(PoisonError::into_inner);
            let logged = Logged {
                invocation: running.get(&key).copied(),
                function: function.clone(),
                request_id: None,
                lines: vec![line.text.clone()],
            };
            // Where no one takes it, the rehearsal is over.
            let _ = post.send(Message::Logged(logged));
        }))
    }

    /// Whether the world wants to know of what invocations of a function write.
    pub(super) fn reads_log(&self, logical_id: &str) -> bool {
        self.lines.logs.reads(logical_id)
    }

    /// Whether anyone looks at what functions write.
    pub(super) fn shows_lines(&self) -> bool {
        self.lines.are_shown
    }

    /// Where the APIs are, for clients that meet their names on AWS: `id.region=url`, separated by commas.
    fn addresses(&self) -> Option<(String, String)> {
        let gateway = self.gateway.get()?;
        let apis: BTreeSet<_> = read(&self.apis)
            .iter()
            .filter_map(|api| {
                let api = api.some()?;
                let url = gateway.url(&api.id)?;
                Some(format!("{}.{}={url}", api.id, api.region))
            })
            .collect();
        let apis = Vec::from_iter(apis).join(",");
        Some((format!("{CLIENT_VARIABLE}APIS"), apis))
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
