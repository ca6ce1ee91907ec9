//! What lasts from one update of a release to the next: the world, and the tables with their items and who wrote them.
//!
//! Functions' processes do not: each begins cold in the next update.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rehearsal_aws::VirtualTime;
use rehearsal_cloud::services::dynamodb::Proxy;
use rehearsal_cloud::services::dynamodb::database::{DynamoDb, DynamoDbError};
use rehearsal_deployment::World;

/// What is left when an update is over.
pub struct Lasting {
    pub(super) world: Box<World>,
    pub(super) database: Database,
}

impl Lasting {
    /// The virtual time.
    pub fn now(&self) -> VirtualTime {
        self.world.now()
    }

    /// Functions with the versions on which their aliases were left, two each.
    pub fn left_on(&self) -> BTreeSet<(String, u32)> {
        let deployments = self.world.plan().deployments.iter();
        let mut left = BTreeSet::new();
        for (planned, alias) in deployments.zip(self.world.aliases()) {
            let shares = alias.shares();
            let versions = shares.keys().filter(|_| shares.len() > 1);
            let numbers = versions.filter_map(|version| version.parse().ok());
            left.extend(numbers.map(|number| (planned.function.clone(), number)));
        }
        left
    }
}

/// The database, which outlives an update.
#[derive(Clone)]
pub(super) struct Database {
    tables: Arc<DynamoDb>,
    /// The way to it, which knows who wrote each item last.
    proxy: Arc<Proxy>,
    /// The indexes that are being filled: table and name. They are made once they are full, which may be in another update.
    filling: Arc<Mutex<Filling>>,
}

/// Tables' names with the names of indexes.
type Filling = BTreeSet<(String, String)>;

impl Database {
    /// An empty one.
    ///
    /// # Errors
    /// It cannot be had.
    pub(super) async fn start() -> Result<Self, DynamoDbError> {
        let tables = Arc::new(DynamoDb::start().await?);
        Ok(Self {
            proxy: Arc::new(Proxy::to(Arc::clone(&tables))),
            tables,
            filling: Arc::default(),
        })
    }

    /// Its tables.
    pub(super) fn tables(&self) -> &DynamoDb {
        &self.tables
    }

    /// The way to it.
    pub(super) fn proxy(&self) -> Arc<Proxy> {
        Arc::clone(&self.proxy)
    }

    /// The indexes that are being filled.
    pub(super) fn filling(&self) -> MutexGuard<'_, Filling> {
        self.filling.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it has a table of this name.
    pub(super) fn has(&self, table: &str) -> bool {
        self.tables.item_count(table).is_ok()
    }
}
