# A thin front; the build is CMake's. Every target installs what it lacks.
#
#   make build     the release binary: build/release/agent/leader-elector
#   make demo      three agents, a leader that stops, one that is killed, one frozen
#   make test      unit, scenario, contract and integration tests
#   make test-all  the same and the longer suites
#   make faults    random faults on a real API server; MINUTES=60 SEED=7: longer
#   make cluster-test  pods on a real node; part of test-all
#   make image-test    the image, built twice; part of test-all
#   make bench     the local server under load
#   make chart-test   charts and examples, by Helm and a real kube-apiserver
#   make chart-docs   the charts' README.md from their values
#   make image     a container image by docker, podman or buildah
#   make format    clang-format over our sources
JOBS ?= $(shell nproc)
# WERROR=1: warnings are errors, as in CI.
WERROR ?= $(if $(CI),1,)
CMAKE_FLAGS = -DLEADER_ELECTOR_WERROR=$(if $(WERROR),ON,OFF)
IMAGE ?= leader-elector:dev

.NOTPARALLEL:
.PHONY: build demo test test-all bench image format deps-build deps-test \
	kubernetes configure-% release test-release test-dev test-tsan test-faults \
	test-sim test-spec test-fuzz faults chart-test chart-docs cluster-test image-test

build: deps-build configure-release
	cmake --build build/release -j $(JOBS) --target leader-elector

demo: build
	cmake --build build/release -j $(JOBS) --target leader-elector-demo kube-standin
	build/release/tests/demo/leader-elector-demo

test: test-release test-dev test-tsan

# What takes minutes by itself.
LONG = bench|sim|faults|campaign|night

# The longer suites: every fault on the real API server, by itself and at random,
# client-go beside us, 100,000 simulated elections, the specification, a minute
# for each fuzzer, the charts, the image, pods on a real node. What mostly waits
# and what computes run side by side; BUILT=1: everything is built and installed.
test-all: test
	cmake/install-deps.sh cluster
	cmake/install-deps.sh fuzz
	tests/side_by_side.sh \
	  '$(MAKE) BUILT=1 chart-test test-faults faults cluster-test' \
	  '$(MAKE) BUILT=1 test-sim test-spec test-fuzz image-test'

test-faults: release
	$(CTEST) --test-dir build/release -L faults

# Random faults from a seed. Needs root: networks and control groups of its own.
faults: release
ifdef MINUTES
	build/release/tests/faults/fault_campaign --seed=$(or $(SEED),1) \
	  --minutes=$(MINUTES)
else
	$(CTEST) --test-dir build/release -L campaign --timeout 1500
endif

# With a log of its own: another ctest may run in the same folder.
test-sim: release
	$(CTEST) --test-dir build/release -L sim --timeout 1200 \
	  --output-log build/release/sim.log
test-spec: release
	tests/model/tla/check.sh quick
	tests/model/tla/check.sh traces build/release/tests/sim 20
test-fuzz:
	tests/fuzz/run.sh

# Pods on a real node: kubelet, containerd, scheduler. Needs root.
cluster-test:
	tests/cluster/run.sh
# The image, built twice and looked at. Needs root.
image-test:
	tests/image/run.sh

test-release: release
	$(CTEST) --test-dir build/release -LE '$(LONG)'

ifdef BUILT
release:
else
release: deps-test kubernetes configure-release
	cmake --build build/release -j $(JOBS)
endif

# AddressSanitizer and UndefinedBehaviorSanitizer, the agent included.
test-dev: deps-test kubernetes configure-dev
	cmake --build build/dev -j $(JOBS) --target leader-elector election_test \
	  election_sim scenario_test http_test k8s_test runtime_test claims_test \
	  support_test fuzz_replay conformance_test conformance_cluster_test \
	  integration_test kubernetes_cluster_test faults_test inject_test
	$(CTEST) --test-dir build/dev -L 'unit|scenario|integration'

# ThreadSanitizer: what has threads. Only that is built, so that `unit` stands for
# the unit tests of these programs.
test-tsan: deps-test kubernetes configure-tsan
	cmake --build build/tsan -j $(JOBS) --target leader-elector http_test \
	  k8s_test runtime_test integration_test
	$(CTEST) --test-dir build/tsan -L 'unit|threads'

CTEST = ctest --output-on-failure --no-tests=error -j $(JOBS) --timeout 300

bench: build
	cmake --build build/release -j $(JOBS) --target server_bench
	build/release/tests/bench/server/server_bench

image:
	image/build.sh $(IMAGE)

chart-test: release
	tests/charts/check.sh

chart-docs: deps-test
	$$(tests/charts/tools.sh helm-docs) --chart-search-root charts \
	  --sort-values-order file

format:
	git ls-files '*.cc' '*.h' | xargs clang-format -i

configure-%:
	cmake --preset $* $(CMAKE_FLAGS)

deps-build:
	cmake/install-deps.sh build
deps-test:
	cmake/install-deps.sh test
# The real etcd, kube-apiserver and client-go candidate, in a cache outside the
# checkout: minutes the first time, nothing afterwards.
kubernetes: deps-test
	tests/kubernetes/build.sh
