//! What the database answered, as CloudWatch gets to know it.

use rehearsal_aws::cloudwatch::metrics_of::dynamodb::{Answered, record_call};
use rehearsal_aws::principal::OnBehalfOf;
use rehearsal_aws::time::VirtualTime;

use super::{DatabaseAnswered, InvocationId, World};

impl World {
    /// Records the metrics of a call. Its latency is modelled, and a fault's delay is on top.
    pub(super) fn database_answered(&mut self, answered: &DatabaseAnswered) {
        let at = self.time_of(answered.invocation);
        record_call(
            &mut self.cloudwatch.metrics,
            Answered {
                operation: &answered.operation,
                tables: &answered.tables,
                status: answered.status,
                code: answered.code.as_deref(),
                at,
                latency_ms: i64::from(self.plan.timing.dynamodb_ms) + answered.delay_ms,
            },
        );
    }

    /// When what an invocation does happens, in virtual time. On a live request's account that is where the invocation is, and not
    /// where the clock stands: later requests may have been given out since. Elsewhere time stands still while a function runs.
    pub(super) fn time_of(&self, invocation: Option<InvocationId>) -> VirtualTime {
        let open = invocation.and_then(|invocation| self.running.open.get(&invocation));
        match open {
            Some(open) if open.invoke.on_behalf_of == OnBehalfOf::Traffic => {
                open.invoke.at + open.waited_ms
            }
            _ => self.now,
        }
    }
}
