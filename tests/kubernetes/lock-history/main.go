// lock-history reads what candidates of leases said, as operations on a lock
// that hands out growing tokens, and asks porcupine for each lease whether there
// is any order in which a correct lock could have answered so. It is never
// shipped.
//
//	lock-history FILE
//
// Each line is an object with lease, kind (acquire, yes, end), candidate, token,
// and the moments of call and return in nanoseconds. Exit status 1: for one of
// them there is no such order.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"sort"
	"time"

	"github.com/anishathalye/porcupine"
)

type operation struct {
	Lease, Kind, Candidate string
	Token                  int64
	Call, Return           int64
}

// Nobody holds it: no holder. The token is the last one that was handed out.
type lock struct {
	holder string
	token  int64
}

func step(state, input, _ any) (bool, any) {
	held := state.(lock)
	op := input.(operation)
	mine := held.holder == op.Candidate && held.token == op.Token
	switch op.Kind {
	case "acquire":
		return held.holder == "" && op.Token > held.token, lock{op.Candidate, op.Token}
	case "yes":
		return mine, held
	case "end":
		return mine, lock{"", held.token}
	}
	return false, held
}

func read(path string) (map[string][]porcupine.Operation, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	leases := map[string][]porcupine.Operation{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var op operation
		if err := json.Unmarshal(lines.Bytes(), &op); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if op.Return < op.Call {
			return nil, fmt.Errorf("%s: returns before it is called: %s", path, lines.Text())
		}
		leases[op.Lease] = append(leases[op.Lease],
			porcupine.Operation{Input: op, Call: op.Call, Return: op.Return})
	}
	return leases, lines.Err()
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: lock-history FILE")
	}
	leases, err := read(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	if len(leases) == 0 {
		log.Fatalf("%s holds no operation", os.Args[1])
	}
	model := porcupine.Model{Init: func() any { return lock{} }, Step: step}
	names := make([]string, 0, len(leases))
	for name := range leases {
		names = append(names, name)
	}
	sort.Strings(names)
	failed := false
	for _, name := range names {
		verdict := porcupine.CheckOperationsTimeout(model, leases[name], 2*time.Minute)
		word := map[porcupine.CheckResult]string{
			porcupine.Ok:      "linearizable",
			porcupine.Illegal: "not linearizable",
			porcupine.Unknown: "undecided after 2 min"}[verdict]
		fmt.Printf("lease %s: %d operations, %s\n", name, len(leases[name]), word)
		failed = failed || verdict != porcupine.Ok
	}
	if failed {
		os.Exit(1)
	}
}
