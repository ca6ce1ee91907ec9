//! Where live requests go.

use rehearsal_aws::apigateway::stage::ApiStage;

use super::Draft;
use super::claims::ClaimsError;
use crate::revision::Revision;

/// Where a live request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The function's logical id.
    pub function: String,
    /// The alias or version; `None` is the function itself.
    pub qualifier: Option<String>,
    /// The API, when it goes through one.
    pub api: Option<ApiStage>,
}

/// A live request that goes nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// No API has a route for it.
    #[error("no API of the template has a route for {method} {path}")]
    NoRoute {
        /// Its method.
        method: String,
        /// Its path.
        path: String,
        /// The routes that there are, as `GET /contacts/{id}`.
        routes: Vec<String>,
    },
    /// Several APIs, stages or function URLs would take it.
    #[error("several {} take {method} {path}, so the request needs `{}`: {}", key.what(), key.name(), choices.join(", "))]
    Several {
        /// Its method.
        method: String,
        /// Its path.
        path: String,
        /// The key that decides.
        key: FrontKey,
        /// What it may be: logical ids.
        choices: Vec<String>,
    },
    /// It names an API, a stage or a function URL that is not there.
    #[error("the template has no {} {named} that is known here", key.one())]
    NoFront {
        /// The key that names it.
        key: FrontKey,
        /// What was named.
        named: String,
        /// Those that there are.
        there: Vec<String>,
    },
    /// What its authorizer is to say is not what such an authorizer says.
    #[error(transparent)]
    Claims(#[from] ClaimsError),
    /// The template has no such function.
    #[error("the template has no function {function}")]
    NoFunction {
        /// The name that was asked for.
        function: String,
        /// The functions that there are.
        functions: Vec<String>,
    },
    /// The function has no such alias or version.
    #[error("{function} has no alias or version {qualifier} that is known here")]
    NoQualifier {
        /// The function.
        function: String,
        /// The alias or version that was asked for.
        qualifier: String,
        /// The function's aliases.
        aliases: Vec<String>,
    },
    /// Several deployments shift an alias of the function.
    #[error(
        "the update deploys several aliases of {function}, so a request to it needs a qualifier"
    )]
    SeveralAliases {
        /// The function.
        function: String,
        /// The aliases.
        aliases: Vec<String>,
    },
}

/// A key of a request that names where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrontKey {
    /// An API.
    Api,
    /// A stage of an API.
    Stage,
    /// A function URL.
    FunctionUrl,
}

impl FrontKey {
    /// The key, as the rehearsal file has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Stage => "stage",
            Self::FunctionUrl => "function_url",
        }
    }

    fn one(self) -> &'static str {
        match self {
            Self::Api => "API",
            Self::Stage => "stage",
            Self::FunctionUrl => "function URL",
        }
    }

    fn what(self) -> &'static str {
        match self {
            Self::Api => "APIs",
            Self::Stage => "stages",
            Self::FunctionUrl => "function URLs",
        }
    }
}

impl TargetError {
    /// The name that was asked for and is not there, with those that are. Empty where nothing could be meant instead.
    pub fn wanted_and_there(&self) -> (String, Vec<String>) {
        match self {
            Self::NoRoute {
                method,
                path,
                routes,
            } => (format!("{method} {path}"), routes.clone()),
            // The message lists them.
            Self::Several { .. } | Self::Claims(_) => (String::new(), Vec::new()),
            Self::NoFront { named, there, .. } => (named.clone(), there.clone()),
            Self::NoFunction {
                function,
                functions,
            } => (function.clone(), functions.clone()),
            Self::NoQualifier {
                qualifier, aliases, ..
            } => (qualifier.clone(), aliases.clone()),
            Self::SeveralAliases { aliases, .. } => (String::new(), aliases.clone()),
        }
    }
}

impl Draft<'_> {
    /// The target of a request to a function. Without a qualifier a direct one goes to the alias that the function's deployments
    /// shift, and where it has none to the function itself; one that came through an API is what the route says.
    ///
    /// # Errors
    /// There is no such function, alias or version, or it is not clear which alias is meant.
    pub fn target(
        &self,
        function: &str,
        qualifier: Option<&str>,
        api: Option<ApiStage>,
    ) -> Result<Target, TargetError> {
        let (old, new) = (self.planner.old, self.planner.new);
        if new.function(function).or(old.function(function)).is_none() {
            return Err(TargetError::NoFunction {
                function: function.to_owned(),
                functions: new
                    .functions
                    .iter()
                    .map(|function| function.logical_id.clone())
                    .collect(),
            });
        }
        let deployed = self
            .deployments
            .iter()
            .filter(|deployment| deployment.function == function);
        let mut deployed: Vec<String> = deployed.map(|d| d.alias.clone()).collect();
        let stays = self
            .aliases
            .iter()
            .filter(|alias| alias.function == function);
        deployed.extend(
            stays
                .filter(|alias| alias.is_deployed)
                .map(|alias| alias.name.clone()),
        );
        let qualifier = match (qualifier, deployed.as_slice()) {
            (Some(qualifier), _) => {
                self.check_qualifier(function, qualifier)?;
                Some(qualifier.to_owned())
            }
            (None, _) if api.is_some() => None,
            (None, []) => None,
            (None, [alias]) => Some(alias.clone()),
            (None, _) => {
                return Err(TargetError::SeveralAliases {
                    function: function.to_owned(),
                    aliases: deployed,
                });
            }
        };
        Ok(Target {
            function: function.to_owned(),
            qualifier,
            api,
        })
    }

    fn check_qualifier(&self, function: &str, qualifier: &str) -> Result<(), TargetError> {
        let mut aliases = Vec::new();
        let mut versions = vec!["$LATEST".to_owned()];
        for deployment in self.deployments.iter().filter(|d| d.function == function) {
            aliases.push(deployment.alias.clone());
            versions.extend([
                deployment.old_version.clone(),
                deployment.new_version.clone(),
            ]);
        }
        for alias in self.aliases.iter().filter(|a| a.function == function) {
            aliases.push(alias.name.clone());
            let named = [Revision::Before, Revision::After].map(|revision| alias.version(revision));
            versions.extend(named.into_iter().flatten().map(str::to_owned));
        }
        let kept = self.kept_versions.keys();
        let kept = kept.filter(|(of, _)| of == function);
        versions.extend(kept.map(|(_, number)| number.clone()));
        if aliases
            .iter()
            .chain(&versions)
            .any(|known| known == qualifier)
        {
            return Ok(());
        }
        Err(TargetError::NoQualifier {
            function: function.to_owned(),
            qualifier: qualifier.to_owned(),
            aliases,
        })
    }
}
