//! The sandboxes of a rehearsal, each with a queue of invocations.

use std::collections::HashMap;
use std::sync::Arc;

use rehearsal_aws::lambda::sandboxes::SandboxId;
use rehearsal_deployment::world::InvocationId;
use rehearsal_host::listener::Task;
use tokio::sync::mpsc;

use super::faults::end;
use super::invoke::Job;
use super::surroundings::Surroundings;

/// The sandboxes, each with its queue.
#[derive(Default)]
pub(super) struct Workers {
    by_sandbox: HashMap<SandboxId, Worker>,
    /// The sandboxes that end with their invocations.
    passing: HashMap<InvocationId, SandboxId>,
}

impl Workers {
    /// Hands a job to its sandbox, which runs its jobs one by one, in the order in which they are handed over.
    pub(super) fn dispatch(&mut self, surroundings: &Arc<Surroundings>, job: Job) {
        let replaced = job.invoke.replaces;
        let replaced = replaced.and_then(|sandbox| self.by_sandbox.remove(&sandbox));
        if job.invoke.passes {
            self.passing
                .insert(job.invoke.invocation, job.invoke.sandbox);
        }
        let worker = self
            .by_sandbox
            .entry(job.invoke.sandbox)
            .or_insert_with(|| Worker::start(Arc::clone(surroundings), replaced));
        worker.run(job);
    }

    /// These sandboxes serve no one any more: their processes end.
    pub(super) fn end(&mut self, sandboxes: &[SandboxId]) {
        for sandbox in sandboxes {
            self.by_sandbox.remove(sandbox);
        }
    }

    /// An invocation is over. A sandbox that ends with it has ended its process already.
    pub(super) fn ended(&mut self, invocation: InvocationId) {
        if let Some(sandbox) = self.passing.remove(&invocation) {
            self.by_sandbox.remove(&sandbox);
        }
    }
}

/// A sandbox's queue. Its process is started by the first job that needs it, and again after it has died.
struct Worker {
    jobs: mpsc::UnboundedSender<Job>,
    task: Task,
}

impl Worker {
    /// Starts a queue. The worker that it replaces does its last jobs and ends its process before.
    fn start(surroundings: Arc<Surroundings>, replaced: Option<Self>) -> Self {
        let (jobs, mut queue) = mpsc::unbounded_channel::<Job>();
        let task = Task::spawn(async move {
            if let Some(replaced) = replaced {
                replaced.end().await;
            }
            let mut sandbox = None;
            while let Some(job) = queue.recv().await {
                job.run(&surroundings, &mut sandbox).await;
            }
            end(&mut sandbox).await;
        });
        Self { jobs, task }
    }

    fn run(&self, job: Job) {
        // The queue closes only with its worker.
        let _ = self.jobs.send(job);
    }

    /// Waits until all jobs are done and the process has ended.
    async fn end(self) {
        drop(self.jobs);
        self.task.finished().await;
    }
}
