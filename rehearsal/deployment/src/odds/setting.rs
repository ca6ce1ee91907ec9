//! A deployment with its gates and requests, made ready to be rolled out many times.

use rehearsal_aws::VirtualTime;
use rehearsal_aws::cloudwatch::metric::Metric;
use rehearsal_aws::cloudwatch::metric_alarm::Watched;
use rehearsal_aws::codedeploy::deployment::AutoRollbackEvent;
use rehearsal_aws::lambda::sandboxes::Room;
use rehearsal_aws::time::MINUTE_MS;

use super::course::Courses;
use super::gates::{self, Gates, LeftOut};
use super::minutes::Counted;
use super::requests::{Class, Draft, Drafts, Failure, Goes, Kind};
use crate::bounds::MAX_MINUTES;
use crate::plan::{DURATIONS, Judged, Plan, WatchedAlarm};

/// How many minutes of traffic there are before a deployment at least: an evaluation of its very moment knows the update already.
const MINUTES_BEFORE_AT_LEAST: u32 = 2;

/// Why there are no odds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoOdds {
    /// No request is served by the new version.
    #[error(
        "no live request reaches the version of {function} that is deployed, so no gate can tell a faulty one"
    )]
    NoRequest {
        /// The function's logical id.
        function: String,
    },
    /// What is wrong with the new version is wrong with none of its requests.
    #[error(
        "a status is what an API answers, and no live request reaches {function} through one; let it fail by an error"
    )]
    NoApi {
        /// The function's logical id.
        function: String,
    },
    /// The deployment does not even succeed where nothing is wrong.
    #[error(
        "{deployment} does not succeed although nothing is wrong with its new version and its hooks are stubs: {why}"
    )]
    NeverSucceeds {
        /// Which deployment: `the deployment of Orders`.
        deployment: String,
        /// What CodeDeploy says of it.
        why: String,
    },
}

/// An alarm, and where the metrics of its queries are.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    pub(super) name: String,
    pub(super) before: Option<(Judged, Vec<usize>)>,
    /// As it is from the deployment's creation on.
    pub(super) after: Option<(Judged, Vec<usize>)>,
}

/// What all rollouts of a deployment share.
#[derive(Clone, Debug)]
pub struct Setting {
    gates: Vec<String>,
    left_out: Vec<LeftOut>,
    minutes_before: u32,
    share_of_traffic: f64,
    pub(super) goes_back: bool,
    pub(super) minutes_after: u32,
    /// Each after those that its rule names.
    pub(super) alarms: Vec<Watch>,
    /// Where the gates are among the alarms.
    pub(super) gate_alarms: Vec<usize>,
    pub(super) metrics: Vec<Counted>,
    /// How many values there are in a minute.
    pub(super) width: usize,
    pub(super) kinds: Vec<Kind>,
    pub(super) classes: Vec<Class>,
    pub(super) pools: usize,
    /// How many sandboxes stay.
    pub(super) kept: u32,
    /// Whether any alarm looks at how long something took.
    pub(super) watches_durations: bool,
    /// How long after its beginning a request is seen by alarms at least, in milliseconds.
    pub(super) seen_after_ms: i64,
}

impl Setting {
    /// A plan's deployment with its gates, and its courses, whose new version fails in this way.
    ///
    /// # Errors
    /// No gate could ever tell.
    pub fn new(
        plan: &Plan,
        deployment: usize,
        failure: Failure,
        (watched, courses): (&Gates, &Courses),
    ) -> Result<Self, NoOdds> {
        let planned = &plan.deployments[deployment];
        let (gates, left_out) = gates::judged(plan, watched);
        let needed = gates::needed(&watched.alarms, &gates);
        let minutes_before = minutes_before(plan, &watched.alarms, &needed);
        let course =
            courses
                .of(&planned.shift, minutes_before)
                .map_err(|why| NoOdds::NeverSucceeds {
                    deployment: format!("the deployment of {}", planned.function),
                    why,
                })?;
        let drafts = Drafts::new(plan, deployment, failure, &course);
        check_reach(&drafts, failure, &planned.function)?;
        let mut metrics = Vec::new();
        let alarms = needed.iter().map(|alarm| {
            let alarm = &watched.alarms[*alarm];
            let is_updated =
                course.reached.contains(&alarm.id) || watched.added.contains(&alarm.id);
            Watch::of(alarm, is_updated, &mut metrics)
        });
        let alarms: Vec<Watch> = alarms.collect();
        let place = |gate: &usize| needed.binary_search(gate).unwrap_or_default();
        let watches_durations = metrics
            .iter()
            .any(|metric: &Metric| DURATIONS.contains(&metric.name.as_str()));
        let (metrics, width) = values(metrics, &drafts);
        let share_of_traffic = share_of_traffic(&drafts.kinds);
        let (kinds, pools) = (drafts.kinds.clone(), drafts.pools());
        let classes = drafts.classes.into_iter();
        let classes = classes.map(|draft| draft.recorded_in(&metrics)).collect();
        Ok(Self {
            gates: gates
                .iter()
                .map(|gate| watched.alarms[*gate].id.clone())
                .collect(),
            left_out,
            minutes_before,
            share_of_traffic,
            goes_back: planned
                .auto_rollback
                .contains(&AutoRollbackEvent::DeploymentStopOnAlarm),
            minutes_after: plan.traffic.minutes_after,
            gate_alarms: gates.iter().map(place).collect(),
            alarms,
            classes,
            metrics,
            width,
            kinds,
            pools,
            kept: u32::try_from(Room::of(plan.limits.processes).kept).unwrap_or(u32::MAX),
            watches_durations,
            seen_after_ms: plan.timing.metric_delay_ms.into(),
        })
    }

