//! Amazon `DynamoDB`.

/// The operations that read items, by their answers' items (`DynamoDB` API model 2012-08-10).
pub const READS: [&str; 5] = [
    "BatchGetItem",
    "GetItem",
    "Query",
    "Scan",
    "TransactGetItems",
];
