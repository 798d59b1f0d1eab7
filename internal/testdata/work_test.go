package testdata_test

import (
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// TestGrows: work in proportion passes, the square of it does not.
func TestGrows(t *testing.T) {
	var sum uint64
	spin := func(n int) func() {
		return func() {
			for i := range n {
				sum += sum>>3 ^ uint64(i)
			}
		}
	}
	const small = 1_000_000
	if wrong := testdata.Grows(t, 8, spin(small), spin(8*small)); wrong != "" {
		t.Error(wrong)
	}
	many, took := small, time.Duration(0) // a third of a second at least, on any machine
	for took < time.Second/3 {
		many *= 2
		begin := testdata.Work(t)
		spin(many)()
		took = testdata.Work(t) - begin
	}
	if wrong := testdata.Grows(t, 8, spin(small), spin(many)); wrong == "" {
		t.Error("work that grows with the square of its input is not told")
	}
	t.Log(sum)
}
