"""What the benchmark scripts share: building, starting and stopping servers, the load tool, and where results go."""

import datetime
import http.client
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

BENCH = Path(__file__).resolve().parent
REPOSITORY = BENCH.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
# The tools and what runs leave behind; `cargo clean` removes it.
SCRATCH = TARGET / "bench"
RESULTS = BENCH / "results"

PASSWORD = "correct horse battery"
# A run is given up when a server takes longer than this to start, or to come to rest.
PATIENCE_SECONDS = 60


class Failure(Exception):
    """What ends a run with a message."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def add_common_arguments(parser):
    parser.add_argument("--profile", default="release",
                        help="the cargo profile to build with: release, which is what is deployed, or trial, which builds "
                             "quickly and says little (default: %(default)s)")
    parser.add_argument("--trial", action="store_true",
                        help="leave the results in target/bench/results instead of infra/bench/results")


def main(measure):
    """Runs a script's `measure`, stops what it started, and reports its failures without a trace."""
    try:
        try:
            measure()
        finally:
            for server in reversed(Server.started):
                server.stop()
    except Failure as failure:
        say(f"failed: {failure}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


# Building


def build(profile, package, binary):
    """Builds one binary by itself, since features unify between packages that are built together; answers its path."""
    say(f"building {binary} ({profile})")
    began = time.monotonic()
    command = ["cargo", "build", "--quiet", "--profile", profile, "--package", package, "--bin", binary]
    if subprocess.run(command, cwd=REPOSITORY).returncode != 0:
        raise Failure(f"{binary} does not build")
    took = time.monotonic() - began
    if took > 5:
        say(f"  took {took:.0f} s")
    return TARGET / ("debug" if profile == "dev" else profile) / binary


# Results


def first_line(*command):
    answer = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    lines = (answer.stdout + answer.stderr).splitlines()
    return lines[0].strip() if lines else ""


def machine():
    """Where and on what the run took place."""
    cpu = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.processor())
    memory_kib = int(next(line for line in Path("/proc/meminfo").read_text().splitlines()
                          if line.startswith("MemTotal:")).split()[1])
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "commit": first_line("git", "rev-parse", "--short=10", "HEAD"),
        "changed": bool(first_line("git", "status", "--porcelain", "--untracked-files=no")),
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gib": round(memory_kib / 1024 / 1024),
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "load_before": round(os.getloadavg()[0], 2),
        "rustc": first_line("rustc", "--version"),
    }


def write_result(name, options, measured, about):
    folder = SCRATCH / "results" if options.trial else RESULTS
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    document = {"machine": about, "profile": options.profile, **measured}
    path.write_text(json.dumps(document, indent=1) + "\n")
    shown = path.relative_to(REPOSITORY) if path.is_relative_to(REPOSITORY) else path
    say(f"wrote {shown}; infra/bench/report makes the tables of docs/BENCHMARKS.md from it")


# Servers


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A process that serves until the script ends. Its output goes to a file of its own."""

    started = []

    def __init__(self, name, command, environment=None, cwd=REPOSITORY):
        self.name = name
        folder = SCRATCH / "run"
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / f"{name}.log"
        variables = {**os.environ, **(environment or {})}
        with open(self.log, "wb") as output:
            self.process = subprocess.Popen([str(word) for word in command], cwd=cwd, env=variables, stdout=output,
                                            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True)
        Server.started.append(self)

    def wait_for_line(self, choose):
        """The first thing that `choose` finds in a line of the output."""
        for _ in self.waiting():
            for line in self.log.read_text(errors="replace").splitlines():
                found = choose(line)
                if found:
                    return found

    def wait_for_port(self, port):
        for _ in self.waiting():
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                continue

    def waiting(self):
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            yield
            time.sleep(0.05)
        raise Failure(f"{self.name} does not start:\n{self.log.read_text(errors='replace')[-2000:]}")

    def processes(self):
        """The process and those it started, which share its session."""
        own = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            except (OSError, IndexError):
                continue
            if int(fields[3]) == self.process.pid:
                own.append((folder, fields))
        return own

    def cpu_seconds(self):
        ticks = sum(int(fields[11]) + int(fields[12]) for _, fields in self.processes())
        return ticks / os.sysconf("SC_CLK_TCK")

    def resident_kib(self):
        """The resident memory of all its processes; what they share is counted once (proportional set size)."""
        total = 0
        for folder, _ in self.processes():
            try:
                lines = (folder / "smaps_rollup").read_text().splitlines()
            except OSError:
                continue
            total += next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
        return total

    def settle(self):
        """Waits until nothing is left to do: what a write set in motion must not be measured with the next flow."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            before = self.cpu_seconds()
            time.sleep(0.5)
            if self.cpu_seconds() - before < 0.03:
                return
        raise Failure(f"{self.name} does not come to rest within {PATIENCE_SECONDS} s")

    def stop(self):
        for sign, patience in ((signal.SIGTERM, 30), (signal.SIGKILL, 5)):
            if self.process.poll() is None:
                os.killpg(self.process.pid, sign)
                try:
                    self.process.wait(patience)
                except subprocess.TimeoutExpired:
                    continue


