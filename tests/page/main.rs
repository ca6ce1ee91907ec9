//! The page of rehearsals, in a browser: it says what the report says, asks for nothing, complains of nothing, and can be read by everyone.
//!
//! It needs Chromium, and for the audit axe-core, which `make tools-page` installs. Without them it says what it leaves out.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;
use workspace_tests::browser::{self, Browser, Theme};
use workspace_tests::{Printed, Rehearse, places};

/// What is rehearsed for it: a success, gates that stop, and a hook that fails.
const NAMES: [&str; 3] = ["healthy", "errors-under-traffic", "broken-before-traffic"];

/// A page and the report that it is made of.
struct Made {
    page: String,
    path: PathBuf,
    reports: Vec<Value>,
}

/// The page, kept in `target/page` with its pictures, for people to look at.
static MADE: LazyLock<Made> = LazyLock::new(|| {
    let folder = places::target().join("page");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let path = folder.join("index.html");
    let run = NAMES.iter().fold(Rehearse::new(), |run, name| {
        run.file(places::rehearsal(name))
    });
    let finished = run.option("--html", &path.display().to_string()).run();
    let finished = finished.with_code(0);
    assert!(finished.stdout.contains("\nPage: "), "{finished}");
    Made {
        page: std::fs::read_to_string(&path).expect("the page was written"),
        path,
        reports: finished
            .reports()
            .into_iter()
            .map(|report| report.0)
            .collect(),
    }
});

/// Chromium, or a line that says what is left out without it.
fn browser() -> Option<Browser> {
    let found = Browser::find();
    if found.is_none() {
        eprintln!("left out: the page in a browser: there is no Chromium on this machine");
    }
    found
}

#[test]
fn nothing_is_asked_for_and_the_console_stays_empty() {
    let Some(browser) = browser() else { return };
    let opened = browser.open(&MADE.path, Theme::Light);
    assert_eq!(opened.requests, [""; 0]);
    assert_eq!(opened.console, [""; 0]);
    assert!(opened.dom.contains("class=\"pointer\""), "its script ran");
}

/// The test above could fail.
#[test]
fn a_request_and_a_complaint_are_seen() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let page = folder.path().join("bad.html");
    let bad = "<!doctype html><title>bad</title><img src=http://127.0.0.1:9/x.png><script>console.error('boom')</script>";
    std::fs::write(&page, bad).expect("it can be written");
    let opened = browser.open(&page, Theme::Light);
    assert_eq!(opened.requests, ["http://127.0.0.1:9/x.png"]);
    assert!(
        opened.console.iter().any(|line| line.contains("boom")),
        "{:?}",
        opened.console
    );
}

/// Everything that a person reads on it: texts of elements, with one space between.
fn texts(dom: &str) -> String {
    let body = dom.split("<body>").nth(1).expect("it has a body");
    let body = body.split("<script>").next().unwrap_or_default();
    // Where a name may be broken, no space is read.
    let body = body.replace("<wbr>", "");
    let mut text = String::new();
    for (number, part) in body.split('<').enumerate() {
        let rest = if number == 0 {
            part
        } else {
            part.split_once('>').map_or("", |(_, rest)| rest)
        };
        text.push_str(rest);
        text.push(' ');
    }
    let text = text
        .replace("&amp;", "&")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&nbsp;", " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn list<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("{key} is no text in {value:#}"))
}

