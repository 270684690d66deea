#!/usr/bin/env bash
# Runs a command inside a cluster, with its tools and kubeconfig at hand. Started
# by cluster.sh, never by hand: it must be in the cluster's namespaces already.
set -euo pipefail
export CLUSTER_DIR=$1
cd "$2"
shift 2
export PATH=$CLUSTER_DIR/bin:$PATH KUBECONFIG=$CLUSTER_DIR/admin.kubeconfig
exec "$@"
