"""kubectl, ctr and the files of the cluster that cluster.sh has brought up.

Knows Kubernetes, not leader elections. Runs inside the cluster's namespaces.
"""
import json
import os
import pathlib
import signal
import subprocess
import time

NODE_ADDRESS = "10.250.0.1"
CLUSTER_DIR = os.environ.get("CLUSTER_DIR", "")


def run(*command, text_in=None, check=True):
    done = subprocess.run(command, input=text_in, capture_output=True,
                          text=True, timeout=120)
    if check and done.returncode != 0:
        raise AssertionError(" ".join(command) + ": " + done.stderr.strip())
    return done


def kubectl(*arguments, text_in=None, check=True):
    return run("kubectl", *arguments, text_in=text_in, check=check).stdout


def get(*arguments):
    return json.loads(kubectl("get", *arguments, "-o", "json"))


def apply(manifests, namespace):
    text = "\n---\n".join(json.dumps(manifest) for manifest in manifests)
    kubectl("apply", "-n", namespace, "-f", "-", text_in=text)


def read_manifests(path):
    """All documents of a YAML file as the API would take them."""
    text = kubectl("create", "--dry-run=client", "--validate=false", "-o",
                   "json", "-f", path)
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(text):
        document, at = decoder.raw_decode(text, at)
        found += document.get("items", [document])
        while at < len(text) and text[at].isspace():
            at += 1
    for document in found:  # The client fills in the caller's namespace.
        document["metadata"].pop("namespace", None)
    return found


def eventually(what, condition, seconds=60):
    """The first true value of condition(); fails after that many seconds."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("not within %d s: %s" % (seconds, what))
        time.sleep(0.05)


def create_restricted_namespace(name):
    apply([{"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": name, "labels": {
                "pod-security.kubernetes.io/enforce": "restricted"}}}], name)
    eventually("a service account in " + name, lambda: kubectl(
        "get", "serviceaccount", "default", "-n", name, check=False))


def text(path):
    return pathlib.Path(path).read_text()


def has_ended(process):
    """Also true for one that nobody has waited for yet."""
    try:
        return text("/proc/%d/cmdline" % process) == ""
    except FileNotFoundError:
        return True


def container_status(pod, container):
    status = pod["status"]
    for one in (status.get("containerStatuses", []) +
                status.get("initContainerStatuses", [])):
        if one["name"] == container:
            return one
    return None


def container_process(namespace, pod, container):
    """The id of a container's first process: we share the PID namespace."""
    status = container_status(get("pod", pod, "-n", namespace), container)
    container_id = status["containerID"].split("//")[1]
    return task_process(container_id)


def task_process(container_id):
    tasks = run("ctr", "--address", CLUSTER_DIR + "/containerd.sock",
                "--namespace", "k8s.io", "tasks", "list").stdout
    for line in tasks.splitlines():
        if line.startswith(container_id):
            return int(line.split()[1])
    raise AssertionError("no process for container " + container_id)


def sandbox_process(process):
    """The first process of the pod that a container's process is in."""
    network = os.readlink("/proc/%d/ns/net" % process)
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == process:
            continue
        try:
            command = text("/proc/%s/cmdline" % entry)
            if ("2147483647" in command and
                    os.readlink("/proc/%s/ns/net" % entry) == network):
                return int(entry)
        except OSError:
            pass  # It has ended.
    raise AssertionError("no pause process beside %d" % process)


def memory_cgroup(process):
    for line in text("/proc/%d/cgroup" % process).splitlines():
        _, controllers, path = line.strip().split(":", 2)
        if controllers == "memory":
            return "/sys/fs/cgroup/memory" + path
        if controllers == "":
            unified = "/sys/fs/cgroup" + path
    return unified


class Kubelet:
    def stop(self):
        process = int(text(CLUSTER_DIR + "/kubelet.id"))
        os.kill(process, signal.SIGKILL)
        eventually("the kubelet ends", lambda: has_ended(process))

    def start(self):
        run("start-kubelet")
