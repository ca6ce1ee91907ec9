//! What the hash in a version's logical id is made of.

/// What SAM hashes for a version's logical id: where that changes, CloudFormation publishes another version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionHash {
    /// What counts.
    pub of: Hashed,
    /// A hash of all that counts but the code: where it differs, so does the logical id. `None` where it cannot be known.
    pub beside_code: Option<String>,
}

/// What of a function counts for its version's logical id (SAM translator, `model/sam_resources.py`, `_construct_version`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hashed {
    /// The code, the text of `Environment`, `MemorySize` and `SnapStart`.
    CodeAndSome,
    /// The text of every property (`AutoPublishAliasAllProperties`).
    AllProperties,
    /// `AutoPublishCodeSha256` alone.
    CodeSha256,
}
