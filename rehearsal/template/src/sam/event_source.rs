//! What SAM refuses of events that a mapping of the function polls: of filters, of where failed ones go, and of how a broker, a cluster or a
//! database is reached (SAM translator, `model/eventsources/pull.py`).

use crate::Place;
use crate::text::{Map, Node, NodeKind};

/// The types of events that are polled.
const POLLED: [&str; 7] = [
    "DocumentDB",
    "DynamoDB",
    "Kinesis",
    "MQ",
    "MSK",
    "SelfManagedKafka",
    "SQS",
];

/// Ways to sign in to a Kafka of one's own (`AUTH_MECHANISM`).
const OF_KAFKA: [&str; 7] = [
    "SASL_SCRAM_256_AUTH",
    "SASL_SCRAM_512_AUTH",
    "BASIC_AUTH",
    "CLIENT_CERTIFICATE_TLS_AUTH",
    "OAUTHBEARER_AUTH",
    "IAM_AUTH",
    "IAM_OAUTHBEARER_AUTH",
];
/// Those of them that name no secret (`NON_URI_TYPES`).
const WITHOUT_URI: [&str; 2] = ["IAM_AUTH", "IAM_OAUTHBEARER_AUTH"];
/// What stands beside a sign-in by OAuth (`OAUTH_METADATA_TYPES`).
const OF_OAUTH: [&str; 4] = [
    "OAUTHBEARER_SCOPE",
    "OAUTHBEARER_AUDIENCE",
    "OAUTHBEARER_LOGICAL_CLUSTER",
    "OAUTHBEARER_IDENTITY_POOL",
];

/// Why SAM refuses an event.
pub(super) struct Refused {
    pub(super) reason: String,
    /// What is wrong; `None` where it is missing.
    pub(super) place: Option<Place>,
    /// Whether SAM calls the event by the logical id of what it makes of it.
    pub(super) by_logical_id: bool,
}

impl Refused {
    fn new(reason: impl Into<String>, node: Option<&Node>) -> Self {
        Self {
            reason: reason.into(),
            place: node.map(|node| node.place),
            by_logical_id: false,
        }
    }

    fn by_logical_id(reason: impl Into<String>, node: &Node) -> Self {
        Self {
            by_logical_id: true,
            ..Self::new(reason, Some(node))
        }
    }
}

/// The first reason to refuse an event.
///
/// # Errors
/// That reason.
pub(super) fn check(r#type: &str, event: &Node) -> Result<(), Refused> {
    let Some(r#type) = POLLED.into_iter().find(|polled| *polled == r#type) else {
        return Ok(());
    };
    let event = Event { r#type, event };
    event.check_filters()?;
    if let Some(group) = event.get("ConsumerGroupId")
        && !matches!(r#type, "MSK" | "SelfManagedKafka")
    {
        let reason = format!("Property ConsumerGroupId not defined for resource of type {type}.");
        return Err(Refused::by_logical_id(reason, group));
    }
    event.check_destination()?;
    match r#type {
        "MQ" => event.check_access(&["BASIC_AUTH", "VIRTUAL_HOST"]),
        "DocumentDB" => event.check_access(&["BASIC_AUTH"]),
        "MSK" => event.check_registry(),
        "SelfManagedKafka" => event.check_kafka(),
        _ => Ok(()),
    }
}

/// An event of one type.
struct Event<'n> {
    r#type: &'static str,
    event: &'n Node,
}

