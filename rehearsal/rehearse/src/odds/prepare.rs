//! What is rolled out: a deployment of a rehearsal file or of a template, its functions stubs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use miette::miette;
use rehearsal_aws::codedeploy::traffic_routing::{PREDEFINED, PREDEFINED_PREFIX};
use rehearsal_aws::codedeploy::traffic_shift::TrafficShift;
use rehearsal_deployment::Plan;
use rehearsal_deployment::odds::{Courses, Failure, Gates, requests};
use rehearsal_deployment::plan::{Decision, Deployment, Gate};
use rehearsal_deployment::rehearsal::LiveCode;
use rehearsal_deployment::stub;
use rehearsal_report::odds::WithoutOdds;
use rehearsal_template::Stack;
use rehearsal_template::suggest::closest;

use crate::arguments::odds::{FaultWord, OddsOptions, Preferences};
use crate::init;
use crate::ready::Planned;
use crate::release::Release;

/// What a version answers that fails politely.
const STATUS: u16 = 500;

/// What is rolled out: each deployment alone.
pub struct Prepared {
    /// The update.
    pub plan: Plan,
    /// Those of its deployments that are rolled out, in the order in which it starts them.
    pub chosen: Vec<Chosen>,
    /// Those that have no part.
    pub without_odds: Vec<WithoutOdds>,
    /// The template.
    pub template: PathBuf,
}

/// A deployment that is rolled out.
pub struct Chosen {
    /// The rehearsal's name; the template's file stem where there is no rehearsal file.
    pub name: String,
    /// Which of the plan's deployments.
    pub deployment: usize,
    /// Its function.
    pub function: String,
    pub failure: Failure,
    /// Whether all requests go to its function.
    alone: bool,
    gates: Vec<Gate>,
    /// The preferences by name, each with its shift.
    pub preferences: Vec<(String, TrafficShift)>,
    /// The one that the template has.
    pub own: String,
    /// What is taken for granted, a sentence each.
    pub notes: Vec<String>,
    /// Why gates of a template cannot be judged here.
    pub reasons: BTreeMap<String, String>,
}

impl Chosen {
    /// It, ready to be rolled out. It has a copy of the whole plan: one at a time.
    pub fn ready(&self, plan: &Plan) -> Ready<'_> {
        let mut plan = plan.clone();
        plan.deployments[self.deployment]
            .gates
            .clone_from(&self.gates);
        if self.alone {
            requests::keep_those_to(&mut plan, &self.function);
        }
        Ready {
            chosen: self,
            gates: Gates::of(&plan, self.deployment),
            courses: Courses::new(&plan, self.deployment),
            plan,
        }
    }
}

/// A deployment that is ready to be rolled out.
pub struct Ready<'c> {
    pub chosen: &'c Chosen,
    /// The update, with what gates this deployment, and with the requests that it gets.
    pub plan: Plan,
    /// What gates it.
    pub gates: Gates,
    /// When its traffic shifts.
    pub courses: Courses,
}

impl Ready<'_> {
    /// The deployment, as it is planned.
    pub fn planned(&self) -> &Deployment {
        &self.plan.deployments[self.chosen.deployment]
    }
}

