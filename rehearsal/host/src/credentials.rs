//! Who runs in a sandbox: every one signs with an access key id of its own, so an endpoint knows its caller as AWS does.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, Weak};

use uuid::Uuid;

/// Whoever signed a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Caller {
    /// The access key id in the signature's credential.
    pub access_key_id: String,
    /// The function whose sandbox holds that key.
    pub function_name: String,
    /// The function's version: a number, or `$LATEST`.
    pub version: String,
}

/// What a sandbox signs with. Its access key is known for as long as a clone of this lives.
#[derive(Clone)]
pub struct Credentials {
    /// The access key id, unique within one [`Callers`].
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: String,
    /// The session token, as every execution role's credentials have one.
    pub session_token: String,
    registration: Arc<Registration>,
}

impl Credentials {
    /// The caller that these credentials stand for.
    pub fn caller(&self) -> &Caller {
        &self.registration.caller
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// The access keys that are known. Clones share them.
///
/// ```
/// use rehearsal_host::Callers;
///
/// let callers = Callers::default();
/// let credentials = callers.issue("contacts", "2");
/// let caller = callers.find(&credentials.access_key_id).expect("the key was just issued");
/// assert_eq!((caller.function_name.as_str(), caller.version.as_str()), ("contacts", "2"));
///
/// let key = credentials.access_key_id.clone();
/// drop(credentials);
/// assert!(callers.find(&key).is_none());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Callers {
    known: Arc<Known>,
}

type Known = RwLock<HashMap<String, Entry>>;

struct Entry {
    caller: Arc<Caller>,
    secret: String,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.caller.fmt(f)
    }
}

struct Registration {
    caller: Caller,
    known: Weak<Known>,
}

impl Drop for Registration {
    fn drop(&mut self) {
        if let Some(known) = self.known.upgrade() {
            known
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&self.caller.access_key_id);
        }
    }
}

impl Callers {
    /// New credentials for a sandbox of this function and version.
    pub fn issue(&self, function_name: &str, version: &str) -> Credentials {
        // Temporary credentials: AWS's begin with ASIA and have 20 characters. The random bits of a UUIDv7 are its last.
        let random = || Uuid::now_v7().simple().to_string().to_uppercase();
        let access_key_id = format!("ASIA{}", &random()[16..]);
        let secret_access_key = format!("{}{}", &random()[12..], &random()[12..]);
        let caller = Caller {
            access_key_id: access_key_id.clone(),
            function_name: function_name.to_owned(),
            version: version.to_owned(),
        };
        let entry = Entry {
            caller: Arc::new(caller.clone()),
            secret: secret_access_key.clone(),
        };
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(access_key_id.clone(), entry);
        let registration = Arc::new(Registration {
            caller,
            known: Arc::downgrade(&self.known),
        });
        Credentials {
            access_key_id,
            secret_access_key,
            session_token: random(),
            registration,
        }
    }

    /// The caller with this access key id.
    pub fn find(&self, access_key_id: &str) -> Option<Arc<Caller>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known
            .get(access_key_id)
            .map(|entry| Arc::clone(&entry.caller))
    }

    /// The caller with this access key id, and its secret.
    pub fn find_with_secret(&self, access_key_id: &str) -> Option<(Arc<Caller>, String)> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known
            .get(access_key_id)
            .map(|entry| (Arc::clone(&entry.caller), entry.secret.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_keys_are_unique_and_shaped_as_aws_shapes_them() {
        let callers = Callers::default();
        let issued: Vec<_> = (0..100).map(|_| callers.issue("f", "1")).collect();
        let keys: std::collections::HashSet<_> =
            issued.iter().map(|c| c.access_key_id.as_str()).collect();
        assert_eq!(keys.len(), 100);
        assert!(
            issued
                .iter()
                .all(|c| c.access_key_id.len() == 20 && c.secret_access_key.len() == 40)
        );
    }

    #[test]
    fn debug_output_of_credentials_has_no_secret() {
        let credentials = Callers::default().issue("f", "1");
        let shown = format!("{credentials:?}");
        assert!(
            !shown.contains(&credentials.secret_access_key)
                && !shown.contains(&credentials.session_token)
        );
    }
}
