//! Figures: lanes one under the other, on one axis of time.
//!
//! A lane is an SVG as wide as its place, whose places across are percentages. Its text for screen readers is its description, and its
//! values stand in a table behind the figure.

use maud::{Markup, PreEscaped, html};

use crate::html::scale::{Percent, Time, px};
use crate::html::words::breakable;

/// How high the axis is, in pixels.
const AXIS: u32 = 22;

/// A lane of a figure.
pub struct Lane {
    /// What it shows, in a few words.
    pub name: String,
    /// More of it, a line each.
    pub notes: Vec<String>,
    /// Whether it is about something bad: it is marked.
    pub bad: bool,
    /// How high it is, in pixels.
    pub height: u32,
    /// What is drawn.
    pub drawing: Markup,
    /// What is seen, in sentences.
    pub reading: String,
    /// Lines under the drawing, each with whether it is bad.
    pub under: Vec<(String, bool)>,
    /// The values.
    pub tables: Vec<Table>,
}

/// The values of a lane.
pub struct Table {
    /// Whose values they are, where a lane has several tables.
    pub of: Option<String>,
    /// What each column has.
    pub header: Vec<String>,
    /// The rows, each as long as the header.
    pub rows: Vec<Vec<String>>,
}

/// A moment that is marked through all lanes.
#[derive(Clone, Debug, PartialEq)]
pub struct Guide {
    /// When.
    pub at: f64,
    /// What happened.
    pub text: String,
    /// Whether it is bad.
    pub bad: bool,
}

/// Lanes on one axis.
pub struct Figure {
    /// Begins the ids of what is in it.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// Its axis.
    pub time: Time,
    /// What the axis counts.
    pub axis: &'static str,
    /// The lanes, from above.
    pub lanes: Vec<Lane>,
    /// The moments that are marked.
    pub guides: Vec<Guide>,
}

impl Table {
    /// A table with this header.
    pub fn new<const N: usize>(header: [&str; N]) -> Self {
        Self {
            of: None,
            header: header.map(str::to_owned).to_vec(),
            rows: Vec::new(),
        }
    }

    /// The same, of an update where there are several.
    pub fn of(mut self, update: Option<&str>) -> Self {
        self.of = update.map(str::to_owned);
        self
    }

