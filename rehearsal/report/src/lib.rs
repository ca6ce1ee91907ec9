//! What came of a rehearsal: its events, folded into what people and tools read. Nothing is printed here.
//!
//! - [`fold`]: the events folded into the [`Report`], whose JSON is a contract: of a `deployment`, of its gates (`gate`) and hooks (`hook`), minute by
//!   minute (`minutes`), what went wrong by kind (`failures`), and what happened in words (`entry`), its
//!   `lifecycle` and `latency`. `differences`: the report held against what was expected, an `expectation` each.
//! - `update`: what came of an update of several; `release`: their reports made one. `alarm`: what came of an alarm. `verdict`: all of it in a line,
//!   and what makes it less (`reservation`). `stubs`: which functions had no code.
//! - [`junit`], [`markdown`]: the reports as other tools and pull requests take them; [`section`]: what came of each rehearsal of a call.
//! - [`infrastructure`]: what of the update had come in each minute.
//! - [`html`]: the page, and pictures of it. [`odds`]: how often gates stop a faulty version, whatever the luck.
//! - [`timeline`]: what happened, for people. [`summary`]: the text at the end. `rows`: minutes as rows. [`wrap`]: text in lines that fit.
//!   [`table`]: how tables are laid out. [`time`]: moments and durations as each of them writes them.

// A library prints nothing, and `println!` panics where its reader is gone.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod alarm;
mod deployment;
mod differences;
pub mod entry;
mod expectation;
mod failures;
pub mod fold;
mod gate;
mod hook;
pub mod html;
pub mod infrastructure;
pub mod junit;
mod latency;
mod lifecycle;
pub mod markdown;
mod minutes;
pub mod odds;
mod release;
mod reservation;
pub mod rows;
pub mod section;
mod stubs;
pub mod summary;
pub mod table;
pub mod time;
pub mod timeline;
mod update;
mod verdict;
pub mod wrap;

pub use alarm::{AlarmReport, Transition};
pub use deployment::{DeploymentReport, RollbackReport};
pub use entry::{EntryKind, TimelineEntry};
pub use expectation::ExpectationReport;
pub use failures::{FailureReport, RefusedCallReport, SampleReport};
pub use fold::Report;
pub use gate::{EvaluationReport, GateReport, Point};
pub use hook::{AttemptReport, CheckReport, HookReport, OnFailureReport};
pub use latency::LatencyReport;
pub use lifecycle::{LifecycleEventReport, ShiftReport};
pub use minutes::MinuteReport;
pub use reservation::{Reservation, ReservationKind};
pub use section::Section;
pub use stubs::{StubVersion, StubbedVersion};
pub use update::{ReleaseUpdate, UpdateFailedReport, UpdateReport};
