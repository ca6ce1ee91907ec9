//! The checks as a hook runs them: which there are, by which names, and what they do when there is no API to ask.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use lifecycle_hook::{Check, Failure, Hook, Transport, retry_while};
use tokio::time::Instant;

use crate::api::{ASK_AGAIN_AFTER, Api};
use crate::checks::bad_input::bad_input;
use crate::checks::cold_start::cold_start;
use crate::checks::concurrent_invocations::concurrent_invocations;
use crate::checks::create_and_read::create_and_read;
use crate::checks::delete::delete;
use crate::checks::headers::headers;
use crate::checks::large_contact::large_contact;
use crate::checks::latency::latency;
use crate::checks::list::list;
use crate::checks::merge::merge;
use crate::checks::old_data::old_data;
use crate::checks::routes::routes;
use crate::checks::sampled_requests::{Sample, sampled_requests};
use crate::checks::table::table;
use crate::checks::unsigned_requests::unsigned_requests;
use crate::checks::version_identity::version_identity;
use crate::failure::StepError;

/// The name of the check that finds the API. When it fails, the others are skipped and point to it.
pub const CONFIGURATION: &str = "configuration";

/// One run of a check. It may be run again, and makes its contacts anew then.
type Attempt<T> = for<'a> fn(&'a Check, &'a Api<T>) -> BoxFuture<'a, Result<(), StepError>>;

type Connect<T> = dyn Fn() -> BoxFuture<'static, Result<Api<T>, Arc<str>>> + Send + Sync;

type Connected<T> = Shared<BoxFuture<'static, Result<Api<T>, Arc<str>>>>;

/// The checks of the contacts API over one transport.
///
/// `connect` finds the API, or says why it cannot. It is asked once an event, however many checks wait for it.
///
/// ```
/// use std::time::Duration;
/// use contacts_checks::{Api, Suite};
/// use lifecycle_hook::{Hook, Request, Response, Transport, TransportError};
///
/// struct Unplugged;
/// impl Transport for Unplugged {
///     async fn send(&self, _: Request) -> Result<Response, TransportError> {
///         Err(TransportError::Unsendable { reason: "no cable".to_owned() })
///     }
/// }
///
/// let suite = Suite::new(|| async {
///     Ok::<_, String>(Api::new(Unplugged, Some("8".to_owned()), Duration::ZERO))
/// });
/// let hook = suite.version_identity(suite.contract(Hook::before_allow_traffic()));
/// # let _ = hook;
/// ```
pub struct Suite<T> {
    connection: Arc<Connection<T>>,
}

impl<T: Transport> Suite<T> {
    /// The suite over the API that `connect` finds.
    pub fn new<F, Fut, E>(connect: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Api<T>, E>> + Send + 'static,
        E: ToString,
    {
        let connect = Box::new(move || -> BoxFuture<'static, _> {
            let found = connect();
            async move { found.await.map_err(|error| Arc::from(error.to_string())) }.boxed()
        });
        Self {
            connection: Arc::new(Connection {
                connect,
                current: Mutex::new(Weak::new()),
            }),
        }
    }

    /// Adds what both hooks check: `configuration`, `create-and-read`, `headers`, `list`, `merge`, `delete`, `bad-input` and
    /// `routes`.
    #[must_use]
    pub fn contract(&self, hook: Hook) -> Hook {
        let connection = Arc::clone(&self.connection);
        let hook = hook.check(CONFIGURATION, move |cx: Check| {
            let connection = Arc::clone(&connection);
            async move {
                let connected = connection.current();
                let api = (*connected).clone().await;
                let api = api.map_err(|reason| Failure::from(reason.to_string()))?;
                cx.note("version", api.version().unwrap_or("any"));
                Ok::<(), Failure>(())
            }
        });
        let hook = self.settled(hook, "create-and-read", |cx, api| {
            create_and_read(cx, api).boxed()
        });
        let hook = self.settled(hook, "headers", |cx, api| headers(cx, api).boxed());
        let hook = self.settled(hook, "list", |cx, api| list(cx, api).boxed());
        let hook = self.settled(hook, "merge", |cx, api| merge(cx, api).boxed());
        let hook = self.settled(hook, "delete", |cx, api| delete(cx, api).boxed());
        let hook = self.settled(hook, "bad-input", |cx, api| bad_input(cx, api).boxed());
        self.settled(hook, "routes", |cx, api| routes(cx, api).boxed())
    }

    /// Adds `table`: the version reaches its table.
    #[must_use]
    pub fn table(&self, hook: Hook) -> Hook {
        self.settled(hook, "table", |cx, api| table(cx, api).boxed())
    }

    /// Adds `large-contact`: a contact as large as one may be is stored whole, and a larger one is refused.
    #[must_use]
    pub fn large_contact(&self, hook: Hook) -> Hook {
        self.settled(hook, "large-contact", |cx, api| {
            large_contact(cx, api).boxed()
        })
    }

    /// Adds `concurrent-invocations`: `invocations` at once lose none of each other's merges. Skipped, as inconclusive, when
    /// Lambda turns some of them away to the last attempt. The API must let as many be on their way; see
    /// [`Api::with_concurrency`].
    #[must_use]
    pub fn concurrent_invocations(&self, hook: Hook, invocations: u32) -> Hook {
        self.check(
            hook,
            "concurrent-invocations",
            move |cx, api, _| async move { concurrent_invocations(&cx, &api, invocations).await },
        )
    }

