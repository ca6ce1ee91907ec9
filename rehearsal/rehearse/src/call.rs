//! A call of `rehearse run`: its rehearsals, side by side, and what it leaves.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream;
use miette::{IntoDiagnostic, miette};
use rehearsal_deployment::bounds::MAX_REHEARSALS;
use rehearsal_report::section::Section;
use rehearsal_report::{Report, summary};
use rehearsal_template::printable;

use crate::arguments::{Format, RunOptions};
use crate::blocking::apart;
use crate::file::RehearsalFile;
use crate::github::GitHub;
use crate::output::{Outputs, width};
use crate::output_file;
use crate::problem::Problem;
use crate::progress::{Lines, Progress};
use crate::report;
use crate::results::{self, Kept};
use crate::run::{Prepared, Ready, perform, prepare};
use crate::{AS_EXPECTED, OTHERWISE, UNUSABLE, distinct_names, overwriting};

/// One rehearsal of the call.
#[derive(Clone)]
struct Run {
    rehearsal: Arc<Ready>,
    /// Another seed than its file's.
    seed: Option<u64>,
}

impl Run {
    /// The templates that it reads, and its file where that is one of a folder.
    fn templates(&self) -> Vec<PathBuf> {
        let file = self.rehearsal.file();
        let templates = file.each_update().into_iter().map(RehearsalFile::template);
        let live = file.live_template();
        templates.chain(live).chain([file.path.clone()]).collect()
    }
}

/// The end of a rehearsal: its report, or why there is none.
type Ended = Result<Report, miette::Report>;

/// What the files of a call are.
struct Files {
    runs: Vec<Run>,
    left_out: usize,
    /// By the file's name in text.
    wrong: Vec<(String, Vec<miette::Report>)>,
}

/// What is asked of a call, and where it says what came of it.
struct Call<'o> {
    options: &'o RunOptions,
    github: GitHub,
    outputs: Outputs,
}

/// Runs all rehearsals, keeps and prints their report, and gives the exit code.
pub async fn run(options: &RunOptions) -> u8 {
    let mut call = Call {
        options,
        github: GitHub::found(options.no_github),
        outputs: Outputs::standard(),
    };
    let code = match call.rehearse().await {
        Ok(code) => code,
        Err(error) => {
            call.outputs.err.print_problem(&error);
            UNUSABLE
        }
    };
    call.outputs.code(code)
}

