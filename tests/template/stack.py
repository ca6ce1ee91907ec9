"""What CloudFormation makes of an expanded template for certain parameters: conditions decided, references followed, names known."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Optional, Set

from template import Template

# A region and an account that are nobody's: what is written out instead of referred to differs from them. The stack's name is the
# longest that CloudFormation takes.
REGION = "xx-test-1"
ACCOUNT = "123456789012"
STACK_NAME = "s" * 128
PSEUDO_PARAMETERS = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK_NAME}/51af3dc0-da77-11e4-872e-1234567db123",
    "AWS::StackName": STACK_NAME,
    "AWS::URLSuffix": "amazonaws.com",
}
NO_VALUE = {"Ref": "AWS::NoValue"}

# CloudFormation makes a name up where the template gives none: with an ending that nobody can write out.
MADE_UP = "-1A2B3C4D5E6F"

# The property that names a resource.
NAMED_BY = {
    "AWS::ApiGateway::RestApi": "Name",
    "AWS::ApiGateway::Stage": "StageName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::CodeDeploy::Application": "ApplicationName",
    "AWS::CodeDeploy::DeploymentGroup": "DeploymentGroupName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Alias": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SSM::Parameter": "Name",
}

# How ARNs of a resource type end, after partition, region and account. Source: service authorization reference, "Resource types".
ARNS = {
    "AWS::CloudWatch::Alarm": "cloudwatch:{region}:{account}:alarm:{name}",
    "AWS::DynamoDB::Table": "dynamodb:{region}:{account}:table/{name}",
    "AWS::IAM::Role": "iam::{account}:role/{name}",
    "AWS::Lambda::Function": "lambda:{region}:{account}:function:{name}",
    "AWS::Logs::LogGroup": "logs:{region}:{account}:log-group:{name}:*",
    "AWS::SNS::Topic": "sns:{region}:{account}:{name}",
}

# The number that a deployment gives to a version: any but an earlier one.
VERSION = "2"


class Missing(LookupError):
    """Something that a rule looks at is not in the stack."""


class Stack:
    """An expanded template with its conditions decided: no `Fn::If`, no resource whose condition does not hold.

    `pseudo` has values of pseudo parameters that are others than here.
    """

    def __init__(
        self, expanded: Template, parameters: Optional[Dict[str, str]] = None, pseudo: Optional[Dict[str, str]] = None
    ) -> None:
        self.expanded = expanded
        self.pseudo = {**PSEUDO_PARAMETERS, **(pseudo or {})}
        self.parameters = {name: str(declared.get("Default", "")) for name, declared in expanded.get("Parameters", {}).items()}
        self.parameters.update(parameters or {})
        self._declared = expanded.get("Conditions", {})
        self.conditions = {name: self._holds(condition) for name, condition in self._declared.items()}
        self.template = {section: content for section, content in expanded.items() if section != "Conditions"}
        for section in ("Resources", "Outputs"):
            self.template[section] = self._decided(
                {
                    name: {key: content for key, content in item.items() if key != "Condition"}
                    for name, item in expanded.get(section, {}).items()
                    if "Condition" not in item or self.conditions[item["Condition"]]
                }
            )

    def resources(self, *kinds: str) -> Dict[str, Template]:
        """The resources of some types, by logical id; all where none is given."""
        return {name: resource for name, resource in self.template["Resources"].items() if not kinds or resource["Type"] in kinds}

    def resource(self, logical_id: str) -> Template:
        """One resource. Raises `Missing`."""
        try:
            return self.template["Resources"][logical_id]
        except KeyError:
            raise Missing(f"{logical_id} is not in the stack") from None

    def properties(self, logical_id: str) -> Dict[str, Any]:
        """A resource's properties. Raises `Missing`."""
        return self.resource(logical_id).get("Properties", {})

    def elsewhere(self, **pseudo: str) -> Stack:
        """The same stack where pseudo parameters have other values: `StackId="arn:…"`."""
        return Stack(self.expanded, self.parameters, {f"AWS::{name}": value for name, value in pseudo.items()})

    def environment(self, function: str) -> Dict[str, Any]:
        """The environment variables of a function."""
        return self.properties(function).get("Environment", {}).get("Variables", {})

    # Values.

    def name(self, logical_id: str) -> str:
        """What a resource is called: as the template says, or as CloudFormation makes it up."""
        properties = self.properties(logical_id)
        named_by = NAMED_BY.get(self.resource(logical_id)["Type"], "")
        return self.text(properties[named_by]) if named_by in properties else logical_id + MADE_UP

    def arn(self, logical_id: str) -> str:
        """A resource's ARN."""
        kind, properties = self.resource(logical_id)["Type"], self.properties(logical_id)
        if kind == "AWS::Lambda::Version":
            return f"{self._function_arn(properties)}:{VERSION}"
        if kind == "AWS::Lambda::Alias":
            return f"{self._function_arn(properties)}:{self.name(logical_id)}"
        ending = ARNS.get(kind, logical_id).format(region=REGION, account=ACCOUNT, name=self.name(logical_id))
        return f"arn:{self.pseudo['AWS::Partition']}:{ending}"

    def _function_arn(self, properties: Dict[str, Any]) -> str:
        return self.arn(referred(properties["FunctionName"]))

    def text(self, value: Any) -> str:
        """A value as text, its references and functions evaluated. Raises `Missing` for a reference to nothing."""
        if isinstance(value, bool):
            return str(value).lower()
        if not isinstance(value, dict):
            return str(value)
        ((function, argument),) = value.items()
        if function == "Ref":
            return self._ref(argument)
        if function == "Fn::GetAtt":
            return self._attribute(argument)
        if function == "Fn::Sub":
            text, variables = argument if isinstance(argument, list) else (argument, {})
            return re.sub(r"\$\{(!?)([^}]+)\}", lambda found: self._substitute(found, variables), text)
        if function == "Fn::Join":
            separator, parts = argument
            return separator.join(self.text(part) for part in parts)
        if function == "Fn::Select":
            index, ((_, (separator, text)),) = argument[0], argument[1].items()
            return self.text(text).split(separator)[int(index)]
        if function == "Fn::FindInMap":
            mapping, key, attribute = map(self.text, argument)
            return str(self.template["Mappings"][mapping][key][attribute])
        raise ValueError(f"{function} is not evaluated here")

    def _substitute(self, found: Any, variables: Dict[str, Any]) -> str:
        literal, name = found.groups()
        if literal:
            return "${" + name + "}"
        if name in variables:
            return self.text(variables[name])
        return self._attribute(name) if "." in name else self._ref(name)

    def _ref(self, name: str) -> str:
        for known in (self.pseudo, self.parameters):
            if name in known:
                return known[name]
        by_arn = ("AWS::Lambda::Alias", "AWS::Lambda::Version", "AWS::SNS::Topic")
        # API Gateway makes up an API's id, whatever its name is.
        if self.resource(name)["Type"] == "AWS::ApiGateway::RestApi":
            return name + MADE_UP
        return self.arn(name) if self.resource(name)["Type"] in by_arn else self.name(name)

    def _attribute(self, argument: Any) -> str:
        logical_id, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
        kind = self.resource(logical_id)["Type"]
        if attribute == "Arn":
            return self.arn(logical_id)
        if (kind, attribute) == ("AWS::Lambda::Version", "Version"):
            return VERSION
        if (kind, attribute) == ("AWS::SSM::Parameter", "Value"):
            return self.text(self.properties(logical_id)["Value"])
        return f"{logical_id}.{attribute}"

    # Who waits for whom.

    def references(self, logical_id: str) -> Set[str]:
        """The resources that CloudFormation finishes before it begins with this one."""
        return {name for name in _names(self.resource(logical_id)) if name in self.template["Resources"]}

    def refers_to_nothing(self) -> Dict[str, Set[str]]:
        """What resources and outputs refer to and is not there, by who refers to it."""
        there = {*self.template["Resources"], *self.parameters, *self.pseudo}
        items = {**self.template["Resources"], **self.template["Outputs"]}
        return {name: set(_names(item)) - there for name, item in items.items() if set(_names(item)) - there}

    def waits_for(self, logical_id: str) -> Set[str]:
        """`references` of a resource, of those, and so on."""
        found: Set[str] = set()
        left = [logical_id]
        while left:
            for name in self.references(left.pop()) - found:
                found.add(name)
                left.append(name)
        return found

    def circles(self) -> List[str]:
        """The resources that wait for themselves."""
        return sorted(name for name in self.resources() if name in self.waits_for(name))

    # Conditions.

    def _holds(self, condition: Any) -> bool:
        ((function, argument),) = condition.items()
        if function == "Condition":
            return self._holds(self._declared[argument])
        if function == "Fn::Equals":
            one, other = (self._ref(side["Ref"]) if isinstance(side, dict) else str(side) for side in argument)
            return one == other
        decided = [self._holds(inner) for inner in argument]
        return {"Fn::Not": not decided[0], "Fn::And": all(decided), "Fn::Or": any(decided)}[function]

    def _decided(self, value: Any) -> Any:
        if isinstance(value, list):
            return [item for item in map(self._decided, value) if item != NO_VALUE]
        if not isinstance(value, dict):
            return value
        if set(value) == {"Fn::If"}:
            condition, then, otherwise = value["Fn::If"]
            return self._decided(then if self.conditions[condition] else otherwise)
        decided = {key: self._decided(item) for key, item in value.items()}
        return {key: item for key, item in decided.items() if item != NO_VALUE}


def referred(value: Any) -> str:
    """The logical id that a reference names; the value itself where it is none."""
    if isinstance(value, dict) and "Fn::GetAtt" in value:
        return value["Fn::GetAtt"][0]
    return value["Ref"] if isinstance(value, dict) and "Ref" in value else str(value)


def as_list(one_or_many: Any) -> List[Any]:
    """IAM and DependsOn take one string for a list of one."""
    return one_or_many if isinstance(one_or_many, list) else [one_or_many]


def _names(value: Any) -> Iterator[str]:
    """Whatever a value refers to: resources and parameters."""
    if isinstance(value, list):
        for item in value:
            yield from _names(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "Ref":
                yield item
            elif key == "Fn::GetAtt":
                yield item[0] if isinstance(item, list) else item.split(".", 1)[0]
            elif key == "DependsOn":
                yield from as_list(item)
            else:
                if key == "Fn::Sub":
                    text, variables = item if isinstance(item, list) else (item, {})
                    names = re.findall(r"\$\{([^!}][^}]*)\}", text)
                    yield from (name.split(".", 1)[0] for name in names if name not in variables)
                yield from _names(item)