    fn render(&self, lane: &str) -> Markup {
        html! {
            table {
                caption { (lane) @if let Some(of) = &self.of { ", " (of) } }
                thead { tr { @for cell in &self.header { th scope="col" { (cell) } } } }
                tbody {
                    @for row in &self.rows {
                        tr {
                            @for (column, cell) in row.iter().enumerate() {
                                @if column == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

impl Figure {
    /// As a part of the page.
    pub fn render(&self) -> Markup {
        html! {
            figure.lanes id=(self.id) aria-label=(self.title) data-seconds=(px(self.time.end())) data-zero=(px(self.time.zero())) {
                @for (number, lane) in self.lanes.iter().enumerate() { (self.lane(number, lane)) }
                div.lane.axis aria-hidden="true" {
                    div.name { (self.axis) }
                    div.plot { svg width="100%" height=(AXIS) { (self.marks()) } }
                }
                details {
                    summary { "The values of this figure, as tables" }
                    @for lane in &self.lanes {
                        @for table in lane.tables.iter().filter(|table| !table.rows.is_empty()) {
                            div.scroll tabindex="0" role="group" aria-label=(lane.name) { (table.render(&lane.name)) }
                        }
                    }
                }
            }
        }
    }

    fn lane(&self, number: usize, lane: &Lane) -> Markup {
        let title = format!("{}-{number}-title", self.id);
        let text = format!("{}-{number}-text", self.id);
        html! {
            div.lane.bad[lane.bad] {
                div.name {
                    strong { (breakable(&lane.name)) }
                    @for note in &lane.notes { span { (breakable(note)) } }
                }
                div.plot {
                    svg width="100%" height=(lane.height) role="img" aria-labelledby={ (title) " " (text) } {
                        title id=(title) { (lane.name) }
                        desc id=(text) { (lane.reading) }
                        (self.backdrop(lane.height))
                        (lane.drawing)
                    }
                    @for (line, bad) in &lane.under { p.bad[*bad] { (line) } }
                }
            }
        }
    }

    /// The axis' marks, and the moments that are marked.
    fn backdrop(&self, height: u32) -> Markup {
        html! {
            @for mark in self.time.marks() {
                @let x = self.time.at(mark);
                line.grid x1=(x) x2=(x) y1="0" y2=(height) {}
            }
            @for guide in &self.guides {
                @let x = self.time.at(guide.at);
                line.guide.bad[guide.bad] x1=(x) x2=(x) y1="0" y2=(height) { title { (self.time.clock(guide.at)) " " (guide.text) } }
            }
        }
    }

    fn marks(&self) -> Markup {
        html! {
            line.rule x1="0%" x2="100%" y1="0.5" y2="0.5" {}
            @for mark in self.time.marks() {
                @let x = self.time.at(mark);
                line.rule x1=(x) x2=(x) y1="0" y2="5" {}
                text.tick.zero[self.time.is_zero(mark)] x=(x) y="18" { (self.time.clock(mark)) }
            }
        }
    }

    /// As a picture by itself, so many pixels wide, with its own styles, under some lines of text.
    pub fn standalone(&self, width: u32, style: &str, text: &[String]) -> String {
        let name = 216;
        let right = 64;
        let plot = width - name - right;
        let above = u32::try_from(text.len()).unwrap_or_default();
        let mut y = 44 + 20 * above;
        let lanes: Vec<(u32, &Lane)> = self
            .lanes
            .iter()
            .map(|lane| {
                let top = y;
                y += lane.height + 14;
                (top, lane)
            })
            .collect();
        let height = y + AXIS + 8;
        let drawn = html! {
            svg xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height) role="img" {
                title { (self.title) }
                desc { @for lane in &self.lanes { (lane.name) ": " (lane.reading) " " } }
                style { (PreEscaped(style)) }
                rect.paper x="0.5" y="0.5" width=(width - 1) height=(height - 1) rx="6" {}
                text.heading x="16" y="28" { (self.title) }
                @for (line, text) in (0..).zip(text) { text.sentence x="16" y=(49 + 20 * line) { (text) } }
                @for (top, lane) in lanes {
                    text.name x="16" y=(top + 13) { (lane.name) }
                    @for (line, note) in lane.notes.iter().take(2).enumerate() {
                        text.note x="16" y=(top + 27 + 13 * u32::try_from(line).unwrap_or_default()) { (note) }
                    }
                    svg.open x=(name) y=(top) width=(plot) height=(lane.height) { (self.backdrop(lane.height)) (lane.drawing) }
                }
                text.note x="16" y=(y + 18) { (self.axis) }
                svg.open x=(name) y=(y) width=(plot) height=(AXIS) { (self.marks()) }
            }
        };
        drawn.into_string() + "\n"
    }
}

/// A label beside a bar, where there is room for it: in it or right of it, or left of it.
pub struct Beside {
    /// Where the text is anchored.
    pub x: Percent,
    /// How far from there, in pixels.
    pub dx: &'static str,
    /// Whether the text ends there.
    pub ends: bool,
}

impl Beside {
    /// The label of a bar.
    pub fn bar(from: Percent, width: Percent) -> Self {
        let end = from.0 + width.0;
        if width.0 > 30.0 {
            Self {
                x: from,
                dx: "6",
                ends: false,
            }
        } else if end <= 62.0 {
            Self {
                x: Percent(end),
                dx: "6",
                ends: false,
            }
        } else {
            Self {
                x: from,
                dx: "-6",
                ends: true,
            }
        }
    }
}
