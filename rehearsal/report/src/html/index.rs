//! All rehearsals of a page, one line each.

use maud::{Markup, html};

use crate::Report;
use crate::html::banner;
use crate::html::part::parts;
use crate::html::scale::Time;

/// The most changes of an alias's weights in a strip.
const MOST_SHIFTS: usize = 24;

/// The table; nothing where there is one rehearsal alone.
pub fn section(reports: &[Report]) -> Markup {
    html! {
        @if reports.len() > 1 {
            nav aria-label="Rehearsals" {
                ol.index {
                    @for (number, report) in reports.iter().enumerate() {
                        li {
                            a href={ "#" (id(number)) } {
                                span.sign.bad[!report.as_expected] { (if report.as_expected { "✓" } else { "✗" }) }
                                strong { (report.name) }
                            }
                            span.strip aria-hidden="true" { (strip(report)) }
                            span.what {
                                (banner::sentence(report))
                                @for item in banner::left_out(report) { " " span.bad { (item) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The id of a rehearsal's part of the page.
pub fn id(number: usize) -> String {
    format!("r{}", number + 1)
}

/// The traffic of each update's first deployment, small.
fn strip(report: &Report) -> Markup {
    let time = Time::until(report.virtual_seconds);
    let parts = parts(report);
    let deployments: Vec<_> = parts
        .iter()
        .filter_map(|part| part.update.deployments.first())
        .collect();
    html! {
        svg width="100%" height="18" {
            rect.old x="0" y="0" width="100%" height="18" {}
            @for deployment in &deployments {
                @for shift in deployment.shifts.iter().take(MOST_SHIFTS) {
                    @let (x, width) = time.span(shift.at_seconds, time.end());
                    // Of all that is not the old version: an earlier deployment may have left another one.
                    @let old = shift.weights.get(&deployment.old_version).copied().unwrap_or_default();
                    @let share = (1.0 - old).clamp(0.0, 1.0);
                    // What comes later is drawn over it.
                    rect.old x=(x) y="0" width=(width) height="18" {}
                    @if share > 0.0 { rect.new x=(x) width=(width) y=(crate::html::scale::px(18.0 - 18.0 * share)) height=(crate::html::scale::px(18.0 * share)) {} }
                }
                @if let Some(rollback) = &deployment.rollback {
                    @let x = time.at(rollback.created_seconds);
                    line.guide.bad x1=(x) x2=(x) y1="0" y2="18" {}
                }
            }
        }
    }
}