impl Call<'_> {
    async fn rehearse(&mut self) -> miette::Result<u8> {
        let began = Instant::now();
        if self.options.files.len() > MAX_REHEARSALS {
            return Err(too_many(self.options.files.len()));
        }
        if self.options.runs.template.is_some() && self.options.files.len() > 1 {
            return Err(miette!(
                help =
                    "run them one by one, or take what runs from a revision: --live-git REVISION",
                "--live names one template, and {} are rehearsed",
                self.options.files.len()
            ));
        }
        self.replaces_none(&self.options.files)?;
        let files = read(self.options).await?;
        if !files.wrong.is_empty() {
            return self.refuse(&files).await;
        }
        if files.runs.len() > MAX_REHEARSALS {
            return Err(too_many(files.runs.len()));
        }
        let Some(first) = files.runs.first() else {
            let filter = self.options.filter.as_deref().unwrap_or_default();
            return Err(miette!(
                "no rehearsal of this call has {filter:?} in its name"
            ));
        };
        let place = self.options.report.clone().unwrap_or_else(|| {
            let file = first.rehearsal.file();
            output_file::default_place(&file.path, &file.template())
        });
        let templates: Vec<PathBuf> = files.runs.iter().flat_map(Run::templates).collect();
        self.replaces_none(&templates)?;
        warn(&files.runs, &mut self.outputs);
        let (reports, broken) = self.run_all(&files.runs).await;
        for (report, run) in reports.iter().zip(&files.runs) {
            let file = run.rehearsal.file();
            let err = &mut self.outputs.err;
            self.github.not_as_expected(report, file, err);
        }
        if let Some(error) = broken {
            return self.give_up(&files, &reports, error).await;
        }
        let figures = (files.left_out, began.elapsed());
        self.conclude(&place, &reports, figures).await
    }

    /// Refuses what would be written at the place of what is read.
    fn replaces_none(&self, read: &[PathBuf]) -> miette::Result<()> {
        let options = self.options;
        overwriting::check(
            read.iter()
                .map(PathBuf::as_path)
                .chain(options.inputs.samconfig.as_deref()),
            &[
                ("--report", options.report.as_deref()),
                ("--html", options.html.as_deref()),
                ("--junit", options.written.junit.as_deref()),
                ("--markdown", options.written.markdown.as_deref()),
            ],
        )
    }

    /// Runs rehearsals side by side, and shows how they go: their reports, in the order of the files, up to the first that could not be run
    /// to its end, and why it could not.
    async fn run_all(&mut self, runs: &[Run]) -> (Vec<Report>, Option<miette::Report>) {
        let err = &mut self.outputs.err;
        let mut progress = Progress::new(self.options.quiet);
        let mut reports: Vec<Report> = Vec::new();
        let shared = Arc::new(self.options.clone());
        let written: Vec<_> = runs.iter().map(|_| Lines::default()).collect();
        // Those that take longest begin first, so that no processor is idle at the end.
        let at_a_time = usize::from(self.options.jobs);
        let mut order: Vec<usize> = (0..runs.len()).collect();
        if at_a_time > 1 {
            order.sort_by_key(|index| Reverse(runs[*index].rehearsal.requests()));
        }
        // Behind the first that cannot be run none begins.
        let last = Arc::new(AtomicUsize::new(usize::MAX));
        let jobs = order.into_iter().map(|index| {
            let (run, last) = (runs[index].clone(), Arc::clone(&last));
            let (options, mut live) = (Arc::clone(&shared), progress.live(written[index].clone()));
            // Boxed, for it holds all of a rehearsal.
            Box::pin(async move {
                if index > last.load(Ordering::Relaxed) {
                    return (index, None);
                }
                let ended = perform(&run.rehearsal, run.seed, &options, &mut live).await;
                if ended.is_err() {
                    last.fetch_min(index, Ordering::Relaxed);
                }
                (index, Some(ended))
            })
        });
        // In this task alone: dropped, all of them end at once, with their functions.
        let mut jobs = stream::iter(jobs.collect::<Vec<_>>()).buffer_unordered(at_a_time);
        let mut ended: Vec<Option<Ended>> = runs.iter().map(|_| None).collect();
        let mut broken = None;
        while broken.is_none()
            && let Some((index, end)) = jobs.next().await
        {
            ended[index] = end;
            while let Some(end) = ended.get_mut(reports.len()).and_then(Option::take) {
                progress.show_lines(&written[reports.len()], err);
                match end {
                    Ok(report) => {
                        let rehearsal = &runs[reports.len()].rehearsal;
                        let mut notes = rehearsal.notes();
                        notes.extend(written[reports.len()].slow_functions());
                        progress.show(&report, &notes, err);
                        reports.push(report);
                    }
                    Err(error) => {
                        broken = Some(error);
                        break;
                    }
                }
            }
        }
        drop(jobs);
        progress.close();
        (reports, broken)
    }

    /// Says what is wrong with the input. Nothing has run.
    async fn refuse(&mut self, files: &Files) -> miette::Result<u8> {
        let mut texts = Vec::new();
        for (name, problems) in &files.wrong {
            for problem in problems {
                self.outputs.err.print_problem(problem);
                self.github.problem(problem, name, &mut self.outputs.err);
            }
            let plain = problems
                .iter()
                .map(|problem| Problem::of(problem).render(false));
            texts.push((name.as_str(), plain.collect::<Vec<_>>()));
        }
        let wrong = texts
            .iter()
            .map(|(name, problems)| Section::Unusable { name, problems });
        let others = files.runs.iter().map(|run| Section::NotRun {
            name: &run.rehearsal.file().name,
        });
        let sections: Vec<_> = wrong.chain(others).collect();
        self.write_results(&sections).await?;
        Ok(UNUSABLE)
    }

    /// Says why a rehearsal could not be run to its end; those behind it are not run.
    async fn give_up(
        &mut self,
        files: &Files,
        reports: &[Report],
        error: miette::Report,
    ) -> miette::Result<u8> {
        self.outputs.err.print_problem(&error);
        let mut rest = files.runs[reports.len()..]
            .iter()
            .map(|run| run.rehearsal.file());
        let mut sections = Section::all(reports);
        let problems = [Problem::of(&error).render(false)];
        if let Some(broken) = rest.next() {
            let path = broken.asked().display().to_string();
            self.github.problem(&error, &path, &mut self.outputs.err);
            sections.push(Section::Unusable {
                name: &broken.name,
                problems: &problems,
            });
        }
        sections.extend(rest.map(|file| Section::NotRun { name: &file.name }));
        self.write_results(&sections).await?;
        Ok(UNUSABLE)
    }

    /// Writes what is asked for of a call without a report.
    async fn write_results(&mut self, sections: &[Section<'_>]) -> miette::Result<()> {
        let kept = results::write(&self.options.written, sections, &mut self.outputs).await?;
        for problem in kept.into_iter().filter_map(Kept::problem) {
            self.outputs.err.print_problem(&problem);
        }
        if let Some(path) = self.github.summary() {
            results::summarise(path, sections).await?;
        }
        Ok(())
    }

    /// Keeps the report and what else is asked for, and prints it, also where it cannot be kept.
    async fn conclude(
        &mut self,
        place: &Path,
        reports: &[Report],
        (left_out, took): (usize, Duration),
    ) -> miette::Result<u8> {
        let (options, outputs) = (self.options, &mut self.outputs);
        let json = report::json(reports).into_diagnostic()?;
        let mut kept = vec![results::keep_report(place, json.clone(), outputs).await?];
        if let Some(path) = &options.html {
            kept.push(results::write_page(path, reports, outputs).await?);
        }
        let sections = Section::all(reports);
        kept.extend(results::write(&options.written, &sections, outputs).await?);
        match options.format {
            // Once is enough, should that be the report's place too.
            Format::Json if kept[0].is_printed => {}
            Format::Json => outputs.out.print_json(&json),
            Format::Text => {
                let text = summary::text(reports, options.quiet, width());
                outputs.out.print(&text);
                if !options.quiet {
                    for line in kept.iter().filter_map(Kept::line) {
                        outputs.out.print(&line);
                    }
                }
                if reports.len() > 1 || options.quiet || left_out > 0 {
                    let line = summary::last_line(reports, left_out, took, width());
                    outputs.out.print(&printable::lines(&line));
                }
            }
        }
        let mut problems: Vec<_> = kept.into_iter().filter_map(Kept::problem).collect();
        if let Some(path) = self.github.summary() {
            problems.extend(results::summarise(path, &sections).await.err());
        }
        for problem in &problems {
            outputs.err.print_problem(problem);
        }
        if !problems.is_empty() {
            return Ok(UNUSABLE);
        }
        let all = reports.iter().all(|report| report.as_expected);
        Ok(if all { AS_EXPECTED } else { OTHERWISE })
    }
}

