//! What a function signs with, looked for in what it says.

/// A function's credentials, as they must not be told.
#[derive(Clone, Debug)]
pub struct Secrets {
    access_key_id: String,
    /// Parts of the secret key and of the token without a character that has another spelling, so that they are found in every one.
    parts: Vec<String>,
}

impl Secrets {
    /// The secrets of credentials, whose token is given the characters that AWS's have.
    pub fn of(access_key_id: &str, secret_access_key: &str, session_token: &mut String) -> Self {
        let (head, tail) = session_token.split_at(session_token.len() / 2);
        let parts = [access_key_id, secret_access_key, head, tail].map(str::to_owned);
        *session_token = format!("{head}{tail}/+{tail}//{head}==");
        Self {
            access_key_id: access_key_id.to_owned(),
            parts: parts.into(),
        }
    }

    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    pub fn are_not_in(&self, text: &str) -> Result<(), String> {
        match self.parts.iter().find(|part| text.contains(*part)) {
            None => Ok(()),
            Some(part) => Err(format!("it told {part}: {text}")),
        }
    }
}
