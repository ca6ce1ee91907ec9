//! The clock: what is decided at which virtual time.

use rehearsal_aws::codedeploy::lifecycle::LifecycleEventName;
use rehearsal_aws::lambda::asynchronous::Condition;
use rehearsal_aws::time::{MINUTE_MS, VirtualTime};

use super::World;
use super::invocation::Delivered;
use crate::event::{Happening, RefusedCall};
use crate::traffic::Arrival;

/// Something that is due at a virtual time.
#[derive(Clone, Debug)]
pub(super) enum Decision {
    PlanArrivals {
        minute: u64,
    },
    EvaluateAlarms,
    BeginUpdate,
    /// A resource that takes its time has changed.
    FinishChange {
        logical_id: String,
    },
    CancelDeployments,
    PollAlarms {
        deployment: usize,
    },
    BeginDeployment {
        deployment: usize,
    },
    InvokeHook {
        deployment: usize,
        event: LifecycleEventName,
    },
    /// Lambda invokes a function with an asynchronous event, by its number.
    Deliver {
        number: usize,
    },
    DeliveryEnds {
        number: usize,
        delivered: Box<Delivered>,
    },
    GiveUp {
        number: usize,
        condition: Condition,
        response: Option<String>,
    },
    TakeReport {
        deployment: usize,
        event: LifecycleEventName,
    },
    HookTimesOut {
        deployment: usize,
        event: LifecycleEventName,
    },
    /// CloudFormation waits no longer for the alias.
    AliasTimesOut {
        deployment: usize,
    },
    Shift {
        deployment: usize,
        step: usize,
    },
    /// A person stops a deployment: an index into the plan's actions.
    StopByHand {
        action: usize,
    },
    /// A global secondary index is full, if its table still has it.
    FillIndex {
        table: String,
        index: String,
    },
    BeginRollback {
        deployment: usize,
    },
    EndRollback {
        deployment: usize,
    },
    /// A call was refused, and the invocation that made it is over.
    TellOfRefusal(Box<RefusedCall>),
    Finish,
}

impl World {
    pub(super) fn begin(&mut self) {
        let minutes = self.plan.step.minutes_between + self.plan.traffic.minutes_before;
        self.tell_of_two_versions();
        self.schedule(self.traffic.began, Decision::PlanArrivals { minute: 0 });
        self.schedule(self.cloudwatch.next_evaluation, Decision::EvaluateAlarms);
        self.schedule(
            self.traffic.began + i64::from(minutes) * MINUTE_MS,
            Decision::BeginUpdate,
        );
    }

    pub(super) fn schedule(&mut self, at: VirtualTime, decision: Decision) {
        self.decisions.push(at, decision);
    }

    /// Goes on until a command is open or the rehearsal is over.
    pub(super) fn advance(&mut self) {
        while !self.finished
            && self.endless.is_none()
            && self.running.open.is_empty()
            && self.running.waiting.is_empty()
        {
            self.forget_chains();
            let Some(due) = self.decisions.first_due() else {
                self.finish();
                return;
            };
            if self.is_too_long(due) {
                return;
            }
            let arrives = |arrival: &&Arrival| arrival.at < due;
            if let Some(next) = self.traffic.arrivals.front().filter(arrives) {
                self.complete_until(next.at);
                self.give_out_requests(due);
                continue;
            }
            self.complete_until(due);
            self.now = due;
            if let Some(decision) = self.decisions.pop_due(due) {
                self.decide(decision);
            }
        }
    }

    fn decide(&mut self, decision: Decision) {
        match decision {
            Decision::PlanArrivals { minute } => self.plan_arrivals(minute),
            Decision::EvaluateAlarms => self.evaluate_alarms(),
            Decision::BeginUpdate => self.begin_update(),
            Decision::FinishChange { logical_id } => self.finish_change(logical_id),
            Decision::CancelDeployments => self.cancel_deployments(),
            Decision::PollAlarms { deployment } => self.poll_alarms(deployment),
            Decision::BeginDeployment { deployment } => self.begin_deployment(deployment),
            Decision::InvokeHook { deployment, event } => self.invoke_hook(deployment, event),
            Decision::Deliver { number } => self.deliver(number),
            Decision::DeliveryEnds { number, delivered } => self.delivery_ends(number, *delivered),
            Decision::GiveUp {
                number,
                condition,
                response,
            } => self.give_up(number, condition, response),
            Decision::TakeReport { deployment, event } => self.take_report(deployment, event),
            Decision::HookTimesOut { deployment, event } => self.hook_times_out(deployment, event),
            Decision::AliasTimesOut { deployment } => self.alias_times_out(deployment),
            Decision::Shift { deployment, step } => self.shift(deployment, step),
            Decision::StopByHand { action } => self.stop_by_hand(action),
            Decision::FillIndex { table, index } => self.fill_index(table, index),
            Decision::BeginRollback { deployment } => self.begin_rollback(deployment),
            Decision::EndRollback { deployment } => self.end_rollback(deployment),
            Decision::TellOfRefusal(call) => self.emit(Happening::CallRefused(*call)),
            Decision::Finish => self.finish(),
        }
    }

    fn finish(&mut self) {
        if self.plan.step.is_followed {
            self.report_what_runs();
        } else {
            self.complete_until(VirtualTime(i64::MAX));
        }
        self.finished = true;
        let counts = self.faults.acted().to_vec();
        self.emit(Happening::FaultsActed { counts });
        let alarms = self.alarms_not_met();
        if !alarms.is_empty() {
            self.emit(Happening::AlarmsNotMet { alarms });
        }
        let gates = self.gates_without_data();
        if !gates.is_empty() {
            self.emit(Happening::NothingSent { gates });
        }
        let denied = self.beyond_reserved();
        if !denied.is_empty() {
            self.emit(Happening::NotPermitted { denied });
        }
        self.emit(Happening::Finished);
    }
}