/// Reads everything.
///
/// # Errors
/// What is wrong with it, at its place where it has one.
pub fn prepare(options: &OddsOptions) -> Result<Prepared, Vec<miette::Report>> {
    let failure = failure(options).map_err(|error| vec![error])?;
    let mut notes = Vec::new();
    let (mut file, inputs) = init::given(&options.file, (&options.inputs, &options.runs), false)?;
    let composed = file.composed.clone();
    let reasons = composed
        .as_ref()
        .map(|composed| composed.not_judged.clone());
    let made_up = file.made_up().join(", ");
    if !made_up.is_empty() {
        notes.push(format!("made up, for none was given: {made_up}"));
    }
    if !file.rehearsal.updates.is_empty() {
        let message = "this is a release of several updates, and odds are of one";
        return Err(vec![
            file.wrong_at(message, &["update".into(), 0.into()], None)
                .into(),
        ]);
    }
    if !file.rehearsal.actions.is_empty() {
        notes.push("the file's actions have no part: nobody stops a deployment by hand".to_owned());
        file.rehearsal.actions.clear();
    }
    let builds = &mut file.rehearsal.builds;
    (builds.old, builds.new) = (stub::BUILD.to_owned(), stub::BUILD.to_owned());
    file.rehearsal.stubs.clear();
    if !file.rehearsal.faults.is_empty() {
        notes.push("the file's faults have no part: --fault says what goes wrong".to_owned());
        file.rehearsal.faults.clear();
    }
    if let Some(live) = &mut file.rehearsal.live {
        live.builds = None;
        // Each deployment is rolled out, whosever code has changed.
        live.code = LiveCode::Changed;
    }
    let name = file.name.clone();
    let template = file.template();
    let reasons = reasons.unwrap_or_default();
    let Planned { new, plan, .. } = Release::read(file, &inputs)?.planned()?;
    notes.extend(new.not_rehearsed.iter().filter_map(|left_out| {
        let name = left_out.not_expanded()?;
        Some(format!(
            "{name} is not expanded: what it makes or changes on AWS has no part"
        ))
    }));
    let chosen = chosen(&plan, options).map_err(|error| vec![error])?;
    check_alarms(&plan, &chosen, &options.alarms).map_err(|error| vec![error])?;
    let (mut ready, mut without_odds) = (Vec::new(), Vec::new());
    for deployment in &chosen {
        let mut notes = notes.clone();
        let function = plan.deployments[*deployment].function.clone();
        let mut gates = plan.deployments[*deployment].gates.clone();
        if !judge_alone(&mut gates, &options.alarms) {
            let why = "none of --alarms gates its deployment".to_owned();
            without_odds.push(WithoutOdds { function, why });
            continue;
        }
        if composed.is_some() {
            notes.push(format!(
                "all requests go to {function}, each of its routes as often as another"
            ));
        }
        notes.extend(alone(&function, plan.deployments.len() - 1));
        let own = short(&plan.deployments[*deployment].config).to_owned();
        let preferences = preferences(&options.preferences, &plan, *deployment, &new)
            .map_err(|error| vec![error])?;
        ready.push(Chosen {
            name: name.clone(),
            deployment: *deployment,
            function,
            failure,
            alone: composed.is_some(),
            gates,
            preferences,
            own,
            notes,
            reasons: reasons.clone(),
        });
    }
    Ok(Prepared {
        plan,
        chosen: ready,
        without_odds,
        template,
    })
}

/// That the other deployments are left out, where there are any.
fn alone(function: &str, others: usize) -> Option<String> {
    let more = match others {
        0 => return None,
        1 => "the other deployment has".to_owned(),
        _ => format!("the {others} other deployments have"),
    };
    Some(format!("{function} is rolled out alone: {more} no part"))
}

fn failure(options: &OddsOptions) -> miette::Result<Failure> {
    match (options.fault, options.delay_ms) {
        (FaultWord::Delay, Some(ms)) => Ok(Failure::Delay(ms)),
        (FaultWord::Delay, None) => Err(miette!(
            help = "say how late the answers are: --delay-ms 3000",
            "--fault delay needs --delay-ms"
        )),
        (_, Some(_)) => Err(miette!(
            help = "add --fault delay, or take it out",
            "--delay-ms goes with --fault delay"
        )),
        (FaultWord::Error, None) => Ok(Failure::Error),
        (FaultWord::Status, None) => Ok(Failure::Status(STATUS)),
    }
}

