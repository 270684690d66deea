"""A Deployment made of examples/ on the cluster, and witnesses of it.

What every test of pods stands on: a namespace of its own that enforces the
restricted Pod Security Standard, examples/rbac.yaml and examples/deployment.yaml
with a witness as the main container, and at the end the judgement of what all
main containers were told.
"""
import os
import pathlib
import unittest

import kube
import witnesses

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
AGENT_IMAGE = os.environ.get("AGENT_IMAGE", "localhost/leader-elector:test")
WITNESS_IMAGE = "localhost/witness:test"

MS = 1_000_000
STOP_MS = 300  # How long a witness goes on after SIGTERM.


def main_of(pod_spec):
    return next(c for c in pod_spec["containers"] if c["name"] == "main")


def sidecar_of(pod_spec):
    return next(c for c in pod_spec["initContainers"]
                if c["name"] == "leader-elector")


class Deployed(unittest.TestCase):
    namespace_prefix = "test"
    count = 0

    def setUp(self):
        type(self).count += 1
        self.namespace = "%s-%d" % (self.namespace_prefix, self.count)
        self.witnesses = witnesses.Witnesses()
        kube.create_restricted_namespace(self.namespace)

    def tearDown(self):
        try:
            start = witnesses.now()
            kube.eventually("all witnesses are heard or dead",
                            lambda: self.witnesses.settled(start))
            self.assertEqual(self.witnesses.violations(), [])
        finally:
            kube.kubectl("delete", "namespace", self.namespace, "--wait=false")
            kube.kubectl("delete", "pods", "--all", "-n", self.namespace,
                         "--force", "--grace-period=0", check=False)

    def deploy(self, replicas=3, stop_ms=STOP_MS, change=None):
        """As apply_example; returns the first leader's pod."""
        self.apply_example(replicas, stop_ms, change)
        return self.wait_for_leader()

    def apply_example(self, replicas, stop_ms=STOP_MS, change=None):
        """Applies the example as a user would, but for the two images."""
        rbac = kube.read_manifests(str(REPOSITORY / "examples/rbac.yaml"))
        deployment, = kube.read_manifests(
            str(REPOSITORY / "examples/deployment.yaml"))
        deployment["spec"]["replicas"] = replicas
        pod = deployment["spec"]["template"]["spec"]
        sidecar_of(pod)["image"] = AGENT_IMAGE
        main = main_of(pod)
        main.update(image=WITNESS_IMAGE, command=["/witness"], args=[], env=[
            {"name": "WITNESS_REPORT_TO", "value": kube.NODE_ADDRESS},
            {"name": "WITNESS_PORT", "value": str(self.witnesses.port)},
            {"name": "WITNESS_STOP_MS", "value": str(stop_ms)},
            {"name": "WITNESS_POD", "valueFrom": {
                "fieldRef": {"fieldPath": "metadata.name"}}}])
        if change:
            change(deployment)
        self.manifests = rbac + [deployment]
        kube.apply(self.manifests, self.namespace)

    def wait_for_leader(self, but=None):
        def found():
            leader = self.witnesses.leader()
            return leader if leader != but else None
        return kube.eventually("a leader", found)

    def wait_for_standbys(self, count=2):
        """Until so many others answer as well: a hand-over needs them."""
        leader = self.wait_for_leader()
        kube.eventually("%d standbys" % count, lambda: sum(
            1 for p in self.witnesses.processes().values()
            if p.ended is None and p.last_status == 503 and
            witnesses.now() - p.last_sign < 1_000 * MS) >= count)
        return leader