    /// The gates that are judged: logical ids, in the group's order.
    pub fn gates(&self) -> &[String] {
        &self.gates
    }

    /// The gates that are not.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// How many minutes of traffic there are before the deployment: the rehearsal's own, or as far back as an alarm looks.
    pub fn minutes_before(&self) -> u32 {
        self.minutes_before
    }

    /// The moment until which all is as it had long been before the traffic begins: the deployment's.
    pub(super) fn steady_until(&self) -> VirtualTime {
        VirtualTime(i64::from(self.minutes_before) * MINUTE_MS)
    }

    /// The share of the live requests that the deployed function serves, 0 to 1.
    pub fn share_of_traffic(&self) -> f64 {
        self.share_of_traffic
    }

    /// Whether a deployment that an alarm stops goes back.
    pub fn goes_back(&self) -> bool {
        self.goes_back
    }

    /// All that rollouts depend on, as text without anyone's name: two deployments that have the same come to the same on the same
    /// course, with the same luck.
    pub fn in_numbers(&self) -> String {
        let mut alarms = String::new();
        for watch in &self.alarms {
            for revision in [&watch.before, &watch.after] {
                alarms.push_str(&revision.as_ref().map(judged_in_numbers).unwrap_or_default());
                alarms.push(';');
            }
        }
        // Alarms and metrics are known by their places.
        for (place, counted) in self.metrics.iter().enumerate() {
            alarms = alarms.replace(&format!("{:?}", counted.metric), &format!("metric {place}"));
        }
        for (place, watch) in self.alarms.iter().enumerate() {
            alarms = alarms.replace(&format!("{:?}", watch.name), &format!("alarm {place}"));
        }
        let values: Vec<_> = self
            .metrics
            .iter()
            .map(|counted| (&counted.values, counted.first))
            .collect();
        format!(
            "{alarms} {values:?} {:?}",
            (
                &self.gate_alarms,
                &self.kinds,
                &self.classes,
                (self.width, self.pools, self.kept),
                (self.goes_back, self.minutes_after),
                (self.watches_durations, self.seen_after_ms),
            )
        )
    }

    /// Whether a gate looks at how long something takes.
    pub fn watches_durations(&self) -> bool {
        self.watches_durations
    }
}

impl Watch {
    /// An alarm, with its metrics among all of them: new ones are added. One that the update does not change stays as it is before.
    fn of(alarm: &WatchedAlarm, is_updated: bool, metrics: &mut Vec<Metric>) -> Self {
        let mut watch = |judged: &Judged| (judged.clone(), queries(judged, metrics));
        let before = alarm.before.as_ref().map(&mut watch);
        let after = if is_updated {
            Some(watch(&alarm.after))
        } else {
            before.clone()
        };
        Self {
            name: alarm.name.clone(),
            before,
            after,
        }
    }
}

/// Whether the new version serves requests of a kind, and the failure shows in them.
fn reaches(kind: &Kind) -> bool {
    kind.new.faultily != kind.new.well && kind.goes != Goes::ToOld
}

