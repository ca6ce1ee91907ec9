//! What is noted while a rehearsal runs and told at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use rehearsal_aws::apigateway::route::{Authorization, Route};
use rehearsal_host::confined::{Confinement, is_changed_since};

/// Names, each once.
#[derive(Debug, Default)]
pub(super) struct Noted(Mutex<BTreeSet<String>>);

impl Noted {
    pub(super) fn note(&self, name: String) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.insert(name);
    }

    /// All of them, in their order.
    pub(super) fn all(&self) -> Vec<String> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.iter().cloned().collect()
    }

    /// Notes who asks a route, where its authorizer would say it and none is asked here.
    pub(super) fn note_caller_of(&self, route: &Route) {
        if let Authorization::Authorizer { .. } = route.authorization {
            self.note(format!("caller of {} {}", route.method, route.path));
        }
    }
}

/// The functions of which processes could write where none can on Lambda.
#[derive(Debug, Default)]
pub(super) struct NotConfined {
    /// Those that nothing kept from it.
    anywhere: Noted,
    /// The folders of the code of others, and when their first process was started.
    code: Mutex<BTreeMap<String, (SystemTime, BTreeSet<PathBuf>)>>,
}

impl NotConfined {
    /// Notes how a process is confined that was started after this time.
    pub(super) fn note(&self, function: &str, since: SystemTime, confinement: Confinement) {
        match confinement {
            Confinement::Whole => {}
            Confinement::None => self.anywhere.note(function.to_owned()),
            Confinement::WithoutCode(folders) => {
                let mut code = self.code.lock().unwrap_or_else(PoisonError::into_inner);
                let first = || (since, BTreeSet::new());
                let (_, known) = code.entry(function.to_owned()).or_insert_with(first);
                known.extend(folders);
            }
        }
    }

    /// The functions that may have written there: of those that could write to their code alone, those whose code has changed.
    pub(super) fn all(&self) -> Vec<String> {
        let code = self.code.lock().unwrap_or_else(PoisonError::into_inner);
        let mut functions: Vec<_> = code.iter().collect();
        functions.sort_by_key(|(_, (since, _))| *since);
        // Those that have not changed since an earlier time have not since a later one: functions often share a folder, which may be large.
        let mut unchanged: BTreeSet<&PathBuf> = BTreeSet::new();
        for (function, (since, folders)) in functions {
            let mut others = folders.iter().filter(|folder| !unchanged.contains(folder));
            if others.any(|folder| is_changed_since(folder, *since)) {
                self.anywhere.note(function.clone());
            } else {
                unchanged.extend(folders);
            }
        }
        self.anywhere.all()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rehearsal_aws::apigateway::route::{InvokeMode, PayloadFormat};

    use super::*;

    #[test]
    fn a_function_whose_code_is_in_tmp_is_told_where_the_code_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let code = || Confinement::WithoutCode(vec![folder.path().to_owned()]);
        let found = |since, confinement| {
            let not_confined = NotConfined::default();
            not_confined.note("F", since, confinement);
            not_confined.all()
        };
        let now = SystemTime::now();
        let later = now + Duration::from_hours(1);
        assert_eq!(found(later, code()), Vec::<String>::new());
        assert_eq!(found(now - Duration::from_hours(1), code()), ["F"]);
        assert_eq!(found(later, Confinement::None), ["F"]);
        assert_eq!(found(now, Confinement::Whole), Vec::<String>::new());
    }

    #[test]
    fn who_asks_is_made_up_where_an_authorizer_would_say_it_and_named_once() {
        let noted = Noted::default();
        let mut route = Route {
            method: "GET".to_owned(),
            path: "/orders".to_owned(),
            authorization: Authorization::Authorizer {
                name: "JWT".to_owned(),
                kind: None,
            },
            needs_api_key: false,
            payload_format: PayloadFormat::V2,
            invoke_mode: InvokeMode::Buffered,
            function: "f".to_owned(),
            qualifier: None,
        };
        noted.note_caller_of(&route);
        noted.note_caller_of(&route);
        for authorization in [Authorization::None, Authorization::Iam] {
            "POST".clone_into(&mut route.method);
            route.authorization = authorization;
            noted.note_caller_of(&route);
        }
        assert_eq!(noted.all(), ["caller of GET /orders"]);
    }
}
