//! The odds in one sentence.

use rehearsal_report::odds::{Cell, FalseAlarm, of_hundred};
use rehearsal_template::grouped;

/// From which share of healthy versions on that it stops a preference's gates are the news.
const TOO_MANY_FALSE_ALARMS: f64 = 0.2;
/// A version that gets through in fewer of 100 rollouts is as good as stopped.
const FEW: u64 = 5;

/// What a person should take away, of the preference that the template has.
///
/// `minutes` are those of each preference's shift.
pub fn of(
    own: &str,
    minutes: &[(&str, i64)],
    cells: &[Cell],
    false_alarms: &[FalseAlarm],
    no_gates: bool,
) -> String {
    if no_gates {
        return "no gate of this deployment is judged here: every version gets through".to_owned();
    }
    let of_own = |preference: &str| preference == own;
    let stopped = false_alarms
        .iter()
        .filter(|one| of_own(&one.preference))
        .filter(|one| share(one.stopped, one.seeds) >= TOO_MANY_FALSE_ALARMS)
        .max_by_key(|one| one.stopped);
    if let Some(one) = stopped {
        return format!(
            "at {} requests a minute alarms stop a healthy version in {} of 100 rollouts under {own}, because {} of its requests fail anyway",
            grouped(one.requests_per_minute.into()),
            of_hundred(one.stopped, one.seeds),
            percent(one.background_error_rate)
        );
    }
    let own_cells: Vec<&Cell> = cells
        .iter()
        .filter(|cell| of_own(&cell.preference) && cell.error_rate > 0.0)
        .collect();
    let missed = |cell: &Cell| cell.seeds - cell.caught;
    // The worst version that gets through more often than now and then; of two, the one at the traffic at which it is rarer.
    let worst = own_cells
        .iter()
        .filter(|cell| missed(cell) * 100 >= FEW * cell.seeds)
        .max_by(|a, b| {
            let by_rate = a.error_rate.total_cmp(&b.error_rate);
            by_rate.then(b.requests_per_minute.cmp(&a.requests_per_minute).reverse())
        });
    let Some(worst) = worst else {
        let Some(rarest) = own_cells
            .iter()
            .min_by(|a, b| a.error_rate.total_cmp(&b.error_rate))
        else {
            return format!("{own} is not among the preferences that were asked for");
        };
        return format!(
            "under {own} a version that fails {} of its requests or more is stopped in more than 95 of 100 rollouts, at every traffic here",
            words(rarest.error_rate)
        );
    };
    let better: Vec<&Cell> = cells
        .iter()
        .filter(|cell| {
            cell.requests_per_minute == worst.requests_per_minute
                && cell.error_rate.total_cmp(&worst.error_rate).is_eq()
                && cell.caught > worst.caught
        })
        .collect();
    let takes = |cell: &&&Cell| {
        let found = minutes.iter().find(|(name, _)| *name == cell.preference);
        found.map_or(i64::MAX, |(_, minutes)| *minutes)
    };
    // The shortest that lets few through, or else the one that lets the fewest.
    let enough = better
        .iter()
        .filter(|cell| missed(cell) * 100 < FEW * cell.seeds);
    let better = enough
        .min_by_key(takes)
        .or_else(|| better.iter().max_by_key(|cell| cell.caught));
    let would = better.map_or_else(
        || "no other preference here catches more".to_owned(),
        |cell| {
            format!(
                "{} would catch {}",
                cell.preference,
                of_hundred(cell.caught, cell.seeds)
            )
        },
    );
    format!(
        "at {} requests a minute a version that fails {} its requests gets through {own} in {} of 100 rollouts; {would}",
        grouped(worst.requests_per_minute.into()),
        words_of(worst.error_rate),
        of_hundred(missed(worst), worst.seeds)
    )
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn share(count: u64, of: u64) -> f64 {
    count as f64 / of.max(1) as f64
}

/// A share in per cent, without more digits than it has.
pub fn percent(share: f64) -> String {
    format!("{} %", (share * 1e6).round() / 1e4)
}

fn words(rate: f64) -> String {
    match rate {
        0.5 => "half".to_owned(),
        1.0 => "all".to_owned(),
        _ => percent(rate),
    }
}

fn words_of(rate: f64) -> String {
    match rate {
        0.5 | 1.0 => words(rate),
        _ => format!("{} of", percent(rate)),
    }
}
