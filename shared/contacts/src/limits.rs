//! Every limit of the API. Each is refused with a 4xx that names it.

/// The longest request body, in bytes.
///
/// An item of `DynamoDB` holds 400 KB, and API Gateway would pass 10 MB on.
pub const BODY_BYTES: usize = 256 * 1024;

/// The most top-level attributes in one body.
///
/// A merge writes one clause for each into an update expression, and that may have 4 KB
/// (`DynamoDB` developer guide, "Quotas: Expression parameters").
pub const ATTRIBUTES: usize = 256;

/// How many arrays and objects may enclose each other in an attribute's value.
///
/// `DynamoDB` allows 32 levels (developer guide, "Quotas: Nested attribute depth"); the item and the map that holds
/// the attributes are two of them.
pub const NESTING: usize = 30;

/// The longest name of an attribute, in bytes of UTF-8 (`DynamoDB` developer guide, "Quotas: Attribute name").
pub const NAME_BYTES: usize = 64 * 1024 - 1;

/// The longest id that can exist: a partition key's limit, in bytes (`DynamoDB` developer guide, "Quotas").
pub const ID_BYTES: usize = 2048;

/// The largest item, in KB (`DynamoDB` developer guide, "Quotas: Items"). `DynamoDB` counts it.
pub const ITEM_KILOBYTES: usize = 400;

/// The most contacts on one page, and how many there are where the request does not say.
pub const PAGE_SIZE: u8 = 100;

/// The most entity tags in one `If-Match`: an `IN` of `DynamoDB` takes 100 operands
/// (developer guide, "Quotas: Condition expressions").
pub const ENTITY_TAGS: usize = 100;

/// The longest life of a test contact, in seconds.
pub const TEST_TTL_SECONDS: u16 = 3600;

/// The most faults of a body that one answer lists.
pub const VIOLATIONS: usize = 16;
