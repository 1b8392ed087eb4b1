"""Watches over one host: tells its containers when EC2 takes it back, drains it when a GPU is broken, and powers it
off when it has nothing to run and nobody else has ended it. Needs Python 3.9 alone, which cloud-init brings along."""
import argparse
import datetime
import glob
import hashlib
import hmac
import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request

TASK_LABEL = "com.amazonaws.ecs.task-arn"
TIMEOUT_SECONDS = 5
# Broken until the GPU is reset or replaced, by the immediate action in NVIDIA's catalogue of Xid errors; what a program
# causes by itself (13, 31, 43, 45) is not among them.
BROKEN_GPU = {46, 48, 62, 64, 74, 79, 95, 110, 119, 120, 136, 140, 143, 155, 156, 158}
XID = re.compile(r"NVRM: Xid \([^)]*\): (\d+)")


class Unreachable(Exception):
    """Whoever was asked did not answer."""


def ask(url, method="GET", headers=None, body=None):
    """Text of the answer; None where there is nothing at this address."""
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise Unreachable(f"{method} {url}: {error.code} {error.read().decode(errors='replace')[:300]}")
    except (OSError, ValueError) as error:
        raise Unreachable(f"{method} {url}: {error}")


class Metadata:
    """The instance's metadata, which demand a token."""

    TOKEN_SECONDS = 21600

    def __init__(self, url):
        self.url = url
        self.token, self.until = "", 0.0

    def get(self, path):
        if time.monotonic() > self.until:
            wanted = {"X-aws-ec2-metadata-token-ttl-seconds": str(self.TOKEN_SECONDS)}
            self.token = ask(f"{self.url}/latest/api/token", "PUT", wanted) or ""
            self.until = time.monotonic() + self.TOKEN_SECONDS / 2
        return ask(f"{self.url}/latest/{path}", headers={"X-aws-ec2-metadata-token": self.token})

    def interruption(self):
        """What EC2 is about to do with this spot host: `terminate`, `stop`, `hibernate`, or None."""
        told = self.get("meta-data/spot/instance-action")
        return None if told is None else json.loads(told)["action"]

    def region(self):
        return self.get("meta-data/placement/region")

    def credentials(self):
        folder = "meta-data/iam/security-credentials/"
        role = (self.get(folder) or "").split("\n")[0]
        return json.loads(self.get(folder + role) or "{}")


class Cluster:
    """This host in ECS. The agent on it knows who it is."""

    def __init__(self, metadata, agent_url, endpoint):
        self.metadata, self.agent_url, self.endpoint = metadata, agent_url, endpoint

    def look(self):
        """(status, tasks that run or are about to)."""
        found = self.call("DescribeContainerInstances")["containerInstances"]
        if not found:
            raise Unreachable("ECS does not know this host")
        return found[0]["status"], found[0]["runningTasksCount"] + found[0]["pendingTasksCount"]

    def set_status(self, status):
        self.call("UpdateContainerInstancesState", status=status)

    def call(self, operation, **fields):
        me = json.loads(ask(f"{self.agent_url}/v1/metadata") or "{}")
        if not me.get("ContainerInstanceArn"):
            raise Unreachable("the ECS agent has not joined its cluster")
        fields = {"cluster": me["Cluster"], "containerInstances": [me["ContainerInstanceArn"]], **fields}
        return json.loads(self.post(operation, json.dumps(fields).encode()) or "{}")

    def post(self, operation, body):
        region, credentials = self.metadata.region(), self.metadata.credentials()
        url = self.endpoint.replace("{region}", region or "")
        headers = {
            "content-type": "application/x-amz-json-1.1",
            "host": url.split("/")[2],
            "x-amz-date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ"),
            "x-amz-security-token": credentials.get("Token", ""),
            "x-amz-target": f"AmazonEC2ContainerServiceV20141113.{operation}",
        }
        headers["authorization"] = authorization(headers, body, region, credentials)
        return ask(url, "POST", headers, body)


