//! What the environment says.

use contacts::Metadata;
use contacts_store::Store;

/// The version of the code: `CODE_VERSION` where the build sets it, else the package's.
pub const CODE_VERSION: &str = match option_env!("CODE_VERSION") {
    Some(version) => version,
    None => env!("CARGO_PKG_VERSION"),
};

/// The API: its table, and who it says it is.
#[derive(Debug, Clone)]
pub struct Api {
    store: Result<Store, Misconfigured>,
    function_version: Option<String>,
}

/// The environment does not say which table to use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misconfigured {
    /// `TABLE_NAME` is missing or empty.
    #[error("TABLE_NAME is not set; it must name the DynamoDB table of contacts")]
    NoTable,
    /// `TABLE_NAME` cannot be a table's name.
    #[error(
        "TABLE_NAME is no name of a DynamoDB table: it must have 3 to 255 letters, digits, '_', '-' or '.'"
    )]
    MalformedTable,
}

impl Api {
    /// The API of a store, as the function version `function_version`.
    pub fn new(store: Store, function_version: Option<String>) -> Self {
        Self {
            store: Ok(store),
            function_version,
        }
    }

    /// The API as the process's environment describes it: `TABLE_NAME`, `AWS_LAMBDA_FUNCTION_VERSION`, and what every AWS
    /// SDK reads.
    ///
    /// It never fails: a misconfigured function starts, and answers every request with the reason. A crash at start
    /// would leave callers with a bare 502, and operators without a line of log.
    pub fn from_environment() -> Self {
        let table = table_name(std::env::var("TABLE_NAME").ok());
        Self {
            store: table.map(|table| Store::new(&aws_clients::sdk_config("DynamoDB"), table)),
            function_version: std::env::var("AWS_LAMBDA_FUNCTION_VERSION").ok(),
        }
    }

    /// Opens the connection to the table before the first event, as the environment says that Lambda starts the sandbox.
    ///
    /// With provisioned concurrency it starts it ahead of events: nobody waits for the start, and the connection is open and used once when this
    /// returns. Elsewhere somebody waits for the start and the event together. There the connection is only begun, and what comes between is done
    /// while it opens: asking for the event, and all of its handling until the table is asked.
    ///
    /// `AWS_LAMBDA_INITIALIZATION_TYPE` says which it is (Lambda developer guide, "Defined runtime environment variables").
    pub async fn prepare(&self) {
        let Ok(store) = &self.store else { return };
        let kind = std::env::var("AWS_LAMBDA_INITIALIZATION_TYPE").unwrap_or_default();
        if kind == "provisioned-concurrency" {
            store.connect().await;
        } else {
            aws_clients::Environment::process().open_connection("DynamoDB", "dynamodb");
        }
    }

    /// The same API without a table, as when `TABLE_NAME` is missing.
    #[must_use]
    pub fn without_table(self, reason: Misconfigured) -> Self {
        Self {
            store: Err(reason),
            ..self
        }
    }

    /// The store.
    ///
    /// # Errors
    /// When the function is misconfigured.
    pub fn store(&self) -> Result<&Store, &Misconfigured> {
        self.store.as_ref()
    }

    /// Who answers a caller with this API key.
    pub fn metadata(&self, api_key_id: Option<&str>) -> Metadata {
        Metadata {
            code_version: CODE_VERSION.to_owned(),
            function_version: self.function_version.clone(),
            table: self
                .store
                .as_ref()
                .ok()
                .map(|store| store.table().to_owned()),
            api_key_id: api_key_id.map(ToOwned::to_owned),
            next_cursor: None,
        }
    }
}

/// The rules are DynamoDB's (developer guide, "Naming rules").
fn table_name(name: Option<String>) -> Result<String, Misconfigured> {
    let name = name
        .filter(|name| !name.is_empty())
        .ok_or(Misconfigured::NoTable)?;
    let fits = (3..=255).contains(&name.len());
    let letters = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    if fits && letters {
        Ok(name)
    } else {
        Err(Misconfigured::MalformedTable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_name_is_held_to_the_rules_of_dynamodb() {
        let named = |name: &str| table_name(Some(name.to_owned()));
        assert_eq!(named("contacts-Prod_1.x").unwrap(), "contacts-Prod_1.x");
        assert_eq!(table_name(None), Err(Misconfigured::NoTable));
        assert_eq!(named(""), Err(Misconfigured::NoTable));
        for name in ["ab", "a b c", "tëst", &"x".repeat(256)] {
            assert_eq!(named(name), Err(Misconfigured::MalformedTable), "{name}");
        }
    }
}
