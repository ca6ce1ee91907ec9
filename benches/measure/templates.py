"""Templates and rehearsal files that are made for a measurement."""

import re

from functions import FOLDER
from machine import ROOT

PLACE = FOLDER / "rehearsals"
# How many lines of templates `inspect` reads.
LINES = 9_686
FUNCTION = """  F%:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: {code}
      AutoPublishAlias: live
      DeploymentPreference: {{Type: Canary10Percent5Minutes, Alarms: [!Ref Errors%]}}
      Events: {{Get: {{Type: Api, Properties: {{Path: /f%, Method: GET}}}}}}
  Errors%:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Errors
      Dimensions:
        - {{Name: FunctionName, Value: !Ref F%}}
        - {{Name: Resource, Value: !Sub '${{F%}}:live'}}
        - {{Name: ExecutedVersion, Value: !GetAtt F%.Version.Version}}
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 5
      DatapointsToAlarm: 2
      Threshold: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold
      TreatMissingData: notBreaching
"""


def written(name, text):
    PLACE.mkdir(parents=True, exist_ok=True)
    (PLACE / name).write_text(text)
    return PLACE / name


def healthy(preference="Canary10Percent5Minutes", requests_per_minute=60):
    """The healthy canary of tests/rehearsals, with another preference or other traffic."""
    text = (ROOT / "tests" / "rehearsals" / "healthy.toml").read_text()
    for before, after in (
        ('"../../template.yaml"', f'"{ROOT / "template.yaml"}"'),
        ('"Canary10Percent5Minutes"', f'"{preference}"'),
        ("requests_per_minute = 60\n", f"requests_per_minute = {requests_per_minute}\n"),
    ):
        assert before in text, before
        text = text.replace(before, after)
    return written(f"{preference}-{requests_per_minute}.toml", text)


def canaries(functions, requests_per_minute, minutes_after, code=None):
    """So many functions of their own, each behind a route and with a canary and an alarm: of this code, or without code, answered by the file."""
    template = "AWSTemplateFormatVersion: '2010-09-09'\nTransform: AWS::Serverless-2016-10-31\nResources:\n"
    template += "".join(FUNCTION.format(code=code or "code").replace("%", str(number)) for number in range(functions))
    name = f"{functions}-{requests_per_minute}-{minutes_after}{'' if code else '-stubs'}"
    written(f"{name}.yaml", template)
    builds = "source" if code else "stub"
    text = f'template = "{name}.yaml"\nseed = 7\n[builds]\nold = "{builds}"\nnew = "{builds}"\n'
    text += f"[traffic]\nrequests_per_minute = {requests_per_minute}\nminutes_before = 1\nminutes_after = {minutes_after}\n"
    for number in range(functions):
        text += f'[[traffic.request]]\nmethod = "GET"\npath = "/f{number}"\n'
    return written(f"{name}.toml", text + '[expect]\noutcome = "Succeeded"\n')


def large():
    """The project's own template, its resources again and again under other names, up to so many lines."""
    text = (ROOT / "template.yaml").read_text()
    head, rest = text.split("\nResources:\n", 1)
    resources = rest.split("\nOutputs:\n", 1)[0]
    # The longest first, and with what SAM appends to some.
    names = "|".join(sorted(re.findall(r"(?m)^  (\w+):$", resources), key=len, reverse=True))
    copies = (LINES - head.count("\n") - 3) // (resources.count("\n") + 1)
    found = [re.sub(rf"\b({names})(EventInvokeConfig|Role)?\b", rf"\g<1>N{copy}\g<2>", resources) for copy in range(copies)]
    return written("large.yaml", "\n".join([head, "Resources:", *found, ""]))
