//! Who served how many live requests in a virtual minute: a line for each deployment.

use std::collections::BTreeMap;

use console::style;
use rehearsal_deployment::Plan;
use rehearsal_template::printable;

use crate::summary::shares;

/// How wide the shares of the versions are drawn, in characters.
const BAR: usize = 20;

/// The minute that runs.
#[derive(Default)]
pub struct Timeline {
    /// One a deployment, in the plan's order.
    rows: Vec<Row>,
    /// Requests that no deployment's alias served.
    others: Counts,
}

struct Row {
    function: String,
    new_version: String,
    shares: BTreeMap<String, f64>,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    served: BTreeMap<String, u64>,
    errors: u64,
}

impl Timeline {
    /// The timeline of a plan: every alias on its old version.
    pub fn new(plan: &Plan) -> Self {
        let rows = plan.deployments.iter().map(|deployment| Row {
            function: deployment.function.clone(),
            new_version: deployment.new_version.clone(),
            shares: BTreeMap::from([(deployment.old_version.clone(), 1.0)]),
            counts: Counts::default(),
        });
        Self {
            rows: rows.collect(),
            others: Counts::default(),
        }
    }

    /// The function of a deployment, where there are several to tell apart.
    pub fn function(&self, deployment: usize) -> Option<&str> {
        let row = self.rows.get(deployment).filter(|_| self.rows.len() > 1)?;
        Some(&row.function)
    }

    /// A deployment's alias has new weights.
    pub fn shift(&mut self, deployment: usize, shares: &BTreeMap<String, f64>) {
        if let Some(row) = self.rows.get_mut(deployment) {
            row.shares.clone_from(shares);
        }
    }

    /// A version served a request.
    pub fn count(&mut self, deployment: Option<usize>, version: &str, error: bool) {
        let row = deployment.and_then(|deployment| self.rows.get_mut(deployment));
        let counts = row.map_or(&mut self.others, |row| &mut row.counts);
        *counts.served.entry(version.to_owned()).or_default() += 1;
        counts.errors += u64::from(error);
    }

    /// The lines of those that served anything.
    pub fn lines(&self) -> Vec<String> {
        let names = self.rows.len() > 1 || !self.others.served.is_empty();
        let width = self.rows.iter().map(|row| row.function.len()).max();
        let name = |name: &str| match width.filter(|_| names) {
            Some(width) => format!("{:<width$}  ", printable::line(name)),
            None => String::new(),
        };
        let mut lines: Vec<_> = self
            .rows
            .iter()
            .filter(|row| !row.counts.served.is_empty())
            .map(|row| format!("{}{}", name(&row.function), row.line()))
            .collect();
        if !self.others.served.is_empty() {
            let nothing = " ".repeat(BAR + 1 + SHARES);
            lines.push(format!("{}{nothing}{}", name("others"), self.others.line()));
        }
        lines
    }

    /// The minute is over.
    pub fn clear(&mut self) {
        self.others = Counts::default();
        for row in &mut self.rows {
            row.counts = Counts::default();
        }
    }
}

/// How wide two versions and their shares are: `v1 90 %, v2 10 %`.
const SHARES: usize = 18;

impl Row {
    /// The new version's share as a bar, the versions' shares, and who served how many.
    fn line(&self) -> String {
        let new = self.shares.get(&self.new_version).copied().unwrap_or(0.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of a short bar"
        )]
        let filled = (new * BAR as f64).round().min(BAR as f64) as usize;
        let bar = format!(
            "{}{}",
            style("█".repeat(filled)).for_stderr().cyan(),
            style("░".repeat(BAR - filled)).for_stderr().dim()
        );
        format!(
            "{bar} {:<SHARES$}{}",
            shares(&self.shares),
            self.counts.line()
        )
    }
}

impl Counts {
    fn line(&self) -> String {
        let served: Vec<_> = self
            .served
            .iter()
            .map(|(version, count)| match &*printable::line(version) {
                "$LATEST" => format!("{count} by $LATEST"),
                version => format!("{count} by v{version}"),
            })
            .collect();
        let errors = match self.errors {
            0 => String::new(),
            1 => style(", 1 error".to_owned()).for_stderr().red().to_string(),
            errors => style(format!(", {errors} errors"))
                .for_stderr()
                .red()
                .to_string(),
        };
        format!(" served {}{errors}", served.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(function: &str) -> Row {
        Row {
            function: function.to_owned(),
            new_version: "2".to_owned(),
            shares: BTreeMap::from([("1".to_owned(), 0.75), ("2".to_owned(), 0.25)]),
            counts: Counts::default(),
        }
    }

    #[test]
    fn one_deployment_needs_no_name() {
        let mut timeline = Timeline {
            rows: vec![row("Orders")],
            others: Counts::default(),
        };
        timeline.count(Some(0), "1", false);
        assert_eq!(
            timeline.lines(),
            ["█████░░░░░░░░░░░░░░░ v1 75 %, v2 25 %   served 1 by v1"]
        );
    }

    #[test]
    fn several_deployments_have_a_line_each_and_the_rest_one_together() {
        let mut timeline = Timeline {
            rows: vec![row("Orders"), row("Idle"), row("Invoices")],
            others: Counts::default(),
        };
        timeline.count(Some(0), "2", true);
        timeline.count(Some(2), "1", false);
        timeline.count(None, "$LATEST", false);
        let lines = timeline.lines();
        let ends: Vec<_> = lines
            .iter()
            .map(|line| {
                let name = line.split_whitespace().next().unwrap_or_default();
                (name, &line[line.find("served").unwrap()..])
            })
            .collect();
        assert_eq!(
            ends,
            [
                ("Orders", "served 1 by v2, 1 error"),
                ("Invoices", "served 1 by v1"),
                ("others", "served 1 by $LATEST"),
            ]
        );
        timeline.clear();
        assert!(timeline.lines().is_empty());
    }
}
