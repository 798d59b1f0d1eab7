package checkpoint

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

func TestCosign(t *testing.T) {
	s, v := makeLog(t)
	w, wv := makeWitness(t)
	a, b, c := tlog.RecordHash([]byte("a")), tlog.RecordHash([]byte("b")), tlog.RecordHash([]byte("c"))
	sign := func(size int64, root tlog.Hash) []byte {
		text, err := Checkpoint{"gate.example/n1", size, root}.Sign(s)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	empty, one, two, other := sign(0, tlog.Hash{1}), sign(1, a), sign(2, tlog.NodeHash(a, b)), sign(2, tlog.NodeHash(c, b))
	elsewhere, _ := NewSigner("gate.example/n1", key('x'))
	stranger, _ := Checkpoint{"gate.example/n1", 2, tlog.NodeHash(a, b)}.Sign(elsewhere)
	for _, test := range []struct {
		name       string
		last, text []byte
		proof      []tlog.Hash
		fork, bad  bool
	}{
		{name: "first", text: two},
		{name: "after-nothing", last: empty, text: two},
		{name: "goes-on", last: one, text: two, proof: []tlog.Hash{b}},
		{name: "same", last: two, text: two},
		{name: "cut", last: two, text: one, fork: true},
		{name: "other-entries", last: two, text: other, fork: true},
		{name: "rewritten", last: one, text: other, proof: []tlog.Hash{b}, fork: true},
		{name: "no-proof", last: one, text: two, fork: true},
		{name: "a-stranger", last: one, text: stranger, proof: []tlog.Hash{b}, bad: true},
		{name: "a-state-of-another-log", last: stranger, text: two, bad: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Cosign(test.last, test.text, test.proof, v, w)
			if errors.Is(err, ErrFork) != test.fork || (err != nil) != (test.fork || test.bad) {
				t.Fatalf("%v", err)
			}
			if err != nil {
				return
			}
			if _, err := Open(got, v, wv); err != nil {
				t.Error(err)
			}
			if again, err := Cosign(got, got, nil, v, w); err != nil || strings.Count(string(again), "witness.example/w1") == 0 {
				t.Errorf("what was cosigned is not cosigned again: %v", err)
			}
		})
	}
}
