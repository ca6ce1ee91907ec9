//! What an update does to tables: their global secondary indexes come and go, and a table that is replaced leaves an old one behind.

use rehearsal_aws::dynamodb::INDEX_IS_FILLED_AFTER_MS;

use super::World;
use super::clock::Decision;
use super::command::Command;
use crate::event::{Happening, IndexState};
use crate::plan::Table;
use crate::revision::Revision;

impl World {
    /// A table is now as in this revision. An index that it had not is filled first, and the update goes on meanwhile.
    pub(super) fn alter_table(&mut self, logical_id: &str, to: Revision) {
        let Some(changing) = self.plan.tables.get(logical_id) else {
            return;
        };
        let from = match to {
            Revision::Before => Revision::After,
            Revision::After => Revision::Before,
        };
        // One that comes, or takes another's place, is empty: so are its indexes.
        let (Some(before), Some(after)) = (changing.of(from), changing.of(to)) else {
            return;
        };
        if before.name != after.name {
            return;
        }
        let without = |one: &Table, other: &Table| -> Vec<String> {
            let (one, other) = (one.indexes(), other.indexes());
            let without = one.difference(&other);
            without.map(|index| (*index).to_owned()).collect()
        };
        let (gone, come) = (without(before, after), without(after, before));
        for index in gone {
            self.emit_index(logical_id, &index, IndexState::Deleted);
        }
        for index in come {
            self.emit_index(logical_id, &index, IndexState::Filling);
            self.schedule(
                self.now + INDEX_IS_FILLED_AFTER_MS,
                Decision::FillIndex {
                    table: logical_id.to_owned(),
                    index,
                },
            );
        }
    }

    /// An index is full, if the table still has it.
    pub(super) fn fill_index(&mut self, table: String, index: String) {
        if self.has_index_now(&table, &index) {
            self.emit_index(&table, &index, IndexState::Active);
            self.commands.push(Command::FillIndex { table, index });
        }
    }

    /// Whether a table has an index as it is now, full or not.
    pub(super) fn has_index_now(&self, table: &str, index: &str) -> bool {
        let changing = self.plan.tables.get(table);
        let now = changing.and_then(|changing| changing.of(self.revision_now(table)));
        now.is_some_and(|table| table.indexes().contains(index))
    }

    /// The index of a table that is still being filled, and that makes an update of the table's indexes fail: "You cannot use the index or
    /// update the table until the index's status is ACTIVE" (CloudFormation user guide, `AWS::DynamoDB::Table`,
    /// `GlobalSecondaryIndexes`). A change of the table's other settings is let through, for no document says that it is refused.
    pub(super) fn index_in_the_way(&self, table: &str) -> Option<&str> {
        let changing = self.plan.tables.get(table)?;
        let (before, after) = (changing.before.as_ref()?, changing.after.as_ref()?);
        if before.name != after.name || before.indexes() == after.indexes() {
            return None;
        }
        self.decisions.items().find_map(|decision| match decision {
            Decision::FillIndex { table: of, index } if of == table => Some(index.as_str()),
            _ => None,
        })
    }

    fn emit_index(&mut self, table: &str, index: &str, state: IndexState) {
        self.emit(Happening::IndexChanged {
            table: table.to_owned(),
            index: index.to_owned(),
            state,
        });
    }

    /// The update is complete: the tables whose place others have taken go, but for those that are kept.
    pub(super) fn discard_replaced_tables(&mut self) {
        let is_replaced = |id: &&String| {
            let changing = &self.plan.tables[*id];
            let names = changing.before.as_ref().zip(changing.after.as_ref());
            let kept = (String::clone(id), Revision::Before);
            names.is_some_and(|(before, after)| before.name != after.name)
                && self.update.has_reached(id)
                && !self.plan.kept_resources.contains(&kept)
        };
        let resources: Vec<String> = self
            .plan
            .tables
            .keys()
            .filter(is_replaced)
            .cloned()
            .collect();
        if !resources.is_empty() {
            self.commands.push(Command::Discard { resources });
        }
    }
}
