// client-go-candidate competes for a Lease with client-go's own LeaderElector, as
// the existing sidecars do. Tests put it beside our agent in mixed fleets; it is
// never shipped.
//
// It prints one line a change, stamped with CLOCK_BOOTTIME, so that its terms can
// be compared with ours to the nanosecond:
//
//	leading=1 boottime_ns=912345678901
//	leading=0 boottime_ns=912345678950
//	leader="b" boottime_ns=912345679001
//
// GET / answers {"name":"<holder>"}. SIGTERM and SIGINT stop it; with --release it
// then empties the lease.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

type options struct {
	identity, namespace, lease, kubeconfig, address string
	release                                         bool
	leaseDuration, renewDeadline, retryPeriod       time.Duration
	requestTimeout                                  time.Duration
}

func parseOptions() options {
	var o options
	flag.StringVar(&o.identity, "id", "", "identity to write as the holder (required)")
	flag.StringVar(&o.namespace, "namespace", "default", "namespace of the lease")
	flag.StringVar(&o.lease, "lease", "", "name of the lease (required)")
	flag.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig file; empty: in-cluster")
	flag.StringVar(&o.address, "http", "127.0.0.1:0", "address to answer GET / on; port 0: any")
	flag.BoolVar(&o.release, "release", true, "empty the lease when stopped")
	flag.DurationVar(&o.leaseDuration, "lease-duration", 15*time.Second, "")
	flag.DurationVar(&o.renewDeadline, "renew-deadline", 10*time.Second, "")
	flag.DurationVar(&o.retryPeriod, "retry-period", 2*time.Second, "")
	flag.DurationVar(&o.requestTimeout, "request-timeout", 0, "of each request; 0: none, as client-go's default is")
	flag.Parse()
	if o.identity == "" || o.lease == "" || flag.NArg() != 0 {
		fmt.Fprintln(os.Stderr, "--id and --lease are required, and nothing but flags is taken")
		flag.Usage()
		os.Exit(2)
	}
	return o
}

// report prints one change. A line is one write, so a reader never sees half of it.
func report(format string, args ...any) {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		log.Fatalf("read CLOCK_BOOTTIME: %v", err)
	}
	line := fmt.Sprintf(format, args...)
	fmt.Printf("%s boottime_ns=%d\n", line, t.Nano())
}

// serve answers GET / with the holder last seen.
func serve(address string, holder *atomic.Value) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	report("listening=%q", listener.Addr().String())
	handler := http.NewServeMux()
	handler.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"name": holder.Load()})
	})
	go func() {
		err := http.Serve(listener, handler)
		if !errors.Is(err, net.ErrClosed) {
			log.Fatalf("serve %s: %v", address, err)
		}
	}()
	return nil
}

func run(o options) error {
	config, err := clientcmd.BuildConfigFromFlags("", o.kubeconfig)
	if err != nil {
		return err
	}
	config.UserAgent = "client-go-candidate"
	config.Timeout = o.requestTimeout
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	var holder atomic.Value
	holder.Store("")
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: o.namespace, Name: o.lease},
			Client:     client.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: o.identity},
		},
		LeaseDuration:   o.leaseDuration,
		RenewDeadline:   o.renewDeadline,
		RetryPeriod:     o.retryPeriod,
		ReleaseOnCancel: o.release,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { report("leading=1") },
			OnStoppedLeading: func() { report("leading=0") },
			OnNewLeader: func(name string) {
				holder.Store(name)
				report("leader=%q", name)
			},
		},
	})
	if err != nil {
		return err
	}
	if err := serve(o.address, &holder); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	// Run returns when a term ends; the existing sidecars are then restarted by
	// the kubelet, so competing again is what they do.
	for ctx.Err() == nil {
		elector.Run(ctx)
	}
	return nil
}

func main() {
	if err := run(parseOptions()); err != nil {
		log.Fatal(err)
	}
}
