//! What is started, and how often.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// A whole measurement.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// How often each function is started, for its init alone, and again for its calls.
    pub starts: usize,
    /// How many events a function gets after its first.
    pub warm_calls: usize,
    /// What the database shows of itself.
    pub certificates: Certificates,
    /// What a function is sent, each time the same.
    pub event: serde_json::Value,
    /// What every function finds in its environment.
    pub environment: BTreeMap<String, String>,
    /// The functions, each under a name of its own.
    pub functions: Vec<Function>,
}

/// The database's certificates, in PEM.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificates {
    /// Its own, and those that lead to a root.
    pub chain: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// A function.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// What the figures stand under.
    pub name: String,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Where it is started.
    pub directory: PathBuf,
    /// What it finds in its environment besides.
    pub environment: BTreeMap<String, String>,
    /// The same where its calls go to the database here: which roots it trusts.
    pub trust: BTreeMap<String, String>,
    /// What each answer must contain; another one ends the measurement.
    pub answers: String,
}
