//! Amazon DynamoDB.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::arn::table_name;

/// The operations that read items, by their answers' items (DynamoDB API model 2012-08-10).
pub const READS: [&str; 5] = [
    "BatchGetItem",
    "GetItem",
    "Query",
    "Scan",
    "TransactGetItems",
];
/// The operations that write items (the same).
pub const WRITES: [&str; 5] = [
    "BatchWriteItem",
    "DeleteItem",
    "PutItem",
    "TransactWriteItems",
    "UpdateItem",
];

/// All its operations (the same), in the order of the alphabet.
pub const OPERATIONS: [&str; 62] = [
    "BatchExecuteStatement",
    "BatchGetItem",
    "BatchWriteItem",
    "CancelBulkOperation",
    "CreateBackup",
    "CreateGlobalTable",
    "CreateTable",
    "DeleteBackup",
    "DeleteItem",
    "DeleteResourcePolicy",
    "DeleteTable",
    "DescribeBackup",
    "DescribeBulkOperation",
    "DescribeContinuousBackups",
    "DescribeContributorInsights",
    "DescribeEndpoints",
    "DescribeExport",
    "DescribeGlobalTable",
    "DescribeGlobalTableSettings",
    "DescribeImport",
    "DescribeKinesisStreamingDestination",
    "DescribeLimits",
    "DescribeTable",
    "DescribeTableReplicaAutoScaling",
    "DescribeTimeToLive",
    "DisableKinesisStreamingDestination",
    "EnableKinesisStreamingDestination",
    "ExecuteStatement",
    "ExecuteTransaction",
    "ExportTableToPointInTime",
    "GetItem",
    "GetResourcePolicy",
    "ImportTable",
    "ListBackups",
    "ListBulkOperations",
    "ListContributorInsights",
    "ListExports",
    "ListGlobalTables",
    "ListImports",
    "ListTables",
    "ListTagsOfResource",
    "PutItem",
    "PutResourcePolicy",
    "Query",
    "RestoreTableFromBackup",
    "RestoreTableToPointInTime",
    "Scan",
    "SearchVectors",
    "StartBulkPutItems",
    "TagResource",
    "TransactGetItems",
    "TransactWriteItems",
    "UntagResource",
    "UpdateContinuousBackups",
    "UpdateContributorInsights",
    "UpdateGlobalTable",
    "UpdateGlobalTableSettings",
    "UpdateItem",
    "UpdateKinesisStreamingDestination",
    "UpdateTable",
    "UpdateTableReplicaAutoScaling",
    "UpdateTimeToLive",
];

/// The names of the tables that an operation on items is about, each once and sorted (DynamoDB API model 2012-08-10). Empty for any other operation, and for what is written wrongly.
///
/// `PartiQL` (`ExecuteStatement` and the like) has its tables in a statement's text, which is not looked into.
///
/// ```
/// use rehearsal_aws::dynamodb::tables_of;
///
/// let request = serde_json::json!({"RequestItems": {"orders": [], "arn:aws:dynamodb:us-east-1:123456789012:table/stock": []}});
/// assert_eq!(tables_of("BatchWriteItem", &request), ["orders", "stock"]);
/// ```
pub fn tables_of(operation: &str, request: &Value) -> Vec<String> {
    let named: Vec<&str> = match operation {
        "GetItem" | "PutItem" | "UpdateItem" | "DeleteItem" | "Query" | "Scan" => request
            .get("TableName")
            .and_then(Value::as_str)
            .into_iter()
            .collect(),
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = request.get("RequestItems").and_then(Value::as_object);
            tables
                .into_iter()
                .flatten()
                .map(|(table, _)| table.as_str())
                .collect()
        }
        "TransactGetItems" | "TransactWriteItems" => {
            let items = request.get("TransactItems").and_then(Value::as_array);
            let actions = items.into_iter().flatten().filter_map(Value::as_object);
            actions
                .flatten()
                .filter_map(|(_, action)| action.get("TableName")?.as_str())
                .collect()
        }
        _ => Vec::new(),
    };
    let tables: BTreeSet<&str> = named.into_iter().map(table_name).collect();
    tables.into_iter().map(str::to_owned).collect()
}

/// How long a global secondary index is filled that is added to a table, in milliseconds. CloudFormation does not wait for it
/// (CloudFormation user guide, `AWS::DynamoDB::Table`, `GlobalSecondaryIndexes`; seen in cloudformation-coverage-roadmap issue 1075).
/// Assumed: five minutes, for no document says how long it takes for a small table, and "a few minutes" are seen (serverless issue
/// 10666).
pub const INDEX_IS_FILLED_AFTER_MS: i64 = 5 * crate::time::MINUTE_MS;

/// What a query of an index answers that is still being filled (seen in cloudformation-coverage-roadmap issue 1075, there without
/// the index's name).
pub const INDEX_IS_BEING_FILLED: &str = "Cannot read from backfilling global secondary index";

/// What an update of a table's indexes gets while one of them is being filled (`LimitExceededException`; seen in vogels issue 125, and in
/// its words in many others).
pub const ONE_INDEX_AT_ONCE: &str = "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table";

