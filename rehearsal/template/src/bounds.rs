//! How much of a template is read. What goes beyond is refused with the bound's name, so that no input takes long or much memory.
//!
//! Quotas are CloudFormation's where it has one (CloudFormation user guide, "Understand CloudFormation quotas").

/// The longest text, in bytes. CloudFormation takes 1 MB from S3; a template that is not yet packaged has comments too.
pub const MAX_BYTES: usize = 4 << 20;
/// The deepest nesting, in levels of maps and lists. CloudFormation's own samples stay below 20.
pub const MAX_DEPTH: usize = 64;
/// The most nodes once YAML aliases are followed: 500 resources may have 400 each.
pub const MAX_NODES: usize = 200_000;
/// The most resources, counted again with those that SAM generates. CloudFormation's quota.
pub const MAX_RESOURCES: usize = 500;
/// The most parameters, mappings or outputs, each. CloudFormation's quota.
pub const MAX_SECTION: usize = 200;
/// The longest name of a resource, a parameter, a mapping or an output, in characters. CloudFormation's quota, for each of them.
pub const MAX_NAME: usize = 255;
/// The longest name of a stack, in characters (CloudFormation API, `CreateStack`, `StackName`).
pub const MAX_STACK_NAME: usize = 128;
/// The longest value of a parameter, in bytes. CloudFormation's quota.
pub const MAX_PARAMETER_VALUE: usize = 4096;
/// The longest text that a function may make, in bytes. An API's definition is the longest that templates have.
pub const MAX_TEXT: usize = 1 << 20;
/// What all values that functions make may take together, in bytes. The project's own template needs some 500 KB.
pub const MAX_MADE: usize = 256 << 20;
/// How deep values may refer to each other: a name that is made of a name that is made of a name, and so on.
pub const MAX_REFERENCES: usize = 100;
/// The most problems that are listed.
pub const MAX_DIAGNOSTICS: usize = 1000;
