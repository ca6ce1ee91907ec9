//! CodeDeploy lifecycle hooks for Lambda that always answer.
