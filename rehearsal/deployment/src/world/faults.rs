//! What goes wrong on purpose: which fault acts on an invocation, and which on a call to a service.

use rehearsal_aws::call::AwsCall;
use rehearsal_aws::principal::OnBehalfOf;
use rehearsal_aws::time::VirtualTime;

use super::input::{Called, Writer};
use super::invocation::Origin;
use super::{InvocationId, World};
use crate::fault::{Call, FaultKind, Injected, ServiceCall};
use crate::revision::Revision;

impl World {
    /// What goes wrong with an invocation on its way.
    ///
    /// A delay beyond the time-out is a hang. A delay on live traffic is virtual; a hook really waits for its own calls.
    pub(super) fn fault_on_invocation(
        &mut self,
        function: &str,
        version: &str,
        revision: Revision,
        origin: &Origin,
    ) -> Option<Injected> {
        let call = Call {
            function,
            revision: self.revision_for_faults(function, version),
            on_behalf_of: origin.on_behalf_of,
            minute: self.fault_minute(function, origin.at),
            key: &origin.key,
            service: None,
        };
        let mut injected = self.faults.select(self.draws, call)?;
        if injected.kind == FaultKind::Delay
            && origin.on_behalf_of == OnBehalfOf::Traffic
            && i64::from(injected.delay_ms) >= self.timeout_ms(function, version, revision)
        {
            injected.kind = FaultKind::Hang;
        }
        self.has_struck(origin.chain.root(), injected.kind);
        Some(injected)
    }

    /// What goes wrong with a function's call to AWS.
    pub(super) fn fault_on_call(
        &mut self,
        called: &Called,
        call: &AwsCall,
        writers: &[Option<Writer>],
    ) -> Option<Injected> {
        let (service, operation) = (call.service(), call.operation());
        let (function, version) = called.principal.function().unwrap_or_default();
        let writers: Vec<_> = writers
            .iter()
            .map(|writer| {
                let Writer { function, version } = writer.as_ref()?;
                Some(self.revision_of(function, version))
            })
            .collect();
        let live = called
            .invocation
            .and_then(|invocation| self.running.open.get_mut(&invocation))
            .filter(|open| open.invoke.on_behalf_of == OnBehalfOf::Traffic);
        let (on_behalf_of, key, at) = if let Some(open) = live {
            let key = open.key_of_service_call();
            // Later requests may have been given out since.
            (OnBehalfOf::Traffic, key, open.invoke.at)
        } else {
            let kind = format!("{service}/{operation}/{function}/{version}");
            (OnBehalfOf::Deployment, self.next_of_kind(kind), self.now)
        };
        let call = Call {
            function,
            revision: self.revision_for_faults(function, version),
            on_behalf_of,
            minute: self.fault_minute(function, at),
            key: &key,
            service: Some(ServiceCall {
                service,
                operation,
                writers: &writers,
            }),
        };
        let injected = self.faults.select(self.draws, call)?;
        let root = self.chain_of(called.invocation).root();
        self.has_struck(root, injected.kind);
        Some(injected)
    }

    /// What a version is of, as faults ask for it; `None` of one that an earlier update has left, and no alias names.
    fn revision_for_faults(&self, function: &str, version: &str) -> Option<Revision> {
        let is_left = self.kept_version(function, version).is_some();
        let is_named = || self.is_named_by_an_alias(function, version);
        (!is_left || is_named()).then(|| self.revision_of(function, version))
    }

    /// A fault acted on what this invocation led to.
    fn has_struck(&mut self, root: Option<InvocationId>, kind: FaultKind) {
        let open = root.and_then(|root| self.running.open.get_mut(&root));
        if let Some(open) = open {
            open.struck = Some(kind);
        }
    }

    /// The minute that faults on a function are timed by at a moment, from its own deployment or else the first one: counted from
    /// the first shift, −1 before it, and before everything while there is no deployment.
    fn fault_minute(&self, function: &str, at: VirtualTime) -> i64 {
        let planned = &self.plan.deployments;
        let own = planned
            .iter()
            .position(|planned| planned.function == function);
        let Some(deployment) = self
            .codedeploy
            .deployments()
            .nth(own.unwrap_or(0))
            .filter(|deployment| !deployment.waits)
        else {
            return i64::MIN;
        };
        match deployment.first_shift {
            Some(shift) => at.minute_since(shift),
            None => -1,
        }
    }
}
