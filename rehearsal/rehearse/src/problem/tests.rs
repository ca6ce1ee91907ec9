use miette::{NamedSource, SourceSpan};

use super::*;

#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{message}")]
#[diagnostic(code(a::code))]
struct Wrong {
    message: String,
    #[source_code]
    text: NamedSource<String>,
    #[label("here")]
    at: SourceSpan,
    #[help]
    help: Option<String>,
}

fn wrong(text: &str, at: &str) -> miette::Report {
    let offset = text.find(at).unwrap();
    Wrong {
        message: "this is wrong".to_owned(),
        text: NamedSource::new("file.toml", text.to_owned()),
        at: (offset, at.len()).into(),
        help: Some("mend it".to_owned()),
    }
    .into()
}

fn shown(report: &miette::Report) -> String {
    Problem::of(report).render(false)
}

#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{message}")]
struct Many {
    message: String,
    #[related]
    all: Vec<Wrong>,
}

#[test]
fn a_refusal_is_bounded_whatever_the_input_is() {
    let one = || Wrong {
        message: "x".repeat(10_000),
        text: NamedSource::new("file.toml", "a".to_owned()),
        at: (0, 1).into(),
        help: None,
    };
    let many = Many {
        message: "y".repeat(1_000_000),
        all: (0..MOST_PROBLEMS + 7).map(|_| one()).collect(),
    };
    let text = shown(&many.into());
    assert!(text.len() < MOST_PROBLEMS * 4_000, "{} bytes", text.len());
    assert!(text.contains("(1000000 bytes in all)") && text.contains("(10000 bytes in all)"));
    assert!(text.contains("7 more problems are not shown"));
}

#[test]
fn a_plain_problem_is_shown_as_miette_shows_it() {
    let handler = miette::MietteHandlerOpts::new()
        .wrap_lines(false)
        .color(false)
        .build();
    for (text, at) in [
        ("one\ntwo\nthree\nfour\nfive\n", "three"),
        ("one\r\ntwo\r\nthree", "one"),
        ("one\ntwo", "two"),
        ("a = [\n  1,\n  2,\n]\n", "[\n  1,\n  2,\n]"),
        ("\tkey = käse\n", "käse"),
        ("x", "x"),
    ] {
        let report = wrong(text, at);
        assert_eq!(
            shown(&report),
            format!("{:?}", Rendered(&handler, report.as_ref())),
            "{text:?}"
        );
    }
}

#[test]
fn control_characters_of_message_help_and_source_are_escaped() {
    let report: miette::Report = Wrong {
        message: "bad\u{1b}[2J\nname".to_owned(),
        text: NamedSource::new("fi\u{7}le", "a\u{1b}[31m b\u{202e} wrong\u{9b}".to_owned()),
        at: (12, 5).into(),
        help: Some("hel\rp".to_owned()),
    }
    .into();
    let shown = shown(&report);
    assert!(
        shown.chars().all(|c| c == '\n' || !c.is_control()) && !shown.contains('\u{202e}'),
        "{shown:?}"
    );
    for part in [
        r"bad\u{1b}[2J\nname",
        r"fi\u{7}le:1:13",
        r"a\u{1b}[31m b\u{202e} wrong\u{9b}",
        r"hel\rp",
    ] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
    let lines: Vec<_> = shown.lines().collect();
    let source = lines
        .iter()
        .position(|line| line.contains("wrong"))
        .unwrap();
    let column = |line: &str, of: &str| {
        let at = line.find(of).unwrap();
        line[..at].chars().count()
    };
    assert_eq!(
        column(lines[source], "wrong"),
        column(lines[source + 1], "─"),
        "the mark stands under the place:\n{shown}"
    );
}

#[test]
fn of_a_long_line_the_part_around_the_place_is_shown() {
    let text = format!("{}WRONG{}\n", "é".repeat(400_000), "b".repeat(1_000_000));
    let shown = shown(&wrong(&text, "WRONG"));
    assert!(shown.len() < 2_000, "{}", shown.len());
    assert!(shown.contains("éWRONGb") && shown.contains("…é") && shown.contains("b…"));
    assert!(shown.contains("file.toml:1:800001"), "{shown}");
    let long = "x".repeat(1_000_000);
    let shown = super::tests::shown(&wrong(&long, &long));
    assert!(shown.len() < 4_000, "{}", shown.len());
}

#[test]
fn of_a_place_with_many_lines_the_first_are_shown() {
    let text = "line\n".repeat(10_000);
    let shown = shown(&wrong(&text, &text));
    assert!(shown.lines().count() < 30, "{shown}");
}

#[test]
fn a_place_behind_the_text_is_its_end() {
    let report: miette::Report = Wrong {
        message: "it ends".to_owned(),
        text: NamedSource::new("f", "ab".to_owned()),
        at: (7, 3).into(),
        help: None,
    }
    .into();
    assert!(shown(&report).contains("f:1:3"), "{}", shown(&report));
}

#[test]
fn causes_are_told() {
    use miette::{IntoDiagnostic, WrapErr};
    let failed: std::io::Result<()> = Err(std::io::Error::other("the dis\u{7}k"));
    let report = failed.into_diagnostic().wrap_err("no report").unwrap_err();
    let shown = shown(&report);
    assert!(
        shown.contains("no report") && shown.contains(r"the dis\u{7}k"),
        "{shown}"
    );
}