def authorization(headers, body, region, credentials):
    """AWS Signature Version 4 of a POST to `/` of ECS."""
    names = ";".join(sorted(headers))
    listed = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"POST\n/\n\n{listed}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    moment = headers["x-amz-date"]
    scope = f"{moment[:8]}/{region}/ecs/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = ("AWS4" + credentials.get("SecretAccessKey", "")).encode()
    for part in (moment[:8], region or "", "ecs", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    identity = credentials.get("AccessKeyId", "")
    return f"AWS4-HMAC-SHA256 Credential={identity}/{scope}, SignedHeaders={names}, Signature={signature}"


def run(*command):
    """Output of a program; None when it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
        return done.stdout
    except (OSError, subprocess.SubprocessError) as error:
        print(f"{command[0]}: {error}", flush=True)
        return None


def containers():
    """Ids of the containers that ECS has started and that still run; None when Docker does not say."""
    listed = run("docker", "ps", "--quiet", "--filter", f"label={TASK_LABEL}")
    return None if listed is None else listed.split()


class KernelLog:
    """What the kernel has said since the boot, and says from now on."""

    RECORD_BYTES = 8192

    def __init__(self, path):
        self.file = os.open(path, os.O_RDONLY | os.O_NONBLOCK) if os.path.exists(path) else None

    def lines(self):
        while self.file is not None:
            try:
                record = os.read(self.file, self.RECORD_BYTES)
            except BlockingIOError:
                return
            except OSError:  # A record that was overwritten before it was read.
                continue
            if not record:
                return
            yield record.decode(errors="replace")


class Gpus:
    """GPUs of this host: those on its bus, and those that its driver has."""

    NVIDIA = "0x10de"
    # VGA and 3D controllers; switches between GPUs are bridges.
    CLASSES = ("0x0300", "0x0302")
    LIMIT_SECONDS = 60

    def __init__(self, devices, every):
        self.devices, self.every = devices, every
        self.counting, self.since, self.next, self.before = None, 0.0, 0.0, 0

    def missing(self):
        """How many do not answer, twice in a row. It never waits: the driver of a broken one may hang."""
        now = time.monotonic()
        if self.counting is None:
            if now >= self.next and self.on_bus() > 0:
                self.next, self.since = now + self.every, now
                self.counting = start("nvidia-smi", "--list-gpus")
            return 0
        if self.counting.poll() is None:
            if now - self.since > self.LIMIT_SECONDS:
                self.counting.kill()
            return 0
        listed, _ = self.counting.communicate()
        self.counting = None
        missing = self.on_bus() - len(re.findall(r"^GPU \d+:", listed, re.MULTILINE))
        before, self.before = self.before, missing
        return min(before, missing)

    def on_bus(self):
        found = glob.glob(os.path.join(glob.escape(self.devices), "*"))
        return sum(self.is_gpu(device) for device in found)

    def is_gpu(self, device):
        vendor, kind = (read(os.path.join(device, name)) for name in ("vendor", "class"))
        return vendor == self.NVIDIA and kind.startswith(self.CLASSES)


def start(*command):
    """A program that runs beside this one; None where there is no such program."""
    try:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except OSError as error:
        print(f"{command[0]}: {error}", flush=True)
        return None


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""


class Watch:
    """What is done about this host; `look` is called every few seconds."""

    def __init__(self, metadata, cluster, kernel, gpus, options):
        self.metadata, self.cluster, self.kernel, self.gpus, self.options = metadata, cluster, kernel, gpus, options
        self.empty_since = time.monotonic()
        self.is_going = False
        self.must_drain = False

    def look(self):
        """True when the host is to be powered off."""
        self.mind_interruption()
        self.mind_gpus()
        if self.must_drain:
            self.drain()
        return self.has_nothing_to_do()

    def mind_interruption(self):
        if self.is_going:
            return
        try:
            action = self.metadata.interruption()
        except Unreachable as error:
            print(error, flush=True)
            return
        if action is None:
            return
        print(f"EC2 is about to {action} this host: its containers are told to hand back what they run", flush=True)
        self.is_going = self.must_drain = True
        # ECS lets standalone tasks run on a host that drains.
        running = containers()
        if running:
            run("docker", "kill", "--signal", "TERM", *running)

    def mind_gpus(self):
        for line in self.kernel.lines():
            if BROKEN_GPU.isdisjoint(int(code) for code in XID.findall(line)):
                continue
            print(f"a GPU is broken: {line.strip()}", flush=True)
            self.is_going = self.must_drain = True
        missing = 0 if self.is_going else self.gpus.missing()
        if missing > 0:
            print(f"{missing} of {self.gpus.on_bus()} GPUs do not answer", flush=True)
            self.is_going = self.must_drain = True

    def drain(self):
        try:
            self.cluster.set_status("DRAINING")
            self.must_drain = False
        except Unreachable as error:
            print(error, flush=True)  # Again with the next look.

    def has_nothing_to_do(self):
        now = time.monotonic()
        if containers():
            self.empty_since = now
            return False
        empty = now - self.empty_since
        if empty < (0 if self.is_going else self.options.window):
            return False
        try:
            return self.is_proved_empty()
        except Unreachable as error:
            print(error, flush=True)
            return empty >= 2 * self.options.window and not containers()

    def is_proved_empty(self):
        """Two looks while nothing can be placed on it: a task may be on its way."""
        status, tasks = self.cluster.look()
        if tasks == 0:
            self.cluster.set_status("DRAINING")
            if self.stays_empty():
                return True
            if status == "ACTIVE" and not self.is_going:
                self.cluster.set_status("ACTIVE")
        self.empty_since = time.monotonic()
        return False

    def stays_empty(self):
        for _ in range(2):
            time.sleep(self.options.recheck)
            _, tasks = self.cluster.look()
            if tasks > 0:
                return False
        return True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--window", type=float, default=300, help="seconds without containers before it powers off")
    parser.add_argument("--every", type=float, default=2, help="seconds between looks")
    parser.add_argument("--recheck", type=float, default=5, help="seconds between the looks that prove it empty")
    parser.add_argument("--metadata", default="http://169.254.169.254")
    parser.add_argument("--agent", default="http://127.0.0.1:51678", help="introspection of the ECS agent")
    parser.add_argument("--ecs", default="https://ecs.{region}.amazonaws.com/", help="endpoint of ECS")
    parser.add_argument("--kernel-log", default="/dev/kmsg")
    parser.add_argument("--devices", default="/sys/bus/pci/devices")
    parser.add_argument("--count-gpus", type=float, default=60, help="seconds between counts of GPUs")
    options = parser.parse_args()
    metadata = Metadata(options.metadata)
    cluster = Cluster(metadata, options.agent, options.ecs)
    gpus = Gpus(options.devices, options.count_gpus)
    watch = Watch(metadata, cluster, KernelLog(options.kernel_log), gpus, options)
    while not watch.look():
        time.sleep(options.every)
    print("nothing runs here: powering off, which ends the instance", flush=True)
    run("shutdown", "--poweroff", "now")


if __name__ == "__main__":
    main()
