package remember_test

import (
	"strconv"
	"sync"
	"testing"

	"github.com/gatehouse-api/gatehouse/guard/authn/remember"
)

func TestTable(t *testing.T) {
	table := remember.New[int](1000)
	for i := range 500 {
		table.Put("token "+strconv.Itoa(i), i)
	}
	found := 0
	for i := range 1000 {
		v := table.Get([]byte("token " + strconv.Itoa(i)))
		if v == nil {
			continue
		}
		if found++; *v != i {
			t.Fatalf("token %d has the value %d", i, *v)
		}
	}
	if found > 500 || found < 450 {
		t.Errorf("%d of 500 are found", found)
	}
	table.Put("token 1", 7)
	if v := table.Get([]byte("token 1")); v == nil || *v != 7 {
		t.Error("the value was not replaced")
	}
	table.Forget("token 1")
	if table.Get([]byte("token 1")) != nil {
		t.Error("it was not forgotten")
	}
}

// TestSmall holds a table of one place to its bound.
func TestSmall(t *testing.T) {
	table := remember.New[int](0)
	for i := range 100 {
		table.Put(strconv.Itoa(i), i)
	}
	found := 0
	for i := range 100 {
		if table.Get([]byte(strconv.Itoa(i))) != nil {
			found++
		}
	}
	if found == 0 || found > 4 {
		t.Errorf("it holds %d", found)
	}
}

func TestRace(t *testing.T) {
	table := remember.New[string](64)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for i := range 2000 {
				text := strconv.Itoa(i % 100)
				if v := table.Get([]byte(text)); v != nil && *v != text {
					t.Error("a text has the value of another one")
				}
				table.Put(text, text)
				if i%10 == 0 {
					table.Forget(text)
				}
			}
		})
	}
	wait.Wait()
}

func BenchmarkGet(b *testing.B) {
	table := remember.New[int](1 << 16)
	keys := make([][]byte, 1<<14)
	for i := range keys {
		keys[i] = []byte("eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUuY29tIiwic3ViIjoiYWxpY2UifQ." + strconv.Itoa(i))
		table.Put(string(keys[i]), i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		table.Get(keys[i&(1<<14-1)])
	}
}