#[test]
fn its_figures_and_texts_have_the_reports_values() {
    let Some(browser) = browser() else { return };
    let dom = browser.open(&MADE.path, Theme::Light).dom;
    let articles: Vec<_> = dom.split("<article").skip(1).collect();
    assert_eq!(articles.len(), MADE.reports.len());
    for (report, article) in MADE.reports.iter().zip(articles) {
        let shown = texts(&format!("<body>{article}"));
        let has = |wanted: &str| assert!(shown.contains(wanted), "{wanted:?} is not in {shown}");
        has(text(report, "name"));
        has(text(report, "expected"));
        has(text(report, "command"));
        let deployment = &report["deployments"][0];
        // The page's clock counts from the first shift, or from the deployment's creation.
        let seconds = |value: &Value| value.as_f64();
        let zero = seconds(&deployment["first_shift_seconds"])
            .or_else(|| seconds(&deployment["created_seconds"]));
        let zero = zero.expect("it was created");
        let clock = |at: f64| clock(at - zero);
        for minute in list(deployment, "/minutes") {
            let of = |counts: &str, version: &str| {
                minute[counts][version].as_u64().expect("it is a count")
            };
            let row = [
                of("requests", "1"),
                of("requests", "2"),
                of("errors", "1"),
                of("errors", "2"),
            ];
            let at = minute["at_seconds"]
                .as_f64()
                .expect("it is a number")
                .max(0.0);
            has(&format!(
                "{} {} {}",
                minute["minute"],
                clock(at),
                row.map(|count| count.to_string()).join(" ")
            ));
        }
        for shift in list(deployment, "/shifts") {
            let at = clock(shift["at_seconds"].as_f64().expect("it is a number"));
            let new = shift["weights"]["2"].as_f64().unwrap_or_default() * 100.0;
            has(&match new {
                0.0 => format!("{at} version 1 100 %"),
                100.0 => format!("{at} version 2 100 %"),
                new => format!("{at} version 1 {:.0} %, version 2 {new:.0} %", 100.0 - new),
            });
        }
        for gate in list(deployment, "/gates") {
            has(text(gate, "alarm"));
            for evaluation in list(gate, "/evaluations") {
                has(text(evaluation, "reason"));
            }
            for point in list(gate, "/points") {
                let at = clock(point["at_seconds"].as_f64().expect("it is a number"));
                has(&format!("{at} {}", short(point["value"].as_f64())));
            }
        }
        for check in list(deployment, "/hooks").flat_map(|hook| list(hook, "/checks")) {
            let milliseconds = check["duration_ms"].as_f64().expect("it is a number");
            has(&format!(
                "{} {} {milliseconds:.0} ms",
                text(check, "status"),
                text(check, "name")
            ));
            if let Some(detail) = check["detail"].as_str() {
                has(detail);
            }
        }
        for failure in list(report, "/failures") {
            has(&format!("{} ×", failure["count"]));
            has(text(failure, "message"));
        }
        for left_out in list(report, "/not_rehearsed") {
            has(text(left_out, "why"));
        }
    }
}

fn clock(seconds: f64) -> String {
    let whole = seconds.round();
    let sign = if whole < 0.0 { "−" } else { "" };
    let (minutes, rest) = ((whole.abs() / 60.0).floor(), whole.abs() % 60.0);
    format!("{sign}{minutes}:{rest:02}")
}

