package otlp

import (
	"math"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/encoding/protowire"
)

// cumulative is AGGREGATION_TEMPORALITY_CUMULATIVE.
const cumulative = 2

// appendFamily appends what Prometheus is shown of one metric as
// ScopeMetrics.metrics, under the same name, and says how many points it has.
func appendFamily(b []byte, f *dto.MetricFamily, start, now time.Time) ([]byte, int) {
	m := family{start: uint64(start.UnixNano()), now: uint64(now.UnixNano())}
	b, at := open(b, 2)                                     // ScopeMetrics.metrics
	b = addText(addText(b, 1, f.GetName()), 2, f.GetHelp()) // name, description
	b = addText(b, 3, unitOf(f.GetName()))                  // unit
	var data int
	switch f.GetType() {
	case dto.MetricType_COUNTER:
		b, data = open(b, 7) // sum
		for _, p := range f.Metric {
			b = m.number(b, p, p.GetCounter().GetValue())
		}
		b = shut(addNumber(addNumber(b, 2, cumulative), 3, 1), data) // aggregation_temporality, is_monotonic
	case dto.MetricType_HISTOGRAM:
		b, data = open(b, 9) // histogram
		for _, p := range f.Metric {
			b = m.histogram(b, p)
		}
		b = shut(addNumber(b, 2, cumulative), data) // aggregation_temporality
	case dto.MetricType_SUMMARY:
		b, data = open(b, 11) // summary
		for _, p := range f.Metric {
			b = m.summary(b, p)
		}
		b = shut(b, data)
	default:
		b, data = open(b, 5) // gauge
		for _, p := range f.Metric {
			v := p.GetGauge().GetValue()
			if p.Untyped != nil {
				v = p.Untyped.GetValue()
			}
			b = m.number(b, p, v)
		}
		b = shut(b, data)
	}
	return shut(b, at), len(f.Metric)
}

// unitOf is what the end of a name says, in words of UCUM.
func unitOf(name string) string {
	switch name = strings.TrimSuffix(name, "_total"); {
	case strings.HasSuffix(name, "_seconds"):
		return "s"
	case strings.HasSuffix(name, "_bytes"):
		return "By"
	}
	return ""
}

// family has the times of all its points.
type family struct{ start, now uint64 }

func (m *family) point(b []byte) (begun []byte, at int) {
	b, at = open(b, 1)                                         // data_points
	return addFixed64(addFixed64(b, 2, m.start), 3, m.now), at // start_time_unix_nano, time_unix_nano
}

func labels(b []byte, n protowire.Number, p *dto.Metric) []byte {
	a := attributes{b, n}
	for _, l := range p.Label {
		a.text(l.GetName(), l.GetValue())
	}
	return a.b
}

func (m *family) number(b []byte, p *dto.Metric, value float64) []byte {
	b, at := m.point(b)
	return shut(labels(addDouble(b, 4, value), 7, p), at) // as_double, attributes
}

// histogram appends one whose buckets count what is theirs alone, where those
// of Prometheus count all below.
func (m *family) histogram(b []byte, p *dto.Metric) []byte {
	h := p.GetHistogram()
	b, at := m.point(b)
	b = addDouble(addFixed64(b, 4, h.GetSampleCount()), 5, h.GetSampleSum()) // count, sum
	var counts, bounds []uint64
	below := uint64(0)
	for _, bucket := range h.Bucket {
		if math.IsInf(bucket.GetUpperBound(), 1) {
			continue
		}
		counts, bounds = append(counts, bucket.GetCumulativeCount()-below), append(bounds, math.Float64bits(bucket.GetUpperBound()))
		below = bucket.GetCumulativeCount()
	}
	b = addPacked(b, 6, append(counts, h.GetSampleCount()-below)) // bucket_counts
	return shut(labels(addPacked(b, 7, bounds), 9, p), at)        // explicit_bounds, attributes
}

func (m *family) summary(b []byte, p *dto.Metric) []byte {
	s := p.GetSummary()
	b, at := m.point(b)
	b = addDouble(addFixed64(b, 4, s.GetSampleCount()), 5, s.GetSampleSum()) // count, sum
	for _, q := range s.Quantile {
		var value int
		b, value = open(b, 6) // quantile_values
		b = shut(addDouble(addDouble(b, 1, q.GetQuantile()), 2, q.GetValue()), value)
	}
	return shut(labels(b, 7, p), at) // attributes
}
