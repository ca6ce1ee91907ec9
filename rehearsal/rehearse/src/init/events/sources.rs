//! What invokes a function beside APIs, by the resources that name it or its alias, and the event of each.

use rehearsal_template::stack::Resource;
use rehearsal_template::{Stack, Value as Resolved};
use serde_json::Value;

use super::target::Target;
use super::{Event, MadeUp, cognito, forms, input, rule};

/// The events of what invokes a function.
pub fn of(stack: &Stack, function: &str) -> Vec<Event> {
    let target = Target::new(stack, function);
    let names_it = |resource: &&Resource| target.is_referred_to_by(resource);
    let is_permission = |resource: &&Resource| resource.r#type == "AWS::Lambda::Permission";
    let all = stack.resources.iter().filter(names_it);
    let (permissions, senders): (Vec<_>, Vec<_>) = all.partition(is_permission);
    let senders = senders.into_iter();
    let mut events: Vec<Event> = senders
        .flat_map(|resource| of_resource(stack, resource, &target))
        .collect();
    for resource in permissions {
        // Most permit what is named already.
        let mut permitted = Source { stack, resource }.permitted(&target);
        permitted.retain(|event| events.iter().all(|known| known.what != event.what));
        events.extend(permitted);
    }
    events
}

fn of_resource(stack: &Stack, resource: &Resource, target: &Target<'_>) -> Vec<Event> {
    let source = Source { stack, resource };
    match resource.r#type.as_str() {
        // What SAM makes for a topic's queue names no source; its subscription does.
        "AWS::Lambda::EventSourceMapping" if source.is_of_subscription() => Vec::new(),
        "AWS::Lambda::EventSourceMapping" => vec![source.mapping()],
        "AWS::SNS::Subscription" => vec![source.subscription()],
        _ => of_sender(stack, resource, target),
    }
}

/// What a resource sends by itself.
fn of_sender(stack: &Stack, resource: &Resource, target: &Target<'_>) -> Vec<Event> {
    let (inputs, source) = (&stack.inputs, Source { stack, resource });
    let id = resource.logical_id.as_str();
    match resource.r#type.as_str() {
        "AWS::SNS::Topic" => {
            let name = source.text("TopicName");
            let arn = inputs.account().arn("sns", name.as_deref().unwrap_or(id));
            vec![Event::of_form(
                "a message of the topic",
                id,
                forms::sns(inputs, &arn),
            )]
        }
        "AWS::S3::Bucket" => source.bucket(target),
        "AWS::Events::Rule" => rule::of_rule(stack, resource, target),
        "AWS::Scheduler::Schedule" => vec![rule::of_schedule(stack, resource)],
        "AWS::Logs::SubscriptionFilter" => {
            let group = source.text("LogGroupName");
            let event = forms::logs(inputs, group.as_deref().unwrap_or("rehearsal"), id);
            vec![Event::of_form("log lines of the filter", id, event)]
        }
        "AWS::Cognito::UserPool" => source.triggers(target),
        "AWS::IoT::TopicRule" => {
            let what = format!("a message of the rule {id}");
            vec![Event::unknown(what, id, MadeUp::Whole)]
        }
        _ => Vec::new(),
    }
}

/// What says which source a mapping polls, in CloudFormation and in SAM's events.
const OF_SOURCE: [&str; 5] = ["EventSourceArn", "Queue", "Stream", "Broker", "Cluster"];

/// A resource of a stack, as what sends events, or says which do.
#[derive(Clone, Copy)]
struct Source<'s> {
    stack: &'s Stack,
    resource: &'s Resource,
}