    /// Adds `old-data`: what the live version writes, the one under test reads and merges, and the other way round. Skipped
    /// where the API has no road to the live version ([`Api::with_live`]), and where that version is no older one or does not
    /// work itself.
    #[must_use]
    pub fn old_data(&self, hook: Hook) -> Hook {
        self.check(hook, "old-data", |cx, api, _| async move {
            old_data(&cx, &api).await
        })
    }

    /// Adds `unsigned-requests`: the API refuses them. Skipped where the API has no road for them
    /// ([`Api::with_unsigned`]): it takes them then.
    #[must_use]
    pub fn unsigned_requests(&self, hook: Hook) -> Hook {
        self.check(hook, "unsigned-requests", |cx, api, _| async move {
            unsigned_requests(&cx, &api).await
        })
    }

    /// Adds `version-identity`: the version that answers is the one under test. Skipped when the target names none.
    #[must_use]
    pub fn version_identity(&self, hook: Hook) -> Hook {
        self.check(hook, "version-identity", |cx, api, settled_at| async move {
            names_a_version(&api)?;
            while_settling(settled_at, || version_identity(&cx, &api)).await
        })
    }

    /// Adds `sampled-requests`: all reads of `sample` are served by the version under test. Skipped when the target names none.
    #[must_use]
    pub fn sampled_requests(&self, hook: Hook, sample: Sample) -> Hook {
        self.check(
            hook,
            "sampled-requests",
            move |cx, api, settled_at| async move {
                names_a_version(&api)?;
                Ok(sampled_requests(&cx, &api, sample, settled_at).await?)
            },
        )
    }

    /// Adds `cold-start`: the answer to [`Api::ask_first`] came within [`COLD_START_FACTOR`](crate::COLD_START_FACTOR) times
    /// `budget`. Skipped without a budget.
    #[must_use]
    pub fn cold_start(&self, hook: Hook, budget: Option<Duration>) -> Hook {
        self.check(hook, "cold-start", move |cx, api, _| async move {
            cold_start(&cx, &api, budget.ok_or_else(no_budget)?)
        })
    }

    /// Adds `latency`: the median answer of a warm version comes within `budget`. Skipped without a budget.
    #[must_use]
    pub fn latency(&self, hook: Hook, budget: Option<Duration>) -> Hook {
        self.check(hook, "latency", move |cx, api, settled_at| async move {
            let budget = budget.ok_or_else(no_budget)?;
            while_settling(settled_at, || latency(&cx, &api, budget)).await
        })
    }

    fn settled(&self, hook: Hook, name: &'static str, attempt: Attempt<T>) -> Hook {
        self.check(hook, name, move |cx, api, settled_at| async move {
            while_settling(settled_at, || attempt(&cx, &api)).await
        })
    }

    /// Adds a check that needs the API. Without one it is skipped: `configuration` says why.
    fn check<F, Fut>(&self, hook: Hook, name: &'static str, check: F) -> Hook
    where
        F: Fn(Check, Api<T>, Instant) -> Fut + Send + Sync + Clone + 'static,
        Fut: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        let connection = Arc::clone(&self.connection);
        hook.check(name, move |cx: Check| {
            let (connection, check) = (Arc::clone(&connection), check.clone());
            async move {
                // Held for as long as the check runs, so that a check that starts later finds it.
                let connected = connection.current();
                let Ok(api) = (*connected).clone().await else {
                    let reason = format!("there is no API to ask: see {CONFIGURATION}");
                    return Err(Failure::skipped(reason));
                };
                let settled_at = api.settled_at(&cx);
                let api = api.of_check(&cx);
                check(cx, api, settled_at).await
            }
        })
    }
}

/// Runs a check, and again from its start with contacts of its own while another version answers and the alias may still be settling.
async fn while_settling<F, Fut>(settled_at: Instant, attempt: F) -> Result<(), Failure>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<(), StepError>>,
{
    let left = settled_at.saturating_duration_since(Instant::now());
    let settles = StepError::is_other_version;
    Ok(retry_while(left, ASK_AGAIN_AFTER, settles, attempt).await?)
}

fn no_budget() -> Failure {
    Failure::skipped("LATENCY_BUDGET_MS is not set: there is no budget to keep")
}

fn names_a_version<T: Transport>(api: &Api<T>) -> Result<(), Failure> {
    match api.version() {
        Some(_) => Ok(()),
        None => Err(Failure::skipped(
            "NEW_VERSION_ARN names no version (no number after the function's name), so any may answer",
        )),
    }
}

/// Finds the API once for all checks of an event.
///
/// The checks that run hold the result; with the last of them it is forgotten, so that the next event in a warm
/// sandbox looks anew and a retry is not answered with an old failure.
struct Connection<T> {
    connect: Box<Connect<T>>,
    current: Mutex<Weak<Connected<T>>>,
}

impl<T> Connection<T> {
    fn current(&self) -> Arc<Connected<T>> {
        // Nothing here panics while it is locked.
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connected) = current.upgrade() {
            return connected;
        }
        let connected = Arc::new((self.connect)().shared());
        *current = Arc::downgrade(&connected);
        connected
    }
}
