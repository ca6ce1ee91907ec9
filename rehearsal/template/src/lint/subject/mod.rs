//! What the lints look at: a stack, what an update of it shifts, and what its alarms and roles come down to.
//!
//! - [`shifting`]: the deployments of an update. [`callers`]: who invokes a function, beside the routes of APIs. [`permissions`]: who lets
//!   services do so.
//! - [`series`]: the metrics that an alarm watches. [`metrics`]: whether a service sends them.
//! - [`schema_bounds`]: what properties may be. [`policy`]: what a role may do. [`hook_role`]: what CodeDeploy's role may invoke.
//!   [`execution_role`]: what a function's role may not do.
//! - [`made_of`]: whether a value is the template's own.

pub(super) mod callers;
pub(super) mod execution_role;
pub(super) mod hook_role;
mod made_of;
pub(super) mod metrics;
pub(super) mod permissions;
pub(super) mod policy;
pub(super) mod schema_bounds;
pub(super) mod series;
pub(super) mod shifting;

use std::cell::OnceCell;

use crate::Stack;
use crate::resolve::Resolver;
use callers::Caller;
pub(super) use made_of::MadeOf;
use permissions::Permissions;
use shifting::Shifting;

/// What the lints look at.
pub(super) struct Subject<'s, 't> {
    pub(super) stack: &'s Stack,
    pub(super) resolver: &'s Resolver<'t>,
    /// The aliases that an update shifts.
    pub(super) shifting: Vec<Shifting<'s>>,
    /// What roles are granted.
    pub(super) policies: policy::Policies<'s, 't>,
    callers: OnceCell<Vec<Caller>>,
    permissions: OnceCell<Permissions>,
}

impl<'s, 't> Subject<'s, 't> {
    /// Everything about a stack.
    pub(super) fn of(stack: &'s Stack, resolver: &'s Resolver<'t>) -> Self {
        Self {
            stack,
            resolver,
            shifting: shifting::all(stack),
            policies: policy::Policies::of(stack, resolver),
            callers: OnceCell::new(),
            permissions: OnceCell::new(),
        }
    }

    /// Who invokes a function, beside the routes of APIs.
    pub(super) fn callers(&self) -> &[Caller] {
        self.callers.get_or_init(|| callers::all(self))
    }

    /// Who lets services do so.
    pub(super) fn permissions(&self) -> &Permissions {
        self.permissions.get_or_init(|| Permissions::of(self))
    }
}