impl<'n> Event<'n> {
    fn get(&self, key: &str) -> Option<&'n Node> {
        self.event.get("Properties")?.given(key)
    }

    /// (`_validate_filter_criteria`.)
    fn check_filters(&self) -> Result<(), Refused> {
        let Some(criteria) = self.get("FilterCriteria") else {
            return Ok(());
        };
        let is_right = criteria.as_map().is_none_or(|map| {
            criteria.intrinsic().is_some() || (map.len() == 1 && map.contains_key("Filters"))
        });
        if is_right {
            return Ok(());
        }
        let reason = "FilterCriteria field has a wrong format";
        Err(Refused::new(reason, Some(criteria)))
    }

    /// (`to_cloudformation`.)
    fn check_destination(&self) -> Result<(), Refused> {
        let Some(config) = self.get("DestinationConfig") else {
            return Ok(());
        };
        let Some(failure) = config
            .get("OnFailure")
            .filter(|node| node.as_map().is_some())
        else {
            let reason = "Property 'DestinationConfig.OnFailure' should be a map.";
            return Err(Refused::by_logical_id(reason, config));
        };
        let r#type = failure.given("Type");
        match r#type.map(Node::as_str) {
            None | Some(Some("SQS" | "SNS" | "S3" | "Kafka")) => Ok(()),
            _ => {
                let reason = "The only valid values for 'Type' are 'SQS', 'SNS', 'S3', and 'Kafka'";
                Err(Refused::by_logical_id(reason, failure))
            }
        }
    }

    /// How a broker or a database is reached (`_validate_source_access_configurations`): the first of these types must be there once.
    fn check_access(&self, types: &[&str]) -> Result<(), Refused> {
        let required = types[0];
        let Some(configurations) = self.get("SourceAccessConfigurations") else {
            let reason = format!(
                "No SourceAccessConfigurations for Amazon {} event provided.",
                self.r#type
            );
            return Err(Refused::new(reason, None));
        };
        let Some(items) = configurations.as_list() else {
            let reason = "Provided SourceAccessConfigurations cannot be parsed into a list.";
            return Err(Refused::new(reason, Some(configurations)));
        };
        let mut is_there = false;
        for (index, item) in items.iter().enumerate() {
            let name = format!("SourceAccessConfigurations[{index}]");
            let refuse = |reason: String| Err(Refused::new(reason, Some(item)));
            if item.as_map().is_none() {
                return refuse(format!("Property '{name}' should be a map."));
            }
            let Some(r#type) = item.get("Type").and_then(Node::as_str) else {
                return refuse(format!("Property '{name}.Type' should be a string."));
            };
            if !types.contains(&r#type) {
                return refuse(format!(
                    "Invalid property Type specified in SourceAccessConfigurations. The supported values are: ['{}'].",
                    types.join("', '")
                ));
            }
            if r#type != required {
                continue;
            }
            if is_there {
                return refuse(format!(
                    "Multiple {required} properties specified in SourceAccessConfigurations."
                ));
            }
            if item.get("URI").is_none_or(Node::is_empty) {
                return refuse(format!(
                    "No {required} URI property specified in SourceAccessConfigurations."
                ));
            }
            is_there = true;
        }
        if !is_there {
            let reason = format!("No {required} property specified in SourceAccessConfigurations.");
            return Err(Refused::new(reason, Some(configurations)));
        }
        self.check_key()
    }

    /// (`validate_secrets_manager_kms_key_id`.)
    fn check_key(&self) -> Result<(), Refused> {
        let key = self.get("SecretsManagerKmsKeyId");
        match key.filter(|node| node.as_str().is_none()) {
            None => Ok(()),
            key => {
                let reason = "Property 'SecretsManagerKmsKeyId' should be a string.";
                Err(Refused::new(reason, key))
            }
        }
    }

    /// (`SelfManagedKafka`, `get_policy_statements`.)
    fn check_kafka(&self) -> Result<(), Refused> {
        let needed = |key: &str, reason: &str| {
            let node = self.get(key);
            node.ok_or_else(|| Refused::new(reason, None))
        };
        needed(
            "KafkaBootstrapServers",
            "No KafkaBootstrapServers provided for self managed kafka as an event source",
        )?;
        let topics = needed(
            "Topics",
            "No Topics provided for self managed kafka as an event source",
        )?;
        // An intrinsic function is a map of one.
        if topics.as_list().is_some_and(|topics| topics.len() != 1) {
            let reason = "Topics for self managed kafka only supports single configuration entry.";
            return Err(Refused::new(reason, Some(topics)));
        }
        let configurations = needed(
            "SourceAccessConfigurations",
            "No SourceAccessConfigurations for self managed kafka event provided.",
        )?;
        check_kafka_access(configurations)?;
        self.check_key()?;
        self.check_registry()
    }

    /// (`validate_schema_registry_config`.)
    fn check_registry(&self) -> Result<(), Refused> {
        let Some(registry) = self.get("SchemaRegistryConfig") else {
            return Ok(());
        };
        let refuse = |reason: String| Err(Refused::new(reason, Some(registry)));
        for field in [
            "SchemaRegistryURI",
            "EventRecordFormat",
            "SchemaValidationConfigs",
        ] {
            if registry.get(field).is_none() {
                return refuse(format!(
                    "Missing required field {field} in SchemaRegistryConfig"
                ));
            }
        }
        let format = registry.get("EventRecordFormat").and_then(Node::as_str);
        if !matches!(format, Some("JSON" | "SOURCE")) {
            return refuse(
                "EventRecordFormat in SchemaRegistryConfig must be either 'JSON' or 'SOURCE'"
                    .to_owned(),
            );
        }
        let validations = registry.get("SchemaValidationConfigs");
        if validations.and_then(Node::as_list).is_none() {
            return refuse("SchemaValidationConfigs must be a list".to_owned());
        }
        let Some(access) = registry.given("AccessConfigs") else {
            return Ok(());
        };
        let Some(items) = access.as_list() else {
            return refuse("AccessConfigs in SchemaRegistryConfig must be a list".to_owned());
        };
        let is_whole = |item: &Node| item.get("Type").is_some() && item.get("URI").is_some();
        if items.iter().all(is_whole) {
            return Ok(());
        }
        refuse("Each AccessConfig must be a dict with 'Type' and 'URI' fields".to_owned())
    }
}