/// Says before anything runs what is wrong with files that can run all the same: once, however many seeds they run with.
fn warn(runs: &[Run], outputs: &mut Outputs) {
    let mut last: Option<&Arc<Ready>> = None;
    for run in runs {
        if last.is_none_or(|last| !Arc::ptr_eq(last, &run.rehearsal)) {
            for warning in run.rehearsal.warnings() {
                outputs.err.print_problem(&warning);
            }
        }
        last = Some(&run.rehearsal);
    }
}

fn too_many(count: usize) -> miette::Report {
    miette!("these are {count} rehearsals; one call takes {MAX_REHEARSALS} at most")
}

/// Reads all files, with everything that they name.
async fn read(options: &RunOptions) -> miette::Result<Files> {
    let mut files = Files {
        runs: Vec::new(),
        left_out: 0,
        wrong: Vec::new(),
    };
    let mut prepared = Vec::new();
    for path in &options.files {
        let (of, with) = (path.clone(), options.clone());
        match apart(move || prepare(&of, &with)).await? {
            Ok(Prepared::Ready(ready)) => prepared.push(ready),
            Ok(Prepared::LeftOut) => files.left_out += 1,
            Err(problems) => files.wrong.push((path.display().to_string(), problems)),
        }
    }
    name_apart(&mut prepared);
    for ready in prepared {
        let rehearsal = Arc::from(ready);
        let run = |seed| Run {
            rehearsal: Arc::clone(&rehearsal),
            seed,
        };
        match &options.seed {
            // One more than there may be is enough to say that they are too many.
            Some(seeds) => {
                let seeds = seeds.clone().take(MAX_REHEARSALS + 1);
                files.runs.extend(seeds.map(|seed| run(Some(seed))));
            }
            None => files.runs.push(run(None)),
        }
    }
    Ok(files)
}

/// Gives rehearsals of one name, which are of several files, names that say whose they are: `orders/template`, `refunds/template`.
fn name_apart(prepared: &mut [Box<Ready>]) {
    let named: Vec<(PathBuf, String)> = prepared
        .iter()
        .map(|ready| (ready.file().asked().to_owned(), ready.file().name.clone()))
        .collect();
    for (ready, name) in prepared.iter_mut().zip(distinct_names::distinct(&named)) {
        ready.rename(name);
    }
}
