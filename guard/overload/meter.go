package overload

import (
	"bytes"
	"math"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"time"
)

// Names of runtime/metrics.
const (
	schedLatencies = "/sched/latencies:seconds"
	memoryTotal    = "/memory/classes/total:bytes"
	memoryReleased = "/memory/classes/heap/released:bytes"
	memoryFree     = "/memory/classes/heap/free:bytes"
)

// system is the meter of this program.
type system struct {
	samples []metrics.Sample // in the order of the names
	before  []uint64         // counts of the histogram
	bound   int64
}

func newMeter() meter {
	s := &system{samples: []metrics.Sample{{Name: schedLatencies}, {Name: memoryTotal}, {Name: memoryReleased}, {Name: memoryFree}}}
	s.bound = memoryBound(os.ReadFile)
	s.wait()
	return s
}

// wait implements meter.
func (s *system) wait() time.Duration {
	metrics.Read(s.samples)
	v := s.samples[0].Value
	if v.Kind() != metrics.KindFloat64Histogram {
		return 0
	}
	h := v.Float64Histogram()
	if len(s.before) != len(h.Counts) {
		s.before = append([]uint64(nil), h.Counts...)
		return 0
	}
	all := uint64(0)
	for i, n := range h.Counts {
		s.before[i], all = n-s.before[i], all+n-s.before[i]
	}
	half := middle(h.Buckets, s.before, all)
	copy(s.before, h.Counts)
	return half
}

// middle is the lower end of the bucket that has the middle one of all: what is
// seldom counted, as by a program that idles, says nothing.
func middle(buckets []float64, counts []uint64, all uint64) time.Duration {
	const fewest = 50
	if all < fewest {
		return 0
	}
	seen := uint64(0)
	for i, n := range counts {
		if seen += n; seen*2 >= all {
			if low := buckets[i]; low > 0 && !math.IsInf(low, 0) {
				return time.Duration(low * float64(time.Second))
			}
			break
		}
	}
	return 0
}

// memory implements meter. What the program has of the system and does not use
// at the moment is not in use: it would not go back for a while after a burst.
// The samples are those of the last wait, but for collections in between.
func (s *system) memory() (used, bound int64) {
	metrics.Read(s.samples[1:])
	value := func(i int) int64 {
		if s.samples[i].Value.Kind() != metrics.KindUint64 {
			return 0
		}
		return int64(s.samples[i].Value.Uint64())
	}
	return value(1) - value(2) - value(3), s.bound
}

// memoryBound is the memory that this program may have: the least of what its
// control groups allow, of GOMEMLIMIT and of what the machine has; 0 when none of
// them can be read.
func memoryBound(read func(string) ([]byte, error)) int64 {
	bound := debug.SetMemoryLimit(-1)
	own := int64(math.MaxInt64)
	for _, dir := range groups(read) {
		own = min(own, number(read, dir+"/memory.max")) // control groups, version 2
	}
	own = min(own, number(read, "/sys/fs/cgroup/memory/memory.limit_in_bytes")) // version 1
	if bound = min(bound, own, machine(read)); bound == math.MaxInt64 {
		return 0
	}
	return bound
}

// groups are the folders of the control group of this process and of those above.
func groups(read func(string) ([]byte, error)) (list []string) {
	const root = "/sys/fs/cgroup"
	list = []string{root}
	text, err := read("/proc/self/cgroup")
	if err != nil {
		return list
	}
	for line := range bytes.Lines(text) {
		path, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("0::/"))
		if !ok {
			continue
		}
		at := root
		for name := range bytes.SplitSeq(path, []byte{'/'}) {
			if len(name) == 0 || string(name) == ".." {
				continue
			}
			at += "/" + string(name)
			list = append(list, at)
		}
	}
	return list
}

// number reads one; the most there is when there is none, as in "max".
func number(read func(string) ([]byte, error), name string) int64 {
	text, err := read(name)
	if err != nil {
		return math.MaxInt64
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
	if err != nil || n <= 0 {
		return math.MaxInt64
	}
	return n
}

// machine is how much memory the machine has.
func machine(read func(string) ([]byte, error)) int64 {
	text, err := read("/proc/meminfo")
	if err != nil {
		return math.MaxInt64
	}
	for line := range bytes.Lines(text) {
		fields := bytes.Fields(line)
		if len(fields) < 2 || string(fields[0]) != "MemTotal:" {
			continue
		}
		if kib, err := strconv.ParseInt(string(fields[1]), 10, 64); err == nil && kib > 0 && kib < 1<<50 {
			return kib << 10
		}
	}
	return math.MaxInt64
}