fn short(value: Option<f64>) -> String {
    match value {
        None => "missing".to_owned(),
        Some(value) if value >= 100.0 => format!("{value:.0}"),
        Some(value) => {
            let text = format!("{value:.4}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    }
}

#[test]
fn a_phone_scrolls_it_in_one_direction_alone() {
    let Some(browser) = browser() else { return };
    let measured = browser.measure(&MADE.page, 380);
    assert!(measured.shown_height > 1_000, "{measured:?}");
    assert!(measured.content_width <= 380, "{measured:?}");
    assert!(
        browser
            .measure(
                &MADE.page.replace("max-width: 1120px", "min-width: 700px"),
                380
            )
            .content_width
            > 380
    );
}

#[test]
fn everyone_can_read_it_in_both_themes() {
    let Some(browser) = browser() else { return };
    let axe = places::root().join("tests/page/node_modules/axe-core/axe.min.js");
    let Ok(axe) = std::fs::read_to_string(&axe) else {
        eprintln!(
            "left out: the page's audit: there is no {}; make tools-page",
            axe.display()
        );
        return;
    };
    for theme in [Theme::Light, Theme::Dark] {
        assert_eq!(browser.audit(&MADE.page, &axe, theme), [""; 0], "{theme:?}");
    }
    let pale = MADE.page.replace("--muted: #586474", "--muted: #c0c8d0");
    let problems = browser.audit(&pale, &axe, Theme::Light);
    assert!(
        problems
            .iter()
            .any(|problem| problem.contains("color-contrast")),
        "{problems:?}"
    );
}

/// Says what a keyboard does not reach: what scrolls, opens or leads elsewhere; and what has no sign that it is reached.
const BY_KEYBOARD: &str = "
const wrong = [];
const focusable = 'a[href], summary, [tabindex]';
for (const element of document.querySelectorAll('*')) {
  const style = getComputedStyle(element);
  const scrolls = /auto|scroll/.test(style.overflowX + style.overflowY) && (element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight);
  if (scrolls && element !== document.documentElement && element !== document.body && element.tabIndex < 0) wrong.push('not reached: ' + element.outerHTML.slice(0, 80));
  if (element.tabIndex > 0) wrong.push('out of order: ' + element.outerHTML.slice(0, 80));
}
let reached = 0;
for (const element of document.querySelectorAll(focusable)) {
  if (!element.checkVisibility()) continue;
  element.focus({ focusVisible: true });
  if (document.activeElement !== element) wrong.push('no focus: ' + element.outerHTML.slice(0, 80));
  else if (getComputedStyle(element).outlineStyle === 'none') wrong.push('no outline: ' + element.outerHTML.slice(0, 80));
  reached += 1;
}
for (const link of document.querySelectorAll('a[href]')) {
  if (!document.querySelector(link.getAttribute('href'))) wrong.push('leads nowhere: ' + link.outerHTML);
}
for (const details of document.querySelectorAll('details')) {
  if (details.firstElementChild.tagName !== 'SUMMARY') wrong.push('cannot be opened: ' + details.outerHTML.slice(0, 80));
}
if (reached < 10) wrong.push('only ' + reached + ' are reached');
report(wrong);
";

#[test]
fn a_keyboard_reaches_everything_and_sees_where_it_is() {
    let Some(browser) = browser() else { return };
    assert_eq!(
        browser.problems(&MADE.page, &[BY_KEYBOARD], Theme::Light),
        [""; 0]
    );
    let unseen = MADE.page.replace(
        ":focus-visible { outline: 2px",
        ":focus-visible { outline: none; x: 2px",
    );
    assert_ne!(unseen, MADE.page);
    let lost = unseen.replace("id=\"r2\"", "id=\"other\"");
    let problems = browser
        .problems(&lost, &[BY_KEYBOARD], Theme::Light)
        .join("\n");
    assert!(
        problems.contains("no outline") && problems.contains("leads nowhere"),
        "{problems}"
    );
}

/// The page of odds.
static ODDS: LazyLock<String> = LazyLock::new(|| {
    let folder = places::target().join("page");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let path = folder.join("odds.html");
    let printed = Printed::odds(&[
        "template.yaml",
        "--seeds",
        "100",
        "--html",
        &path.display().to_string(),
    ]);
    assert_eq!(printed.code, Some(0), "{printed}");
    std::fs::read_to_string(&path).expect("the page was written")
});

#[test]
fn the_odds_fit_a_phone_and_can_be_read_in_both_themes() {
    let Some(browser) = browser() else { return };
    assert!(browser.measure(&ODDS, 380).content_width <= 380);
    let wide = "report([...document.querySelectorAll('.scroll')].filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.ariaLabel));";
    assert_eq!(browser.problems(&ODDS, &[wide], Theme::Light), [""; 0]);
    let axe = places::root().join("tests/page/node_modules/axe-core/axe.min.js");
    let Ok(axe) = std::fs::read_to_string(&axe) else {
        eprintln!("left out: the audit of the page of odds: make tools-page");
        return;
    };
    for theme in [Theme::Light, Theme::Dark] {
        assert_eq!(browser.audit(&ODDS, &axe, theme), [""; 0], "{theme:?}");
    }
}

#[test]
fn its_pictures_are_kept_for_a_person_to_look_at() {
    let Some(browser) = browser() else { return };
    let folder: &Path = MADE.path.parent().expect("it is in a folder");
    let phone = browser::as_wide_as(&MADE.page, 380, 9_000);
    for (name, page, width, theme) in [
        ("light", &MADE.page, 1_200, Theme::Light),
        ("dark", &MADE.page, 1_200, Theme::Dark),
        ("phone", &phone, 500, Theme::Light),
    ] {
        let picture = folder.join(name).with_extension("png");
        browser.photograph(page, &picture, (width, 5_000), 1.0, theme);
        let size = picture.metadata().expect("a picture was taken").len();
        assert!(size > 50_000, "{name}: {size} bytes");
    }
    let paper = folder.join("print.pdf");
    browser.print(&MADE.path, &paper);
    assert!(paper.metadata().expect("it was printed").len() > 10_000);
}
