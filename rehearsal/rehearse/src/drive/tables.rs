//! The tables of a rehearsal, as the update has them now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rehearsal_cloud::services::dynamodb::Proxy;
use rehearsal_cloud::services::dynamodb::database::DynamoDbError;
use rehearsal_deployment::plan::Table;
use rehearsal_deployment::{Changing, Plan, Revision};

use super::lasting::Database;

/// The tables, in a database of their own.
pub(super) struct Tables {
    database: Database,
    /// Both revisions of each, by logical id.
    changing: BTreeMap<String, Changing<Table>>,
    /// Those that nothing deletes.
    kept: BTreeSet<(String, Revision)>,
    /// The names of the key attributes, by table.
    keys: BTreeMap<String, Vec<String>>,
}

/// A table's name with the names of its key attributes.
fn key_names(table: &Table) -> Option<(String, Vec<String>)> {
    let schema = table.definition.get("KeySchema")?.as_array()?.iter();
    let names = schema.filter_map(|key| Some(key.get("AttributeName")?.as_str()?.to_owned()));
    Some((table.name.clone(), names.collect()))
}

impl Tables {
    /// The tables of a plan as they are before its update. Those that an earlier update has left in the database are there.
    ///
    /// # Errors
    /// A table that DynamoDB would refuse.
    pub(super) fn new(plan: &Plan, database: Database) -> Result<Self, DynamoDbError> {
        let mut keys = BTreeMap::new();
        for changing in plan.tables.values() {
            let both = [Revision::Before, Revision::After].map(|revision| changing.of(revision));
            keys.extend(both.into_iter().flatten().filter_map(key_names));
            if let Some(before) = &changing.before
                && !database.has(&before.name)
            {
                database.tables().create_table(&before.definition)?;
            }
        }
        Ok(Self {
            database,
            changing: plan.tables.clone(),
            kept: plan.kept_resources.clone(),
            keys,
        })
    }

    /// The database.
    pub(super) fn database(&self) -> Database {
        self.database.clone()
    }

    /// The way to it.
    pub(super) fn proxy(&self) -> Arc<Proxy> {
        self.database.proxy()
    }

    /// The names of a table's key attributes.
    pub(super) fn keys(&self, table: &str) -> Option<&Vec<String>> {
        self.keys.get(table)
    }

    /// Whether an index is still being filled.
    pub(super) fn is_being_filled(&self, table: &str, index: &str) -> bool {
        let filling = self.database.filling();
        filling
            .iter()
            .any(|(of, name)| of == table && name == index)
    }

    /// A table is as in this revision from now on. One whose place another takes stays until the update is over; one that comes back
    /// to its place has been there all the time.
    ///
    /// # Errors
    /// What DynamoDB would refuse.
    pub(super) fn alter(&self, logical_id: &str, to: Revision) -> Result<(), DynamoDbError> {
        let Some(changing) = self.changing.get(logical_id) else {
            return Ok(());
        };
        let from = match to {
            Revision::Before => Revision::After,
            Revision::After => Revision::Before,
        };
        match (changing.of(from), changing.of(to)) {
            (Some(then), Some(now)) if then.name == now.name => self.alter_indexes(then, now),
            (then, now) => {
                let goes = then.filter(|_| now.is_none() || to == Revision::Before);
                if let Some(then) = goes
                    && !self.kept.contains(&(logical_id.to_owned(), from))
                {
                    self.database.tables().delete_table(&then.name)?;
                }
                let comes = now.filter(|_| to == Revision::After);
                comes.map_or(Ok(()), |now| {
                    self.database
                        .tables()
                        .create_table(&now.definition)
                        .map(drop)
                })
            }
        }
    }

    fn alter_indexes(&self, then: &Table, now: &Table) -> Result<(), DynamoDbError> {
        let (old, new) = (then.indexes(), now.indexes());
        for index in old.difference(&new) {
            let was_filled = !self
                .database
                .filling()
                .remove(&(now.name.clone(), (*index).to_owned()));
            if was_filled {
                self.database.tables().delete_index(&now.name, index)?;
            }
        }
        for index in new.difference(&old) {
            self.database
                .filling()
                .insert((now.name.clone(), (*index).to_owned()));
        }
        Ok(())
    }

    /// An index is full: it is made, with the items that its table has.
    ///
    /// # Errors
    /// What DynamoDB would refuse.
    pub(super) fn fill_index(&self, logical_id: &str, index: &str) -> Result<(), DynamoDbError> {
        let Some(changing) = self.changing.get(logical_id) else {
            return Ok(());
        };
        let has = |table: &&Table| table.indexes().contains(index);
        let after = changing.after.as_ref().filter(has);
        let Some(table) = after.or(changing.before.as_ref().filter(has)) else {
            return Ok(());
        };
        self.database
            .filling()
            .remove(&(table.name.clone(), index.to_owned()));
        self.database
            .tables()
            .create_index(&table.definition, index)
    }

    /// The update is complete: the old ones of tables that it has replaced go.
    ///
    /// # Errors
    /// A table that is not there.
    pub(super) fn discard(&self, logical_ids: &[String]) -> Result<(), DynamoDbError> {
        let old = logical_ids
            .iter()
            .filter_map(|id| self.changing.get(id)?.before.as_ref());
        for table in old {
            self.database.tables().delete_table(&table.name)?;
        }
        Ok(())
    }
}