# Requests, for preparing and for checking


class Client:
    """Sends single requests to one server, each from an address of its own: auth counts attempts for each network."""

    def __init__(self, url):
        self.url = url
        self.authority = url.removeprefix("http://")
        self.sent = 0

    def send(self, method, path, body=None, token=None, content_type="application/json"):
        """The status and the JSON of the answer."""
        self.sent += 1
        source = f"127.{100 + self.sent // 65536 % 100}.{self.sent // 256 % 256}.{1 + self.sent % 254}"
        connection = http.client.HTTPConnection(self.authority, timeout=30, source_address=(source, 0))
        headers = {"content-type": content_type} if body is not None else {}
        if token:
            headers["authorization"] = f"Bearer {token}"
        payload = json.dumps(body) if isinstance(body, dict) else body
        try:
            connection.request(method, path, payload, headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text.decode(errors="replace")

    def expect(self, status, method, path, **details):
        """The JSON of an answer that must have this status."""
        found, answer = self.send(method, path, **details)
        if found != status:
            raise Failure(f"{method} {self.url}{path} answers {found} instead of {status}: {answer}")
        return answer

    def register(self, email):
        body = {"email": email, "password": PASSWORD, "name": "Ada Lovelace"}
        return self.expect(201, "POST", "/api/auth/register", body=body)


def leads_csv(label, count):
    """A file of leads as load.lua makes it."""
    rows = ["email,full name,company,job title,lead status,priority,notes"]
    rows += [f"{label}-{number}@example.com,Grace Hopper {number},COBOL Inc,Admiral,qualified,high,Met at the fair"
             for number in range(count)]
    return "\n".join(rows) + "\n"


# The load


def tools(*options):
    """Installs what the measurements need, in the versions that this repository names."""
    if subprocess.run([BENCH / "tools", *options]).returncode != 0:
        raise Failure("infra/bench/tools failed")


def wrk_version():
    environment = {**os.environ, "LD_LIBRARY_PATH": str(SCRATCH / "wrk" / "lib")}
    answer = subprocess.run([SCRATCH / "wrk" / "bin" / "wrk", "--version"], env=environment, capture_output=True, text=True)
    return "wrk " + answer.stdout.split()[1]


def load(server, url, flow, connections, seconds, data):
    """Drives one flow with wrk after a moment that does not count, in which what is slow only once happens."""
    drive(url, flow, connections, 2, data)
    server.settle()
    measured = drive(url, flow, connections, seconds, data)
    server.settle()
    if not measured["requests"]:
        raise Failure(f"{flow} at {connections} on {url}: no request was answered within {seconds} s")
    say(f"{flow:9} {server.name:13} {connections:3} connections  {measured['per_second']:9.1f}/s  "
        f"p50 {measured['p50_ms']:8.2f} ms  p99 {measured['p99_ms']:8.2f} ms")
    return {"flow": flow, "connections": connections, **measured}


def drive(url, flow, connections, seconds, data):
    """One run of wrk over lines, or what makes them anew for each; fails unless every request is answered well."""
    path = SCRATCH / "run" / "data.txt"
    path.write_text("\n".join(data() if callable(data) else data) + "\n")
    environment = {**os.environ, "LD_PRELOAD": str(SCRATCH / "source_addresses.so"),
                   "LD_LIBRARY_PATH": str(SCRATCH / "wrk" / "lib")}
    command = [SCRATCH / "wrk" / "bin" / "wrk", "--threads", "1", "--connections", str(connections),
               "--duration", f"{seconds}s", "--timeout", "10s", "--script", BENCH / "load.lua", url, "--", flow,
               str(time.monotonic_ns()), path]
    answer = subprocess.run([str(word) for word in command], env=environment, capture_output=True, text=True)
    lines = [line for line in answer.stdout.splitlines() if line.startswith("{")]
    if answer.returncode != 0 or not lines:
        raise Failure(f"wrk failed: {answer.stdout}{answer.stderr}")
    measured = json.loads(lines[-1])
    if measured["errors"]:
        raise Failure(f"{flow} at {connections} on {url}: {measured['errors']} of {measured['requests']} requests failed")
    return measured
