//! A change of the table in two updates and in one, as a page shows them.

use workspace_tests::{Report, Scenario, places};

use crate::pages;
use crate::quotes::side_by_side;

/// The page, and its block's info string.
const PAGE: &str = "docs/changing-table-and-api.md";
const INFO: &str = "text expand-and-contract";

/// The rehearsals of the application, and what each is called on the page.
const UPDATES: [(&str, &str); 3] = [
    ("expand", "phone → both, expand"),
    ("contract", "both → phones, contract"),
    ("at-once", "phone → phones, at once"),
];

/// The versions of the code that they are between.
const SHAPES: [&str; 3] = ["phone", "both", "phones"];

/// A new version that is stopped for a reason of its own, once it has served for two minutes: where nothing has stopped it before.
const STOPPED: &str = "
[[fault]]
function = \"People\"
version = \"new\"
callers = \"traffic\"
kind = \"error\"
from_minute = 2

[expect]
outcome = \"Stopped\"
";

fn people(rehearsal: &str) -> String {
    pages::text(
        &places::root()
            .join("tests/applications/people")
            .join(rehearsal),
    )
}

/// What becomes of an update, by the text of its rehearsal.
fn rehearsed(text: &str) -> Report {
    let scenario = Scenario::new(text);
    scenario.write("template.yaml", &people("template.yaml"));
    for shape in SHAPES {
        scenario.write(&format!("builds/{shape}/People/shape"), shape);
        scenario.link(
            &places::example("people"),
            &format!("builds/{shape}/People/bootstrap"),
        );
    }
    scenario.run().with_code(0).report()
}

#[test]
fn a_change_of_the_table_in_two_updates_costs_no_request_and_in_one_it_does() {
    let rows = side_by_side(UPDATES.to_vec(), |(name, title)| {
        let text = people(&format!("{name}.toml"));
        let (before, _) = text.split_once("[expect]").expect("it expects something");
        let report = rehearsed(&text);
        let stopped = if report.text("/outcome") == "Stopped" {
            report.clone()
        } else {
            rehearsed(&format!("{before}{STOPPED}"))
        };
        let errors = report.errors("1") + report.errors("2");
        let outcome = report.text("/outcome").to_lowercase();
        format!(
            "{title:<25} {:<22} {}\n",
            format!("{outcome}, {errors} errors"),
            stopped.errors("1")
        )
    });
    let table = format!(
        "{:<25} {:<22} {}\n{}",
        "",
        "left to itself",
        "stopped halfway: errors of the old version",
        rows.concat()
    );
    let page = places::root().join(PAGE);
    let text = pages::text(&page);
    let [block] = pages::blocks(&text, INFO)[..] else {
        panic!("{PAGE} shows the updates once")
    };
    pages::hold(&page, INFO, block, &table, str::to_owned);
}