/// The global secondary index that a call reads, as table and index: `IndexName`, or in a `PartiQL` statement `FROM "orders"."by-town"`
/// (DynamoDB developer guide, "`PartiQL` select statements for DynamoDB").
///
/// No other operation reads one. A `BatchExecuteStatement` refuses such a statement in its place and runs the others, whatever the index
/// is like (`ValidationError`, `Select statements within BatchExecuteStatement must specify the primary key in the where clause.`; seen in
/// paritysuite/dynamodb-conformance PR 171), and an `ExecuteTransaction` refuses it whole (`Reads on indices are not supported within
/// transactions.`, DynamoDB local).
///
/// ```
/// use rehearsal_aws::dynamodb::index_read;
///
/// let request = serde_json::json!({"Statement": "SELECT * FROM \"orders\".\"by-town\" WHERE town = 'Bern'"});
/// assert_eq!(index_read("ExecuteStatement", &request), Some(("orders".to_owned(), "by-town".to_owned())));
/// ```
pub fn index_read(operation: &str, request: &Value) -> Option<(String, String)> {
    let text = |key: &str| request.get(key).and_then(Value::as_str);
    match operation {
        "Query" | "Scan" => Some((
            table_name(text("TableName")?).to_owned(),
            text("IndexName")?.to_owned(),
        )),
        "ExecuteStatement" => index_of_statement(text("Statement")?),
        _ => None,
    }
}

/// The table and the index after a statement's `FROM`; `None` where it has none, or names a table alone.
fn index_of_statement(statement: &str) -> Option<(String, String)> {
    let mut words = Words(statement);
    words.find(|word| matches!(word, Word::Plain(word) if word.eq_ignore_ascii_case("FROM")))?;
    let name = |word: Word<'_>| match word {
        Word::Plain(name) => Some(name.to_owned()),
        Word::Quoted(name) => Some(name.replace("\"\"", "\"")),
        Word::Other(_) => None,
    };
    let table = name(words.next()?)?;
    match words.next()? {
        Word::Other('.') => Some((table_name(&table).to_owned(), name(words.next()?)?)),
        _ => None,
    }
}

/// A word of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word<'s> {
    /// A keyword or a name.
    Plain(&'s str),
    /// What stands in double quotes.
    Quoted(&'s str),
    /// A sign, or a text in single quotes.
    Other(char),
}

/// The words of a statement.
struct Words<'s>(&'s str);

impl<'s> Words<'s> {
    /// What stands in quotes, from the first of them on; in it two stand for one.
    fn quoted(&mut self, quote: char) -> &'s str {
        let inside = &self.0[1..];
        let mut from = 0;
        while let Some(at) = inside[from..].find(quote) {
            let end = from + at;
            if inside[end + 1..].starts_with(quote) {
                from = end + 2;
                continue;
            }
            self.0 = &inside[end + 1..];
            return &inside[..end];
        }
        self.0 = "";
        inside
    }
}

impl<'s> Iterator for Words<'s> {
    type Item = Word<'s>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0 = self.0.trim_start();
        let first = self.0.chars().next()?;
        if first == '"' {
            return Some(Word::Quoted(self.quoted('"')));
        }
        if first == '\'' {
            self.quoted('\'');
            return Some(Word::Other('\''));
        }
        let is_of_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        let end = self.0.find(|c| !is_of_name(c)).unwrap_or(self.0.len());
        if end == 0 {
            self.0 = &self.0[first.len_utf8()..];
            return Some(Word::Other(first));
        }
        let (word, rest) = self.0.split_at(end);
        self.0 = rest;
        Some(Word::Plain(word))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_tables_of_a_call_are_those_that_its_request_names() {
        #[rustfmt::skip] // A table.
        let cases = [
            ("GetItem", json!({"TableName": "a"}), &["a"][..]),
            ("Query", json!({"TableName": "arn:aws:dynamodb:eu-west-1:123456789012:table/a"}), &["a"]),
            ("BatchGetItem", json!({"RequestItems": {"a": {}, "b": {}}}), &["a", "b"]),
            (
                "TransactWriteItems",
                json!({"TransactItems": [{"Put": {"TableName": "b"}}, {"Delete": {"TableName": "a"}}, {"Update": {"TableName": "b"}}]}),
                &["a", "b"],
            ),
            ("TransactGetItems", json!({"TransactItems": [{"Get": {"TableName": "a"}}]}), &["a"]),
            ("ExecuteStatement", json!({"Statement": "SELECT * FROM a"}), &[]),
            ("DescribeTable", json!({"TableName": "a"}), &[]),
            ("PutItem", json!([]), &[]),
        ];
        for (operation, request, tables) in cases {
            assert_eq!(tables_of(operation, &request), tables, "{operation}");
        }
    }

    #[test]
    fn the_index_that_a_statement_reads_is_found_however_it_is_written() {
        let read = |statement: &str| {
            let request = json!({"Statement": statement});
            index_read("ExecuteStatement", &request)
        };
        let index = Some(("orders".to_owned(), "by-town".to_owned()));
        for statement in [
            r#"SELECT * FROM "orders"."by-town" WHERE town = 'Bern'"#,
            r#"select id from orders."by-town""#,
            "SELECT * FROM\n\torders . by-town",
            r#"SELECT "from", 'FROM x.y' FROM "orders"."by-town""#,
            r#"SELECT * FROM "arn:aws:dynamodb:us-east-1:123456789012:table/orders"."by-town""#,
        ] {
            assert_eq!(read(statement), index, "{statement}");
        }
        for statement in [
            r#"SELECT * FROM "orders" WHERE a.b = 'FROM "orders"."by-town"'"#,
            r#"INSERT INTO "orders" VALUE {'id': 'FROM'}"#,
            r#"SELECT * FROM "orders"#,
            "SELECT * FROM",
            "é FROM é",
            "",
        ] {
            assert_eq!(read(statement), None, "{statement}");
        }
        let query = json!({"TableName": "arn:aws:dynamodb:us-east-1:123456789012:table/a", "IndexName": "b"});
        let read = Some(("a".to_owned(), "b".to_owned()));
        assert_eq!(index_read("Query", &query), read);
        assert_eq!(index_read("Scan", &json!({"TableName": "a"})), None);
        assert_eq!(index_read("GetItem", &query), None);
    }
}
