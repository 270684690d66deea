"""What the agent's pod may do on a real cluster, asked of the API server.

The manifests are those of examples/; the namespace enforces the restricted Pod
Security Standard. Names are looked up by a name server of the test.
"""
import base64
import glob
import json
import pathlib
import unittest

import deployed
import kube
import name_server

NAMES = {"kubernetes.default.svc.cluster.local": "10.96.0.1"}


def claims_of(token):
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


class SecurityTest(deployed.Deployed):
    namespace_prefix = "safe"

    def token_in(self, pod):
        """What the kubelet has put into the pod."""
        uid = kube.get("pod", pod, "-n", self.namespace)["metadata"]["uid"]
        path, = glob.glob("%s/kubelet/pods/%s/volumes/kubernetes.io~projected/"
                          "kube-api-access-*/token" % (kube.CLUSTER_DIR, uid))
        return pathlib.Path(path).read_text()

    def rules_of(self, user):
        review = {"apiVersion": "authorization.k8s.io/v1",
                  "kind": "SelfSubjectRulesReview",
                  "spec": {"namespace": self.namespace}}
        answer = kube.kubectl(
            "create", "--raw",
            "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", "-f", "-",
            "--as", user, "--as-group", "system:serviceaccounts",
            "--as-group", "system:authenticated", text_in=json.dumps(review))
        return [{key: sorted(values) for key, values in rule.items()}
                for rule in json.loads(answer)["status"]["resourceRules"]]

    def test_the_account_may_do_what_the_role_says_and_nothing_else(self):
        self.deploy(replicas=1)
        name = "system:serviceaccount:%s:" % self.namespace
        everybody = self.rules_of(name + "default")
        ours = [rule for rule in self.rules_of(name + "web")
                if rule not in everybody]
        self.assertEqual(ours, [{
            "apiGroups": ["coordination.k8s.io"], "resources": ["leases"],
            "resourceNames": ["web"],
            "verbs": ["create", "get", "update", "watch"]}])
        # What is in `everybody` is about oneself alone.
        for rule in everybody:
            self.assertLessEqual(set(rule["apiGroups"]), {
                "authorization.k8s.io", "authentication.k8s.io"})

    def test_another_lease_and_other_verbs_are_refused(self):
        self.deploy(replicas=1)
        user = "system:serviceaccount:%s:web" % self.namespace
        def may(*what):
            return kube.kubectl("auth", "can-i", *what, "--as", user, "-n",
                                self.namespace, check=False).strip()
        self.assertEqual(may("update", "lease/web"), "yes")
        for refused in (["update", "lease/other"], ["get", "lease/other"],
                        ["list", "leases"], ["delete", "lease/web"],
                        ["patch", "lease/web"], ["get", "secrets"],
                        ["get", "pods"]):
            self.assertEqual(may(*refused), "no", refused)

    def test_the_token_is_for_the_api_server_and_an_hour(self):
        leader = self.deploy(replicas=1)
        claims = claims_of(self.token_in(leader))
        self.assertEqual(claims["aud"],
                         ["https://kubernetes.default.svc"])
        self.assertLessEqual(claims["exp"] - claims["iat"], 365 * 86400)
        # The kubelet asks for an hour and replaces it; the API server stretches
        # that to a year for clients that never read it again, and says so.
        self.assertLessEqual(
            claims["kubernetes.io"]["warnafter"] - claims["iat"], 3607)
        self.assertEqual(claims["kubernetes.io"]["pod"]["name"], leader)

    def test_the_token_ends_with_its_pod(self):
        leader = self.deploy(replicas=1)
        review = {"apiVersion": "authentication.k8s.io/v1",
                  "kind": "TokenReview",
                  "spec": {"token": self.token_in(leader)}}
        def authenticated():
            return json.loads(kube.kubectl(
                "create", "-o", "json", "-f", "-", text_in=json.dumps(review)
            ))["status"].get("authenticated", False)
        self.assertTrue(authenticated())
        kube.kubectl("delete", "pod", leader, "-n", self.namespace)
        kube.eventually("the token is refused", lambda: not authenticated())

    def test_the_namespace_refuses_what_is_not_restricted(self):
        """Or else the other tests would show nothing about it."""
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bad"},
               "spec": {"hostNetwork": True, "containers": [
                   {"name": "main", "image": deployed.WITNESS_IMAGE}]}}
        with self.assertRaisesRegex(AssertionError, "violates PodSecurity"):
            kube.apply([pod], self.namespace)

    def test_the_nodes_network_is_refused(self):
        """Another replica's sidecar could answer on the node's loopback."""
        kube.kubectl("label", "namespace", self.namespace,
                     "pod-security.kubernetes.io/enforce-")

        def on_the_node(deployment):
            deployment["spec"]["template"]["spec"]["hostNetwork"] = True
        self.apply_example(replicas=1, change=on_the_node)

        def refused():
            for pod in kube.get("pods", "-n", self.namespace)["items"]:
                status = kube.container_status(pod, "leader-elector") or {}
                for state in ("state", "lastState"):
                    ended = status.get(state, {}).get("terminated")
                    if ended:
                        return pod["metadata"]["name"], ended["exitCode"]
            return None
        pod, code = kube.eventually("the sidecar ends", refused)
        self.assertEqual(code, 2)
        self.assertIn("hostNetwork", kube.kubectl(
            "logs", pod, "-c", "leader-elector", "-n", self.namespace))
        self.assertEqual(self.witnesses.processes(), {})

    def test_the_api_server_may_be_named(self):
        """The image has no shell and no resolver files; names work in it."""
        server = name_server.NameServer(kube.NODE_ADDRESS, NAMES)
        account = "/var/run/secrets/kubernetes.io/serviceaccount/"
        kubeconfig = {
            "apiVersion": "v1", "kind": "Config", "current-context": "named",
            "clusters": [{"name": "named", "cluster": {
                "server": "https://kubernetes.default.svc",
                "certificate-authority": account + "ca.crt"}}],
            "users": [{"name": "pod",
                       "user": {"tokenFile": account + "token"}}],
            "contexts": [{"name": "named", "context": {
                "cluster": "named", "user": "pod",
                "namespace": self.namespace}}]}
        kube.apply([{"apiVersion": "v1", "kind": "ConfigMap",
                     "metadata": {"name": "named"},
                     "data": {"config": json.dumps(kubeconfig)}}],
                   self.namespace)

        def by_name(deployment):
            pod = deployment["spec"]["template"]["spec"]
            sidecar = deployed.sidecar_of(pod)
            sidecar["args"].append("--kubeconfig=/named/config")
            sidecar["volumeMounts"] = [{"name": "named",
                                        "mountPath": "/named"}]
            pod["volumes"] = [{"name": "named", "configMap": {"name": "named"}}]
        self.deploy(replicas=1, change=by_name)
        self.assertIn("kubernetes.default.svc.cluster.local", server.asked)


if __name__ == "__main__":
    unittest.main(verbosity=2)
