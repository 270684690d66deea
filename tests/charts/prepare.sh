# A copy of the charts with their dependencies in it, and a Helm that knows nothing
# of the machine's user. Sourced, not run. Needs `root`, `work` and `bin`; sets
# `charts` and `helm`.
export HELM_CACHE_HOME=$work/helm HELM_CONFIG_HOME=$work/helm HELM_DATA_HOME=$work/helm
unset HELM_NAMESPACE HELM_KUBECONTEXT
helm() { "$bin/helm" "$@"; }

charts=$work/charts
cp -R "$root/charts" "$charts" && cp -R "$root/tests/charts/consumer" "$charts/consumer"
find "$charts" -mindepth 2 -maxdepth 2 -name charts -exec rm -rf {} +
for chart in leader-elector leader-elector-demo consumer; do
  helm dependency build "$charts/$chart" >"$work/dependency.log" 2>&1 ||
    { cat "$work/dependency.log"; exit 1; }
done
