#!/usr/bin/env python3
"""Checks the SAM template as what it becomes when it is deployed.

Usage: infra/checks/template.py [--help] [--output FOLDER] [STAGE]...

SAM's own validation accepts unknown policies, dangling references and wrong modes, because it looks at the template before it is
expanded. This script expands it as AWS would, for each stage of samconfig.toml with the parameters that it has there: the loops by
cfn-lint's reading of the language extensions, the rest by aws-sam-translator, without a network. Then it lets cfn-lint judge the result.
It ends with 0 only if both stages expand and cfn-lint has nothing to say, not even a warning. Both are installed by infra/checks/tools.
"""

import argparse
import json
import logging
import os
import pathlib
import subprocess
import sys
import tomllib

import yaml
from cfnlint.decode import cfn_yaml
from cfnlint.template import Template
from cfnlint.template.transforms._language_extensions import language_extension
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
TEMPLATE = REPOSITORY / "template.yaml"


class NoManagedPolicies:
    """Stands in for the list of AWS-managed policies, which the translator would fetch from IAM; ours are all written out."""

    def load(self):
        """The list: none."""
        return {}


def read_template(path):
    """The template as plain dictionaries, with the short forms (`!Ref`) written out."""
    return json.loads(json.dumps(cfn_yaml.load(str(path))))


def stand_in_for_packages(template):
    """Points each function's code at a made-up object, as `sam package` would after building it."""
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            properties["CodeUri"] = "s3://bucket/key"


class ExpansionError(Exception):
    """The loops of the template cannot be unrolled."""


def look_up(node, mappings, parameters):
    """`node` with what `Fn::FindInMap` finds by a parameter; unrolling would take any of the mapping's values."""
    if isinstance(node, list):
        return [look_up(item, mappings, parameters) for item in node]
    if not isinstance(node, dict):
        return node
    if list(node) == ["Fn::FindInMap"]:
        mapping, key, name = node["Fn::FindInMap"]
        if isinstance(key, dict) and key.get("Ref") in parameters:
            return mappings[mapping][parameters[key["Ref"]]][name]
    return {key: look_up(value, mappings, parameters) for key, value in node.items()}


def unroll(template, parameters):
    """The template without its loops (Fn::ForEach) and mappings; the other language extensions stay, which cfn-lint knows."""
    template["Resources"] = look_up(template["Resources"], template["Mappings"], parameters)
    findings, unrolled = language_extension(Template(str(TEMPLATE), template))
    if findings:
        raise ExpansionError("; ".join(finding.message for finding in findings))
    # Everything in them has been looked up, so that cfn-lint would find them unused.
    del unrolled["Mappings"]
    return json.loads(json.dumps({**unrolled, "Transform": "AWS::Serverless-2016-10-31"}))


def expand(parameters):
    """The CloudFormation template that the SAM template stands for with these parameters."""
    # What the translator counts of itself is nobody's concern here.
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    # It asks the AWS library for a region to build identifiers with; any will do.
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
    template = unroll(read_template(TEMPLATE), parameters)
    stand_in_for_packages(template)
    expanded = transform(template, parameters, NoManagedPolicies())
    return {"Transform": "AWS::LanguageExtensions", **expanded}


def lint(path, parameters):
    """Runs cfn-lint on an expanded template; whether it was content."""
    cfn_lint = pathlib.Path(sys.executable).with_name("cfn-lint")
    given = [f"{name}={value}" for name, value in parameters.items()]
    command = [cfn_lint, "--non-zero-exit-code", "informational", "--parameters", *given, "--", path]
    return subprocess.run(command, check=False).returncode == 0


def check(stage, parameters, folder):
    """Expands and lints the template for one stage; whether that went well."""
    try:
        expanded = expand(parameters)
    except cfn_yaml.CfnParseError as error:
        for match in error.matches:
            print(f"{TEMPLATE}:{match.linenumber}: {match.message}", file=sys.stderr)
        return False
    except (yaml.YAMLError, ExpansionError) as error:
        print(f"{TEMPLATE}: {error}", file=sys.stderr)
        return False
    except InvalidDocumentException as error:
        for cause in error.causes:
            print(f"{TEMPLATE}: {cause.message}", file=sys.stderr)
        return False
    output = folder / f"template-{stage}.json"
    output.write_text(json.dumps(expanded, indent=2))
    if not lint(output, parameters):
        return False
    print(f"{TEMPLATE.name} for {stage}: {len(expanded['Resources'])} resources after expansion, no findings")
    return True


def main():
    """Reads the arguments, expands, checks, and returns the exit code."""
    configuration = tomllib.loads((REPOSITORY / "samconfig.toml").read_text())
    stages = {
        name: dict(entry.split("=", 1) for entry in table["deploy"]["parameters"]["parameter_overrides"])
        for name, table in configuration.items()
        if isinstance(table, dict)
    }
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", metavar="STAGE", nargs="*", help="the stages to check (default: all of samconfig.toml)")
    parser.add_argument(
        "--output",
        type=pathlib.Path,
        default=REPOSITORY / "target" / "expanded",
        help="where to put the expanded templates, whose lines the findings name (default: %(default)s)",
    )
    arguments = parser.parse_args()
    for stage in arguments.stages:
        if stage not in stages:
            parser.error(f"samconfig.toml has no stage {stage}, only {', '.join(stages)}")
    arguments.output.mkdir(parents=True, exist_ok=True)
    outcomes = [check(stage, stages[stage], arguments.output) for stage in arguments.stages or stages]
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