/// How a Kafka of one's own is reached (`get_secret_key`).
fn check_kafka_access(configurations: &Node) -> Result<(), Refused> {
    let Some(items) = configurations.as_list() else {
        let reason = "SourceAccessConfigurations for self managed kafka event should be a list.";
        return Err(Refused::new(reason, Some(configurations)));
    };
    let (mut subnet, mut group, mut signs_in) = (false, false, false);
    for item in items {
        let Some(map) = item.as_map() else {
            let reason = "Property 'SourceAccessConfigurations' should be a map.";
            return Err(Refused::new(reason, Some(item)));
        };
        match item.get("Type").and_then(Node::as_str) {
            Some("VPC_SUBNET") => {
                check_uri(item, map, "VPC_SUBNET")?;
                subnet = true;
            }
            Some("VPC_SECURITY_GROUP") => {
                check_uri(item, map, "VPC_SECURITY_GROUP")?;
                group = true;
            }
            Some(r#type) if OF_KAFKA.contains(&r#type) => {
                if signs_in {
                    let reason = "Multiple auth mechanism properties specified in SourceAccessConfigurations for self managed kafka event.";
                    return Err(Refused::new(reason, Some(item)));
                }
                if !WITHOUT_URI.contains(&r#type) {
                    check_uri(item, map, "auth mechanism")?;
                }
                signs_in = true;
            }
            Some(r#type) if OF_OAUTH.contains(&r#type) => check_uri(item, map, r#type)?,
            Some("SERVER_ROOT_CA_CERTIFICATE") => {
                check_uri(item, map, "SERVER_ROOT_CA_CERTIFICATE")?;
            }
            _ => {
                let reason = "Invalid SourceAccessConfigurations Type provided for self managed kafka event.";
                return Err(Refused::new(reason, Some(item)));
            }
        }
    }
    if subnet == group {
        return Ok(());
    }
    let reason = "VPC_SUBNET and VPC_SECURITY_GROUP in SourceAccessConfigurations for SelfManagedKafka must be both provided.";
    Err(Refused::new(reason, Some(configurations)))
}

/// (`validate_uri`.)
fn check_uri(item: &Node, map: &Map, of: &str) -> Result<(), Refused> {
    let uri = map.get("URI").map(|entry| &entry.value);
    let wrong = match uri.filter(|uri| !uri.is_empty()) {
        None => "No",
        Some(uri) if uri.intrinsic().is_some() || matches!(uri.kind, NodeKind::String(_)) => {
            return Ok(());
        }
        Some(_) => "Wrong Type for",
    };
    let reason = format!(
        "{wrong} {of} URI property specified in SourceAccessConfigurations for self managed kafka event."
    );
    Err(Refused::new(reason, Some(item)))
}
