//! Amazon `DynamoDB`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::arn::table_name;

/// The operations that read items, by their answers' items (`DynamoDB` API model 2012-08-10).
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

/// The names of the tables that an operation on items is about, each once and sorted (`DynamoDB` API model 2012-08-10). Empty for any other operation, and for what is written wrongly.
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_tables_of_a_call_are_those_that_its_request_names() {
        for (operation, request, tables) in [
            ("GetItem", json!({"TableName": "a"}), &["a"][..]),
            (
                "Query",
                json!({"TableName": "arn:aws:dynamodb:eu-west-1:123456789012:table/a"}),
                &["a"],
            ),
            (
                "BatchGetItem",
                json!({"RequestItems": {"a": {}, "b": {}}}),
                &["a", "b"],
            ),
            (
                "TransactWriteItems",
                json!({"TransactItems": [{"Put": {"TableName": "b"}}, {"Delete": {"TableName": "a"}}, {"Update": {"TableName": "b"}}]}),
                &["a", "b"],
            ),
            (
                "TransactGetItems",
                json!({"TransactItems": [{"Get": {"TableName": "a"}}]}),
                &["a"],
            ),
            (
                "ExecuteStatement",
                json!({"Statement": "SELECT * FROM a"}),
                &[],
            ),
            ("DescribeTable", json!({"TableName": "a"}), &[]),
            ("PutItem", json!([]), &[]),
        ] {
            assert_eq!(tables_of(operation, &request), tables, "{operation}");
        }
    }
}
