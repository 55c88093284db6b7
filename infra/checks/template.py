#!/usr/bin/env python3
"""Checks the SAM template as what it becomes when it is deployed.

Usage: infra/checks/template.py [--help] [--output FILE] [TEMPLATE]

SAM's own validation accepts unknown policies, dangling references and wrong modes, because it looks at the template before it is
expanded. This script expands it as AWS would (aws-sam-translator, without a network) and then lets cfn-lint judge the result. It ends
with 0 only if the expansion succeeds and cfn-lint has nothing to say, not even a warning. Both are installed by infra/checks/tools.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

import yaml
from cfnlint.decode import cfn_yaml
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


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
        if resource["Type"] == "AWS::Serverless::Function" and isinstance(properties.get("CodeUri", "."), str):
            properties["CodeUri"] = "s3://bucket/key"
        # These entries speak to `sam build` alone.
        for name in ("BuildMethod", "BuildProperties"):
            resource.get("Metadata", {}).pop(name, None)
        if resource.get("Metadata") == {}:
            del resource["Metadata"]


def expand(path):
    """The CloudFormation template that the SAM template at `path` stands for."""
    # The translator asks the AWS library for a region to build identifiers with; any will do.
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
    template = read_template(path)
    stand_in_for_packages(template)
    return transform(template, {}, NoManagedPolicies())


def lint(path):
    """Runs cfn-lint on an expanded template; whether it was content."""
    cfn_lint = pathlib.Path(sys.executable).with_name("cfn-lint")
    return subprocess.run([cfn_lint, "--non-zero-exit-code", "informational", "--", path], check=False).returncode == 0


def main():
    """Reads the arguments, expands, checks, and returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("template", nargs="?", type=pathlib.Path, default=REPOSITORY / "template.yaml")
    parser.add_argument(
        "--output",
        type=pathlib.Path,
        default=REPOSITORY / "target" / "expanded-template.json",
        help="where to put the expanded template, whose lines the findings name (default: %(default)s)",
    )
    arguments = parser.parse_args()
    if not arguments.template.is_file():
        parser.error(f"there is no {arguments.template}")

    try:
        expanded = expand(arguments.template)
    except cfn_yaml.CfnParseError as error:
        for match in error.matches:
            print(f"{arguments.template}:{match.linenumber}: {match.message}", file=sys.stderr)
        return 1
    except yaml.YAMLError as error:
        print(f"{arguments.template}: {error}", file=sys.stderr)
        return 1
    except InvalidDocumentException as error:
        for cause in error.causes:
            print(f"{arguments.template}: {cause.message}", file=sys.stderr)
        return 1

    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(expanded, indent=2))
    if not lint(arguments.output):
        return 1
    print(f"{arguments.template}: {len(expanded['Resources'])} resources after expansion, no findings")
    return 0


if __name__ == "__main__":
    sys.exit(main())
