//! How often the gates of a deployment stop a faulty version, whatever the luck.
//!
//! - [`prepare`]: what is rolled out. [`sweep`]: many rollouts, on all cores, and their [`tallies`], each counted once.
//! - [`found`]: from counts to what is printed. [`recommend`]: what would reach a wanted chance, of the
//!   [`alarm_changes`] among others. [`sentence`]: what to take away.
//! - [`text`]: the same for people; the JSON, and the page, are `rehearsal_report::odds`.

mod alarm_changes;
mod found;
mod prepare;
mod recommend;
mod sentence;
mod sweep;
mod tallies;
mod text;

use miette::miette;
use prepare::Prepared;
use rehearsal_report::html;
use rehearsal_report::odds::{Odds, WithoutOdds};
use tallies::Tallies;

use crate::arguments::Format;
use crate::arguments::odds::OddsOptions;
use crate::output::Outputs;
use crate::progress::Counting;
use crate::{AS_EXPECTED, UNUSABLE, overwriting, report};

/// Finds and prints the odds, and gives the exit code.
pub fn odds(options: &OddsOptions) -> u8 {
    let mut outputs = Outputs::standard();
    let code = match find(options) {
        Ok(odds) => print(&odds, options, &mut outputs).map_or_else(
            |error| {
                outputs.err.print_problem(&error);
                UNUSABLE
            },
            |()| AS_EXPECTED,
        ),
        Err(errors) => {
            for error in errors {
                outputs.err.print_problem(&error);
            }
            UNUSABLE
        }
    };
    outputs.code(code)
}

/// Prints the odds, and writes the page and the picture that were asked for.
fn print(odds: &Odds, options: &OddsOptions, outputs: &mut Outputs) -> miette::Result<()> {
    match options.format {
        Format::Json => outputs.out.print_json(&odds.json()),
        Format::Text => outputs.out.print(&text::of(odds)),
    }
    if let Some(path) = &options.html {
        let page = html::odds::page(odds);
        report::write("page", path, &page, options.format, outputs)?;
    }
    if let Some(path) = &options.svg {
        let picture = html::odds::picture(odds);
        report::write("picture", path, &picture, options.format, outputs)?;
    }
    Ok(())
}

fn find(options: &OddsOptions) -> Result<Odds, Vec<miette::Report>> {
    let Prepared {
        plan,
        chosen,
        mut without_odds,
        template,
    } = prepare::prepare(options)?;
    overwriting::check(
        [options.file.as_path(), &template],
        &[
            ("--html", options.html.as_deref()),
            ("--svg", options.svg.as_deref()),
        ],
    )
    .map_err(|error| vec![error])?;
    // Without a number there are as many threads as the machine has cores.
    let threads = rayon::ThreadPoolBuilder::new()
        .num_threads(options.jobs.map_or(0, usize::from))
        .build()
        .map_err(|error| vec![miette!("no threads can be started: {error}")])?;
    let tallies = Tallies::new(Counting::new());
    let each: Vec<_> = threads.install(|| {
        let each = (1..).zip(&chosen).map(|(number, one)| {
            let function = one.function.clone();
            tallies.counting().begin(&function, number, chosen.len());
            let found = found::odds(options, &one.ready(&plan), &tallies);
            (function, found)
        });
        each.collect()
    });
    drop(tallies);
    let (mut all, mut errors) = (Vec::new(), Vec::new());
    for (function, found) in each {
        match found {
            Ok(odds) => all.push(odds),
            Err(error) => {
                let why = error.to_string();
                without_odds.push(WithoutOdds { function, why });
                errors.push(error);
            }
        }
    }
    let mut all = all.into_iter();
    let mut odds = all.next().ok_or(errors)?;
    odds.others = all.collect();
    odds.without_odds = without_odds;
    Ok(odds)
}
