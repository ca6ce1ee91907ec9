//! Reads what a SAM or CloudFormation template means for its deployments.
