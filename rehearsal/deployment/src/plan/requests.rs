//! Where a rehearsal's requests go, through the APIs of a stack or past them.

use rehearsal_template::stack;

use super::apis::{FrontApi, deciding, fronts, named, routed, routes, takers};
use super::claims::{self, ClaimsError};
use super::{Draft, Target, TargetError};
use crate::rehearsal::Rehearsal;
use crate::request::RequestKind;
use crate::revision::Revision;

/// A request of the rehearsal that goes nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("request {number}: {what}")]
pub struct RequestError {
    /// The request's place in the rehearsal, from 1.
    pub number: usize,
    /// What is wrong with it.
    pub what: TargetError,
}

/// Where each of a rehearsal's requests goes, before the update or after it: through a route to what stands behind it, or to a
/// function directly. One whose way the update changes has two targets.
///
/// # Errors
/// The requests for which neither stack has a route, function or alias, those for which one of them has several, and those whose claims no
/// authorizer says.
pub fn targets(draft: &Draft<'_>, rehearsal: &Rehearsal) -> Result<Vec<Target>, Vec<RequestError>> {
    let mut targets = Vec::new();
    let mut errors = Vec::new();
    for (index, request) in rehearsal.traffic.requests.iter().enumerate() {
        let mut wrong = None;
        let mut leads = false;
        let mut is_clear = true;
        for revision in [Revision::After, Revision::Before] {
            match draft.target_in(revision, &request.kind) {
                Ok(target) => {
                    leads = true;
                    if !targets.contains(&target) {
                        targets.push(target);
                    }
                }
                Err(error @ TargetError::Several { .. }) if is_clear => {
                    is_clear = false;
                    wrong = Some(error);
                }
                Err(error) => {
                    wrong.get_or_insert(error);
                }
            }
        }
        let wrong = wrong.filter(|_| !leads || !is_clear);
        let claims = || draft.check_claims(&request.kind).map_err(TargetError::from);
        if let Some(what) = wrong.or_else(|| claims().err()) {
            errors.push(RequestError {
                number: index + 1,
                what,
            });
        }
    }
    if errors.is_empty() {
        Ok(targets)
    } else {
        Err(errors)
    }
}

impl Draft<'_> {
    /// Whether a request's route has an authorizer, before the update or after it, and it says what the request has it say.
    fn check_claims(&self, kind: &RequestKind) -> Result<(), ClaimsError> {
        let RequestKind::Http(asked) = kind else {
            return Ok(());
        };
        let Some(claims) = &asked.claims else {
            return Ok(());
        };
        let mut is_said = false;
        for revision in [Revision::After, Revision::Before] {
            let fronts = fronts(&self.apis, |_| revision);
            if let Some((front, found)) = routed(&fronts, asked)
                && let Some(checked) = claims::check(front.api.kind, found.route, claims)
            {
                checked?;
                is_said = true;
            }
        }
        if is_said {
            return Ok(());
        }
        Err(ClaimsError::NoAuthorizer {
            method: asked.method.clone(),
            path: asked.path.clone(),
        })
    }

    /// Where a request goes in a revision of the stack.
    fn target_in(&self, revision: Revision, kind: &RequestKind) -> Result<Target, TargetError> {
        let asked = match kind {
            RequestKind::Invoke(asked) => {
                let before = stack::replaced(&asked.function);
                let function = match revision {
                    Revision::Before if self.planner.old.function(&before).is_some() => &before,
                    _ => &asked.function,
                };
                return self.target(function, asked.qualifier.as_deref(), None);
            }
            RequestKind::Http(asked) => asked,
        };
        let fronts = fronts(&self.apis, |_| revision);
        let named = named(&fronts, &asked.to)?;
        match takers(&named, asked).as_slice() {
            [] => Err(TargetError::NoRoute {
                method: asked.method.clone(),
                path: asked.path.clone(),
                routes: routes(&named),
            }),
            [(front, found)] => self.target(
                &found.route.function,
                found.route.qualifier.as_deref(),
                Some(front.stage(found.route)),
            ),
            several => {
                let fronts: Vec<&FrontApi> = several.iter().map(|(front, _)| *front).collect();
                let key = deciding(&fronts);
                Err(TargetError::Several {
                    method: asked.method.clone(),
                    path: asked.path.clone(),
                    key,
                    choices: fronts
                        .iter()
                        .map(|front| front.id(key).to_owned())
                        .collect(),
                })
            }
        }
    }
}