/// Refuses alarms that gate none of the deployments.
fn check_alarms(plan: &Plan, chosen: &[usize], alarms: &[String]) -> miette::Result<()> {
    let deployments = chosen
        .iter()
        .map(|deployment| &plan.deployments[*deployment]);
    let mut known: Vec<&str> = Vec::new();
    for gate in deployments.flat_map(|deployment| &deployment.gates) {
        if !known.contains(&gate.alarm.as_str()) {
            known.push(&gate.alarm);
        }
    }
    let unknown = alarms.iter().find(|name| !known.contains(&name.as_str()));
    unknown.map_or(Ok(()), |unknown| {
        Err(miette!(
            "no alarm `{unknown}` gates the deployment: --alarms takes {}",
            if known.is_empty() {
                "none of it, for it has none".to_owned()
            } else {
                known.join(", ")
            }
        ))
    })
}

/// Leaves out all gates but these; of none named, no gate. Whether there is one among them.
fn judge_alone(gates: &mut [Gate], alarms: &[String]) -> bool {
    let mut is_one = alarms.is_empty();
    for gate in gates {
        if alarms.contains(&gate.alarm) {
            is_one = true;
        } else if !alarms.is_empty() {
            gate.decision = Decision::NotJudged;
            "--alarms leaves it out".clone_into(&mut gate.why);
        }
    }
    is_one
}

/// Which deployments are rolled out: the function's, or all.
fn chosen(plan: &Plan, options: &OddsOptions) -> miette::Result<Vec<usize>> {
    let functions: Vec<&str> = plan
        .deployments
        .iter()
        .map(|deployment| deployment.function.as_str())
        .collect();
    if functions.is_empty() {
        return Err(miette!(
            "an update starts no deployment, so there are no odds"
        ));
    }
    let help = || format!("name one of these by --function: {}", functions.join(", "));
    let Some(asked) = options.function.as_deref() else {
        if options.svg.is_some() && functions.len() > 1 {
            return Err(miette!(
                help = help(),
                "a picture shows one deployment, and an update starts {}",
                functions.len()
            ));
        }
        return Ok((0..functions.len()).collect());
    };
    let found = functions.iter().position(|function| *function == asked);
    found.map(|found| vec![found]).ok_or_else(|| {
        let like = closest(asked, functions.iter().copied());
        let help = like.map_or_else(help, |like| format!("did you mean {like}?"));
        miette!(help = help, "no deployment is of a function {asked}")
    })
}

/// A configuration's name as SAM has it.
fn short(config: &str) -> &str {
    config.strip_prefix(PREDEFINED_PREFIX).unwrap_or(config)
}

fn preferences(
    asked: &Preferences,
    plan: &Plan,
    deployment: usize,
    new: &Stack,
) -> miette::Result<Vec<(String, TrafficShift)>> {
    let own = &plan.deployments[deployment];
    let nine = PREDEFINED.map(|(name, routing)| (name.to_owned(), TrafficShift::of(routing)));
    match asked {
        Preferences::All => {
            let mut all = nine.to_vec();
            if !all.iter().any(|(name, _)| name == short(&own.config)) {
                all.insert(0, (short(&own.config).to_owned(), own.shift.clone()));
            }
            Ok(all)
        }
        Preferences::Named(names) => names
            .iter()
            .map(|name| {
                let predefined = nine.iter().find(|(known, _)| known == name);
                if let Some(found) = predefined {
                    return Ok(found.clone());
                }
                match new.traffic_routing(name) {
                    Some(Ok(routing)) => Ok((name.clone(), TrafficShift::of(routing))),
                    Some(Err(_)) => Err(miette!("how the template's {name} shifts is not known")),
                    None => {
                        let like = closest(name, nine.iter().map(|(known, _)| known.as_str()));
                        let help = like.map_or_else(
                            || format!("one of these: {}", PREDEFINED.map(|(name, _)| name).join(", ")),
                            |like| format!("did you mean {like}?"),
                        );
                        Err(miette!(
                            help = help,
                            "{name} is no deployment preference of CodeDeploy's, and no configuration of the template"
                        ))
                    }
                }
            })
            .collect(),
    }
}
