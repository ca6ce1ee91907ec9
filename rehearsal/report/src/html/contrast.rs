//! Every colour of text can be told from every colour behind it: the contrast that WCAG 2.2 asks for (success criterion 1.4.3, AA),
//! in both themes, on the page and in pictures.

use std::collections::BTreeMap;

use super::FIGURE_STYLE;

/// For text, and for what is drawn (1.4.11).
const TEXT: f64 = 4.5;
const DRAWN: f64 = 3.0;

/// Which text stands on what: in `page.css`, `figure.css` and `odds.css`.
const TEXTS: [(&str, &str); 19] = [
    ("ink", "paper"),
    ("muted", "paper"),
    ("bad", "paper"),
    ("good", "paper"),
    ("new-text", "paper"),
    ("ink", "wash"),
    // Labels on areas: of the old version, of what changes, of events, of alarms, of a heat map.
    ("ink", "old"),
    ("new-text", "old"),
    ("ink", "new-soft"),
    ("muted", "new-soft"),
    ("ink", "bad-soft"),
    ("bad", "bad-soft"),
    ("muted", "bad-soft"),
    ("heat-ink", "heat-0"),
    ("heat-ink", "heat-1"),
    ("heat-ink", "heat-2"),
    ("heat-ink", "heat-3"),
    ("heat-ink", "heat-4"),
    ("white", "new-area"),
];

/// What is drawn on the paper and has to be seen.
const SHAPES: [&str; 5] = ["new", "bad", "old-line", "good", "new-area"];

/// The colours of a theme, by their names.
fn colours(block: &str) -> BTreeMap<String, [f64; 3]> {
    let declarations = block.split(';').filter_map(|one| one.split_once(':'));
    let colours = declarations.filter_map(|(name, value)| {
        let name = name.trim().rsplit_once("--")?.1;
        Some((name.to_owned(), rgb(value.trim())?))
    });
    colours.collect()
}

/// `#fff` or `#1a232e`, each part from 0 to 1.
fn rgb(text: &str) -> Option<[f64; 3]> {
    let digits = text.strip_prefix('#')?;
    let size = digits.len() / 3;
    let part = |index: usize| {
        let digits = digits.get(index * size..(index + 1) * size)?;
        let value = u8::from_str_radix(&digits.repeat(2 / size.max(1)), 16).ok()?;
        Some(f64::from(value) / 255.0)
    };
    Some([part(0)?, part(1)?, part(2)?])
}

/// WCAG 2.2, "relative luminance".
fn luminance(colour: [f64; 3]) -> f64 {
    let [red, green, blue] = colour.map(|part| {
        if part <= 0.04045 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// WCAG 2.2, "contrast ratio".
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Light, and dark.
fn themes() -> [(&'static str, BTreeMap<String, [f64; 3]>); 2] {
    let blocks: Vec<&str> = FIGURE_STYLE
        .split(":root {")
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .collect();
    let [light, dark] = blocks[..] else {
        panic!("the style has two themes");
    };
    [("light", colours(light)), ("dark", colours(dark))]
}

#[test]
fn every_text_is_told_from_what_is_behind_it_in_both_themes() {
    for (theme, colours) in themes() {
        let of = |name: &str| match name {
            "white" => [1.0; 3],
            _ => *colours
                .get(name)
                .unwrap_or_else(|| panic!("the {theme} theme has no --{name}")),
        };
        for (text, behind) in TEXTS {
            let found = contrast(of(text), of(behind));
            assert!(found >= TEXT, "{theme}: {text} on {behind} has {found:.2}");
        }
        for shape in SHAPES {
            let found = contrast(of(shape), of("paper"));
            assert!(found >= DRAWN, "{theme}: {shape} has {found:.2}");
        }
    }
}

#[test]
fn contrast_is_that_of_wcag() {
    let of = |text: &str| rgb(text).expect("it is a colour");
    assert!((contrast(of("#000"), of("#fff")) - 21.0).abs() < 1e-9);
    assert!((contrast(of("#777777"), of("#fff")) - 4.48).abs() < 0.01);
}
