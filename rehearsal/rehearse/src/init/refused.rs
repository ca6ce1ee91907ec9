//! What is made up otherwise where AWS refuses what was made up first: a role's name is shorter than an ARN may be.

use miette::miette;
use rehearsal_template::{Missing, Refusal, Severity, Stack};

use super::content::Content;

/// How often a template is read for it at most.
const MOST_TRIES: usize = 64;
/// What an alias is called in AWS's examples, and so in resources that wait for the one that SAM makes (`DependsOn: OrdersAliaslive`).
const ALIAS: &str = "live";

/// Reads a template. Where it is refused with what was made up (`!Select [1, !Split ["/", !Ref TableArn]]`), parameters have others of the
/// values that their declarations take, as long as less is refused then.
///
/// # Errors
/// Why it is refused all the same, and for what values were made up.
pub(super) fn read<R>(
    content: &mut Content,
    read: impl Fn(&Content) -> Result<R, Vec<miette::Report>>,
) -> Result<R, Vec<miette::Report>> {
    let mut why = match read(content) {
        Ok(read) => return Ok(read),
        Err(why) => why,
    };
    let mut tries = MOST_TRIES;
    'better: loop {
        for (name, value) in others(content) {
            if tries == 0 {
                break 'better;
            }
            tries -= 1;
            let mut found = None;
            let is_better = |content: &Content| match read(content) {
                Ok(read) => {
                    found = Some(read);
                    Ok(true)
                }
                Err(fewer) if errors(&fewer) < errors(&why) => {
                    why = fewer;
                    Ok(true)
                }
                Err(_) => Ok(false),
            };
            if content.make_up_instead(Missing::Parameter(name), value, is_better)? {
                if let Some(read) = found {
                    return Ok(read);
                }
                continue 'better;
            }
        }
        break;
    }
    let made_up = content.missing.keys().filter_map(|missing| match missing {
        Missing::Parameter(name) => Some(name.as_str()),
        Missing::Import(_) | Missing::Reference(_) => None,
    });
    let made_up: Vec<_> = made_up.collect();
    if !made_up.is_empty() {
        let given: Vec<_> = made_up
            .iter()
            .map(|name| format!("--parameter {name}=VALUE"))
            .collect();
        why.push(miette!(
            help = format!("give those that matter for it: {}", given.join(" ")),
            "it is refused with values that were made up for parameters without a default: {}",
            made_up.join(", ")
        ));
    }
    Err(why)
}

/// Other values for what is made up, by parameter, the likeliest first.
fn others(content: &Content) -> Vec<(String, String)> {
    let made_up = |name: &String| {
        content
            .missing
            .contains_key(&Missing::Parameter(name.clone()))
    };
    let others = content.others.iter().filter(|(name, _)| made_up(name));
    let of_each = others.flat_map(|(name, values)| {
        let alias = name
            .to_ascii_lowercase()
            .contains("alias")
            .then(|| ALIAS.to_owned());
        let values = alias.into_iter().chain(values.iter().cloned());
        values.map(|value| (name.clone(), value))
    });
    let mut all: Vec<_> = of_each.collect();
    // What is too short, or no name, is most often to be an ARN.
    all.sort_by_key(|(_, value)| !value.starts_with("arn:") && value != ALIAS);
    all
}

/// How much is wrong with a template.
fn errors(why: &[miette::Report]) -> usize {
    let of_one = |report: &miette::Report| match report.downcast_ref::<Refusal>() {
        Some(refusal) => {
            let all = refusal.diagnostics.iter();
            all.filter(|one| one.severity == Severity::Error).count()
        }
        None => 1,
    };
    why.iter().map(of_one).sum()
}

/// Replaces a made-up parameter's value by another one that its declaration takes, where less of the template is refused then. Whether
/// there was one. `read` says what the template is with what is made up.
pub(super) fn mend(
    content: &mut Content,
    new: &Stack,
    read: impl Fn(&Content) -> Result<Stack, Vec<miette::Report>>,
) -> Result<bool, Vec<miette::Report>> {
    let before = refused(new);
    if before == 0 {
        return Ok(false);
    }
    for (name, value) in others(content).into_iter().take(MOST_TRIES) {
        let is_better = |content: &Content| Ok(refused(&read(content)?) < before);
        if content.make_up_instead(Missing::Parameter(name), value, is_better)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How much of a template is refused.
fn refused(new: &Stack) -> usize {
    new.diagnostics
        .iter()
        .filter(|found| found.is_refused)
        .count()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use rehearsal_template::{Inputs, read_str};

    use super::*;

    const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Parameters: {TableArn: {Type: String}, AliasName: {Type: String}}
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      CodeUri: src
      AutoPublishAlias: !Ref AliasName
      Environment: {Variables: {TABLE: !Select [1, !Split [/, !Ref TableArn]]}}
  Topic: {Type: AWS::SNS::Topic, DependsOn: OrdersAliaslive}
";

    fn content(others: &[&str]) -> Content {
        let mut content = Content::new(PathBuf::new(), None, Inputs::new("shop"));
        for name in ["TableArn", "AliasName"] {
            let missing = Missing::Parameter(name.to_owned());
            content.missing.insert(missing, "rehearsal".to_owned());
            let others = others.iter().map(|value| (*value).to_owned());
            content.others.insert(name.to_owned(), others.collect());
        }
        content
    }

    fn stack(content: &Content) -> Result<Stack, Vec<miette::Report>> {
        let mut inputs = content.inputs.clone();
        for (missing, value) in &content.missing {
            if let Missing::Parameter(name) = missing {
                inputs = inputs.parameter(name, value);
            }
        }
        read_str("template.yaml", TEMPLATE, &inputs).map_err(|refusal| vec![refusal.into()])
    }

    #[test]
    fn what_a_template_is_refused_with_is_made_up_otherwise() {
        let mut content = content(&["x", "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"]);
        assert_eq!(errors(&stack(&content).err().unwrap()), 2);
        let read = read(&mut content, stack).unwrap();
        assert_eq!(read.aliases[0].logical_id, "OrdersAliaslive");
    }

    #[test]
    fn where_no_other_value_helps_what_was_made_up_is_named() {
        let mut content = content(&["x"]);
        let why = read(&mut content, stack).err().unwrap();
        assert_eq!(errors(&why), 2, "one of the template's is mended");
        let last = why.last().unwrap();
        assert!(last.to_string().ends_with("AliasName, TableArn"), "{last}");
        let help = last.help().unwrap().to_string();
        assert!(help.contains("--parameter TableArn=VALUE"), "{help}");
    }
}