/// Refuses a failure that shows in no request, for then no gate could tell.
fn check_reach(drafts: &Drafts<'_>, failure: Failure, function: &str) -> Result<(), NoOdds> {
    let function = || function.to_owned();
    let reached = || drafts.kinds.iter().filter(|kind| reaches(kind));
    if reached().next().is_none() {
        return Err(NoOdds::NoRequest {
            function: function(),
        });
    }
    let through_api = |kind: &Kind| drafts.classes[kind.new.faultily].class.hurts;
    if matches!(failure, Failure::Status(_)) && !reached().any(through_api) {
        return Err(NoOdds::NoApi {
            function: function(),
        });
    }
    Ok(())
}

/// The share of the live requests in which the failure may show.
fn share_of_traffic(kinds: &[Kind]) -> f64 {
    let mut rest = 1.0;
    let mut reached = 0.0;
    for kind in kinds {
        let share = rest * kind.share_of_rest;
        rest -= share;
        if reaches(kind) {
            reached += share;
        }
    }
    reached
}

impl Draft {
    /// The class, with where the values that its requests record are among those of the metrics.
    fn recorded_in(self, metrics: &[Counted]) -> Class {
        let records = self.recorded.map(|recorded| {
            let places = metrics.iter().flat_map(|metric| {
                let counted = recorded.counted(&metric.metric);
                counted
                    .into_iter()
                    .filter_map(|(value, _)| metric.place(value))
            });
            places.collect()
        });
        Class {
            records,
            ..self.class
        }
    }
}

impl Counted {
    fn place(&self, value: f64) -> Option<usize> {
        let place = self
            .values
            .iter()
            .position(|own| own.total_cmp(&value).is_eq())?;
        Some(self.first + place)
    }
}

/// All that decides of an alarm, without its own names.
fn judged_in_numbers((judged, queries): &(Judged, Vec<usize>)) -> String {
    match judged {
        Judged::Metric(alarm) => format!(
            "{:?} {queries:?}",
            (
                &alarm.watched,
                alarm.threshold,
                alarm.comparison,
                &alarm.judgement
            )
        ),
        Judged::Composite(_) | Judged::Given(_) => format!("{judged:?}"),
    }
}

/// As many as the plan has, and as far back as any of these alarms looks.
fn minutes_before(plan: &Plan, alarms: &[WatchedAlarm], needed: &[usize]) -> u32 {
    let looks_back = needed.iter().filter_map(|alarm| {
        let planned = &alarms[*alarm];
        let both = [planned.before.as_ref(), Some(&planned.after)];
        let minutes = both
            .into_iter()
            .flatten()
            .filter_map(|judged| match judged {
                Judged::Metric(alarm) => {
                    let periods = i64::try_from(alarm.judgement.evaluation_range()).ok()?;
                    let ms = periods.saturating_mul(alarm.watched.period_ms());
                    u32::try_from(ms / rehearsal_aws::time::MINUTE_MS).ok()
                }
                Judged::Composite(_) | Judged::Given(_) => None,
            });
        minutes.max()
    });
    let furthest = looks_back.max().unwrap_or(0).min(MAX_MINUTES);
    plan.traffic
        .minutes_before
        .max(furthest)
        .max(MINUTES_BEFORE_AT_LEAST)
}

/// Where the metrics of an alarm's queries are among all; new ones are added.
fn queries(judged: &Judged, metrics: &mut Vec<Metric>) -> Vec<usize> {
    let mut place = |metric: &Metric| {
        let there = metrics.iter().position(|known| known == metric);
        there.unwrap_or_else(|| {
            metrics.push(metric.clone());
            metrics.len() - 1
        })
    };
    let Judged::Metric(alarm) = judged else {
        return Vec::new();
    };
    match &alarm.watched {
        Watched::Metric { metric, .. } => vec![place(metric)],
        Watched::Math(math) => {
            let mut queries = Vec::new();
            for (query, metric) in math.metrics() {
                if queries.len() <= query {
                    queries.resize(query + 1, 0);
                }
                queries[query] = place(metric);
            }
            queries
        }
    }
}

/// The values that requests give each metric, and how many there are.
fn values(metrics: Vec<Metric>, drafts: &Drafts<'_>) -> (Vec<Counted>, usize) {
    let mut width = 0;
    let all = metrics.into_iter().map(|metric| {
        let mut values: Vec<f64> = drafts
            .classes
            .iter()
            .flat_map(|draft| &draft.recorded)
            .flat_map(|recorded| recorded.counted(&metric))
            .map(|(value, _)| value)
            .collect();
        values.sort_by(f64::total_cmp);
        values.dedup_by(|one, other| one.total_cmp(other).is_eq());
        let first = width;
        width += values.len();
        Counted {
            metric,
            values,
            first,
        }
    });
    let all = all.collect();
    (all, width)
}
