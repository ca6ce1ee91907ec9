//! A change of the table in a release, which a page tells of.

use workspace_tests::{Scenario, contract, places};

use crate::pages;

/// The application's folder.
const PEOPLE: &str = "tests/applications/people";

/// The versions of the code that its updates are between.
const SHAPES: [&str; 3] = ["phone", "both", "phones"];

#[test]
fn a_change_of_the_table_in_two_updates_costs_no_request_and_in_one_it_does() {
    let people = |file: &str| pages::text(&places::root().join(PEOPLE).join(file));
    let scenario = Scenario::new(&people("release.toml"));
    scenario.write("template.yaml", &people("template.yaml"));
    for shape in SHAPES {
        scenario.write(&format!("builds/{shape}/People/shape"), shape);
        scenario.link(
            &places::example("people"),
            &format!("builds/{shape}/People/bootstrap"),
        );
    }
    // What each update comes to, and with how many errors, the file itself expects.
    let report = scenario.run().with_code(0).report();
    contract::report(&report.0);
    let updates = report.at("/updates").as_array().map(Vec::len);
    assert_eq!(updates, Some(6));
}
