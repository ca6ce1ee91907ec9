//! What an answer is marked with that is an error of the service's own.

/// An error of the service's own: its code and its message.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub(super) code: String,
    pub(super) message: String,
    /// The operation, where the body says it and not the head.
    pub(super) operation: Option<String>,
}

impl Refused {
    pub(super) fn new(code: &str, message: &str) -> Self {
        Self {
            code: code.to_owned(),
            message: message.to_owned(),
            operation: None,
        }
    }

    /// The same, of this operation.
    pub(super) fn of(self, operation: &str) -> Self {
        let operation = Some(operation.to_owned());
        Self { operation, ..self }
    }
}
