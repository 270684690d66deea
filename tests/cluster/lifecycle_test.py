"""What happens to a leading pod on a real node, and who leads next.

Each test does one thing to a Deployment made of examples/deployment.yaml and
examples/rbac.yaml, with a witness as its main container, in a namespace that
enforces the restricted Pod Security Standard (deployed.py). It then looks at what the main
containers were told. At the end of each one nobody may have led beside another
for one nanosecond, and no main container may have met a sidecar that does not
answer yet. Prints the table of docs/LIFECYCLE.md.
"""
import json
import os
import signal
import subprocess
import sys
import unittest

import deployed
import kube
import witnesses
from deployed import MS, STOP_MS

NEXT_AGENT_IMAGE = deployed.AGENT_IMAGE.replace(":test", ":next")

# What a hand-over takes, from the end of the old main container to the next
# yes. How quick it is depends on the machine and is printed; a lease that was
# not released is waited out for 12 s and more.
EVERY_HAND_OVER_MS = 8_000
HAND_OVERS_MS = []
TABLE = []


def row(what, told, gap_ns):
    gap = "nobody else" if gap_ns is None else "%.3f s" % (gap_ns / 1e9)
    TABLE.append((what, told, gap))
    print("  %s: %s" % (what, gap), flush=True)


class LifecycleTest(deployed.Deployed):
    namespace_prefix = "life"

    def next_term(self, after, but):
        return kube.eventually(
            "another leader", lambda: self.witnesses.term_after(after, but))

    def ended(self, pod):
        """The main container of that pod, once it has ended."""
        def found():
            process = self.witnesses.process_of(pod)
            return process if process.ended else None
        return kube.eventually(pod + " ends", found)

    def expect_hand_over(self, what, leader, before):
        """From the end of the leader's main container to the next yes."""
        old = self.ended(leader)
        new = self.next_term(before, leader)
        self.assertGreaterEqual(old.ended - old.asked_to_stop, STOP_MS * MS)
        self.expect_quick([new.first_yes - old.ended])
        row(what, "leads until it has ended", new.first_yes - old.ended)

    def expect_quick(self, gaps):
        HAND_OVERS_MS.extend(gap / MS for gap in gaps)
        self.assertLess(max(gaps) / MS, EVERY_HAND_OVER_MS)

    def expect_crash(self, what, leader, before, told=None):
        """A leader that says no good-bye: the others wait for its lease."""
        new = self.next_term(before, leader)
        gap = new.first_yes - before
        # The last renewal was seen up to a retry period (2 s) before.
        self.assertGreater(gap, 12_000 * MS)
        self.assertLess(gap, 20_000 * MS)
        row(what, told or self.told(leader, before), gap)

    def told(self, pod, before):
        """When and how its main container heard of it, in words."""
        received, status = kube.eventually(
            "main is told", lambda: self.witnesses.first_change(pod, before))
        self.assertNotEqual(status, 200)
        self.assertLess(received - before, 5_000 * MS)
        return "%s after %.3f s" % (status or "no answer",
                                    (received - before) / 1e9)

    def expect_same_leader(self, what, told, leader):
        terms = {(t.pod, t.token) for t in self.witnesses.terms()}
        self.assertEqual(len(terms), 1, terms)
        self.assertEqual(self.wait_for_leader(), leader)
        row(what, told, None)

    @classmethod
    def tearDownClass(cls):
        print("hand-overs in ms: %s; %.1f programs wanted each processor" %
              (["%.0f" % ms for ms in sorted(HAND_OVERS_MS)],
               os.getloadavg()[0] / os.cpu_count()))

    # What people do.

    def test_a_main_container_starts_after_its_sidecar_answers(self):
        self.deploy()
        self.wait_for_standbys()
        for process in self.witnesses.processes().values():
            self.assertIn(process.first_status, (200, 503))

    def test_delete(self):
        self.deploy()
        leader = self.wait_for_standbys()
        before = witnesses.now()
        kube.kubectl("delete", "pod", leader, "-n", self.namespace,
                     "--wait=false")
        self.expect_hand_over("`kubectl delete pod` of the leader", leader,
                              before)

    def test_evict(self):
        self.deploy()
        leader = self.wait_for_standbys()
        before = witnesses.now()
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction",
                    "metadata": {"name": leader,
                                 "namespace": self.namespace}}
        kube.kubectl("create", "--raw", "/api/v1/namespaces/%s/pods/%s/eviction"
                     % (self.namespace, leader), "-f", "-",
                     text_in=json.dumps(eviction))
        self.expect_hand_over("the leader is evicted", leader, before)

    def roll(self, what):
        """Waits for a rollout and measures each hand-over of it."""
        kube.kubectl("rollout", "status", "deployment/web", "-n",
                     self.namespace, "--timeout=100s")
        kube.eventually("old pods are gone", lambda: len(
            kube.get("pods", "-n", self.namespace)["items"]) == 3)
        self.wait_for_leader()
        pods = []
        for term in self.witnesses.terms():
            if not pods or pods[-1].pod != term.pod:
                pods.append(term)
        self.assertGreater(len(pods), 1)
        gaps = []
        for old, new in zip(pods, pods[1:]):
            ended = self.ended(old.pod)
            self.assertGreaterEqual(ended.ended - ended.asked_to_stop,
                                    STOP_MS * MS)
            gaps.append(new.first_yes - ended.ended)
        self.expect_quick(gaps)
        row("%s, longest of %d hand-over(s)" % (what, len(gaps)),
            "leads until it has ended", max(gaps))

    def test_rollout_restart(self):
        self.deploy()
        self.wait_for_standbys()
        kube.kubectl("rollout", "restart", "deployment/web", "-n",
                     self.namespace)
        self.roll("`kubectl rollout restart`")

    def test_image_upgrade(self):
        self.deploy()
        self.wait_for_standbys()
        kube.kubectl("set", "image", "deployment/web",
                     "leader-elector=" + NEXT_AGENT_IMAGE, "-n",
                     self.namespace)
        self.roll("another image of the sidecar")

    def test_scale_to_zero_and_back(self):
        self.deploy()
        self.wait_for_standbys()
        kube.kubectl("scale", "deployment/web", "--replicas=0", "-n",
                     self.namespace)
        kube.eventually("no pod is left", lambda: not kube.get(
            "pods", "-n", self.namespace)["items"])
        lease = kube.get("lease", "web", "-n", self.namespace)
        self.assertFalse(lease["spec"].get("holderIdentity"))
        before = witnesses.now()
        kube.kubectl("scale", "deployment/web", "--replicas=3", "-n",
                     self.namespace)
        new = self.next_term(before, None)
        # A released lease is free: nothing is waited out.
        first = min(p.started for p in self.witnesses.processes().values()
                    if p.started > before)
        self.assertLess((new.first_yes - first) / MS, EVERY_HAND_OVER_MS)
        row("scaled to zero, and back: from the first main container's start",
            "leads until it has ended", new.first_yes - first)

    def test_uninstall_leaves_the_lease_only(self):
        self.deploy()
        self.wait_for_standbys()
        for manifest in self.manifests:
            kube.kubectl("delete", "-n", self.namespace, "-f", "-",
                         text_in=json.dumps(manifest))
        left = ["deployments", "replicasets", "pods", "roles", "rolebindings",
                "configmaps", "secrets", "endpointslices", "leases"]
        def names():
            return {line for line in kube.kubectl(
                "get", ",".join(left), "-n", self.namespace, "-o",
                "name").split() if "kube-root-ca.crt" not in line}
        only = {"lease.coordination.k8s.io/web"}
        kube.eventually("everything else is gone", lambda: names() == only)
        kube.kubectl("delete", "lease", "web", "-n", self.namespace)
        self.assertEqual(names(), set())

    # What goes wrong.

    def kill(self, pod, container):
        """Returns the time just before."""
        process = kube.container_process(self.namespace, pod, container)
        before = witnesses.now()
        os.kill(process, signal.SIGKILL)
        return before

    def test_sidecar_killed(self):
        self.deploy()
        leader = self.wait_for_standbys()
        before = self.kill(leader, "leader-elector")
        self.expect_crash("the leader's sidecar is killed", leader, before)

    def test_sidecar_out_of_memory(self):
        self.deploy()
        leader = self.wait_for_standbys()
        process = kube.container_process(self.namespace, leader,
                                         "leader-elector")
        before = witnesses.now()
        self.exhaust_memory_of(process)
        kube.eventually("it restarts", lambda: kube.container_status(
            kube.get("pod", leader, "-n", self.namespace),
            "leader-elector")["restartCount"] == 1)
        self.expect_crash("the leader's sidecar is out of memory", leader,
                          before)

    def exhaust_memory_of(self, process):
        """A guest in its cgroup takes all; the kernel kills the likelier."""
        cgroup = kube.memory_cgroup(process)
        subprocess.run(
            ["sh", "-c", "echo $$ > %s/cgroup.procs; "
             "exec tail /dev/zero" % cgroup], check=False,
            stderr=subprocess.DEVNULL, timeout=60)
        kube.eventually("the sidecar is killed",
                        lambda: kube.has_ended(process), 10)

    def test_main_killed(self):
        self.deploy()
        leader = self.wait_for_standbys()
        self.kill(leader, "main")
        self.wait_for_restart_of_main(leader)
        self.expect_same_leader("the leader's main container is killed",
                                "200, when it asks again", leader)

    def test_main_out_of_memory(self):
        self.deploy()
        leader = self.wait_for_standbys()
        os.kill(kube.container_process(self.namespace, leader, "main"),
                signal.SIGUSR1)
        self.wait_for_restart_of_main(leader)
        status = kube.container_status(
            kube.get("pod", leader, "-n", self.namespace), "main")
        self.assertEqual(status["lastState"]["terminated"]["reason"],
                         "OOMKilled")
        self.expect_same_leader(
            "the leader's main container is out of memory",
            "200, when it asks again", leader)

    def wait_for_restart_of_main(self, pod):
        kube.eventually("main runs again", lambda: sum(
            1 for name, _ in self.witnesses.processes() if name == pod) == 2)

    def test_pod_killed(self):
        """Every process of it, the pause container too: as a node's crash."""
        self.deploy()
        leader = self.wait_for_standbys()
        main = kube.container_process(self.namespace, leader, "main")
        sidecar = kube.container_process(self.namespace, leader,
                                         "leader-elector")
        pause = kube.sandbox_process(main)
        before = witnesses.now()
        for process in (main, sidecar, pause):
            os.kill(process, signal.SIGKILL)
        self.expect_crash("every process of the leading pod is killed", leader,
                          before, "nothing: it is gone")

    def test_kubelet_stopped_and_back(self):
        self.deploy()
        leader = self.wait_for_standbys()
        kubelet = kube.Kubelet()
        kubelet.stop()
        try:
            end = witnesses.now() + 20_000 * MS
            kube.eventually("20 s", lambda: witnesses.now() > end)
        finally:
            kubelet.start()
        kube.eventually("the node is ready", lambda: any(
            c["type"] == "Ready" and c["status"] == "True"
            for c in kube.get("node", "node1")["status"]["conditions"]))
        self.expect_same_leader("the kubelet is stopped for 20 s, and back",
                                "nothing", leader)
        for pod in kube.get("pods", "-n", self.namespace)["items"]:
            for status in (pod["status"]["containerStatuses"] +
                           pod["status"]["initContainerStatuses"]):
                self.assertEqual(status["restartCount"], 0, status["name"])

    def test_liveness_restarts_a_frozen_sidecar(self):
        self.deploy()
        leader = self.wait_for_standbys()
        process = kube.container_process(self.namespace, leader,
                                         "leader-elector")
        before = witnesses.now()
        os.kill(process, signal.SIGSTOP)
        self.expect_crash("the leader's sidecar is frozen (SIGSTOP)", leader,
                          before)
        kube.eventually("the probe has it restarted", lambda: (
            kube.container_status(
                kube.get("pod", leader, "-n", self.namespace),
                "leader-elector")["restartCount"] == 1), 90)

    def test_grace_period_expires(self):
        """main goes on after SIGTERM until the kubelet kills it."""
        grace = 4

        def shorten(deployment):
            pod = deployment["spec"]["template"]["spec"]
            pod["terminationGracePeriodSeconds"] = grace
        self.deploy(stop_ms=-1, change=shorten)
        leader = self.wait_for_standbys()
        before = witnesses.now()
        kube.kubectl("delete", "pod", leader, "-n", self.namespace,
                     "--wait=false")
        new = self.next_term(before, leader)
        old = self.witnesses.process_of(leader)
        self.assertGreater(old.last_sign - old.asked_to_stop,
                           (grace - 1) * 1_000 * MS)
        self.assertGreater(new.first_yes, old.last_sign)
        row("main ignores SIGTERM for all of its %d s of grace: from its last "
            "sign of life" % grace, "leads until it is killed",
            new.first_yes - old.last_sign)


def print_table():
    print("\n| What happens | The main container is told | Nobody leads for |")
    print("|---|---|---|")
    for line in TABLE:
        print("| %s | %s | %s |" % line)


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=2)
    print_table()
    sys.exit(0 if program.result.wasSuccessful() else 1)