impl<'s> Source<'s> {
    fn property(self, name: &str) -> Option<&'s Resolved> {
        Some(&self.resource.properties.get(name)?.value)
    }

    fn text(self, name: &str) -> Option<String> {
        self.property(name)?.to_text()
    }

    /// The resources that one of these properties refers to.
    fn referred(self, properties: &[&str]) -> Vec<&'s Resource> {
        let properties = properties.iter();
        let properties = properties.filter_map(|name| self.resource.properties.get(name));
        let ids = properties.flat_map(|property| &property.references);
        ids.filter_map(|id| self.stack.resource(id)).collect()
    }

    /// What a permission lets in, where the sender itself does not name the function: its notifications are set elsewhere, or cannot be.
    fn permitted(self, target: &Target<'_>) -> Vec<Event> {
        if self.text("Principal").as_deref() == Some("alexa-appkit.amazon.com") {
            let skill = self.text("EventSourceToken");
            let event = forms::alexa(skill.as_deref().unwrap_or("amzn1.ask.skill.rehearsal"));
            let of = self.resource.logical_id.as_str();
            return vec![Event::of_form("a request of the skill of", of, event)];
        }
        let senders = self.referred(&["SourceArn"]).into_iter();
        senders
            .flat_map(|sender| of_sender(self.stack, sender, target))
            .collect()
    }

    fn subscription(self) -> Event {
        let inputs = &self.stack.inputs;
        let topics = self.referred(&["TopicArn", "Topic"]);
        let id = topics
            .first()
            .map_or(&self.resource.logical_id, |topic| &topic.logical_id);
        let arn = ["TopicArn", "Topic"]
            .into_iter()
            .find_map(|name| self.text(name));
        let arn = arn.filter(|arn| arn.starts_with("arn:"));
        let arn = arn.unwrap_or_else(|| inputs.account().arn("sns", id));
        // SAM has the topic send to a queue, and the queue to the function.
        let through = self.property("SqsSubscription");
        let is_through = |through: &Resolved| {
            through.as_map().is_some() || through.to_text().is_some_and(|text| text == "true")
        };
        let event = if through.is_some_and(is_through) {
            let queue = inputs
                .account()
                .arn("sqs", &format!("{}Queue", self.resource.logical_id));
            let body = forms::notification(inputs, &arn, false).to_string();
            forms::sqs(inputs, &queue, &body)
        } else {
            forms::sns(inputs, &arn)
        };
        Event::of_form("a message of the topic", id, event)
    }

    fn bucket(self, target: &Target<'_>) -> Vec<Event> {
        let id = self.resource.logical_id.as_str();
        let inputs = &self.stack.inputs;
        let name = self.text("BucketName");
        let name = name.unwrap_or_else(|| format!("{}-{id}", inputs.stack_name).to_lowercase());
        let configurations = self.property("NotificationConfiguration");
        let configurations =
            configurations.and_then(|all| all.get("LambdaConfigurations")?.as_list());
        let own = configurations.into_iter().flatten();
        let mut own = own
            .filter(|one| target.is_named_by(one.get("Function")))
            .peekable();
        let what = "a new object in the bucket";
        if own.peek().is_none() {
            let event = forms::s3(inputs, &name, "s3:ObjectCreated:*", "key");
            return vec![Event::of_form(what, id, event)];
        }
        own.map(|one| {
            let change = one.get("Event").and_then(Resolved::to_text);
            let change = change.unwrap_or_else(|| "s3:ObjectCreated:*".to_owned());
            let what = if change.starts_with("s3:ObjectCreated") {
                what
            } else {
                "a change of an object in the bucket"
            };
            Event::of_form(what, id, forms::s3(inputs, &name, &change, &key_for(one)))
        })
        .collect()
    }

    fn triggers(self, target: &Target<'_>) -> Vec<Event> {
        let id = self.resource.logical_id.as_str();
        let config = self.property("LambdaConfig").and_then(Resolved::as_map);
        let config = config.into_iter().flat_map(|config| config.iter());
        let own = config.filter_map(|(trigger, value)| {
            let is_own = match value.as_map() {
                Some(_) => target.is_named_by(Some(value.get("LambdaArn")?)),
                None => trigger != "KMSKeyID" && target.is_named_by(Some(value)),
            };
            is_own.then_some((trigger, value))
        });
        own.map(|(trigger, value)| {
            let what = format!("the trigger {trigger} of the user pool {id}");
            let version = value.get("LambdaVersion").and_then(Resolved::to_text);
            let of = format!("{trigger} of {id}");
            match cognito::event(&self.stack.inputs, trigger, version.as_deref()) {
                Some(event) => Event {
                    what,
                    of,
                    payload: event,
                    made_up: MadeUp::Content,
                },
                None => Event::unknown(what, &of, MadeUp::Whole),
            }
        })
        .collect()
    }

    /// Whether a mapping is of a queue that SAM puts between a topic and the function.
    fn is_of_subscription(self) -> bool {
        self.resource.generated && self.resource.properties.len() == 1
    }

    /// What an event source mapping polls.
    fn mapping(self) -> Event {
        let inputs = &self.stack.inputs;
        let source = self.referred(&OF_SOURCE).into_iter().next();
        let id = source.map_or(&self.resource.logical_id, |source| &source.logical_id);
        let given = OF_SOURCE.into_iter().find_map(|name| self.text(name));
        let given = given.filter(|arn| arn.starts_with("arn:"));
        let service = self.service(source, given.as_deref());
        let arn = |service: &str, resource: &str| {
            let made = || inputs.account().arn(service, resource);
            given.clone().unwrap_or_else(made)
        };
        let first = |property: &str| {
            let items = self.property(property).and_then(Resolved::as_list);
            items?.first()?.to_text()
        };
        let (what, mut event) = match service {
            Some("sqs") => (
                "a message of the queue",
                forms::sqs(inputs, &arn("sqs", id), forms::BODY),
            ),
            Some("dynamodb") => {
                let mut tables = self.stack.tables.iter();
                let table = tables.find(|table| table.logical_id == *id);
                let create = table.and_then(|table| table.create_table.known_value());
                let arn = arn(
                    "dynamodb",
                    &format!("table/{id}/stream/2026-01-01T00:00:00.000"),
                );
                (
                    "a change of the table",
                    forms::dynamodb(inputs, &arn, create),
                )
            }
            Some("kinesis") => {
                let arn = arn("kinesis", &format!("stream/{id}"));
                (
                    "a record of the stream",
                    forms::kinesis(inputs, &arn, forms::BODY),
                )
            }
            Some("kafka") => {
                let is_own = self.property("SelfManagedEventSource").is_some()
                    || self.property("KafkaBootstrapServers").is_some();
                let arn = (!is_own).then(|| arn("kafka", &format!("cluster/{id}")));
                let topic = first("Topics").unwrap_or_else(|| "topic".to_owned());
                (
                    "a message of the Kafka",
                    forms::kafka(arn.as_deref(), &topic),
                )
            }
            Some("mq") => {
                let arn = arn("mq", &format!("broker:{id}:b-1"));
                let queue = first("Queues").unwrap_or_else(|| "queue".to_owned());
                let event = if self.is_rabbit(source) {
                    forms::rabbit_mq(&arn, &queue)
                } else {
                    forms::active_mq(&arn, &queue)
                };
                ("a message of the broker", event)
            }
            Some("rds") => {
                let of = |name: &str| {
                    let config = self.property("DocumentDBEventSourceConfig");
                    let given = config.and_then(|config| config.get(name)?.to_text());
                    given
                        .or_else(|| self.text(name))
                        .unwrap_or_else(|| "rehearsal".to_owned())
                };
                let arn = arn("rds", &format!("cluster:{id}"));
                let event = forms::documentdb(&arn, &of("DatabaseName"), &of("CollectionName"));
                ("a change of the database", event)
            }
            _ => {
                let what = format!("what {id} polls");
                return Event::unknown(what, id, MadeUp::Whole);
            }
        };
        let is_taken = self.passes_filter(&mut event);
        let mut event = Event::of_form(what, id, event);
        if !is_taken {
            event.made_up = MadeUp::Match;
        }
        event
    }

    /// The service that a mapping polls: by what it refers to, by the ARN, or by what only one of them has.
    fn service(self, source: Option<&Resource>, arn: Option<&str>) -> Option<&'static str> {
        const SERVICES: [&str; 6] = ["sqs", "dynamodb", "kinesis", "kafka", "mq", "rds"];
        let has = |names: &[&str]| names.iter().any(|name| self.property(name).is_some());
        let of_type = source.and_then(|source| match source.r#type.as_str() {
            "AWS::SQS::Queue" => Some("sqs"),
            "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable" => Some("dynamodb"),
            "AWS::Kinesis::Stream" | "AWS::Kinesis::StreamConsumer" => Some("kinesis"),
            "AWS::MSK::Cluster" | "AWS::MSK::ServerlessCluster" => Some("kafka"),
            "AWS::AmazonMQ::Broker" => Some("mq"),
            "AWS::DocDB::DBCluster" => Some("rds"),
            _ => None,
        });
        let named = arn.and_then(|arn| arn.split(':').nth(2));
        let named = SERVICES.into_iter().find(|service| Some(*service) == named);
        of_type.or(named).or_else(|| {
            if has(&["Queue"]) {
                Some("sqs")
            } else if has(&["Broker", "Queues"]) {
                Some("mq")
            } else if has(&["SelfManagedEventSource", "KafkaBootstrapServers", "Topics"]) {
                Some("kafka")
            } else {
                has(&["Cluster", "DocumentDBEventSourceConfig"]).then_some("rds")
            }
        })
    }

    /// Whether a broker is of `RabbitMQ`: its engine, or that it has virtual hosts.
    fn is_rabbit(self, broker: Option<&Resource>) -> bool {
        let engine = broker.and_then(|broker| broker.properties.get("EngineType"));
        let engine = engine.and_then(|engine| engine.value.to_text());
        let accesses = self
            .property("SourceAccessConfigurations")
            .and_then(Resolved::as_list);
        let mut types = accesses
            .into_iter()
            .flatten()
            .filter_map(|one| one.get("Type")?.to_text());
        engine.is_some_and(|engine| engine.eq_ignore_ascii_case("rabbitmq"))
            || types.any(|r#type| r#type == "VIRTUAL_HOST")
    }

    /// Changes a record so that the mapping's first filter takes it; whether it does.
    fn passes_filter(self, event: &mut Value) -> bool {
        let filters = self.property("FilterCriteria");
        let filters = filters.and_then(|filters| filters.get("Filters")?.as_list());
        let Some(first) = filters.and_then(<[_]>::first) else {
            return true;
        };
        let wanted = first.get("Pattern").and_then(Resolved::to_text);
        let wanted = wanted.and_then(|text| input::json(&text));
        match (wanted, event.pointer_mut("/Records/0")) {
            (Some(wanted), Some(record)) => forms::filtered(record, &wanted),
            _ => false,
        }
    }
}

/// A key that the filter of a bucket's notification takes.
fn key_for(configuration: &Resolved) -> String {
    let rules = configuration
        .get("Filter")
        .and_then(|filter| filter.get("S3Key")?.get("Rules")?.as_list());
    let part = |name: &str| {
        let mut rules = rules.into_iter().flatten();
        let rule = rules.find(|rule| {
            let of = rule.get("Name").and_then(Resolved::as_str);
            of.is_some_and(|of| of.eq_ignore_ascii_case(name))
        });
        rule.and_then(|rule| rule.get("Value")?.to_text())
            .unwrap_or_default()
    };
    format!("{}key{}", part("prefix"), part("suffix"))
}

#[cfg(test)]
mod tests;
