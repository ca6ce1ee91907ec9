//! Every limit of the API. Each is refused with a 4xx that names it.

/// The longest request body, in bytes.
///
/// An item of DynamoDB holds 400 KB, and API Gateway would pass 10 MB on.
pub const BODY_BYTES: usize = 256 * 1024;

/// The most top-level attributes in one body.
///
/// A merge writes one clause for each into an update expression, and that may have 4 KB
/// (DynamoDB developer guide, "Quotas: Expression parameters").
pub const ATTRIBUTES: usize = 256;

/// How many arrays and objects may enclose each other in an attribute's value.
///
/// DynamoDB allows 32 levels (developer guide, "Quotas: Nested attribute depth"); the item and the map that holds
/// the attributes are two of them.
pub const NESTING: usize = 30;

/// The longest name of an attribute, in bytes of UTF-8 (DynamoDB developer guide, "Quotas: Attribute name").
pub const NAME_BYTES: usize = 64 * 1024 - 1;

/// The longest id that can exist: a partition key's limit, in bytes (DynamoDB developer guide, "Quotas").
pub const ID_BYTES: usize = 2048;

/// The largest item, in KB (DynamoDB developer guide, "Quotas: Items"). DynamoDB counts it.
pub const ITEM_KILOBYTES: usize = 400;

/// The most contacts on one page, and how many there are where the request does not say.
pub const PAGE_SIZE: u8 = 100;

/// The most entity tags in one `If-Match`: an `IN` of DynamoDB takes 100 operands
/// (developer guide, "Quotas: Condition expressions").
pub const ENTITY_TAGS: usize = 100;

/// The longest life of a test contact, in seconds.
pub const TEST_TTL_SECONDS: u16 = 3600;

/// The most faults of a body that one answer lists.
pub const VIOLATIONS: usize = 16;

/// The longest pointer to a fault of a body, in bytes. A place that needs a longer one is described from the nearest
/// place around it that does not.
pub const POINTER_BYTES: usize = 1024;

/// The longest detail of a problem, in bytes.
pub const DETAIL_BYTES: usize = 2 * 1024;

/// The most that an answer quotes of a text that a caller chose, in bytes.
pub const QUOTED_BYTES: usize = 128;

/// The longest error, in bytes, as the whole answer that Lambda gets. What the limits above add up to is less.
pub const ERROR_BYTES: usize = 64 * 1024;

/// The longest body of an answer, in bytes, as Lambda gets it: as a string of JSON, whose quotation marks and backslashes are escaped.
///
/// Lambda takes 6,291,556 bytes of answer (developer guide, "Lambda quotas: Invocation payload"); one more is a failed invocation,
/// and a 502 for the caller. No contact needs as many: what takes the most for a byte of an item is a list of numbers such
/// as 1e37, at 39 bytes for three of the item's (DynamoDB developer guide, "DynamoDB item sizes and formats"), 5,324,800
/// in all.
pub const ANSWER_BYTES: usize = 5_500_000;

/// The longest header of an answer, in bytes. API Gateway takes 10,240 for all headers of a request (developer guide, "Quotas").
pub const HEADER_BYTES: usize = 8 * 1024;
