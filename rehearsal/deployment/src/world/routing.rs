//! Where a live request goes: by which route of which API, to which function, alias or version. Decided here, and nowhere again.

use std::sync::Arc;

use rehearsal_aws::apigateway::route::{Parameters, Route};

use super::World;
use crate::plan::Target;
use crate::plan::apis::routed;
use crate::request::RequestKind;

/// The route that a request takes through an API.
#[derive(Clone, Debug, PartialEq)]
pub struct Through {
    /// The API, an index into the plan's.
    pub api: usize,
    /// The route.
    pub route: Route,
    /// The values of its path parameters.
    pub parameters: Parameters,
}

/// Where a request goes.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub(super) target: Target,
    pub(super) through: Option<Arc<Through>>,
}

impl World {
    /// Where a kind of request goes. Found once: the routes of a rehearsal are the same from its beginning to its end.
    pub(super) fn way(&mut self, kind: usize) -> Option<Way> {
        if let Some(way) = self.ways.get(&kind) {
            return Some(way.clone());
        }
        let way = self.find_way(kind)?;
        self.ways.insert(kind, way.clone());
        Some(way)
    }

    fn find_way(&self, kind: usize) -> Option<Way> {
        match &self.plan.request(kind).kind {
            RequestKind::Http(asked) => {
                let (api, found) = routed(&self.plan.apis, asked)?;
                let target = Target {
                    function: found.route.function.clone(),
                    qualifier: found.route.qualifier.clone(),
                    api: Some(self.plan.apis[api].stage(found.route)),
                };
                let through = Through {
                    api,
                    route: found.route.clone(),
                    parameters: found.parameters,
                };
                Some(Way {
                    target,
                    through: Some(Arc::new(through)),
                })
            }
            RequestKind::Invoke(asked) => {
                let own =
                    |deployment: &&crate::plan::Deployment| deployment.function == asked.function;
                let deployed = self.plan.deployments.iter().find(own);
                let deployed = deployed.map(|deployment| deployment.alias.clone());
                Some(Way {
                    target: Target {
                        function: asked.function.clone(),
                        qualifier: asked.qualifier.clone().or(deployed),
                        api: None,
                    },
                    through: None,
                })
            }
        }
    }
}
